"""Forms of the admin pages: amounts typed in dollars, reasons, and forms that check every constraint."""

import re
from decimal import Decimal
from enum import StrEnum
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from amtportal import clean
from amtportal.fields import LineField
from amtportal.formatting import dollars

_AMOUNT = re.compile(r"\$?\s*([0-9]{1,9}|[0-9]{1,3}(?:,[0-9]{3})+)(\.[0-9]{1,2})?")
MOST_CENTS = 100_000_000


class DollarsField(forms.Field):
    """An amount as people type it (``90``, ``90.00``, ``$1,090.50``). The value is whole cents."""

    default_error_messages = {
        "invalid": "Enter an amount in dollars, for example 90.00.",
        "too_much": f"Enter an amount of at most {dollars(MOST_CENTS)}.",
    }

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.TextInput(attrs={"inputmode": "decimal", "class": "vTextField"}))
        super().__init__(**kwargs)

    def prepare_value(self, value: Any) -> Any:
        return f"{Decimal(value) / 100:.2f}" if isinstance(value, int) else value

    def to_python(self, value: Any) -> int | None:
        if value in self.empty_values:
            return None
        match = _AMOUNT.fullmatch(clean.typed(str(value)))
        if not match:
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        cents = int(Decimal(match[1].replace(",", "") + (match[2] or "")) * 100)
        if cents > MOST_CENTS:
            raise ValidationError(self.error_messages["too_much"], code="too_much")
        return cents


class ReadBy(StrEnum):
    """Who will read what staff write into a field; it stands beside the field."""

    MEMBER = "The member reads it."
    MEMBER_ON_REQUEST = "Staff read it. The member finds it in the archive of everything about them."
    MEMBER_ONCE_ANNOUNCED = "The member reads it once the decision is announced."
    STAFF = "Staff read it. The member does not."
    EVERYBODY = "It is published: everybody can read it."

    def says(self, more: str = "") -> str:
        """Return the sentence, and after it what else there is to know about the field."""
        return f"{self.value} {more}".strip()


class ReasonForm(forms.Form):
    """Asks for the reason for an action. The verb decides whether the reason is good enough.

    ``read_by`` says beside the field who will read the reason, so it must be true of wherever the
    verb keeps it. ``help_text`` is what else helps to write it.
    """

    reason = LineField(
        max_length=300,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        error_messages={"required": "Say why: the reason stays on record."},
    )

    def __init__(self, *args: Any, read_by: ReadBy, help_text: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].help_text = read_by.says(help_text)


class WholeForm(forms.ModelForm):
    """Checks every constraint of the model.

    Django skips constraints on fields that the form does not show, and saving then fails with a
    server error.
    """

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        if self.errors:
            return
        try:
            self.instance.validate_constraints()
        except ValidationError as broken:
            self.add_error(None, ValidationError(broken.messages))
