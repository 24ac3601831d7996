"""The database refuses to change or remove a row of history, no matter who asks."""

from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.db import IntegrityError, connection, models, transaction
from simple_history.models import HistoricalChanges

from amtportal.history import seals, triggers
from amtportal.history.models import BlankedLine, Gap, Seal, SecurityEvent
from amtportal.members.models import FormerAmtId, MailDelivery, MailPause, Member, OutgoingMail, SearchTerm, Tally
from ccp.api.models import Delivery, Event, EventRepeat, KeptAnswer, KeyDay, StandingRead
from ccp.audits.models import (
    CaseStep,
    Conflict,
    DrawLine,
    DrawTicket,
    ItemReview,
    Letter,
    LetterPrint,
    Message,
    Replacement,
)
from ccp.badges.models import Badge
from ccp.desk.models import NightlyRun, Note, Viewing
from ccp.models import AttestationStatement, Credit, PendingFile, Reading, Transcript, TranscriptFile
from ccp.notices.models import Notice, NoticeMail
from ccp.privacy.models import AccessDownload
from ccp.reports.models import ListOpening, ReportCount
from ccp.sharing.models import ShareDay
from ccp.transcripts import contents as transcripts
from ccp.transcripts import issuing
from certifications.models import AwardCorrection, Cycle, CycleCorrection, StatusChange
from certifications.payments.models import ProviderEvent
from tests.support.builders import TODAY, noon
from tests.support.history import behind_the_triggers, without_triggers

pytestmark = pytest.mark.django_db

TABLES = [model._meta.db_table for model in triggers.append_only()]


def settle(cursor: Any) -> None:
    """PostgreSQL does not alter a table of which it still has to check a reference."""
    if connection.vendor == "postgresql":
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def refused(statement: str) -> bool:
    """Return whether the database refuses a statement because the table is append-only."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            settle(cursor)
            cursor.execute(statement)
    except IntegrityError as refusal:
        return triggers.REFUSAL in str(refusal)
    return False


def told() -> list[str]:
    return [str(difference) for difference in triggers.differences(connection)]


def test_every_history_is_append_only_and_so_are_the_records_of_what_was_done() -> None:
    """A model that gets a history becomes append-only by itself."""
    histories = {model for model in apps.get_models() if issubclass(model, HistoricalChanges)}
    assert len(histories) >= 18
    others = {StatusChange, CycleCorrection, Transcript, TranscriptFile, SecurityEvent, Seal, LogEntry, FormerAmtId}
    others |= {ProviderEvent, AttestationStatement, DrawLine, DrawTicket, Replacement, CaseStep, Conflict}
    others |= {ItemReview, Letter, LetterPrint, Message, Badge, Note, Viewing, AwardCorrection}
    others |= {BlankedLine, Gap, AccessDownload}
    others |= {ListOpening, ReportCount, Delivery, EventRepeat, StandingRead}
    assert set(triggers.append_only()) == histories | others


def test_every_model_of_ours_has_a_history_or_is_one() -> None:
    """What a person changes can be read later, and rows that never change are their own record.

    Mail, what became of it, tallies, and how often a link was opened are no record, and the terms of
    a search follow from one. A file is no record before its form is submitted, and how a command of
    the night ended is none. Nor are messages to course systems, and the answers that they got.
    """
    labels = (
        "members",
        "certifications",
        "ccp",
        "notices",
        "audits",
        "sharing",
        "badges",
        "exports",
        "desk",
        "reports",
        "api",
        "privacy",
    )
    ours = {model for label in labels for model in apps.get_app_config(label).get_models()}
    without = {model for model in ours - set(triggers.append_only()) if not hasattr(model, "history")}
    of_mail = {Notice, NoticeMail, OutgoingMail, MailPause, MailDelivery}
    of_systems = {KeyDay, KeptAnswer, Event}
    assert without == of_mail | of_systems | {SearchTerm, ShareDay, Tally, PendingFile, Reading, NightlyRun}


def test_what_packages_store_of_rights_addresses_and_second_factors_has_a_history() -> None:
    assert all(hasattr(model, "history") for model in (Group, EmailAddress, Authenticator))


def test_every_append_only_table_has_its_triggers() -> None:
    assert triggers.differences(connection) == []
    with connection.cursor() as cursor:
        query = {
            "sqlite": "SELECT count(*) FROM sqlite_master WHERE type = 'trigger'",
            "postgresql": "SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal",
        }[connection.vendor]
        cursor.execute(query)
        each = {"sqlite": 3, "postgresql": 2}[connection.vendor]
        assert cursor.fetchone() == (each * len(TABLES),)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ccp_historicalcredit SET points = 0",
        "UPDATE members_historicalmember SET history_user_id = NULL",
        "UPDATE ccp_historicalactivity SET history_id = history_id + 1000000",
        "DELETE FROM ccp_historicalcredit",
    ],
)
def test_a_line_is_neither_changed_nor_removed(short: Member, statement: str) -> None:
    assert refused(statement)


def test_nor_by_the_portal_itself(short: Member) -> None:
    for attempt in (Credit.history.all().delete, lambda: Credit.history.update(points=0), Credit.history.first().save):
        with pytest.raises(IntegrityError, match=triggers.REFUSAL), transaction.atomic():
            attempt()


def test_a_line_is_not_replaced(short: Member) -> None:
    if connection.vendor == "postgresql":
        assert refused("TRUNCATE ccp_historicalcredit")
        return
    assert refused("INSERT OR REPLACE INTO ccp_historicalcredit SELECT * FROM ccp_historicalcredit")


UNIQUE = [(Seal, ("previous",)), (Seal, ("digest",)), (Seal, ("table", "after_id"))]
UNIQUE += [(Transcript, ("code",)), (Transcript, ("content_hash",)), (TranscriptFile, ("sha256",))]


@pytest.mark.parametrize(("model", "same"), UNIQUE, ids=[f"{model.__name__}: {same}" for model, same in UNIQUE])
def test_nor_by_a_new_one_that_has_something_in_common_with_it(
    short: Member, model: type[models.Model], same: tuple[str, ...]
) -> None:
    """SQLite's REPLACE removes every row that is in the way, whichever columns clash."""
    assert set(triggers.unique_columns(model)) == {("id",), *(columns for found, columns in UNIQUE if found is model)}
    if connection.vendor == "postgresql":
        pytest.skip("PostgreSQL replaces no row")
    list(seals.seal())
    transcript = issuing.issue(contents=transcripts.of_cycle(Cycle.objects.get()), by=short.user, at=noon(TODAY))
    TranscriptFile.objects.create(transcript=transcript, sha256="0" * 64, made_at=noon(TODAY))
    other = {column for columns in triggers.unique_columns(model) for column in columns} - set(same)
    columns = [field.column for field in model._meta.local_concrete_fields]
    new = {column: "-4711" if column in ("id", "after_id") else "'new'" for column in other}
    names = ", ".join(f'"{column}"' for column in columns)
    values = ", ".join(new.get(column, f'"{column}"') for column in columns)
    table = model._meta.db_table
    assert refused(f"INSERT OR REPLACE INTO {table} ({names}) SELECT {values} FROM {table} ORDER BY id LIMIT 1")  # noqa: S608


def test_a_row_is_unique_by_its_columns_alone() -> None:
    """Otherwise the trigger would refuse rows that are in nobody's way."""
    for model in triggers.append_only():
        unique = [rule for rule in model._meta.constraints if isinstance(rule, models.UniqueConstraint)]
        assert unique == model._meta.total_unique_constraints
        assert not model._meta.unique_together


def test_a_trigger_of_an_earlier_release_is_replaced(short: Member) -> None:
    name = "history_seal_no_truncate" if connection.vendor == "postgresql" else "history_seal_no_replace"
    with transaction.atomic(), connection.cursor() as cursor:
        settle(cursor)
        if connection.vendor == "postgresql":
            cursor.execute(f"DROP TRIGGER {name} ON history_seal")
            called = "FOR EACH STATEMENT EXECUTE FUNCTION history_append_only()"
            cursor.execute(f"CREATE TRIGGER {name} AFTER TRUNCATE ON history_seal {called}")
        else:
            cursor.execute(f"DROP TRIGGER {name}")
            cursor.execute(f"CREATE TRIGGER {name} BEFORE INSERT ON history_seal BEGIN SELECT 1; END")
    assert told() == [f"trigger {name}: has another definition"]
    call_command("migrate", verbosity=0)
    assert told() == []


def test_seals_are_not_changed_either(short: Member) -> None:
    list(seals.seal())
    assert refused("UPDATE history_seal SET digest = 'x'")
    assert refused("DELETE FROM history_seal")


def test_a_migration_puts_back_what_is_missing(short: Member) -> None:
    """SQLite forgets the triggers of a table that a migration alters."""
    name = "ccp_historicalcredit_" + ("no_change" if connection.vendor == "postgresql" else "no_update")
    on = " ON ccp_historicalcredit" if connection.vendor == "postgresql" else ""
    with transaction.atomic(), connection.cursor() as cursor:
        settle(cursor)
        cursor.execute(f"DROP TRIGGER {name}{on}")
    assert told() == [f"trigger {name}: is missing"]
    call_command("migrate", verbosity=0)
    assert triggers.differences(connection) == []
    assert refused("UPDATE ccp_historicalcredit SET points = 0")


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite switches none off")
@pytest.mark.parametrize("state", ["DISABLE", "ENABLE REPLICA"])
def test_one_that_was_switched_off_is_switched_on_again(state: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE ccp_historicalcredit {state} TRIGGER ccp_historicalcredit_no_change")
    assert told() == ["trigger ccp_historicalcredit_no_change: is switched off"]
    triggers.put_in_place()
    assert told() == []


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite's triggers call no function")
def test_a_function_that_does_nothing_is_replaced(short: Member) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        settle(cursor)
        cursor.execute(
            "CREATE OR REPLACE FUNCTION history_append_only() RETURNS trigger LANGUAGE plpgsql AS "
            "$$BEGIN RETURN COALESCE(NEW, OLD); END$$"
        )
    assert told() == ["trigger history_append_only: the function of the triggers is missing or another one"]
    assert not refused("UPDATE ccp_historicalcredit SET points = 0")
    call_command("migrate", verbosity=0)
    assert told() == []
    assert refused("UPDATE ccp_historicalcredit SET points = 1")


@pytest.mark.parametrize("table", ["ccp_historicalcredit", "certifications_payment", "members_user_groups"])
def test_a_trigger_that_is_not_the_portals_is_told_and_left_to_a_person(short: Member, table: str) -> None:
    """It could keep lines from being written, or write one of its own. On PostgreSQL a rule can do the same."""
    with transaction.atomic(), connection.cursor() as cursor:
        settle(cursor)
        if connection.vendor == "postgresql":
            cursor.execute(f"CREATE RULE swallow AS ON INSERT TO {table} DO INSTEAD NOTHING")
        else:
            body = "BEGIN SELECT RAISE(IGNORE); END"
            cursor.execute(f"CREATE TRIGGER swallow BEFORE INSERT ON {table} {body}")
    triggers.put_in_place()
    assert told() == [f"trigger swallow: is on {table}, and is not the portal's"]


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL's triggers belong to their tables")
def test_the_name_of_a_trigger_is_no_hiding_place(short: Member) -> None:
    """One of the same name on another table does nothing for this one."""
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER ccp_historicalcredit_no_update")
        cursor.execute("CREATE TRIGGER ccp_historicalcredit_no_update BEFORE UPDATE ON auth_group BEGIN SELECT 1; END")
    assert told() == [
        "trigger ccp_historicalcredit_no_update: is missing",
        "trigger ccp_historicalcredit_no_update: is on auth_group, and is not the portal's",
    ]
    triggers.put_in_place()
    assert told() == []
    assert refused("UPDATE ccp_historicalcredit SET points = 0")


def test_the_tests_own_way_past_the_triggers_ends_where_it_ends(short: Member) -> None:
    with behind_the_triggers():
        assert not refused("UPDATE ccp_historicalcredit SET points = 0")
    assert refused("UPDATE ccp_historicalcredit SET points = 1")
    assert without_triggers()
