"""Erasing a member by law: somebody asks, a second person confirms, and the minutes stay.

- Whoever asks for it sees what goes and what stays (``preview``), and so does the second person, who is
  never the first. Nobody decides about themselves.
- What the portal still has to settle with the person is settled first (``problems``).
- The erasure is one transaction under the locks of decision 28: a roster waits, and so does a record.
- Every line of history that loses something is named under the erasure's number first, so that the seals
  continue with a gap of that name (``amtportal.history.gaps``).
- The member stays as a record of the certification: name, AMT ID, what was earned, judged and paid.
  ``Member.erased_on`` says so to everything that asks.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Model, Q, QuerySet

from amtportal.after_commit import after_commit
from amtportal.chunks import chunks
from amtportal.dates import day_of
from amtportal.formatting import format_day
from amtportal.history import gaps
from amtportal.history.lines import sign, write_lines
from amtportal.members.mail import withdrawing
from amtportal.members.models import Member, NameRequest, Question, User, keep_search_terms
from amtportal.refusals import Problem, Refused, refuse_if
from amtportal.uploads import kept
from ccp.audits.models import AuditCase, CaseState, StatusProposal
from ccp.erasure import contents
from ccp.erasure.contents import RULES, Deed, Rule, Scope
from ccp.exports import archives
from ccp.exports.models import Archive
from ccp.models import ErrorReport, Evidence
from ccp.models.pending_files import PendingFile
from ccp.notices import following
from ccp.privacy import deadlines, holds
from ccp.privacy.models import ErasureRequest
from certifications.cycles import lock_all
from certifications.models import Certification, Credential, Cycle, StatusChange
from certifications.payments.models import Checkout, Dispute, Refund, UnappliedMoney

State = ErasureRequest.State
MAY_ASK, MAY_CONFIRM = "privacy.ask_for_erasure", "privacy.confirm_erasure"
REASON = "Erased by law"


@dataclass(frozen=True)
class Line:
    """What becomes of the rows of one table: how many there are, and why."""

    rule: Rule
    rows: int

    @property
    def words(self) -> str:
        return str(self.rule.model._meta.verbose_name_plural)

    @property
    def fate(self) -> str:
        return f"{self.rows:,} {_FATES[self.rule.deed][self.rows == 1]}: {self.rule.why}"


_FATES = {Deed.GOES: ("go", "goes"), Deed.BLANKED: ("are blanked", "is blanked"), Deed.STAYS: ("stay", "stays")}


# Whether it can be done


def problems(member: Member, *, by: User, on: date) -> Iterator[Problem]:
    """Yield what stands in the way of erasing the member, and for this person. The account must be loaded."""
    scope = Scope.of(member)
    if by.pk in scope.accounts:
        yield Problem("", "This is your own record. Somebody else has to decide about it.")
    if member.merged_into_id:
        yield Problem("", f"{member} was merged into another member. Erase that one: this record goes with it.")
    if member.erased_on:
        yield Problem("", f"This member was erased already, on {format_day(member.erased_on)}.")
    if User.objects.filter(Q(is_staff=True) | Q(is_superuser=True), pk__in=scope.accounts).exists():
        yield Problem(
            "", f"{member} signs in to a staff account. A superuser takes the staff rights away first, on its page."
        )
    if hold := holds.standing(member):
        since = format_day(day_of(hold.set_at))
        yield Problem("", f"A legal hold stands since {since}: {hold.reason} Whoever may lift it decides first.")
    yield from _unsettled(scope, on)


def _unsettled(scope: Scope, on: date) -> Iterator[Problem]:
    """Yield what AMT still has to settle with the person, from audits to mail that waits for an answer."""
    of_cycle, of_invoice = "cycle__certification__member__in", "invoice__cycle__certification__member__in"
    cases = AuditCase.objects.exclude(state=CaseState.CLOSED).filter(**{of_cycle: scope.members}).order_by("pk")
    if references := ", ".join(case.reference for case in cases):
        yield Problem("", f"An audit is open: {references}. Close it, or call it off, first.")
    proposals = StatusProposal.objects.filter(state=StatusProposal.State.OPEN)
    if proposals.filter(**{f"case__{of_cycle}": scope.members}).exists():
        yield Problem("", "The outcome of an audit waits to be confirmed. Decide about it first.")
    revoked = StatusChange.objects.filter(certification__member__in=scope.members, after=Certification.Status.REVOKED)
    if any(day_of(change.changed_at) == on for change in revoked.order_by("-pk")[:10]):
        yield Problem(
            "", "A certification was revoked today, which can be undone until tonight. Erase from tomorrow on."
        )
    disputes = Dispute.objects.open().filter(
        Q(**{f"payment__{of_invoice}": scope.members}) | Q(**{f"unapplied__checkout__{of_invoice}": scope.members})
    )
    if disputes.exists():
        yield Problem("", "A payment is disputed. Wait until the bank has decided.")
    if UnappliedMoney.objects.unresolved().filter(**{f"checkout__{of_invoice}": scope.members}).exists():
        yield Problem("", "Money of this member is unapplied. Apply it or give it back first.")
    refunds = Refund.objects.filter(status=Refund.Status.PENDING)
    if refunds.filter(**{f"payment__{of_invoice}": scope.members}).exists():
        yield Problem("", "A refund is on its way. Wait until it has arrived.")
    if Checkout.objects.unfinished().filter(**{of_invoice: scope.members}).exists():
        yield Problem("", "A payment online has begun. Wait until it is finished, or over.")
    waits = {
        "A request for another name": NameRequest.objects.filter(
            member__in=scope.members, state=NameRequest.State.WAITING
        ),
        "A question": Question.objects.filter(user__in=scope.accounts, answered_at=None),
        "An error report": ErrorReport.objects.filter(activity__member__in=scope.members, answered_at=None),
    }
    for words, rows in waits.items():
        if rows.exists():
            yield Problem("", f"{words} of this member waits for an answer. Answer it first.")


def preview(member: Member, *, at: datetime) -> list[Line]:
    """Return for each table what goes, is blanked and stays, in this order; tables with nothing are left out."""
    scope = Scope.of(member, at=at)
    lines = [Line(rule, rule.rows(scope).order_by().count()) for rule in RULES]
    order = list(Deed)
    return sorted((line for line in lines if line.rows), key=lambda line: order.index(line.rule.deed))


# The verbs


@transaction.atomic
def ask(*, member: Member, by: User, at: datetime, **typed: Any) -> ErasureRequest:
    """Put on record that somebody asks for the erasure. Raises ``Refused``; to repeat it changes nothing.

    ``typed``: ``law``, ``received_on``, ``asked_by``, ``proof``, ``note``.
    """
    Member.objects.select_for_update(no_key=True).get(pk=member.pk)
    member = Member.objects.select_related("user").get(pk=member.pk)
    if waiting := standing(member):
        return waiting
    refuse_if(deadlines.problem_with_receipt(typed["received_on"], day_of(at)))
    refuse_if(next(problems(member, by=by, on=day_of(at)), None))
    due = deadlines.due_on(typed["law"], typed["received_on"])
    request = ErasureRequest(member=member, due_on=due, recorded_at=at, recorded_by=by, **typed)
    sign(request, by=by, at=at)
    request.save()
    return request


@transaction.atomic
def decline(*, request: ErasureRequest, reason: str, by: User, at: datetime) -> ErasureRequest | None:
    """Decline a request. Returns None if it is settled already. Raises ``Refused`` without a reason."""
    request = ErasureRequest.objects.select_for_update().get(pk=request.pk)
    if request.state != State.WAITING:
        return None
    if not reason.strip():
        raise Refused("Say why: the reason stays on record.", "reason")
    if request.member.user_id == by.pk:
        raise Refused("This is your own record. Somebody else has to decide about it.")
    request.state, request.answer, request.settled_at, request.settled_by = State.DECLINED, reason.strip(), at, by
    sign(request, by=by, at=at)
    request.save()
    return request


def confirm(*, request: ErasureRequest, by: User, at: datetime) -> ErasureRequest | None:
    """Erase the member, as the second person. Returns None if the request is settled already.

    Raises ``Refused`` if this is the person who asked, or something stands in the way.
    """
    with transaction.atomic():
        lock(request.member_id)
        request = ErasureRequest.objects.select_for_update().get(pk=request.pk)
        if request.state != State.WAITING:
            return None
        member = Member.objects.select_related("user").get(pk=request.member_id)
        refuse_if(problem_with_confirming(request, by=by))
        refuse_if(next(problems(member, by=by, on=day_of(at)), None))
        return erase(request, member, by=by, at=at)


def problem_with_confirming(request: ErasureRequest, *, by: User) -> Problem | None:
    if request.recorded_by_id == by.pk:
        return Problem("", "You asked for this erasure yourself. Somebody else has to confirm it.")
    return None


def standing(member: Member) -> ErasureRequest | None:
    """Return the request that waits for a second person; None if none does."""
    return ErasureRequest.objects.filter(member=member, state=State.WAITING).first()


def lock(member: int) -> None:
    """Lock the member and what the member holds, in the order of decision 28."""
    people = Q(pk=member) | Q(merged_into=member)
    keys = list(Member.objects.filter(people).order_by("pk").values_list("pk", flat=True))
    list(Credential.objects.select_for_update(no_key=True).order_by("pk").values_list("pk", flat=True))
    lock_all(Cycle.objects.filter(certification__member__in=keys).order_by().values_list("pk", flat=True))
    cases: QuerySet[Any] = AuditCase.objects.filter(cycle__certification__member__in=keys)
    certifications: QuerySet[Any] = Certification.objects.filter(member__in=keys)
    for rows in (cases, certifications):
        list(rows.select_for_update().order_by("pk").values_list("pk", flat=True))
    list(User.objects.select_for_update().filter(member__in=keys).order_by("pk").values_list("pk", flat=True))
    list(Member.objects.select_for_update().filter(pk__in=keys).order_by("pk").values_list("pk", flat=True))


# What is done


def erase(request: ErasureRequest, member: Member, *, by: User, at: datetime) -> ErasureRequest:
    """Erase the member, and keep the minutes on the request. The caller holds the locks."""
    scope = Scope.of(member, by=by, at=at)
    gap = request.number
    for account in User.objects.filter(pk__in=scope.accounts).order_by("pk"):
        withdrawing.withdraw(account, reason=REASON, at=at)
    for key in scope.members:
        following.silence(member=Member(pk=key), why=REASON)
    _end_sessions(scope)
    files = _files(scope)
    # The rules are read before anything changes, because some find rows by what others blank.
    keys = {rule: list(rule.rows(scope).order_by().values_list("pk", flat=True)) for rule in RULES}
    done = _Done(gap, scope, by, at)
    for rule in RULES:
        done.carry_out(rule, keys[rule])
    done.blank_names()
    removed = _remove_evidence(scope.members, by=by, at=at)
    keep_search_terms(list(Member.objects.filter(pk__in=scope.members).order_by("pk")))
    lines = gaps.close(gap, done.blanked)
    request.refresh_from_db()
    request.state, request.settled_at, request.settled_by = State.DONE, at, by
    request.gap, request.amt_ids = gap, list(scope.amt_ids)
    request.went = [
        {"table": rule.table, "deed": rule.deed.value, "rows": len(keys[rule])} for rule in RULES if keys[rule]
    ]
    request.lines, request.files = lines, len(files) + removed
    sign(request, by=by, at=at)
    request.save()
    for storage, name in files:
        after_commit(_delete, storage=storage, name=name)
    return request


def remove_evidence(*, at: datetime) -> int:
    """Remove the files of erased members whose time to be kept is over by now, and return how many."""
    attached = Evidence.objects.attached().filter(activity__member__erased_on__isnull=False).order_by()
    members = sorted(set(attached.values_list("activity__member", flat=True)))
    done = ErasureRequest.objects.filter(member__in=members, state=State.DONE).select_related("settled_by")
    removed = 0
    for request in done.order_by("pk"):
        assert request.settled_by
        removed += _remove_evidence([request.member_id], by=request.settled_by, at=at)
    return removed


@transaction.atomic
def _remove_evidence(members: Sequence[int], *, by: User, at: datetime) -> int:
    keys = list(contents.past_keeping(members, day_of(at)).values_list("pk", flat=True))
    for some in chunks(keys):
        Evidence.objects.filter(pk__in=some).update(removed_at=at, removed_by=by)
        write_lines(Evidence, some, by=by, at=at, reason=REASON)
    return len(keys)


class _Done:
    """Carries out the rules, and remembers which lines of history were blanked, by their table."""

    def __init__(self, gap: str, scope: Scope, by: User, at: datetime) -> None:
        self.gap, self.scope, self.by, self.at = gap, scope, by, at
        self.blanked: dict[type[Model], set[int]] = {}

    def carry_out(self, rule: Rule, keys: Sequence[int]) -> None:
        """Do to these rows, and to the lines of their history, what the rule says."""
        for some in chunks(sorted(keys)):
            if rule.has_history or rule.is_append_only:
                self._blank_lines(rule, some)
            if not rule.is_append_only:
                self._change(rule, some)

    def _blank_lines(self, rule: Rule, keys: Sequence[int]) -> None:
        lines = rule.lines._base_manager.filter(**{"id__in" if rule.has_history else "pk__in": keys})
        values = rule.kept_values
        if self.scope.accounts and rule.has_address:
            acted = rule.by_the_person(self.scope)
            self._blank(rule.lines, lines, acted, {"address": None})
        if values:
            self._blank(rule.lines, lines, gaps.not_blank(values), values)

    def _blank(self, model: type[Model], lines: QuerySet[Any], which: Q, values: Mapping[str, Any]) -> None:
        keys = list(lines.filter(which).order_by().values_list("pk", flat=True))
        if keys:
            gaps.name_lines(self.gap, model, keys)
            self.blanked.setdefault(model, set()).update(keys)
            for some in chunks(keys):
                model._base_manager.filter(pk__in=some).update(**values)

    def _change(self, rule: Rule, keys: Sequence[int]) -> None:
        rows = rule.model._base_manager.filter(pk__in=keys)
        values = {**rule.values, **rule.also(self.scope)}
        changed = list(rows.filter(gaps.not_blank(values)).values_list("pk", flat=True)) if values else []
        if changed:
            rule.model._base_manager.filter(pk__in=changed).update(**values)
        deleted = rule.deed == Deed.GOES
        if rule.has_history and (written := keys if deleted else changed):
            write_lines(rule.model, written, deleted=deleted, by=self.by, at=self.at, reason=f"{REASON} ({self.gap})")
        if deleted:
            rows._raw_delete(rows.db)

    def blank_names(self) -> None:
        """Blank the names of those who never held a certification: no record needs them."""
        nobody = Member.objects.filter(pk__in=self.scope.members, certifications=None).order_by("pk")
        keys = list(nobody.values_list("pk", flat=True))
        rule = next(rule for rule in RULES if rule.model is Member)
        if keys:
            model = rule.lines
            lines = model._base_manager.filter(id__in=keys)
            self._blank(model, lines, gaps.not_blank(contents.NAME), contents.NAME)
            Member.objects.filter(pk__in=keys).update(**contents.NAME)


def _end_sessions(scope: Scope) -> None:
    """Sign the person out everywhere, at once."""
    sessions = UserSession.objects.filter(user__in=scope.accounts)
    for some in chunks(sessions.order_by("pk").values_list("session_key", flat=True)):
        Session.objects.filter(session_key__in=some).delete()


def _files(scope: Scope) -> list[tuple[str, str]]:
    """Return the files that are deleted once the erasure is committed, each with its storage.

    Those that a row still names, as removed, are deleted by ``manage.py clean_evidence`` in the next days.
    """
    waiting = PendingFile.objects.filter(member__in=scope.members)
    made = Archive.objects.filter(member__in=scope.members).exclude(stored_name="")
    names = [("evidence", name) for name in waiting.values_list("stored_name", flat=True)]
    return names + [("archives", name) for name in made.values_list("stored_name", flat=True)]


def _delete(*, storage: str, name: str) -> None:
    if storage == "archives":
        archives.storage().delete(name)
        Archive.objects.filter(stored_name=name).update(stored_name="")
    else:
        kept.delete(name)
