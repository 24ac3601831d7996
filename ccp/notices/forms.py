"""The form in which a member chooses about notices."""

from django import forms
from django.conf import settings
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ccp.notices import preferences
from ccp.notices.models import NoticeKind, Preference


class PreferencesForm(forms.Form):
    """The optional kinds as boxes, and the language of mail."""

    monthly_summary = forms.BooleanField(
        label=gettext_lazy("A summary each month, if something changed on your record"), required=False
    )
    nothing_recorded = forms.BooleanField(
        label=gettext_lazy("A reminder if you recorded nothing for 6 months"), required=False
    )
    amt_news = forms.BooleanField(label=gettext_lazy("News from AMT"), required=False)
    language = forms.ChoiceField(
        label=gettext_lazy("Language of mail"),
        required=False,
        error_messages={"invalid_choice": gettext_lazy("Choose a language from the list.")},
    )

    def __init__(self, data: QueryDict | None, *, preference: Preference) -> None:
        wanted = {column: getattr(preference, column) for column in preferences.COLUMNS.values()}
        super().__init__(data, initial={"language": preference.language, **wanted})
        languages = dict(settings.LANGUAGES)
        unchosen = Preference(member=preference.member)
        as_before = _("As in my last sign-in: %(language)s") % {
            "language": languages[preferences.language_of(unchosen)]
        }
        self.fields["language"].choices = [("", as_before), *languages.items()]  # type: ignore[attr-defined]

    @property
    def wanted(self) -> list[NoticeKind]:
        """Return the kinds that are checked."""
        return [kind for kind, column in preferences.COLUMNS.items() if self.cleaned_data[column]]
