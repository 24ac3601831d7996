"""How much a member is at risk of losing a certification, as a number, and why, in words.

A running cycle is at risk if its end is near and something is open: points are missing and CCP is
mandatory, or a fee is to be paid. Each of six things has a weight, and the number is their product:

| what | weights |
| --- | --- |
| days left | up to 7: 10, up to 14: 8, up to 30: 6, up to 60: 4, up to 90: 2, more: 1 |
| points missing, of those required | none: 1, up to a quarter: 2, up to a half: 3, up to three quarters: 4, more: 5 |
| fee | nothing to pay: 2, to be paid: 3, overdue: 4 |
| last sign-in | within 30 days: 2, within 180 days: 3, longer ago: 4, never: 5 |
| address | takes mail: 2, mail comes back or there is none: 3 |
| CCP | mandatory: 2, voluntary: 1 |

A product, because trouble adds up badly: who has 7 days left and never signed in is not twice but
many times as much at risk. 7 days left, 20 of 30 points missing, nothing to pay yet, never signed
in, and mail that comes back: 10 × 4 × 2 × 5 × 3 × 2 = 2,400.

Where CCP is voluntary, missing points put nothing at risk, and their weight is 1.

``of`` is the rule; ``score`` is the same for the database. ``tests/ccp/reports/test_risk.py`` checks
that the two agree.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import reduce
from math import ceil
from operator import mul

from django.db.models import Case, F, FloatField, IntegerField, Q, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, Ceil

from amtportal.dates import CHICAGO, day_of
from amtportal.formatting import format_day, format_points
from certifications.quarters import ZERO

DAYS = ((7, 10), (14, 8), (30, 6), (60, 4), (90, 2))
FAR = 1
QUARTERS = 4
"""The required points in parts. Each part of them that is missing, also if only begun, adds 1 to the weight of 1."""
NO_FEE, FEE, OVERDUE = 2, 3, 4
SIGN_IN = ((30, 2), (180, 3))
LONG_AGO, NEVER = 4, 5
REACHED, NOT_REACHED = 2, 3
VOLUNTARY, MANDATORY = 1, 2
MOST = DAYS[0][1] * (1 + QUARTERS) * OVERDUE * NEVER * NOT_REACHED * MANDATORY


@dataclass(frozen=True)
class Facts:
    """What is known of a running cycle on a day.

    ``due_on``: when the fee that is to be paid is, or was, due; None if there is none.
    ``takes_mail``: there is an address from which mail does not come back.
    """

    ends_on: date
    missing: Decimal
    required: Decimal
    is_mandatory: bool
    due_on: date | None = None
    last_sign_in: datetime | None = None
    takes_mail: bool = True


@dataclass(frozen=True)
class Risk:
    """The number, the six weights whose product it is, and what puts the cycle on the list, as sentences."""

    weights: tuple[int, ...]
    reasons: tuple[str, ...]

    @property
    def number(self) -> int:
        return reduce(mul, self.weights)

    @property
    def sum(self) -> str:
        """Return how the number comes about: ``10 × 4 × 2 × 5 × 3 × 2 = 2,400``."""
        return f"{' × '.join(map(str, self.weights))} = {self.number:,}"


def is_at_risk(facts: Facts, on: date) -> bool:
    """Return whether the cycle runs and something is open: points where CCP is mandatory, or a fee."""
    return on <= facts.ends_on and (_short(facts) > ZERO or facts.due_on is not None)


def of(facts: Facts, on: date) -> Risk:
    """Return the risk of a running cycle on that day."""
    short = _short(facts)
    weights = (
        _step((facts.ends_on - on).days, DAYS, FAR),
        1 + ceil(QUARTERS * short / facts.required),
        NO_FEE if facts.due_on is None else OVERDUE if facts.due_on < on else FEE,
        NEVER if facts.last_sign_in is None else _step((on - day_of(facts.last_sign_in)).days, SIGN_IN, LONG_AGO),
        REACHED if facts.takes_mail else NOT_REACHED,
        MANDATORY if facts.is_mandatory else VOLUNTARY,
    )
    return Risk(weights, tuple(_reasons(facts, on)))


def _short(facts: Facts) -> Decimal:
    """Return the missing points that put the certification at risk."""
    return facts.missing if facts.is_mandatory else ZERO


def _step(value: int, steps: Iterable[tuple[int, int]], more: int) -> int:
    return next((weight for most, weight in steps if value <= most), more)


def _reasons(facts: Facts, on: date) -> Iterable[str]:
    days = (facts.ends_on - on).days
    yield "Ends today" if days == 0 else f"{days:,} day{'s' * (days != 1)} left"
    if _short(facts):
        yield f"{format_points(facts.missing)} of {format_points(facts.required)} points missing"
    if facts.due_on:
        words = "Fee overdue since" if facts.due_on < on else "Fee due"
        yield f"{words} {format_day(facts.due_on)}"
    if facts.last_sign_in is None:
        yield "Never signed in"
    elif (away := (on - day_of(facts.last_sign_in)).days) > SIGN_IN[0][0]:
        yield f"Last signed in {away:,} days ago"
    if not facts.takes_mail:
        yield "Mail does not reach the member"
    if not facts.is_mandatory:
        yield "CCP voluntary"


def fee_weight(on: date) -> Combinable:
    """Return the weight of an invoice that is to be paid, for the database."""
    return _case(((Q(due_on__lt=on), OVERDUE),), FEE)


def score(on: date, *, takes_mail: Q, fee: Combinable) -> Combinable:
    """Return the number for the database, of cycles with ``missing``.

    ``takes_mail``: the condition that mail reaches the member. ``fee``: the weight of the fee. Both sums
    over other tables, the points and the fee, stand in it once, so that they are looked up once.
    """
    mandatory = Q(certification__ccp_mandatory=True)
    last_login = "certification__member__user__last_login"
    since = ((_midnight(on - timedelta(days=days)), weight) for days, weight in SIGN_IN)
    return (
        _case(((Q(ends_on__lte=on + timedelta(days=days)), weight) for days, weight in DAYS), FAR)
        * (1 + Cast(Ceil(_float("missing") * QUARTERS / _float("points_required")), IntegerField()))
        * fee
        * _case(
            ((Q(**{last_login: None}), NEVER), *((Q(**{f"{last_login}__gte": at}), w) for at, w in since)), LONG_AGO
        )
        * _case(((takes_mail, REACHED),), NOT_REACHED)
        * _case(((mandatory, MANDATORY),), VOLUNTARY)
    )


def _float(points: str) -> Cast:
    """Return points as a float, in which quarters are exact: SQLite would divide whole numbers as such."""
    return Cast(F(points), FloatField())


def _case(choices: Iterable[tuple[Q, int]], otherwise: int) -> Combinable:
    return Case(
        *(When(condition, then=Value(weight)) for condition, weight in choices),
        default=Value(otherwise),
        output_field=IntegerField(),
    )


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, CHICAGO)
