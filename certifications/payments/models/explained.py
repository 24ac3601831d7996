"""Something about money that nobody can put right, and about which staff have said why that is so."""

from django.conf import settings
from django.db import models
from django.db.models import Q


class Explained(models.Model):
    """A record that staff can explain: why nothing is to be done about it, when and by whom that was said."""

    explanation = models.CharField(max_length=300, blank=True, help_text="Why nothing is to be done about it.")
    explained_at = models.DateTimeField(null=True, blank=True)
    explained_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="%(class)ss_explained"
    )

    class Meta:
        abstract = True


def explained_whole() -> models.CheckConstraint:
    """Return the constraint that an explanation has a time and somebody who gave it, or is not there at all."""
    return models.CheckConstraint(
        name="%(app_label)s_%(class)s_explained_whole",
        condition=Q(explanation="", explained_at=None, explained_by=None)
        | (~Q(explanation="") & Q(explained_at__isnull=False, explained_by__isnull=False)),
    )
