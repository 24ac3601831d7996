"""Lines that a migration writes for rows whose history an earlier release left out."""

from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.models import Group, Permission
from simple_history.utils import bulk_update_with_history

from amtportal.history import comparison, shipped
from amtportal.members.models import User
from ccp.models import ActivityType
from certifications.models import Credential
from tests.support.builders import make_user
from tests.support.history import behind_the_triggers

pytestmark = pytest.mark.django_db


def differences() -> list[str]:
    return [str(difference) for difference in comparison.compare(comparison.ComparisonTally())]


def write_lines(model: Any, *related: str, changed_too: bool = False) -> None:
    kept = {name: model.history_of.m2m_models[model._meta.get_field(name)] for name in related}
    shipped.write_missing_lines(model, comparison.history_model(model), kept=kept, changed_too=changed_too)


def test_a_row_without_history_gets_its_first_line() -> None:
    user = make_user()
    address = EmailAddress.objects.bulk_create([EmailAddress(user=user, email=user.email, primary=True)])[0]
    assert differences() == [f"account_emailaddress {address.pk}: has no history"]
    write_lines(EmailAddress, changed_too=True)
    assert differences() == []
    line = address.history.get()
    assert (line.history_type, line.history_user, line.history_change_reason) == ("+", None, shipped.LEFT_OUT)
    write_lines(EmailAddress, changed_too=True)
    assert address.history.count() == 1


def test_a_row_that_was_changed_without_a_line_gets_one_only_where_it_is_asked_for() -> None:
    user = make_user()
    address = EmailAddress.objects.create(user=user, email=user.email, primary=True)
    EmailAddress.objects.update(verified=True)
    write_lines(EmailAddress)
    assert len(differences()) == 1
    write_lines(EmailAddress, changed_too=True)
    assert differences() == []
    assert [line.history_type for line in address.history.order_by("history_id")] == ["+", "~"]


def test_groups_and_permissions_that_no_line_knows_get_one() -> None:
    user, desk = make_user(), Group.objects.create(name="Desk")
    user.groups.add(desk)
    user.user_permissions.add(*Permission.objects.all()[:2])
    desk.permissions.add(*Permission.objects.all()[:3])
    kind = ActivityType.objects.all()[0]
    kind.credentials.set(Credential.objects.all()[:2])
    with behind_the_triggers():
        for model in (User, Group, ActivityType):
            for kept in comparison.history_model(model)._history_m2m_fields:  # type: ignore[attr-defined]
                model.history_of.m2m_models[kept].objects.all().delete()  # type: ignore[attr-defined]
    assert len(differences()) == 3 + Group.objects.count(), "the account twice, each group, and the type"
    write_lines(User, "groups", "user_permissions")
    write_lines(Group, "permissions")
    write_lines(ActivityType, "credentials")
    assert differences() == []
    assert user.history.latest().groups.count() == 1
    assert user.history.latest().user_permissions.count() == 2


def test_lines_written_in_bulk_know_the_groups_too() -> None:
    """A roster that changes the address of an account writes its line in bulk."""
    user, other, desk = make_user(), make_user(), Group.objects.create(name="Desk")
    user.groups.add(desk)
    user.email = "new@example.org"
    bulk_update_with_history([other, user], User, ["email"])
    assert [row.group for row in user.history.latest().groups.all()] == [desk]
    assert differences() == []
