"""The signal by which payments ask other apps to bring a member's records up to date."""

from django.dispatch import Signal

# Sent with ``member`` and ``at`` before it is decided whether an invoice can be paid. Cycles that are
# due are closed first, by an app that builds on this one.
about_to_decide = Signal()
