"""The menu at the top of every page: which items a person sees, and which is the current one."""

from dataclasses import dataclass

from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Item:
    """One item of the menu. ``below``: names of the other addresses that belong to it."""

    address: str
    label: Promise
    below: frozenset[str] = frozenset()


HOME = Item("home", _("Home"))
OF_MEMBERS = (
    Item(
        "certification-list",
        _("My Certifications"),
        frozenset(
            {
                "activity-record",
                "transcript-detail",
                "transcript-history",
                "letter-detail",
                "audit-list",
                "audit-detail",
            }
        ),
    ),
    Item(
        "activity-list",
        _("Activities"),
        frozenset({"activity-detail", "activity-amend", "activity-withdraw"}),
    ),
    Item("invoice-list", _("Invoices"), frozenset({"invoice-detail"})),
)
OF_VISITORS = (Item("account_login", _("Sign in")), Item("account-activate", _("Activate account")))
# Beside the menu, so that it is one step away at every width.
HELP = Item(
    "guide",
    _("Help"),
    frozenset(
        {"qualifying-activities", "question-ask", "question-sent", "transcript-check", "tutorial", "tutorial-list"}
    ),
)


@dataclass(frozen=True)
class Shown:
    """An item on a page. ``current`` is its ``aria-current``: ``page``, ``true`` or empty."""

    item: Item
    current: str


def items_for(*, is_signed_in: bool, is_member: bool) -> tuple[Item, ...]:
    """Return the items that a person sees, in their order."""
    if not is_signed_in:
        return OF_VISITORS
    return (HOME, *(OF_MEMBERS if is_member else ()))


def current(item: Item, address: str) -> str:
    """Return the value of ``aria-current`` for the item on the page with that address name."""
    if item.address == address:
        return "page"
    return "true" if address in item.below else ""


def menu(request: HttpRequest) -> list[Shown]:
    """Return the menu of the requested page."""
    user = request.user
    items = items_for(is_signed_in=user.is_authenticated, is_member=bool(getattr(user, "member", None)))
    return [Shown(item, current(item, _address(request))) for item in items]


def help_item(request: HttpRequest) -> Shown:
    """Return the link to help of the requested page."""
    return Shown(HELP, current(HELP, _address(request)))


def _address(request: HttpRequest) -> str:
    return (request.resolver_match.url_name if request.resolver_match else "") or ""
