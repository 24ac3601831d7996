"""The way out of a mail: an address that switches one kind off without a sign-in, and back on."""

import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.core import signing
from django.http import HttpResponse
from django.test import Client
from time_machine import TimeMachineFixture

from amtportal.members.models import Member
from ccp.notices import preferences, writing
from ccp.notices.models import OPTIONAL, NoticeKind, NoticeMail, Preference
from tests.support.builders import TODAY, client_of, make_member, noon
from tests.support.notices import make_notice
from tests.support.pages import read, words

pytestmark = [pytest.mark.django_db, pytest.mark.any_database, pytest.mark.usefixtures("on_today")]

MONTHLY = NoticeKind.MONTHLY_SUMMARY
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


def address(member: Member, kind: NoticeKind = MONTHLY) -> str:
    return preferences.stop_address(member, kind).removeprefix("http://localhost:8000")


def is_on(member: Member, kind: NoticeKind = MONTHLY) -> bool:
    return preferences.wants(preferences.of_member(member), kind)


def heading(answer: HttpResponse, status: int = 200) -> str:
    return words(read(answer, status).select_one("h1"))


@pytest.fixture
def member() -> Member:
    return make_member(first_name="Zoe", last_name="Quill")


@pytest.mark.parametrize("method", ["get", "head"])
def test_opening_the_address_changes_nothing(member: Member, method: str) -> None:
    for _ in range(2):
        assert getattr(Client(), method)(address(member)).status_code == 200
    assert Preference.objects.count() == 0
    assert not Client().get(address(member)).cookies


def test_its_button_switches_that_kind_off_and_says_so(member: Member) -> None:
    client = Client(enforce_csrf_checks=True)
    page = read(client.get(address(member)))
    assert words(page.h1) == "Stop “Monthly summary”?"
    button = page.select_one("main form button")
    answer = client.post(address(member), {button["name"]: button["value"]}, follow=True)
    assert heading(answer) == "“Monthly summary” is switched off"
    assert not is_on(member)
    assert is_on(member, NoticeKind.NOTHING_RECORDED)


def test_it_can_be_switched_on_again_by_the_same_address_and_in_the_preferences(member: Member) -> None:
    client = Client(enforce_csrf_checks=True)
    page = read(client.post(address(member), ONE_CLICK))
    assert page.select_one("main a")["href"] == "/account/notices/"
    button = page.select_one("main form button")
    answer = client.post(address(member), {button["name"]: button["value"]}, follow=True)
    assert heading(answer) == "Stop “Monthly summary”?"
    assert is_on(member)


@pytest.mark.parametrize("body", [ONE_CLICK, {}, {"switch": "sideways"}], ids=["RFC 8058", "nothing", "something else"])
@pytest.mark.parametrize("content_type", ["application/x-www-form-urlencoded", "multipart/form-data"])
def test_a_mail_provider_posts_without_cookie_token_or_referer_and_is_not_redirected(
    member: Member, body: dict[str, str], content_type: str
) -> None:
    client = Client(enforce_csrf_checks=True)
    if content_type.startswith("multipart"):
        answer = client.post(address(member), body)
    else:
        sent = "&".join(f"{name}={value}" for name, value in body.items())
        answer = client.post(address(member), sent, content_type=content_type)
    assert heading(answer) == "“Monthly summary” is switched off"
    assert not answer.cookies
    assert not is_on(member)


def test_to_repeat_it_changes_nothing_and_says_the_same(member: Member) -> None:
    for _ in range(2):
        assert heading(Client().post(address(member), ONE_CLICK)) == "“Monthly summary” is switched off"
    [line] = Preference.history.all()
    assert (line.history_user, line.history_change_reason) == (None, preferences.BY_ADDRESS)


def test_history_names_nobody_even_if_somebody_is_signed_in(member: Member) -> None:
    client_of(make_member()).post(address(member), ONE_CLICK)
    assert Preference.history.get().history_user is None


def test_it_works_years_later(member: Member, on_today: TimeMachineFixture) -> None:
    old = address(member)
    on_today.move_to(noon(TODAY + timedelta(days=2000)))
    assert Client().post(old, ONE_CLICK).status_code == 200
    assert not is_on(member)


def test_it_names_nobody_and_can_be_put_into_a_header(member: Member) -> None:
    whole = preferences.stop_address(member, MONTHLY)
    assert re.fullmatch(r"http://localhost:8000/notices/stop/[\w:-]+/", whole)
    read_by_anyone = signing.b64_decode(whole.split("/")[-2].split(":")[0].encode()).decode()
    assert read_by_anyone == f'[{member.pk},"monthly-summary"]'
    page = Client().get(address(member)).text
    for private in (member.first_name, member.last_name, member.amt_id, member.user.email):
        assert private not in page


def broken(text: str) -> dict[str, str]:
    """Return tokens that the portal did not make, by what is wrong with them."""
    foreign = signing.Signer(salt="another")
    own = signing.Signer(salt="ccp.notices.stop")
    other = preferences.token(make_member(), MONTHLY)
    return {
        "cut": text[:-1],
        "mixed": f"{text.split(':')[0]}:{other.split(':')[1]}",
        "of another salt": foreign.sign_object([1, "monthly-summary"]),
        "of nobody": own.sign_object([10**9, "monthly-summary"]),
        "of a kind that always comes": own.sign_object([1, "grace"]),
        "no token": "x",
        "not in letters": "ñ:\N{GREEK SMALL LETTER ALPHA}",
    }


def test_an_address_that_the_portal_did_not_make_does_nothing_and_says_what_to_do(member: Member) -> None:
    for what, text in broken(preferences.token(member, MONTHLY)).items():
        for answer in (Client().get(f"/notices/stop/{text}/"), Client().post(f"/notices/stop/{text}/", ONE_CLICK)):
            assert heading(answer, 404) == "This address does not work", what
            assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"
    assert Preference.objects.count() == 0


def test_no_address_is_made_for_what_always_comes(member: Member) -> None:
    for kind in set(NoticeKind) - set(OPTIONAL):
        with pytest.raises(AssertionError):
            preferences.stop_address(member, kind)


def test_the_address_of_a_merged_member_is_that_of_the_other(member: Member) -> None:
    kept = make_member()
    Member.objects.filter(pk=member.pk).update(merged_into=kept)
    Client().post(address(member), ONE_CLICK)
    assert not is_on(kept)
    assert is_on(member)


def test_an_account_that_is_closed_can_still_stop_mail(member: Member) -> None:
    member.user.is_active = False
    member.user.save()
    assert Client().post(address(member), ONE_CLICK).status_code == 200
    assert not is_on(member)


def test_the_page_is_in_the_members_language_unless_the_reader_chose_one(member: Member) -> None:
    Preference.objects.create(member=member, language="es")
    answer = Client().get(address(member))
    assert answer.headers["Content-Language"] == "es"
    assert read(answer).html["lang"] == "es-US"
    client = Client()
    client.post("/i18n/setlang/", {"language": "en"})
    answer = client.get(address(member))
    assert answer.headers["Content-Language"] == "en"
    assert heading(answer) == "Stop “Monthly summary”?"


def test_asking_is_limited_for_each_ip_address(member: Member, settings: Any) -> None:
    settings.ACCOUNT_RATE_LIMITS = {**settings.ACCOUNT_RATE_LIMITS, "stop": "1/m/ip"}
    assert Client().get(address(member)).status_code == 200
    assert Client().post(address(member), ONE_CLICK).status_code == 429
    assert is_on(member)


@pytest.mark.parametrize(
    ("who", "kind", "anchor_on"),
    [("new", NoticeKind.NOTHING_RECORDED, date(2026, 3, 1)), ("short", NoticeKind.CYCLE_ENDS, date(2026, 2, 22))],
    ids=["can be switched off", "always comes"],
)
def test_only_mail_that_can_be_switched_off_has_the_address(
    who: str, kind: NoticeKind, anchor_on: date, request: pytest.FixtureRequest
) -> None:
    member = request.getfixturevalue(who)
    cycle = member.certifications.get().cycles.get()
    mail = NoticeMail.objects.create(member=member, on=TODAY, address=member.user.email)
    make_notice(member, kind, on=anchor_on, subject=f"cycle-{cycle.pk}", mail=mail)
    message = writing.write([mail.pk])[mail.pk].message()
    if kind in OPTIONAL:
        address = preferences.stop_address(member, kind)
        assert message["List-Unsubscribe"] == f"<{address}>"
        assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert address in NoticeMail.objects.get().text
    else:
        assert message["List-Unsubscribe"] is message["List-Unsubscribe-Post"] is None
