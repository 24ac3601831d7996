"""What a member recorded earlier, as a help with the next form.

"Record another like this" takes over what is the same the next time: the activity type, the title, the provider, and
how many units or points. Never the days, and never the attestation.
"""

from collections.abc import Collection
from typing import Any

from django.db.models import Max

from amtportal.members.models import Member
from ccp.models import Activity, ActivityType

MOST_PROVIDERS = 20


def like(activity: Activity, activity_types: Collection[ActivityType]) -> dict[str, Any]:
    """The values of another entry like this one. ``activity_types``: the activity types that can be chosen today."""
    worth = {"points": activity.points} if activity.quantity is None else {"quantity": activity.quantity}
    activity_type = {"activity_type": activity.activity_type} if activity.activity_type in activity_types else {}
    return {"title": activity.title, "provider": activity.provider, **worth, **activity_type}


def providers(member: Member) -> list[str]:
    """The providers of the member's entries, the one recorded last first; one query."""
    named = Activity.objects.for_member(member).exclude(provider="").values("provider")
    latest = named.annotate(latest=Max("recorded_at")).order_by("-latest", "provider")
    return [found["provider"] for found in latest[:MOST_PROVIDERS]]
