"""Who of staff may change whose name and address.

| the person | who may |
| --- | --- |
| oneself | nobody: the member asks, or uses the Account page, like everybody |
| a member | whoever has the right to do it |
| staff | whoever has, besides, every right that the person has |
| a superuser | another superuser |

So nobody makes a name for themselves, and nobody takes over an account that may do more than theirs by
a name or an address that is not its owner's.
"""

from amtportal.members.models import User

OWN = "This is your own record. Somebody else on the staff has to decide about it."
MORE = (
    "This person is on the staff and may do something that you may not. Somebody with at least the same rights has to "
    "decide about it."
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
