"""CCP points come in quarter steps: the model field and the condition that the database checks."""

from decimal import Decimal
from typing import Any

from django.db import models
from django.db.models import F
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast
from django.db.models.lookups import Exact

ZERO = Decimal(0)
STEP = Decimal("0.25")
MOST = Decimal(99)
"""The most points that one entry can claim."""


def in_quarters(field: str) -> Exact:
    """Return the condition that a column holds whole quarters; exact even with SQLite's floats."""
    quarters: Combinable = F(field) * 4
    return Exact(Cast(quarters, models.IntegerField()), quarters)


class PointsField(models.DecimalField):
    """CCP points in quarter steps. The model adds the constraint (see ``in_quarters``)."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_digits", 7)
        kwargs.setdefault("decimal_places", 2)
        super().__init__(*args, **kwargs)


def in_quarter_steps(points: Decimal) -> bool:
    """Return whether the points are whole quarters."""
    return points % STEP == 0
