"""Which rows contradict what is on record. These tests use no database."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from certifications.roster import record as roster_records
from certifications.roster.entries import RosterEntry, SignIn, StoredCertification, StoredMember, is_mandatory_under
from certifications.roster.record import Record
from certifications.roster.rows import PERSON, Person, RosterRow
from tests.support.builders import make_member, make_user

AWARDED = date(2020, 5, 1)
ADA = StoredMember(
    pk=1,
    user_pk=1,
    email="ada@example.org",
    person=Person(**dict.fromkeys(PERSON, "") | {"first_name": "Ada", "last_name": "Lane", "city": "Chicago"}),
    amt_id="1001",
)
ADAS_RMA = StoredCertification(pk=1, member_pk=1, certificate_number="A-1", awarded_on=AWARDED, ccp_mandatory=True)


def make_row(**fields: Any) -> RosterRow:
    return RosterRow(
        **{
            "line": 2,
            "amt_id": "1001",
            "email": "ada@example.org",
            "first_name": "Ada",
            "last_name": "Lane",
            "credential": "RMA",
            "certificate_number": "A-1",
            "awarded_on": AWARDED,
            **fields,
        }
    )


def make_newcomer(**fields: Any) -> RosterRow:
    return make_row(**{"line": 3, "amt_id": "1002", "email": "bob@example.org", "certificate_number": "A-2", **fields})


def conflicts(*rows: RosterRow, **record: Any) -> list[str]:
    known = Record(
        **{
            "members": {"1001": ADA},
            "certifications": {("1001", "RMA"): ADAS_RMA},
            "numbers": {("RMA", "A-1"): ADA},
            **record,
        }
    )
    return [str(problem) for problem in roster_records.conflicts(rows, known)]


def test_the_address_of_a_staff_account_is_not_changed_by_a_roster() -> None:
    staff = {"1001": replace(ADA, is_staff=True)}
    assert conflicts(make_row(city="Peoria"), members=staff) == [], "the rest of the row may change"
    assert conflicts(make_row(email="other@example.org"), members=staff) == [
        "Line 2, email: AMT ID 1001 signs in to a staff account as ada@example.org. Write that address; only a "
        "superuser changes it, in the admin."
    ]


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        pytest.param(make_row(), None, id="the same as on record"),
        pytest.param(make_newcomer(), None, id="a new member"),
        pytest.param(
            make_newcomer(credential="RPT", certificate_number="A-1"), None, id="number of another credential"
        ),
        pytest.param(
            make_newcomer(certificate_number="A-1"),
            "Line 3, certificate_number: RMA A-1 is on record for AMT ID 1001. Correct the number, or the AMT ID.",
            id="another member's number",
        ),
    ],
)
def test_a_number_serves_one_certification(row: RosterRow, problem: str | None) -> None:
    assert conflicts(row) == ([problem] if problem else [])


def test_a_number_can_move_when_its_holder_gets_another() -> None:
    assert conflicts(make_row(certificate_number="A-9"), make_newcomer(certificate_number="A-1")) == []


def entry_of(
    row: RosterRow, member: StoredMember | None = ADA, held: StoredCertification | None = ADAS_RMA
) -> RosterEntry:
    return RosterEntry(row, SignIn(member.address_under(row) if member else row.email), member, held)


OWN = replace(ADA, email="ada.lane@example.net", on_roster="ada@example.org")
"""Ada, who has given herself another address than the roster's."""


@pytest.mark.parametrize(
    ("email", "then", "differs"),
    [
        pytest.param("ada@example.org", "ada.lane@example.net", False, id="the roster says the same: hers stands"),
        pytest.param("ada.lane@example.net", "ada.lane@example.net", True, id="AMT took hers over"),
        pytest.param("lane@example.org", "lane@example.org", True, id="the roster has a new one: that counts"),
    ],
)
def test_a_members_own_address_stands_until_the_roster_has_a_new_one(email: str, then: str, differs: bool) -> None:
    entry = entry_of(make_row(email=email), OWN)
    assert (OWN.address_under(entry.row), entry.changes_member) == (then, differs)
    shown = f"{OWN.email} → {then}" if then != OWN.email else then
    assert entry.preview()[1] == shown


def test_an_award_can_change_while_nothing_is_counted_from_it() -> None:
    row = make_row(awarded_on=date(2020, 5, 2))
    assert conflicts(row) == []
    assert conflicts(row, anchored={ADAS_RMA.pk: "CE is recorded in its cycle"}) == [
        "Line 2, awarded_on: The award is on record as May 1, 2020 and can no longer change by a roster, because "
        "CE is recorded in its cycle. Write 5/1/2020. If that day is wrong, press “Correct the award date” on the page "
        "of the certification."
    ]


@pytest.mark.parametrize(
    ("fields", "changes"),
    [
        pytest.param({}, False, id="the same"),
        pytest.param({"city": "Chicago"}, False, id="the same city"),
        pytest.param({"ccp_mandatory": True}, False, id="the same choice"),
        pytest.param({"city": ""}, True, id="the city was emptied"),
        pytest.param({"last_name": "Lang"}, True, id="another name"),
        pytest.param({"email": "lane@example.org"}, True, id="another address"),
        pytest.param({"certificate_number": "A-9"}, True, id="another number"),
        pytest.param({"awarded_on": date(2020, 5, 2)}, True, id="another award"),
        pytest.param({"ccp_mandatory": False}, True, id="another choice"),
    ],
)
def test_a_row_changes_the_record_only_where_it_differs(fields: dict[str, Any], changes: bool) -> None:
    assert entry_of(make_row(**fields)).changes_nothing is not changes


def test_a_blank_choice_leaves_the_stored_one() -> None:
    """The award is of 1999, so CCP is voluntary by the award.

    On record it is mandatory, because she recertified.
    """
    stored = StoredCertification(1, 1, "A-1", date(1999, 5, 1), ccp_mandatory=True)
    entry = entry_of(make_row(awarded_on=date(1999, 5, 1), ccp_mandatory=None), held=stored)
    assert entry.changes_nothing
    assert entry.preview()[-1] == "yes"


BEFORE_2006, SINCE_2006 = date(2005, 12, 31), date(2006, 1, 1)
RECERTIFIED = date(2014, 4, 2)


@pytest.mark.parametrize(
    ("on_record", "roster", "becomes"),
    [
        pytest.param((BEFORE_2006, None, False), (SINCE_2006, None), "no → yes", id="the new day binds"),
        pytest.param((SINCE_2006, None, True), (BEFORE_2006, None), "yes → no", id="the new day does not bind"),
        pytest.param((SINCE_2006, RECERTIFIED, True), (BEFORE_2006, None), "yes", id="recertified: bound as before"),
        pytest.param((BEFORE_2006, None, True), (date(2005, 12, 1), None), "yes", id="bound against the day: stays"),
        pytest.param((SINCE_2006, None, False), (date(2006, 2, 1), None), "no", id="released against the day: stays"),
        pytest.param((SINCE_2006, None, False), (BEFORE_2006, None), "no", id="released, as the new day has it"),
        pytest.param((BEFORE_2006, None, False), (SINCE_2006, False), "no", id="the roster says no"),
        pytest.param((SINCE_2006, None, True), (BEFORE_2006, True), "yes", id="the roster says yes"),
    ],
)
def test_with_the_day_of_an_award_changes_whether_ccp_is_mandatory(
    on_record: tuple[date, date | None, bool], roster: tuple[date, bool | None], becomes: str
) -> None:
    awarded_on, recertified_on, mandatory = on_record
    stored = StoredCertification(1, 1, "A-1", awarded_on, mandatory, recertified_on)
    row = make_row(awarded_on=roster[0], ccp_mandatory=roster[1])
    assert entry_of(row, held=stored).preview()[-1] == becomes
    assert is_mandatory_under(row, stored) is becomes.endswith("yes")


def test_the_preview_shows_what_a_row_changes() -> None:
    changed = make_row(last_name="Lang", email="lang@example.org", awarded_on=date(2020, 5, 2))
    assert entry_of(changed).preview() == [
        "1001",
        "ada@example.org → lang@example.org",
        "Ada",
        "Lane → Lang",
        "RMA",
        "A-1",
        "2020-05-01 → 2020-05-02",
        *["", "", "", "Chicago", "", "", "", ""],
        "yes",
    ]
    assert entry_of(make_newcomer(), None, None).preview()[:4] == ["1002", "bob@example.org", "Ada", "Lane"]


@pytest.mark.django_db
@pytest.mark.parametrize("right", ["is_staff", "is_superuser"])
def test_an_account_with_rights_is_one_of_staff(right: str) -> None:
    member = make_member(user=make_user(**{right: True}), amt_id="1001")
    assert roster_records.look_up([make_row()]).members[member.amt_id].is_staff
