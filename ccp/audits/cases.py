"""The verbs of a case, for the coordinator, the member, the reviewers and the appeal board.

Each is a row of the table in ``ccp.audits.states``, and raises ``steps.MovedOn`` where the table has
no such row. Done again by the same person, a verb changes nothing and returns the case. Whoever
acts for AMT is never the member, and has one part in a case: one of the two reviewers, or one of
the two on the appeal board. Pages ask for the permission; the verbs ask for everything else.

``ccp.audits.signals.stepped`` tells others of each step: letters and notices are written there.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from hashlib import sha256

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from amtportal.chunks import CHUNK, chunks
from amtportal.database import know_again
from amtportal.dates import day_of
from amtportal.formatting import format_day, format_points
from amtportal.history.lines import create_with_lines, sign
from amtportal.members.models import User
from amtportal.refusals import Problem, Refused, refuse_if
from ccp.audits import business_days, deadlines, items, states, steps
from ccp.audits.models import (
    Appeal,
    AuditCase,
    CaseOutcome,
    CaseState,
    CaseStep,
    Conflict,
    DrawLine,
    Extension,
    ItemReview,
    ItemVerdict,
    Message,
    ReviewRound,
    Verb,
    Who,
)
from ccp.audits.models.cases import ASKED_FOR_MORE_AT_MOST
from ccp.audits.signals import message_written
from ccp.audits.steps import Move
from ccp.models import Activity, AttestationStatement
from certifications.models import Cycle
from certifications.quarters import STEP, ZERO

ATTESTATION = gettext_lazy(
    "I attest that the files I sent are true copies of my documents, and that what I say in this audit is correct."
)
LONGEST_TEXT = 4000


# Opening


def open_drawn(*, drawn: Iterable[tuple[DrawLine, str]], by: User, at: datetime) -> list[AuditCase]:
    """Open the cases of the lines that were drawn, each with its ticket, and return the new ones.

    A line that has a case is left out, and so is a cycle that is being audited already.
    """
    opened: list[AuditCase] = []
    for some in chunks(drawn):
        with transaction.atomic():
            keys = sorted(line.cycle_id for line, _ in some)
            list(Cycle.objects.select_for_update(no_key=True).filter(pk__in=keys).order_by("pk").values_list("pk"))
            known = set(
                AuditCase.objects.filter(draw_line__in=[line for line, _ in some]).values_list("cycle", flat=True)
            )
            known |= set(
                AuditCase.objects.filter(cycle__in=keys).exclude(state=CaseState.CLOSED).values_list("cycle", flat=True)
            )
            new = [
                _unopened(line.cycle, ticket=ticket, by=by, at=at, draw_line=line)
                for line, ticket in some
                if line.cycle_id not in known
            ]
            _open(new, by=by, at=at)
            opened += new
    if opened:
        know_again(AuditCase, CaseStep)
    return opened


@transaction.atomic
def open_for_cause(*, cycle: Cycle, cause: str, by: User, at: datetime) -> AuditCase:
    """Open the audit of a closed cycle for a reason of its own. Raises ``Refused``."""
    cause = cause.strip()
    if not cause:
        raise Refused("Say why this cycle is audited: the member reads it.", "cause")
    Cycle.objects.select_for_update(no_key=True).get(pk=cycle.pk)
    cycle = Cycle.objects.select_related("certification__credential", "certification__member").get(pk=cycle.pk)
    if cycle.closed_on is None:
        raise Refused("This cycle is not closed. A cycle is audited after it has been closed.")
    if cycle.certification.member.user_id == by.pk:
        raise Refused("Nobody opens an audit of the own record.")
    if being_audited := AuditCase.objects.exclude(state=CaseState.CLOSED).filter(cycle=cycle).first():
        if (being_audited.cause, being_audited.opened_by_id) == (cause, by.pk):
            return being_audited
        raise Refused(f"This cycle is being audited already: {being_audited.reference}.")
    line = f"{cycle.certification.credential.code}/{cycle.certification.member.amt_id}/{cycle.number}"
    ticket = sha256(f"{at.isoformat()}:{line}".encode()).hexdigest()
    case = _unopened(cycle, ticket=ticket, by=by, at=at, cause=cause)
    _open([case], by=by, at=at)
    return case


def _unopened(
    cycle: Cycle, *, ticket: str, by: User, at: datetime, draw_line: DrawLine | None = None, cause: str = ""
) -> AuditCase:
    return AuditCase(
        cycle=cycle,
        draw_line=draw_line,
        cause=cause,
        ticket=ticket,
        opened_at=at,
        opened_by=by,
        state_since=at,
        due_on=states.due_on(states.ROWS[0], day_of(at)),
    )


def _open(cases: Sequence[AuditCase], *, by: User, at: datetime) -> None:
    create_with_lines(AuditCase, cases, by=by, at=at)
    opening = [steps.first(case, who=Who.COORDINATOR, by=by, at=at, reason=case.cause) for case in cases]
    CaseStep.objects.bulk_create(opening, batch_size=CHUNK)


# The coordinator


def notify(*, cases: Collection[int], by: User, at: datetime) -> int:
    """Ask for proof in these cases, given by key, and return in how many.

    Those in which it was asked for already, or that were called off, stay as they are. So does that
    of the coordinator's own record; if there is no other, raise ``Refused``.
    """
    notified, own = 0, list[AuditCase]()
    for some in chunks(sorted(cases)):
        with transaction.atomic():
            drawn = [case for case in steps.lock(some) if case.state == CaseState.DRAWN]
            own += [case for case in drawn if case.member.user_id == by.pk]
            moves = [Move(case, steps.row_or_refuse(case, Verb.NOTIFY), by) for case in drawn if case not in own]
            steps.write(moves, at=at)
            notified += len(moves)
    if own and not notified:
        _refuse_the_member(own[0], by)
    return notified


@transaction.atomic
def call_off(*, case: AuditCase, reason: str, by: User, at: datetime) -> AuditCase:
    """End an audit without a decision: it was opened in error, or the member has died."""
    case = _locked(case, at)
    if case.outcome == CaseOutcome.CALLED_OFF:
        return case
    row = steps.row_or_refuse(case, Verb.CALL_OFF)
    _refuse_the_member(case, by)
    reason = _text(reason, "Say why the audit is called off: the member reads it.", "reason")
    _end_extension(case, at)
    steps.write([Move(case, row, by, reason=reason, columns={"outcome": CaseOutcome.CALLED_OFF})], at=at)
    return case


@transaction.atomic
def grant_extension(*, case: AuditCase, by: User, at: datetime, until: date | None = None) -> AuditCase:
    """Give the member more time: until the day wanted, or another day."""
    case = _locked(case, at)
    if steps.was_done(case, Verb.GRANT_EXTENSION, by):
        return case
    row = steps.row_or_refuse(case, Verb.GRANT_EXTENSION)
    _refuse_the_member(case, by)
    extension = Extension.objects.select_for_update().get(case=case)
    granted_to = business_days.this_or_next(until or extension.wanted_on)
    if granted_to < day_of(at) or granted_to < extension.was_due_on:
        earliest = format_day(max(day_of(at), extension.was_due_on))
        raise Refused(f"More time ends on {earliest} or later. Enter a later day.", "until")
    _answer(extension, Extension.State.GRANTED, by=by, at=at, granted_to=granted_to)
    steps.write([Move(case, row, by, due_on=granted_to)], at=at)
    return case


@transaction.atomic
def refuse_extension(*, case: AuditCase, reason: str, by: User, at: datetime) -> AuditCase:
    """Refuse more time. At least ``REMAIN_AFTER_REQUEST`` days remain."""
    case = _locked(case, at)
    if steps.was_done(case, Verb.REFUSE_EXTENSION, by):
        return case
    row = steps.row_or_refuse(case, Verb.REFUSE_EXTENSION)
    _refuse_the_member(case, by)
    reason = _text(reason, "Say why there is no more time: the member reads it.", "reason")
    extension = Extension.objects.select_for_update().get(case=case)
    _answer(extension, Extension.State.REFUSED, by=by, at=at, answer=reason)
    due_on = max(extension.was_due_on, states.last_day(day_of(at), deadlines.REMAIN_AFTER_REQUEST))
    steps.write([Move(case, row, by, due_on=due_on, reason=reason)], at=at)
    return case


def _answer(
    extension: Extension,
    state: str,
    *,
    by: User | None,
    at: datetime,
    granted_to: date | None = None,
    answer: str = "",
) -> None:
    extension.state, extension.granted_to, extension.answer = state, granted_to, answer
    extension.answered_at, extension.answered_by = at, by
    sign(extension, by=by, at=at)
    extension.save()


def _end_extension(case: AuditCase, at: datetime) -> None:
    """Note that a request for more time is not needed anymore, if it was not answered."""
    for extension in Extension.objects.select_for_update().filter(case=case, state=Extension.State.ASKED):
        _answer(extension, Extension.State.NOT_NEEDED, by=None, at=at)


# The member


def latest_extension(due_on: date) -> date:
    """Return the last day that can be wanted instead of this one."""
    return due_on + timedelta(days=settings.AUDIT_EXTENSION_MOST_DAYS)


def problem_with_extension(*, due_on: date, wanted_on: date, reason: str) -> Problem | None:
    """Return why more time cannot be asked for like this."""
    if wanted_on <= due_on:
        sentence = _("You have until %(day)s anyway. Enter a later day.")
        return Problem("wanted_on", sentence % {"day": format_day(due_on)})
    if wanted_on > (latest := latest_extension(due_on)):
        sentence = _("More time ends on %(day)s at the latest. Enter that day or an earlier one.")
        return Problem("wanted_on", sentence % {"day": format_day(latest)})
    if not reason.strip():
        return Problem("reason", _("Say why you need more time."))
    return None


@transaction.atomic
def ask_extension(*, case: AuditCase, wanted_on: date, reason: str, by: User, at: datetime) -> AuditCase:
    """Ask for more time, once in a case."""
    case = _locked(case, at)
    _refuse_all_but_the_member(case, by)
    if steps.was_done(case, Verb.ASK_EXTENSION, by):
        return case
    row = steps.row_or_refuse(case, Verb.ASK_EXTENSION)
    if Extension.objects.filter(case=case).exists():
        raise Refused(_("You have asked for more time before, and can do so once. Write a message to AMT."))
    assert case.due_on
    reason = reason.strip()
    refuse_if(problem_with_extension(due_on=case.due_on, wanted_on=wanted_on, reason=reason))
    extension = Extension(
        case=case, wanted_on=wanted_on, reason=reason, was_due_on=case.due_on, asked_at=at, asked_by=by
    )
    sign(extension, by=by, at=at)
    extension.save()
    steps.write([Move(case, row, by, reason=reason)], at=at)
    return case


@transaction.atomic
def say_missing(*, case: AuditCase, activity: Activity, text: str, by: User, at: datetime) -> Message:
    """Say why something is missing in an entry. What was said last holds."""
    case = _locked(case, at)
    _refuse_all_but_the_member(case, by)
    text = _text(text, _("Say why you cannot send what is asked for."), "text")
    of_entry = [item for item in items.of_case(case) if item.activity.pk == activity.pk]
    if not of_entry or of_entry[0].is_proven:
        raise Refused(_("Nothing is asked for this entry."), "text")
    if of_entry[0].missing and of_entry[0].missing.text == text:
        return of_entry[0].missing
    if case.state not in states.ASKING:
        raise steps.MovedOn(
            _("This audit does not ask for proof now, so its entries stay as they are. Write a message.")
        )
    return Message.objects.create(
        case=case, activity=activity, from_member=True, text=text, written_at=at, written_by=by
    )


@transaction.atomic
def write_message(*, case: AuditCase, text: str, by: User, at: datetime) -> Message:
    """Write to the other side: to AMT as the member, or to the member.

    The same text twice in a row is one message. A closed case takes no messages.
    """
    case = _locked(case, at)
    text = _text(text, _("Write your message."), "text")
    last = case.messages.filter(activity=None).order_by("-pk").first()
    if last and (last.text, last.written_by_id) == (text, by.pk):
        return last
    if not case.is_open:
        raise steps.MovedOn(_("This audit is closed, so no message can be added. Call AMT if you have a question."))
    from_member = case.member.user_id == by.pk
    message = Message.objects.create(case=case, from_member=from_member, text=text, written_at=at, written_by=by)
    message_written.send(sender=Message, message=message)
    return message


def problem_with_submission(asked: Iterable[items.Item]) -> Problem | None:
    """Return which entries have neither a file nor a word on why it is missing."""
    open_entries = [item.activity.heading for item in asked if not item.is_answered]
    if not open_entries:
        return None
    sentence = _("Attach a file, or say why it is missing, for: %(entries)s.")
    return Problem("", sentence % {"entries": "; ".join(open_entries)})


@transaction.atomic
def submit(*, case: AuditCase, by: User, at: datetime) -> AuditCase:
    """Send what is attached and said to AMT, with the attestation. From now on no file can be removed."""
    case = _locked(case, at)
    _refuse_all_but_the_member(case, by)
    if steps.was_done(case, Verb.SUBMIT, by):
        return case
    row = steps.row_or_refuse(case, Verb.SUBMIT)
    deadlines.freeze([case])
    refuse_if(problem_with_submission(items.of_case(case)))
    _end_extension(case, at)
    statement = AttestationStatement.objects.of(str(ATTESTATION))
    columns = {"frozen_at": case.frozen_at or at}
    steps.write([Move(case, row, by, statement=statement, columns=columns)], at=at)
    return case


@transaction.atomic
def appeal(*, case: AuditCase, reason: str, by: User, at: datetime) -> AuditCase:
    """Appeal against the announced decision, once, with a reason."""
    case = _locked(case, at)
    _refuse_all_but_the_member(case, by)
    if steps.was_done(case, Verb.APPEAL, by):
        return case
    row = steps.row_or_refuse(case, Verb.APPEAL)
    reason = _text(reason, _("Say what you think is wrong in the decision."), "reason")
    appealed = Appeal(case=case, reason=reason, appealed_at=at, appealed_by=by)
    sign(appealed, by=by, at=at)
    appealed.save()
    steps.write([Move(case, row, by, reason=reason)], at=at)
    return case


# The reviewers and the appeal board


def may_see_items(case: AuditCase, by: User) -> bool:
    """Return whether this person has a part in the case: the question of conflict is answered."""
    return by.pk in (case.first_reviewer_id, case.second_reviewer_id, case.first_of_board_id, case.second_of_board_id)


@transaction.atomic
def declare_conflict(*, case: AuditCase, has_conflict: bool, what: str = "", by: User, at: datetime) -> Conflict:
    """Answer whether there is a conflict of interest, once in a case. Who has one cannot take it."""
    case = _locked(case, at)
    answered = Conflict.objects.filter(case=case, reviewer=by).first()
    what = what.strip()
    if answered:
        if (answered.has_conflict, answered.what) == (has_conflict, what):
            return answered
        raise Refused("You have answered this question already, and the answer stays on record.")
    row = steps.row_or_refuse(case, Verb.DECLARE_CONFLICT)
    _refuse_the_member(case, by)
    if has_conflict and not what:
        raise Refused("Say what the conflict is.", "what")
    answer = Conflict.objects.create(case=case, reviewer=by, has_conflict=has_conflict, what=what, answered_at=at)
    steps.write([Move(case, row, by, reason=what)], at=at)
    return answer


@transaction.atomic
def take(*, case: AuditCase, by: User, at: datetime) -> AuditCase:
    """Take the case, as the reviewer or as one of the appeal board that its state asks for."""
    case = _locked(case, at)
    row = steps.row_or_refuse(case, Verb.TAKE)
    parts = _PARTS[CaseState(case.state)]
    if by.pk in [getattr(case, f"{part}_id") for part in parts]:
        return case
    refuse_if(_problem_with_taking(case, by))
    free = free_parts(case)
    if not free:
        raise Refused("This case is taken by somebody else.")
    steps.write([Move(case, row, by, columns={free[0]: by})], at=at)
    return case


_PARTS = {
    CaseState.SUBMITTED: ("first_reviewer",),
    CaseState.SECOND_REVIEW: ("second_reviewer",),
    CaseState.APPEALED: ("first_of_board", "second_of_board"),
}
_ROUNDS = {
    CaseState.SUBMITTED: ReviewRound.FIRST,
    CaseState.SECOND_REVIEW: ReviewRound.SECOND,
    CaseState.APPEALED: ReviewRound.BOARD,
}
REVIEWING = (
    Verb.DECLARE_CONFLICT,
    Verb.TAKE,
    Verb.RELEASE,
    Verb.WANT_MORE,
    Verb.DECIDE,
    Verb.DECIDE_AGAIN,
    Verb.DECIDE_APPEAL,
)
"""What reviewers and the appeal board do."""


def parts_of(case: AuditCase) -> tuple[str, ...]:
    """Return the columns with those who have the case in its present state."""
    return _PARTS.get(CaseState(case.state), ())


def round_of(case: AuditCase) -> ReviewRound | None:
    """Return which look at the entries it is now, if anybody looks at them."""
    return _ROUNDS.get(CaseState(case.state))


def free_parts(case: AuditCase) -> list[str]:
    """Return the parts that somebody can take now: nobody has them, or somebody who cannot sign in anymore.

    Who has decided an appeal keeps the part.
    """
    decided = set(case.steps.filter(verb=Verb.DECIDE_APPEAL).values_list("by", flat=True))
    held = {part: getattr(case, part) for part in parts_of(case)}
    return [part for part, by in held.items() if by is None or not (by.is_active or by.pk in decided)]


def _problem_with_taking(case: AuditCase, by: User) -> Problem | None:
    if case.member.user_id == by.pk:
        return Problem("", "Nobody reviews the own record.")
    answer = Conflict.objects.filter(case=case, reviewer=by).first()
    if answer is None:
        return Problem("", "Answer first whether you have a conflict of interest in this case.")
    if answer.has_conflict:
        return Problem("", "You have a conflict of interest in this case, so somebody else reviews it.")
    earlier = ItemReview.objects.filter(case=case, reviewer=by).exclude(round=_ROUNDS[CaseState(case.state)])
    if may_see_items(case, by) or earlier.exists():
        return Problem("", "You have reviewed this case before. Somebody else looks at it now.")
    return None


@transaction.atomic
def release(*, case: AuditCase, reason: str, by: User, at: datetime) -> AuditCase:
    """Give a case back that one has taken and not decided. Somebody else can take it."""
    case = _locked(case, at)
    if steps.was_done(case, Verb.RELEASE, by):
        return case
    row = steps.row_or_refuse(case, Verb.RELEASE)
    part = _part_of(case, by)
    if row.who == Who.BOARD and has_decided(case, by):
        raise Refused("You have decided this appeal already, and your decision stays.")
    reason = _text(reason, "Say why you give the case back.", "reason")
    steps.write([Move(case, row, by, reason=reason, columns={part: None})], at=at)
    return case


@transaction.atomic
def review_item(
    *,
    case: AuditCase,
    activity: Activity,
    verdict: str,
    points: Decimal,
    by: User,
    at: datetime,
    reason_code: str = "",
    reason: str = "",
    checklist: dict[str, bool] | None = None,
) -> ItemReview:
    """Say of one entry how much of its claim is proven. What a reviewer says last holds."""
    case = _locked(case, at)
    _refuse_all_but_the_reviewer(case, by)
    if case.state == CaseState.APPEALED and has_decided(case, by):
        raise Refused("You have decided this appeal already, and your decision stays.")
    item = next((item for item in items.of_case(case) if item.activity.pk == activity.pk), None)
    if item is None or item.is_proven:
        raise Refused("This entry is not reviewed: it is not part of the case, or AMT credited it itself.")
    reason = reason.strip()
    refuse_if(problem_with_verdict(item.activity.claimed, verdict, points, says_why=bool(reason_code or reason)))
    said = {
        "verdict": verdict,
        "points": points,
        "reason_code": reason_code,
        "reason": reason,
        "checklist": checklist or {},
    }
    mine = ItemReview.objects.filter(case=case, activity=activity, reviewer=by, round=_ROUNDS[CaseState(case.state)])
    last = mine.order_by("-pk").first()
    if last and all(getattr(last, name) == value for name, value in said.items()):
        return last
    return ItemReview.objects.create(
        case=case, activity=activity, round=_ROUNDS[CaseState(case.state)], reviewer=by, reviewed_at=at, **said
    )


def problem_with_verdict(claimed: Decimal, verdict: str, points: Decimal, *, says_why: bool) -> Problem | None:
    """Return why this cannot be said of an entry with this claim."""
    if verdict not in ItemVerdict.values:
        return Problem("verdict", "Choose a verdict.")
    if verdict == ItemVerdict.COUNT and points != claimed:
        return Problem("points", f"It counts whole: {format_points(claimed)} points. Choose “reduce” for less.")
    if verdict == ItemVerdict.REJECT and points != ZERO:
        return Problem("points", "What is rejected counts 0 points. Choose “reduce” for a part.")
    if verdict == ItemVerdict.REDUCE and not ZERO <= points < claimed:
        return Problem("points", f"A part is from 0 to less than {format_points(claimed)} points.")
    if points % STEP:
        return Problem("points", "Points come in quarter steps: 0.25, 0.5, 0.75, 1 and so on.")
    if verdict != ItemVerdict.COUNT and not says_why:
        return Problem("reason", "Say why it counts less, or not at all: the member reads it.")
    return None


@transaction.atomic
def want_more(*, case: AuditCase, reason: str, by: User, at: datetime) -> AuditCase:
    """Ask the member for more proof, at most twice in a case. The reason says what is wanted."""
    case = _locked(case, at)
    if steps.was_done(case, Verb.WANT_MORE, by):
        return case
    row = steps.row_or_refuse(case, Verb.WANT_MORE)
    _refuse_all_but_the_reviewer(case, by)
    if case.asked_for_more >= ASKED_FOR_MORE_AT_MOST:
        raise Refused("More proof was asked for twice. Decide on what is there.")
    reason = _text(reason, "Say what is wanted: the member reads it.", "reason")
    columns = {"asked_for_more": case.asked_for_more + 1}
    steps.write([Move(case, row, by, reason=reason, columns=columns)], at=at)
    return case


@transaction.atomic
def decide(*, case: AuditCase, by: User, at: datetime, reason: str = "") -> AuditCase:
    """Decide as the first reviewer, by the verdicts on every entry.

    The portal then sends the case to the second review, or announces the decision.
    """
    case = _locked(case, at)
    if steps.was_done(case, Verb.DECIDE, by):
        return case
    row = steps.row_or_refuse(case, Verb.DECIDE)
    _refuse_all_but_the_reviewer(case, by)
    asked = items.of_case(case)
    refuse_if(_problem_with_deciding(case, asked, by))
    points, outcome = items.result(case, asked)
    columns = {"points": points, "outcome": outcome}
    steps.write([Move(case, row, by, reason=reason.strip(), columns=columns)], at=at)
    deadlines.after_decision([case], at=at)
    return case


@transaction.atomic
def decide_again(*, case: AuditCase, by: User, at: datetime, reason: str = "") -> AuditCase:
    """Decide as the second reviewer. This decision is announced."""
    case = _locked(case, at)
    if steps.was_done(case, Verb.DECIDE_AGAIN, by):
        return case
    row = steps.row_or_refuse(case, Verb.DECIDE_AGAIN)
    _refuse_all_but_the_reviewer(case, by)
    asked = items.of_case(case)
    if not case.no_proof:
        refuse_if(_problem_with_deciding(case, asked, by))
    points, outcome = items.result(case, asked)
    columns = {"points": points, "outcome": outcome}
    steps.write([Move(case, row, by, reason=reason.strip(), columns=columns)], at=at)
    return case


@transaction.atomic
def decide_appeal(*, case: AuditCase, answer: str, by: User, at: datetime) -> AuditCase:
    """Decide an appeal as one of two, by the verdicts on the entries that are judged otherwise.

    The second of them closes the case, with what is better for the member of each entry.
    """
    case = _locked(case, at)
    if has_decided(case, by):
        return case
    is_second = case.steps.filter(verb=Verb.DECIDE_APPEAL).exists()
    after = CaseState.CLOSED if is_second else CaseState.APPEALED
    row = steps.row_or_refuse(case, Verb.DECIDE_APPEAL, after=after)
    _refuse_all_but_the_reviewer(case, by)
    answer = _text(answer, "Say why: the member reads it.", "answer")
    columns: dict[str, object] = {}
    if is_second:
        points, outcome = items.result(case, items.of_case(case))
        appealed = Appeal.objects.select_for_update().get(case=case)
        is_same = (points, outcome) == (case.points, case.outcome)
        appealed.result = Appeal.Result.UPHELD if is_same else Appeal.Result.CHANGED
        appealed.answer, appealed.decided_at = answer, at
        sign(appealed, by=by, at=at)
        appealed.save()
        columns = {"points": points, "outcome": outcome}
    steps.write([Move(case, row, by, reason=answer, columns=columns)], at=at)
    return case


def _problem_with_deciding(case: AuditCase, asked: Iterable[items.Item], by: User) -> Problem | None:
    """Return which entries this reviewer has said nothing of."""
    reviews = ItemReview.objects.filter(case=case, reviewer=by, round=_ROUNDS[CaseState(case.state)])
    said = set(reviews.values_list("activity", flat=True))
    without = [item.activity.reference for item in asked if not item.is_proven and item.activity.pk not in said]
    return Problem("", f"Give your verdict on each entry first: {', '.join(without)}.") if without else None


def has_decided(case: AuditCase, by: User) -> bool:
    """Return whether this person has decided the appeal, as one of two."""
    return case.steps.filter(verb=Verb.DECIDE_APPEAL, by=by).exists()


def _part_of(case: AuditCase, by: User) -> str:
    """Return in which part this person has the case. Raises ``Refused`` if that person has not taken it."""
    for part in parts_of(case):
        if getattr(case, f"{part}_id") == by.pk:
            return part
    if case.state not in _PARTS:
        raise steps.MovedOn(f"This case is not being reviewed now: {case.get_state_display()}.")
    raise Refused("Take the case first.")


def _refuse_all_but_the_reviewer(case: AuditCase, by: User) -> None:
    """Refuse who has not taken the case, and who turned out to be the member, since two records were merged."""
    _part_of(case, by)
    if case.member.user_id == by.pk:
        raise Refused("Nobody reviews the own record. Give the case back.")


# What they share


def _locked(case: AuditCase, at: datetime) -> AuditCase:
    """Lock a case, and pass its last day if it is over."""
    [locked] = steps.lock([case.pk])
    deadlines.pass_locked([locked], at=at)
    return locked


def _text(typed: str, sentence: str, field: str) -> str:
    """Return what was typed. Raises ``Refused`` with the sentence if it is empty, or if it is too long."""
    text = typed.strip()
    if not text:
        raise Refused(sentence, field)
    if len(text) > LONGEST_TEXT:
        too_long = _("This is longer than %(most)s characters. Write it shorter.")
        raise Refused(too_long % {"most": f"{LONGEST_TEXT:,}"}, field)
    return text


def _refuse_the_member(case: AuditCase, by: User) -> None:
    if case.member.user_id == by.pk:
        raise Refused("This is your own record. Somebody else acts for AMT in this audit.")


def _refuse_all_but_the_member(case: AuditCase, by: User) -> None:
    if case.member.user_id != by.pk:
        raise Refused(_("Only the member whose record is audited can do this."))
