"""Issuing the Open Badge of a certification, and the list that says which badges are revoked.

- A certification in force has one badge, however often its member downloads it. The member asks for
  it: nothing is issued by itself.
- A badge is revoked from the moment at which its certification leaves force: when it lapses, retires
  or is revoked. By the standard a revoked badge stays revoked, so a certification that is reinstated
  has another badge, with another subject and another place in a list.
- Places are given at random, so that neighbors in a list have nothing to do with each other. A list
  takes ``MOST_IN_A_LIST`` badges; then the next list begins.
- Which badges are revoked is not stored. It follows from the record of status changes at each request.
"""

import secrets
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from amtportal.members.models import User
from amtportal.refusals import Refused
from ccp.badges.models import LIST_LENGTH, Badge
from certifications.models import Certification, StatusChange

MOST_IN_A_LIST = 8192
"""Enough that nobody is told apart by the list, and few enough that it is made at each request in 60 ms."""
_TRIES = 50


@transaction.atomic
def issue(*, certification: Certification, by: User, at: datetime) -> Badge:
    """Return the badge of a certification in force: the one that it has, or a new one. Raises ``Refused``."""
    locked = Certification.objects.select_for_update().get(pk=certification.pk)
    if locked.status not in Certification.IN_FORCE:
        raise Refused("A certification that is not in force has no badge.")
    if standing := _standing(Badge.objects.filter(certification=locked)).first():
        return standing
    filled = Badge.objects.order_by("-list_number").values("list_number").annotate(number=Count("pk")).first()
    number = filled["list_number"] if filled else 1
    if filled and filled["number"] >= MOST_IN_A_LIST:
        number += 1
    for _try in range(_TRIES):
        try:
            with transaction.atomic():
                return Badge.objects.create(
                    certification=locked,
                    list_number=number,
                    list_index=secrets.randbelow(LIST_LENGTH),
                    issued_at=at,
                    issued_by=by,
                )
        except IntegrityError:  # the place is taken
            continue
    raise RuntimeError(f"No free place was found in status list {number}.")


def revoked(list_number: int) -> list[int]:
    """Return the places of the revoked badges of a list, in their order."""
    badges = Badge.objects.filter(list_number=list_number)
    return sorted(badges.filter(_is_revoked()).values_list("list_index", flat=True))


def has_list(list_number: int) -> bool:
    """Return whether the list exists. The first one is there before any badge is."""
    return list_number == 1 or Badge.objects.filter(list_number=list_number).exists()


def _standing(badges: QuerySet[Badge]) -> QuerySet[Badge]:
    return badges.exclude(_is_revoked()).order_by("-pk")


def _is_revoked() -> Q:
    """Return the condition of a revoked badge: its certification is not in force, or was not since."""
    out_of_force = [status for status in Certification.Status if status not in Certification.IN_FORCE]
    left = StatusChange.objects.filter(
        certification=OuterRef("certification"), after__in=out_of_force, changed_at__gte=OuterRef("issued_at")
    )
    return Q(certification__status__in=out_of_force) | Q(Exists(left))
