"""Where AMT offers CE of its own: the links that Home shows to members who still need points."""

from django.core.validators import URLValidator
from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import StrIndex
from django.db.models.lookups import Exact

from amtportal.formatting import is_spanish
from amtportal.history.lines import History
from amtportal.model_fields import LineField


class CourseLink(models.Model):
    """A link to AMT's own CE. Staff write it; Home shows the first few that are shown."""

    title = LineField(max_length=60, help_text="What the link leads to, in a few words, such as: AMT courses.")
    title_in_spanish = LineField(max_length=60, blank=True, help_text="Empty: Spanish pages show the English title.")
    url = LineField(
        "address",
        max_length=300,
        validators=[URLValidator(schemes=["https"], message="Enter an address that begins with https://.")],
        help_text="An address that begins with https://.",
    )
    order = models.PositiveSmallIntegerField(default=0, help_text="Place on Home, smallest first. Home shows three.")
    is_shown = models.BooleanField("shown", default=True, help_text="Whether members see it.")

    history = History()

    class Meta:
        ordering = ["order", "pk"]
        constraints = [
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_url_is_https",
                # Neither REGEXP, which a copy of the file has no function for, nor LIKE: it puts a backslash there,
                # which trips the introspection of SQLite.
                condition=Q(Exact(StrIndex("url", Value("https://")), 1)),
                violation_error_message="Enter an address that begins with https://.",
            ),
            models.CheckConstraint(name="%(app_label)s_%(class)s_has_title", condition=~Q(title="")),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def name(self) -> str:
        """Return the title in the reader's language."""
        return (is_spanish() and self.title_in_spanish) or self.title
