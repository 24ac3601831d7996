"""What the provider told the portal."""

from django.db import models

from amtportal.history.lines import AppendOnly


class ProviderEvent(AppendOnly):
    """One event of the provider, stored in the transaction of its effect.

    The event is a hint only: before anything changes, the portal asks the provider for the object.
    """

    event_id = models.CharField(max_length=255, unique=True)
    kind = models.CharField(max_length=100, help_text="The provider's type, such as checkout.session.completed.")
    object_id = models.CharField(max_length=255, help_text="The provider's object that the event is about.")
    amount = models.IntegerField(null=True, blank=True, help_text="In the smallest unit of the currency.")
    currency = models.CharField(max_length=3, blank=True)
    status = models.CharField(max_length=40, blank=True, help_text="The status of the object, as the provider says.")
    created_at = models.DateTimeField(help_text="The provider's time.")
    received_at = models.DateTimeField()
    effect = models.CharField(max_length=100, help_text="What the portal did.")

    class Meta:
        ordering = ["-received_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.event_id} ({self.kind})"
