"""What other parts of the portal are told of a case."""

from django.dispatch import Signal

stepped = Signal()
"""A step was written: ``case`` (as it is after the step) and ``step``, in the same transaction.

A receiver that raises takes the step back.
"""
message_written = Signal()
"""A message was written: ``message``, with its case, in the same transaction."""
stepped_together = Signal()
"""Steps were written at once, each of another case: ``steps``, as pairs of case and step.

It follows ``stepped`` of each of them, in the same transaction. Letters go by it, because a thousand
cases may be notified at once.
"""
