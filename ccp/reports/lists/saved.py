"""Filters that staff keep under a name, for themselves or for all staff."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from amtportal.history.lines import sign
from amtportal.members.models import User
from amtportal.refusals import Refused
from ccp.reports.models import ListName, SavedFilter

MOST = 50
"""So many filters of one list can one person keep."""


def seen_by(user: User, name: ListName) -> Sequence[SavedFilter]:
    """Return the filters of a list that somebody can use: the person's own, and those for all staff."""
    own = Q(owner=user) | Q(is_shared=True)
    return list(SavedFilter.objects.filter(own, list_name=name).select_related("owner").order_by("name", "pk"))


@transaction.atomic
def save(*, owner: User, list_name: ListName, name: str, query: str, shared: bool, at: datetime) -> SavedFilter:
    """Keep a filter. One of the same name of the same person is replaced. Raises ``Refused``."""
    User.objects.select_for_update(no_key=True).get(pk=owner.pk)
    if not name:
        raise Refused("Give the filter a name.", "name")
    if len(query) > 500:
        raise Refused("This filter is too long to keep. Choose fewer conditions.", "name")
    own = SavedFilter.objects.filter(owner=owner, list_name=list_name)
    kept = own.filter(name=name).first()
    if kept is None and own.count() >= MOST:
        raise Refused(f"You keep {MOST} filters of this list already. Delete one first.", "name")
    kept = kept or SavedFilter(owner=owner, list_name=list_name, name=name)
    if kept.pk and (kept.query, kept.is_shared) == (query, shared):
        return kept
    kept.query, kept.is_shared = query, shared
    sign(kept, by=owner, at=at)
    kept.save()
    return kept


@transaction.atomic
def delete(*, key: int, by: User, at: datetime) -> str:
    """Delete one of the person's own filters and return its name; empty if there is none. The history stays."""
    kept = SavedFilter.objects.select_for_update().filter(pk=key, owner=by).first()
    if kept is None:
        return ""
    sign(kept, by=by, at=at)
    kept.delete()
    return kept.name
