"""The chain of seals: what it covers, that it continues, and that it finds the changed row."""

import io
import re

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from amtportal.history import rows, seals
from amtportal.history.models import Seal
from amtportal.members.models import Member
from ccp.models import Activity, Credit
from tests.support.builders import cycle_of, make_activity
from tests.support.history import behind_the_triggers
from tests.support.threads import at_once

pytestmark = pytest.mark.django_db


def seal() -> str:
    """Return what the command prints."""
    stdout = io.StringIO()
    call_command("seal_history", stdout=stdout)
    return stdout.getvalue().strip()


def found() -> list[str]:
    return list(seals.verify(seals.SealTally()))


def tamper(statement: str, *values: object) -> None:
    with behind_the_triggers(), connection.cursor() as cursor:
        cursor.execute(statement, values)
        assert cursor.rowcount > 0


def verified(**options: object) -> tuple[int, list[str]]:
    """Return the exit status of the command, and what it says about history."""
    stdout, status = io.StringIO(), 0
    try:
        call_command("verify_records", stdout=stdout, **options)
    except SystemExit as ended:
        status = int(ended.code or 0)
    told = [line for line in stdout.getvalue().splitlines() if "istor" in line]
    return status, [line for line in told if not line.startswith("Rows: ") and "of its history" not in line]


def test_every_line_is_sealed_once(short: Member) -> None:
    lines = sum(model._base_manager.count() for model in seals.sealed_models())
    assert seal() == f"{lines} lines sealed. Head: {seals.head()}"
    head = seals.head()
    assert seal() == f"0 lines sealed. Head: {head}"
    make_activity(cycle_of(short, "RPT"), points="2")
    # One entry, its credit, and the cycle, which is met.
    assert seal() == f"3 lines sealed. Head: {seals.head()}"
    assert seals.head() != head
    assert found() == []


def test_a_long_table_is_sealed_a_batch_at_a_time(short: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "BATCH", 2)
    for _ in range(4):
        make_activity(cycle_of(short, "RPT"), points="0.25")
    seal()
    sealed = Seal.objects.filter(table="ccp_historicalactivity").order_by("pk")
    assert [each.rows for each in sealed] == [2, 2, 1]
    assert found() == []


def test_an_empty_portal_has_a_chain_of_nothing() -> None:
    tally = seals.SealTally()
    assert list(seals.verify(tally)) == []
    assert tally.seals == tally.rows == 0


FLIPS = {
    "a text": ("ccp_historicalactivity", "UPDATE ccp_historicalactivity SET title = title || 'x'"),
    "a number": ("ccp_historicalcredit", "UPDATE ccp_historicalcredit SET points = points + 0.25"),
    "a day": ("ccp_historicalactivity", "UPDATE ccp_historicalactivity SET starts_on = '2025-12-31'"),
    "a person": ("ccp_historicalcredit", "UPDATE ccp_historicalcredit SET history_user_id = NULL"),
    "the address": ("ccp_historicalcredit", "UPDATE ccp_historicalcredit SET address = '203.0.113.9'"),
    "nothing into an empty text": (
        "ccp_historicalactivity",
        "UPDATE ccp_historicalactivity SET history_change_reason = ''",
    ),
}


@pytest.mark.parametrize(("table", "statement"), FLIPS.values(), ids=FLIPS)
def test_one_changed_value_is_found_at_its_row(short: Member, met: Member, table: str, statement: str) -> None:
    seal()
    (model,) = (model for model in seals.sealed_models() if model._meta.db_table == table)
    key = model._base_manager.order_by("-pk").values_list("pk", flat=True)[0]
    tamper(f"{statement} WHERE history_id = %s", key)
    assert found() == [f"{table} {key}: was changed after it was sealed"]


def test_one_flipped_byte_in_the_stored_text_is_found_at_its_row(short: Member, met: Member) -> None:
    """Change the lowest bit of the first letter of the statement that was checked."""
    seal()
    statement = Activity.history.order_by("history_id")[0].statement
    flipped = chr(ord(statement.text[0]) ^ 1) + statement.text[1:]
    tamper("UPDATE ccp_attestationstatement SET text = %s WHERE id = %s", flipped, statement.pk)
    assert found() == [f"ccp_attestationstatement {statement.pk}: was changed after it was sealed"]
    status, lines = verified()
    assert status == 1
    assert re.fullmatch(r"History: \d+ lines under \d+ seals verified: 1 difference. Head: [0-9a-f]{64}", lines[0])


def test_a_float_that_differs_in_its_last_bit_is_found(short: Member) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL stores decimals")
    tamper("UPDATE ccp_historicalcredit SET points = 5.5")
    seal()
    tamper("UPDATE ccp_historicalcredit SET points = 5.500000000000001")
    assert len(found()) == Credit.history.count()


def test_a_removed_line_is_named(short: Member, met: Member) -> None:
    seal()
    key = Credit.history.order_by("history_id")[0].pk
    tamper("DELETE FROM ccp_historicalcredit WHERE history_id = %s", key)
    assert found() == [f"ccp_historicalcredit {key}: was removed after it was sealed"]


def test_a_line_that_was_slipped_in_is_named(short: Member, met: Member) -> None:
    first = Credit.history.order_by("history_id")[0]
    tamper("DELETE FROM ccp_historicalcredit WHERE history_id = %s", first.pk)
    seal()
    Credit.history.bulk_create([first])
    assert found() == [f"ccp_historicalcredit {first.pk}: was added below the seal"]


@pytest.mark.parametrize("sealed", [True, False], ids=["below the first seal", "in a table that was never sealed"])
@pytest.mark.parametrize("key", [0, -1, -(2**31)])
def test_a_line_with_an_id_that_the_database_never_gives_is_named(short: Member, key: int, sealed: bool) -> None:
    """The seals cover everything from the lowest id, and sealing again does not take the line in."""
    line = Credit.history.order_by("history_id")[0]
    if sealed:
        seal()
    line.pk = key
    Credit.history.bulk_create([line])
    assert found() == [f"ccp_historicalcredit {key}: was added below the first seal"]
    seal()
    assert found() == [f"ccp_historicalcredit {key}: was added below the first seal"]


def test_a_seal_that_was_made_again_breaks_the_chain(short: Member) -> None:
    """Whoever changes a line and its seal must make every later seal again.

    Then the head is a different one.
    """
    seal()
    head = seals.head()
    first = Seal.objects.order_by("pk")[0]
    first.entries = bytes(len(first.entries))
    tamper(
        "UPDATE history_seal SET digest = %s, entries = %s WHERE id = %s", seals.digest(first), first.entries, first.pk
    )
    second = Seal.objects.order_by("pk")[1]
    assert f"history_seal {second.pk}: does not follow the seal before it" in found()
    assert seals.head() == head


def test_a_changed_seal_is_named(short: Member) -> None:
    seal()
    key = Seal.objects.order_by("pk")[0].pk
    tamper("UPDATE history_seal SET entries = %s WHERE id = %s", b"", key)
    assert f"history_seal {key}: was changed after it was made" in found()


def test_a_head_that_was_kept_elsewhere_tells_of_seals_that_were_removed(short: Member) -> None:
    seal()
    kept = seals.head()
    make_activity(cycle_of(short, "RPT"), points="1")
    seal()
    assert verified(head=kept)[0] == 0
    tamper("DELETE FROM history_seal")
    status, lines = verified(head=kept)
    assert status == 1
    assert lines[0] == f"history_seal: no seal has the digest {kept}; seals were removed or made again"


def test_a_column_that_is_added_later_is_no_difference(short: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    """A seal says which columns it covers."""
    columns_of = rows.columns_of
    monkeypatch.setattr(rows, "columns_of", lambda model: columns_of(model)[:-1])
    seal()
    monkeypatch.undo()
    assert found() == []


def test_a_column_that_is_gone_is_told(short: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    seal()
    monkeypatch.setattr(rows, "present_columns", lambda table: set())
    assert "ccp_historicalcredit no longer has" in " ".join(found())


def test_verifying_one_member_leaves_history_alone(short: Member) -> None:
    assert verified(member=short.amt_id)[1] == []


class TestBesideWriters:
    pytestmark = pytest.mark.django_db(transaction=True)

    def test_of_two_runs_at_once_each_line_is_sealed_once(self, short: Member) -> None:
        def run() -> str:
            try:
                return seal()
            except CommandError as taken:
                return str(taken)

        at_once(run, run)
        seal()
        assert found() == []
        assert sum(each.rows for each in Seal.objects.filter(table="ccp_historicalcredit")) == Credit.history.count()

    def test_members_record_meanwhile(self, short: Member) -> None:
        """An id is given out before its row can be seen, so no id may be passed over."""
        cycle = cycle_of(short, "RPT")

        def record() -> None:
            for _ in range(5):
                make_activity(cycle, points="0.25")

        def seal_often() -> None:
            for _ in range(5):
                list(seals.seal())

        at_once(record, record, seal_often)
        seal()
        assert found() == []
        sealed = Seal.objects.filter(table="ccp_historicalactivity")
        assert sum(each.rows for each in sealed) == Activity.history.count() == 11
