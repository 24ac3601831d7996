"""What a member holds, as staff see it: one module for each noun.

A model is registered here when nothing of ``ccp`` belongs on its pages. The other modules hold base
classes (``BaseCycleAdmin``), and ``ccp.admin`` registers each of them once, with what it adds.
"""

from certifications.admin import corrections, credentials, status_changes

__all__ = ["corrections", "credentials", "status_changes"]
