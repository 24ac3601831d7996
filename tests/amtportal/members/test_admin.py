"""Accounts and members in the admin."""

from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.models import Group, Permission
from django.test import Client
from django.urls import reverse

from amtportal.members.models import Member, User
from amtportal.staff import changelists
from certifications.models import Certification
from tests.support.builders import client_of, make_certification, make_member, make_user
from tests.support.staff import found, make_clerk, page, submit

pytestmark = [pytest.mark.django_db, pytest.mark.ignore_template_errors]


@pytest.fixture
def root() -> Client:
    """Return a superuser's browser."""
    return client_of(make_user(email="root@amt.example", is_staff=True, is_superuser=True))


@pytest.fixture
def ann() -> Member:
    """Ann O'Neil, AMT ID 7001234, ann@example.org."""
    make_member(first_name="Bob", last_name="Stone")
    return make_member(user=make_user(email="ann@example.org"), amt_id="7001234", first_name="Ann", last_name="O'Neil")


@pytest.mark.parametrize("words", ["ann", "O'Neil", "o'n ann", "ANN@example.org", "7001234", " 7001 "])
def test_member_is_found_by_name_address_and_amt_id(root: Client, ann: Member, words: str) -> None:
    EmailAddress.objects.create(user=ann.user, email="ann@example.org")
    assert found(root, Member, q=words) == [ann]
    assert found(root, User, q=words) == [ann.user]
    assert [address.user for address in found(root, EmailAddress, q=words)] == [ann.user]


def test_member_is_not_found_by_half_of_the_words(root: Client, ann: Member) -> None:
    assert found(root, Member, q="ann stone") == []


@pytest.mark.parametrize("model", [Member, User, EmailAddress, Certification], ids=lambda model: model.__name__)
def test_search_that_fits_too_many_asks_for_more_words(
    root: Client, ann: Member, model: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changelists, "BOUND", 0)
    response = root.get(page(model), {"q": "ann"})
    assert list(response.context["cl"].result_list) == []
    assert "Add a word" in response.text


@pytest.mark.parametrize("model", [Member, Certification], ids=lambda model: model.__name__)
def test_more_people_than_anybody_reads_are_not_searched_for(
    root: Client, ann: Member, model: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("amtportal.staff.pages.MOST_PEOPLE", 0)
    answer = root.get(page(model), {"q": "ann"})
    assert "More than 0 fit “ann”. Add a word, such as the last name, or search by AMT ID." in answer.text
    assert list(answer.context["cl"].result_list) == []


@pytest.mark.parametrize("model", [User, EmailAddress], ids=lambda model: model.__name__)
def test_a_part_of_too_many_people_never_passes_for_all_of_them(
    root: Client, ann: Member, model: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two people are called Ann, one of them without an account; the search may find one."""
    Member.objects.create(amt_id="7009999", first_name="Ann", last_name="Reed")
    monkeypatch.setattr("amtportal.members.admin.MOST_PEOPLE", 1)
    monkeypatch.setattr("amtportal.members.models.MOST_FOUND", 2)
    answer = root.get(page(model), {"q": "ann"})
    assert "More than 1 fit “ann”." in answer.text
    assert list(answer.context["cl"].result_list) == []


@pytest.mark.parametrize("model", [Member, User, EmailAddress, Certification], ids=lambda model: model.__name__)
def test_a_search_by_too_many_words_tells_how_many_were_used(root: Client, ann: Member, model: Any) -> None:
    told = "Only the first 8 words were used in this search."
    assert told not in root.get(page(model), {"q": "ann " * 8}).text
    assert told in root.get(page(model), {"q": "ann " * 900}).text
    assert found(root, Member, q="ann " * 8 + "nobody") == [ann]


def test_staff_without_an_amt_id_are_found_by_address(root: Client) -> None:
    assert [user.email for user in found(root, User, q="root@")] == ["root@amt.example"]


def test_new_account_has_no_password_and_a_lower_case_address(root: Client) -> None:
    root.post(page(User, "add"), {"email": " Nina@AMT.example", "is_staff": "on"})
    user = User.objects.get(email="nina@amt.example")
    assert user.is_staff
    assert not user.has_usable_password()


def test_address_of_another_account_is_refused(root: Client, ann: Member) -> None:
    response = root.post(page(User, "add"), {"email": "ANN@example.org"})
    assert "already exists" in response.text


def test_nobody_sees_or_sets_a_password(root: Client, ann: Member) -> None:
    assert "pbkdf2" not in root.get(page(User, "change", ann.user_id)).text
    assert root.get(f"/admin/members/user/{ann.user_id}/password/").status_code in (302, 404)
    assert root.get(page(User), {"password__startswith": "m"}).status_code == 400


def test_new_address_takes_back_what_was_proved_of_the_old_one(root: Client, ann: Member) -> None:
    EmailAddress.objects.create(user=ann.user, email="ann@example.org", verified=True, primary=True)
    change = page(User, "change", ann.user_id)
    root.post(change, {"email": "ann.oneil@example.org", "is_active": "on"})
    ann.user.refresh_from_db()
    assert ann.user.email == "ann.oneil@example.org"
    assert not EmailAddress.objects.filter(user=ann.user).exists()


def test_clerk_who_changes_accounts_gives_no_rights(ann: Member) -> None:
    clerk = client_of(make_clerk("view_user", "change_user", "add_user"))
    rights = {"email": "ann@example.org", "is_active": "on", "is_staff": "on", "is_superuser": "on"}
    clerk.post(page(User, "change", ann.user_id), rights)
    ann.user.refresh_from_db()
    assert (ann.user.is_staff, ann.user.is_superuser) == (False, False)
    clerk.post(page(User, "add"), {**rights, "email": "new@example.org"})
    assert not User.objects.get(email="new@example.org").is_staff


GROUPS = ("view_group", "add_group", "change_group", "delete_group", "view_user", "add_user", "change_user")


def test_clerk_changes_no_group_whatever_permissions_they_have() -> None:
    """Who edits the group that they are in could give themselves every right."""
    clerk = make_clerk(*GROUPS)
    known = Group.objects.count()
    group = Group.objects.create(name="Desk")
    clerk.groups.add(group)
    every = [str(key) for key in Permission.objects.values_list("pk", flat=True)]
    client = client_of(clerk)
    assert client.get(page(Group)).status_code == client.get(page(Group, "change", group.pk)).status_code == 200
    for address, typed in (
        (page(Group, "change", group.pk), {"name": "Desk", "permissions": every}),
        (page(Group, "add"), {"name": "New", "permissions": every}),
        (page(Group, "delete", group.pk), {"post": "yes"}),
        (page(User, "change", clerk.pk), {"email": clerk.email, "is_active": "on", "groups": [group.pk]}),
    ):
        assert client.post(address, typed).status_code == 403, address
    client.post(page(Group), {"action": "delete_selected", "_selected_action": [group.pk], "post": "yes"})
    assert Group.objects.count() == known + 1
    assert not Group.objects.get(name="Desk").permissions.exists()
    assert not User.objects.get(pk=clerk.pk).has_perm("ccp.void_entry")


def test_clerk_puts_nobody_into_a_group(ann: Member) -> None:
    """Not even an account that is not staff yet, and may become it."""
    group = Group.objects.create(name="Desk")
    right = str(Permission.objects.all()[0].pk)
    rights = {"email": "ann@example.org", "is_active": "on", "groups": [group.pk], "user_permissions": [right]}
    client = client_of(make_clerk(*GROUPS))
    assert client.post(page(User, "change", ann.user_id), rights).status_code == 302
    client.post(page(User, "add"), {**rights, "email": "new@example.org"})
    assert User.objects.filter(email="new@example.org").exists()
    assert not User.groups.through.objects.exists()
    assert not User.user_permissions.through.objects.exclude(user__is_staff=True).exists()


def test_superuser_changes_groups_and_who_is_in_them(root: Client, ann: Member) -> None:
    given = Permission.objects.get(codename="view_member")
    root.post(page(Group, "add"), {"name": "Desk", "permissions": [given.pk]})
    group = Group.objects.get(name="Desk", permissions=given)
    root.post(page(User, "change", ann.user_id), {"email": "ann@example.org", "is_active": "on", "groups": [group.pk]})
    assert list(group.user_set.all()) == [ann.user]
    assert "change_group" not in root.get(page(User, "change", ann.user_id)).text, "a permission that gives nothing"
    root.post(page(Group, "delete", group.pk), {"post": "yes"})
    assert not Group.objects.filter(name="Desk").exists()


def test_clerk_cannot_change_accounts_of_staff() -> None:
    """A new address on a superuser's account, and a password reset, would promote the clerk."""
    boss = make_user(email="boss@amt.example", is_staff=True, is_superuser=True)
    clerk = client_of(make_clerk("view_user", "change_user"))
    address = page(User, "change", boss.pk)
    assert clerk.get(address).status_code == 200
    assert clerk.post(address, {"email": "mine@example.org", "is_active": "on"}).status_code == 403


def test_accounts_member_is_one_click_away(root: Client, ann: Member) -> None:
    text = root.get(page(User, "change", ann.user_id)).text
    assert page(Member, "change", ann.pk) in text


def test_contact_data_can_be_changed_but_not_who_the_member_is(root: Client, ann: Member) -> None:
    other = make_user()
    submit(
        root,
        page(Member, "change", ann.pk),
        first_name="Anne",
        city="Ōita",
        user=str(other.pk),
        amt_id="1",
    )
    changed = Member.objects.get(pk=ann.pk)
    assert (changed.first_name, changed.city) == ("Anne", "Ōita")
    assert (changed.user_id, changed.amt_id) == (ann.user_id, "7001234")
    assert changed.history.first().history_user.email == "root@amt.example"


def test_member_is_added_for_an_account(root: Client) -> None:
    user = make_user()
    root.post(
        page(Member, "add"),
        {"user": user.pk, "amt_id": "7009999", "first_name": "Zoë", "last_name": "Li"},
    )
    assert Member.objects.get(amt_id="7009999").user == user


def test_a_number_that_a_spreadsheet_changed_is_not_added(root: Client) -> None:
    account = make_user(email="bob@example.org")
    typed = {"user": account.pk, "amt_id": "7700044.0", "first_name": "Bob", "last_name": "Stone"}
    assert "A spreadsheet changed it to “7700044.0”." in root.post(page(Member, "add"), typed).text
    assert not Member.objects.filter(user=account).exists()


def test_account_is_chosen_by_typing_not_from_a_menu_of_all(root: Client) -> None:
    make_user(email="hidden@example.org")
    assert "hidden@example.org" not in root.get(page(Member, "add")).text
    query = {"app_label": "members", "model_name": "member", "field_name": "user", "term": "hidden"}
    results = root.get(reverse("admin:autocomplete"), query).json()["results"]
    assert root.get(reverse("admin:autocomplete"), {**query, "term": "hid\0den"}).json()["results"] == []
    assert [result["text"] for result in results] == ["hidden@example.org"]


def test_member_shows_the_certifications_held(root: Client, ann: Member) -> None:
    certification = make_certification(ann, certificate_number="RMA-77")
    text = root.get(page(Member, "change", ann.pk)).text
    assert "RMA-77" in text
    assert page(Certification, "change", certification.pk) in text
