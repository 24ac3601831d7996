"""The fields of Record CE that take files. What becomes of the files: ``ccp.evidence.waiting``."""

from django import forms
from django.utils.translation import gettext_lazy

from amtportal.fields import SeveralFiles, SeveralFilesField

ACCEPTED = "image/*,application/pdf"  # phones also offer their camera


class FilesOfEntry(forms.Form):
    """The part of the form with the files.

    - ``photo``: a certificate that is read, so that it fills in the form
    - ``files``: files that are only attached
    """

    photo = forms.FileField(
        label=gettext_lazy("Take a photo or choose a file"),
        help_text=gettext_lazy("We read it and fill in the form. You check."),
        required=False,
        widget=forms.FileInput(attrs={"accept": ACCEPTED}),
    )
    files = SeveralFilesField(  # type: ignore[assignment]  # the form's own "files" is another
        label=gettext_lazy("Files"),
        help_text=gettext_lazy("Photos or PDFs that prove it, at most 10 MB each."),
        required=False,
        widget=SeveralFiles(attrs={"accept": ACCEPTED, "multiple": True}),
    )
