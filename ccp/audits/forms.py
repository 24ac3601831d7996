"""The forms of an audit that members fill in."""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from amtportal.fields import LinesField, SeveralFiles, SeveralFilesField
from ccp.audits.cases import ATTESTATION, LONGEST_TEXT
from ccp.recording.forms.fields import TypedDayField


class FilesForm(forms.Form):
    """The form for the files of one entry. It accepts pictures, so phones also offer their camera."""

    file = SeveralFilesField(
        label=_("Files"),
        help_text=_("Photos or PDFs, at most 10 MB each. You can choose several at once."),
        widget=SeveralFiles(attrs={"accept": "image/*,application/pdf", "multiple": True}),
        error_messages={
            "required": _("Choose the files that you want to attach."),
            "empty": _("The file is empty. Choose another one."),
        },
    )


class TextForm(forms.Form):
    """A form with one text. What is missing in it is said by the verb."""

    text = LinesField(required=False, max_length=LONGEST_TEXT, widget=forms.Textarea(attrs={"rows": 6}))


class MissingForm(TextForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["text"].label = _("Why is something missing?")
        self.fields["text"].help_text = _("For example: The provider closed in 2024 and sends no certificates.")


class MessageForm(TextForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["text"].label = _("Message to AMT")
        self.fields["text"].help_text = _("It is kept with the audit, and AMT answers here.")


class AppealForm(forms.Form):
    reason = LinesField(
        label=_("What is wrong in the decision?"),
        required=False,
        max_length=LONGEST_TEXT,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text=_("Name the activities and say what AMT should look at again."),
    )


class ExtensionForm(forms.Form):
    wanted_on = TypedDayField(
        name=_("day"),
        label=_("Until which day?"),
        error_messages={"required": _("Enter the day until which you need time, for example 3/14/2026.")},
    )
    reason = LinesField(
        label=_("Why do you need more time?"),
        required=False,
        max_length=LONGEST_TEXT,
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    def __init__(self, *args: Any, on: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["wanted_on"].on = on  # type: ignore[attr-defined]


class SubmissionForm(forms.Form):
    attested = forms.BooleanField(
        label=ATTESTATION,
        error_messages={"required": _("Check the box: AMT takes your proof only with this statement.")},
    )
