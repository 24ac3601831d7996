"""The form of the points calculator. It makes no query: its choices are passed in."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from amtportal.formatting import translated
from ccp.catalogue import calculator
from ccp.counting.terms import CategoryOffer, Offer
from ccp.recording import amounts, claims
from ccp.recording.forms.fields import TypedNumberField


class CalculatorForm(forms.Form):
    """An activity type and a number of its units.

    ``groups``: every type, with the terms of the day ``on``.
    """

    type = forms.CharField(
        label=gettext_lazy("Activity type"),
        widget=forms.Select,
        error_messages={"required": gettext_lazy("Choose an activity type.")},
    )
    quantity = TypedNumberField(
        label=gettext_lazy("How many"),
        help_text=gettext_lazy("Contact hours, semester hours, quarter hours or CEU, as the activity type is counted."),
        read=amounts.read_quantity,
        unreadable=gettext_lazy("Enter how many as a number with at most two decimals, for example 3 or 0.4."),
        rule=calculator.problem_with_number,
        error_messages={"required": gettext_lazy("Enter how many you completed, for example 3 or 0.4.")},
    )

    answer: calculator.Answer | None = None

    def __init__(self, data: Any = None, *, groups: Sequence[CategoryOffer], on: date) -> None:
        super().__init__(data)
        self.groups, self.on = groups, on
        widget = self.fields["type"].widget
        assert isinstance(widget, forms.Select)
        widget.choices = list(self._choices())

    def _choices(self) -> Iterator[tuple[str, Any]]:
        yield ("", _("Choose an activity type"))
        for group in self.groups:
            activity_types = [offer.activity_type for offer in group.offers if calculator.can_calculate(offer, self.on)]
            if activity_types:
                yield (
                    translated(group.category.name),
                    [(activity_type.code, translated(activity_type.name)) for activity_type in activity_types],
                )

    def clean_type(self) -> Offer:
        """Return the offer of the type.

        A type that is not in the list is recognized too, so that the error says why it has no
        figure.
        """
        offers = [offer for group in self.groups for offer in group.offers]
        for offer in offers:
            if offer.activity_type.code == self.cleaned_data["type"]:
                if problem := calculator.problem_with_activity_type(offer, self.on):
                    raise forms.ValidationError(problem.sentence)
                return offer
        raise forms.ValidationError(_("Choose an activity type from the list."))

    def clean(self) -> dict[str, Any]:
        offer, amount = self.cleaned_data.get("type"), self.cleaned_data.get("quantity")
        if offer and amount:
            result = claims.problem_with_unit(
                offer.activity_type.name, amount.unit, offer.terms.unit
            ) or calculator.points_of(offer, amount.number)
            if isinstance(result, calculator.Answer):
                self.answer = result
            else:
                self.add_error("quantity", result.sentence)
        return self.cleaned_data
