"""What the roster lets other apps know."""

from django.dispatch import Signal

# Sent once an import is committed, with the ``Occasion``: an app that builds on this one connects its verb.
roster_imported = Signal()
