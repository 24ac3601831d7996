"""Links for employers: who may make one, what it shows, until when, and what an address that does not work tells."""

import re
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from bs4 import BeautifulSoup
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings
from time_machine import TimeMachineFixture

from amtportal import qr
from amtportal.members.models import Member
from amtportal.refusals import Refused
from ccp import merging
from ccp.models import Transcript
from ccp.sharing import links
from ccp.sharing.models import ShareDay, ShareLink
from certifications import life
from certifications.models import Certification
from tests.support.builders import (
    TODAY,
    client_of,
    cycle_of,
    make_activity,
    make_cycle,
    make_member,
    make_user,
    noon,
)
from tests.support.pages import form_values, read, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_today")]

PAGE = "/account/sharing/"
PERSON = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"}
DAY = timedelta(days=1)


def make_link(member: Member, scope: str = "standing", **fields: Any) -> ShareLink:
    values = {"until": TODAY + 30 * DAY, "by": member.user, "at": noon(TODAY), **fields}
    return links.create(member=member, scope=scope, **values)


def path_of(link: ShareLink) -> str:
    return urlsplit(links.address(link)).path


def open_link(link: ShareLink, client: Client | None = None, **headers: str) -> HttpResponse:
    return (client or Client()).get(path_of(link), headers=PERSON | headers)


def make(client: Client, **typed: str) -> HttpResponse:
    """Fill in the form as the page shows it, and press its button."""
    page = read(client.get(PAGE))
    form = page.select_one("#new form")
    assert form is not None
    values = form_values(BeautifulSoup(f"<main>{form}</main>", "html.parser"))
    return client.post(PAGE, {**values, **typed}, follow=True)


def told(answer: HttpResponse) -> str:
    return words(read(answer).select_one(".notices"))


# Making, listing and revoking


def test_a_member_makes_a_link_and_a_visitor_reads_it(met: Member) -> None:
    client = client_of(met)
    page = read(make(client, label="for Mercy Hospital"))
    assert words(page.select_one(".notices")) == "Your link is ready. Copy it, or share it."
    [shown] = page.select("[data-name=share-link]")
    assert words(shown.h3) == "for Mercy Hospital"
    assert "works until Apr 13, 2026" in words(shown)  # 30 days
    address = words(shown.select_one("[data-name=share-address]"))
    assert re.fullmatch(r"http://localhost:8000/share/[\w-]{32}/", address)
    assert str(shown.select_one("svg.qr path")["d"]) in qr.svg(address, "", error="l")
    assert words(shown.select_one("svg.qr title")) == "QR code of this link"
    visitor = read(Client().get(urlsplit(address).path))
    assert words(visitor.h1) == "Mia Met"
    assert "Active, in force" in words(visitor.main)
    assert visitor.select_one("[data-name=valid-until] time")["datetime"] == "2026-04-30"
    assert visitor.select_one("[data-name=since] time")["datetime"] == "2023-05-01"
    assert "As of Mar 14, 2026, 12:00 PM" in words(visitor.main)
    assert "847-823-5169" in words(visitor.main)


def test_the_page_is_empty_at_first_and_says_so(met: Member) -> None:
    page = read(client_of(met).get(PAGE))
    assert words(page.select_one("[data-name=no-links]")) == "You have no link yet."
    assert page.select_one("#new select[name=scope]")


def test_a_member_without_a_certification_has_nothing_to_share() -> None:
    page = read(client_of(make_member()).get(PAGE))
    assert page.select_one("#new form") is None
    assert "nothing to share" in words(page.main)


@pytest.mark.parametrize(
    ("until", "sentence"),
    [
        ("2026-03-13", "This day is past. Choose today or a later day."),
        ("2027-03-15", "A link works for one year at most. Choose Mar 14, 2027 or an earlier day."),
        ("", "Choose the last day on which the link works."),
        ("soon", "Enter the last day as month/day/year, for example 3/14/2026."),
    ],
)
def test_a_day_that_cannot_be_is_refused_and_what_was_typed_stays(met: Member, until: str, sentence: str) -> None:
    typed = {"scope": "transcript", "label": "for Mercy", "until": until}
    page = read(client_of(met).post(PAGE, typed), 400)
    assert sentence in words(page.select_one(".error-summary"))
    assert page.select_one("input[name=label]")["value"] == "for Mercy"
    assert page.select_one("option[selected]")["value"] == "transcript"
    assert not ShareLink.objects.exists()


@pytest.mark.parametrize("until", ["2026-03-14", "3/14/2027", "Dec 1, 2026"])
def test_any_day_within_a_year_is_taken(met: Member, until: str) -> None:
    assert make(client_of(met), until=until).status_code == 200
    assert ShareLink.objects.count() == 1


def test_only_the_own_certifications_can_be_chosen(met: Member, stranger: Member) -> None:
    other = Certification.objects.filter(member=stranger).first() or make_cycle(stranger).certification
    page = read(client_of(met).post(PAGE, {"scope": f"certification-{other.pk}", "until": "2026-04-01"}), 400)
    assert "Choose what the link shows from the list." in words(page.select_one(".error-summary"))
    assert not ShareLink.objects.exists()


def test_a_member_has_at_most_twenty_links_that_work(met: Member) -> None:
    made = [make_link(met) for _ in range(links.MOST)]
    page = read(client_of(met).post(PAGE, {"scope": "standing", "until": "2026-04-01", "label": "one more"}), 400)
    assert "You have 20 links that work." in words(page.select_one(".error-summary"))
    links.revoke(member=met, link=made[0].pk, by=met.user, at=noon(TODAY))
    make_link(met)


def test_a_form_that_is_sent_twice_makes_one_link(met: Member) -> None:
    client = client_of(met)
    sent = {name: form[-1] for name, form in form_values(read(client.get(PAGE))).items()} | {"action": "create"}
    assert {client.post(PAGE, sent).status_code for _ in range(2)} == {302}
    assert ShareLink.objects.count() == 1
    make(client)
    assert ShareLink.objects.count() == 2


def test_a_link_is_revoked_at_once_and_only_by_its_member(met: Member, stranger: Member) -> None:
    link = make_link(met)
    client_of(stranger).post(PAGE, {"action": "revoke", "link": link.pk})
    assert open_link(link).status_code == 200
    answer = client_of(met).post(PAGE, {"action": "revoke", "link": link.pk}, follow=True)
    assert told(answer) == "The link no longer works."
    assert open_link(link).status_code == 404
    ended = read(client_of(met).get(PAGE)).select_one(".share-ended")
    assert "revoked Mar 14, 2026" in words(ended)


def test_the_database_alone_opens_no_link_and_the_member_can_copy_it_again(met: Member, settings: Settings) -> None:
    link = make_link(met)
    token = path_of(link).split("/")[2]
    link.refresh_from_db()
    assert token not in (link.nonce, link.digest)
    assert not any(token in str(value) for line in ShareLink.history.values() for value in line.values())
    before = settings.SECRET_KEY
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "x" * 60, [before]
    assert path_of(link) == f"/share/{token}/"
    settings.SECRET_KEY_FALLBACKS = []
    assert links.address(link) == ""
    assert Client().get(f"/share/{token}/", headers=PERSON).status_code == 200, "it still works"
    assert "cannot be shown again" in words(read(client_of(met).get(PAGE)).main)


# What it shows


def test_each_scope_shows_what_it_says_and_nothing_else(two: Member) -> None:
    rma, rpt = cycle_of(two).certification, cycle_of(two, "RPT").certification
    pages = {
        "standing": words(read(open_link(make_link(two))).main),
        "one": words(read(open_link(make_link(two, "certification", certification=rpt))).main),
        "transcript": words(read(open_link(make_link(two, "transcript"))).main),
    }
    private = [two.amt_id, rma.certificate_number, rpt.certificate_number, "points", "invoice"]
    for name in ("standing", "one"):
        assert not [fact for fact in [*private, two.user.email] if fact in pages[name]], name
    assert "Registered Medical Assistant" in pages["standing"]
    assert "Registered Medical Assistant" not in pages["one"]
    assert "Phlebotomy Technician" in pages["one"]
    assert "4 points" in pages["transcript"]
    assert two.user.email not in pages["transcript"]
    assert "invoice" not in pages["transcript"]


def test_it_shows_what_holds_now(met: Member) -> None:
    link = make_link(met)
    assert "Active, in force" in words(read(open_link(link)).main)
    staff = make_user(is_staff=True)
    life.change_status(certification=cycle_of(met).certification, to="revoked", reason="So.", by=staff, at=noon(TODAY))
    page = read(open_link(link))
    assert "Revoked, not in force" in words(page.main)
    assert page.select_one("[data-name=not-in-force-since] time")["datetime"] == "2026-03-14"
    assert not page.select("[data-name=valid-until]")


def test_a_cycle_that_is_due_is_closed_before_it_is_shown(short: Member, on_today: TimeMachineFixture) -> None:
    link = make_link(short, until=TODAY + 300 * DAY)
    on_today.move_to(noon(cycle_of(short, "RPT").ends_on + 120 * DAY))
    assert "Lapsed, not in force" in words(read(open_link(link)).main)


@pytest.mark.slow
def test_the_transcript_comes_as_pdf_and_other_scopes_have_none(met: Member) -> None:
    link = make_link(met, "transcript")
    save = read(open_link(link)).select_one("a.button")
    answer = Client().get(save["href"])
    assert answer.content.startswith(b"%PDF-")
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"
    issue = Transcript.objects.get()
    assert (issue.issued_by, issue.address) == (met.user, None), "nothing of the reader is kept"
    other = make_link(met)
    assert not read(open_link(other)).select("a.button")
    assert Client().get(f"{path_of(other)}transcript.pdf").status_code == 404


def test_nothing_of_it_is_kept_listed_or_passed_on(met: Member) -> None:
    link = make_link(met)
    for answer in (open_link(link), Client().get("/share/x/")):
        assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert {"no-store", "private"} <= set(answer.headers["Cache-Control"].split(", "))
        assert not answer.cookies


# An address that does not work


def test_expired_revoked_closed_and_unknown_get_the_same_answer(met: Member, on_today: TimeMachineFixture) -> None:
    answers: dict[str, tuple[int, str, int]] = {}

    def ask(name: str, path: str) -> None:
        with CaptureQueriesContext(connection) as asked:
            answer = Client().get(path, headers=PERSON)
        page = answer.text.replace(path, "…")  # the switch of the language names the page itself
        answers[name] = (answer.status_code, page, len(asked))

    closed = make_member(user=make_user())
    make_cycle(closed)
    other = make_member()
    moved = make_link(other, "certification", certification=make_cycle(other, credential="MLT").certification)
    paths = {
        "revoked": path_of(revoked := make_link(met)),
        "expired": path_of(make_link(met, until=TODAY)),
        "of a closed account": path_of(make_link(closed)),
        "of a certification that another holds": path_of(moved),
        "unknown": f"/share/{'A' * 32}/",
        "no token at all": "/share/x/",
    }
    links.revoke(member=met, link=revoked.pk, by=met.user, at=noon(TODAY))
    closed.user.is_active = False
    closed.user.save()
    Certification.objects.filter(pk=moved.certification_id).update(member=met)
    on_today.move_to(noon(TODAY + DAY))
    for name, path in paths.items():
        ask(name, path)
    assert {status for status, _page, _queries in answers.values()} == {404}
    assert len({page for _status, page, _queries in answers.values()}) == 1
    assert len({queries for _status, _page, queries in answers.values()}) == 1, answers


def test_a_link_works_through_its_last_day(met: Member, on_today: TimeMachineFixture) -> None:
    link = make_link(met, until=TODAY + DAY)
    on_today.move_to(noon(TODAY + DAY))
    assert open_link(link).status_code == 200
    on_today.move_to(noon(TODAY + 2 * DAY))
    assert open_link(link).status_code == 404


def test_guessing_is_limited(met: Member, settings: Settings) -> None:
    settings.ACCOUNT_RATE_LIMITS = {"share": "3/m/ip"}
    link = make_link(met)
    assert [Client().get(f"/share/{number}/").status_code for number in range(4)] == [404, 404, 404, 429]
    assert open_link(link).status_code == 429


def test_after_a_merge_the_link_shows_the_record_that_stays(met: Member) -> None:
    emptied = make_member()
    make_activity(make_cycle(emptied, credential="MLT"), points="3")
    link = make_link(emptied)
    merging.merge(kept=met, emptied=emptied, reason="One person.", by=make_user(is_staff=True), at=noon(TODAY))
    page = read(open_link(link))
    assert words(page.h1) == "Mia Met"
    assert len(page.select("[data-name=certification]")) == 2
    assert "Not opened yet" not in words(read(client_of(met).get(PAGE)).main)


# Who opened it


def test_openings_are_counted_by_day_without_the_reader(met: Member, on_today: TimeMachineFixture) -> None:
    link = make_link(met)
    open_link(link)
    open_link(link)
    on_today.move_to(noon(TODAY + DAY))
    open_link(link)
    opened = read(client_of(met).get(PAGE)).select_one("[data-name=openings]")
    assert opened["data-times"] == "3"
    assert words(opened.summary) == "Opened 3 times, last on Mar 15, 2026, 12:00 PM"
    assert [words(line) for line in opened.select("li")] == ["Mar 15, 2026: 1 time", "Mar 14, 2026: 2 times"]
    assert {field.name for field in ShareDay._meta.get_fields()} == {"id", "link", "on", "times", "last_at"}


@pytest.mark.parametrize(
    "headers",
    [
        {"User-Agent": "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)"},
        {"User-Agent": "facebookexternalhit/1.1"},
        {"User-Agent": "WhatsApp/2.23.20.0"},
        {"User-Agent": "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"},
        {"Sec-Purpose": "prefetch;prerender"},
    ],
)
def test_previews_are_not_counted(met: Member, headers: dict[str, str]) -> None:
    link = make_link(met)
    assert open_link(link, **headers).status_code == 200
    assert not ShareDay.objects.exists()


def test_neither_its_member_nor_a_look_at_the_headers_is_counted(met: Member) -> None:
    link = make_link(met)
    page = read(open_link(link, client_of(met)))
    assert "Your own visits are not counted." in words(page.main)
    Client().head(path_of(link), headers=PERSON)
    assert not ShareDay.objects.exists()


def test_the_verb_refuses_what_the_form_does(met: Member) -> None:
    with pytest.raises(Refused, match="past"):
        make_link(met, until=TODAY - DAY)
