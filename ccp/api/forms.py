"""The buttons of the page on which members decide which course systems read their standing."""

from django import forms


class DecisionForm(forms.Form):
    """Which course system, and whether it may read."""

    system = forms.IntegerField(min_value=1, max_value=2**31 - 1)
    action = forms.ChoiceField(choices=[("allow", "allow"), ("refuse", "refuse")])
