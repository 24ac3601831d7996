"""The admin pages of what a member holds: one module for each noun.

A model is registered here if its pages need nothing from ``ccp``. The other modules have base
classes (``BaseCycleAdmin``), and ``ccp.admin`` registers each of them once, with what it adds.
"""

from certifications.admin import corrections, credentials, status_changes, waiting_rows

__all__ = ["corrections", "credentials", "status_changes", "waiting_rows"]
