"""The lists that the start page names, below what waits. Who adds a list for staff adds it to ``LISTS``."""

from dataclasses import dataclass

from django.urls import reverse

from amtportal.members.models import User


@dataclass(frozen=True)
class ListLink:
    """A list of the admin: what it is called, who may open it, the name of its address, and its filter."""

    words: str
    permission: str
    list_name: str
    query: str = ""

    @property
    def address(self) -> str:
        return f"{reverse(self.list_name)}{self.query}"


LISTS = (
    ListLink("In grace", "certifications.view_cycle", "admin:certifications_cycle_changelist", "?ends=grace"),
    ListLink(
        "Ends within 60 days", "certifications.view_cycle", "admin:certifications_cycle_changelist", "?ends=60-days"
    ),
    ListLink(
        "Invoices overdue",
        "certifications.view_renewalinvoice",
        "admin:certifications_renewalinvoice_changelist",
        "?due=past",
    ),
    ListLink("No way to sign in", "members.view_member", "admin:members_member_changelist", "?sign_in=none"),
    ListLink("Audits", "audits.view_auditcase", "admin:audits_auditcase_changelist"),
    ListLink("Money to look at", "payments.view_unappliedmoney", "admin:payments_unappliedmoney_look"),
)


def of(user: User) -> list[ListLink]:
    """Return the lists that this person may open."""
    return [each for each in LISTS if user.has_perm(each.permission)]
