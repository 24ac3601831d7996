"""The credentials that AMT awards, with their current terms."""

from decimal import Decimal

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q

from amtportal.history.lines import History
from amtportal.model_fields import IdentifierField, LineField
from certifications.quarters import PointsField, in_quarters


class Credential(models.Model):
    """A credential that AMT awards, with its current terms.

    A cycle copies the points when it is opened, and an invoice copies the fee when it is issued.
    """

    code = IdentifierField(max_length=10, unique=True)
    name = LineField(max_length=100)
    points_required = PointsField(
        "points a cycle", validators=[MinValueValidator(Decimal("0.25"))], help_text="Points for a 3-year cycle."
    )
    annual_fee = models.PositiveIntegerField(help_text="In US cents: 9000 is $90.00.")

    history = History()

    class Meta:
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_points_required_in_quarters",
                condition=in_quarters("points_required"),
                violation_error_message="Points come in quarter steps: 0.25, 0.5, 0.75, 1 and so on.",
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_points_required_positive",
                condition=Q(points_required__gt=0),
                violation_error_message="A cycle needs more than 0 points.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} – {self.name}"
