"""Rows of a roster that wait, because staff must decide about the person first."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from amtportal.history.lines import History


class WaitingCause(models.TextChoices):
    """Why a row waits."""

    REKEYED = "re-keyed", "A certificate on record has another AMT ID"
    FORMER = "former", "The AMT ID is a former one"
    ADDRESS = "address", "Another account has the e-mail address"
    ERASED = "erased", "The member was erased by law"


class WaitingRow(models.Model):
    """What staff must decide about one person of a roster. The rest of the file was imported.

    ``certifications.roster.waiting`` writes it, and marks it as settled when a later roster brings
    the person in.
    """

    Cause = WaitingCause

    amt_id = models.CharField("AMT ID", max_length=20)
    credential = models.CharField(max_length=10, help_text="The code in the file.")
    certificate_number = models.CharField(max_length=40)
    name = models.CharField(max_length=301)
    email = models.EmailField("e-mail address", blank=True)
    cause = models.CharField(max_length=10, choices=WaitingCause)
    column_name = models.CharField(max_length=20)
    what = models.CharField("what is wrong", max_length=600)
    remedy = models.CharField("what to do", max_length=600)
    file_name = models.CharField("file", max_length=255, blank=True)
    line = models.PositiveIntegerField()
    since = models.DateTimeField()
    imported_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="rows_that_wait",
        help_text="Nobody: by the command.",
    )
    settled_at = models.DateTimeField(null=True, blank=True)

    history = History()

    class Meta:
        ordering = ["-pk"]
        verbose_name = "row of the roster that waits"
        verbose_name_plural = "rows of the roster that wait"
        constraints = [
            models.UniqueConstraint(
                fields=["amt_id", "credential"],
                condition=Q(settled_at=None),
                name="%(app_label)s_%(class)s_once_while_it_waits",
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_cause_known", condition=Q(cause__in=WaitingCause.values)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amt_id} {self.credential} {self.certificate_number}"
