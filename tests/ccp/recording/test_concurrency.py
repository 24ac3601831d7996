"""Members who press Submit twice, and many who press it in the last hour.

Nothing is lost, and nothing counts twice.
"""

import uuid
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from functools import partial

import pytest
from django.http import HttpResponse
from django.test import Client

from amtportal.refusals import Refused
from ccp.counting import requirement
from ccp.models import Activity, Credit
from ccp.recording import verbs as recording
from ccp.rollover import verification
from certifications.models import Cycle
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
    set_terms,
)
from tests.support.threads import at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("on_today")]
THREADS = 8


def submitted(client: Client, *, points: str = "1.5", number: uuid.UUID | None = None) -> HttpResponse:
    return client.post(
        "/ccp/record/",
        {
            "activity_type": "course-seminar-webinar",
            "points": points,
            "starts_on": "3/1/2026",
            "ends_on": "",
            "attested": "on",
            "submission_id": str(number or uuid.uuid4()),
        },
    )


def in_a_row(calls: list[Callable[[], HttpResponse]]) -> list[HttpResponse]:
    return [call() for call in calls]


def test_the_same_form_from_eight_sides_at_once_records_once_and_answers_all_alike() -> None:
    member = make_member()
    cycle, number = make_cycle(member), uuid.uuid4()
    clients = [client_of(member) for _ in range(THREADS)]
    answers = at_once(*[partial(submitted, client, number=number) for client in clients])
    activity = Activity.objects.get()
    assert {(answer.status_code, answer.headers["Location"]) for answer in answers} == {
        (302, f"/ccp/activities/{activity.pk}/")
    }
    assert requirement.counted_points(cycle) == Decimal("1.5")
    assert Credit.objects.count() == 1


def test_forty_forms_of_one_member_at_once_all_count() -> None:
    """8 browsers × 5 forms × 0.75 = 30 points.

    No form is lost, and the requirement is met.
    """
    member = make_member()
    make_cycle(member)
    clients = [client_of(member) for _ in range(THREADS)]
    answers = at_once(*[partial(in_a_row, [partial(submitted, client, points="0.75")] * 5) for client in clients])
    assert {answer.status_code for row in answers for answer in row} == {302}
    cycle = cycle_of(member)
    assert requirement.counted_points(cycle) == Decimal(30)
    assert (cycle.requirement_met_on, Activity.objects.count()) == (TODAY, 40)


def test_the_forms_that_together_meet_the_requirement_meet_it() -> None:
    """8 × 3.75 = 30, and no form alone is enough.

    Whichever comes last sees the others and sets the day.
    """
    cycle = make_cycle()
    at_once(*[partial(make_activity, cycle, points="3.75")] * THREADS)
    assert requirement.counted_points(cycle) == Decimal(30)
    assert cycle_of(cycle.certification.member).requirement_met_on == TODAY


def test_forms_at_once_do_not_slip_past_a_cap() -> None:
    """8 × 5 claimed under a cap of 12.5: 5 + 5 + 2.5 count."""
    set_terms(cap=Decimal("12.5"))
    cycle = make_cycle()
    at_once(*[partial(make_activity, cycle, points="5")] * THREADS)
    assert requirement.counted_points(cycle) == Decimal("12.5")
    assert sorted(Credit.objects.values_list("points", flat=True))[-3:] == [Decimal("2.5"), Decimal(5), Decimal(5)]


def test_two_windows_that_amend_the_same_entry_at_once_do_not_overwrite_each_other() -> None:
    """Both forms show revision 1.

    One goes through, and the other is told about it.
    """
    entry = make_activity(make_cycle())
    values = {"activity_type": "self-study", "starts_on": "3/1/2026", "attested": "on", "revision": "1"}
    answers = at_once(
        *[
            partial(client.post, f"/ccp/activities/{entry.pk}/amend/", values | {"points": str(points)})
            for points, client in enumerate([client_of(entry.member) for _ in range(THREADS)], start=6)
        ]
    )
    assert sorted(answer.status_code for answer in answers) == [302] + [409] * (THREADS - 1)
    assert Activity.objects.get().revision == 2
    assert Activity.history.count() == 2


def test_eight_members_at_once_do_not_stand_in_each_others_way() -> None:
    members = [make_member() for _ in range(THREADS)]
    cycles = [make_cycle(member) for member in members]
    at_once(*[partial(submitted, client_of(member)) for member in members])
    assert set(requirement.counted_by_cycle([cycle.pk for cycle in cycles]).values()) == {Decimal("1.5")}


def test_the_same_number_from_two_members_at_once_is_the_one_members_only() -> None:
    members, number = [make_member(), make_member()], uuid.uuid4()
    for member in members:
        make_cycle(member)
    answers = at_once(*[partial(submitted, client_of(member), number=number) for member in members])
    assert sorted(answer.status_code for answer in answers) == [302, 409]
    assert Activity.objects.count() == 1


def test_entries_of_two_certifications_recorded_from_both_ends_at_once_do_not_deadlock() -> None:
    """Half of the forms name RMA first, and half name RPT first.

    The cycles are nevertheless locked in the order of their keys.
    """
    member = make_member()
    rma, rpt = make_cycle(member), make_cycle(member, credential="RPT", awarded_on=date(2024, 9, 15))
    at_once(*[partial(make_activity, *order, points="1") for order in [(rma, rpt), (rpt, rma)] * 4])
    assert requirement.counted_by_cycle([rma.pk, rpt.pk]) == {rma.pk: Decimal(8), rpt.pk: Decimal(8)}


def outcome(verb: Callable[[], object]) -> str:
    try:
        verb()
    except Refused as refused:
        return str(refused)
    return "done"


def test_an_entry_put_back_from_eight_sides_at_once_is_put_back_once() -> None:
    cycle = make_cycle()
    entry = make_activity(cycle, points="30", at=noon(TODAY - timedelta(days=1)))
    recording.withdraw(activity=entry, by=entry.member.user, at=noon(TODAY))
    clients = [client_of(entry.member) for _ in range(THREADS)]
    answers = at_once(*[partial(client.post, f"/ccp/activities/{entry.pk}/restore/") for client in clients])
    assert {answer.status_code for answer in answers} == {302}
    assert (Activity.objects.get().revision, Activity.history.count()) == (3, 3)
    assert requirement.counted_points(cycle) == Decimal(30)
    assert cycle_of(entry.member).requirement_met_on == TODAY - timedelta(days=1)
    assert not any(verification.verify(Cycle.objects.all(), verification.VerificationTally()))


def test_an_entry_put_back_while_another_is_recorded_does_not_slip_past_a_cap() -> None:
    """The cap is 10.

    8 are put back while 8 are recorded, by four members each. 10 count for each of them.
    """
    set_terms(cap=Decimal(10))
    cycles = [make_cycle() for _ in range(THREADS // 2)]
    entries = [make_activity(cycle, points="8") for cycle in cycles]
    for entry in entries:
        recording.withdraw(activity=entry, by=entry.member.user, at=noon(TODAY))
    calls: list[Callable[[], Activity]] = []
    for cycle, entry in zip(cycles, entries, strict=True):
        calls.append(partial(recording.restore, activity=entry, by=entry.member.user, at=noon(TODAY)))
        calls.append(partial(make_activity, cycle, points="8"))
    at_once(*calls)
    assert set(requirement.counted_by_cycle([cycle.pk for cycle in cycles]).values()) == {Decimal(10)}


def test_a_withdrawal_and_the_payment_it_would_undo_do_not_both_go_through() -> None:
    """There are eight rounds.

    Either the withdrawal came first and the invoice is locked, or the payment came first and the
    record is held.
    """
    clerk, yesterday = make_user(is_staff=True), noon(TODAY - timedelta(days=1))
    entries = [make_activity(make_cycle(), points="30", at=yesterday) for _ in range(THREADS)]
    cycles = [cycle_of(entry.member) for entry in entries]
    withdrawals = [partial(recording.withdraw, activity=e, by=e.member.user, at=noon(TODAY)) for e in entries]
    payments = [partial(make_payment, invoice_of(cycle), by=clerk) for cycle in cycles]
    pairs = [call for pair in zip(withdrawals, payments, strict=True) for call in pair]
    outcomes = at_once(*[partial(outcome, call) for call in pairs])
    for cycle, withdrawn, paid in zip(cycles, outcomes[::2], outcomes[1::2], strict=True):
        if paid == "done":
            assert "its renewal invoice is already paid" in withdrawn
            assert requirement.counted_points(cycle) == Decimal(30)
        else:
            assert withdrawn == "done"
            assert "is locked" in paid
            assert invoice_of(cycle).status == "issued"
