"""The roster import in the admin, with a preview."""

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from import_export.forms import ConfirmImportForm

from amtportal import plausible
from amtportal.dates import today
from amtportal.fields import DayField
from amtportal.imports.admin import ImportPages, UploadForm
from certifications.roster.resource import RosterResource


class RosterForm(UploadForm):
    command = "import_roster"
    not_asked_before = DayField(
        label="Do not ask for fees due before",
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        help_text="For new certifications whose row has no fees_paid_through. Leave it empty to ask for every fee.",
    )

    def clean_not_asked_before(self) -> date | None:
        day: date | None = self.cleaned_data["not_asked_before"]
        if day and (problem := plausible.problem_with_not_asked_before(day, today())):
            raise ValidationError(problem)
        return day


class ConfirmRosterForm(ConfirmImportForm):
    """Carries the day from the preview to the import, if one was given."""

    not_asked_before = DayField(required=False, widget=forms.HiddenInput())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not (self.data.get("not_asked_before") or self.initial.get("not_asked_before")):
            del self.fields["not_asked_before"]


class RosterImportMixin(ImportPages):
    resource_classes = [RosterResource]
    import_form_class = RosterForm
    confirm_form_class = ConfirmRosterForm
    import_label = "Import roster"
    # A roster also changes addresses. That gives away the account, because its password can be
    # reset by mail.
    may_import = "certifications.import_roster"

    def get_confirm_form_initial(self, request: HttpRequest, import_form: Any) -> dict[str, Any]:
        initial: dict[str, Any] = super().get_confirm_form_initial(request, import_form)
        if import_form is not None and (day := import_form.cleaned_data.get("not_asked_before")):
            initial["not_asked_before"] = day.isoformat()
        return initial

    def get_import_resource_kwargs(self, request: HttpRequest, **kwargs: Any) -> dict[str, Any]:
        given = getattr(kwargs.get("form"), "cleaned_data", {})
        resource_kwargs: dict[str, Any] = super().get_import_resource_kwargs(request, **kwargs)
        return {**resource_kwargs, "not_asked_before": given.get("not_asked_before")}
