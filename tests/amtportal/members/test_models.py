"""What must always be true of accounts and members: these tests try to break each constraint."""

from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from pytest_django import DjangoAssertNumQueries

from amtportal.members.models import (
    BouncingAddress,
    DeathReport,
    FormerAmtId,
    MailDelivery,
    Member,
    NameRequest,
    OutgoingMail,
    Question,
    RosterDifference,
    User,
)
from tests.support.builders import TODAY, make_member, make_user, noon
from tests.support.constraints import changed, constraints_of, copied, refused_by
from tests.support.details import make_difference, make_name_request, make_question

pytestmark = pytest.mark.django_db


def make_mail() -> OutgoingMail:
    return OutgoingMail.objects.create(sender="portal@amt.example", recipients=["ada@example.org"], content="…")


def make_delivery() -> MailDelivery:
    return MailDelivery.objects.create(
        recipient="ada@example.org", priority=2, queued_at=noon(TODAY), sent_at=noon(TODAY)
    )


def make_bouncing() -> BouncingAddress:
    return BouncingAddress.objects.create(email="ada@example.org", marked_at=noon(TODAY), reason="550 no such box")


def make_former() -> FormerAmtId:
    return FormerAmtId.objects.create(
        member=make_member(), amt_id="1", changed_at=noon(TODAY), changed_by=make_user(), reason="Joined."
    )


def a_request() -> NameRequest:
    return make_name_request(make_member())


def a_difference() -> RosterDifference:
    return make_difference(make_member())


def a_question() -> Question:
    return make_question(make_member())


def a_report() -> DeathReport:
    return DeathReport.objects.create(
        member=make_member(), died_on=TODAY, reported_by="The sister.", recorded_at=noon(TODAY), recorded_by=make_user()
    )


CHANGES = {
    "members_deathreport_has_source": (a_report, {"reported_by": ""}),
    "members_deathreport_taken_back_whole": (a_report, {"taken_back_at": noon(TODAY)}),
    "members_question_has_text": (a_question, {"text": ""}),
    "members_question_answer_whole": (a_question, {"answer": "Two."}),
    "members_namerequest_name_given": (a_request, {"first_name": "", "last_name": ""}),
    "members_namerequest_reason_known": (a_request, {"reason": "whim"}),
    "members_namerequest_kind_known": (a_request, {"document_kind": "svg"}),
    "members_namerequest_state_known": (
        a_request,
        {"state": "lost", "answered_at": noon(TODAY), "answered_by": make_user},
    ),
    "members_namerequest_answer_whole": (a_request, {"state": "accepted"}),
    "members_namerequest_declined_with_reason": (
        a_request,
        {"state": "declined", "answered_at": noon(TODAY), "answered_by": make_user},
    ),
    "members_rosterdifference_detail_known": (a_difference, {"detail": "shoes"}),
    "members_rosterdifference_waits_while_open": (a_difference, {"settled_at": noon(TODAY)}),
    "members_user_email_lower_case": (make_user, {"email": "Ada@example.org"}),
    "members_member_amt_id_given": (make_member, {"amt_id": ""}),
    "members_member_name_given": (make_member, {"first_name": "", "last_name": ""}),
    "members_member_not_merged_into_itself": (make_member, {"merged_into": lambda: Member.objects.get()}),
    "members_formeramtid_given_with_reason": (make_former, {"reason": ""}),
    "members_outgoingmail_sender_given": (make_mail, {"sender": ""}),
    "members_outgoingmail_priority_known": (make_mail, {"priority": 4}),
    "members_outgoingmail_written_or_to_be": (make_mail, {"content": ""}),
    "members_bouncingaddress_cleared_by_somebody": (make_bouncing, {"cleared_at": noon(TODAY)}),
    "members_maildelivery_priority_known": (make_delivery, {"priority": 4}),
    "members_maildelivery_sent_or_refused": (make_delivery, {"reason": "no such box"}),
}
COPIES = {
    "members_deathreport_one_stands": (a_report, {}),
    "members_namerequest.stored_name": (a_request, {"member": make_member}),
    "members_namerequest_one_waits": (a_request, {"stored_name": "another"}),
    "members_rosterdifference_once_while_open": (a_difference, {}),
    "members_bouncingaddress.email": (make_bouncing, {}),
    "members_user.email": (make_user, {}),
    "members_member.amt_id": (make_member, {"user": make_user}),
    "members_member.user_id": (make_member, {"amt_id": "another"}),
}


@pytest.mark.parametrize(("name", "row", "changes"), [pytest.param(n, *case, id=n) for n, case in CHANGES.items()])
def test_the_database_refuses_a_row_that_breaks(name: str, row: Any, changes: dict[str, Any]) -> None:
    sound = row()
    with refused_by("members", name):
        changed(sound, changes)


@pytest.mark.parametrize(("name", "row", "changes"), [pytest.param(n, *case, id=n) for n, case in COPIES.items()])
def test_the_database_refuses_a_second_row_that_breaks(name: str, row: Any, changes: dict[str, Any]) -> None:
    sound = row()
    with refused_by("members", name):
        copied(sound, changes)


def test_every_constraint_has_its_try() -> None:
    assert constraints_of("members").keys() == CHANGES.keys() | COPIES.keys()


def test_an_account_is_made_with_its_address_in_lower_case() -> None:
    assert make_user(email=" Ada.Lane@Example.ORG ").email == "ada.lane@example.org"


def test_an_account_without_a_password_lets_nobody_in() -> None:
    assert not make_user().has_usable_password()


def test_a_superuser_may_do_everything() -> None:
    root = User.objects.create_superuser("root@amt.example", "seven blue lanterns")
    assert (root.is_staff, root.is_superuser, root.check_password("seven blue lanterns")) == (True, True, True)


def test_an_account_may_do_what_it_and_its_groups_were_given(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    user, other = make_user(), make_user()
    group = Group.objects.create(name="Desk")
    group.permissions.add(*Permission.objects.filter(codename="view_member"))
    user.groups.add(group)
    user.user_permissions.add(*Permission.objects.filter(codename__in=["view_member", "view_user"]))
    with django_assert_num_queries(1):
        assert user.has_perms(["members.view_member", "members.view_user"])
        assert not user.has_perm("members.change_member")
    assert user.get_all_permissions() == {"members.view_member", "members.view_user"}
    assert not user.has_perm("members.view_member", group), "permissions are not for single records"
    assert not other.has_perm("members.view_member")
    user = User.objects.get(pk=user.pk)
    user.is_active = False
    assert not user.has_perm("members.view_member")


@pytest.mark.parametrize(
    ("words", "found"),
    [
        pytest.param("ada", True, id="start of the first name, in any case"),
        pytest.param("Lan", True, id="start of the last name"),
        pytest.param("lane ada", True, id="both, in any order"),
        pytest.param("00420", True, id="start of the AMT ID"),
        pytest.param("ada@home", True, id="start of the address"),
        pytest.param("ada bell", False, id="one word fits, the other does not"),
        pytest.param("ane", False, id="middle of a name"),
        pytest.param("", True, id="no words: everybody"),
    ],
)
def test_members_are_found_by_the_start_of_every_word(words: str, found: bool) -> None:
    member = make_member(first_name="Ada", last_name="Lane", amt_id="0042017", user=make_user(email="ada@home.example"))
    assert (member in type(member).objects.found_by(words)) is found


@pytest.mark.parametrize(
    ("words", "found"),
    [
        pytest.param("De Witt", True, id="the last name"),
        pytest.param("harold de witt", True, id="the whole name"),
        pytest.param("Harold James De Wi", True, id="both first names"),
        pytest.param("De Harold", True, id="the starts of both"),
        pytest.param("James Witt", True, id="the second words of both"),
    ],
)
def test_a_name_of_several_words_is_found_whole(words: str, found: bool) -> None:
    member = make_member(first_name="Harold James", last_name="De Witt")
    assert (member in type(member).objects.found_by(words)) is found


def test_a_search_uses_its_first_eight_words() -> None:
    """Each word costs the database lookups: 900 words kept it busy for half a minute."""
    members, member = Member.objects, make_member(first_name="Ana", last_name="Lane")
    assert list(members.found_by("ana " * 8 + "nobody " * 900)) == [member]
    assert list(members.found_by("ana " * 7 + "nobody")) == []
    assert str(members.found_by("ana " * 900).query) == str(members.found_by("ana " * 8).query)
