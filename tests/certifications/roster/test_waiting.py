"""One person about whom staff must decide stops nobody else: who comes in, and what waits."""

from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core import mail

from amtportal.members import amt_ids
from amtportal.members.models import Member, User
from certifications.models import Certification, WaitingRow
from certifications.roster.resource import RosterResource
from tests.support.builders import TODAY, client_of, make_user, noon
from tests.support.rosters import load_roster

pytestmark = pytest.mark.django_db

ANA = {
    "amt_id": "7700026",
    "email": "couple@real.example",
    "first_name": "Ana",
    "last_name": "Ruiz",
    "credential": "RMA",
    "certificate_number": "Z-26",
    "awarded_on": "2024-03-14",
}
LUIS = {**ANA, "amt_id": "7702600", "first_name": "Luis", "certificate_number": "Z-2600"}
EVE = {**ANA, "amt_id": "7700099", "email": "eve@real.example", "first_name": "Eve", "certificate_number": "Z-99"}


def load(*rows: dict[str, str], **options: Any) -> RosterResource:
    resource, result = load_roster(*rows, **options)
    assert not result.has_errors()
    assert not result.has_validation_errors(), [str(problem) for problem in resource.problems]
    return resource


def sign_ins() -> dict[str, str | None]:
    return dict(Member.objects.order_by("amt_id").values_list("amt_id", "user__email"))


def told(resource: RosterResource) -> list[str]:
    return [str(note.problem) for note in resource.notes]


# No address, and one address for two


def test_a_member_without_an_address_comes_in_without_a_way_to_sign_in() -> None:
    resource = load({**ANA, "email": ""}, EVE)
    assert sign_ins() == {ANA["amt_id"]: None, EVE["amt_id"]: EVE["email"]}
    assert (Member.objects.get(user=None).roster_email, resource.without_sign_in) == ("", 1)
    assert (User.objects.count(), EmailAddress.objects.count()) == (1, 1)
    lines = Member.history.count()
    assert load({**ANA, "email": ""}, EVE).without_sign_in == 1
    assert Member.history.count() == lines, "the same file again changes nothing"


def test_a_later_address_opens_the_account() -> None:
    load({**ANA, "email": ""})
    load(ANA)
    user = User.objects.get()
    assert (user.email, user.member.amt_id, user.has_usable_password()) == (ANA["email"], ANA["amt_id"], False)
    assert EmailAddress.objects.get(user=user).email == ANA["email"]


def test_an_empty_cell_takes_no_sign_in_away() -> None:
    load(ANA)
    load({**ANA, "email": "", "last_name": "Ruiz-Soto"})
    assert sign_ins() == {ANA["amt_id"]: ANA["email"]}
    assert Member.objects.get().last_name == "Ruiz-Soto"


def test_of_two_who_share_an_address_the_first_in_the_file_has_it() -> None:
    resource = load(ANA, LUIS, EVE)
    assert sign_ins() == {ANA["amt_id"]: ANA["email"], LUIS["amt_id"]: None, EVE["amt_id"]: EVE["email"]}
    assert Member.objects.get(amt_id=LUIS["amt_id"]).roster_email == ANA["email"]
    assert resource.for_staff() == ["1 member has no way to sign in."]
    lines = Member.history.count(), User.history.count()
    load(ANA, LUIS, EVE)
    assert (Member.history.count(), User.history.count()) == lines


def test_of_two_who_share_an_address_whoever_has_it_on_record_keeps_it() -> None:
    load(LUIS)
    load(ANA, LUIS)
    assert sign_ins() == {ANA["amt_id"]: None, LUIS["amt_id"]: ANA["email"]}


def test_the_other_gets_the_address_once_the_first_has_another() -> None:
    load(ANA, LUIS)
    load({**ANA, "email": "ana@real.example"}, LUIS)
    assert sign_ins() == {ANA["amt_id"]: "ana@real.example", LUIS["amt_id"]: ANA["email"]}
    assert Member.objects.get(amt_id=LUIS["amt_id"]).roster_email == ""


def test_a_member_who_signs_in_keeps_the_address_if_the_new_one_is_another_members() -> None:
    load(ANA, {**LUIS, "email": "luis@real.example"})
    resource = load(ANA, {**LUIS, "last_name": "Ruiz-Soto"})
    assert sign_ins()[LUIS["amt_id"]] == "luis@real.example"
    assert Member.objects.get(amt_id=LUIS["amt_id"]).last_name == "Ruiz-Soto", "the rest of the row is imported"
    assert told(resource) == [
        "Line 3, email: couple@real.example is the sign-in of AMT ID 7700026. AMT ID 7702600 signs in as "
        "luis@real.example as before. Correct the address in the membership system, or give the other account another "
        "one."
    ]
    assert WaitingRow.objects.get().cause == "address"
    load(ANA, {**LUIS, "email": "luis@real.example"})
    assert WaitingRow.objects.get().settled_at


def test_whoever_counted_on_an_address_that_does_not_become_free_keeps_the_own_one() -> None:
    """Eve would get Luis's address, Luis that of staff. Luis cannot, so Eve cannot either."""
    make_user(email="staff@amt.example", is_staff=True)
    luis = {**LUIS, "email": "luis@real.example"}
    load(luis, EVE)
    load({**EVE, "email": luis["email"]}, {**luis, "email": "staff@amt.example"})
    assert sign_ins() == {LUIS["amt_id"]: "luis@real.example", EVE["amt_id"]: EVE["email"]}


def test_a_link_for_a_shared_address_opens_the_account_that_has_it() -> None:
    load(ANA, LUIS)
    client_of(None).post("/accounts/password/reset/", {"email": ANA["email"]})
    client_of(None).post("/accounts/activate/", {"email": ANA["email"]})
    assert {tuple(message.to) for message in mail.outbox} == {(ANA["email"],)}
    assert len(mail.outbox) == 2


# One name


@pytest.mark.parametrize("one", ["first_name", "last_name"])
def test_a_person_with_one_name_comes_in_and_has_one_name(one: str) -> None:
    load({**ANA, "first_name": "", "last_name": "", one: "Sukarno"})
    member = Member.objects.get()
    assert (member.name, str(member)) == ("Sukarno", "Sukarno (7700026)")


# Re-keyed people


REKEYED = {**ANA, "amt_id": "8800115"}


def test_a_rekeyed_member_waits_and_the_others_come_in() -> None:
    load(ANA)
    resource = load({**REKEYED, "credential": "RPT", "certificate_number": "Z-1"}, REKEYED, EVE)
    assert sign_ins() == {ANA["amt_id"]: ANA["email"], EVE["amt_id"]: EVE["email"]}
    assert told(resource) == [
        "Line 2, amt_id: AMT ID 8800115 waits because of line 3. If they are one person, open the member 7700026 in "
        "the admin, choose Change AMT ID, and give 8800115. If not, correct the certificate number in the membership "
        "system.",
        "Line 3, amt_id: RMA Z-26 is on record for AMT ID 7700026, Ana Ruiz, who has the same name and e-mail address. "
        "If they are one person, open the member 7700026 in the admin, choose Change AMT ID, and give 8800115. If not, "
        "correct the certificate number in the membership system.",
    ]
    assert resource.for_staff() == ["2 rows wait for staff."]
    assert set(WaitingRow.objects.values_list("amt_id", "cause", "line")) == {
        ("8800115", "re-keyed", 2),
        ("8800115", "re-keyed", 3),
    }


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"first_name": "ANA", "last_name": "Rúiz", "email": "ana@other.example"}, id="the same name"),
        pytest.param({"last_name": "Soto"}, id="the same address"),
        pytest.param({"email": ""}, id="the same name, and no address"),
    ],
)
def test_a_rekeyed_person_is_known_by_the_name_or_the_address(changes: dict[str, str]) -> None:
    load(ANA)
    load({**REKEYED, **changes})
    assert (Member.objects.count(), WaitingRow.objects.get().cause) == (1, "re-keyed")


def test_a_strangers_certificate_number_is_still_a_bad_row() -> None:
    load(ANA)
    stranger = {**REKEYED, "first_name": "Kim", "last_name": "Lee", "email": "kim@real.example"}
    resource, result = load_roster(stranger, EVE)
    assert result.has_validation_errors()
    assert [problem.column for problem in resource.problems] == ["certificate_number"]
    assert not WaitingRow.objects.exists()


def test_the_same_file_again_leaves_the_list_as_it_is() -> None:
    load(ANA)
    for _ in range(2):
        load(REKEYED, at=noon(TODAY))
    assert WaitingRow.objects.count() == WaitingRow.history.count() == 1


def test_a_dry_run_puts_nothing_on_the_list() -> None:
    load(ANA)
    assert load(REKEYED, dry_run=True).for_staff() == ["1 row waits for staff."]
    assert not WaitingRow.objects.exists()


def test_a_row_is_settled_once_the_member_has_the_new_amt_id() -> None:
    load(ANA)
    load(REKEYED)
    clerk = make_user(is_staff=True)
    amt_ids.change(member=Member.objects.get(), amt_id="8800115", reason="Re-keyed.", by=clerk, at=noon(TODAY))
    load(REKEYED)
    assert WaitingRow.objects.get().settled_at
    assert Certification.objects.get().member.amt_id == "8800115"


def test_a_row_is_settled_once_the_file_has_the_known_amt_id_again() -> None:
    load(ANA)
    load(REKEYED)
    load(ANA)
    assert WaitingRow.objects.get().settled_at


def test_a_row_with_a_former_amt_id_is_told_so() -> None:
    load(ANA)
    clerk = make_user(is_staff=True)
    amt_ids.change(member=Member.objects.get(), amt_id="8800115", reason="Re-keyed.", by=clerk, at=noon(TODAY))
    resource = load({**ANA, "first_name": "Anna"}, EVE)
    assert told(resource) == [
        "Line 2, amt_id: 7700026 is a former AMT ID of the member who now has 8800115. The row was not imported. Write "
        "8800115 in the membership system."
    ]
    assert Member.objects.get(amt_id="8800115").first_name == "Ana"
    assert Member.objects.filter(amt_id=EVE["amt_id"]).exists()


def test_a_file_of_which_every_row_waits_is_good() -> None:
    load(ANA)
    assert load(REKEYED).entries == []
