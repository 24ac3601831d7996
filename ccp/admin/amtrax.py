"""The import of CE from AMTrax in the admin, with a preview."""

from typing import Any

from django import forms
from django.http import HttpRequest
from import_export.forms import ConfirmImportForm

from amtportal.imports.admin import ImportPages, UploadForm
from ccp.amtrax.resource import AmtraxResource


class AmtraxForm(UploadForm):
    command = "import_activities"
    leave_out_past = forms.BooleanField(
        label="Leave out rows of earlier cycles",
        required=False,
        help_text="Otherwise a row that lies before the member's open cycle is a bad row, and nothing is imported.",
    )


class ConfirmAmtraxForm(ConfirmImportForm):
    """Carries the choice from the preview to the import, if it was made."""

    leave_out_past = forms.BooleanField(required=False, widget=forms.HiddenInput())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not (self.data.get("leave_out_past") or self.initial.get("leave_out_past")):
            del self.fields["leave_out_past"]


class AmtraxImportMixin(ImportPages):
    resource_classes = [AmtraxResource]
    import_form_class = AmtraxForm
    confirm_form_class = ConfirmAmtraxForm
    import_label = "Import CE from AMTrax"
    may_import = "ccp.import_entries"

    def get_confirm_form_initial(self, request: HttpRequest, import_form: Any) -> dict[str, Any]:
        initial: dict[str, Any] = super().get_confirm_form_initial(request, import_form)
        if import_form is not None and import_form.cleaned_data.get("leave_out_past"):
            initial["leave_out_past"] = "on"
        return initial

    def get_import_resource_kwargs(self, request: HttpRequest, **kwargs: Any) -> dict[str, Any]:
        given = getattr(kwargs.get("form"), "cleaned_data", {})
        resource_kwargs: dict[str, Any] = super().get_import_resource_kwargs(request, **kwargs)
        return {**resource_kwargs, "leave_out_past": bool(given.get("leave_out_past"))}
