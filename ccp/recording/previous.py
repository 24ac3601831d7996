"""Values from earlier entries of a member, which help to fill in the next form.

"Record another like this" copies what is usually the same the next time: the activity type, the
title, the provider, and the number of units or points. It never copies the days or the attestation.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db.models import Max, QuerySet

from amtportal.members.models import Member
from amtportal.prepared import prepared
from ccp.models import Activity, ActivityType

MOST_PROVIDERS = 20


def like(activity: Activity, activity_types: Collection[ActivityType]) -> dict[str, Any]:
    """Return the values for another entry like this one.

    ``activity_types`` are the activity types that can be chosen today.
    """
    worth = {"points": activity.points} if activity.quantity is None else {"quantity": activity.quantity}
    activity_type = {"activity_type": activity.activity_type} if activity.activity_type in activity_types else {}
    return {"title": activity.title, "provider": activity.provider, **worth, **activity_type}


def providers(member: Member) -> list[str]:
    """Return the providers of the member's entries, the most recently recorded first; one query."""
    return [provider for provider, _ in _latest(member.pk)]


@prepared
def _latest(member: int) -> QuerySet[Activity, tuple[str, datetime]]:
    named = Activity.objects.filter(member=member).exclude(provider="").values_list("provider")
    return named.annotate(latest=Max("recorded_at")).order_by("-latest", "provider")[:MOST_PROVIDERS]
