"""Roles: each permission has its place in the table, the groups follow it, and the docs say what it says."""

import os
import re
from pathlib import Path

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command

from amtportal.members.models import User
from amtportal.staff import ready_made, roles
from amtportal.staff.roles import ALLOWED, Role, permissions_of
from amtportal.staff.roles_page import role_page
from tests.support.builders import client_of, make_user
from tests.support.staff import BY_HAND, DEEDS, VIEW, make_clerk, page, submit

DOCS = Path(__file__).resolve().parents[3] / "docs" / "roles.md"

pytestmark = pytest.mark.any_database


# The table


def test_every_permission_has_a_role_or_is_named_as_for_nobody() -> None:
    wrong = []
    for model in apps.get_models():
        meta = model._meta
        for codename in [*(f"{each}_{meta.model_name}" for each in meta.default_permissions), *dict(meta.permissions)]:
            has_role = f"{meta.app_label}.{codename}" in ALLOWED
            if has_role == roles.is_for_nobody(meta.app_label, str(meta.model_name), codename):
                wrong.append(f"{meta.app_label}.{codename}")
    assert wrong == []


def test_what_is_written_by_hand_is_what_the_pages_let_write() -> None:
    by_hand = {f"{model.replace('_', f'.{action}_', 1)}" for model, actions in BY_HAND.items() for action in actions}
    defaults = {
        f"{meta.app_label}.{action}_{meta.model_name}"
        for meta in (model._meta for model in apps.get_models())
        for action in meta.default_permissions
    }
    assert by_hand == defaults & ALLOWED.keys()


def test_each_verb_asks_for_a_permission_of_its_own() -> None:
    generic = {each for each in DEEDS.values() if each.partition(".")[2].startswith(("add_", "change_", "delete_"))}
    assert generic - {"members.change_amt_id", "certifications.change_status"} == set()


def test_templates_ask_for_permissions_that_somebody_has() -> None:
    templates = Path(__file__).resolve().parents[3] / "templates"
    asked = {name for path in templates.rglob("*.html") for name in re.findall(r"perms\.(\w+\.\w+)", path.read_text())}
    assert len(asked) > 5
    assert asked <= ALLOWED.keys()


def test_the_auditor_reads_all_and_changes_nothing_and_the_administrator_may_do_everything() -> None:
    views = {f"{model.replace('_', f'.{VIEW}_', 1)}" for model in BY_HAND}
    assert permissions_of(Role.AUDITOR) == views | {"reports.view_lists", "reports.view_reports"}
    assert permissions_of(Role.ADMINISTRATOR) == ALLOWED.keys()


def test_the_docs_say_what_the_table_says() -> None:
    """``WRITE_ROLES=1 .venv/bin/python -m pytest tests/amtportal/staff/test_roles.py`` writes the file."""
    if os.environ.get("WRITE_ROLES"):
        DOCS.write_text(role_page())
    assert DOCS.read_text() == role_page()


# The groups


def given(role: Role) -> set[str]:
    return {
        f"{app}.{codename}"
        for app, codename in Group.objects.get(name=role).permissions.values_list("content_type__app_label", "codename")
    }


@pytest.mark.django_db
@pytest.mark.parametrize("role", Role)
def test_a_group_is_there_for_each_role(role: Role) -> None:
    assert given(role) == permissions_of(role)


@pytest.mark.django_db
def test_a_group_keeps_what_staff_made_of_it_and_gets_only_what_is_new(monkeypatch: pytest.MonkeyPatch) -> None:
    finance = Group.objects.get(name=Role.FINANCE)
    finance.permissions.remove(Permission.objects.get(codename="give_refund"))
    finance.permissions.add(Permission.objects.get(codename="void_entry"))
    Group.objects.get(name=Role.AUDIT_BOARD).delete()
    reviewers = Group.objects.get(name=Role.REVIEWER)
    reviewers.name = "Reviewing committee"
    reviewers.save()
    new = "members.merge_members"
    monkeypatch.setitem(ALLOWED, new, ALLOWED[new] | {Role.FINANCE})
    ready_made.keep_up()
    ready_made.keep_up()
    assert given(Role.FINANCE) == (permissions_of(Role.FINANCE) - {"payments.give_refund"}) | {"ccp.void_entry"}
    assert not Group.objects.filter(name__in=(Role.AUDIT_BOARD, Role.REVIEWER)).exists()
    assert finance.history.first().history_change_reason == "Came with the portal"  # type: ignore[attr-defined]
    call_command("verify_records")


@pytest.mark.django_db
def test_a_group_that_staff_made_under_the_name_of_a_role_gets_nothing() -> None:
    Group.objects.get(name=Role.AUDITOR).delete()
    Group.objects.create(name=Role.AUDITOR)
    ready_made.keep_up()
    assert given(Role.AUDITOR) == set()


# Who gives roles


def in_role(role: Role, **fields: object) -> User:
    user = make_user(is_staff=True, **fields)
    user.groups.add(Group.objects.get(name=role))
    return user


def put(by: User, person: User, *names: str) -> int:
    """Let somebody of the staff put a person into these groups, as the form of the account does."""
    groups = [str(group.pk) for group in Group.objects.filter(name__in=names)]
    typed = {"email": person.email, "is_active": "on", "is_staff": "on", "groups": groups, "_save": "Save"}
    return client_of(by).post(page(User, "change", person.pk), typed).status_code


@pytest.mark.django_db
def test_an_administrator_gives_roles_and_takes_them_away() -> None:
    administrator, person = in_role(Role.ADMINISTRATOR), make_user()
    assert put(administrator, person, Role.FINANCE) == 302
    assert list(person.groups.values_list("name", flat=True)) == [Role.FINANCE]
    assert User.objects.get(pk=person.pk).is_staff
    assert put(administrator, person) == 302
    assert not person.groups.exists()


@pytest.mark.django_db
def test_nobody_gives_a_role_to_themselves_or_more_than_they_have() -> None:
    administrator, superuser = in_role(Role.ADMINISTRATOR), make_user(is_staff=True, is_superuser=True)
    assert put(administrator, administrator, Role.FINANCE) == 403
    assert put(administrator, superuser, Role.FINANCE) == 403
    few, person = make_clerk("view_user", "change_user", "give_roles"), make_user()
    answer = submit(client_of(few), page(User, "change", person.pk), is_staff="on", groups=_keys(Role.FINANCE))
    assert "a right that you do not have yourself" in answer.text
    assert not person.groups.exists()
    assert not User.objects.get(pk=person.pk).is_staff
    assert put(few, in_role(Role.FINANCE)) == 403


@pytest.mark.django_db
@pytest.mark.parametrize("role", [role for role in Role if role != Role.ADMINISTRATOR])
def test_only_administrators_give_roles(role: Role) -> None:
    clerk, person = in_role(role), make_user()
    put(clerk, person, Role.FRONT_DESK)
    assert not person.groups.exists()
    assert not User.objects.get(pk=person.pk).is_staff


@pytest.mark.django_db
def test_an_administrator_makes_no_superuser_and_gives_no_single_permission() -> None:
    administrator, person = in_role(Role.ADMINISTRATOR), make_user()
    some = Permission.objects.get(codename="void_entry").pk
    typed = {"is_superuser": "on", "user_permissions": str(some)}
    submit(client_of(administrator), page(User, "change", person.pk), **typed)
    assert not User.objects.get(pk=person.pk).is_superuser
    assert not person.user_permissions.exists()


def _keys(role: Role) -> str:
    return str(Group.objects.get(name=role).pk)
