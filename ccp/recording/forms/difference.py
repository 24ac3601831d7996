"""The form in which a member says what differs between two entries that look alike."""

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from amtportal import clean


class DifferenceForm(forms.Form):
    """What differs from an entry that looks like this one, in the member's words."""

    MOST = 500

    difference = forms.CharField(
        label=gettext_lazy("What differs"),
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={
            "required": gettext_lazy("Say in a few words what differs, for example “second session, other speaker”."),
        },
    )

    def clean_difference(self) -> str:
        typed = clean.lines(self.cleaned_data["difference"])
        if clean.unprintable(typed, allowed="\n"):
            raise forms.ValidationError(_("The text has characters that cannot be printed. Type it again."))
        if len(typed) > self.MOST:
            raise forms.ValidationError(
                _("Shorten the text to %(most)d characters; it has %(length)d.")
                % {"most": self.MOST, "length": len(typed)}
            )
        if not typed:
            raise forms.ValidationError(self.fields["difference"].error_messages["required"])
        return typed
