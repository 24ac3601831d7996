"""The filters above the list of recorded activities."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ccp import eligibility
from ccp.models import ActivityQuerySet, Category
from certifications.models import Cycle


class ActivityFilterForm(forms.Form):
    """Which of the recorded activities to list."""

    cycle = forms.TypedChoiceField(
        label=gettext_lazy("CCP cycle"),
        required=False,
        coerce=int,
        empty_value=None,
        error_messages={"invalid_choice": gettext_lazy("Choose a CCP cycle from the list.")},
    )
    category = forms.ModelChoiceField(
        label=gettext_lazy("Category"),
        queryset=Category.objects.all(),
        to_field_name="code",
        required=False,
        empty_label=gettext_lazy("All categories"),
        error_messages={"invalid_choice": gettext_lazy("Choose a category from the list.")},
    )

    def __init__(self, data: Any = None, *, cycles: Sequence[Cycle]) -> None:
        super().__init__(data)
        field = self.fields["cycle"]
        assert isinstance(field, forms.TypedChoiceField)
        field.choices = [
            ("", _("All cycles")),
            *((cycle.pk, str(window)) for cycle, window in zip(cycles, eligibility.windows(cycles), strict=True)),
        ]

    def apply(self, activities: ActivityQuerySet) -> ActivityQuerySet:
        """The activities that fit. A filter that is not understood is told at its field and left aside."""
        if not self.is_bound:
            return activities
        self.is_valid()
        if cycle := self.cleaned_data.get("cycle"):
            activities = activities.claimed_for(cycle)
        if category := self.cleaned_data.get("category"):
            activities = activities.filter(activity_type__category=category)
        return activities

    @property
    def is_filtered(self) -> bool:
        return self.is_bound and any(self.cleaned_data.values())

    @property
    def query(self) -> str:
        """The filters as the rest of an address: ``&cycle=12``, or nothing."""
        kept = {name: self.data[name] for name in self.fields if self.is_bound and self.data.get(name)}
        return f"&{urlencode(kept)}" if kept else ""
