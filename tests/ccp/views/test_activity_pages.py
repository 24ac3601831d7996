"""The pages of recorded activities: the list, one entry, amend and withdraw."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.test import Client
from time_machine import TimeMachineFixture

from amtportal.members.models import Member, User
from ccp.models import Activity
from ccp.recording import verbs as recording
from tests.support.builders import (
    TODAY,
    client_of,
    cycle_of,
    invoice_of,
    make_activity,
    make_amt_credit,
    make_cycle,
    make_payment,
    noon,
)
from tests.support.pages import certification_figures, error_summary, form_values, read, submit, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_today"), pytest.mark.any_database]
TOMORROW = TODAY + timedelta(days=1)


@pytest.fixture
def signed_in(met: Member) -> Client:
    """RMA with one entry of 30 points, recorded yesterday, so the last invoice is open."""
    return client_of(met)


@pytest.fixture
def entry(met: Member) -> Activity:
    return met.activities.get()


def counted(client: Client, member: Member, credential: str = "RMA") -> dict[str, str]:
    return certification_figures(client)[f"certification-{cycle_of(member, credential).certification_id}"]


def test_the_list_shows_all_entries_newest_first_with_counted_and_claimed_points(short: Member) -> None:
    """The entries were recorded in another order than they were done.

    The caps are off, so everything that is claimed counts.
    """
    cycle = cycle_of(short, "RPT")
    make_activity(cycle, points="1.5", title="Newest", starts_on=date(2026, 3, 3), ends_on=date(2026, 3, 5))
    make_activity(cycle, points="0.25", title="Oldest", provider="ABC College", starts_on=date(2024, 1, 2))
    page = read(client_of(short).get("/ccp/activities/"))
    rows = [words(row) for row in page.select("main tbody tr")]
    oldest, middle, newest = Activity.objects.order_by("starts_on")
    assert rows == [
        f"Newest {newest.reference} Mar 3, 2026 to Mar 5, 2026 Professional Education Mar 14, 2026 1.5 RPT 1.5",
        f"Course, seminar or webinar {middle.reference} Mar 1, 2026 Professional Education Mar 14, 2026 22 RPT 22",
        f"Oldest {oldest.reference} · ABC College Jan 2, 2024 Professional Education Mar 14, 2026 0.25 RPT 0.25",
    ]


def test_an_own_entry_names_its_source_as_the_filter_does(signed_in: Client, met: Member, entry: Activity) -> None:
    credited = make_amt_credit(cycle_of(met))
    filters = read(signed_in.get("/ccp/activities/")).select("[name=source] option")
    for recorded, label in ((entry, "Recorded by you"), (credited, "Credited by AMT")):
        facts = read(signed_in.get(f"/ccp/activities/{recorded.pk}/")).select("main dl > div")
        [source] = [words(fact.dd) for fact in facts if words(fact.dt) == "Source"]
        assert source.startswith(label)
        assert label in [words(option) for option in filters]


def test_the_list_is_in_groups_by_cycle(two: Member) -> None:
    make_activity(cycle_of(two, "RPT"), title="Phlebotomy", starts_on=date(2026, 2, 1))
    page = read(client_of(two).get("/ccp/activities/"))
    assert [words(caption) for caption in page.select("main caption")] == [
        "RMA cycle May 1, 2023 to Apr 30, 2026 and RPT cycle Sep 15, 2024 to Sep 14, 2027",
        "RPT cycle Sep 15, 2024 to Sep 14, 2027",
    ]


@pytest.mark.parametrize(
    ("filters", "titles"),
    [
        pytest.param({}, ["Course", "Talk"], id="all"),
        pytest.param({"category": "instructional-presentations"}, ["Talk"], id="a category"),
        pytest.param({"cycle": "RMA"}, ["Course"], id="a cycle"),
        pytest.param({"cycle": "RPT", "category": "professional-education"}, ["Course"], id="both"),
        pytest.param({"cycle": "RMA", "category": "instructional-presentations"}, [], id="nothing fits"),
        pytest.param({"category": "sleeping"}, ["Course", "Talk"], id="a category that there is not is left aside"),
        pytest.param({"cycle": "-1"}, ["Course", "Talk"], id="so is a cycle"),
    ],
)
def test_the_list_can_be_narrowed(two: Member, filters: dict[str, str], titles: list[str]) -> None:
    """The course counts for RMA and RPT, the talk for RPT alone."""
    two.activities.update(title="Course")
    make_activity(cycle_of(two, "RPT"), title="Talk", kind="presentation", starts_on=date(2026, 2, 1))
    if filters.get("cycle") in ("RMA", "RPT"):
        filters = {**filters, "cycle": str(cycle_of(two, filters["cycle"]).pk)}
    page = read(client_of(two).get("/ccp/activities/", filters))
    assert [words(link) for link in page.select("main tbody th a")] == titles


def test_the_cycle_of_another_member_is_no_filter(met: Member, signed_in: Client, stranger: Member) -> None:
    page = read(signed_in.get("/ccp/activities/", {"cycle": cycle_of(stranger).pk}))
    assert len(page.select("main tbody tr")) == 1


def test_a_long_list_comes_in_pages_that_keep_the_filter(met: Member, signed_in: Client) -> None:
    """1 + 50 = 51 entries: 50 on the first page and the oldest on the second."""
    for _ in range(50):
        make_activity(cycle_of(met), points="0.25", starts_on=date(2026, 3, 2))
    page = read(signed_in.get("/ccp/activities/", {"category": "professional-education"}))
    assert len(page.select("main tbody tr")) == 50
    second = read(signed_in.get("/ccp/activities/" + page.select_one("a[rel=next]")["href"]))
    assert [words(row)[-2:] for row in second.select("main tbody tr")] == ["30"]
    assert second.select_one("a[rel=prev]")["href"] == "?page=1&category=professional-education"


@pytest.mark.parametrize("number", ["0", "2", "999999999999", "two", "\x00"])
def test_a_page_that_there_is_not_leads_to_one_that_there_is(signed_in: Client, number: str) -> None:
    assert len(read(signed_in.get("/ccp/activities/", {"page": number})).select("main tbody tr")) == 1


def test_an_empty_list_says_what_will_stand_there(new: Member) -> None:
    assert "Nothing recorded yet" in words(read(client_of(new).get("/ccp/activities/")).main)


def test_amending_shows_what_is_on_record_and_counts_the_change_at_once(
    signed_in: Client, met: Member, entry: Activity
) -> None:
    """30 become 27.5, which is below 30, so the open invoice is locked again."""
    address = f"/ccp/activities/{entry.pk}/amend/"
    assert counted(signed_in, met)["invoice-status"] == "open"
    shown = form_values(read(signed_in.get(address)))
    assert (shown["points"], shown["starts_on"], shown["ends_on"]) == (["30"], ["3/1/2026"], [""])
    assert "attested" not in shown, "a change is attested again"
    answer = submit(signed_in, address, points="27,5", title="Blood cultures", attested="on")
    assert answer.headers["Location"] == f"/ccp/activities/{entry.pk}/"
    assert (counted(signed_in, met)["points-counted"], counted(signed_in, met)["invoice-status"]) == ("27.5", "locked")
    history = words(read(signed_in.get(answer.headers["Location"])).select_one("ol.history"))
    assert "Amended · You" in history
    assert "Points claimed: from 30 to 27.5" in history
    assert "Title: from (empty) to Blood cultures" in history


def test_an_amendment_keeps_the_certifications_that_are_chosen(two: Member) -> None:
    entry = two.activities.get()
    rpt = cycle_of(two, "RPT")
    address, browser = f"/ccp/activities/{entry.pk}/amend/", client_of(two)
    submit(browser, address, certifications=["", str(rpt.certification_id)], attested="on")
    assert (counted(browser, two)["points-counted"], counted(browser, two, "RPT")["points-counted"]) == ("0", "4")
    assert form_values(read(browser.get(address)))["certifications"] == ["", str(rpt.certification_id)]


def test_an_amendment_that_says_nothing_of_certifications_leaves_them(two: Member) -> None:
    entry = make_activity(cycle_of(two, "RPT"), points="1")
    browser = client_of(two)
    form = form_values(read(browser.get(f"/ccp/activities/{entry.pk}/amend/")))
    del form["certifications"]
    assert (
        browser.post(f"/ccp/activities/{entry.pk}/amend/", form | {"points": "2", "attested": "on"}).status_code == 302
    )
    assert [credit.cycle for credit in entry.credits.all()] == [cycle_of(two, "RPT")]


def test_a_wrong_amendment_changes_nothing_and_keeps_what_was_typed(signed_in: Client, entry: Activity) -> None:
    page = read(submit(signed_in, f"/ccp/activities/{entry.pk}/amend/", points="one", title="New", attested="on"))
    assert words(page.title).startswith(f"Error: Amend {entry.reference}")
    assert error_summary(page) == {"id_points": "Enter the points as a number, for example 2 or 1.5."}
    assert (form_values(page)["points"], form_values(page)["title"]) == (["one"], ["New"])
    assert Activity.objects.get().revision == 1


def test_an_amendment_of_an_old_form_shows_what_is_on_record_and_asks_again(signed_in: Client, entry: Activity) -> None:
    """Two windows show revision 1.

    The second is told about the first's 31 points. Submitted again, its 32 count.
    """
    address = f"/ccp/activities/{entry.pk}/amend/"
    first, second = (form_values(read(signed_in.get(address))) | {"attested": "on"} for _ in range(2))
    assert signed_in.post(address, first | {"points": "31"}).status_code == 302
    page = read(signed_in.post(address, second | {"points": "32"}), status=409)
    assert "changed after you opened the form" in error_summary(page)[""]
    assert "Points 31" in words(page.select_one("main .on-record"))
    assert Activity.objects.get().points == Decimal(31)
    assert signed_in.post(address, form_values(page)).status_code == 302
    assert Activity.objects.get().points == Decimal(32)


def test_an_empty_post_is_answered_with_what_is_missing(signed_in: Client) -> None:
    page = read(signed_in.post("/ccp/record/"))
    assert page.title.get_text().startswith("Error: ")
    assert "id_points" in error_summary(page)


@pytest.mark.parametrize(
    "address", ["/", "/certifications/", "/ccp/record/", "/ccp/activities/", "/invoices/", "/guide/"]
)
def test_a_page_answers_a_question_for_its_head(signed_in: Client, address: str) -> None:
    assert signed_in.head(address).status_code == 200


@pytest.mark.parametrize("revision", ["", "one", "1e9"])
def test_an_amendment_without_its_revision_changes_nothing(signed_in: Client, entry: Activity, revision: str) -> None:
    page = read(submit(signed_in, f"/ccp/activities/{entry.pk}/amend/", revision=revision, points="31", attested="on"))
    assert error_summary(page)
    assert Activity.objects.get().points == Decimal(30)


def test_withdrawing_asks_first_then_counts_for_nothing_and_stays_on_record(
    signed_in: Client, met: Member, entry: Activity
) -> None:
    address = f"/ccp/activities/{entry.pk}/withdraw/"
    assert "What will happen" in words(read(signed_in.get(address)).main)
    assert Activity.objects.get().is_standing
    answer = signed_in.post(address)
    assert answer.headers["Location"] == f"/ccp/activities/{entry.pk}/"
    assert (counted(signed_in, met)["points-counted"], counted(signed_in, met)["invoice-status"]) == ("0", "locked")
    page = words(read(signed_in.get(answer.headers["Location"])).main)
    assert "This entry was withdrawn on Mar 14, 2026" in page
    assert "Withdrawn · You" in page
    assert "Amend" not in page
    assert "Withdrawn" in words(read(signed_in.get("/ccp/activities/")).select_one("main tbody"))


def test_withdrawing_twice_leads_to_the_same_page(signed_in: Client, entry: Activity) -> None:
    answers = [signed_in.post(f"/ccp/activities/{entry.pk}/withdraw/") for _ in range(2)]
    assert {answer.headers["Location"] for answer in answers} == {f"/ccp/activities/{entry.pk}/"}
    assert Activity.history.count() == 2


@pytest.mark.parametrize("verb", ["amend", "withdraw"])
def test_an_entry_that_can_no_longer_be_changed_leads_back_to_its_page(
    on_today: TimeMachineFixture, met: Member, entry: Activity, verb: str
) -> None:
    """7/30/2026 is the day after the grace period."""
    on_today.move_to(noon(date(2026, 7, 30)))
    signed_in = client_of(met)
    answer = signed_in.get(f"/ccp/activities/{entry.pk}/{verb}/")
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/ccp/activities/{entry.pk}/")
    page = words(read(signed_in.get(answer.headers["Location"])).main)
    assert "This entry can no longer be changed" in page
    signed_in.post(f"/ccp/activities/{entry.pk}/{verb}/", {"points": "1"})
    assert Activity.objects.get() == entry
    assert Activity.objects.get().revision == 1


def test_a_withdrawal_that_a_paid_invoice_forbids_says_why(signed_in: Client, met: Member, entry: Activity) -> None:
    make_payment(invoice_of(cycle_of(met)))
    page = read(signed_in.post(f"/ccp/activities/{entry.pk}/withdraw/"))
    assert words(page.title).startswith("Error: ")
    assert "its renewal invoice is already paid" in error_summary(page)[""]
    assert Activity.objects.get().is_standing


def test_a_void_entry_tells_its_member_why(signed_in: Client, entry: Activity, staff: User) -> None:
    recording.void(activity=entry, reason="No proof was sent.", by=staff, at=noon(TODAY))
    page = words(read(signed_in.get(f"/ccp/activities/{entry.pk}/")).main)
    assert "AMT voided this entry on Mar 14, 2026" in page
    assert "Reason: No proof was sent." in page
    assert "staff@amt.example" not in page


def test_staff_read_an_entry_without_the_members_buttons(entry: Activity, staff: User, met: Member) -> None:
    page = read(client_of(staff).get(f"/ccp/activities/{entry.pk}/"))
    assert met.name in words(page.main)
    assert not page.select('main a[href$="/amend/"], main a[href$="/withdraw/"]')


def test_the_day_of_a_change_is_told_in_chicago_time(on_today: TimeMachineFixture) -> None:
    """23:55 in Chicago on 3/14 is 4:55 on 3/15 in UTC."""
    cycle = make_cycle()
    entry = make_activity(cycle, at=noon(TODAY).replace(hour=23, minute=55))
    page = words(read(client_of(cycle.certification.member).get(f"/ccp/activities/{entry.pk}/")).main)
    assert "recorded Mar 14, 2026, 11:55 PM Central Time" in page
