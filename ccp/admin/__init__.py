"""What members record, as staff see it: one module for each noun."""

from ccp.admin import activities, catalogue, cycles

__all__ = ["activities", "catalogue", "cycles"]
