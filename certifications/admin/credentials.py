"""The admin pages of credentials, whose terms new cycles and invoices copy."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from amtportal.dates import today
from amtportal.fields import DayField, IdentifierField, LineField
from amtportal.formatting import dollars, format_day
from amtportal.members.access import account_of
from amtportal.staff.actions import ActionPage, AlreadyDone
from amtportal.staff.forms import DollarsField, ReadBy, WholeForm
from amtportal.staff.pages import DeletedUnused, HistoryAdmin, ShownInline
from certifications import credential_names
from certifications.models import Credential, FormerName

MAY_RENAME = "certifications.rename_credential"


class RenameForm(forms.Form):
    """The new code and name, since when, and who says so."""

    code = IdentifierField(max_length=10, help_text="For example MLS. It may stay as it is.")
    name = LineField(max_length=100, widget=forms.TextInput(attrs={"class": "vTextField"}))
    from_on = DayField(
        label="From",
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        help_text="The first day of the new name, up to today.",
    )
    source = LineField(
        max_length=300,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        help_text=ReadBy.STAFF.says("Who decided it, and where that is written."),
    )


class FormerNameInline(ShownInline):
    """The names that a credential had before."""

    model = FormerName
    verbose_name_plural = "former names"
    readonly_fields = ["code", "name", "until", "source"]
    ordering = ["-until"]


class CredentialForm(WholeForm):
    annual_fee = DollarsField(
        help_text="In US dollars. Invoices that were issued keep their amount; new cycles take this one."
    )

    class Meta:
        model = Credential
        fields = ["code", "name", "points_required", "annual_fee", "source"]
        help_texts = {"name": "Correct a slip here. If AMT gives it another name from a day on, choose Rename."}


@admin.register(Credential)
class CredentialAdmin(DeletedUnused, HistoryAdmin):
    form = CredentialForm
    list_display = ["code", "name", "formerly", "points_required", "fee"]
    inlines = [FormerNameInline]
    ordering = ["code"]
    used_in = "certifications"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Credential]:
        return super().get_queryset(request).prefetch_related("former_names")

    @admin.display(description="annual fee")
    def fee(self, credential: Credential) -> str:
        return dollars(credential.annual_fee)

    @admin.display(description="formerly")
    def formerly(self, credential: Credential) -> str:
        return credential.formerly

    def get_urls(self) -> list[URLPattern]:
        rename = self.admin_site.admin_view(self.rename_view)
        return [
            path("<path:object_id>/rename/", rename, name="certifications_credential_rename"),
            *super().get_urls(),
        ]

    def links(self, request: HttpRequest, obj: Credential) -> list[tuple[str, str]]:
        if not request.user.has_perm(MAY_RENAME):
            return []
        return [("Rename", reverse("admin:certifications_credential_rename", args=[obj.pk]))]

    def rename_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        credential = self.record_for_action(request, object_id, MAY_RENAME)
        return self.action_page(
            request,
            credential,
            ActionPage(
                title=f"Rename {credential.code}",
                button="Rename",
                form=RenameForm(
                    request.POST or None, initial={"code": credential.code, "from_on": today().isoformat()}
                ),
                facts=[("Today", credential), ("Formerly", credential.formerly or "–")],
                warning=(
                    "Every page then has the new name and says what it was formerly called. What was awarded before "
                    "that day is shown with the name of its day. Transcripts that were issued stay as they are, and "
                    "files may still have the former code."
                ),
                act=lambda typed: _rename(credential, typed, request),
            ),
        )


def _rename(credential: Credential, typed: dict[str, Any], request: HttpRequest) -> str:
    at, name = timezone.now(), credential_names.Name(typed["code"], typed["name"])
    if (credential.code, credential.name, credential.renamed_on) == (name.code, name.name, typed["from_on"]):
        raise AlreadyDone(f"It is called {credential} since {format_day(typed['from_on'])} already.")
    before = str(credential)
    renamed = credential_names.rename(
        credential=credential,
        name=name,
        from_on=typed["from_on"],
        source=typed["source"],
        by=account_of(request),
        at=at,
        on=today(),
    )
    return f"{before} is {renamed} from {format_day(typed['from_on'])} on."
