"""The home page, and the public pages.

The home page says what the portal is, or tells a member the one thing that is next.
"""

from datetime import date

import pytest
from django.test import Client
from time_machine import TimeMachineFixture

from amtportal.members.models import Member, User
from ccp.models import ActivityType, CourseLink
from certifications import invoices
from certifications.models import Certification
from tests.support.builders import (
    TODAY,
    client_of,
    cycle_of,
    invoice_of,
    make_activity,
    make_cycle,
    make_member,
    make_payment,
    make_user,
    noon,
)
from tests.support.pages import read, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_today"), pytest.mark.any_database]


def glances(member: Member) -> list[str]:
    """Return the words of each status on Home, the most urgent certification first."""
    return [words(found) for found in read(client_of(member).get("/")).select("main .glance-status")]


def said(member: Member) -> str:
    return words(read(client_of(member).get("/")).main)


def test_signed_out_it_says_what_this_is_and_where_to_sign_in() -> None:
    page = read(client_of(None).get("/"))
    assert "Record your continuing education" in words(page.main)
    links = [link["href"] for link in page.select("main a")]
    assert "/accounts/login/" in links
    assert "/accounts/activate/" in links


def test_a_member_who_is_short_reads_what_is_missing_and_the_way_to_it(short: Member) -> None:
    """RPT has 22 of 24 points and 2 to go. 4/23/2026 is 40 days after 3/14/2026 (17 in March, 23 in April)."""
    page = read(client_of(short).get("/"))
    assert words(page.h1) == "Sam Short"
    [glance] = glances(short)
    assert glance.startswith("RPT Registered Phlebotomy Technician 22 of 24 points 2 to go · 40 days (until ")
    assert glance.endswith("That is about 1 point every 2 weeks.")
    links = {words(link): link["href"] for link in page.select("main a")}
    assert links["Take a photo of a certificate"] == "/ccp/record/#photo"
    assert links["Type it in"] == "/ccp/record/"
    assert links["AMT courses"] == "https://www.americanmedtech.org/"
    assert links["Transcript"] == f"/ccp/transcript/{cycle_of(short, 'RPT').pk}/"
    assert {"/ccp/activities/", "/certifications/"} <= set(links.values())


def test_two_lines_are_open_and_the_rest_is_folded(short: Member) -> None:
    page = read(client_of(short).get("/"))
    folded = page.select_one("main details")
    assert len(page.select("main .agenda li")) - len(folded.select(".agenda li")) == 2
    assert "Record 2 more points" in words(folded)
    assert not page.select("main .picture, main .ledger")


def test_a_member_who_met_the_requirement_yesterday_is_asked_to_pay(met: Member) -> None:
    """Nothing is urged but the fee, and CE of AMT's own is not pointed to."""
    for year in (1, 2):
        make_payment(invoice_of(cycle_of(met), year))
    page = read(client_of(met).get("/"))
    assert page.select_one("main .status")["data-tone"] == "met"
    assert "30 of 30 points Requirement met · 47 days (until " in words(page.main)
    assert [link["href"] for link in page.select("main a.button:not(.button-quiet)")] == [
        f"/invoices/{invoice_of(cycle_of(met)).pk}/"
    ]
    assert words(page.select_one("main .agenda li")) == "Pay the year-3 fee, $60 due May 1"
    assert not page.select("main .glance-courses")


def test_a_paid_invoice_says_when_the_payment_came(met: Member) -> None:
    """The page does not show the day of a mistaken payment that was taken back."""
    mistake = make_payment(invoice_of(cycle_of(met)), received_on=TODAY)
    invoices.reverse_payment(payment=mistake, reason="Another invoice.", by=mistake.recorded_by, at=noon(TODAY))
    make_payment(invoice_of(cycle_of(met)), received_on=date(2026, 3, 13))
    assert "AMT received your payment on Mar 13, 2026." in words(read(client_of(met).get("/certifications/")).main)


def test_in_the_first_year_nothing_is_urged(new: Member) -> None:
    """Year 1 falls due on 9/1/2026 and opens 60 days before, on 7/3/2026."""
    page = read(client_of(new).get("/"))
    assert page.select_one("main .status")["data-tone"] == "calm"
    assert [words(line) for line in page.select("main .glance-next > .agenda li")] == [
        "Pay the year-1 fee, $60 opens Jul 3",
        "Record 30 more points by Aug 31, 2028",
    ]
    assert "Latest:" not in words(page.main)


def test_in_the_grace_period_one_sentence_says_what_still_works_and_until_when(grace: Member) -> None:
    """The cycle ended on 2/22/2026. 90 days of grace end on 5/23/2026, 70 days after 3/14/2026."""
    [glance] = glances(grace)
    assert "42 of 45 points 3 to go · 70 days of grace" in glance
    assert glance.endswith("You can still record what you did by Feb 22, until May 23.")
    assert "Where to get" not in said(grace), "what is done tonight no longer counts for this cycle"


def test_where_ccp_is_voluntary_the_way_to_record_ce_is_open_and_not_urged(voluntary: Member) -> None:
    page = read(client_of(voluntary).get("/"))
    assert "CCP is voluntary for this certification." in words(page.main)
    assert "more points" not in words(page.main)
    assert page.select_one('main a[href="/ccp/record/#photo"]')["class"] == ["button", "button-quiet"]


def test_a_certification_that_is_not_in_force_offers_only_a_call(short: Member) -> None:
    Certification.objects.update(status="revoked")
    page = read(client_of(short).get("/"))
    assert "This certification is revoked and takes no records." in words(page.main)
    assert not page.select('main a[href^="/ccp/record/"], main .button')


def test_two_certifications_are_two_rows_with_one_way_to_record(two: Member) -> None:
    page = read(client_of(two).get("/"))
    rows = glances(two)
    assert [row.split()[0] for row in rows] == ["RMA", "RPT"]
    assert "4 of 30 points 26 to go · 47 days · fee " in rows[0]
    assert "4 of 24 points" in rows[1]
    assert len(page.select('main a[href="/ccp/record/#photo"]')) == 1
    assert "It counts for each certification whose cycle covers it." in words(page.main)
    assert {words(code) for code in page.select("main .agenda .code")} == {"RMA", "RPT"}


def test_with_one_certification_left_in_force_nothing_counts_for_each(two: Member) -> None:
    Certification.objects.filter(credential__code="RPT").update(status="lapsed")
    told = words(read(client_of(two).get("/")).main)
    assert "Take a photo of a certificate" in told
    assert "It counts for each certification" not in told


def test_a_lapsed_certification_asks_once_for_a_call(met: Member) -> None:
    Certification.objects.update(status="lapsed")
    page = read(client_of(met).get("/"))
    assert words(page.main).count("Call AMT") == 1
    assert not page.select("main .agenda")


def test_the_fee_to_pay_is_the_most_urgent_one(met: Member) -> None:
    make_payment(invoice_of(cycle_of(met), 1))
    page = read(client_of(met).get("/"))
    assert [link["href"] for link in page.select("main a.button:not(.button-quiet)")] == [
        f"/invoices/{invoice_of(cycle_of(met), 2).pk}/"
    ]


@pytest.mark.parametrize(
    ("on", "expected"),
    [
        pytest.param(date(2026, 1, 29), None, id="91 days left"),
        pytest.param(date(2026, 1, 30), "Where to get 30 points: AMT courses", id="90 days left"),
        pytest.param(date(2026, 4, 30), "Where to get 30 points: AMT courses", id="last day"),
        pytest.param(date(2026, 5, 1), None, id="in grace"),
    ],
)
def test_courses_of_amt_are_pointed_to_while_points_are_missing_and_time_is_short(
    on_today: TimeMachineFixture, on: date, expected: str | None
) -> None:
    member = make_cycle().certification.member
    on_today.move_to(noon(on))
    found = read(client_of(member).get("/")).select_one("main .glance-courses")
    assert (words(found) if found else None) == expected


def test_staff_decide_which_courses_are_shown(short: Member) -> None:
    shipped = CourseLink.objects.get()
    client = client_of(make_user(is_staff=True, is_superuser=True))
    for place, title in enumerate(["Lab week", "STEP Online", "Hidden", "A fourth"], start=1):
        form = {"title": title, "url": "https://example.org/ce", "order": place}
        client.post("/admin/ccp/courselink/add/", form | ({} if title == "Hidden" else {"is_shown": "on"}))
    form = {"title": shipped.title, "title_in_spanish": "Cursos", "url": shipped.url, "order": 9}
    client.post(f"/admin/ccp/courselink/{shipped.pk}/change/", form | {"is_shown": "on"})
    found = words(read(client_of(short).get("/")).select_one("main .glance-courses"))
    assert found == "Where to get 2 points tonight: Lab week · STEP Online · A fourth"


@pytest.mark.parametrize("address", ["http://example.org/", "javascript:alert(1)", "example.org", "https://"])
def test_an_address_without_https_is_refused(address: str) -> None:
    client = client_of(make_user(is_staff=True, is_superuser=True))
    page = read(client.post("/admin/ccp/courselink/add/", {"title": "Courses", "url": address, "order": 1}))
    assert "Enter an address that begins with https://." in words(page.select_one("#content"))
    assert CourseLink.objects.count() == 1


def test_spanish_pages_show_the_spanish_title_and_otherwise_the_english_one(short: Member) -> None:
    CourseLink.objects.create(title="Lab week", url="https://example.org/", order=1)
    page = read(client_of(short).get("/", headers={"accept-language": "es"}))
    assert [words(link) for link in page.select("main .glance-courses a")] == ["Cursos de AMT", "Lab week"]


def test_a_member_without_a_certification_is_told_whom_to_call() -> None:
    page = read(client_of(make_member()).get("/"))
    assert "No certifications yet" in words(page.main)


def test_staff_are_shown_the_way_to_their_pages(staff: User) -> None:
    page = read(client_of(staff).get("/"))
    assert page.select_one('main a[href="/admin/"]')


def test_the_home_page_follows_the_record_at_once(short: Member) -> None:
    """22 + 2 = 24."""
    make_activity(cycle_of(short, "RPT"), points="2")
    assert "24 of 24 points Requirement met" in glances(short)[0]


@pytest.mark.parametrize("address", ["/qualifying-activities/", "/guide/"])
def test_public_pages_are_the_same_page_for_everyone(address: str, met: Member) -> None:
    for client in (client_of(None), client_of(met)):
        assert read(client.get(address)).h1


def test_every_activity_type_stands_in_the_public_list() -> None:
    page = words(read(client_of(None).get("/qualifying-activities/")).main)
    for kind in ActivityType.objects.all():
        assert kind.name in page
        assert kind.guidance in page
    assert "Only for work done up to Dec 31, 2020." in page


def test_the_load_balancer_is_told_that_all_is_well() -> None:
    for method in ("get", "head"):
        answer = getattr(Client(), method)("/healthz")
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/plain; charset=utf-8")
        assert "no-store" in answer.headers["Cache-Control"]


def test_a_page_that_there_is_not_says_so(met: Member) -> None:
    page = read(client_of(met).get("/nothing/here/"), status=404)
    assert words(page.title).startswith("Error: ")
