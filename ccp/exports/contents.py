"""What is in ``data.json``: which records of a member, and which of their columns.

- Every model that leads to a member or an account is in ``SECTIONS``, or in ``LEFT_OUT`` with the
  reason; so is every column of a section. ``tests/ccp/exports/test_contents.py`` fails otherwise.
- Of people there is "you", or "AMT staff": nobody else is named.
- What the member may not read yet, such as a decision of an audit before it is announced, is not in
  it.
- Records of members who were merged into this one are in it.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from allauth.account.models import EmailAddress, EmailConfirmation
from allauth.idp.oidc.models import Client, Token
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.admin.models import LogEntry
from django.db.models import ForeignKey, Model, Q, QuerySet

from amtportal.chunks import CHUNK
from amtportal.history.models import SecurityEvent
from amtportal.members.models import (
    BouncingAddress,
    DeathReport,
    FormerAmtId,
    MailDelivery,
    Member,
    NameRequest,
    Question,
    RosterDifference,
    SearchTerm,
    User,
)
from ccp.api.models import Consent, Delivery, EventRepeat, Key, KeyDay, StandingRead
from ccp.audits import states, telling
from ccp.audits.letters import text as letter_text
from ccp.audits.models import (
    Appeal,
    AuditCase,
    CaseState,
    CaseStep,
    Conflict,
    Draw,
    DrawLine,
    DrawTicket,
    Extension,
    ItemReview,
    Letter,
    LetterPrint,
    Message,
    PrintRun,
    Replacement,
    StatusProposal,
    Verb,
)
from ccp.badges.models import Badge
from ccp.counting import requirement
from ccp.desk.models import Note, Viewing
from ccp.exports.models import Archive
from ccp.models import (
    Activity,
    CalendarFeed,
    Credit,
    ErrorReport,
    Evidence,
    HeldCredit,
    Transcript,
    TranscriptBatch,
    TranscriptFile,
)
from ccp.models.activities import reference_of
from ccp.models.pending_files import PendingFile, Reading
from ccp.notices.models import Notice, NoticeMail, Preference
from ccp.privacy.models import AccessDownload, AccessRequest, ErasureRequest, LegalHold
from ccp.reports.models import ListExport, ListOpening, Mailing, SavedFilter
from ccp.sharing.models import Listing, ShareDay, ShareLink
from certifications.models import (
    AwardCorrection,
    Certification,
    Cycle,
    CycleCorrection,
    Payment,
    Probation,
    RenewalInvoice,
    StatusChange,
    WaitingRow,
)
from certifications.payments.models import Checkout, Dispute, Refund, Settlement, SettlementLine, UnappliedMoney

VERSION = "1"
YOU, STAFF = "you", "AMT staff"
WHAT = {"+": "recorded", "~": "changed", "-": "removed"}

EVERY = Q()

Row = dict[str, Any]
Change = Callable[[list[Row]], list[Row]]


@dataclass(frozen=True)
class Whose:
    """The member, with the keys of all records that are this person, and of the account."""

    members: Sequence[int]
    amt_ids: Sequence[str]
    account: int | None

    @classmethod
    def of(cls, member: Member) -> "Whose":
        people = list(Member.objects.filter(Q(pk=member.pk) | Q(merged_into=member)).order_by("pk"))
        return cls([one.pk for one in people], [one.amt_id for one in people], member.user_id)


@dataclass(frozen=True, kw_only=True)
class Section:
    """The records of one model.

    ``paths`` lead from the model to the member, or with ``of_account`` to the account. ``without``
    has the columns that are left out, each with the reason. ``change`` adds to the rows of a group,
    or takes from them. ``no_history`` is why earlier versions are left out, if they are.
    """

    name: str
    model: type[Model]
    paths: Sequence[str]
    fields: Sequence[str]
    of_account: bool = False
    without: Mapping[str, str] = field(default_factory=dict)
    only: Q = EVERY
    change: Change = lambda rows: rows
    no_history: str = ""

    def rows(self, whose: Whose) -> Iterator[Row]:
        """Yield the records in their order, each with its history; memory does not grow with their number."""
        found = self._found(whose)
        last = 0
        while keys := list(found.filter(pk__gt=last).values_list("pk", flat=True)[:CHUNK]):
            last = keys[-1]
            rows = list(self._values(self.model._default_manager.filter(pk__in=keys).order_by("pk"), whose))
            if self.has_history:
                lines = self._lines(keys, whose)
                for row in rows:
                    row["history"] = lines.get(row["id"], [])
            yield from self.change(rows)

    @property
    def has_history(self) -> bool:
        return hasattr(self.model, "history") and not self.no_history

    @property
    def columns(self) -> list[str]:
        return [name.partition("__")[0] for name in self.fields]

    def _found(self, whose: Whose) -> QuerySet[Any]:
        if self.of_account:
            mine = Q(**{f"{self.paths[0]}__in": [whose.account] if whose.account else []})
        else:
            mine = Q()
            for path in self.paths:
                mine |= Q(**{f"{path}__in": whose.amt_ids if path.endswith("amt_id") else whose.members})
        return self.model._default_manager.filter(mine).filter(self.only).order_by("pk").distinct()

    def _values(self, rows: QuerySet[Any], whose: Whose, *more: str) -> Iterator[Row]:
        fields = [name for name in self.fields if _is_column_of(rows.model, name)]
        people = _people(rows.model)
        for row in rows.values("id", *fields, *more):
            yield {
                name.replace("__", "_"): _person(value, whose) if name in people else value
                for name, value in row.items()
            }

    def _lines(self, keys: Sequence[int], whose: Whose) -> dict[int, list[Row]]:
        """Return the history of these records, by key, the oldest line first."""
        model = self.model.history.model  # type: ignore[attr-defined]
        found = model.objects.filter(id__in=keys).order_by("id", "history_date", "history_id")
        more = ("history_date", "history_type", "history_user", "history_change_reason")
        lines = self._values(found, whose, *more)
        return {key: [_line(line) for line in group] for key, group in groupby(lines, key=lambda line: line["id"])}


def _is_column_of(model: type[Model], name: str) -> bool:
    """Return whether the model has the column: the history of a model excludes some."""
    return name.partition("__")[0] in {column.name for column in model._meta.concrete_fields}


def _people(model: type[Model]) -> set[str]:
    return {
        column.name
        for column in model._meta.concrete_fields
        if isinstance(column, ForeignKey) and column.related_model is User
    }


def _person(key: int | None, whose: Whose) -> str | None:
    if key is None:
        return None
    return YOU if key == whose.account else STAFF


def _line(row: Row) -> Row:
    row.pop("id")
    return {
        "at": row.pop("history_date"),
        "what": WHAT[row.pop("history_type")],
        "by": row.pop("history_user"),
        "reason": row.pop("history_change_reason"),
        **row,
    }


# What some sections add or take away


def _with_reference(rows: list[Row]) -> list[Row]:
    return [{"reference": reference_of(row["id"]), **row} for row in rows]


def _with_counted(rows: list[Row]) -> list[Row]:
    counted = requirement.counted_by_cycle([row["id"] for row in rows])
    return [{**row, "points_counted": counted[row["id"]]} for row in rows]


def file_name(key: int, activity: int, name: str, kind: str) -> str:
    """Return the path of a file of evidence in the archive. Nothing in it is of the sender's choice but letters."""
    stem = re.sub(r"[^\w.-]+", "-", name.rpartition(".")[0] or name)[:60].strip(".-_") or "file"
    return f"evidence/{reference_of(activity)}/{key}-{stem}.{'jpg' if kind == 'jpeg' else kind}"


def _with_file(rows: list[Row]) -> list[Row]:
    for row in rows:
        row["file"] = (
            None if row["removed_at"] else file_name(row["id"], row["activity"], row["original_name"], row["kind"])
        )
    return rows


def _without_keys_of_notices(rows: list[Row]) -> list[Row]:
    """Take out of a mail the address that switches it off without a sign-in."""
    for row in rows:
        row["text"] = re.sub(r"/notices/stop/[^/\s]+", "/notices/stop/…", row["text"])
    return rows


def _readable(rows: list[Row]) -> list[Row]:
    for row in rows:
        row["text"] = "\n\n".join(letter_text.readable(row["text"]))
    return rows


STAFFS_ACTS = {
    SecurityEvent.Kind.FACTOR_REMOVED,
    SecurityEvent.Kind.SESSIONS_ENDED,
    SecurityEvent.Kind.ADDRESS_CHANGED,
}
"""What staff can do to an account: the address is then that of their own machine."""


def _without_staffs_address(rows: list[Row]) -> list[Row]:
    for row in rows:
        if row["kind"] in STAFFS_ACTS:
            row["address"] = None
    return rows


def _as_announced(rows: list[Row]) -> list[Row]:
    """Hide a decision that is not announced."""
    for row in rows:
        if row["state"] not in states.OPEN_VERDICT:
            row["outcome"] = row["points"] = None
    return rows


def _as_told(rows: list[Row]) -> list[Row]:
    """Hide the reasons of a decision as the page of the audit does."""
    for row in rows:
        state = row.pop("case_state")
        is_hidden = row["verb"] in telling.BEFORE_ANNOUNCED and state not in states.OPEN_VERDICT
        if is_hidden or (row["verb"] == Verb.DECIDE_APPEAL and state != CaseState.CLOSED):
            row["reason"] = ""
    return rows


WHERE = {"request_id": "a number of the portal's log", "address": "where the person sat who did it, often AMT"}
_INVOICE = "cycle__certification__member"
BY_LAW = ["law", "received_on", "due_on", "asked_by", "proof", "recorded_at", "recorded_by"]

SECTIONS = (
    Section(
        name="members",
        model=Member,
        paths=["pk"],
        fields=[
            "amt_id",
            "first_name",
            "last_name",
            "phone",
            "address_line1",
            "address_line2",
            "city",
            "state",
            "postal_code",
            "country",
            "roster_email",
            "merged_into__amt_id",
            "died_on",
            "erased_on",
        ],
        without={"user": "the account is a section of its own"},
    ),
    Section(
        name="death_reports",
        model=DeathReport,
        paths=["member"],
        fields=[
            "died_on",
            "recorded_at",
            "recorded_by",
            "closed_account",
            "taken_back_at",
            "taken_back_by",
        ],
        without={
            "member": "it is the member",
            "reported_by": "it names somebody else",
            "taken_back_reason": "it may name somebody else",
        },
    ),
    Section(
        name="former_amt_ids",
        model=FormerAmtId,
        paths=["member"],
        fields=["amt_id", "changed_at", "changed_by", "reason"],
        without={"member": "it is the member", **WHERE},
    ),
    Section(
        name="roster_differences",
        model=RosterDifference,
        paths=["member"],
        fields=["detail", "roster_says", "decided_against", "changed_at", "changed_by", "waits_since", "settled_at"],
        without={"member": "it is the member", "file_name": "a file of AMT about many people"},
    ),
    Section(
        name="name_requests",
        model=NameRequest,
        paths=["member"],
        fields=[
            "first_name",
            "last_name",
            "before",
            "reason",
            "note",
            "document_name",
            "document_kind",
            "document_size",
            "document_sha256",
            "stored_sha256",
            "asked_at",
            "asked_by",
            "state",
            "answer",
            "answered_at",
            "answered_by",
        ],
        without={"member": "it is the member", "stored_name": "where the file is kept"},
    ),
    Section(
        name="account",
        model=User,
        paths=["pk"],
        of_account=True,
        fields=["email", "last_login", "is_active", "is_staff", "date_joined", "language", "bouncing_email"],
        without={
            "password": "a secret",
            "short_password": "it says something about a secret",
            "is_superuser": "a right of staff",
        },
    ),
    Section(
        name="email_addresses",
        model=EmailAddress,
        paths=["user"],
        of_account=True,
        fields=["email", "verified", "primary"],
        without={"user": "it is the account"},
    ),
    Section(
        name="second_factors",
        model=Authenticator,
        paths=["user"],
        of_account=True,
        fields=["type", "created_at", "last_used_at"],
        without={"user": "it is the account", "data": "a secret"},
    ),
    Section(
        name="sessions",
        model=UserSession,
        paths=["user"],
        of_account=True,
        fields=["created_at", "ip", "last_seen_at", "user_agent"],
        without={"user": "it is the account", "session_key": "a secret", "data": "a secret"},
    ),
    Section(
        name="security_events",
        model=SecurityEvent,
        paths=["user"],
        of_account=True,
        fields=["kind", "at", "address", "email", "detail"],
        without={"user": "it is the account", "request_id": WHERE["request_id"]},
        change=_without_staffs_address,
    ),
    Section(
        name="questions",
        model=Question,
        paths=["user"],
        of_account=True,
        fields=["email", "amt_id", "page", "text", "language", "asked_at", "answer", "answered_at", "answered_by"],
        without={"user": "it is the account"},
    ),
    Section(
        name="certifications",
        model=Certification,
        paths=["member"],
        fields=[
            "credential__code",
            "credential__name",
            "certificate_number",
            "awarded_on",
            "status",
            "recertified_on",
            "ccp_mandatory",
            "fees_paid_through",
            "award_corrected_on",
            "probation_until",
        ],
        without={"member": "it is the member"},
    ),
    Section(
        name="award_corrections",
        model=AwardCorrection,
        paths=["certification__member"],
        fields=["certification", "before", "after", "corrected_at", "corrected_by", "reason"],
        without=WHERE,
    ),
    Section(
        name="probations",
        model=Probation,
        paths=["certification__member"],
        fields=[
            "certification",
            "starts_on",
            "ends_on",
            "order",
            "points",
            "due_on",
            "imposed_at",
            "imposed_by",
            "extension_reason",
            "ended_at",
            "ended_by",
            "end_reason",
        ],
    ),
    Section(
        name="status_changes",
        model=StatusChange,
        paths=["certification__member"],
        fields=["certification", "before", "after", "changed_on", "changed_at", "changed_by", "reason"],
        without=WHERE | {"listed_credential": "that of the certification"},
    ),
    Section(
        name="cycles",
        model=Cycle,
        paths=["certification__member"],
        fields=[
            "certification",
            "number",
            "starts_on",
            "ends_on",
            "points_required",
            "requirement_met_on",
            "grace_extended_to",
            "grace_extension_reason",
            "closed_on",
            "outcome",
            "points_at_close",
            "mandatory_at_close",
        ],
        without={"listed_credential": "that of the certification"},
        change=_with_counted,
    ),
    Section(
        name="cycle_corrections",
        model=CycleCorrection,
        paths=["cycle__certification__member"],
        fields=["cycle", "points", "outcome", "statement", "audit", "signed_at", "signed_by"],
        without=WHERE,
    ),
    Section(
        name="entries",
        model=Activity,
        paths=["member"],
        fields=[
            "activity_type__code",
            "activity_type__name",
            "title",
            "provider",
            "starts_on",
            "ends_on",
            "points",
            "quantity",
            "unit",
            "difference",
            "statement__text",
            "attestation_text",
            "attested_at",
            "attested_by",
            "source",
            "provider_reference",
            "recorded_at",
            "recorded_in_amtrax_on",
            "revision",
            "withdrawn_at",
            "withdrawn_by",
            "void_reason",
            "points_set_at",
            "points_set_by",
        ],
        without={
            "member": "it is the member",
            "submission_id": "it keeps a form from being taken twice",
            "submission_digest": "it keeps a form from being taken twice",
        },
        change=_with_reference,
    ),
    Section(
        name="credits",
        model=Credit,
        paths=["activity__member"],
        fields=["activity", "cycle", "points", "cut"],
    ),
    Section(
        name="held_credits",
        model=HeldCredit,
        paths=["activity__member", "amt_id"],
        fields=[
            "provider_reference",
            "amt_id",
            "activity_type__code",
            "title",
            "provider",
            "starts_on",
            "ends_on",
            "points",
            "reason",
            "received_at",
            "activity",
        ],
        without={
            "last_name": "if it is not the member's, it is somebody else's",
            "sent_amt_id": "it may be somebody else's",
            "name_confirmed": "a note of AMT's about the last name",
        },
    ),
    Section(
        name="error_reports",
        model=ErrorReport,
        paths=["activity__member"],
        fields=["activity", "text", "reported_at", "reported_by", "answer", "answered_at", "answered_by"],
    ),
    Section(
        name="evidence",
        model=Evidence,
        paths=["activity__member"],
        fields=[
            "activity",
            "original_name",
            "kind",
            "size",
            "sha256",
            "stored_sha256",
            "added_at",
            "added_by",
            "removed_at",
            "removed_by",
        ],
        without={"stored_name": "where the file is kept"},
        change=_with_file,
    ),
    Section(
        name="invoices",
        model=RenewalInvoice,
        paths=[_INVOICE],
        fields=[
            "cycle",
            "year",
            "due_on",
            "opens_on",
            "amount",
            "issued_on",
            "status",
            "void_reason",
            "before_portal",
        ],
        without={"listed_credential": "that of the certification"},
    ),
    Section(
        name="payments",
        model=Payment,
        paths=[f"invoice__{_INVOICE}"],
        fields=[
            "invoice",
            "amount",
            "method",
            "reference",
            "received_on",
            "recorded_at",
            "recorded_by",
            "last4",
            "reversed_at",
            "reversed_by",
            "reversal_reason",
        ],
        without={"file_name": "a file of AMT about many people", "charge_id": "a key of the payment provider"},
    ),
    Section(
        name="checkouts",
        model=Checkout,
        paths=[f"invoice__{_INVOICE}"],
        fields=[
            "invoice",
            "amount",
            "currency",
            "status",
            "opened_at",
            "opened_by",
            "expires_at",
            "language",
            "finished_at",
            "method",
            "failure",
            "payment",
        ],
        without={"idempotency_key": "a key of the payment provider", "session_id": "a key of the payment provider"},
    ),
    Section(
        name="unapplied_money",
        model=UnappliedMoney,
        paths=[f"checkout__invoice__{_INVOICE}", f"invoice__{_INVOICE}", f"applied_to__{_INVOICE}"],
        fields=[
            "checkout",
            "invoice",
            "amount",
            "currency",
            "method",
            "reference",
            "received_at",
            "received_on",
            "recorded_by",
            "cause",
            "resolution",
            "resolved_at",
            "resolved_by",
            "applied_to",
        ],
        without={
            "charge_id": "a key of the payment provider",
            "session_id": "a key of the payment provider",
            "file_name": "a file of AMT about many people",
            "explanation": "a note of AMT's bookkeeping",
        },
    ),
    Section(
        name="refunds",
        model=Refund,
        paths=[f"payment__invoice__{_INVOICE}", f"unapplied__checkout__invoice__{_INVOICE}"],
        fields=[
            "payment",
            "unapplied",
            "amount",
            "currency",
            "reason",
            "status",
            "failure",
            "requested_at",
            "requested_by",
            "finished_at",
        ],
        without={
            "charge_id": "a key of the payment provider",
            "idempotency_key": "a key of the payment provider",
            "refund_id": "a key of the payment provider",
            "explanation": "a note of AMT's bookkeeping",
            "explained_at": "a note of AMT's bookkeeping",
            "explained_by": "a note of AMT's bookkeeping",
        },
    ),
    Section(
        name="disputes",
        model=Dispute,
        paths=[f"payment__invoice__{_INVOICE}", f"unapplied__checkout__invoice__{_INVOICE}"],
        fields=["payment", "unapplied", "amount", "currency", "reason", "status", "opened_at", "closed_at"],
        without={"dispute_id": "a key of the payment provider", "charge_id": "a key of the payment provider"},
    ),
    Section(
        name="transcripts",
        model=Transcript,
        paths=["member"],
        fields=["kind", "cycle", "certification", "code", "content_hash", "snapshot", "issued_at", "issued_by"],
        without={"member": "it is the member", **WHERE},
    ),
    Section(
        name="transcript_files",
        model=TranscriptFile,
        paths=["transcript__member"],
        fields=["transcript", "sha256", "made_at"],
    ),
    Section(
        name="notices",
        model=Notice,
        paths=["member"],
        fields=["kind", "subject", "anchor_on", "mail", "dropped", "made_at"],
        without={"member": "it is the member"},
    ),
    Section(
        name="mails",
        model=NoticeMail,
        paths=["member"],
        fields=["on", "at_once", "state", "made_at", "sent_at", "address", "language", "subject", "text"],
        without={"member": "it is the member", "message_id": "a number of the mail server"},
        change=_without_keys_of_notices,
    ),
    Section(
        name="mail_deliveries",
        model=MailDelivery,
        paths=["account"],
        of_account=True,
        fields=[
            "recipient",
            "priority",
            "queued_at",
            "sent_at",
            "refused_at",
            "reason",
            "returned_at",
            "returned_for_good",
            "returned_reason",
        ],
        without={"account": "it is the account", "message_id": "a number of the mail server"},
    ),
    Section(
        name="notice_preferences",
        model=Preference,
        paths=["member"],
        fields=["language", "monthly_summary", "nothing_recorded", "amt_news"],
        without={"member": "it is the member"},
    ),
    Section(
        name="calendar_feeds",
        model=CalendarFeed,
        paths=["member"],
        fields=["created_at", "revoked_at", "was_in_the_open"],
        without={"member": "it is the member", "token": "a secret"},
    ),
    Section(
        name="share_links",
        model=ShareLink,
        paths=["member"],
        fields=["scope", "certification", "label", "until", "created_at", "revoked_at"],
        without={"member": "it is the member", "nonce": "a secret", "digest": "a secret"},
    ),
    Section(
        name="share_link_days",
        model=ShareDay,
        paths=["link__member"],
        fields=["link", "on", "times", "last_at"],
    ),
    Section(
        name="course_systems",
        model=Consent,
        paths=["member"],
        fields=["system__name", "asked_at", "given_at", "ended_at"],
        without={"member": "it is the member"},
    ),
    Section(
        name="course_system_reads",
        model=StandingRead,
        paths=["consent__member"],
        fields=["consent", "read_at"],
        without={"key": "a key of the course system", **WHERE},
    ),
    Section(
        name="look_up",
        model=Listing,
        paths=["member"],
        fields=["hidden_by_member", "hidden_by_staff"],
        without={"member": "it is the member"},
    ),
    Section(
        name="badges",
        model=Badge,
        paths=["certification__member"],
        fields=["certification", "subject", "list_number", "list_index", "issued_at", "issued_by"],
        without=WHERE,
    ),
    Section(
        name="draw_lines",
        model=DrawLine,
        paths=["cycle__certification__member"],
        fields=["draw__year", "cycle", "amt_id", "stratum", "line", "excluded"],
        only=Q(draw__drawn_at__isnull=False),
    ),
    Section(
        name="audits",
        model=AuditCase,
        paths=["cycle__certification__member"],
        fields=[
            "cycle",
            "draw_line__draw__year",
            "cause",
            "opened_at",
            "opened_by",
            "state",
            "state_since",
            "due_on",
            "frozen_at",
            "asked_for_more",
            "no_proof",
            "outcome",
            "points",
            "closed_at",
        ],
        without={
            "ticket": "it settles which results are reviewed again",
            "first_reviewer": "a person of AMT",
            "second_reviewer": "a person of AMT",
            "first_of_board": "a person of AMT",
            "second_of_board": "a person of AMT",
        },
        change=_as_announced,
        no_history="the steps say what happened, and a decision is not told before it is announced",
    ),
    Section(
        name="audit_steps",
        model=CaseStep,
        paths=["case__cycle__certification__member"],
        fields=[
            "case",
            "case__state",
            "number",
            "verb",
            "who",
            "by",
            "at",
            "before",
            "after",
            "due_on",
            "reason",
            "statement__text",
        ],
        without=WHERE,
        only=~Q(verb__in=telling.OF_REVIEWERS),
        change=_as_told,
    ),
    Section(
        name="audit_verdicts",
        model=ItemReview,
        paths=["case__cycle__certification__member"],
        fields=["case", "activity", "round", "reviewer", "reviewed_at", "verdict", "points", "reason_code", "reason"],
        without={"checklist": "the reviewer's own notes", **WHERE},
        only=Q(case__state=CaseState.CLOSED)
        | Q(case__state__in=states.OPEN_VERDICT, round__in=[ItemReview.Round.FIRST, ItemReview.Round.SECOND]),
    ),
    Section(
        name="audit_messages",
        model=Message,
        paths=["case__cycle__certification__member"],
        fields=["case", "activity", "from_member", "text", "written_at", "written_by"],
        without=WHERE,
    ),
    Section(
        name="audit_letters",
        model=Letter,
        paths=["case__cycle__certification__member"],
        fields=["case", "step", "kind", "language", "recipient", "subject", "text", "written_at", "mail"],
        without=WHERE,
        change=_readable,
    ),
    Section(
        name="audit_extensions",
        model=Extension,
        paths=["case__cycle__certification__member"],
        fields=[
            "case",
            "wanted_on",
            "reason",
            "was_due_on",
            "asked_at",
            "asked_by",
            "state",
            "granted_to",
            "answer",
            "answered_at",
            "answered_by",
        ],
    ),
    Section(
        name="audit_appeals",
        model=Appeal,
        paths=["case__cycle__certification__member"],
        fields=["case", "reason", "appealed_at", "appealed_by", "result", "answer", "decided_at"],
    ),
    Section(
        name="viewings",
        model=Viewing,
        paths=["member"],
        fields=["viewed_by", "began_at"],
        without={"member": "it is the member", "reason": "a note among staff", **WHERE},
    ),
    Section(
        name="access_requests",
        model=AccessRequest,
        paths=["member"],
        fields=[*BY_LAW, "archive", "outcome", "answer", "answered_on", "answered_by"],
        without={"member": "it is the member", "note": "a note among staff"},
    ),
    Section(
        name="erasure_requests",
        model=ErasureRequest,
        paths=["member"],
        fields=[*BY_LAW, "state", "settled_at", "settled_by", "answer", "went", "lines", "files"],
        without={
            "member": "it is the member",
            "note": "a note among staff",
            "amt_ids": "those of the member",
            "gap": "how the portal works",
            "repeats": "how the portal works",
        },
    ),
    Section(
        name="archives",
        model=Archive,
        paths=["member"],
        fields=["asked_by", "asked_at", "language", "by_law", "total", "done", "finished_at"],
        without={
            "member": "it is the member",
            "failures": "README.txt of each says it",
            "leased_until": "how the portal works",
            "stored_name": "where the file is kept",
        },
    ),
)

FOR_A_REQUEST = (
    Section(
        name="staff_notes",
        model=Note,
        paths=["member"],
        fields=["text", "written_at", "written_by"],
        without={"member": "it is the member", **WHERE},
    ),
)
"""What only the archive for a request by law holds, which staff read before it goes out (decision 69)."""

LEFT_OUT: Mapping[type[Model], str] = {
    PendingFile: "of a form that is not submitted: evidence once it is, and deleted within a day if it is not",
    Reading: "what was read from such a file; what the member recorded is in the entry",
    SearchTerm: "it follows from the name and the AMT ID",
    EmailConfirmation: "its key is a secret",
    LogEntry: "the portal writes none; what staff did is in the history of each record",
    BouncingAddress: "of addresses, not of people; the account says whether its own is one",
    WaitingRow: "a row of AMT's roster that belongs to no member yet",
    TranscriptBatch: "what staff asked for, of many members",
    SavedFilter: "how staff look at lists of many members",
    ListOpening: "who of the staff opened a list of many members",
    ListExport: "what staff asked for, of many members",
    Mailing: "what staff wrote to many members; the mails that the member got are there",
    PrintRun: "what staff asked for, of many members",
    LetterPrint: "when a letter was printed, with those of many members",
    Conflict: "what reviewers say about themselves",
    Note: "a note among staff, which may be about others too; AMT answers who asks for it by law (decision 69)",
    LegalHold: "a note among staff about a lawsuit",
    AccessDownload: "what staff did with the archive of a request",
    StatusProposal: "a proposal among staff; what comes of it is a change of status",
    Draw: "of all members; its page is public",
    DrawTicket: "it follows from the line and the published secret of the draw",
    Replacement: "of two members; the published draw has it",
    Settlement: "AMT's bookkeeping, of many members",
    SettlementLine: "AMT's bookkeeping, of many members",
    Client: "a key of a course system",
    Token: "of a course system, and a secret",
    Key: "a key of a course system",
    KeyDay: "how often a course system used its key, for whomever",
    Delivery: "what a course system sent; what became of it is in the entries and the held credits",
    EventRepeat: "what staff did with a message to a course system",
}
