"""The admin pages of credentials, whose terms new cycles and invoices copy."""

from django.contrib import admin

from amtportal.formatting import dollars
from amtportal.staff.forms import DollarsField, WholeForm
from amtportal.staff.pages import DeletedUnused, HistoryAdmin
from certifications.models import Credential


class CredentialForm(WholeForm):
    annual_fee = DollarsField(
        help_text="In US dollars. Invoices that were issued keep their amount; new cycles take this one."
    )

    class Meta:
        model = Credential
        fields = ["code", "name", "points_required", "annual_fee"]


@admin.register(Credential)
class CredentialAdmin(DeletedUnused, HistoryAdmin):
    form = CredentialForm
    list_display = ["code", "name", "points_required", "fee"]
    ordering = ["code"]
    used_in = "certifications"

    @admin.display(description="annual fee")
    def fee(self, credential: Credential) -> str:
        return dollars(credential.annual_fee)
