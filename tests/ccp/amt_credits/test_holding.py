"""Credits from AMT that wait: why, until when, and who gets them matched."""

import io
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoCaptureOnCommitCallbacks

from amtportal.imports.csv_files import read_csv as read_roster
from amtportal.members.models import Member, User
from amtportal.refusals import Refused
from ccp.amt_credits import credits as amt_credits
from ccp.amt_credits import holding as held_credits
from ccp.amt_credits.holding import MatchTally, Received
from ccp.counting import requirement
from ccp.models import Activity, ActivityType, HeldCredit
from certifications import cycles
from certifications.models import Certification, Credential, Cycle
from certifications.roster.resource import RosterResource
from tests.support.builders import (
    TODAY,
    client_of,
    cycle_of,
    make_certification,
    make_claim,
    make_cycle,
    make_member,
    make_user,
    noon,
)
from tests.support.staff import found, make_clerk, page, submit, told

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_today")]

ROSTER = (
    "amt_id,email,first_name,last_name,credential,certificate_number,awarded_on\n"
    "7001,zoe@example.org,Zoë,O'Neil,RMA,500123,2024-05-01\n"
)


def received(reference: str = "W-1", amt_id: str = "7001", **claim: object) -> Received:
    """Return 5 points for a course on 3/1/2026."""
    return Received(reference, amt_id, make_claim(provider=amt_credits.PROVIDER, **claim))


def same_course(*amt_ids: str) -> list[Received]:
    """Return a credit for each.

    Its activity type was read with its credentials, as an import reads it.
    """
    kind = ActivityType.objects.prefetch_related("credentials").get(code="course-seminar-webinar")
    return [Received(f"W-{amt_id}", amt_id, make_claim(activity_type=kind)) for amt_id in amt_ids]


def receive(*credits: Received) -> MatchTally:
    return held_credits.receive(credits=credits, by=None, at=noon(TODAY))


def match() -> MatchTally:
    return held_credits.match(by=None, at=noon(TODAY))


def reason() -> str:
    return HeldCredit.objects.get().reason


# Why a credit is held


def test_a_credit_of_somebody_unknown_is_held() -> None:
    assert receive(received()) == MatchTally(recorded=0, held=1)
    assert reason() == "No member has the AMT ID 7001."
    assert not Activity.objects.exists()


@pytest.mark.parametrize(
    ("starts_on", "is_held"),
    [
        pytest.param(date(2023, 4, 30), True, id="day before the cycle"),
        pytest.param(date(2023, 5, 1), False, id="first day of the cycle"),
        pytest.param(TODAY, False, id="today"),
    ],
)
def test_a_credit_that_no_open_cycle_covers_is_held(starts_on: date, is_held: bool) -> None:
    make_cycle(make_member(amt_id="7001"))
    assert receive(received(starts_on=starts_on)).held == is_held
    if is_held:
        assert reason() == "No open CCP cycle of 7001 covers Apr 30, 2023."


def test_a_credit_that_spans_the_start_of_the_cycle_is_held() -> None:
    make_cycle(make_member(amt_id="7001"))
    receive(received(starts_on=date(2023, 4, 30), ends_on=date(2023, 5, 1)))
    assert reason() == "No open CCP cycle of 7001 covers Apr 30, 2023 to May 1, 2023."


def test_a_credit_of_a_type_for_other_credentials_is_held() -> None:
    make_cycle(make_member(amt_id="7001"))
    ActivityType.objects.get(code="course-seminar-webinar").credentials.set([Credential.objects.get(code="MLS")])
    receive(received())
    assert reason().startswith("Course, seminar or webinar does not count for the certifications")


def test_a_lapsed_certification_takes_no_credit() -> None:
    cycle = make_cycle(make_member(amt_id="7001"))
    Certification.objects.filter(pk=cycle.certification_id).update(status="lapsed")
    assert receive(received()) == MatchTally(held=1)


def test_received_twice_is_held_once() -> None:
    receive(received())
    assert receive(received()) == MatchTally()
    make_cycle(make_member(amt_id="7001"))
    assert receive(received()) == MatchTally()  # the match records it, so that its row says so
    assert match() == MatchTally(recorded=1)
    assert receive(received()) == MatchTally()
    assert Activity.objects.count() == HeldCredit.objects.count() == 1


# Matching


def test_a_held_credit_is_recorded_when_the_person_appears() -> None:
    receive(received(), received("W-2", "7002"))
    cycle = make_cycle(make_member(amt_id="7001"))
    assert match() == MatchTally(recorded=1, held=1)
    assert requirement.counted_points(cycle) == Decimal(5)
    held = HeldCredit.objects.get(provider_reference="W-1")
    assert held.activity == Activity.objects.get(provider_reference="W-1")
    assert match() == MatchTally(held=1)


def test_the_reason_is_that_of_the_last_match() -> None:
    receive(received(starts_on=date(2023, 4, 30)))
    make_cycle(make_member(amt_id="7001"))
    match()
    assert reason() == "No open CCP cycle of 7001 covers Apr 30, 2023."


def test_a_type_that_was_retired_meanwhile_is_no_hindrance() -> None:
    receive(received())
    ActivityType.objects.update(retired_on=TODAY)
    make_cycle(make_member(amt_id="7001"))
    assert match() == MatchTally(recorded=1)


def test_a_roster_import_matches_what_its_members_were_waited_for_with(
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    receive(received())
    with django_capture_on_commit_callbacks(execute=True):
        RosterResource(on=TODAY).import_data(read_roster(ROSTER.encode()), dry_run=True)
    assert HeldCredit.objects.get().activity is None
    with django_capture_on_commit_callbacks(execute=True):
        RosterResource(on=TODAY).import_data(read_roster(ROSTER.encode()))
    held = HeldCredit.objects.get()
    assert held.activity is not None
    assert held.activity.member.amt_id == "7001"


def make_due(amt_id: str = "7001", *, awarded_on: date = date(2023, 3, 1)) -> Cycle:
    """RMA whose cycle ended on 2/28/2026, voluntary and paid.

    No run has closed that cycle and opened the next.
    """
    cycle = make_cycle(make_member(amt_id=amt_id), awarded_on=awarded_on, on=date(2026, 2, 1), ccp_mandatory=False)
    cycle.invoices.update(status="paid")
    return cycle


def test_a_credit_counts_at_once_in_the_cycle_that_is_due_to_open() -> None:
    cycle = make_due()
    assert receive(received()) == MatchTally(recorded=1)
    following = Cycle.objects.get(certification=cycle.certification, number=2)
    assert requirement.counted_points(following) == 5
    cycle.refresh_from_db()
    assert (cycle.closed_on, cycle.outcome) == (TODAY, "compliant")


def test_a_held_credit_opens_the_cycle_that_is_due() -> None:
    receive(received())
    cycle = make_due()
    assert match() == MatchTally(recorded=1)
    assert requirement.counted_points(Cycle.objects.get(certification=cycle.certification, number=2)) == 5


def test_a_cycle_that_opens_after_its_own_end_is_rolled_over_too() -> None:
    """The award is of 3/1/2019: cycle 1 ended on 2/28/2022 and cycle 2 on 2/28/2025.

    Cycle 2 opens with grace from today.
    """
    certification = make_certification(make_member(amt_id="7001"), awarded_on=date(2019, 3, 1), ccp_mandatory=False)
    cycles.open_current(certification=certification, on=date(2019, 3, 1)).invoices.update(status="paid")
    assert receive(received(starts_on=date(2025, 2, 28))) == MatchTally(recorded=1)
    assert requirement.counted_points(Cycle.objects.get(number=2)) == 5


def test_a_cycle_that_is_due_is_closed_for_its_credit_though_none_is_recorded() -> None:
    cycle = make_due()
    assert receive(received(starts_on=date(2026, 2, 28))) == MatchTally(held=1)
    assert reason() == "No open CCP cycle of 7001 covers Feb 28, 2026."
    cycle.refresh_from_db()
    assert cycle.closed_on == TODAY


@pytest.mark.usefixtures("terms_known")
def test_while_nothing_is_due_no_query_is_made_for_each_member() -> None:
    def queries(*amt_ids: str) -> int:
        for amt_id in amt_ids:
            make_cycle(make_member(amt_id=amt_id))
        credits = same_course(*amt_ids)
        with CaptureQueriesContext(connection) as captured:
            receive(*credits)
        return len(captured)

    assert queries("7001") == queries(*(f"800{n}" for n in range(9)))


@pytest.mark.usefixtures("terms_known")
def test_cycles_that_are_due_are_closed_together() -> None:
    def queries(*amt_ids: str) -> int:
        for amt_id in amt_ids:
            make_due(amt_id)
        credits = same_course(*amt_ids)
        with CaptureQueriesContext(connection) as captured:
            assert receive(*credits).recorded == len(amt_ids)
        return len(captured)

    assert queries("7001") == queries(*(f"800{n}" for n in range(9)))


def test_the_command_prints_a_tally() -> None:
    receive(received(), received("W-2", "7002"))
    make_cycle(make_member(amt_id="7001"))
    stdout = io.StringIO()
    call_command("match_credits", stdout=stdout)
    assert stdout.getvalue() == "1 recorded, 1 still held.\n"


def test_many_credits_are_recorded_in_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """501 credits of two members take two batches, because a batch has 500."""
    cycles = [make_cycle(make_member(amt_id=amt_id)) for amt_id in ("7001", "7002")]
    credits = [received(f"W-{n}", f"700{n % 2 + 1}", points="0.25") for n in range(501)]
    assert receive(*credits) == MatchTally(recorded=501)
    assert requirement.counted_by_cycle([cycle.pk for cycle in cycles]) == {
        cycles[0].pk: Decimal("62.75"),
        cycles[1].pk: Decimal("62.5"),
    }
    assert cycle_of(cycles[0].certification.member).requirement_met_on == TODAY


def test_other_values_under_a_recorded_reference_are_refused() -> None:
    cycle: Cycle = make_cycle(make_member(amt_id="7001"))
    receive(received())
    credit = amt_credits.AmtCredit("W-1", cycle.certification.member, received(points="6").claim)
    with pytest.raises(Refused, match="W-1 is on record with other values"):
        amt_credits.record(credits=[credit], by=None, at=noon(TODAY))


# The admin


@pytest.mark.ignore_template_errors
def test_staff_find_filter_and_match_held_credits() -> None:
    desk = client_of(make_clerk("view_heldcredit", "match_held_credits"))
    receive(received(), received("X-2", "7002"))
    make_cycle(make_member(amt_id="7001"))
    assert [held.amt_id for held in found(desk, HeldCredit, q="X-2")] == ["7002"]
    assert [held.amt_id for held in found(desk, HeldCredit, q="7001")] == ["7001"]
    address = page(HeldCredit, "match")
    assert address in desk.get(page(HeldCredit)).text
    assert "Held credits" in desk.get(address).text
    assert told(desk, desk.post(address)) == "1 recorded, 1 still held."
    assert [held.amt_id for held in found(desk, HeldCredit, matched="yes")] == ["7001"]
    assert [held.amt_id for held in found(desk, HeldCredit, matched="no")] == ["7002"]


@pytest.mark.ignore_template_errors
def test_what_waited_for_a_person_is_recorded_when_staff_add_them(
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    clerk = make_clerk("view_user", "view_member", "add_member", "view_certification", "add_certification")
    desk, user = client_of(clerk), make_user()
    receive(received(), received("W-2", "7002"))
    ours = HeldCredit.objects.get(provider_reference="W-1")

    typed = {"user": str(user.pk), "amt_id": "7001", "first_name": "Zoë", "last_name": "O'Neil"}
    with django_capture_on_commit_callbacks(execute=True):
        assert submit(desk, page(Member, "add"), **typed).status_code == 302
    ours.refresh_from_db()
    assert ours.reason == "No open CCP cycle of 7001 covers Mar 1, 2026."

    rma, zoe = Credential.objects.get(code="RMA"), Member.objects.get(amt_id="7001")
    typed = {"member": str(zoe.pk), "credential": str(rma.pk), "certificate_number": "Z", "awarded_on": "2023-05-01"}
    with django_capture_on_commit_callbacks(execute=True):
        assert submit(desk, page(Certification, "add"), **typed).status_code == 302
    ours.refresh_from_db()
    assert ours.activity is not None
    assert ours.activity.history.get().history_user == clerk
    assert requirement.counted_points(cycle_of(zoe)) == 5
    assert HeldCredit.objects.get(provider_reference="W-2").activity is None


@pytest.mark.ignore_template_errors
def test_what_staff_change_of_a_certification_matches_nothing(
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    """A wait ends when the person appears.

    Anything else is left to the daily run.
    """
    receive(received())
    certification = make_cycle(make_member(amt_id="7001")).certification
    desk = client_of(make_clerk("view_certification", "change_certification"))
    with django_capture_on_commit_callbacks(execute=True) as callbacks:
        submit(desk, page(Certification, "change", certification.pk), certificate_number="Z")
    assert callbacks == []


@pytest.mark.ignore_template_errors
def test_matching_is_for_staff_who_may_import() -> None:
    clerk = client_of(make_clerk("view_heldcredit"))
    assert clerk.get(page(HeldCredit, "match")).status_code == 403
    assert clerk.post(page(HeldCredit, "match")).status_code == 403


@pytest.mark.ignore_template_errors
def test_a_credit_held_by_mistake_can_be_deleted_a_recorded_one_cannot() -> None:
    receive(received(), received("W-2", "7002"))
    make_cycle(make_member(amt_id="7001"))
    match()
    desk = client_of(make_clerk("view_heldcredit", "delete_heldcredit"))
    recorded, held = (HeldCredit.objects.get(provider_reference=reference) for reference in ("W-1", "W-2"))
    assert desk.post(page(HeldCredit, "delete", recorded.pk), {"post": "yes"}).status_code == 403
    assert desk.post(page(HeldCredit, "delete", held.pk), {"post": "yes"}).status_code == 302
    assert list(HeldCredit.objects.all()) == [recorded]


def test_who_had_it_matched_stands_in_its_history() -> None:
    receive(received())
    make_cycle(make_member(amt_id="7001"))
    clerk = make_user(is_staff=True)
    held_credits.match(by=clerk, at=noon(TODAY))
    assert Activity.objects.get().history.get().history_user == clerk


# The last name that came, and the AMT ID that was wrong


def named(last_name: str, amt_id: str = "7001") -> Received:
    return Received("W-1", amt_id, make_claim(provider=amt_credits.PROVIDER), last_name)


def zoe(amt_id: str = "7001") -> Member:
    member = make_member(amt_id=amt_id)
    Member.objects.filter(pk=member.pk).update(first_name="Zoë", last_name="O'Neil")
    make_cycle(member)
    member.refresh_from_db()
    return member


@pytest.mark.parametrize(
    ("last_name", "is_held"),
    [
        pytest.param("", False, id="no name"),
        pytest.param("ONEIL", False, id="the same in other letters"),
        pytest.param("Neil", True, id="a part of it"),
        pytest.param("Lindqvist", True, id="somebody else"),
    ],
)
def test_a_last_name_that_is_not_the_members_holds_the_credit(last_name: str, is_held: bool) -> None:
    zoe()
    assert receive(named(last_name)).held == is_held
    assert not is_held or reason() == "The last name that came is not that of 7001."


def test_a_name_of_before_is_the_members_and_so_is_that_of_a_merged_record() -> None:
    member = zoe()
    member.last_name = "Married"
    member.save()
    member.last_name = "Again"
    member.save()
    emptied = make_member(amt_id="7009")
    emptied.last_name = "Elsewhere"
    emptied.save()
    Member.objects.filter(pk=emptied.pk).update(merged_into=member)
    for number, name in enumerate(("Married", "Again", "Elsewhere")):
        one = Received(f"N-{number}", "7001", make_claim(provider=amt_credits.PROVIDER), name)
        assert receive(one) == MatchTally(recorded=1, held=0)


def test_the_file_has_a_column_for_the_last_name(tmp_path: Path) -> None:
    zoe()
    rows = (
        "provider_reference,amt_id,last_name,activity_type,starts_on,points\n"
        "A-1,7001,O’Neil,course-seminar-webinar,2026-03-01,1\nA-2,7001,Brown,course-seminar-webinar,2026-03-02,1\n"
    )
    file = tmp_path / "credits.csv"
    file.write_text(rows)
    call_command("import_credits", str(file), stdout=io.StringIO())
    assert (Activity.objects.get().provider_reference, HeldCredit.objects.get().last_name) == ("A-1", "Brown")
    call_command("import_credits", str(file), stdout=io.StringIO())
    assert (Activity.objects.count(), HeldCredit.objects.count()) == (1, 1)


def test_staff_record_a_credit_despite_its_name() -> None:
    zoe()
    receive(named("Brown"))
    held = HeldCredit.objects.get()
    desk = client_of(make_clerk("view_heldcredit", "record_despite_name"))
    assert "Record despite the name" in desk.get(page(HeldCredit, "change", held.pk)).text
    address = f"/admin/ccp/heldcredit/{held.pk}/despite-name/"
    assert "Say why" in desk.post(address, {"reason": ""}).text
    done = submit(desk, address, reason="She called: her name was Brown.")
    entry = Activity.objects.get()
    assert told(desk, done) == f"Confirmed that W-1 is of 7001. Recorded as {entry.reference}."
    assert "already" in told(desk, desk.post(address, {"reason": "Again."}))
    line = HeldCredit.history.filter(name_confirmed=True).earliest()
    assert (line.history_change_reason, line.history_user) == ("She called: her name was Brown.", make_clerk_of(desk))


def make_clerk_of(desk: Client) -> User:
    return User.objects.get(pk=desk.session["_auth_user_id"])


def test_the_amt_id_is_corrected_after_staff_have_seen_whose_it_is(tmp_path: Path) -> None:
    zoe("7001")
    receive(named("O'Neil", amt_id="7010"))
    held = HeldCredit.objects.get()
    desk = client_of(make_clerk("view_heldcredit", "correct_held_credit"))
    address = f"/admin/ccp/heldcredit/{held.pk}/amt-id/"
    typed = {"amt_id": "7001", "reason": "A typing mistake."}
    assert "No member has the AMT ID 7999." in desk.post(address, typed | {"amt_id": "7999"}).text
    shown = BeautifulSoup(desk.post(address, typed).text, "html.parser")
    assert "7001, Zoë O'Neil" in shown.text
    assert "It is recorded for this member." in shown.text
    assert not Activity.objects.exists()
    seen = shown.select_one("input[name=seen]")
    assert seen
    done = desk.post(address, typed | {"seen": str(seen["value"])})
    entry = Activity.objects.get()
    assert told(desk, done) == f"Corrected the AMT ID of W-1 to 7001. Recorded as {entry.reference}."
    assert entry.member.amt_id == "7001"
    assert "already" in told(desk, desk.post(address, typed | {"seen": str(seen["value"])}))
    held.refresh_from_db()
    assert (held.amt_id, held.sent_amt_id) == ("7001", "7010")
    # The same row of the file again, with the AMT ID as it was sent, changes nothing.
    claim = make_claim(provider=amt_credits.PROVIDER)
    row = f"W-1,7010,{claim.activity_type.code},{claim.title},{claim.starts_on},{claim.ends_on},{claim.claimed}"
    file = tmp_path / "again.csv"
    file.write_text(f"provider_reference,amt_id,activity_type,title,starts_on,ends_on,points\n{row}\n")
    call_command("import_credits", str(file), stdout=io.StringIO())
    assert Activity.objects.count() == HeldCredit.objects.count() == 1


@pytest.mark.parametrize(
    ("amt_id", "because", "says"),
    [("7010", "Because.", "already"), ("7999", "Because.", "No member"), ("7001", " ", "Say why")],
)
def test_an_amt_id_is_not_corrected_without(amt_id: str, because: str, says: str) -> None:
    zoe("7001")
    receive(named("", amt_id="7010"))
    with pytest.raises(Refused, match=says):
        held_credits.correct_amt_id(
            held=HeldCredit.objects.get(), amt_id=amt_id, reason=because, by=make_user(), at=noon(TODAY)
        )


def test_what_is_recorded_is_not_corrected_any_more() -> None:
    zoe("7001")
    receive(named("", amt_id="7010"))
    held = HeldCredit.objects.get()
    held_credits.correct_amt_id(held=held, amt_id="7001", reason="Typing.", by=make_user(), at=noon(TODAY))
    with pytest.raises(Refused, match="recorded already"):
        held_credits.correct_amt_id(held=held, amt_id="7002", reason="Typing.", by=make_user(), at=noon(TODAY))
    with pytest.raises(Refused, match="recorded already"):
        held_credits.record_despite_name(held=held, reason="Typing.", by=make_user(), at=noon(TODAY))
