"""The lists that the start page names, below what waits, with how many are on those to act on."""

from dataclasses import dataclass
from datetime import date

from django.urls import reverse

from amtportal.members.models import User
from ccp.reports.lists import registry
from ccp.reports.lists.base import Counted
from ccp.reports.models import ListName
from ccp.reports.views.access import MAY_VIEW_LISTS, MAY_VIEW_REPORTS


@dataclass(frozen=True)
class ListLink:
    """A list of the admin: what it is called, who may open it, the name of its address, and its filter.

    ``counted``: the list of members to act on whose rows are counted beside the link.
    """

    words: str
    permission: str
    list_name: str
    query: str = ""
    counted: ListName | None = None

    @property
    def address(self) -> str:
        return f"{reverse(self.list_name)}{self.query}"


def _to_act_on(name: ListName) -> ListLink:
    words = "Lapsed this month" if name == ListName.LAPSED else name.label
    return ListLink(words, MAY_VIEW_LISTS, f"admin:{registry.url_name(name)}", counted=name)


# Who adds a list for staff adds it here.
LISTS = (
    *(_to_act_on(name) for name in registry.LISTS),
    ListLink("Reports", MAY_VIEW_REPORTS, "admin:reports_index"),
    ListLink("Audits", "audits.view_auditcase", "admin:audits_auditcase_changelist"),
    ListLink("Money to look at", "payments.view_unappliedmoney", "admin:payments_unappliedmoney_look"),
)


def of(user: User) -> list[ListLink]:
    """Return the lists that this person may open."""
    return [each for each in LISTS if user.has_perm(each.permission)]


def counted(links: list[ListLink], on: date) -> list[tuple[ListLink, Counted | None]]:
    """Return each link with how many are on its list, up to a bound; one query for each that is counted."""
    return [(link, registry.count(link.counted, on) if link.counted else None) for link in links]
