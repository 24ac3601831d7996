"""What waits for staff: of each kind how many there are, since when the oldest waits, and where their list is.

Each kind is one query, which stops at ``BOUND`` rows of an index that holds only what waits, so that
the start page costs the same for a thousand members and for a million. Only those kinds are asked
for whose list the person may open.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Count, DateTimeField, Exists, F, Min, OuterRef, Q, QuerySet
from django.urls import reverse

from amtportal.dates import day_of
from amtportal.members.models import (
    BouncingAddress,
    MailDelivery,
    NameRequest,
    Question,
    RosterDifference,
    User,
)
from ccp.audits import staff, states
from ccp.audits.models import AuditCase, CaseState, StatusProposal, Who
from ccp.models import Activity, Credit, ErrorReport, HeldCredit
from ccp.privacy.models import AccessRequest, ErasureRequest
from certifications.models import Cycle, WaitingRow
from certifications.payments import refunds
from certifications.payments.models import Dispute, Settlement, UnappliedMoney

BOUND = 1_000
MAIL_DAYS = 7
"""Mail that was given up is told for so many days: nobody can do more about it than to correct an address."""


@dataclass(frozen=True)
class Waiting:
    """What waits of one kind. ``since`` is the day of the oldest, if that is known. ``is_cut``: there are more."""

    name: str
    words: str
    number: int
    since: date | None
    address: str
    is_cut: bool = False
    due: date | None = None
    """The first day by which one of them must be answered, if the law sets one."""

    @property
    def number_in_words(self) -> str:
        return f"more than {self.number:,}" if self.is_cut else f"{self.number:,}"


@dataclass(frozen=True)
class Kind:
    """A kind of what waits: ``one`` and ``many`` are its words, ``rows`` its query as of a moment.

    ``since``: the column that says since when a row waits; it is a day or an instant. ``due``: the
    column with the day by which the law wants an answer, if it does.
    """

    name: str
    one: str
    many: str
    permission: str
    list_name: str
    query: str
    rows: Callable[[datetime], QuerySet[Any]]
    since: str
    due: str = ""

    def waiting(self, now: datetime) -> Waiting:
        rows = self.rows(now).order_by(self.since if self.since == "ends_on" else "pk")
        named = {"waits_from": F(self.since), **({"answer_by": F(self.due)} if self.due else {})}
        found = rows.annotate(**named).values(*named)[: BOUND + 1]
        first = {"first_due": Min("answer_by")} if self.due else {}
        counted = found.aggregate(number=Count("*"), oldest=Min("waits_from"), **first)
        return Waiting(
            name=self.name,
            words=self.one if counted["number"] == 1 else self.many,
            number=min(counted["number"], BOUND),
            since=_day(counted["oldest"]),
            address=f"{reverse(self.list_name)}{self.query}",
            is_cut=counted["number"] > BOUND,
            due=counted.get("first_due"),
        )


def _day(moment: Any) -> date | None:
    return day_of(moment) if isinstance(moment, datetime) else moment


def _points_to_set(now: datetime) -> QuerySet[Activity]:
    claims = Credit.objects.filter(activity=OuterRef("pk")).exclude(cut=Credit.Cut.UNCLAIMED)
    is_frozen = Exists(claims.filter(cycle__closed_on__isnull=False))
    return Activity.objects.filter(points=None, withdrawn_at=None).exclude(is_frozen)


def _past_grace(now: datetime) -> QuerySet[Cycle]:
    """Return the cycles that should be closed: their grace period, as extended, is over."""
    on = day_of(now)
    began = on - timedelta(days=settings.CCP_GRACE_DAYS)
    extended_until = Q(grace_extended_to=None) | Q(grace_extended_to__lt=on)
    return Cycle.objects.unclosed().filter(extended_until, ends_on__lt=began)


KINDS = (
    Kind(
        "error-reports", "error report", "error reports", "ccp.view_errorreport",
        "admin:ccp_errorreport_changelist", "?answered=no",
        lambda now: ErrorReport.objects.filter(answered_at=None), "reported_at",
    ),
    Kind(
        "questions", "question", "questions", "members.view_question",
        "admin:members_question_changelist", "?answer=waits",
        lambda now: Question.objects.filter(answered_at=None), "asked_at",
    ),
    Kind(
        "name-requests", "request for another name", "requests for another name", "members.view_namerequest",
        "admin:members_namerequest_changelist", "?answer=waits",
        lambda now: NameRequest.objects.filter(state=NameRequest.State.WAITING), "asked_at",
    ),
    Kind(
        "access-requests", "request for access by law", "requests for access by law", "privacy.view_accessrequest",
        "admin:privacy_accessrequest_changelist", "?answer=waits",
        lambda now: AccessRequest.objects.filter(answered_on=None), "received_on", "due_on",
    ),
    Kind(
        "erasure-requests", "request for erasure by law", "requests for erasure by law", "privacy.view_erasurerequest",
        "admin:privacy_erasurerequest_changelist", "?state=waiting",
        lambda now: ErasureRequest.objects.filter(state=ErasureRequest.State.WAITING), "received_on", "due_on",
    ),
    Kind(
        "points-to-set", "entry whose points AMT sets", "entries whose points AMT sets", "ccp.view_activity",
        "admin:ccp_activity_changelist", "?points=to-be-set", _points_to_set, "recorded_at",
    ),
    Kind(
        "held-credits", "held credit", "held credits", "ccp.view_heldcredit",
        "admin:ccp_heldcredit_changelist", "?matched=no",
        lambda now: HeldCredit.objects.filter(activity=None), "received_at",
    ),
    Kind(
        "roster-rows", "row of the roster", "rows of the roster", "certifications.view_waitingrow",
        "admin:certifications_waitingrow_changelist", "",
        lambda now: WaitingRow.objects.filter(settled_at=None), "since",
    ),
    Kind(
        "roster-differences", "difference from the roster", "differences from the roster",
        "members.view_rosterdifference", "admin:members_rosterdifference_changelist", "?state=waits",
        lambda now: RosterDifference.objects.filter(waits_since__isnull=False), "waits_since",
    ),
    Kind(
        "outcomes", "outcome of an audit to confirm", "outcomes of audits to confirm", "audits.view_statusproposal",
        "admin:audits_statusproposal_changelist", "?answer=open",
        lambda now: StatusProposal.objects.filter(state=StatusProposal.State.OPEN), "proposed_at",
    ),
    Kind(
        "unapplied-money", "sum of unapplied money", "sums of unapplied money", "payments.view_unappliedmoney",
        "admin:payments_unappliedmoney_look", "",
        lambda now: UnappliedMoney.objects.to_look_at(day_of(now)), "received_at",
    ),
    Kind(
        "disputes", "disputed payment", "disputed payments", "payments.view_dispute",
        "admin:payments_dispute_changelist", "?decided=no",
        lambda now: Dispute.objects.open(), "opened_at",
    ),
    Kind(
        "failed-refunds", "refund that failed", "refunds that failed", "payments.view_refund",
        "admin:payments_refund_changelist", "?status__exact=failed",
        lambda now: refunds.without_money(), "requested_at",
    ),
    Kind(
        "days-that-differ", "day that differs from the provider’s book", "days that differ from the provider’s book",
        "payments.view_settlement", "admin:payments_settlement_changelist", "?differences=yes",
        lambda now: Settlement.objects.exclude(differences="").filter(explanation=""), "reconciled_at",
    ),
    Kind(
        "bouncing", "address whose mail comes back", "addresses whose mail comes back", "members.view_bouncingaddress",
        "admin:members_bouncingaddress_changelist", "?marked=yes",
        lambda now: BouncingAddress.objects.filter(cleared_at=None), "marked_at",
    ),
    Kind(
        "mail-given-up", f"mail given up in {MAIL_DAYS} days", f"mails given up in {MAIL_DAYS} days",
        "members.view_maildelivery", "admin:members_maildelivery_changelist", "?outcome=given-up",
        lambda now: MailDelivery.objects.filter(refused_at__gt=now - timedelta(days=MAIL_DAYS)), "refused_at",
    ),
    Kind(
        "past-grace", "cycle past its grace period, not closed", "cycles past their grace period, not closed",
        "certifications.view_cycle", "admin:certifications_cycle_changelist", "?ends=over", _past_grace, "ends_on",
    ),
)  # fmt: skip


def of(user: User, now: datetime) -> list[Waiting]:
    """Return what waits of each kind that this person may see; kinds of which nothing waits are left out."""
    found = [kind.waiting(now) for kind in KINDS if user.has_perm(kind.permission)]
    return [*_audits(user, day_of(now)), *(each for each in found if each.number)]


def _audits(user: User, on: date) -> Iterable[Waiting]:
    """Yield the cases that are this person's, those that nobody has, and those with which AMT is late; one query."""
    if not user.has_perm("audits.view_auditcase"):
        return
    of_me = Q(state=CaseState.SUBMITTED, first_reviewer=user) | Q(state=CaseState.SECOND_REVIEW, second_reviewer=user)
    of_me |= Q(state=CaseState.APPEALED) & (Q(first_of_board=user) | Q(second_of_board=user))
    free = Q(state=CaseState.SUBMITTED, first_reviewer=None) | Q(state=CaseState.SECOND_REVIEW, second_reviewer=None)
    wanted = {
        "yours": (of_me, "audit case with you", "audit cases with you", "?taken=mine"),
        "coordinator": (
            Q(state__in=[state for state, who in states.MOVES.items() if who == Who.COORDINATOR]),
            "audit case for the coordinator", "audit cases for the coordinator", f"?move={Who.COORDINATOR.value}",
        ),
        "free": (
            free, "audit case that nobody reviews", "audit cases that nobody reviews",
            f"?move={Who.REVIEWER.value}&taken=nobody",
        ),
        "board": (
            Q(state=CaseState.APPEALED) & (Q(first_of_board=None) | Q(second_of_board=None)),
            "appeal for the board", "appeals for the board", f"?move={Who.BOARD.value}",
        ),
        "late": (
            Q(state__in=staff.OF_AMT, due_on__lt=on), "audit case with which AMT is late",
            "audit cases with which AMT is late", "?move=late",
        ),
    }  # fmt: skip
    open_cases = AuditCase.objects.exclude(state=CaseState.CLOSED).order_by()
    counted = open_cases.aggregate(
        **{f"{name}_number": Count("pk", filter=condition) for name, (condition, *_) in wanted.items()},
        **{
            f"{name}_oldest": Min("state_since", filter=condition, output_field=DateTimeField())
            for name, (condition, *_) in wanted.items()
        },
    )
    address = reverse("admin:audits_auditcase_changelist")
    for name, (_condition, one, many, query) in wanted.items():
        if number := counted[f"{name}_number"]:
            words = one if number == 1 else many
            yield Waiting(f"audits-{name}", words, number, _day(counted[f"{name}_oldest"]), f"{address}{query}")
