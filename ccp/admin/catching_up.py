"""Deeds of staff to what a member holds: what is due of the member's cycles is closed first.

A deed is then done from where the member really stands, whether or not the daily run has come by.
"""

from functools import reduce
from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from amtportal.staff.pages import StaffAdmin
from ccp.rollover import catching_up


class CatchingUp(StaffAdmin):
    """Mixed into the admin of what belongs to a member; ``search_fields`` lead from the record to the member."""

    def record_for_action(self, request: HttpRequest, object_id: str, permission: str) -> Any:
        record = super().record_for_action(request, object_id, permission)
        member = reduce(getattr, self.search_fields[0].split("__"), record)
        if catching_up.catch_up(member, at=timezone.now()):
            record = super().record_for_action(request, object_id, permission)
        return record
