"""The credentials that AMT awards, with their current terms."""

from datetime import date
from decimal import Decimal

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.functional import cached_property

from amtportal.history.lines import History
from amtportal.model_fields import IdentifierField, LineField
from certifications.quarters import PointsField, in_quarters


class Credential(models.Model):
    """A credential that AMT awards, with its current terms.

    A cycle copies the points when it is opened, and an invoice copies the fee when it is issued. The
    code and the name are those of today; ``FormerName`` has those of before.
    """

    code = IdentifierField(max_length=10, unique=True)
    name = LineField(max_length=100)
    points_required = PointsField(
        "points a cycle", validators=[MinValueValidator(Decimal("0.25"))], help_text="Points for a 3-year cycle."
    )
    annual_fee = models.PositiveIntegerField(help_text="In US cents: 9000 is $90.00.")
    source = LineField(
        max_length=300, blank=True, default="", help_text="Where the name, the points and the fee come from."
    )
    renamed_on = models.DateField(
        null=True, blank=True, editable=False, help_text="Since that day it has its code and name of today."
    )

    history = History()

    class Meta:
        ordering = ["code"]
        permissions = [("rename_credential", "Can rename a credential from a day on")]
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

    @cached_property
    def names_before(self) -> list["FormerName"]:
        """Return the names that it had before, the first one first; no query if it was never renamed."""
        return sorted(self.former_names.all(), key=lambda former: former.until) if self.renamed_on else []

    @property
    def formerly(self) -> str:
        """Return the codes that it had before, the last one first; empty if it has had only one."""
        codes = dict.fromkeys(former.code for former in reversed(self.names_before))
        return ", ".join(code for code in codes if code != self.code)

    def named_on(self, day: date) -> "Credential | FormerName":
        """Return what has the code and the name that the credential had on that day."""
        return next((former for former in self.names_before if day < former.until), self)


class FormerName(models.Model):
    """The code and the name that a credential had until it was renamed.

    ``certifications.credential_names`` writes it, when staff rename a credential from a day on.
    """

    credential = models.ForeignKey(Credential, on_delete=models.PROTECT, related_name="former_names")
    code = IdentifierField(max_length=10)
    name = LineField(max_length=100)
    until = models.DateField(help_text="The first day of the name that followed.")
    source = LineField(max_length=300, blank=True, default="", help_text="Who said so, and where.")

    history = History()

    class Meta:
        ordering = ["credential", "until"]
        constraints = [
            models.UniqueConstraint(
                fields=["credential", "until"],
                name="%(app_label)s_%(class)s_one_a_day",
                violation_error_message="This credential was renamed on that day already.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} – {self.name}, until {self.until}"
