"""The admin pages of security events and seals, which staff can only read."""

from typing import Any

from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest

from amtportal.history.models import Seal, SecurityEvent
from amtportal.members.models import User
from amtportal.staff.changelists import among, keys_in
from amtportal.staff.pages import StaffAdmin, WrittenByVerbs


@admin.register(SecurityEvent)
class SecurityEventAdmin(WrittenByVerbs, StaffAdmin):
    list_display = ["at", "kind", "user", "email", "detail", "address", "request_id"]
    list_select_related = ["user"]
    list_reads = ["at", "kind", "user__email", "email", "detail", "address", "request_id"]
    list_filter = ["kind"]
    search_help_text = "Start of the e-mail address, or a request id"
    search_fields = ["user"]

    def found_by(self, words: str) -> Q:
        address = words.lower()
        accounts = keys_in(User.objects.filter(email__begins=address).order_by().values_list("pk", flat=True))
        typed = ~Q(email="") & Q(email__begins=address)
        return among("user", accounts) | typed | Q(request_id=words)

    def get_fields(self, request: HttpRequest, obj: SecurityEvent | None = None) -> Any:
        return self.list_display


@admin.register(Seal)
class SealAdmin(WrittenByVerbs, StaffAdmin):
    list_display = ["sealed_at", "table", "after_id", "upto_id", "rows", "digest"]
    list_reads = ["sealed_at", "table", "after_id", "upto_id", "rows", "digest"]

    def get_fields(self, request: HttpRequest, obj: Seal | None = None) -> Any:
        return [*self.list_display, "previous"]
