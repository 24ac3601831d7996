"""Who of a list gets a mail, and who does not and why. One query, whatever the list."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.http import QueryDict

from amtportal.chunks import CHUNK
from amtportal.members.models import Member
from ccp.reports.lists.reach import Contact
from ccp.reports.lists.registry import LISTS
from ccp.reports.models import ListName, MailingSort

NO_ADDRESS = "no address on record"
COMES_BACK = "mail to the address comes back"
SWITCHED_OFF = "the account is switched off"
UNWANTED = "switched news off, or never opened the account"


@dataclass
class Audience:
    """The members who get the mail, by key, and how many of the list do not, by reason."""

    members: list[int] = field(default_factory=list)
    without: Counter[str] = field(default_factory=Counter)

    @property
    def all(self) -> int:
        return len(self.members) + self.without.total()


def of(name: ListName, query: str, sort: str, on: date) -> Audience:
    """Return the audience of a list under a filter; of a wrong filter, nobody. A member is in it once."""
    work_list = LISTS[name]
    rows = work_list.rows(work_list.filtered(QueryDict(query), on))
    members = Member.objects.filter(
        pk__in=rows.order_by().values(work_list.member), merged_into=None, died_on=None, erased_on=None
    )
    found = Audience()
    asked = members.order_by("pk").values_list(
        "pk", "user__email", "user__bouncing_email", "user__is_active", "user__password", "notice_preference__amt_news"
    )
    for key, email, bouncing_email, is_active, password, wants_news in asked.iterator(CHUNK):
        contact = Contact(email or "", bouncing_email or "", is_active)
        is_open = bool(password) and not password.startswith(UNUSABLE_PASSWORD_PREFIX)
        if is_active is False:
            found.without[SWITCHED_OFF] += 1
        elif not contact.address:
            found.without[NO_ADDRESS] += 1
        elif contact.comes_back:
            found.without[COMES_BACK] += 1
        elif sort == MailingSort.NEWS and not (is_open and wants_news in (True, None)):
            found.without[UNWANTED] += 1
        else:
            found.members.append(key)
    return found
