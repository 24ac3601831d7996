"""The list of reasons why an entry counts less, or not at all. The member reads them."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from ccp.audits.models import ItemReview


class Reason(TextChoices):
    """The reasons. Their names are stored with reviews."""

    NO_PROOF = "no-proof", _("No file proves it.")
    OTHER_NAME = "other-name", _("Your name is not on the file.")
    OTHER_DAY = "other-day", _("The date on the file is not in the cycle.")
    NO_PROVIDER = "no-provider", _("The file does not say who offered it.")
    FEWER_HOURS = "fewer-hours", _("The file shows fewer hours than were claimed.")
    UNREADABLE = "unreadable", _("The file cannot be read.")
    NOT_RELEVANT = "not-relevant", _("It is not relevant to the exam content outline of your certification.")
    TWICE = "twice", _("It is the same activity as another entry.")


def in_words(review: ItemReview) -> str:
    """Return the reason from the list and the reviewer's own words, in the language of the reader."""
    listed = str(Reason(review.reason_code).label) if review.reason_code in Reason.values else ""
    return "\n".join(filter(None, (listed, review.reason)))
