"""Badges that were issued, each with the subject and the place in a status list that it names."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from amtportal.history.lines import AppendOnly, Traced
from certifications.models import Certification

LIST_LENGTH = 2**17
"""The places of a status list: the least that the standard allows, so that nobody is told apart by the list."""


class Badge(AppendOnly, Traced):
    """An Open Badge of a certification.

    ``ccp.badges.issuing`` writes it. While the certification stays in force, there is one, and it may
    be downloaded again. Its place in the status list is never given to another.
    """

    certification = models.ForeignKey(Certification, on_delete=models.PROTECT, related_name="badges")
    subject = models.UUIDField(default=uuid.uuid4, unique=True, help_text="Stands for the holder in the badge.")
    list_number = models.PositiveIntegerField(help_text="The status list, from 1.")
    list_index = models.PositiveIntegerField(help_text="The place in the list, from 0.")
    issued_at = models.DateTimeField()
    issued_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="badges_issued")

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["list_number", "list_index"], name="%(app_label)s_%(class)s_place_never_given_again"
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_place_in_list",
                condition=Q(list_number__gte=1, list_index__gte=0, list_index__lt=LIST_LENGTH),
            ),
        ]

    def __str__(self) -> str:
        return f"Badge {self.pk} of {self.certification_id}"
