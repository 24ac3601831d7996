"""The signals by which evidence asks other parts of the portal whether files may come and go."""

from django.dispatch import Signal

adding_asked = Signal()
"""Sent with ``activity``: a receiver answers why no file can be attached now, or None."""

removal_asked = Signal()
"""Sent with ``activity``: a receiver answers why no file can be removed, or None."""
