"""What an erasure by law does to each table: what goes, what is blanked, what stays, and why.

- Every model that leads to a member or an account is here (``RULES``), or in ``NOT_ABOUT`` with the
  reason. ``tests/ccp/erasure/test_contents.py`` fails otherwise.
- *Goes*: the rows are deleted; lines of their history stay, blanked. *Is blanked*: the rows stay, without
  what they said of the person. *Stays*: the record of the certification, as ISO/IEC 17024 (7.1) asks of
  whoever certifies people, and the books, as tax law asks.
- Of every row the lines of history are blanked in the same columns. The address from which the person did
  something goes everywhere, also where the rest stays.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from functools import cached_property
from typing import Any

from allauth.account.models import EmailAddress, EmailConfirmation
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.auth.hashers import make_password
from django.db.models import Case, CharField, ForeignKey, Model, Q, QuerySet, Value, When
from django.db.models.functions import Cast, Coalesce, Concat

from amtportal.chunks import chunks
from amtportal.dates import day_of
from amtportal.history import gaps
from amtportal.history.comparison import history_model
from amtportal.history.gaps import ERASED
from amtportal.history.lines import AppendOnly, Traced
from amtportal.history.models import SecurityEvent
from amtportal.members.mail.outbox import NOBODY
from amtportal.members.models import (
    BouncingAddress,
    DeathReport,
    FormerAmtId,
    MailDelivery,
    Member,
    NameRequest,
    Question,
    RosterDifference,
    User,
)
from ccp.api.models import Consent, StandingRead
from ccp.audits.models import (
    Appeal,
    AuditCase,
    CaseStep,
    Conflict,
    DrawLine,
    DrawTicket,
    Extension,
    ItemReview,
    Letter,
    LetterPrint,
    Message,
    Replacement,
    StatusProposal,
)
from ccp.badges.models import Badge
from ccp.desk.models import Note, Viewing
from ccp.evidence import attaching
from ccp.exports.contents import LEFT_OUT
from ccp.exports.models import Archive
from ccp.models import (
    Activity,
    CalendarFeed,
    Credit,
    ErrorReport,
    Evidence,
    HeldCredit,
    Transcript,
    TranscriptFile,
)
from ccp.models.pending_files import PendingFile, Reading
from ccp.notices.models import Notice, NoticeMail, Preference
from ccp.privacy.models import AccessDownload, AccessRequest, ErasureRequest, LegalHold
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
from certifications.payments.models import Checkout, Dispute, Refund, UnappliedMoney

RECORD = "the record of the certification (ISO/IEC 17024, 7.1)"
BOOKS = "the books (26 CFR 1.6001-1)"
SCHEME = "shows that the program was applied alike to everybody (ISO/IEC 17024, 7.1)"
OURS = "what AMT did, and when"


class Deed(StrEnum):
    GOES = "go"
    BLANKED = "are blanked"
    STAYS = "stay"


@dataclass(frozen=True)
class Scope:
    """Whose data it is: the keys of all records that are this person, of the accounts, and the addresses."""

    members: Sequence[int]
    amt_ids: Sequence[str]
    accounts: Sequence[int]
    emails: Sequence[str]
    by: int | None = None
    at: datetime | None = None

    @classmethod
    def of(cls, member: Member, *, by: User | None = None, at: datetime | None = None) -> "Scope":
        people = list(Member.objects.filter(Q(pk=member.pk) | Q(merged_into=member)).order_by("pk"))
        accounts = [one.user_id for one in people if one.user_id is not None]
        former = FormerAmtId.objects.filter(member__in=people).order_by("pk")
        emails = {one.roster_email for one in people}
        for model, column in ((User, "id"), (EmailAddress, "user")):
            emails.update(model.objects.filter(**{f"{column}__in": accounts}).values_list("email", flat=True))
            lines = history_model(model)._base_manager.filter(**{f"{column}__in": accounts})
            emails.update(lines.values_list("email", flat=True))
        emails = {email.lower() for email in emails if email and not email.startswith(ERASED)}
        return cls(
            members=[one.pk for one in people],
            amt_ids=[one.amt_id for one in people] + list(former.values_list("amt_id", flat=True)),
            accounts=accounts,
            emails=sorted(emails),
            by=by.pk if by else None,
            at=at,
        )

    @cached_property
    def on(self) -> date:
        assert self.at
        return day_of(self.at)


Values = Mapping[str, Any]


def _filled(column: str) -> Any:
    """Return ``erased`` for what was written, and nothing for what was empty."""
    return Case(When(**{column: ""}, then=Value("")), default=Value(ERASED))


def _address() -> Any:
    """Return an address that nobody has, and that is unique."""
    return Concat(Value(f"{ERASED}-"), Cast("id", CharField()), Value(f"@{NOBODY}"))


def _texts(*columns: str) -> Values:
    return {column: _filled(column) for column in columns}


def _empty(*columns: str) -> Values:
    return dict.fromkeys(columns, "")


def _nothing(scope: Scope) -> Values:
    return {}


@dataclass(frozen=True, kw_only=True, eq=False)
class Rule:
    """What becomes of the rows of one model.

    ``paths`` lead from the model to the member, ``account`` to the account, ``email`` is a column that
    holds an address, ``amt_id`` one that holds an AMT ID. ``values``: what each column is blanked to, in
    the row and in the lines of its history. ``also``: what is set besides, in the row alone.
    """

    model: type[Model]
    deed: Deed
    why: str
    paths: Sequence[str] = ()
    account: str = ""
    email: str = ""
    amt_id: str = ""
    values: Values = field(default_factory=dict)
    also: Callable[[Scope], Values] = _nothing

    @property
    def table(self) -> str:
        return str(self.model._meta.db_table)

    @property
    def has_history(self) -> bool:
        return hasattr(self.model, "history_of")

    @property
    def is_append_only(self) -> bool:
        return issubclass(self.model, AppendOnly)

    def rows(self, scope: Scope) -> QuerySet[Any]:
        """Return the rows that are about the person."""
        about = Q(pk__in=[])
        for path in self.paths:
            about |= Q(**{f"{path}__in": scope.members})
        if self.account:
            about |= Q(**{f"{self.account}__in": scope.accounts})
        if self.email:
            about |= Q(**{f"{self.email}__in": scope.emails})
        if self.amt_id:
            about |= Q(**{f"{self.amt_id}__in": scope.amt_ids})
        found = self.model._default_manager.filter(about).order_by("pk")
        return found.distinct() if len(self.paths) > 1 or self.email or self.amt_id else found

    @property
    def lines(self) -> type[Model]:
        """Return the append-only table that has what was ever said: the history, or the model itself."""
        return history_model(self.model) if self.has_history else self.model

    @property
    def kept_values(self) -> dict[str, Any]:
        """Return what is blanked in the append-only table."""
        columns = {column.name for column in self.lines._meta.concrete_fields}
        values = {name: value for name, value in self.values.items() if name in columns}
        if self.has_history and self.deed != Deed.STAYS:
            values["history_change_reason"] = None
        return values

    def by_the_person(self, scope: Scope) -> Q:
        """Return the condition of lines that keep the network address from which the person did something."""
        if self.has_history:
            return Q(history_user__in=scope.accounts, address__isnull=False)
        acted = Q(pk__in=[])
        for column in self.model._meta.concrete_fields:
            if isinstance(column, ForeignKey) and column.related_model is User:
                acted |= Q(**{f"{column.name}__in": scope.accounts})
        return acted & Q(address__isnull=False)

    @property
    def has_address(self) -> bool:
        return self.has_history or (self.is_append_only and issubclass(self.model, Traced))

    def blankable(self) -> list[str]:
        """Return the columns of the append-only table that an erasure may blank."""
        columns = {*self.kept_values, *(["address"] if self.has_address else [])}
        return [field.column for field in self.lines._meta.concrete_fields if field.name in columns]


def _goes(model: type[Model], why: str, **rest: Any) -> Rule:
    return Rule(model=model, deed=Deed.GOES, why=why, **rest)


def _blanked(model: type[Model], why: str, **rest: Any) -> Rule:
    return Rule(model=model, deed=Deed.BLANKED, why=why, **rest)


def _stays(model: type[Model], why: str, *paths: str, **rest: Any) -> Rule:
    return Rule(model=model, deed=Deed.STAYS, why=why, paths=paths, **rest)


def _over(column: str) -> Callable[[Scope], Values]:
    """Return what ends at the moment of the erasure, unless it ended before."""
    return lambda scope: {column: Coalesce(column, Value(scope.at))}


def _closed(scope: Scope) -> Values:
    return {
        **_empty("language", "bouncing_email"),
        "is_active": False,
        "password": make_password(None),
        "last_login": None,
        "short_password": False,
    }


def past_keeping(members: Sequence[int], on: date) -> QuerySet[Evidence]:
    """Return the attached files of evidence whose time to be kept is over: no audit can ask for them."""
    needed: set[int] = set()
    files = Evidence.objects.attached().filter(activity__member__in=members).order_by("pk")
    for some in chunks(sorted(set(files.values_list("activity", flat=True)))):
        credits = Credit.objects.filter(activity__in=some).exclude(cut__in=Credit.NOT_CLAIMED)
        counted: dict[int, list[Cycle]] = {}
        for credit in credits.select_related("cycle").order_by("pk"):
            counted.setdefault(credit.activity_id, []).append(credit.cycle)
        needed.update(
            activity
            for activity, cycles in counted.items()
            if (until := attaching.keep_all_until(cycles, on)) and until >= on
        )
    return files.exclude(activity__in=needed)


_CERTIFICATION, _CYCLE, _CASE = (
    "certification__member",
    "cycle__certification__member",
    "case__cycle__certification__member",
)
_INVOICE = f"invoice__{_CYCLE}"

PERSON = ("phone", "address_line1", "address_line2", "city", "state", "postal_code", "country", "roster_email")

RULES: tuple[Rule, ...] = (
    # What goes
    _blanked(
        Member, "address and phone go; name and AMT ID stay with the certification", paths=["pk"],
        values=_empty(*PERSON), also=lambda scope: {"erased_on": scope.on},
    ),
    _blanked(User, "it opens nothing any more", account="pk", values={"email": _address()}, also=_closed),
    _goes(EmailConfirmation, "links to the address", account="email_address__user"),
    _goes(EmailAddress, "addresses of the account", account="user", values={"email": _address()}),
    _goes(Authenticator, "second factors and passkeys", account="user"),
    _goes(UserSession, "browsers in which the person was signed in", account="user"),
    _blanked(
        SecurityEvent, "network addresses and what was typed go", account="user", email="email",
        values={"email": "", "detail": "", "address": None},
    ),
    _goes(MailDelivery, "what became of mail", account="account", email="recipient"),
    _blanked(
        BouncingAddress, "addresses whose mail came back", email="email", values={"email": _address(), "reason": ""},
    ),
    _blanked(NoticeMail, "what the mails said", paths=["member"], values=_texts("address", "subject", "text")),
    _goes(Preference, "choices about notices", paths=["member"]),
    _blanked(
        Question, "questions and answers", account="user", email="email", amt_id="amt_id",
        values={"email": _address(), "text": ERASED, **_empty("amt_id", "page"), **_texts("answer")},
    ),
    _blanked(
        NameRequest, "what was asked for and its documents; an accepted name is on record", paths=["member"],
        values={
            **_empty("last_name", "note"), **_texts("answer"),
            **dict.fromkeys(("first_name", "before", "document_name"), ERASED),
        },
    ),
    _blanked(
        RosterDifference, "what the roster said", paths=["member"], values={"roster_says": {}, "decided_against": []},
        also=lambda scope: {"settled_at": Coalesce("settled_at", Value(scope.at)), "waits_since": None},
    ),
    _blanked(
        WaitingRow, "rows of the roster that wait", amt_id="amt_id", email="email",
        values={"name": ERASED, "email": "", "what": ERASED, "remedy": ""}, also=_over("settled_at"),
    ),
    _blanked(Note, "notes of staff", paths=["member"], values={"text": ERASED}),
    _blanked(Viewing, "why staff viewed the pages", paths=["member"], values={"reason": ERASED}),
    _blanked(
        ErrorReport, "what was reported and answered", paths=["activity__member"], values=_texts("text", "answer"),
    ),
    _blanked(ShareLink, "links end; their names go", paths=["member"], values={"label": ""}, also=_over("revoked_at")),
    _blanked(CalendarFeed, "the address ends", paths=["member"], also=_over("revoked_at")),
    _blanked(Consent, "course systems may read nothing more", paths=["member"], also=_over("ended_at")),
    _goes(Reading, "what was read from photos", paths=["file__member"]),
    _goes(PendingFile, "files of forms that were never submitted", paths=["member"]),
    _blanked(
        Evidence, "files that no audit can ask for any more are removed; the others when their time is over",
        paths=["activity__member"], values={"original_name": ERASED},
    ),
    _blanked(HeldCredit, "the last name goes", paths=["activity__member"], amt_id="amt_id", values={"last_name": ""}),
    _blanked(Message, "what was written in an audit", paths=[_CASE], values={"text": ERASED}),
    _blanked(
        Extension, "reasons for more time", paths=[_CASE], values=_texts("reason", "answer"),
    ),
    _blanked(Letter, "postal addresses on letters", paths=[_CASE], values={"recipient": ERASED}),
    _blanked(AccessRequest, "notes; the minutes stay", paths=["member"], values=_texts("note", "answer")),
    _blanked(ErasureRequest, "notes; the minutes stay", paths=["member"], values=_texts("note", "answer")),
    # The record
    _stays(FormerAmtId, RECORD, "member"),
    _stays(DeathReport, RECORD, "member"),
    _stays(Certification, RECORD, "member"),
    _stays(AwardCorrection, RECORD, _CERTIFICATION),
    _stays(Probation, RECORD, _CERTIFICATION),
    _stays(StatusChange, RECORD, _CERTIFICATION),
    _stays(Cycle, RECORD, _CERTIFICATION),
    _stays(CycleCorrection, RECORD, _CYCLE),
    _stays(Activity, RECORD, "member"),
    _stays(Credit, RECORD, "activity__member"),
    _stays(Transcript, "papers that were issued can be checked", "member"),
    _stays(TranscriptFile, "papers that were issued can be checked", "transcript__member"),
    _stays(Badge, "the status of a badge can be checked", _CERTIFICATION),
    _stays(DrawLine, SCHEME, _CYCLE),
    _stays(AuditCase, SCHEME, _CYCLE),
    _stays(CaseStep, SCHEME, _CASE),
    _stays(ItemReview, SCHEME, _CASE),
    _stays(Appeal, SCHEME, _CASE),
    # The books
    _stays(RenewalInvoice, BOOKS, _CYCLE),
    _stays(Payment, BOOKS, _INVOICE),
    _stays(Checkout, BOOKS, _INVOICE),
    _stays(UnappliedMoney, BOOKS, f"checkout__{_INVOICE}", f"applied_to__{_CYCLE}"),
    _stays(Refund, BOOKS, f"payment__{_INVOICE}", f"unapplied__checkout__{_INVOICE}"),
    _stays(Dispute, BOOKS, f"payment__{_INVOICE}", f"unapplied__checkout__{_INVOICE}"),
    # What AMT did
    _stays(Notice, OURS, "member"),
    _stays(ShareDay, "how often a link was opened", "link__member"),
    _stays(StandingRead, "which course system read the standing", "consent__member"),
    _stays(Listing, "the look-up shows nobody who was erased", "member"),
    _stays(Archive, "who asked for an archive; its file goes", "member"),
    _stays(AccessDownload, OURS, "access_request__member"),
    _stays(LegalHold, OURS, "member"),
)  # fmt: skip

NOT_ABOUT: Mapping[type[Model], str] = {
    model: why
    for model, why in LEFT_OUT.items()
    if model not in {rule.model for rule in RULES} | {Conflict, DrawTicket, LetterPrint, Replacement, StatusProposal}
} | {
    Conflict: "what a reviewer says about themselves",
    DrawTicket: SCHEME,
    LetterPrint: OURS,
    Replacement: SCHEME,
    StatusProposal: SCHEME,
}
"""Models that lead to a person, and of which an erasure touches nothing."""

NAME: Values = {"first_name": "", "last_name": ERASED}
"""What a member's name becomes who never held a certification: no record needs it."""


def register() -> None:
    """Let the history blank what the rules name, and nothing else."""
    for rule in RULES:
        if columns := rule.blankable() if rule.has_history or rule.is_append_only else []:
            gaps.may_be_blanked(rule.lines, columns)
    gaps.may_be_blanked(history_model(Member), NAME)
