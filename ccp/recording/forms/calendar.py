"""The buttons of the calendar page."""

from django import forms


class CalendarForm(forms.Form):
    """A button of the calendar page. ``feed`` is the key of the address that the page showed."""

    action = forms.ChoiceField(choices=[(name, name) for name in ("create", "replace", "revoke")])
    feed = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
