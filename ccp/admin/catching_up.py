"""Action pages about what a member holds: the portal first closes the cycles that are due for it.

Staff then act on what is true now, whether or not the daily run has already done its work.
"""

from functools import reduce
from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from amtportal.staff.pages import StaffAdmin
from ccp.rollover import catching_up


class CatchUpFirstMixin(StaffAdmin):
    """For the admin class of a record that belongs to a member.

    The first of ``search_fields`` is the lookup from the record to the member.
    """

    def record_for_action(self, request: HttpRequest, object_id: str, permission: str) -> Any:
        record = super().record_for_action(request, object_id, permission)
        member = reduce(getattr, self.search_fields[0].split("__"), record)
        if catching_up.catch_up(member, at=timezone.now()):
            record = super().record_for_action(request, object_id, permission)
        return record
