"""The two forms for checking whether a paper is genuine, by code and by file; and the form of a letter."""

from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from amtportal.uploads.digests import MOST_BYTES
from ccp.transcripts import issuing, papers


class CodeForm(forms.Form):
    """The code on the transcript, as people type it."""

    code = forms.CharField(
        label=gettext_lazy("Code on the transcript"),
        max_length=100,
        help_text=gettext_lazy("16 letters and digits in 4 groups, for example 7KQ2-M9XV-3T0B-HDWE."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
        error_messages={"required": gettext_lazy("Type the code that is printed on the transcript.")},
    )

    def clean_code(self) -> str:
        code = issuing.as_code(self.cleaned_data["code"])
        if not code:
            raise forms.ValidationError(_("A code has 16 letters and digits. Check what you typed."))
        return code


class FileForm(forms.Form):
    """The PDF file of the transcript."""

    file = forms.FileField(
        label=gettext_lazy("PDF file"),
        help_text=gettext_lazy("Choose the file, or drop it here. At most 10 MB. We do not keep it."),
        widget=forms.FileInput(attrs={"accept": "application/pdf,.pdf"}),
        error_messages={
            "required": gettext_lazy("Choose the PDF file that you want to check."),
            "empty": gettext_lazy("The file is empty. Choose another one."),
        },
    )

    def clean_file(self) -> Any:
        file: UploadedFile = self.cleaned_data["file"]
        if (file.size or 0) > MOST_BYTES:
            raise forms.ValidationError(_("The file is larger than 10 MB. A transcript is smaller than that."))
        return file


class LetterForm(forms.Form):
    """To whom a letter of good standing is written, and in which language. What is not chosen is as usual."""

    wording = forms.ChoiceField(
        label=gettext_lazy("Written to"),
        choices=papers.Wording.choices,
        error_messages={"invalid_choice": gettext_lazy("Choose to whom the letter is written, from the list.")},
    )
    language = forms.ChoiceField(
        label=gettext_lazy("Language"),
        choices=settings.LANGUAGES,
        error_messages={"invalid_choice": gettext_lazy("Choose the language of the letter, from the list.")},
    )

    def __init__(self, data: QueryDict | None) -> None:
        usual = {"wording": papers.Wording.EMPLOYER.value, "language": get_language()}
        given = {name: value for name, value in (data or {}).items() if value}
        super().__init__(None if data is None else usual | given, initial=usual)
