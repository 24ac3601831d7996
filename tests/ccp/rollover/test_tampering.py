"""What somebody with the database, or with the disk, may do to a portal, and who is told of it.

Each change goes around the portal, its triggers and its foreign keys, and is told by a line that
names the row. On a portal that nobody touched nothing is told.
"""

import io
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.core.files.base import ContentFile
from django.core.management import call_command
from django.db import connection, models, transaction

from amtportal.history import comparison, events, seals, triggers
from amtportal.history.models import SecurityEvent
from amtportal.members.models import Member, User
from amtportal.uploads import kept
from ccp.models import Activity, ActivityType, Credit, Evidence, Transcript, TypeTerms
from ccp.recording import verbs as recording
from ccp.transcripts import contents, issuing
from certifications import life
from certifications.models import (
    Certification,
    Credential,
    Cycle,
    Payment,
    RenewalInvoice,
    StatusChange,
)
from tests.support.builders import TODAY, cycle_of, invoice_of, make_activity, make_cycle, make_payment, make_user, noon
from tests.support.evidence import attach, pdf
from tests.support.history import without_triggers

pytestmark = pytest.mark.django_db

POSTGRESQL = connection.vendor == "postgresql"


@pytest.fixture
def portal(met: Member, short: Member, two: Member) -> None:
    """Record a little of everything, and seal it."""
    clerk = make_user(email="clerk@amt.example", is_staff=True)
    group = Group.objects.create(name="Clerks")
    group.permissions.add(*Permission.objects.filter(codename__in=["view_member", "view_activity"]))
    clerk.groups.add(group)
    clerk.user_permissions.add(Permission.objects.get(codename="view_cycle"))
    EmailAddress.objects.create(user=met.user, email=met.user.email, primary=True, verified=False)
    Authenticator.objects.create(user=clerk, type="totp", data={"secret": "x"})
    make_payment(invoice_of(cycle_of(met), 1), by=clerk)
    attach(Activity.objects.get(member=met))
    gone = make_activity(cycle_of(short, "RPT"), points="1")
    recording.withdraw(activity=gone, by=short.user, at=noon(TODAY))
    issuing.issue(contents=contents.of_cycle(cycle_of(met)), by=met.user, at=noon(TODAY))
    life.change_statuses(
        certifications=[make_cycle().certification_id],
        to=Certification.Status.REVOKED,
        reason="Ethics.",
        by=clerk,
        at=noon(TODAY),
    )
    events.note(SecurityEvent.Kind.PASSWORD_SET, met.user)
    kind = ContentType.objects.get_for_model(Member)
    LogEntry.objects.create(user=clerk, content_type=kind, object_id=str(met.pk), action_flag=2)
    call_command("seal_history", stdout=io.StringIO())


@contextmanager
def behind(*acts: Callable[[], object]) -> Iterator[None]:
    """Let these acts be done without triggers and foreign keys; they are undone at the end."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            if POSTGRESQL:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            for statement in without_triggers():
                cursor.execute(statement)
            for act in acts:
                act()
            if POSTGRESQL:
                cursor.execute("SET session_replication_role = origin")
        triggers.put_in_place()
        yield
        transaction.set_rollback(True)


def sql(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        assert cursor.rowcount != 0


def told(command: str = "verify_records", **options: Any) -> tuple[int, list[str]]:
    """Return the exit status, and what the command prints and what it complains about."""
    stdout, status = io.StringIO(), 0
    try:
        call_command(command, stdout=stdout, stderr=stdout, **options)
    except SystemExit as ended:
        status = int(ended.code or 0)
    return status, stdout.getvalue().splitlines()


def copied(model: type[models.Model], **other: object) -> None:
    """Insert a copy of the first row, and no line of history."""
    row = model._base_manager.order_by("pk").values().first()
    assert row
    model._base_manager.bulk_create([model(**{**row, **other})])


@dataclass(frozen=True)
class Change:
    """A change, and the beginning of the line that tells of it; ``*`` stands for a number."""

    by: Callable[[], object]
    line: str


def update(model: type[models.Model], line: str, **values: object) -> Change:
    return Change(
        lambda: model._base_manager.filter(pk=first(model)).update(**values), f"{model._meta.db_table} *: {line}"
    )


def first(model: type[models.Model]) -> int:
    """Return the key of the first row of those that the tests change."""
    rows = model._base_manager.order_by("pk")
    if model is Member:
        rows = rows.filter(last_name="Met")
    if model is User:
        rows = rows.filter(is_staff=True)
    return rows.values_list("pk", flat=True)[0]


def delete(model: type[models.Model], line: str = "is gone, and line *, the last of its history") -> Change:
    table = model._meta.db_table
    key = model._meta.pk.column
    return Change(lambda: sql(f"DELETE FROM {table} WHERE {key} = {first(model)}"), f"{table} *: {line}")  # noqa: S608


def insert(model: type[models.Model], **values: object) -> Change:
    return Change(lambda: copied(model, **values), f"{model._meta.db_table} 4711: has no history")


def forged(model: type[models.Model], **values: object) -> None:
    """Insert a copy of the first line of history, with these other values."""
    lines = comparison.history_model(model)
    copied(lines, **values)


def most_entries() -> None:
    sql("DELETE FROM ccp_activity WHERE id <> (SELECT MIN(id) FROM ccp_activity)")


def brought_back() -> None:
    """Delete a row properly, and put it back behind the portal's back."""
    key = first(EmailAddress)
    row = EmailAddress.objects.filter(pk=key).values().get()
    EmailAddress.objects.get(pk=key).delete()
    EmailAddress.objects.bulk_create([EmailAddress(**row)])


CHANGES = {
    # Rows that are gone
    "an entry": delete(Activity),
    "most entries": Change(most_entries, "ccp_activity *: is gone, and line *, the last of its history"),
    "a credit": delete(Credit),
    "a member": delete(Member),
    "an account": delete(User),
    "a certification": delete(Certification),
    "a cycle": delete(Cycle),
    "an invoice": delete(RenewalInvoice),
    "a payment": delete(Payment),
    "an activity type": delete(ActivityType),
    "terms": delete(TypeTerms),
    "a credential": delete(Credential),
    "a second factor": delete(Authenticator),
    "the row of a file": delete(Evidence),
    # Rows that nobody wrote
    "an entry invented": insert(Activity, id=4711, submission_id="0" * 32),
    "a payment invented": insert(Payment, id=4711, invoice_id=4711),
    "an account invented": insert(User, id=4711, email="mallory@amt.example"),
    "an address invented": insert(EmailAddress, id=4711, email="mallory@amt.example", primary=False),
    "a row that was deleted": Change(brought_back, "account_emailaddress *: is there, but line *, the last of its"),
    # Other values
    "the fee": update(Credential, "annual_fee: not as in line *, the last of its history", annual_fee=100),
    "where a member lives": update(Member, "address_line1: not as in line *", address_line1="1 Elsewhere Street"),
    "the address of an account": update(User, "email: not as in line *", email="mallory@amt.example"),
    "a superuser": update(User, "is_superuser: not as in line *", is_superuser=True),
    "an address that was not proved": update(EmailAddress, "verified: not as in line *", verified=True),
    "a title": update(Activity, "title: not as in line *", title="Another course"),
    "two columns": update(Activity, "starts_on, ends_on: not as", starts_on=date(2026, 1, 1), ends_on=date(2026, 1, 1)),
    "points": update(Credit, "points: not as in line *", points=1),
    "the number of a certificate": update(Certification, "certificate_number: not as", certificate_number="1"),
    "a status": update(Certification, "status: not as in line *", status="revoked"),
    "a cap": update(TypeTerms, "cap: not as in line *", cap=99),
    "the grace period": update(
        Cycle,
        "grace_extended_to, grace_extension_reason: not as",
        grace_extended_to=date(2026, 12, 31),
        grace_extension_reason="x",
    ),
    "the amount of an invoice": update(RenewalInvoice, "amount: not as in line *", amount=1),
    "the day of a payment": update(Payment, "received_on: not as in line *", received_on=date(2026, 1, 1)),
    "the digest of a file": update(Evidence, "stored_sha256: not as in line *", stored_sha256="0" * 64),
    # Rights
    "another group": Change(
        lambda: User.groups.through.objects.create(user=User.objects.get(email="clerk@amt.example"), group=_admins()),
        "members_user *: groups: not as in the last line of its history",
    ),
    "a group taken away": Change(
        lambda: sql("DELETE FROM members_user_groups"), "members_user *: groups: not as in the last line of its history"
    ),
    "a right of an account": Change(
        lambda: sql("UPDATE members_user_user_permissions SET permission_id = 1"),
        "members_user *: user_permissions: not",
    ),
    "a right of a group": Change(
        lambda: sql("DELETE FROM auth_group_permissions WHERE id = (SELECT MIN(id) FROM auth_group_permissions)"),
        "auth_group *: permissions: not as in the last line of its history",
    ),
    # Lines, and rows that are their own record
    "a line that was changed": Change(
        lambda: sql("UPDATE ccp_historicalcredit SET points = points + 1"),
        "ccp_historicalcredit *: was changed after it was sealed",
    ),
    "a line that was removed": Change(
        lambda: sql("DELETE FROM ccp_historicalcredit"), "ccp_historicalcredit *: was removed after it was sealed"
    ),
    "a line slipped in below the first": Change(
        lambda: forged(Credit, history_id=-5), "ccp_historicalcredit -5: was added below the first seal"
    ),
    "a line that says that a row was deleted": Change(
        lambda: forged(Payment, history_type="-", history_id=4711),
        "certifications_payment *: is there, but line 4711, the last of its history, says that it was deleted",
    ),
    "a line of a row that never was": Change(
        lambda: forged(Payment, id=4711, history_id=4711), "certifications_payment 4711: is gone, and line 4711"
    ),
    "a change of status": delete(StatusChange, "was removed after it was sealed"),
    "a transcript": update(Transcript, "was changed after it was sealed", content_hash="0" * 64),
    "a security event": delete(SecurityEvent, "was removed after it was sealed"),
    "an action of staff": delete(LogEntry, "was removed after it was sealed"),
}


def _admins() -> Group:
    group = Group(name="Admins")
    group.skip_history_when_saving = True  # type: ignore[attr-defined]
    group.save()
    return group


def is_like(line: str, beginning: str) -> bool:
    return re.match(re.escape(beginning).replace(r"\*", r"\d+"), line) is not None


@pytest.mark.usefixtures("portal")
def test_a_portal_that_nobody_touched_has_no_differences() -> None:
    status, lines = told()
    assert status == 0
    assert len(lines) == 3, lines
    assert all("no differences" in line for line in lines)
    assert told("clean_evidence")[0] == 0
    for member in Member.objects.all():
        assert told(member=member.amt_id)[0] == 0


@pytest.mark.usefixtures("portal")
def test_each_change_in_the_database_is_told_by_a_line_that_names_the_row() -> None:
    """All of them in one portal, one after the other: building it takes longer than verifying it."""
    untold = {}
    for name, change in CHANGES.items():
        with behind(change.by):
            status, lines = told()
        if status != 1 or not any(is_like(line, change.line) for line in lines):
            untold[name] = lines
    assert untold == {}
    assert told()[0] == 0
    assert len(CHANGES) >= 25


def test_each_of_many_deleted_entries_is_named(portal: None) -> None:
    gone = list(Activity.objects.order_by("pk").values_list("pk", flat=True))[1:]
    with behind(most_entries):
        _, lines = told()
    named = [line.split(":")[0] for line in lines if line.startswith("ccp_activity")]
    assert named == [f"ccp_activity {key}" for key in gone]
    assert len(gone) >= 3


def test_one_change_is_one_line(portal: None) -> None:
    """The row, the column and the line with the value that the portal wrote; no value is told."""
    with behind(CHANGES["where a member lives"].by):
        _, lines = told()
        member = Member.objects.get(last_name="Met")
        line = member.history.order_by("-history_id")[0]
        assert len(lines) == 4
        assert lines[0] == (
            f"members_member {member.pk}: address_line1: not as in line {line.pk}, the last of its history"
        )
        assert lines[2].endswith("compared with the last lines of their histories: 1 difference.")
        assert told(member=member.amt_id)[0] == 1
        assert told(member=Member.objects.get(last_name="Two").amt_id)[0] == 0


TRIGGER = "ccp_historicalcredit_no_change" if POSTGRESQL else "ccp_historicalcredit_no_update"
ON = " ON ccp_historicalcredit" if POSTGRESQL else ""
NOTHING = (
    "CREATE FUNCTION idle() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN NEW; END$$;"
    f"CREATE TRIGGER {TRIGGER} BEFORE UPDATE OR DELETE{ON} FOR EACH ROW EXECUTE FUNCTION idle()"
    if POSTGRESQL
    else f"CREATE TRIGGER {TRIGGER} BEFORE UPDATE ON ccp_historicalcredit BEGIN SELECT 1; END"
)
IDLE = {
    "dropped": (f"DROP TRIGGER {TRIGGER}{ON}", f"trigger {TRIGGER}: is missing"),
    "replaced": (f"DROP TRIGGER {TRIGGER}{ON};{NOTHING}", f"trigger {TRIGGER}: has another definition"),
}
if POSTGRESQL:
    IDLE |= {
        "switched off": (
            f"ALTER TABLE ccp_historicalcredit DISABLE TRIGGER {TRIGGER}",
            f"trigger {TRIGGER}: is switched off",
        ),
        "all switched off": (
            "SET LOCAL session_replication_role = replica",
            "trigger history_append_only: session_replication_role = replica switches off every trigger",
        ),
        "a function that does nothing": (
            "CREATE OR REPLACE FUNCTION history_append_only() RETURNS trigger LANGUAGE plpgsql AS "
            "$$BEGIN RETURN NEW; END$$",
            "trigger history_append_only: the function of the triggers is missing or another one",
        ),
    }


@pytest.mark.parametrize(("statements", "line"), IDLE.values(), ids=IDLE)
def test_triggers_that_are_dropped_or_idle_are_told(statements: str, line: str) -> None:
    with connection.cursor() as cursor:
        for statement in [statements] if POSTGRESQL else re.split(r";(?!\s*END)", statements):
            cursor.execute(statement)
    status, lines = told()
    assert (status, lines[0]) == (1, line)


def test_seals_that_were_removed_are_told_with_a_head_kept_elsewhere(portal: None) -> None:
    head = seals.head()
    with behind(lambda: sql("DELETE FROM history_seal")):
        status, lines = told(head=head)
    assert status == 1
    assert lines[0].startswith(f"history_seal: no seal has the digest {head}")


@pytest.mark.parametrize(("content", "line"), [(pdf(), "is not the one that was kept"), (None, "lacks its file")])
def test_a_file_swapped_on_the_disk_is_told(portal: None, content: bytes | None, line: str) -> None:
    file = Evidence.objects.get()
    kept.storage().delete(file.stored_name)
    if content:
        kept.storage().save(file.stored_name, ContentFile(content))
    status, lines = told("clean_evidence")
    assert status == 1
    [complaint] = [each for each in lines if each.startswith("Evidence ")]
    assert complaint.startswith(f"Evidence {file.pk} of {file.activity.reference}")
    assert line in complaint


def test_a_long_table_is_compared_a_stretch_at_a_time(portal: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """However the stretches fall, no row is left out, and none is told twice."""
    with behind(most_entries, lambda: Credit.objects.update(points=0)):
        expected = told()
        for length in (1, 2, 3):
            monkeypatch.setattr(comparison, "STRETCH", length)
            assert told() == expected


def test_a_row_whose_line_comes_a_moment_later_is_no_difference(portal: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever saves outside of a transaction writes the row first. It is looked at again."""
    Credential.objects.filter(code="RMA").update(annual_fee=9900)
    look = comparison._differences

    def written_meanwhile(tracked: comparison.Tracked, where: str) -> list[comparison.Difference]:
        found = look(tracked, where)
        if found:
            monkeypatch.setattr(comparison, "_differences", look)
            Credential.objects.get(code="RMA").save()
        return found

    monkeypatch.setattr(comparison, "_differences", written_meanwhile)
    assert told()[0] == 0


def test_a_group_that_was_deleted_is_no_difference_of_its_members(portal: None) -> None:
    Group.objects.get(name="Clerks").delete()
    assert told()[0] == 0
