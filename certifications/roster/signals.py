"""The signals by which the roster import informs other apps."""

from django.dispatch import Signal

# Sent with the ``Occasion`` after an import is committed. An app that builds on this one connects
# its own function to it.
roster_imported = Signal()
