"""Activities, credits and the catalogue in the admin.

Staff read them, and may void an entry with a reason.
"""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from amtportal.members.models import User
from ccp.admin import activities
from ccp.counting import requirement
from ccp.models import Activity, ActivityType, Credit
from ccp.recording import claims
from certifications import invoices
from certifications.models import Cycle, RenewalInvoice
from tests.support.builders import (
    TODAY,
    client_of,
    cycle_of,
    make_activity,
    make_cycle,
    make_member,
    noon,
)
from tests.support.pages import read, words
from tests.support.staff import found, make_clerk, page, submit, told

pytestmark = [pytest.mark.django_db, pytest.mark.ignore_template_errors, pytest.mark.usefixtures("on_today")]

DAY = timedelta(days=1)
SEVERAL = "admin:ccp_activity_void_several"


@pytest.fixture
def reviewer() -> User:
    """Return staff who may void entries."""
    return make_clerk("view_activity", "void_entry", "view_credit", email="rae@amt.example")


@pytest.fixture
def desk(reviewer: User) -> Client:
    """Return the reviewer's browser."""
    return client_of(reviewer)


@pytest.fixture
def cycle() -> Cycle:
    """RMA of Ann O'Neil, 30 points required."""
    return make_cycle(make_member(amt_id="7001234", first_name="Ann", last_name="O'Neil"))


@pytest.fixture
def activity(cycle: Cycle) -> Activity:
    """22.5 points for a course that began on 3/1/2026."""
    return make_activity(cycle, points="22.5", title="Phlebotomy refresher")


@pytest.mark.parametrize("is_early", [False, True], ids=["a statement", "a text of its own"])
def test_staff_read_what_was_attested_to(desk: Client, activity: Activity, *, is_early: bool) -> None:
    if is_early:
        Activity.objects.update(statement=None, attestation_text="I attested in 2025.")
    expected = "I attested in 2025." if is_early else str(claims.ATTESTATION)
    assert expected in words(read(desk.get(page(Activity, "change", activity.pk))))


# Finding


@pytest.mark.parametrize("words", ["o'neil", "7001234", "reference"])
def test_entry_and_its_credit_are_found(desk: Client, activity: Activity, words: str) -> None:
    make_activity(make_cycle())
    words = activity.reference if words == "reference" else words
    assert found(desk, Activity, q=words) == [activity]
    assert found(desk, Credit, q=words) == list(activity.credits.all())


@pytest.mark.parametrize("choice", ["yes", "withdrawn", "void"])
def test_entries_are_filtered_by_standing(desk: Client, cycle: Cycle, reviewer: User, choice: str) -> None:
    entries = {name: make_activity(cycle, points="1") for name in ("yes", "withdrawn", "void")}
    ended = {"withdrawn_at": noon(TODAY), "withdrawn_by": reviewer}
    Activity.objects.filter(pk=entries["withdrawn"].pk).update(**ended)
    Activity.objects.filter(pk=entries["void"].pk).update(**ended, void_reason="No proof")
    assert found(desk, Activity, standing=choice) == [entries[choice]]


@pytest.mark.parametrize(
    ("choice", "starts_on", "is_found"),
    [
        ("30-days", TODAY, True),
        ("30-days", TODAY - 29 * DAY, True),
        ("30-days", TODAY - 30 * DAY, False),
        ("this-year", date(2026, 1, 1), True),
        ("this-year", date(2025, 12, 31), False),
        ("last-year", date(2025, 12, 31), True),
        ("last-year", date(2024, 12, 31), False),
    ],
)
def test_entries_are_filtered_by_the_first_day(
    desk: Client, cycle: Cycle, choice: str, starts_on: date, is_found: bool
) -> None:
    entry = make_activity(cycle, starts_on=starts_on)
    assert (entry in found(desk, Activity, starts=choice)) is is_found


def test_entries_are_filtered_by_category_and_credits_by_cut(desk: Client, cycle: Cycle) -> None:
    course, job = make_activity(cycle), make_activity(cycle, kind="course-seminar-webinar", points="1")
    other = ActivityType.objects.exclude(category=course.activity_type.category).first()
    Activity.objects.filter(pk=job.pk).update(activity_type=other)
    Credit.objects.filter(activity=job).update(cut="category-cap")
    assert found(desk, Activity, activity_type__category__id__exact=str(other.category_id)) == [job]
    assert found(desk, Credit, cut__exact="category-cap") == list(job.credits.all())


def test_a_category_of_several_types_is_listed_newest_first_without_reading_other_entries(
    desk: Client, cycle: Cycle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(activities.ActivityAdmin, "list_per_page", 2)
    kinds = list(ActivityType.objects.filter(category__code="formal-education").order_by("pk"))
    assert len(kinds) > 1
    entries = [make_activity(cycle, points="0.25") for _ in range(6)]
    for number, entry in enumerate(entries[:5]):
        Activity.objects.filter(pk=entry.pk).update(activity_type=kinds[number % 2])
    query = {"activity_type__category__id__exact": str(kinds[0].category_id)}
    assert found(desk, Activity, **query) == [entries[4], entries[3]]
    assert found(desk, Activity, **query, p="2") == [entries[2], entries[1]]
    assert found(desk, Activity, **query, p="3") == [entries[0]]
    assert found(desk, Activity, **query, standing="void") == []
    with CaptureQueriesContext(connection) as captured:
        found(desk, Activity, **query)
    asked = [one["sql"] for one in captured if one["sql"].startswith('SELECT "ccp_activity"."id" AS "pk" FROM')]
    assert len(asked) == len(kinds)
    assert not any(" IN (" in sql for sql in asked), "with it, PostgreSQL does not read the index in its order"
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute("SET LOCAL enable_bitmapscan = off")
            cursor.execute("SET LOCAL enable_sort = off")
            for sql in asked:
                cursor.execute(f"EXPLAIN {sql}")
                plan = "\n".join(line for (line,) in cursor.fetchall())
                assert "using ccp_activity_by_type" in plan
                assert "Sort" not in plan
                assert "Filter" not in plan


# Voiding one entry


def test_page_says_what_voiding_does_and_does_nothing_yet(desk: Client, cycle: Cycle, activity: Activity) -> None:
    """22.5 + 8 = 30.5 points have met the 30 since yesterday.

    Without the 22.5, 8 are left.
    """
    make_activity(cycle, points="8", at=noon(TODAY - DAY))
    history = activity.history.count()
    text = desk.get(page(Activity, "void", activity.pk)).text
    assert "30.5 points now, 8 after, of 30" in text
    assert "The requirement, met on Mar 13, 2026, is then no longer met." in text
    activity.refresh_from_db()
    assert activity.is_standing
    assert activity.history.count() == history
    assert requirement.counted_points(cycle) == Decimal("30.5")


def test_void_entry_counts_no_more_and_says_why(desk: Client, reviewer: User, cycle: Cycle, activity: Activity) -> None:
    change = page(Activity, "change", activity.pk)
    assert page(Activity, "void", activity.pk) in desk.get(change).text
    response = submit(desk, page(Activity, "void", activity.pk), reason="No proof in the audit")
    assert response["Location"] == change
    assert told(desk, response) == f"Voided {activity.reference}: No proof in the audit"
    activity.refresh_from_db()
    assert (activity.void_reason, activity.withdrawn_by) == ("No proof in the audit", reviewer)
    assert activity.history.first().history_user == reviewer
    assert requirement.counted_points(cycle) == 0
    assert "Void this entry" not in desk.get(change).text
    assert LogEntry.objects.get().user == reviewer


def test_void_sent_twice_voids_once(desk: Client, activity: Activity) -> None:
    address = page(Activity, "void", activity.pk)
    first, second = desk.post(address, {"reason": "No proof"}), desk.post(address, {"reason": "No proof, again"})
    assert (first.status_code, second.status_code) == (302, 302)
    assert "is already void" in told(desk, second)
    activity.refresh_from_db()
    assert activity.void_reason == "No proof"
    assert LogEntry.objects.count() == 1


@pytest.mark.parametrize(
    ("reason", "sentence"),
    [("", "Say why: the reason"), ("   ", "Say why: the reason"), ("x" * 301, "at most 300 characters")],
    ids=["empty", "blank", "long"],
)
def test_void_needs_a_reason(desk: Client, activity: Activity, reason: str, sentence: str) -> None:
    assert sentence in submit(desk, page(Activity, "void", activity.pk), reason=reason).text
    activity.refresh_from_db()
    assert activity.is_standing


def test_entry_of_a_closed_cycle_is_refused_at_the_reason(desk: Client, cycle: Cycle, activity: Activity) -> None:
    closed = {"ends_on": TODAY - DAY, "closed_on": TODAY, "outcome": "non-compliant", "points_at_close": 22}
    Cycle.objects.filter(pk=cycle.pk).update(**closed)
    assert "cycle that is closed" in desk.get(page(Activity, "void", activity.pk)).text
    response = submit(desk, page(Activity, "void", activity.pk), reason="No proof")
    assert response.status_code == 200
    assert "cycle that is closed" in response.context["action"].form.errors["reason"][0]
    assert 'value="No proof"' in response.text


def test_voiding_locks_an_unpaid_invoice_again(desk: Client, cycle: Cycle) -> None:
    entry = make_activity(cycle, points="30", at=noon(TODAY - DAY))
    invoice = invoices.in_state(RenewalInvoice.objects.all(), "open", TODAY).filter(cycle=cycle, year=3)
    assert invoice.exists()
    submit(desk, page(Activity, "void", entry.pk), reason="No proof")
    assert not invoice.exists()
    assert cycle_of(cycle.certification.member).requirement_met_on is None


@pytest.mark.parametrize(
    ("permissions", "status"),
    [
        pytest.param(["view_activity", "void_entry"], 200, id="may void"),
        pytest.param(["view_activity"], 403, id="may only look"),
        pytest.param(["add_activity", "change_activity", "delete_activity"], 403, id="other permissions"),
        pytest.param([], 403, id="none"),
    ],
)
def test_voiding_needs_the_permission(activity: Activity, permissions: list[str], status: int) -> None:
    clerk = client_of(make_clerk(*permissions))
    assert clerk.get(page(Activity, "void", activity.pk)).status_code == status
    assert clerk.get(reverse(SEVERAL), {"ids": activity.pk}).status_code == status
    if status == 403:
        assert clerk.post(page(Activity, "void", activity.pk), {"reason": "Why not"}).status_code == 403
        activity.refresh_from_db()
        assert activity.is_standing


def test_member_and_stranger_void_nothing(activity: Activity) -> None:
    address = page(Activity, "void", activity.pk)
    for person in (activity.member, make_member(), None):
        assert client_of(person).post(address, {"reason": "Mine"}).status_code == 302
    activity.refresh_from_db()
    assert activity.is_standing


def test_void_of_no_entry_is_not_found(desk: Client) -> None:
    assert desk.get(page(Activity, "void", 0)).status_code == 404


# Voiding several entries


def choose(desk: Client, *entries: Activity) -> str:
    """Tick the entries in the list, run the action, and return where it leads.

    It leads to the page that asks for a reason.
    """
    chosen = {"action": "void_selected", "_selected_action": [entry.pk for entry in entries]}
    return desk.post(page(Activity), chosen)["Location"]


def test_selected_entries_are_voided_with_one_reason(desk: Client, cycle: Cycle, activity: Activity) -> None:
    other, left = make_activity(make_cycle(), points="3"), make_activity(cycle, points="2")
    address = choose(desk, activity, other)
    text = desk.get(address).text
    assert "Void 2 entries" in text
    assert "Ann O&#x27;Neil (7001234): Phlebotomy refresher, Mar 1, 2026, 22.5 points" in text
    assert submit(desk, address, reason="Provider unknown")["Location"] == page(Activity)
    assert set(found(desk, Activity, standing="void")) == {activity, other}
    assert found(desk, Activity, standing="yes") == [left]
    assert "None of these entries can be voided" in told(desk, desk.get(address))


def test_refused_entry_holds_back_none_of_the_others(desk: Client, cycle: Cycle, activity: Activity) -> None:
    other = make_activity(make_cycle(), points="3")
    closed = {"ends_on": TODAY - DAY, "closed_on": TODAY, "outcome": "non-compliant", "points_at_close": 22}
    Cycle.objects.filter(pk=cycle.pk).update(**closed)
    response = submit(desk, choose(desk, activity, other), reason="Provider unknown")
    shown = desk.get(response["Location"]).text
    assert f"{activity.reference}: This entry counts in a cycle that is closed" in shown
    assert found(desk, Activity, standing="void") == [other]


def test_entries_voided_at_once_are_bounded(desk: Client, cycle: Cycle, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(activities, "MOST_AT_ONCE", 1)
    assert choose(desk, make_activity(cycle), make_activity(cycle)) == page(Activity)


@pytest.mark.parametrize("ids", ["", "x", "0", "9" * 30, "1;2", "-1"])
def test_address_without_standing_entries_leads_back_to_the_list(desk: Client, ids: str) -> None:
    assert "None of these entries can be voided" in told(desk, desk.get(reverse(SEVERAL), {"ids": ids}))


def test_action_is_offered_to_those_who_may_void_only(activity: Activity, desk: Client) -> None:
    assert "Void the selected entries" in desk.get(page(Activity)).text
    assert "Void the selected entries" not in client_of(make_clerk("view_activity")).get(page(Activity)).text
