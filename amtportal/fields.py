"""Form fields that read what ``amtportal.clean`` makes of what was typed."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _

from amtportal import clean, plausible


def refuse_unprintable(text: str) -> None:
    if clean.unprintable(text, allowed="\n"):
        raise ValidationError(_("The text has characters that cannot be printed. Type it again."), code="unprintable")


class IdentifierField(forms.CharField):
    """An AMT ID, a certificate number or a reference: it is compared, so it has one form."""

    default_validators = [refuse_unprintable]

    def to_python(self, value: Any) -> str:
        return super().to_python(clean.identifier(str(value or ""))) or ""


def refuse_spoiled_number(number: str) -> None:
    if clean.is_spoiled_number(number):
        raise ValidationError(f"A spreadsheet changed it to “{number}”. Enter the number as it was.")


class RecordNumberField(IdentifierField):
    """A number of a record in the staff's forms, which may be copied from a spreadsheet."""

    default_validators = [refuse_unprintable, refuse_spoiled_number]


class LineField(forms.CharField):
    """A name or another line for people to read."""

    default_validators = [refuse_unprintable]

    def to_python(self, value: Any) -> str:
        return super().to_python(clean.line(str(value or ""))) or ""


class LinesField(forms.CharField):
    """A text of several lines for people to read."""

    default_validators = [refuse_unprintable]

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"widget": forms.Textarea, **kwargs})

    def to_python(self, value: Any) -> str:
        return super().to_python(clean.lines(str(value or ""))) or ""


class EmailField(forms.EmailField):
    """An e-mail address, in lower case."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"widget": forms.EmailInput(attrs={"autocomplete": "email"}), **kwargs})

    def to_python(self, value: Any) -> str:
        return super().to_python(clean.email(str(value or ""))) or ""


class NumberField(forms.DecimalField):
    """A number of the staff's forms."""

    def to_python(self, value: Any) -> Decimal | None:  # type: ignore[override]
        return super().to_python(clean.typed(value) if isinstance(value, str) else value)


class DayField(forms.DateField):
    """A day of the staff's forms. A year of two digits, which a browser's picker sends, is refused."""

    def to_python(self, value: Any) -> date | None:
        day = super().to_python(clean.typed(value) if isinstance(value, str) else value)
        if day and (problem := plausible.problem_with_year(day)):
            raise ValidationError(problem)
        return day


class SeveralFiles(forms.FileInput):
    allow_multiple_selected = True


class SeveralFilesField(forms.FileField):
    """One file or more. Each one is checked as if it came alone."""

    def clean(self, data: Any, initial: Any = None) -> Sequence[UploadedFile]:
        sent = data or [None]
        return [super(SeveralFilesField, self).clean(file, initial) for file in sent]
