"""Erasing a member by law: what goes, what stays, who decides, and that the seals continue with a named gap."""

from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction

from amtportal.history import events, triggers
from amtportal.history.comparison import history_model
from amtportal.history.gaps import name_lines
from amtportal.history.models import BlankedLine, Gap, SecurityEvent
from amtportal.members.models import MailDelivery, Member, Question, User
from amtportal.refusals import Refused
from ccp.desk import notes
from ccp.desk.models import Note
from ccp.erasure import erasing
from ccp.erasure.contents import RULES
from ccp.models import Activity
from ccp.privacy.models import ErasureRequest
from certifications.models import Certification, Payment
from tests.support.builders import (
    TODAY,
    client_of,
    invoice_of,
    make_activity,
    make_cycle,
    make_member,
    make_payment,
    make_user,
    noon,
)
from tests.support.evidence import attach, wait
from tests.support.factors import give_app
from tests.support.history import behind_the_triggers
from tests.support.notices import make_mail

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_today")]

AT = noon(TODAY)
TYPED = {"law": "ccpa", "received_on": TODAY, "asked_by": "lawyer", "proof": "notary", "note": "Letter of Quillfeather"}
SECRETS = ("quillfeather", "0199", "elm street", "203.0.113.77", "iphone")
"""What only the person's own data holds."""


@pytest.fixture
def first() -> User:
    return make_user(email="first@staff.example", is_staff=True)


@pytest.fixture
def second() -> User:
    return make_user(email="second@staff.example", is_staff=True)


@pytest.fixture
def member(first: User) -> Member:
    """A member who left something of every kind, and what stays about whom is called Ann Lee."""
    user = make_user(email="quillfeather@home.example", password="a long enough password")
    member = make_member(
        user=user, amt_id="7001", first_name="Ann", last_name="Lee", phone="512-555-0199", address_line1="1 Elm Street"
    )
    EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=True)
    cycle = make_cycle(member)
    entry = make_activity(cycle, points="3")
    attach(entry, by=user)
    make_payment(invoice_of(cycle, 1), by=first)
    make_mail(member, address=user.email)
    notes.write(member=member, text="Quillfeather called about the fee.", by=first, at=AT)
    give_app(user)
    events.note(events.Kind.SIGNED_IN, user, detail="iPhone")
    SecurityEvent.objects.create(kind="refused", email=user.email, address="203.0.113.77")
    Question.objects.create(
        user=user, email=user.email, amt_id="7001", text="Quillfeather asks", language="en", asked_at=AT,
        answer="Yes, Quillfeather.", answered_at=AT, answered_by=first,
    )  # fmt: skip
    wait(member)
    client_of(member)
    return member


def ask(member: Member, by: User, **typed: object) -> ErasureRequest:
    return erasing.ask(member=member, by=by, at=AT, **TYPED | typed)


def erased(member: Member, first: User, second: User) -> ErasureRequest:
    done = erasing.confirm(request=ask(member, first), by=second, at=AT)
    assert done
    return done


def verified() -> tuple[int, str]:
    stdout, status = StringIO(), 0
    try:
        call_command("verify_records", stdout=stdout)
    except SystemExit as ended:
        status = int(ended.code or 0)
    return status, stdout.getvalue()


def seal() -> None:
    call_command("seal_history", stdout=StringIO())


def everything() -> Iterator[tuple[str, str]]:
    """Yield every value of the whole database as text, with its table."""
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
    for table in sorted(tables):
        if table.startswith(("django_tasks", "history_seal")):
            continue
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608
            for row in cursor.fetchall():
                yield table, " ".join(str(value) for value in row).lower()


def where(secret: str) -> set[str]:
    return {table for table, row in everything() if secret in row}


def test_nothing_of_the_person_is_left_and_the_record_stays(member: Member, first: User, second: User) -> None:
    assert all(where(secret) for secret in SECRETS)
    seal()
    done = erased(member, first, second)
    assert {secret: where(secret) for secret in SECRETS} == {secret: set() for secret in SECRETS}
    member.refresh_from_db()
    assert (member.name, member.amt_id, member.erased_on) == ("Ann Lee", "7001", TODAY)
    assert Activity.objects.get().points == 3
    assert Payment.objects.exists()
    assert Certification.objects.get().status == "active"
    assert not any(model.objects.exists() for model in (EmailAddress, Authenticator, MailDelivery))
    assert not User.objects.get(pk=member.user_id).is_active
    assert done.number == done.gap
    went = {each["table"]: (each["deed"], each["rows"]) for each in done.went}
    assert went["account_emailaddress"] == ("go", 1)
    assert went["members_member"] == ("are blanked", 1)
    assert went["ccp_activity"] == ("stay", 1)
    assert done.lines["members_historicalmember"] >= 1
    assert (done.files, done.recorded_by, done.settled_by, done.amt_ids) == (1, first, second, ["7001"])


def test_the_seals_continue_with_a_gap_of_its_name(member: Member, first: User, second: User) -> None:
    seal()
    done = erased(member, first, second)
    status, said = verified()
    assert (status, said.count("Gap ")) == (0, 1), said
    assert f"Gap {done.gap}: " in said
    seal()
    assert verified()[0] == 0
    assert triggers.differences(connection) == []


def test_without_an_erasure_nothing_is_said_of_gaps(member: Member) -> None:
    seal()
    status, said = verified()
    assert (status, "Gap" in said) == (0, False), said


TAMPERING = {
    "beside": "UPDATE ccp_historicalactivity SET title = 'Another'",
    "in a blanked line": "UPDATE members_historicalmember SET amt_id = '9' WHERE phone = ''",
    "a blanked column": "UPDATE members_historicalmember SET city = 'erased-2'",
    "a removed line": "DELETE FROM desk_note",
    "a seal": "UPDATE history_seal SET rows = rows + 1 WHERE id = 1",
}


@pytest.mark.parametrize("statement", TAMPERING.values(), ids=TAMPERING)
def test_tampering_beside_a_gap_and_in_it_is_found(member: Member, first: User, second: User, statement: str) -> None:
    seal()
    erased(member, first, second)
    with behind_the_triggers(), connection.cursor() as cursor:
        cursor.execute(statement)
        assert cursor.rowcount
    status, said = verified()
    assert status == 1
    assert "after it was sealed" in said or "was changed after it was made" in said, said


def test_a_gap_that_nobody_decided_is_found(member: Member) -> None:
    """Somebody with the portal's own access to the database blanks a note, and invents a gap for it."""
    notes.write(member=member, text="Another.", by=member.user, at=AT)
    seal()
    note = Note.objects.latest("pk")
    name_lines("ERA-0000099", Note, [note.pk])
    Note.objects.filter(pk=note.pk).update(text="erased")
    status, said = verified()
    assert (status, "desk_note" in said, "ERA-0000099" in said) == (1, True, True)


def test_minutes_that_say_less_than_the_gap_are_found(member: Member, first: User, second: User) -> None:
    done = erased(member, first, second)
    done.lines = {**done.lines, "desk_note": 0}
    done.save()
    assert "history_gap ERA-" in verified()[1]


@pytest.mark.parametrize(
    "values",
    [
        pytest.param({"text": "something else"}, id="another text"),
        pytest.param({"text": "erased", "written_at": AT + timedelta(1)}, id="another column"),
    ],
)
def test_a_named_line_can_be_blanked_and_nothing_else(member: Member, values: dict[str, Any]) -> None:
    note = Note.objects.get()
    name_lines("ERA-0000001", Note, [note.pk])
    with pytest.raises(IntegrityError, match=triggers.REFUSAL), transaction.atomic():
        Note.objects.filter(pk=note.pk).update(**values)
    Note.objects.filter(pk=note.pk).update(text="erased")


def test_a_line_without_a_name_cannot_be_blanked(member: Member) -> None:
    with pytest.raises(IntegrityError, match=triggers.REFUSAL), transaction.atomic():
        Note.objects.update(text="erased")


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule.model is Activity], ids=str)
def test_points_can_be_blanked_by_nobody(member: Member, rule: Any) -> None:
    lines = history_model(Activity)
    line = lines._base_manager.first()
    assert line
    name_lines("ERA-0000001", lines, [line.pk])
    with pytest.raises(IntegrityError, match=triggers.REFUSAL), transaction.atomic():
        lines._base_manager.filter(pk=line.pk).update(points=None)


# Two people


def test_who_asked_does_not_confirm_and_nobody_decides_about_themselves(
    member: Member, first: User, second: User
) -> None:
    with pytest.raises(Refused, match="your own record"):
        ask(member, member.user)
    request = ask(member, first)
    with pytest.raises(Refused, match="Somebody else has to confirm"):
        erasing.confirm(request=request, by=first, at=AT)
    with pytest.raises(Refused, match="your own record"):
        erasing.confirm(request=request, by=member.user, at=AT)
    assert not Gap.objects.exists()
    with pytest.raises(IntegrityError), transaction.atomic():
        ErasureRequest.objects.update(state="done", settled_by=first, settled_at=AT, gap="ERA-1")


def test_to_repeat_it_changes_nothing(member: Member, first: User, second: User) -> None:
    request = ask(member, first)
    assert ask(member, second) == request
    assert erasing.confirm(request=request, by=second, at=AT)
    before = BlankedLine.objects.count()
    assert erasing.confirm(request=request, by=second, at=AT) is None
    assert BlankedLine.objects.count() == before
    member.refresh_from_db()
    with pytest.raises(Refused, match="erased already"):
        ask(member, first)


def test_a_declined_request_can_be_made_again(member: Member, first: User, second: User) -> None:
    request = ask(member, first)
    with pytest.raises(Refused, match="Say why"):
        erasing.decline(request=request, reason=" ", by=second, at=AT)
    assert erasing.decline(request=request, reason="It was not the person.", by=second, at=AT)
    assert erasing.decline(request=request, reason="Twice.", by=second, at=AT) is None
    assert ask(member, first) != request
