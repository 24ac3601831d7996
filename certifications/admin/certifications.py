"""Certifications, the members who hold them, and the roster that brings both."""

from datetime import date
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest

from amtportal.dates import today
from amtportal.members.admin import MemberAdmin
from amtportal.members.models import Member
from amtportal.staff.changelists import keys_in
from amtportal.staff.forms import WholeForm
from amtportal.staff.pages import HistoryAdmin, NeverDeleted, ShownInline
from certifications import cycles
from certifications.admin.cycles import CycleInline
from certifications.admin.roster import RosterImportMixin
from certifications.models import Certification, Credential


class CertificationForm(WholeForm):
    class Meta:
        model = Certification
        fields = ["member", "credential", "certificate_number", "awarded_on", "status", "ccp_mandatory"]

    def clean_awarded_on(self) -> date:
        awarded_on = self.cleaned_data["awarded_on"]
        if awarded_on > today():
            raise forms.ValidationError("The award cannot be in the future. Enter today's date or an earlier one.")
        return awarded_on


class CertificationInline(ShownInline):
    """The certifications of a member."""

    model = Certification
    readonly_fields = ["credential", "certificate_number", "awarded_on", "status", "ccp_mandatory"]
    select_related = ["credential"]


@admin.register(Certification)
class CertificationAdmin(RosterImportMixin, NeverDeleted, HistoryAdmin):
    form = CertificationForm
    list_display = ["certificate_number", "member", "credential", "awarded_on", "status", "ccp_mandatory"]
    list_select_related = ["member", "credential"]
    list_filter = ["credential", "status", "ccp_mandatory"]
    search_help_text = "Name, e-mail address, AMT ID or certificate number"
    search_fields = ["member"]
    autocomplete_fields = ["member"]
    inlines = [CycleInline]

    def found_by(self, words: str) -> Q:
        # Every credential is named because the index on certificate numbers begins with it.
        by_number = Certification.objects.filter(
            credential__in=Credential.objects.order_by(), certificate_number__in=[words, words.upper()]
        )
        by_member = Certification.objects.filter(super().found_by(words))
        found = [queryset.order_by().values_list("pk", flat=True) for queryset in (by_number, by_member)]
        return Q(pk__in=keys_in(found[0].union(found[1])))

    def get_fields(self, request: HttpRequest, obj: Certification | None = None) -> Any:
        held = ["member", "credential", "certificate_number", "awarded_on", "ccp_mandatory"]
        return [*held, "status"] if obj else held

    def get_readonly_fields(self, request: HttpRequest, obj: Certification | None = None) -> Any:
        # Cycles are counted from the award, and what a cycle holds belongs to the member.
        return ("member", "credential", "awarded_on") if obj else ()

    def save_model(self, request: HttpRequest, obj: Certification, form: forms.ModelForm, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if not change:
            cycles.open_current(certification=obj, on=today())


admin.site.unregister(Member)


@admin.register(Member)
class HolderAdmin(MemberAdmin):
    """A member with the certifications held."""

    inlines = [CertificationInline]
