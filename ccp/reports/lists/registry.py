"""All lists by name, and how many are on each, for other pages of staff."""

from collections.abc import Mapping
from datetime import date

from django.urls import reverse

from ccp.reports.lists import base
from ccp.reports.lists.at_risk import AT_RISK
from ccp.reports.lists.base import Counted, WorkList
from ccp.reports.lists.in_grace import IN_GRACE
from ccp.reports.lists.lapsed import LAPSED
from ccp.reports.lists.not_activated import NOT_ACTIVATED
from ccp.reports.lists.overdue import OVERDUE
from ccp.reports.models import ListName

LISTS: Mapping[ListName, WorkList] = {each.name: each for each in (AT_RISK, IN_GRACE, LAPSED, OVERDUE, NOT_ACTIVATED)}


def count(name: ListName, on: date) -> Counted:
    """Return how many rows the list has without a filter, up to a bound; one query.

    Of the cycles at risk nothing is summed: who is on the list does not depend on it. Those that
    lapsed are counted since the first of the month.
    """
    work_list = LISTS[name]
    filters = {"month": f"{on:%Y-%m}"} if name == ListName.LAPSED else {}
    chosen = work_list.filtered(filters, on)
    assert chosen.is_valid()
    rows = chosen.near() if hasattr(chosen, "near") else chosen.qs
    return base.count(rows)


def address(name: ListName, action: str = "") -> str:
    """Return the address of the list, or of what is done with it."""
    return reverse(f"admin:{url_name(name)}{action and '_'}{action}")


def url_name(name: ListName) -> str:
    return f"reports_{name.value.replace('-', '_')}"
