"""Tallies: how often something happened lately, counted where every process counts.

A tally has a key, a number and the time until which it holds. Each change of it is one statement,
so that counts that come at the same moment are all counted, and nobody waits for anybody. The
database does it, because a tally of wrong passwords must not be lost with a cache.

- A new tally begins at 1 and holds for the given seconds. When it is over, the next count begins at
  1 again.
- A tally that is ``reserve``d counts nothing: it holds until the last of those who wait in line is
  through.
- A tally that ``restarts`` holds for the given seconds after its last count, up to the ``most``.
  There are then never more than ``most`` within these seconds, whichever moment they start at.

Times are seconds since 1970. The keys are digests: an address or a name cannot be read from them.
"""

import hashlib
import time
from dataclasses import dataclass

from django.db import connection

from amtportal.members.models import Tally

CLEARED_EVERY = 3600
"""Seconds after which a process removes the tallies that are over."""
_COUNT = """
    INSERT INTO members_tally ("key", "number", "until") VALUES (%s, 1, %s)
    ON CONFLICT ("key") DO UPDATE SET
        "number" = CASE WHEN members_tally."until" <= %s THEN 1 ELSE members_tally."number" + 1 END,
        "until" = CASE WHEN members_tally."until" <= %s OR members_tally."number" < %s
                  THEN excluded."until" ELSE members_tally."until" END
    RETURNING "number", "until"
"""
_RESERVE = """
    INSERT INTO members_tally ("key", "number", "until") VALUES (%s, 1, %s)
    ON CONFLICT ("key") DO UPDATE SET
        "until" = CASE WHEN members_tally."until" < %s THEN excluded."until" ELSE members_tally."until" + %s END
    RETURNING "until"
"""
_next_clearing = time.monotonic() + CLEARED_EVERY


@dataclass(frozen=True)
class Reading:
    """The number of a tally, and the seconds for which it still holds."""

    number: int
    seconds: float


NOTHING = Reading(0, 0.0)


def digest(*parts: object) -> str:
    """Return the key for what is counted."""
    return hashlib.sha256("\0".join(map(str, parts)).encode()).hexdigest()


def count(key: str, *, seconds: float, restarts: bool = False, most: int = 2**31 - 1) -> Reading:
    """Count one more. Return the tally after it."""
    now = time.time()
    _clear(now)
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [key, now + seconds, now, now, most if restarts else 0])
        number, until = cursor.fetchone()
    return Reading(number, until - now)


def read(key: str) -> Reading:
    """Return the tally without counting."""
    now = time.time()
    found = Tally.objects.filter(pk=key, until__gt=now).first()
    return Reading(found.number, found.until - now) if found else NOTHING


def reserve(key: str, *, seconds: float) -> float:
    """Reserve this many seconds behind all that others have reserved. Return how long it is until they begin."""
    now = time.time()
    with connection.cursor() as cursor:
        cursor.execute(_RESERVE, [key, now + seconds, now, seconds])
        (until,) = cursor.fetchone()
    return max(until - seconds - now, 0.0)


def take_back(key: str) -> None:
    """Take one count back, if there is one."""
    with connection.cursor() as cursor:
        cursor.execute('UPDATE members_tally SET "number" = "number" - 1 WHERE "key" = %s AND "number" > 0', [key])


def forget(key: str) -> None:
    """End the tally."""
    Tally.objects.filter(pk=key).delete()


def _clear(now: float) -> None:
    global _next_clearing
    if time.monotonic() >= _next_clearing:
        _next_clearing = time.monotonic() + CLEARED_EVERY
        Tally.objects.filter(until__lte=now).delete()
