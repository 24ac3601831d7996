"""Erasing a member by law: what goes, what stays, who decides, and that the seals continue with a named gap."""

import json
from collections.abc import Iterator
from datetime import date, timedelta
from functools import partial
from io import StringIO
from pathlib import Path
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
from amtportal.members.models import MailDelivery, Member, OutgoingMail, Question, User
from amtportal.members.sign_in import giving
from amtportal.refusals import Refused
from ccp import merging
from ccp.api import matching
from ccp.audits import draws, exclusions
from ccp.desk import notes
from ccp.desk.models import Note
from ccp.erasure import erasing, minutes
from ccp.models import Activity, Evidence
from ccp.notices import sending
from ccp.privacy import deadlines, holds
from ccp.privacy.models import ErasureRequest, Law
from ccp.sharing import look_up
from ccp.transcripts import contents as transcripts
from ccp.transcripts import issuing
from certifications.models import Certification, Cycle, Payment, WaitingRow
from certifications.payments.models import Dispute
from tests.support.audits import case_on_record
from tests.support.builders import (
    TODAY,
    begin_checkout,
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
from tests.support.details import make_question
from tests.support.draws import terms
from tests.support.evidence import attach, wait
from tests.support.factors import give_app
from tests.support.history import behind_the_triggers
from tests.support.notices import make_mail
from tests.support.pages import read, words
from tests.support.rosters import load_roster
from tests.support.staff import make_clerk, page, told
from tests.support.threads import at_once

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
        if table.startswith(("django_tasks", "history_seal", "django_migrations")):
            continue  # figures in them, such as fractions of a second, may look like those of a person
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608
            for row in cursor.fetchall():
                yield table, " ".join(str(value) for value in row).lower()


def close(cycle: Cycle) -> None:
    Cycle.objects.filter(pk=cycle.pk).update(
        closed_on=date(2026, 5, 1), outcome="compliant", points_at_close=30, mandatory_at_close=True
    )


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
    "a seal": "UPDATE history_seal SET rows = rows + 1 WHERE id = (SELECT MIN(id) FROM history_seal)",
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


def test_points_can_be_blanked_by_nobody(member: Member) -> None:
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


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
@pytest.mark.django_db(transaction=True)
def test_of_two_who_confirm_at_once_one_erases(member: Member, first: User, second: User) -> None:
    third = make_user(is_staff=True)
    request = ask(member, first)
    done = at_once(*(partial(erasing.confirm, request=request, by=by, at=AT) for by in (second, third)))
    assert sum(each is not None for each in done) == 1
    assert verified()[0] == 0


# What stands in the way


def test_a_hold_stops_it_until_it_is_lifted(member: Member, first: User, second: User) -> None:
    request = ask(member, first)
    assert holds.place(member=member, reason="The lawsuit 26-1.", by=second, at=AT)
    assert holds.place(member=member, reason="Again.", by=second, at=AT) is None
    with pytest.raises(Refused, match="The lawsuit 26-1"):
        erasing.confirm(request=request, by=second, at=AT)
    with pytest.raises(Refused, match="Say why"):
        holds.lift(member=member, reason=" ", by=second, at=AT)
    assert holds.lift(member=member, reason="It is over.", by=second, at=AT)
    assert holds.lift(member=member, reason="It is over.", by=second, at=AT) is None
    assert erasing.confirm(request=request, by=second, at=AT)
    with pytest.raises(Refused, match="comes too late"):
        holds.place(member=member, reason="Too late.", by=second, at=AT)


def test_what_amt_has_to_settle_is_settled_first(member: Member, first: User) -> None:
    cycle = cycle_of(member)
    case = case_on_record(cycle, "notified")
    with pytest.raises(Refused, match=f"An audit is open: {case.reference}"):
        ask(member, first)
    type(case).objects.filter(pk=case.pk).delete()
    checkout = begin_checkout(invoice_of(cycle, 2))
    with pytest.raises(Refused, match="payment online has begun"):
        ask(member, first)
    type(checkout).objects.filter(pk=checkout.pk).delete()
    Dispute.objects.create(
        payment=Payment.objects.get(), charge_id="ch_1", dispute_id="du_1", amount=1, currency="usd",
        reason="fraudulent", status="needs_response", opened_at=AT,
    )  # fmt: skip
    with pytest.raises(Refused, match="A payment is disputed"):
        ask(member, first)
    Dispute.objects.update(status="won", closed_at=AT)
    make_question(member)
    with pytest.raises(Refused, match="A question of this member waits"):
        ask(member, first)


def test_a_staff_account_and_an_emptied_record_are_refused(member: Member, first: User) -> None:
    User.objects.filter(pk=member.user_id).update(is_staff=True)
    with pytest.raises(Refused, match="signs in to a staff account"):
        ask(member, first)
    emptied = make_member(amt_id="7002", user=None)
    Member.objects.filter(pk=emptied.pk).update(merged_into=member)
    with pytest.raises(Refused, match="was merged into another member"):
        ask(Member.objects.get(pk=emptied.pk), first)


def test_a_request_that_is_still_to_come_is_refused(member: Member, first: User) -> None:
    with pytest.raises(Refused, match="still to come") as refusal:
        ask(member, first, received_on=TODAY + timedelta(days=1))
    assert refusal.value.field == "received_on"


@pytest.mark.parametrize(
    ("law", "received_on", "due"),
    [
        (Law.CCPA, date(2026, 3, 14), date(2026, 4, 28)),
        (Law.GDPR, date(2026, 3, 14), date(2026, 4, 14)),
        (Law.GDPR, date(2026, 1, 31), date(2026, 2, 28)),
        (Law.GDPR, date(2026, 12, 31), date(2027, 1, 31)),
    ],
)
def test_until_when_it_is_answered(law: str, received_on: date, due: date) -> None:
    assert deadlines.due_on(law, received_on) == due


# What others see afterwards


def test_nobody_finds_signs_in_writes_to_draws_or_merges_the_member(member: Member, first: User, second: User) -> None:
    number = Certification.objects.get().certificate_number
    assert look_up.find(last_name="Lee", certificate_number=number, at=AT)
    erased(member, first, second)
    assert not look_up.find(last_name="Lee", certificate_number=number, at=AT)
    assert not matching.is_match("7001", "Lee")
    assert client_of(None).login(email="quillfeather@home.example", password="a long enough password") is False
    member = Member.objects.get(pk=member.pk)
    with pytest.raises(Refused, match="was erased by law"):
        giving.give(member=member, email="new@example.org", reason="Asked.", by=first, at=AT)
    other = make_member(amt_id="7009")
    for kept, emptied in ((member, other), (other, member)):
        problem = merging.problem_with_people(kept, emptied)
        assert problem
        assert "erased by law" in problem.sentence
    sending.send_due(on=TODAY, now=AT)
    assert not OutgoingMail.objects.exists()
    cycle = cycle_of(member)
    close(cycle)
    [line] = draws.population(terms(year=2026), {}, secret="s")
    assert line.excluded == exclusions.CLOSED


def test_a_paper_that_was_issued_can_still_be_checked(member: Member, first: User, second: User) -> None:
    shown = transcripts.of_cycle(cycle_of(member))
    issue = issuing.issue(contents=shown, by=member.user, at=AT)
    erased(member, first, second)
    answer = client_of(None).get(f"/verify/{issue.code}/")
    assert answer.status_code == 200
    assert "Ann Lee" in answer.text


def test_a_roster_brings_nothing_back(member: Member, first: User, second: User) -> None:
    certification = Certification.objects.get()
    erased(member, first, second)
    row = {
        "amt_id": "7001", "email": "quillfeather@home.example", "first_name": "Ann", "last_name": "Lee",
        "credential": "RMA", "certificate_number": certification.certificate_number,
        "awarded_on": certification.awarded_on.isoformat(), "phone": "512-555-0199", "address_line1": "1 Elm Street",
    }  # fmt: skip
    load_roster(row)
    assert {secret: where(secret) for secret in SECRETS} == {secret: set() for secret in SECRETS}
    waiting = WaitingRow.objects.get()
    assert (waiting.cause, waiting.name, waiting.email) == ("erased", "erased", "")
    assert "was erased by law. The row was not imported" in waiting.what


def test_who_never_held_a_certification_has_no_name_left(first: User, second: User) -> None:
    member = make_member(amt_id="7050", first_name="Zebulon", last_name="Quillfeather")
    seal()
    erased(member, first, second)
    assert where("zebulon") == where("quillfeather") == set()
    assert verified()[0] == 0


# Evidence, and the minutes


def test_evidence_goes_once_no_audit_can_ask_for_it(member: Member, first: User, second: User) -> None:
    cycle = cycle_of(member)
    erased(member, first, second)
    assert Evidence.objects.get().removed_at is None
    assert Evidence.objects.get().original_name == "erased"
    close(cycle)
    assert erasing.remove_evidence(at=noon(date(2027, 12, 31))) == 0
    assert erasing.remove_evidence(at=noon(date(2028, 1, 1))) == 1
    assert Evidence.objects.get().removed_by == second


def test_an_erasure_is_done_again_from_its_minutes(member: Member, first: User, second: User, tmp_path: Path) -> None:
    """The restore is a rollback: the database is what it was before the erasure."""
    seal()
    file = tmp_path / "minutes"
    point = transaction.savepoint()
    erased(member, first, second)
    stdout = StringIO()
    call_command("erasure_minutes", stdout=stdout)
    transaction.savepoint_rollback(point)
    file.write_text(stdout.getvalue())
    assert all(secret not in stdout.getvalue().lower() for secret in (*SECRETS, "ann", "lee"))
    assert where("quillfeather")
    stdout = StringIO()
    call_command("repeat_erasures", str(file), stdout=stdout)
    assert stdout.getvalue() == "1 erased again, 0 erased already, 0 not done.\n"
    assert where("quillfeather") == set()
    again = ErasureRequest.objects.get()
    assert (again.recorded_by, again.settled_by, again.repeats) == (
        first,
        second,
        json.loads(file.read_text())["number"],
    )
    assert verified()[0] == 0
    stdout = StringIO()
    call_command("repeat_erasures", str(file), stdout=stdout)
    assert stdout.getvalue() == "0 erased again, 1 erased already, 0 not done.\n"


@pytest.mark.parametrize("text", ["no JSON", "{}", '{"number": "ERA-1", "amt_ids": []}'])
def test_what_is_no_minutes_is_refused_and_named(text: str) -> None:
    with pytest.raises(Refused, match="Line 2 is no minutes"):
        minutes.read(["", text])


# The pages


def test_the_preview_says_what_goes_and_what_stays_and_a_second_person_types_the_amt_id(member: Member) -> None:
    asking = make_clerk("view_member", "ask_for_erasure", "view_erasurerequest")
    client = client_of(asking)
    address = page(Member, "erasure", member.pk)
    said = words(read(client.get(address)))
    assert "1 goes: addresses of the account" in said
    assert "1 stays: the record of the certification" in said
    assert "45 days, California Civil Code 1798.130" in said
    answer = client.post(address, {"law": "", "received_on": "2026-99-99", "note": "Kept"})
    assert "Choose the law." in answer.text
    assert 'value="Kept"' in answer.text
    answer = client.post(address, {**TYPED, "received_on": TODAY.isoformat()})
    assert "A second person confirms it by" in told(client, answer)
    request = ErasureRequest.objects.get()
    client = client_of(make_clerk("view_member", "confirm_erasure", "view_erasurerequest"))
    address = page(ErasureRequest, "confirm", request.pk)
    assert "is not the AMT ID of this member" in client.post(address, {"amt_id": "7002"}).text
    assert Member.objects.get(pk=member.pk).erased_on is None
    assert "lines of history were blanked" in told(client, client.post(address, {"amt_id": "7001"}))
    assert "is settled already: done" in told(client, client.post(address, {"amt_id": "7001"}))
    assert "Erased by law" in client.get(page(Member, "change", member.pk)).text
