"""The forms of sharing: a new link, the buttons of the page, and what a visitor types into the look-up."""

import secrets
from collections.abc import Sequence
from datetime import date
from functools import partial
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from amtportal.fields import IdentifierField, LineField
from amtportal.formatting import translated
from ccp.recording.forms.fields import TypedDayField
from ccp.sharing import links
from ccp.sharing.models import ShareScope
from certifications.models import Certification


class DayPicker(forms.DateInput):
    input_type = "date"


class UntilField(TypedDayField):
    """A day to come. A browser shows its own calendar, and anything else may be typed."""

    widget = DayPicker

    def prepare_value(self, value: Any) -> Any:
        return value.isoformat() if isinstance(value, date) else value


class LinkForm(forms.Form):
    """A new link. ``scope`` is one of ``ShareScope``, or ``certification-12``: only that certification.

    ``number`` is that of the form: sent twice, it makes one link.
    """

    action = forms.CharField(widget=forms.HiddenInput, initial="create", required=False)
    number = forms.CharField(widget=forms.HiddenInput, initial=partial(secrets.token_hex, 16), required=False)
    scope = forms.ChoiceField(
        label=gettext_lazy("What it shows"),
        error_messages={
            "required": gettext_lazy("Choose what the link shows."),
            "invalid_choice": gettext_lazy("Choose what the link shows from the list."),
        },
    )
    label = LineField(
        label=gettext_lazy("Your note"),
        required=False,
        max_length=80,
        help_text=gettext_lazy("Such as: for Mercy Hospital. Only you see it."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"max_length": gettext_lazy("Shorten the note to 80 characters.")},
    )
    until = UntilField(
        name=gettext_lazy("last day"),
        label=gettext_lazy("Works until"),
        help_text=gettext_lazy("At most one year from today."),
        error_messages={"required": gettext_lazy("Choose the last day on which the link works.")},
    )

    def __init__(self, data: QueryDict | None, *, certifications: Sequence[Certification], on: date) -> None:
        super().__init__(data, initial={"until": links.usual_until(on)})
        self.on, self.certifications = on, {f"certification-{one.pk}": one for one in certifications}
        only = [
            (
                name,
                _("Only %(credential)s") % {"credential": f"{translated(one.credential.name)} ({one.credential.code})"},
            )
            for name, one in self.certifications.items()
        ]
        whole = [scope for scope in ShareScope if scope != ShareScope.CERTIFICATION]
        self.fields["scope"].choices = [*((scope.value, scope.label) for scope in whole), *only]  # type: ignore[attr-defined]
        self.fields["until"].widget.attrs.update(min=on.isoformat(), max=links.latest_until(on).isoformat())

    def clean_until(self) -> date:
        until: date = self.cleaned_data["until"]
        if problem := links.problem_with_until(until, self.on):
            raise forms.ValidationError(problem.sentence)
        return until

    @property
    def chosen(self) -> dict[str, Any]:
        """Return what the verb takes: scope, certification, label, day and the number of the form."""
        certification = self.certifications.get(self.cleaned_data["scope"])
        return {
            "scope": ShareScope.CERTIFICATION if certification else ShareScope(self.cleaned_data["scope"]),
            "certification": certification,
            "label": self.cleaned_data["label"],
            "until": self.cleaned_data["until"],
            "number": self.cleaned_data["number"],
        }


class ButtonForm(forms.Form):
    """A button of the page. ``link`` is the key of the link that it revokes."""

    action = forms.ChoiceField(choices=[(name, name) for name in ("revoke", "hide", "show")])
    link = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1)


class LookUpForm(forms.Form):
    """The last name and the certificate number, which only together find anything."""

    last_name = LineField(
        label=gettext_lazy("Last name"),
        max_length=150,
        help_text=gettext_lazy("The whole last name, as on the certificate."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        error_messages={
            "required": gettext_lazy("Enter the last name."),
            "max_length": gettext_lazy("A last name has 150 characters at most. Check what you typed."),
        },
    )
    certificate_number = IdentifierField(
        label=gettext_lazy("Certificate number"),
        max_length=60,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        error_messages={
            "required": gettext_lazy("Enter the certificate number."),
            "max_length": gettext_lazy("A certificate number is shorter. Check what you typed."),
        },
    )
