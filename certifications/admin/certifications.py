"""The admin pages of certifications, with the roster import, which brings their members too."""

from datetime import date
from typing import Any

from django import forms
from django.contrib.admin.utils import unquote
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from amtportal import clean, plausible
from amtportal.dates import today
from amtportal.members.models import Member
from amtportal.staff.changelists import among, keys_in
from amtportal.staff.forms import WholeForm
from amtportal.staff.pages import HistoryAdmin, NeverDeleted, ShownInline
from certifications import cycles, deadlines, invoices, life
from certifications.admin.cycles import CycleInline
from certifications.admin.roster import RosterImportMixin
from certifications.admin.status_changes import StatusChangeInline
from certifications.models import Certification, Credential


class CertificationForm(WholeForm):
    class Meta:
        model = Certification
        fields = ["member", "credential", "certificate_number", "awarded_on", "recertified_on", "ccp_mandatory"]

    def clean_member(self) -> Member:
        member: Member = self.cleaned_data["member"]
        if problem := life.problem_with_holders([member] if member.died_on else []):
            raise forms.ValidationError(problem.sentence)
        return member

    def clean_awarded_on(self) -> date:
        awarded_on: date = self.cleaned_data["awarded_on"]
        if problem := plausible.problem_with_award(awarded_on, today()):
            raise forms.ValidationError(problem)
        return awarded_on

    def clean_recertified_on(self) -> date | None:
        recertified_on: date | None = self.cleaned_data["recertified_on"]
        awarded_on = self.cleaned_data.get("awarded_on") or self.instance.awarded_on
        if recertified_on and (problem := plausible.problem_with_recertification(recertified_on, awarded_on, today())):
            raise forms.ValidationError(problem)
        return recertified_on

    def clean(self) -> dict[str, Any]:
        """Set ``ccp_mandatory`` from the entered dates, unless staff changed it themselves."""
        cleaned = super().clean() or self.cleaned_data
        awarded_on = cleaned.get("awarded_on") or self.instance.awarded_on
        dated = {"awarded_on", "recertified_on"} & set(self.changed_data)
        if awarded_on and dated and "ccp_mandatory" not in self.changed_data:
            cleaned["ccp_mandatory"] = life.ccp_is_mandatory(awarded_on, cleaned.get("recertified_on"))
        return cleaned


class CertificationInline(ShownInline):
    """The certifications of a member, by deadline."""

    model = Certification
    readonly_fields = ["credential", "certificate_number", "awarded_on", "status", "ccp_mandatory"]
    select_related = ["credential"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Certification]:
        return deadlines.ordered(super().get_queryset(request))


class BaseCertificationAdmin(RosterImportMixin, NeverDeleted, HistoryAdmin):
    form = CertificationForm
    list_display = ["certificate_number", "member", "credential", "awarded_on", "status", "ccp_mandatory"]
    list_select_related = ["member", "credential"]
    list_reads = [
        "certificate_number",
        "awarded_on",
        "status",
        "ccp_mandatory",
        "member__first_name",
        "member__last_name",
        "member__amt_id",
        "credential__code",
        "credential__name",
    ]
    list_filter = ["credential", "status", "ccp_mandatory"]
    search_help_text = "Name, e-mail address, AMT ID or certificate number"
    search_fields = ["member"]
    autocomplete_fields = ["member"]
    inlines = [CycleInline, StatusChangeInline]

    def found_by(self, words: str) -> Q:
        # The query names every credential because the index on certificate numbers begins with it.
        number = clean.identifier(words)
        by_number = Certification.objects.filter(
            credential__in=Credential.objects.order_by(), certificate_number__in=[number, number.upper()]
        )
        return super().found_by(words) | among("pk", keys_in(by_number.order_by().values_list("pk", flat=True)))

    def get_fields(self, request: HttpRequest, obj: Certification | None = None) -> Any:
        held = ["member", "credential", "certificate_number", "awarded_on", "recertified_on", "ccp_mandatory"]
        return [*held, "status", "fees_paid_through"] if obj else held

    def get_readonly_fields(self, request: HttpRequest, obj: Certification | None = None) -> Any:
        # These must not change: cycles are counted from the award, and what a cycle holds belongs
        # to the member. The status has its own page, and what was paid before the portal is said by
        # the roster.
        return ("member", "credential", "awarded_on", "status", "fees_paid_through") if obj else ()

    def _lock(self, request: HttpRequest, object_id: str | None) -> None:
        """Lock the cycles first: when their invoices open follows from whether CCP is mandatory."""
        if request.method == "POST" and object_id:
            record = self.get_object(request, unquote(object_id))
            if record is not None:
                list(record.cycles.select_for_update().order_by("pk").values_list("pk"))
        super()._lock(request, object_id)

    def save_model(self, request: HttpRequest, obj: Certification, form: forms.ModelForm, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if change:  # ``ccp_mandatory`` follows the dates, too
            invoices.keep_openings(cycle__certification=obj)
        if not change:
            cycles.open_current(certification=obj, on=today())
