"""The signals by which payments ask other apps to bring records up to date, and say what members were told."""

from django.dispatch import Signal

# Sent with ``member`` and ``at`` before it is decided whether an invoice can be paid. Cycles that are
# due are closed first, by an app that builds on this one.
about_to_decide = Signal()

# Sent in the transaction that puts mail about a payment into the outbox, with ``member``, ``kind``
# (``received``, ``failed`` or ``refunded``), ``about`` (such as ``payment-12``), ``mail`` and ``language``.
member_told = Signal()
