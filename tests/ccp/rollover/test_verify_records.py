"""``manage.py verify_records``: what it prints, its exit status, and what it costs."""

import io
from datetime import date

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from amtportal.history import comparison, seals, triggers
from amtportal.members.models import Member
from ccp.erasure import minutes
from ccp.models import Credit
from ccp.rollover import verification
from ccp.rollover.cycle_record import CycleRecord
from certifications.models import Cycle
from tests.support.builders import cycle_of, make_activity, make_cycle

pytestmark = pytest.mark.django_db


def run(**options: object) -> tuple[int, list[str]]:
    """Return the exit status and the printed lines.

    What is printed about sealed history, and about rows and their histories, has its own tests.
    """
    stdout = io.StringIO()
    status = 0
    try:
        call_command("verify_records", stdout=stdout, **options)
    except SystemExit as ended:
        status = int(ended.code or 0)
    lines = [line for line in stdout.getvalue().splitlines() if not line.startswith(("History: ", "Rows: "))]
    return status, [line for line in lines if "of its history" not in line]


def test_without_differences_it_prints_its_tally_and_succeeds(met: Member, two: Member) -> None:
    """3 cycles with 3 invoices each, with one credit of met and two of two."""
    assert run() == (0, ["3 cycles, 3 credits and 9 invoices verified: no differences."])


def test_on_an_empty_portal_there_is_nothing_to_find() -> None:
    assert run() == (0, ["0 cycles, 0 credits and 0 invoices verified: no differences."])


def test_each_difference_is_a_line_and_the_status_is_1(met: Member, short: Member, two: Member) -> None:
    """UPDATEs that the portal does not see change a credit and the day on which a cycle was met."""
    credit = cycle_of(short, "RPT").credits.get()
    Credit.objects.filter(pk=credit.pk).update(points=20)
    Cycle.objects.filter(pk=cycle_of(met).pk).update(requirement_met_on=date(2026, 3, 1))
    status, lines = run()
    assert status == 1
    assert sorted(lines[:-1]) == sorted(
        [
            f"cycle {credit.cycle_id}: credit {credit.pk} of {credit.activity.reference}: "
            "stored 20 points (not cut), recomputed 22 points (not cut)",
            f"cycle {cycle_of(met).pk}: requirement met on: stored Mar 1, 2026, recomputed Mar 13, 2026",
        ]
    )
    assert lines[-1] == "4 cycles, 4 credits and 12 invoices verified: 2 differences."


def test_one_difference_is_one_difference(met: Member) -> None:
    Cycle.objects.update(requirement_met_on=None)
    assert run()[1][-1] == "1 cycle, 1 credit and 3 invoices verified: 1 difference."


def test_one_member_can_be_verified_alone(met: Member, two: Member) -> None:
    Cycle.objects.filter(pk=cycle_of(met).pk).update(requirement_met_on=None)
    assert run(member=two.amt_id) == (0, ["2 cycles, 2 credits and 6 invoices verified: no differences."])
    assert run(member=met.amt_id)[0] == 1


def test_an_amt_id_that_nobody_has_is_refused() -> None:
    with pytest.raises(CommandError, match="No member has the AMT ID 0000000"):
        run(member="0000000")


def test_it_changes_nothing(met: Member) -> None:
    Credit.objects.update(points=1)
    before = list(Credit.objects.values()), list(Cycle.objects.values())
    run()
    assert (list(Credit.objects.values()), list(Cycle.objects.values())) == before


@pytest.mark.usefixtures("terms_known")
def test_a_batch_takes_the_same_few_queries_however_many_cycles_it_has(
    met: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There is one query for what cannot be counted, one to count, and one for the stamp of the terms.

    The batch takes one query for its keys and six more. One finds that no batch follows, and one
    notes how the command ended.
    """
    monkeypatch.setattr(comparison, "tracked_models", list)
    monkeypatch.setattr(seals, "verify", lambda *args, **kwargs: [])
    monkeypatch.setattr(triggers, "differences", lambda connection: [])
    monkeypatch.setattr(minutes, "problems", list)
    counts = []
    for more in (0, 12):
        for _ in range(more):
            make_activity(make_cycle(), points="3")
        with CaptureQueriesContext(connection) as captured:
            run()
        counts.append(len(captured))
    assert counts[0] == counts[1] == 3 + 7 + 1 + 1


def test_batches_leave_no_cycle_out_and_none_twice(met: Member, two: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verification, "BATCH", 2)
    make_cycle()
    Cycle.objects.update(requirement_met_on=date(2026, 4, 1))
    status, lines = run()
    assert [line.split(":")[0] for line in lines[:-1]] == [
        f"cycle {cycle.pk}" for cycle in Cycle.objects.order_by("pk")
    ]
    assert lines[-1] == "4 cycles, 3 credits and 12 invoices verified: 4 differences."
    assert status == 1


def test_what_members_record_while_a_batch_is_read_is_no_difference(
    met: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An entry is recorded between reading the credits and reading the rest.

    The cycle is read again, and then agrees.
    """
    cycle = cycle_of(met)
    read = verification.read_cycles

    def recorded_meanwhile(keys: list[int]) -> list[CycleRecord]:
        monkeypatch.setattr(verification, "read_cycles", read)
        records = read(keys)
        make_activity(cycle, points="1")
        for record in records:
            record.versions = read([record.cycle.pk])[0].versions
        return records

    monkeypatch.setattr(verification, "read_cycles", recorded_meanwhile)
    assert run()[0] == 0
