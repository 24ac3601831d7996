"""Who of staff may change whose name and address.

| the person | who may |
| --- | --- |
| oneself | nobody: the member asks, or uses the Account page, like everybody |
| a member | whoever has the right to do it |
| staff | whoever has, besides, every right that the person has |
| a superuser | another superuser |

Roles are given by whoever may give roles (``members.give_roles``) and has every right that the account
had or gets; nobody gives a role to themselves. A superuser may give everything.

So nobody makes a name for themselves, and nobody takes over an account that may do more than theirs by
a name or an address that is not its owner's.
"""

from collections.abc import Iterable

from django.contrib.auth.models import Group, Permission
from django.db.models import Q

from amtportal.members.models import User

OWN = "This is your own record. Somebody else on the staff has to decide about it."
MORE = (
    "This person is on the staff and may do something that you may not. Somebody with at least the same rights has to "
    "decide about it."
)

GIVES_MORE = (
    "This person has, or would get, a right that you do not have yourself. Somebody with at least the same rights has "
    "to decide about it."
)


def may_change_person(*, is_self: bool, theirs: frozenset[str], mine: frozenset[str], superuser: bool) -> str:
    """Return why the person cannot be changed; empty if that is possible.

    ``theirs``: what the person may do, empty for a member; ``mine``: what whoever acts may do.
    ``superuser``: whoever acts may do everything.
    """
    if is_self:
        return OWN
    if superuser or theirs <= mine:
        return ""
    return MORE


def why_not(*, person: User | None, by: User) -> str:
    """Return why this person's name and address cannot be changed by whoever acts; empty if they can."""
    if person is None:
        return ""
    theirs: frozenset[str] = frozenset()
    if person.is_superuser:
        theirs = frozenset({"everything"})
    elif person.is_staff and not by.is_superuser:
        theirs = frozenset(person.get_all_permissions())
    mine = frozenset(by.get_all_permissions()) if theirs and not by.is_superuser else frozenset()
    return may_change_person(is_self=person.pk == by.pk, theirs=theirs, mine=mine, superuser=by.is_superuser)


def why_not_given(*, person: User, groups: Iterable[Group], by: User) -> str:
    """Return why whoever acts cannot change what this person may do; empty if they can.

    ``groups``: those of the person before and after. What an account may do counts even while it is
    inactive or not of the staff, because a change can open it.
    """
    if by.is_superuser:
        return ""
    if person.pk is not None and person.pk == by.pk:
        return OWN
    if person.is_superuser:
        return GIVES_MORE
    of_groups = Q(group__in=[group.pk for group in groups])
    own = Q(user=person) if person.pk is not None else Q(pk__in=[])
    found = Permission.objects.filter(of_groups | own).order_by().values_list("content_type__app_label", "codename")
    theirs = {f"{app}.{codename}" for app, codename in found}
    return "" if theirs <= by.get_all_permissions() else GIVES_MORE
