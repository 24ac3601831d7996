"""Merging two members who are one person: what moves, what stays, and what is refused."""

import io
from contextlib import suppress
from typing import Any
from uuid import uuid4

import pytest
from allauth.account.models import EmailAddress
from django.core.management import call_command
from django.db import connection

from amtportal.members import amt_ids, name_requests
from amtportal.members.models import Member, NameRequest, RosterDifference, User
from amtportal.refusals import Refused
from ccp import merging
from ccp.amt_credits import holding as held_credits
from ccp.evidence import waiting
from ccp.models import Activity, HeldCredit, PendingFile
from ccp.recording import history
from ccp.recording import verbs as recording
from ccp.standing import calendar
from ccp.transcripts import contents as transcripts
from ccp.transcripts import issuing
from certifications import life
from certifications.models import Certification, Cycle, WaitingRow
from tests.support.builders import (
    TODAY,
    client_of,
    cycle_of,
    invoice_of,
    make_activity,
    make_claim,
    make_cycle,
    make_member,
    make_payment,
    make_user,
    noon,
)
from tests.support.details import make_difference, make_name_request
from tests.support.evidence import make_pending_file
from tests.support.staff import found, make_clerk, page, told
from tests.support.threads import at_once

pytestmark = [pytest.mark.django_db, pytest.mark.ignore_template_errors, pytest.mark.usefixtures("on_today")]


@pytest.fixture
def kept() -> Member:
    member = make_member(amt_id="8800115", first_name="Ana", last_name="Gómez")
    make_activity(make_cycle(member, credential="RPT"), points="3")
    return member


@pytest.fixture
def emptied() -> Member:
    """Return the same person under an earlier AMT ID, with an entry, a payment, a credit and a calendar."""
    member = make_member(amt_id="0000115", first_name="Ana", last_name="Gómez")
    cycle = make_cycle(member)
    make_activity(cycle, points="5")
    make_payment(invoice_of(cycle, year=1), by=make_user(is_staff=True))
    calendar.create(member=member, at=noon(TODAY))
    EmailAddress.objects.create(user=member.user, email=member.user.email, primary=True, verified=True)
    return member


@pytest.fixture
def clerk() -> User:
    return make_user(is_staff=True, email="kim@amt.example")


def merge(kept: Member, emptied: Member, by: User) -> merging.Merged | None:
    return merging.merge(kept=kept, emptied=emptied, reason="One person.", by=by, at=noon(TODAY))


def verified() -> str:
    stdout = io.StringIO()
    call_command("verify_records", stdout=stdout)
    return stdout.getvalue()


def test_everything_moves_and_the_record_verifies(kept: Member, emptied: Member, clerk: User) -> None:
    address, account = emptied.user.email, emptied.user
    assert merge(kept, emptied, clerk) == merging.Merged(certifications=1, entries=1)
    cycle = cycle_of(kept)
    assert Activity.objects.filter(member=kept).count() == 2
    assert invoice_of(cycle, year=1).status == "paid"
    assert calendar.feed_of(kept)
    assert not Activity.objects.filter(member=emptied).exists()
    emptied.refresh_from_db()
    assert (emptied.merged_into, emptied.amt_id) == (kept, "0000115")
    account.refresh_from_db()
    assert not account.is_active
    assert account.email != address
    assert not EmailAddress.objects.filter(user=account).exists()
    assert "no differences" in verified()
    line = Activity.objects.get(credits__cycle=cycle).history.first()
    assert (line.history_user, line.member) == (clerk, kept)
    assert line.history_change_reason == "Merged 0000115 into 8800115: One person."
    assert recording.record(
        member=kept,
        cycles=[cycle],
        claim=make_claim(title="Another"),
        submission_id="0d5a7bf2-3c11-4c4e-9a52-9a7e7e1c2b1a",
        by=kept.user,
        at=noon(TODAY),
    )


def test_twice_is_once(kept: Member, emptied: Member, clerk: User) -> None:
    merge(kept, emptied, clerk)
    lines = Member.history.count()
    assert merge(kept, emptied, clerk) is None
    assert Member.history.count() == lines


def test_each_column_that_refers_to_a_member_says_what_becomes_of_it() -> None:
    """A table that nobody thought of would keep what belongs to the kept member. Add it to ``merging``."""
    columns = {
        f"{relation.related_model._meta.label_lower}.{relation.field.name}"
        for relation in Member._meta.get_fields(include_hidden=True)
        if relation.auto_created and not relation.concrete and not hasattr(relation.related_model, "history_type")
    }
    assert columns == merging.MOVES | merging.STAYS.keys()
    assert not merging.MOVES & merging.STAYS.keys()


def test_files_that_wait_go_with_the_member(kept: Member, emptied: Member, clerk: User) -> None:
    number = uuid4()
    moves, same = make_pending_file(emptied, submission_id=number), make_pending_file(emptied)
    of_kept = make_pending_file(kept, submission_id=same.submission_id)
    merge(kept, emptied, clerk)
    assert list(waiting.of_form(kept, number, noon(TODAY))) == [moves]
    assert list(waiting.of_form(kept, same.submission_id, noon(TODAY))) == [of_kept]
    waiting.forget(at=noon(TODAY) + waiting.KEPT)
    assert not PendingFile.objects.exists()


def test_a_request_for_another_name_waits_for_staff_under_the_kept_member(
    kept: Member, emptied: Member, clerk: User
) -> None:
    asked = make_name_request(emptied)
    merge(kept, emptied, clerk)
    asked.refresh_from_db()
    assert (asked.member, asked.state) == (kept, "waiting")
    assert asked.history.first().history_change_reason == "Merged 0000115 into 8800115: One person."
    name_requests.accept(request=asked, by=clerk, at=noon(TODAY))
    assert Member.objects.get(pk=kept.pk).name == "Ada Lovelace"
    assert "no differences" in verified()


def test_two_requests_for_another_name_are_answered_first(kept: Member, emptied: Member, clerk: User) -> None:
    asked = make_name_request(emptied)
    make_name_request(kept)
    with pytest.raises(Refused, match="Both have asked for another name") as refused:
        merge(kept, emptied, clerk)
    assert refused.value.field == "amt_id"
    name_requests.decline(request=asked, answer="See the other one.", by=clerk, at=noon(TODAY))
    assert merge(kept, emptied, clerk)
    assert NameRequest.objects.filter(member=kept).count() == 2


def test_what_differs_from_the_roster_asks_nobody_after_the_merge(kept: Member, emptied: Member, clerk: User) -> None:
    of_emptied, of_kept = make_difference(emptied), make_difference(kept)
    desk = client_of(make_clerk("view_rosterdifference"))
    merge(kept, emptied, clerk)
    assert found(desk, RosterDifference, state="waits") == [of_kept]
    of_emptied.refresh_from_db()
    assert (of_emptied.waits_since, of_emptied.settled_at) == (None, noon(TODAY))
    assert "no differences" in verified()


def test_what_an_earlier_merge_left_behind_is_on_no_list(kept: Member, emptied: Member) -> None:
    """Before requests moved with the member, they stayed with the emptied one."""
    make_name_request(emptied), make_difference(emptied)
    Member.objects.filter(pk=emptied.pk).update(merged_into=kept)
    desk = client_of(make_clerk("view_rosterdifference", "view_namerequest"))
    assert found(desk, NameRequest, answer="waits") == []
    assert found(desk, RosterDifference, state="waits") == found(desk, RosterDifference, state="open") == []


def test_a_member_without_a_sign_in_gets_the_account_of_the_other(kept: Member, emptied: Member, clerk: User) -> None:
    account = emptied.user
    Member.objects.filter(pk=kept.pk).update(user=None, roster_email=account.email)
    merge(kept, emptied, clerk)
    kept.refresh_from_db()
    account.refresh_from_db()
    assert (kept.user, kept.roster_email, account.is_active) == (account, "", True)
    assert client_of(account).get("/certifications/").text.count("data-name") > 0
    assert "no differences" in verified()


def test_the_member_reads_the_own_entries_as_the_own(kept: Member, emptied: Member, clerk: User) -> None:
    entry = Activity.objects.get(member=emptied)
    merge(kept, emptied, clerk)
    entry.refresh_from_db()
    moved, recorded = history.of_activity(entry, viewer=kept.user)
    assert (recorded.who, recorded.what, moved.who) == ("You", "Recorded", "AMT staff")
    assert moved.what == "Moved here when two records of the same person were joined"
    assert client_of(kept).get(f"/ccp/activities/{entry.pk}/").status_code == 200


def test_issued_transcripts_can_still_be_checked(kept: Member, emptied: Member, clerk: User) -> None:
    issue = issuing.issue(contents=transcripts.of_cycle(cycle_of(emptied)), by=emptied.user, at=noon(TODAY))
    merge(kept, emptied, clerk)
    assert "The AMT ID has changed since." in client_of(None).get(f"/verify/{issue.grouped_code}/").text


def test_credits_for_a_former_amt_id_reach_the_member(kept: Member, emptied: Member, clerk: User) -> None:
    merge(kept, emptied, clerk)
    amt_ids.change(member=kept, amt_id="9900001", reason="Re-keyed.", by=clerk, at=noon(TODAY))
    for number, amt_id in enumerate(("0000115", "8800115", "9900001")):
        credit = held_credits.Received(f"W-{number}", amt_id, make_claim(title=amt_id))
        held_credits.receive(credits=[credit], by=clerk, at=noon(TODAY))
    assert not HeldCredit.objects.exists()
    assert Activity.objects.filter(member=kept, source="amt").count() == 3


def test_the_chain_of_merges_leads_to_the_last(kept: Member, emptied: Member, clerk: User) -> None:
    last = make_member(amt_id="9900002")
    merge(kept, emptied, clerk)
    merge(last, kept, clerk)
    assert Member.objects.known_as(["0000115", "8800115"]) == {"0000115": last, "8800115": last}


def test_two_certifications_of_one_credential_are_not_joined(kept: Member, emptied: Member, clerk: User) -> None:
    """Until the wrong one, under which nothing is recorded, is out of force."""
    wrong = make_cycle(emptied, credential="RPT").certification
    with pytest.raises(Refused, match=r"Both hold RPT.*change its status to retired or revoked first"):
        merge(kept, emptied, clerk)
    assert cycle_of(emptied), "nothing moved"
    life.change_status(certification=wrong, to="revoked", reason="Issued twice.", by=clerk, at=noon(TODAY))
    merge(kept, emptied, clerk)
    wrong.refresh_from_db()
    assert (wrong.member, Certification.objects.filter(member=kept).count()) == (emptied, 2)
    assert "no differences" in verified()


def test_two_certifications_that_are_both_used_stay_apart(kept: Member, emptied: Member, clerk: User) -> None:
    make_activity(make_cycle(emptied, credential="RPT"))
    with pytest.raises(Refused, match=r"Both hold RPT.*cannot be joined"):
        merge(kept, emptied, clerk)
    assert Member.objects.filter(merged_into=None).count() == 2


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        pytest.param({"is_staff": True}, "signs in to a staff account", id="staff"),
        pytest.param({"merged": True}, "was merged into another member already", id="merged elsewhere"),
    ],
)
def test_who_cannot_be_emptied(
    kept: Member, emptied: Member, clerk: User, changes: dict[str, Any], sentence: str
) -> None:
    if changes.pop("merged", False):
        Member.objects.filter(pk=emptied.pk).update(merged_into=make_member())
    User.objects.filter(pk=emptied.user.pk).update(**changes or {"is_staff": False})
    with pytest.raises(Refused, match=sentence):
        merge(kept, emptied, clerk)


def test_staff_see_both_records_then_merge(kept: Member, emptied: Member) -> None:
    desk = client_of(make_clerk("view_member", "merge_members"))
    address = page(Member, "merge", kept.pk)
    assert address in desk.get(page(Member, "change", kept.pk)).text
    shown = desk.post(address, {"amt_id": "0000115", "reason": "One person."})
    assert "Emptied: Payments" in shown.text
    assert Member.objects.filter(merged_into=None).count() == 2
    typed = {"amt_id": "0000115", "reason": "One person.", "shown": "0000115"}
    assert told(desk, desk.post(address, typed)).startswith("Merged 0000115 into 8800115: certifications 1, entries 1.")
    assert told(desk, desk.post(address, typed)) == "0000115 is merged into this member already."
    assert found(desk, Member, sign_in="merged") == [emptied]
    assert "closed: merged into 8800115" in desk.get(page(Member, "change", emptied.pk)).text
    refused = desk.post(address, {"amt_id": "none", "reason": "One person."})
    assert "No member has the AMT ID none." in refused.text


def test_staff_change_an_amt_id_and_history_keeps_both(kept: Member) -> None:
    desk = client_of(make_clerk("view_member", "change_amt_id"))
    address = page(Member, "rekey", kept.pk)
    assert "AMT ID from 8800115 to 77" in told(desk, desk.post(address, {"amt_id": " 77 ", "reason": "Re-keyed."}))
    assert [line.amt_id for line in kept.history.all()] == ["77", "8800115"]
    assert kept.history.first().history_change_reason == "Re-keyed."
    assert kept.former_amt_ids.get().amt_id == "8800115"
    assert told(desk, desk.post(address, {"amt_id": "77", "reason": "Again."})) == "77 is the member's AMT ID already."
    other = make_member(amt_id="5")
    refused = desk.post(page(Member, "rekey", other.pk), {"amt_id": "8800115", "reason": "Mistyped."})
    assert "is or was the AMT ID of Ana Gómez (77)" in refused.text.replace("\xa0", " ")
    assert "8800115" in desk.get(page(Member, "change", kept.pk)).text


def test_staff_find_who_has_no_way_to_sign_in_and_give_one(kept: Member, emptied: Member) -> None:
    desk = client_of(make_clerk("view_member", "give_sign_in"))
    Member.objects.filter(pk=kept.pk).update(user=None)
    Member.objects.filter(pk=emptied.pk).update(user=None, roster_email="x@example.org")
    owner = make_member(user=make_user(email="x@example.org"), first_name="Olga")
    assert found(desk, Member, sign_in="no-address") == [kept]
    assert found(desk, Member, sign_in="shared") == [emptied]
    assert {*found(desk, Member, sign_in="none")} == {kept, emptied}
    assert (
        f"none: x@example.org is another account's: {owner}".replace("'", "&#x27;")
        in desk.get(page(Member, "change", emptied.pk)).text
    )
    address = page(Member, "sign_in", emptied.pk)
    refused = desk.post(address, {"email": "X@example.org", "reason": "On the phone."})
    assert f"This is the sign-in of {owner}" in refused.text
    assert "Gave ana@example.org" in told(desk, desk.post(address, {"email": "Ana@example.org", "reason": "Phone."}))
    emptied.refresh_from_db()
    assert (emptied.user.email, emptied.user.has_usable_password()) == ("ana@example.org", False)
    again = desk.post(address, {"email": "b@example.org", "reason": "Phone."})
    assert "has a way to sign in" in again.text


def test_the_list_of_rows_that_wait_shows_what_waits() -> None:
    desk = client_of(make_clerk("view_waitingrow"))
    assert "0 rows of the roster that wait" in desk.get(page(WaitingRow)).text
    fields = {"credential": "RMA", "certificate_number": "1", "name": "Ada Lane", "cause": "former", "line": 2}
    waits = WaitingRow.objects.create(amt_id="1", since=noon(TODAY), what="What.", remedy="Remedy.", **fields)
    settled = WaitingRow.objects.create(amt_id="2", since=noon(TODAY), settled_at=noon(TODAY), **fields)
    assert found(desk, WaitingRow) == [waits]
    assert found(desk, WaitingRow, state="settled") == [settled]
    assert found(desk, WaitingRow, state="all", q="Lane") == [settled, waits]


def test_what_staff_paste_is_read_without_characters_that_nobody_sees(kept: Member, emptied: Member) -> None:
    desk = client_of(make_clerk("view_member", "merge_members", "change_amt_id", "give_sign_in"))
    shown = desk.post(page(Member, "merge", kept.pk), {"amt_id": "\u200b0000115\u00a0", "reason": "One person."})
    assert "Emptied: Payments" in shown.text
    spoiled = desk.post(page(Member, "rekey", kept.pk), {"amt_id": "7.70004E+06", "reason": "Re-keyed."})
    assert "A spreadsheet changed it to “7.70004E+06”. Enter the number as it was." in spoiled.text
    longest = "7" * 20
    told(desk, desk.post(page(Member, "rekey", kept.pk), {"amt_id": f"{longest}\u200e", "reason": "Re-keyed."}))
    kept.refresh_from_db()
    assert kept.amt_id == longest
    Member.objects.filter(pk=kept.pk).update(user=None)
    typed = {"email": "an\u00ada@example.org\u200b", "reason": "On the phone."}
    assert "Gave ana@example.org" in told(desk, desk.post(page(Member, "sign_in", kept.pk), typed))


@pytest.mark.django_db(transaction=True)
@pytest.mark.any_database
def test_an_entry_that_is_recorded_during_the_merge_is_not_left_behind() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite writes one after the other.")
    kept, emptied, clerk = make_member(), make_member(), make_user(is_staff=True)
    cycle = make_cycle(emptied)

    def record() -> None:
        with suppress(Refused):
            make_activity(cycle)

    at_once(lambda: merge(kept, emptied, clerk), record)
    assert not Activity.objects.filter(member=emptied).exists()
    assert Cycle.objects.get().certification.member == kept
