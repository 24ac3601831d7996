"""The forms on which members change their contact details, and ask for another name."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from amtportal.fields import IdentifierField, LineField
from amtportal.members import name_requests, postal
from amtportal.members.details import COLUMNS, OWN, in_one_line, values_of
from amtportal.members.models import Detail, Member, NameRequest

NAME_KEPT = ("first_name", "last_name", "reason", "note")
"""What is filled in again after a sign-in: all but the document."""

WAS = {"phone_was": Detail.PHONE, "address_was": Detail.ADDRESS}


def _typed(autocomplete: str, **attributes: str) -> forms.TextInput:
    return forms.TextInput(attrs={"autocomplete": autocomplete, **attributes})


class ContactForm(forms.Form):
    """The phone number and the postal address. Only what differs from the record is judged.

    A record from the roster may hold an address that this form would not take. It stays as it is
    while the member changes the phone number. So does what staff changed while the page was open, if
    the member did not touch it: ``phone_was`` and ``address_was`` are what the page showed.
    """

    phone = IdentifierField(
        label=gettext_lazy("Phone number"), max_length=40, required=False, widget=_typed("tel", type="tel")
    )
    address_line1 = LineField(
        label=gettext_lazy("Street address or P.O. box"), max_length=200, required=False, widget=_typed("address-line1")
    )
    address_line2 = LineField(
        label=gettext_lazy("Apartment, suite, unit"), max_length=200, required=False, widget=_typed("address-line2")
    )
    city = LineField(label=gettext_lazy("City"), max_length=100, required=False, widget=_typed("address-level2"))
    state = LineField(
        label=gettext_lazy("State, province or region"), max_length=100, required=False, widget=_typed("address-level1")
    )
    postal_code = IdentifierField(
        label=gettext_lazy("ZIP or postal code"), max_length=20, required=False, widget=_typed("postal-code")
    )
    country = LineField(
        label=gettext_lazy("Country"),
        max_length=100,
        required=False,
        widget=_typed("country-name"),
        help_text=gettext_lazy("Leave it empty for the United States."),
    )
    phone_was = forms.CharField(required=False, widget=forms.HiddenInput)
    address_was = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: QueryDict | None, *, member: Member, kept: QueryDict | None = None) -> None:
        on_record = {column: getattr(member, column) for column in OWN}
        shown = {name: in_one_line(values_of(member, detail)) for name, detail in WAS.items()}
        super().__init__(data, initial=on_record | shown | (kept.dict() if kept else {}))
        self.on_record = on_record
        for column in ("address_line1", "city", "state", "postal_code"):
            self.fields[column].is_asked_for = True  # type: ignore[attr-defined]  # the label does not call it optional

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if self.errors:
            return cleaned
        for was, detail in WAS.items():
            typed = {column: cleaned[column] for column in COLUMNS[detail]}
            if was in self.data and in_one_line(typed) == cleaned[was]:
                cleaned |= {column: self.on_record[column] for column in typed}
        address = postal.tidied({column: cleaned[column] for column in postal.ADDRESS})
        before = {column: self.on_record[column] for column in postal.ADDRESS}
        if address != before:
            self._judge(address, before)
            cleaned |= address
        if cleaned["phone"] != self.on_record["phone"]:
            problem = postal.problem_with_phone(cleaned["phone"], country=cleaned["country"])
            if problem:
                self.add_error(problem.field, problem.sentence)
        return cleaned

    def _judge(self, address: dict[str, str], before: dict[str, str]) -> None:
        if not any(address.values()):
            if any(before.values()):
                sentence = _("AMT sends letters to your postal address. Enter it; it cannot be empty.")
                self.add_error("address_line1", sentence)
            return
        for problem in postal.problems_with_address(address):
            self.add_error(problem.field, problem.sentence)


class NameForm(forms.Form):
    """Asks for another name, with a document that proves it."""

    first_name = LineField(
        label=gettext_lazy("First name"), max_length=150, required=False, widget=_typed("given-name")
    )
    last_name = LineField(label=gettext_lazy("Last name"), max_length=150, required=False, widget=_typed("family-name"))
    reason = forms.ChoiceField(
        label=gettext_lazy("Why does it change?"),
        choices=[("", gettext_lazy("Choose a reason")), *NameRequest.Reason.choices],
        error_messages={
            "required": gettext_lazy("Choose why the name changes."),
            "invalid_choice": gettext_lazy("Choose a reason from the list."),
        },
    )
    note = LineField(
        label=gettext_lazy("What AMT should know"),
        max_length=300,
        required=False,
        widget=_typed("off"),
    )
    document = forms.FileField(
        label=gettext_lazy("Document"),
        help_text=gettext_lazy(
            "It proves the new name: a marriage certificate, a court order or an ID. A photo or a PDF, at most 10 MB."
        ),
        widget=forms.FileInput(attrs={"accept": "image/*,application/pdf"}),
        error_messages={
            "required": gettext_lazy("Choose a photo or a PDF of the document."),
            "empty": gettext_lazy("The file is empty. Choose another one."),
        },
    )

    def __init__(
        self,
        data: QueryDict | None,
        files: MultiValueDict[str, Any] | None,
        *,
        member: Member,
        kept: QueryDict | None = None,
    ) -> None:
        names = {"first_name": member.first_name, "last_name": member.last_name}
        super().__init__(data, files, initial=names | (kept.dict() if kept else {}))
        self.member = member
        for name in names:  # one of the two
            self.fields[name].is_asked_for = True  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if not {"first_name", "last_name"} & self.errors.keys():
            names = {"first_name": cleaned["first_name"], "last_name": cleaned["last_name"]}
            if problem := name_requests.problem_with_name(self.member, **names):
                self.add_error(problem.field, problem.sentence)
        if cleaned.get("reason") == NameRequest.Reason.OTHER and not cleaned.get("note"):
            self.add_error("note", _("Say in a few words why the name changes."))
        if self.errors and "document" in cleaned:
            # A browser does not send a file a second time by itself.
            self.add_error("document", ValidationError(_("Choose the document again.")))
        return cleaned
