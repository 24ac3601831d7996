"""What other parts of the portal are told of a case."""

from django.dispatch import Signal

stepped = Signal()
"""A step was written: ``case`` (as it is after the step) and ``step``, in the same transaction.

Letters and notices go by it. A receiver that raises takes the step back.
"""
