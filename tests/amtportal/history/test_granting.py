"""A permission that gets another name: whoever could do it can do it still, and history says so."""

from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command

from amtportal.history import granting
from amtportal.members.models import User
from tests.support.builders import make_user
from tests.support.staff import make_clerk

pytestmark = [pytest.mark.django_db]

OLD = "certifications.add_payment"
NEW = (("record_payment", "Can record a payment"), ("import_payments", "Can import payments"))


def run(*old: str) -> None:
    operation: Any = granting.given_also("certifications", (old, "payment", NEW))
    operation.code(apps, None)


def group_with(*codenames: str) -> Group:
    group = Group.objects.create(name="-".join(codenames))
    group.permissions.set(Permission.objects.filter(codename__in=codenames))
    return group


def may(person: User) -> set[str]:
    person = User.objects.get(pk=person.pk)
    return {codename for codename, _ in NEW if person.has_perm(f"certifications.{codename}")}


def test_groups_and_accounts_get_what_they_could_do_with_a_line_of_history() -> None:
    group, clerk, other, member = (
        group_with("add_payment"),
        make_clerk("add_payment"),
        make_clerk("view_payment"),
        make_user(is_staff=True),
    )
    member.groups.add(group)
    run(OLD)
    run(OLD)
    assert may(clerk) == may(member) == {"record_payment", "import_payments"}
    assert may(other) == set()
    assert not member.user_permissions.exists()
    line: Any = clerk.history.first()  # type: ignore[attr-defined]
    assert line.history_change_reason == granting.REASON
    assert line.user_permissions.count() == 3
    call_command("verify_records")


def test_of_several_old_ones_all_are_needed_from_wherever_they_come() -> None:
    group = group_with("add_payment")
    both, one = make_clerk("change_payment"), make_clerk("change_payment")
    both.groups.add(group)
    run(OLD, "certifications.change_payment")
    assert may(both) == {"record_payment", "import_payments"}
    assert may(one) == set()
    assert group.permissions.count() == 1


def test_a_new_portal_has_no_permissions_yet() -> None:
    run("certifications.pay_nothing")
    assert not User.objects.filter(user_permissions__codename="record_payment").exists()
