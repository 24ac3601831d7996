"""Whether the commands of the night did their work: each run leaves a row, and the start page reads the last ones.

A command is late if it has not run for ``WITHIN``: a day, and two hours for a night that takes long.
Nothing breaks if one is missed, because the next run does the work of both.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from ccp.desk.models import NightlyRun

DAILY = (
    "apply_held_money",
    "close_cycles",
    "pass_audit_deadlines",
    "match_credits",
    "seal_history",
    "clean_evidence",
    "reconcile_payments",
    "send_notices",
)
"""The commands that run each day, in their order (docs/operations.md)."""
WITHIN = timedelta(hours=26)


@dataclass(frozen=True)
class Night:
    """``failed`` and ``late`` name commands; ``has_run``: some command has run here at all."""

    failed: list[str]
    late: list[str]
    has_run: bool

    @property
    def is_well(self) -> bool:
        return self.has_run and not self.failed and not self.late

    @property
    def in_words(self) -> str:
        if not self.has_run:
            return "nightly jobs have not run yet"
        if self.is_well:
            return "nightly jobs ✓"
        what = [f"{', '.join(self.failed)} failed"] if self.failed else []
        what += [f"{', '.join(self.late)} did not run"] if self.late else []
        return f"nightly jobs: {'; '.join(what)}"


def note(*, command: str, began_at: datetime, failure: str, **kwargs: Any) -> None:
    """Put a run on record."""
    NightlyRun.objects.create(
        command=command,
        began_at=began_at,
        ended_at=max(timezone.now(), began_at),
        failure=failure[:300],
    )


def of_last_night(now: datetime) -> Night:
    """Return how the commands of the last day went: one query, and another one if none of them ran."""
    rows = NightlyRun.objects.filter(ended_at__gt=now - WITHIN, command__in=DAILY).order_by("ended_at", "pk")
    last = dict(rows.values_list("command", "failure"))  # of each command, the last row
    has_run = bool(last) or NightlyRun.objects.exists()
    return Night(
        failed=[command for command in DAILY if last.get(command)],
        late=[command for command in DAILY if command not in last] if has_run else [],
        has_run=has_run,
    )
