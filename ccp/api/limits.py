"""How often a key may ask, by what it asks. Above a limit the answer says how long to wait."""

from math import ceil

from amtportal.members import tallies
from ccp.api.models import Key
from ccp.api.problems import ProblemError

MINUTE, HOUR = 60, 3600
MOST = {"credits": 300, "batch": 20, "match": 60, "standing": 60, "consent": 60}
"""Requests of a key in a minute."""
MOST_ABOUT_ONE = 10
"""How often a key may ask about the same AMT ID in an hour, so that no name can be guessed."""


def hold(key: Key, what: str, *, about: str = "") -> None:
    """Count a request of the key. Raises ``ProblemError`` above the limit.

    ``about``: the AMT ID, if the request could be a guess.
    """
    _count(key.pk, what, most=MOST[what], seconds=MINUTE)
    if about:
        _count(key.pk, what, about, most=MOST_ABOUT_ONE, seconds=HOUR)


def _count(*parts: object, most: int, seconds: int) -> None:
    tally = tallies.count(tallies.digest("api", *parts), seconds=seconds)
    if tally.number > most:
        wait = max(1, ceil(tally.seconds))
        raise ProblemError(
            "too-many",
            f"This key has asked {most:,} times, which is the most for now. Wait {wait} seconds.",
            headers={"Retry-After": str(wait)},
        )
