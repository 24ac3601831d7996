"""What becomes of an ended cycle: compliant, awaiting payment, in grace or non-compliant."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries
from time_machine import TimeMachineFixture

from amtportal.members.models import Member
from amtportal.refusals import Refused
from ccp.counting import requirement
from ccp.models import Activity, Credit
from ccp.recording import verbs as recording
from ccp.rollover import catching_up, points_owed, verdicts
from ccp.rollover import closing as rollover
from certifications import cycles, invoices
from certifications.models import Certification, Credential, Cycle, RenewalInvoice, StatusChange
from tests.support.builders import (
    TODAY,
    client_of,
    invoice_of,
    make_activity,
    make_claim,
    make_cycle,
    make_member,
    make_payment,
    make_user,
    noon,
)
from tests.support.pages import read, record_ce, words

DAY = timedelta(days=1)
LAST = date(2026, 4, 30)
GRACE_LAST = date(2026, 7, 29)  # 90 days after the last day


# The judgment


@pytest.mark.parametrize(
    ("on", "is_met", "is_paid", "mandatory", "verdict"),
    [
        pytest.param(LAST - DAY, True, True, True, "running", id="the day before the last, met and paid"),
        pytest.param(LAST, True, True, True, "running", id="the last day, met and paid"),
        pytest.param(LAST, False, False, True, "running", id="the last day, neither"),
        pytest.param(LAST + DAY, True, True, True, "compliant", id="the day after, met and paid"),
        pytest.param(LAST + DAY, True, False, True, "awaiting-payment", id="the day after, met and unpaid"),
        pytest.param(GRACE_LAST + DAY, True, False, True, "awaiting-payment", id="after the grace period, met, unpaid"),
        pytest.param(LAST + DAY, False, True, True, "grace", id="the day after, paid and not met"),
        pytest.param(GRACE_LAST, False, False, True, "grace", id="the last day of the grace period"),
        pytest.param(GRACE_LAST + DAY, False, False, True, "non-compliant", id="the day after the grace period"),
        pytest.param(GRACE_LAST + DAY, False, True, True, "non-compliant", id="the day after it, though paid"),
        pytest.param(LAST, False, True, False, "running", id="voluntary, the last day"),
        pytest.param(LAST + DAY, False, True, False, "compliant", id="voluntary, paid and no points"),
        pytest.param(GRACE_LAST + DAY, False, False, False, "awaiting-payment", id="voluntary, unpaid"),
    ],
)
def test_a_cycle_is_judged_on_a_day(on: date, is_met: bool, is_paid: bool, mandatory: bool, verdict: str) -> None:
    assert (
        verdicts.judge(
            ends_on=LAST, grace_ends_on=GRACE_LAST, is_met=is_met, mandatory=mandatory, is_paid=is_paid, on=on
        )
        == verdict
    )


# The deed


def pay_all(cycle: Cycle, on: date) -> None:
    """Pay every invoice of the cycle on that day, on which all of them must be open."""
    clerk = make_user(is_staff=True)
    for invoice in RenewalInvoice.objects.filter(cycle=cycle, status="issued").order_by("year"):
        make_payment(invoice, by=clerk, received_on=on, at=noon(on))


def meet(cycle: Cycle, points: str = "30", on: date = TODAY) -> Cycle:
    make_activity(cycle, points=points, at=noon(on))
    return cycle


def met_and_paid(**fields: object) -> Cycle:
    """RMA 5/1/2023 to 4/30/2026, met on 3/14/2026 and paid the day after."""
    cycle = meet(make_cycle(**fields))
    pay_all(cycle, TODAY + DAY)
    return cycle


def close(on: date) -> rollover.ClosingTally:
    return rollover.close_due(at=noon(on))


@pytest.mark.django_db
def test_a_met_and_paid_cycle_closes_on_the_day_after_its_last_and_the_next_is_open() -> None:
    cycle = met_and_paid()
    assert close(LAST).closed == 0
    assert close(LAST + DAY).found == {"compliant": 1}
    cycle.refresh_from_db()
    assert (cycle.closed_on, cycle.outcome, cycle.points_at_close) == (LAST + DAY, "compliant", Decimal(30))
    assert cycle.requirement_met_on == TODAY
    following = Cycle.objects.unclosed().get()
    assert (following.number, following.starts_on, following.ends_on) == (2, date(2026, 5, 1), date(2029, 4, 30))
    assert requirement.counted_points(following) == 0
    assert [(found.year, found.due_on, found.amount) for found in following.invoices.order_by("year")] == [
        (1, date(2027, 5, 1), 6000),
        (2, date(2028, 5, 1), 6000),
        (3, date(2029, 5, 1), 6000),
    ]


@pytest.mark.django_db
def test_the_next_cycle_has_the_points_and_the_fee_of_the_day_on_which_it_opens() -> None:
    cycle = met_and_paid()
    Credential.objects.filter(code="RMA").update(points_required=Decimal(36), annual_fee=6500)
    close(LAST + DAY)
    following = Cycle.objects.unclosed().get()
    assert following.points_required == Decimal(36)
    assert set(following.invoices.values_list("amount", flat=True)) == {6500}
    cycle.refresh_from_db()
    assert cycle.points_required == Decimal(30)
    assert set(cycle.invoices.values_list("amount", flat=True)) == {6000}


@pytest.mark.django_db
def test_a_cycle_that_is_paid_on_its_last_day_closes_the_next_day() -> None:
    cycle = meet(make_cycle())
    pay_all(cycle, LAST)
    assert close(LAST).closed == 0
    assert close(LAST + DAY).found == {"compliant": 1}


@pytest.mark.django_db
def test_a_met_cycle_waits_for_every_invoice_that_is_not_void() -> None:
    cycle = meet(make_cycle())
    for year in (3, 2):
        make_payment(invoice_of(cycle, year), received_on=TODAY + DAY, at=noon(TODAY + DAY))
    assert close(LAST + DAY).found == {"awaiting-payment": 1}
    invoices.void(invoice=invoice_of(cycle, 1), reason="Waived.")
    assert close(LAST + DAY).found == {"compliant": 1}


@pytest.mark.django_db
def test_an_unmet_cycle_stays_open_to_the_end_of_its_grace_period_and_then_the_certification_lapses() -> None:
    cycle = meet(make_cycle(), "29.75")
    assert close(GRACE_LAST).found == {"grace": 1}
    assert close(GRACE_LAST + DAY).found == {"non-compliant": 1}
    cycle.refresh_from_db()
    assert (cycle.closed_on, cycle.outcome) == (GRACE_LAST + DAY, "non-compliant")
    assert (cycle.points_at_close, cycle.requirement_met_on) == (Decimal("29.75"), None)
    assert Certification.objects.get().status == "lapsed"
    change = StatusChange.objects.get()
    assert (change.before, change.after, change.changed_on, change.changed_by) == (
        "active",
        "lapsed",
        GRACE_LAST + DAY,
        None,
    )
    assert change.reason == "The CCP requirement was not met when the grace period ended."
    assert not Cycle.objects.unclosed().exists()


@pytest.mark.django_db
def test_a_cycle_that_is_met_in_its_grace_period_rolls_over_once_it_is_paid() -> None:
    """The requirement was met on the last day of the grace period.

    The invoice opens the next day, and nothing lapses in the meantime.
    """
    cycle = meet(make_cycle(), on=GRACE_LAST)
    assert close(GRACE_LAST + DAY).found == {"awaiting-payment": 1}
    pay_all(cycle, GRACE_LAST + DAY)
    assert close(GRACE_LAST + DAY).found == {"compliant": 1}
    assert Cycle.objects.unclosed().get().starts_on == date(2026, 5, 1)


@pytest.mark.django_db
def test_an_extended_grace_period_moves_the_closing() -> None:
    cycle, until = make_cycle(), date(2026, 9, 30)
    cycles.extend_grace(cycle=cycle, until=until, reason="Deployed.", by=make_user(is_staff=True), at=noon(TODAY))
    assert close(until).found == {"grace": 1}
    assert close(until + DAY).found == {"non-compliant": 1}


@pytest.mark.django_db
def test_a_voluntary_cycle_closes_as_compliant_without_points_once_it_is_paid(voluntary: Member) -> None:
    cycle = Cycle.objects.get()
    assert close(LAST + DAY).found == {"awaiting-payment": 1}
    pay_all(cycle, LAST + DAY)
    assert close(LAST + DAY).found == {"compliant": 1}
    cycle.refresh_from_db()
    assert (cycle.points_at_close, cycle.requirement_met_on) == (Decimal(0), None)
    assert Cycle.objects.unclosed().get().number == cycle.number + 1


@pytest.mark.django_db
def test_cycles_of_a_leap_day_are_counted_from_the_award() -> None:
    """The award is of 29 February 2024.

    The cycles go to 27 February 2027, 27 February 2030 … and 28 February 2036 (from 29 to 29).
    """
    cycle = make_cycle(awarded_on=date(2024, 2, 29), on=date(2024, 3, 1))
    ends = []
    for _ in range(4):
        day = cycle.ends_on
        meet_on = day - DAY
        make_activity(cycle, points="30", starts_on=meet_on, at=noon(meet_on))
        pay_all(cycle, day)
        assert close(day).closed == 0
        assert close(day + DAY).found == {"compliant": 1}
        ends.append(day)
        cycle = Cycle.objects.unclosed().get()
        assert cycle.starts_on == day + DAY
    assert ends == [date(2027, 2, 27), date(2030, 2, 27), date(2033, 2, 27), date(2036, 2, 28)]


@pytest.mark.django_db
@pytest.mark.parametrize("status", ["lapsed", "retired", "revoked"])
def test_nothing_follows_a_cycle_whose_certification_is_not_in_force(status: str) -> None:
    met_and_paid()
    Certification.objects.update(status=status)
    assert close(LAST + DAY).found == {"compliant": 1}
    assert not Cycle.objects.unclosed().exists()
    assert Certification.objects.get().status == status


@pytest.mark.django_db
def test_a_retired_certification_does_not_lapse_when_its_unmet_cycle_closes() -> None:
    make_cycle()
    Certification.objects.update(status="retired")
    assert close(GRACE_LAST + DAY).found == {"non-compliant": 1}
    assert (Certification.objects.get().status, StatusChange.objects.count()) == ("retired", 0)


@pytest.mark.django_db
def test_a_run_that_comes_years_late_closes_what_was_due_and_leaves_time_for_the_cycle_between() -> None:
    """The cycle was paid on 8/10/2029.

    Cycle 2 ended on 4/30/2029 before anybody could record in it, so its grace period runs from now.
    """
    cycle, late = meet(make_cycle()), date(2029, 8, 10)
    pay_all(cycle, late)
    assert close(late).found == {"compliant": 1, "grace": 1}
    second = Cycle.objects.unclosed().get()
    assert (second.number, second.ends_on, second.grace_extended_to) == (2, date(2029, 4, 30), late + 90 * DAY)
    assert close(late + 90 * DAY).found == {"grace": 1}
    assert close(late + 91 * DAY).found == {"non-compliant": 1}


@pytest.mark.django_db
def test_the_history_names_the_day_and_the_reason_and_nobody() -> None:
    cycle = met_and_paid()
    close(LAST + DAY)
    following = Cycle.objects.unclosed().get()
    closing = cycle.history.get(history_change_reason="The cycle was closed: compliant.")
    opening = following.history.get()
    assert (closing.history_date, closing.history_user, closing.history_type) == (noon(LAST + DAY), None, "~")
    assert (opening.history_date, opening.history_user, opening.history_type) == (noon(LAST + DAY), None, "+")
    assert opening.history_change_reason == "The cycle before it was closed as compliant."
    assert {found.history.get().history_date for found in following.invoices.all()} == {noon(LAST + DAY)}


# A closed cycle is frozen


@pytest.fixture
def closed(db: None) -> Activity:
    """The entry of 30 points in a closed cycle, beside the open next cycle."""
    cycle = met_and_paid()
    close(LAST + DAY)
    return cycle.certification.member.activities.get()


NOW = noon(LAST + 5 * DAY)


def test_a_closed_cycle_takes_no_new_entry(closed: Activity) -> None:
    cycle = Cycle.objects.get(number=1)
    with pytest.raises(Refused):
        make_activity(cycle, at=NOW)
    with pytest.raises(Refused):
        make_activity(cycle, Cycle.objects.get(number=2), starts_on=date(2026, 4, 1), at=NOW)


def test_an_entry_of_a_closed_cycle_is_not_amended(closed: Activity) -> None:
    with pytest.raises(Refused, match="no longer takes changes"):
        recording.amend(
            activity=closed,
            cycles=list(Cycle.objects.all()),
            claim=make_claim(points="1"),
            revision=closed.revision,
            by=closed.member.user,
            at=NOW,
        )


def test_an_entry_of_a_closed_cycle_is_not_withdrawn_and_not_voided(closed: Activity) -> None:
    with pytest.raises(Refused, match="no longer takes changes"):
        recording.withdraw(activity=closed, by=closed.member.user, at=NOW)
    with pytest.raises(Refused, match="a closed cycle does not change"):
        recording.void(activity=closed, reason="Wrong.", by=make_user(is_staff=True), at=NOW)
    assert Credit.objects.get().points == Decimal(30)


# Nobody waits for the run


@pytest.fixture
def late(on_today: TimeMachineFixture) -> Cycle:
    """A cycle that is met and paid and that ended a week ago.

    No run has taken place since.
    """
    cycle = met_and_paid()
    on_today.move_to(noon(LAST + 7 * DAY))
    return cycle


def page_of(cycle: Cycle, address: str = "/certifications/") -> str:
    return words(read(client_of(cycle.certification.member).get(address)).main)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "address", ["/", "/certifications/", "/ccp/record/", "/ccp/activities/", "/invoices/", "/invoices/{invoice}/"]
)
def test_the_first_page_that_is_opened_closes_what_is_due(late: Cycle, address: str) -> None:
    client = client_of(late.certification.member)
    assert client.get(address.format(invoice=invoice_of(late).pk)).status_code == 200
    late.refresh_from_db()
    assert (late.outcome, late.closed_on) == ("compliant", LAST + 7 * DAY)
    assert Cycle.objects.unclosed().get().number == 2
    assert Cycle.history.filter(history_user__isnull=False).count() == 0


@pytest.mark.django_db
@pytest.mark.parametrize(
    "address", ["/ccp/activities/{pk}/", "/ccp/transcript/{cycle}/", "/ccp/transcript/{cycle}.pdf"]
)
def test_a_page_about_the_old_cycle_closes_it_too(late: Cycle, address: str) -> None:
    activity = Activity.objects.get()
    answer = client_of(late.certification.member).get(address.format(pk=activity.pk, cycle=late.pk))
    assert answer.status_code == 200
    assert Cycle.objects.unclosed().get().number == 2


@pytest.mark.django_db
def test_record_ce_takes_an_activity_of_the_new_cycle_without_any_page_before(late: Cycle) -> None:
    answer = record_ce(client_of(late.certification.member), starts_on="5/2/2026")
    assert answer.status_code == 302
    assert Credit.objects.latest("pk").cycle == Cycle.objects.get(number=2)


@pytest.mark.django_db
def test_recording_closes_what_is_due_under_its_own_locks(late: Cycle) -> None:
    """The cycle was chosen before it closed.

    The activity goes to the cycle that follows.
    """
    activity = make_activity(late, starts_on=date(2026, 5, 2), at=noon(LAST + 7 * DAY))
    assert activity.credits.get().cycle == Cycle.objects.get(number=2)
    late.refresh_from_db()
    assert (late.outcome, late.points_at_close) == ("compliant", Decimal(30))


@pytest.mark.django_db
@pytest.mark.parametrize("starts_on", [date(2026, 4, 30), date(2026, 3, 1)])
def test_recording_in_a_cycle_that_is_due_is_refused(late: Cycle, starts_on: date) -> None:
    with pytest.raises(Refused, match="before your CCP cycle"):
        make_activity(late, starts_on=starts_on, at=noon(LAST + 7 * DAY))


@pytest.mark.django_db
def test_a_member_who_has_met_and_not_paid_reads_what_to_pay(on_today: TimeMachineFixture) -> None:
    cycle = meet(make_cycle())
    on_today.move_to(noon(LAST + DAY))
    text = page_of(cycle)
    assert "It waits for your payment" in text
    assert "Pay the year-3 fee, $60" in text
    assert Cycle.objects.get().closed_on is None


@pytest.mark.django_db
def test_the_page_after_the_payment_is_of_the_next_cycle(on_today: TimeMachineFixture) -> None:
    cycle = meet(make_cycle())
    on_today.move_to(noon(LAST + DAY))
    page_of(cycle)
    pay_all(cycle, LAST + DAY)
    text = page_of(cycle)
    assert "May 1, 2026 to Apr 30, 2029" in text
    assert "Past cycles" in text


@pytest.mark.django_db
def test_a_member_who_is_late_reads_that_the_certification_has_lapsed_and_why(on_today: TimeMachineFixture) -> None:
    cycle = meet(make_cycle(), "29.75")
    on_today.move_to(noon(GRACE_LAST))
    assert "Record 0.25 more points" in page_of(cycle)
    assert Certification.objects.get().status == "active"
    on_today.move_to(noon(GRACE_LAST + DAY))
    text = page_of(cycle)
    assert "This certification has been lapsed since Jul 30, 2026 and takes no records." in text
    assert "The CCP requirement was not met when the grace period ended." in text
    assert "Call AMT at" in text
    assert "closed on Thu Jul 30 as non-compliant, with 29.75 of 30 points" in text
    answer = client_of(cycle.certification.member).get("/ccp/record/")
    assert "You cannot record CE now" in answer.text
    assert "this certification has been lapsed since Jul 30, 2026" in words(read(answer).main)


@pytest.mark.django_db
def test_a_cycle_that_cannot_be_closed_does_not_take_the_page_away(
    late: Cycle, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*args: object, **kwargs: object) -> Cycle:
        raise RuntimeError("broken")

    monkeypatch.setattr(cycles, "following", broken)
    assert "May 1, 2023" in page_of(late)
    assert f"Cycle {late.pk} could not be closed." in caplog.text
    monkeypatch.undo()
    assert "May 1, 2026 to Apr 30, 2029" in page_of(late)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("on", "number"),
    [(LAST - DAY, 0), (LAST, 0), (LAST + DAY, 3)],
    ids=["the day before the last", "the last day", "the day after"],
)
def test_a_cycle_that_has_not_ended_costs_no_query(
    on: date, number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    """After the end of a cycle three queries read whether it is due.

    Nothing is locked unless it is due.
    """
    cycle = make_cycle()
    with django_assert_num_queries(number):
        assert not catching_up.catch_up(cycle.certification.member, at=noon(on), shown=[cycle])


@pytest.mark.django_db
def test_my_certifications_costs_the_same_in_the_grace_period(
    grace: Member, new: Member, on_today: TimeMachineFixture
) -> None:
    found = []
    for member in (grace, new):
        client = client_of(member)
        with CaptureQueriesContext(connection) as captured:
            assert client.get("/certifications/").status_code == 200
        found.append(len(captured))
    assert found[0] == found[1]


# Past cycles


@pytest.mark.django_db
def test_past_cycles_are_listed_with_their_transcripts(closed: Activity, on_today: TimeMachineFixture) -> None:
    on_today.move_to(NOW)
    old = Cycle.objects.get(number=1)
    client = client_of(closed.member)
    page = read(client.get("/certifications/"))
    row = page.select_one("section.past-cycles tbody tr")
    assert row is not None
    assert words(row).startswith("5/1/2023 to 4/30/2026 5/1/2026, compliant Met 3/14/2026 30 of 30 View")
    papers = [f"/ccp/transcript/{old.pk}.pdf", f"/ccp/completion/{old.pk}.pdf"]
    links = [link["href"] for link in row.select("a")]
    assert (links[0], sorted(links[1:])) == (f"/ccp/transcript/{old.pk}/", sorted(papers))
    transcript = words(read(client.get(f"/ccp/transcript/{old.pk}/")).main)
    assert "Closed on May 1, 2026 as compliant" in transcript
    assert {client.get(paper).headers["Content-Type"] for paper in papers} == {"application/pdf"}


@pytest.mark.django_db
@pytest.mark.parametrize("lock", [False, True])
def test_cycles_that_take_records_are_found_by_member_in_the_order_of_their_keys(lock: bool) -> None:
    """Two members have two cycles each, of which one is lapsed and one closed.

    The third member is not asked for.
    """
    ada, bea = make_member(), make_member()
    second, first = make_cycle(bea), make_cycle(ada)
    make_cycle(ada, credential="RPT", status="lapsed")
    closed = make_cycle(bea, credential="RPT")
    Cycle.objects.filter(pk=closed.pk).update(closed_on=closed.ends_on + DAY, outcome="compliant", points_at_close=30)
    third = make_cycle(bea, credential="MLT")
    make_cycle()
    with transaction.atomic():
        found = catching_up.open_by_member([ada.pk, bea.pk], at=noon(TODAY), lock=lock)
    assert found == {ada.pk: [first], bea.pk: [second, third]}


# Points that AMT owes


AFTER_GRACE = noon(GRACE_LAST + DAY)


def unmet_with_an_entry_that_waits(**claim: Any) -> tuple[Cycle, Activity]:
    """Return an RMA cycle with 27 of 30 points, and an entry whose points AMT is to set."""
    cycle = make_cycle()
    make_activity(cycle, points="27")
    return cycle, make_activity(cycle, **{"kind": "journal-article", "points": None, **claim})


def is_closed(cycle: Cycle) -> bool:
    cycle.refresh_from_db()
    return cycle.closed_on is not None


def set_points(entry: Activity, points: str, at: datetime) -> None:
    values = {"reason": "Page 4", "revision": entry.revision, "by": make_user(is_staff=True), "at": at}
    recording.set_points(activity=entry, points=Decimal(points), **values)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("on", "verdict"),
    [(LAST, "running"), (LAST + DAY, "grace"), (GRACE_LAST, "grace"), (GRACE_LAST + DAY, "awaiting-points")],
)
def test_a_cycle_does_not_lapse_while_amt_owes_points_for_it(on: date, verdict: str) -> None:
    cycle, entry = unmet_with_an_entry_that_waits()
    [(_, found, _)] = verdicts.judged([cycle], on)
    assert found == verdict
    tally = rollover.close_due(at=noon(on))
    assert (tally.closed, is_closed(cycle)) == (0, False)
    assert [made.cycle.pk for made in points_owed.urgent(on)] == [cycle.pk]
    assert not catching_up.catch_up(entry.member, at=noon(on))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("points", "verdict"), [("2.75", "non-compliant"), ("3", "awaiting-payment")], ids=["a quarter short", "enough"]
)
def test_once_the_points_are_set_the_cycle_is_judged_by_them(points: str, verdict: str) -> None:
    """27 and 3 meet the 30. The grace period is over, which is not the member's fault."""
    cycle, entry = unmet_with_an_entry_that_waits()
    set_points(entry, points, AFTER_GRACE)
    tally = rollover.close_due(at=AFTER_GRACE)
    assert tally.found == {verdict: 1}
    assert is_closed(cycle) is (verdict == "non-compliant")


@pytest.mark.django_db
def test_a_late_run_judges_by_what_waited_on_its_day() -> None:
    """Points that were set on 8/1 waited on 7/30: a run for that day closes nothing."""
    _, entry = unmet_with_an_entry_that_waits()
    set_points(entry, "1", noon(GRACE_LAST + 3 * DAY))
    assert rollover.close_due(at=AFTER_GRACE).found == {"awaiting-points": 1}
    assert rollover.close_due(at=noon(GRACE_LAST + 3 * DAY)).found == {"non-compliant": 1}


@pytest.mark.django_db
@pytest.mark.parametrize("ends", ["withdrawn", "void"])
def test_an_entry_that_no_longer_stands_owes_nothing(ends: str) -> None:
    cycle, entry = unmet_with_an_entry_that_waits()
    if ends == "void":
        recording.void(activity=entry, reason="No article.", by=make_user(is_staff=True), at=AFTER_GRACE)
    else:
        recording.withdraw(activity=entry, by=entry.member.user, at=noon(GRACE_LAST))
    assert rollover.close_due(at=AFTER_GRACE).found == {"non-compliant": 1}
    assert is_closed(cycle)


@pytest.mark.django_db
def test_points_that_could_not_count_keep_no_cycle_open() -> None:
    """Employment counts up to 12/31/2020 only: whatever AMT sets counts nothing in this cycle."""
    cycle, entry = unmet_with_an_entry_that_waits()
    Credit.objects.filter(activity=entry).update(cut=Credit.Cut.WINDOW)
    assert rollover.close_due(at=AFTER_GRACE).found == {"non-compliant": 1}
    assert is_closed(cycle)


@pytest.mark.django_db
def test_what_would_lapse_costs_one_query_more_for_a_batch(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    cycles = [unmet_with_an_entry_that_waits()[0] for _ in range(3)]
    for cycle in cycles:
        assert cycle.certification.ccp_mandatory
    with django_assert_num_queries(3):
        assert {verdict for _, verdict, _ in verdicts.judged(cycles, GRACE_LAST + DAY)} == {"awaiting-points"}
    with django_assert_num_queries(2):
        verdicts.judged(cycles, GRACE_LAST)
