"""When, why and by whom an import was made."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from amtportal.chunks import CHUNK
from amtportal.history.lines import LONGEST_REASON
from amtportal.members.models import User


@dataclass(frozen=True)
class Occasion:
    """When, why and by whom an import was made, as the history records it."""

    at: datetime
    reason: str
    by: User | None = None

    def history(self) -> dict[str, Any]:
        """Return the arguments for the bulk functions of simple-history."""
        return {
            "batch_size": CHUNK,
            "default_user": self.by,
            "default_date": self.at,
            "default_change_reason": self.reason[:LONGEST_REASON],
        }
