"""The form in which a member says what differs between two entries that look alike."""

import unicodedata

from django import forms


class DifferenceForm(forms.Form):
    """What differs from an entry that looks like this one, in the member's words."""

    MOST = 500

    difference = forms.CharField(
        label="What differs",
        max_length=MOST,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={
            "required": "Say in a few words what differs, for example “second session, other speaker”.",
            "max_length": "Shorten the text to %(limit_value)d characters; it has %(show_value)d.",
        },
    )

    def clean_difference(self) -> str:
        typed = "\n".join(self.cleaned_data["difference"].splitlines())
        if any(unicodedata.category(character) in ("Cc", "Cs") for character in typed if character != "\n"):
            raise forms.ValidationError("The text has characters that cannot be printed. Type it again.")
        return typed
