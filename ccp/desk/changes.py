"""The history of a member for staff: who changed what of everything that is the member's, the newest first.

It brings together the lines of history of the record, the account, the certifications, the cycles, the
invoices and the entries, the changes of status, and who viewed the portal as the member. Each kind is
one query, by an index, for ``PAGE`` rows; the next page begins where the last row of this one ends.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse

from amtportal.history.models import SecurityEvent
from amtportal.members.models import Member, User
from ccp.desk.models import Viewing
from ccp.models import Activity
from certifications.models import Certification, Cycle, StatusChange

PAGE = 50


@dataclass(frozen=True)
class Change:
    """One line: ``address`` is the page with the details, or empty."""

    at: datetime
    who: str
    what: str
    why: str = ""
    address: str = ""


def of(member: Member, *, by: User, before: datetime | None) -> list[Change]:
    """Return the newest changes before this instant, as far as this person may see their records."""
    found: list[Change] = []
    for permission, kind in _KINDS:
        if by.has_perm(permission):
            found += kind(member, before)
    return sorted(found, key=lambda change: change.at, reverse=True)[:PAGE]


def _newest(rows: QuerySet[Any], column: str, before: datetime | None) -> QuerySet[Any]:
    if before:
        rows = rows.filter(**{f"{column}__lt": before})
    return rows.order_by(f"-{column}", "-pk")[:PAGE]


VERBS = {"+": "recorded", "~": "changed", "-": "removed"}


def _who(user: User | None, member: Member) -> str:
    if user is None:
        return "the portal"
    return "the member" if user.pk == member.user_id else user.email


def _lines(rows: Any, noun: Callable[[Any], str], page: str) -> Callable[[Member, datetime | None], Iterator[Change]]:
    """Return the kind of the lines of history that ``rows`` finds for a member."""

    def kind(member: Member, before: datetime | None) -> Iterator[Change]:
        for line in _newest(rows(member).select_related("history_user"), "history_date", before):
            yield Change(
                at=line.history_date,
                who=_who(line.history_user, member),
                what=f"{noun(line)} {VERBS[line.history_type]}",
                why=line.history_change_reason or "",
                address=reverse(f"admin:{page}_history", args=[line.id]),
            )

    return kind


def _of_account(member: Member) -> QuerySet[Any]:
    lines: Any = User.history
    return lines.filter(id=member.user_id) if member.user_id else lines.none()


def _status(member: Member, before: datetime | None) -> Iterator[Change]:
    changes = StatusChange.objects.filter(certification__member=member)
    for change in _newest(changes.select_related("changed_by", "certification__credential"), "changed_at", before):
        yield Change(
            at=change.changed_at,
            who=_who(change.changed_by, member),
            what=f"{change.certification}: {change.get_before_display()} → {change.get_after_display()}",
            why=change.reason,
            address=reverse("admin:certifications_certification_change", args=[change.certification_id]),
        )


def _events(member: Member, before: datetime | None) -> Iterator[Change]:
    if member.user_id is None:
        return
    for event in _newest(SecurityEvent.objects.filter(user=member.user_id), "at", before):
        what = f"{event.get_kind_display()}{f' ({event.detail})' if event.detail else ''}"
        yield Change(at=event.at, who="the account", what=what)


def _viewings(member: Member, before: datetime | None) -> Iterator[Change]:
    for viewing in _newest(Viewing.objects.filter(member=member).select_related("viewed_by"), "began_at", before):
        what = "Portal viewed as the member sees it"
        yield Change(at=viewing.began_at, who=viewing.viewed_by.email, what=what, why=viewing.reason)


_KINDS: tuple[tuple[str, Callable[[Member, datetime | None], Iterator[Change]]], ...] = (
    (
        "members.view_member",
        _lines(
            lambda member: Member.history.filter(id=member.pk),
            lambda line: "Name and contact",
            "members_member",
        ),
    ),
    ("members.view_user", _lines(_of_account, lambda line: f"Account {line.email}", "members_user")),
    (
        "certifications.view_certification",
        _lines(
            lambda member: Certification.history.filter(member=member.pk),
            lambda line: f"Certification {line.certificate_number}",
            "certifications_certification",
        ),
    ),
    (
        "certifications.view_cycle",
        _lines(
            lambda member: Cycle.history.filter(
                certification__in=list(member.certifications.order_by().values_list("pk", flat=True))
            ),
            lambda line: f"Cycle {line.number}",
            "certifications_cycle",
        ),
    ),
    (
        "ccp.view_activity",
        _lines(
            lambda member: Activity.history.filter(member=member.pk),
            lambda line: f"Entry CE-{line.id:07d}",
            "ccp_activity",
        ),
    ),
    ("certifications.view_statuschange", _status),
    ("history.view_securityevent", _events),
    ("desk.view_viewing", _viewings),
)
