"""Who of staff may change whose name and address."""

import pytest

from amtportal.members import details, name_requests, rights
from amtportal.members.models import Detail, Member, User
from amtportal.refusals import Refused
from tests.support.builders import TODAY, client_of, make_member, make_user, noon
from tests.support.details import make_difference, make_name_request
from tests.support.staff import make_clerk, page, submit

pytestmark = pytest.mark.django_db

AT = noon(TODAY)


@pytest.mark.parametrize(
    ("theirs", "mine", "superuser", "possible"),
    [
        pytest.param(set(), set(), False, True, id="a member"),
        pytest.param({"a"}, {"a"}, False, True, id="the same rights"),
        pytest.param({"a"}, {"a", "b"}, False, True, id="fewer rights"),
        pytest.param({"a", "b"}, {"a"}, False, False, id="more rights"),
        pytest.param({"b"}, {"a"}, False, False, id="other rights"),
        pytest.param({"everything"}, set(), True, True, id="a superuser by another one"),
        pytest.param({"everything"}, {"a"}, False, False, id="a superuser by a clerk"),
    ],
)
def test_the_rule(theirs: set[str], mine: set[str], superuser: bool, possible: bool) -> None:
    asked = {"theirs": frozenset(theirs), "mine": frozenset(mine), "superuser": superuser}
    assert rights.may_change_person(is_self=False, **asked) == ("" if possible else rights.MORE)
    assert rights.may_change_person(is_self=True, **asked) == rights.OWN


def test_it_asks_the_accounts() -> None:
    clerk, more = make_clerk("view_member"), make_clerk("view_member", "change_member")
    root = User.objects.create_superuser("root@amt.example")
    other_root = User.objects.create_superuser("root2@amt.example")
    assert rights.why_not(person=None, by=clerk) == ""
    assert rights.why_not(person=make_user(), by=clerk) == ""
    assert rights.why_not(person=clerk, by=clerk) == rights.OWN
    assert rights.why_not(person=more, by=clerk) == rights.MORE
    assert rights.why_not(person=clerk, by=more) == ""
    assert rights.why_not(person=root, by=more) == rights.MORE
    assert rights.why_not(person=root, by=other_root) == ""
    assert rights.why_not(person=root, by=root) == rights.OWN


def test_nobody_answers_their_own_request_or_that_of_somebody_with_more_rights() -> None:
    clerk = make_clerk("view_namerequest", "answer_namerequest")
    for person, says in ((clerk, "your own record"), (make_clerk("view_member"), "something that you may not")):
        request = make_name_request(make_member(user=person))
        for answer in (name_requests.accept, name_requests.decline):
            with pytest.raises(Refused, match=says):
                answer(request=request, answer="So.", by=clerk, at=AT)
        request.refresh_from_db()
        assert request.state == "waiting"


def test_the_roster_is_not_followed_in_ones_own_name() -> None:
    clerk = make_clerk("view_member")
    difference = make_difference(
        make_member(user=clerk), detail=Detail.NAME, roster_says={"first_name": "Another", "last_name": "Name"}
    )
    with pytest.raises(Refused, match="your own record"):
        details.follow_roster(difference=difference, reason="So.", by=clerk, at=AT)


@pytest.mark.ignore_template_errors
@pytest.mark.usefixtures("on_today")
def test_the_form_of_a_member_keeps_to_it_and_keeps_what_was_typed() -> None:
    clerk = make_clerk("view_member", "change_member")
    own, other = make_member(user=clerk), make_member(user=make_clerk("view_cycle"))
    member = make_member()
    desk = client_of(clerk)
    for person, says in ((own, rights.OWN), (other, rights.MORE)):
        answer = submit(desk, page(Member, "change", person.pk), first_name="Another")
        assert says in answer.text
        assert 'value="Another"' in answer.text
        assert Member.objects.get(pk=person.pk).first_name == "Ada"
    submit(desk, page(Member, "change", own.pk), city="Rosemont")
    assert Member.objects.get(pk=own.pk).city == "Rosemont"
    submit(desk, page(Member, "change", member.pk), first_name="Another")
    assert Member.objects.get(pk=member.pk).first_name == "Another"


@pytest.mark.ignore_template_errors
@pytest.mark.usefixtures("on_today")
def test_a_superuser_does_not_move_the_own_address_on_the_page_of_the_account() -> None:
    root, other = (User.objects.create_superuser(f"root{number}@amt.example") for number in (1, 2))
    desk = client_of(root)
    answer = submit(desk, page(User, "change", root.pk), email="elsewhere@amt.example")
    assert rights.OWN in answer.text
    submit(desk, page(User, "change", other.pk), email="elsewhere@amt.example")
    assert set(User.objects.values_list("email", flat=True)) == {"root1@amt.example", "elsewhere@amt.example"}
