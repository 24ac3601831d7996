"""What notices say: written when the mail is sent, with the figures of that moment.

``write`` is what the outbox calls. For each mail it asks the record again whether each notice still
holds. What no longer holds is dropped, with the reason on its row; if nothing is left, the mail is
dropped too. The rest becomes one mail, the most pressing first: its subject is that of the mail.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import Count
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from amtportal import links
from amtportal.dates import day_of
from amtportal.formatting import (
    as_count,
    dollars,
    dollars_in_words,
    format_day,
    format_day_briefly,
    format_points,
    translated,
)
from amtportal.members.mail import outbox
from amtportal.members.mail.layout import Button, Content, Part, compose
from amtportal.members.models import MailPriority, Member
from ccp.models import Activity, Credit, ErrorReport
from ccp.notices import due, facts, preferences, telling
from ccp.notices.kinds import KINDS, ORDER, is_optional
from ccp.notices.models import Notice, NoticeKind, NoticeMail, Preference
from ccp.notices.sending import WRITER, address_now
from ccp.notices.telling import Gone, Said, Whole
from ccp.rollover.verdicts import cycles_owed_points
from ccp.standing.standing import Standing
from ccp.standing.steps import steps_of
from certifications.invoice_standing import InvoiceStanding
from certifications.models import AwardCorrection, Certification, Cycle, Payment, StatusChange

Kind = NoticeKind
Written = Mapping[int, Said | Gone]

ENDED = gettext_noop("The cycle has ended.")
ENOUGH = gettext_noop("Nothing was missing and nothing was to be paid.")
NO_GRACE = gettext_noop("The cycle was not in its grace period any more.")
NOT_IN_FORCE = gettext_noop("The certification was not in force any more, or the cycle was closed.")
IN_FORCE = gettext_noop("The certification was in force again.")
UNDONE = gettext_noop("The revocation was undone.")
CORRECTED_AGAIN = gettext_noop("AMT corrected it again.")
NOT_VOID = gettext_noop("AMT put the entry back on record.")
NOT_TO_PAY = gettext_noop("The invoice was not to be paid any more.")
REVERSED = gettext_noop("The payment was reversed.")
WITHDRAWN = gettext_noop("The entry was withdrawn or voided.")
CHANGED = gettext_noop("The member changed the entry.")
RECORDED = gettext_noop("Something was recorded.")
SWITCHED_OFF = gettext_noop("The member switched this kind off.")


def key_of(notice: Notice) -> int:
    """Return the key in the subject of a notice, such as 12 of ``cycle-12``."""
    return int(notice.subject.rpartition("-")[2])


def _button(label: str, name: str, *args: int) -> Button:
    return Button(label, links.absolute(reverse(name, args=args)))


def _code(standing: Standing) -> str:
    return standing.certification.credential.code


def _what_to_do(standing: Standing) -> tuple[list[str], Button | None, list[str]]:
    """Return the sentences that say what to do, the button for the first of it, and the invoices in them."""
    steps = steps_of(standing)
    button = None
    first = next((step for step in steps if step.action), None)
    if first and first.invoice:
        button = _button(_("Pay the invoice"), "invoice-detail", first.invoice.pk)
    elif first:
        button = _button(_("Record CE"), "activity-record")
    return [step.sentence for step in steps], button, [f"invoice-{step.invoice.pk}" for step in steps if step.invoice]


def _points(standing: Standing) -> tuple[str, str]:
    total = {"total": format_points(standing.counted), "required": format_points(standing.required)}
    return _("Points"), _("%(total)s of %(required)s") % total


def _to_go(standing: Standing, until: date) -> str:
    sentence = ngettext(
        "%(points)s point to go by %(day)s", "%(points)s points to go by %(day)s", as_count(standing.to_go)
    )
    return sentence % {"points": format_points(standing.to_go), "day": format_day_briefly(until)}


def _by_cycle(notices: Sequence[Notice], on: date, write: Callable[[Standing, Notice, date], Said | Gone]) -> Written:
    """Write notices about cycles."""
    keys = {key_of(notice) for notice in notices}
    owed = cycles_owed_points(keys, on)
    standings = {
        each.cycle.pk: replace(each, amt_owes_points=each.cycle.pk in owed) for each in facts.standings(keys, on)
    }
    return {
        notice.pk: write(standing, notice, on)
        if (standing := standings.get(key_of(notice))) and standing.verdict
        else Gone(NOT_IN_FORCE)
        for notice in notices
    }


def cycle_ends(notices: Sequence[Notice], on: date) -> Written:
    return _by_cycle(notices, on, say_cycle_ends)


def say_cycle_ends(standing: Standing, notice: Notice, on: date) -> Said | Gone:
    payable = [owed for owed in standing.invoices if owed.is_payable]
    if standing.verdict != "running":
        return Gone(ENDED)
    is_short = facts.is_short(standing)
    if not (is_short or payable):
        return Gone(ENOUGH)
    sentences, button, about = _what_to_do(standing)
    days = standing.days_left
    left = ngettext("The cycle ends in %(days)s day.", "The cycle ends in %(days)s days.", days) % {"days": days}
    ends_on = standing.cycle.ends_on
    subject = _to_go(standing, ends_on) if is_short else _to_pay(payable, on)
    heading = _("%(code)s: your CCP cycle ends %(day)s") % {"code": _code(standing), "day": format_day(ends_on)}
    facts_ = [_points(standing), (_("Days left"), str(days))] if standing.cycle.is_mandatory else []
    part = Part([left if days else _("Today is the last day of the cycle."), *sentences], heading, facts_, button)
    return Said(subject, part, about)


def _to_pay(payable: Sequence[InvoiceStanding], on: date) -> str:
    """Return what is overdue and since when, which may be long ago; or else what is to be paid first."""
    pay_by = [(owed.late_pay_by or owed.invoice.due_on, owed.invoice.amount) for owed in payable]
    first = min(day for day, _amount in pay_by)
    if first < on:
        overdue = sum(amount for day, amount in pay_by if day < on)
        return _("%(amount)s overdue since %(day)s") % {"amount": dollars_in_words(overdue), "day": format_day(first)}
    amount = sum(amount for day, amount in pay_by if day == first)
    return _("%(amount)s to pay by %(day)s") % {"amount": dollars_in_words(amount), "day": format_day_briefly(first)}


def grace(notices: Sequence[Notice], on: date) -> Written:
    return _by_cycle(notices, on, say_grace)


def say_grace(standing: Standing, notice: Notice, on: date) -> Said | Gone:
    if standing.verdict != "grace":
        return Gone(NO_GRACE)
    until = standing.records_until
    sentences, button, about = _what_to_do(standing)
    heading = _("%(code)s: grace period until %(day)s") % {"code": _code(standing), "day": format_day(until)}
    part = Part(
        [
            _("The cycle ended %(day)s, and points are missing.") % {"day": format_day(standing.cycle.ends_on)},
            *sentences,
            _unless_owed(standing) % {"day": format_day(until)},
        ],
        heading,
        [_points(standing), (_("Grace days left"), str(standing.grace_days_left))],
        button,
    )
    return Said(_("Grace period: %(to_go)s") % {"to_go": _to_go(standing, until)}, part, about)


def _unless_owed(standing: Standing) -> str:
    """Return what follows if the points are missing after the grace period."""
    if standing.amt_owes_points:
        return _(
            "If they are still missing after %(day)s, this certification lapses, but not before AMT has set the points "
            "for which your entries wait."
        )
    return _("If they are still missing after %(day)s, this certification lapses.")


def nothing_recorded(notices: Sequence[Notice], on: date) -> Written:
    standings = {each.cycle.pk: each for each in facts.standings({key_of(notice) for notice in notices}, on)}
    quiet = facts.quiet_since({key: standing.cycle.starts_on for key, standing in standings.items()})
    return {
        notice.pk: say_nothing_recorded(standings.get(key_of(notice)), notice, quiet.get(key_of(notice)))
        for notice in notices
    }


def say_nothing_recorded(standing: Standing | None, notice: Notice, quiet_since: date | None) -> Said | Gone:
    if standing is None or standing.verdict != "running" or quiet_since is None:
        return Gone(NOT_IN_FORCE)
    if not facts.is_short(standing):
        return Gone(ENOUGH)
    if due.quiet_anchor(quiet_since) > notice.anchor_on:
        return Gone(RECORDED)
    sentences, button, about = _what_to_do(standing)
    values = {"code": _code(standing), "day": format_day(quiet_since)}
    part = Part(
        [_("Nothing was recorded for this cycle since %(day)s.") % values, *sentences],
        _("%(code)s: nothing recorded for 6 months") % values,
        [_points(standing), (_("Days left"), str(standing.days_left))],
        button,
    )
    return Said(
        _("Nothing recorded for 6 months: %(to_go)s") % {"to_go": _to_go(standing, standing.cycle.ends_on)}, part, about
    )


def _by_invoice(notices: Sequence[Notice], on: date) -> Written:
    """Write notices about invoices that are to be paid."""
    keys = {key_of(notice) for notice in notices}
    cycles = Cycle.objects.unclosed().filter(invoices__in=keys).order_by().values_list("pk", flat=True)
    payable = {
        owed.invoice.pk: (standing, owed)
        for standing in facts.standings(set(cycles), on)
        for owed in standing.invoices
        if owed.is_payable
    }
    written: dict[int, Said | Gone] = {}
    for notice in notices:
        found = payable.get(key_of(notice))
        if found is None:
            written[notice.pk] = Gone(NOT_TO_PAY)
            continue
        written[notice.pk] = say_invoice(*found, notice, on)
    return written


def say_invoice(standing: Standing, owed: InvoiceStanding, notice: Notice, on: date) -> Said:
    invoice = owed.invoice
    last = owed.late_pay_by or invoice.due_on
    days = (last - on).days
    values = {
        "code": _code(standing),
        "number": invoice.number,
        "amount": dollars_in_words(invoice.amount),
        "day": format_day_briefly(last),
        "days": days,
        "year": invoice.year,
    }
    if notice.kind == Kind.INVOICE_OPEN and days >= 0:
        subject = _("Your renewal invoice is open: %(amount)s by %(day)s")
        heading = _("%(code)s: the renewal invoice of year %(year)s is open")
    elif days > 0:
        subject = ngettext(
            "%(amount)s due in %(days)s day, on %(day)s", "%(amount)s due in %(days)s days, on %(day)s", days
        )
        heading = _("%(code)s: the renewal invoice of year %(year)s is due")
    elif days == 0:
        subject = _("%(amount)s due today, %(day)s")
        heading = _("%(code)s: the renewal invoice of year %(year)s is due today")
    else:
        subject = _("%(amount)s overdue since %(day)s")
        heading = _("%(code)s: the renewal invoice of year %(year)s is overdue")
    sentences = [step.sentence for step in steps_of(standing) if step.invoice == invoice]
    part = Part(
        [owed.reason, *sentences] if notice.kind == Kind.INVOICE_OPEN else sentences,
        heading % values,
        [(_("Invoice"), invoice.number), (_("Amount"), dollars(invoice.amount)), (_("Pay by"), format_day(last))],
        _button(_("Pay the invoice"), "invoice-detail", invoice.pk),
    )
    return Said(subject % values, part, [notice.subject])


def lapsed(notices: Sequence[Notice], on: date) -> Written:
    changes = StatusChange.objects.select_related("certification__credential").in_bulk({key_of(one) for one in notices})
    written: dict[int, Said | Gone] = {}
    for notice in notices:
        change = changes[key_of(notice)]
        is_lapsed = change.certification.status == Certification.Status.LAPSED
        written[notice.pk] = say_lapsed(change) if is_lapsed else Gone(IN_FORCE)
    return written


def say_lapsed(change: StatusChange) -> Said:
    values = {"code": change.certification.credential.code, "day": format_day(change.changed_on)}
    part = Part(
        [
            _("This certification lapsed on %(day)s.") % values,
            translated(change.reason),
            _("It takes no more records. Call AMT to ask how it can be reinstated."),
        ],
        _("%(code)s: your certification has lapsed") % values,
        button=_button(_("See your certifications"), "certification-list"),
    )
    return Said(_("Your %(code)s certification has lapsed") % values, part)


def revoked(notices: Sequence[Notice], on: date) -> Written:
    changes = StatusChange.objects.select_related("certification__credential").in_bulk({key_of(one) for one in notices})
    written: dict[int, Said | Gone] = {}
    for notice in notices:
        change = changes[key_of(notice)]
        still = change.certification.status == Certification.Status.REVOKED
        written[notice.pk] = say_revoked(change) if still else Gone(UNDONE)
    return written


def say_revoked(change: StatusChange) -> Said:
    values = {"code": change.certification.credential.code, "day": format_day(change.changed_on)}
    part = Part(
        [
            _("AMT revoked this certification as of %(day)s.") % values,
            _("Reason: %(reason)s") % {"reason": change.reason},
            _("It takes no more records, its invoices are not asked for, and its badge is no longer valid."),
            _("If you have a question, call AMT."),
        ],
        _("%(code)s: your certification was revoked") % values,
        button=_button(_("See your certifications"), "certification-list"),
    )
    return Said(_("Your %(code)s certification was revoked") % values, part)


def award_corrected(notices: Sequence[Notice], on: date) -> Written:
    found = AwardCorrection.objects.select_related("certification__credential").in_bulk(
        {key_of(notice) for notice in notices}
    )
    later = AwardCorrection.objects.filter(certification__in={one.certification_id for one in found.values()})
    last = {one.certification_id: one.pk for one in later.order_by("corrected_at", "pk")}
    cycles = Cycle.objects.unclosed().filter(certification__in=last).order_by("pk")
    of_certification = {cycle.certification_id: cycle for cycle in cycles}
    written: dict[int, Said | Gone] = {}
    for notice in notices:
        correction = found[key_of(notice)]
        if last[correction.certification_id] != correction.pk:
            written[notice.pk] = Gone(CORRECTED_AGAIN)
        else:
            written[notice.pk] = say_award_corrected(correction, of_certification.get(correction.certification_id))
    return written


def say_award_corrected(correction: AwardCorrection, cycle: Cycle | None) -> Said:
    """Say which day AMT corrected. ``cycle``: the one that is not closed, with the days that it has now."""
    values = {
        "code": correction.certification.credential.code,
        "before": format_day(correction.before),
        "after": format_day(correction.after),
    }
    facts_ = []
    if cycle:
        days = {"first": format_day(cycle.starts_on), "last": format_day(cycle.ends_on)}
        facts_ = [
            (_("CCP cycle"), _("%(first)s to %(last)s") % days),
        ]
    part = Part(
        [
            _("AMT corrected the day on which you were awarded %(code)s: it is %(after)s, not %(before)s.") % values,
            _("Reason: %(reason)s") % {"reason": correction.reason},
            _(
                "Your CCP cycle and the days on which fees are due are counted from that day. Fees that you paid stay "
                "paid. Look at what counts now."
            ),
        ],
        _("%(code)s: the day of your award was corrected") % values,
        facts_,
        _button(_("See your certifications"), "certification-list"),
    )
    return Said(_("The day of your %(code)s award was corrected") % values, part)


def _by_payment(notices: Sequence[Notice], write: Callable[[Payment], Said | Gone]) -> Written:
    payments = Payment.objects.select_related("invoice__cycle__certification__credential")
    found = payments.in_bulk({key_of(notice) for notice in notices})
    return {notice.pk: write(found[key_of(notice)]) for notice in notices}


def _of_payment(payment: Payment) -> dict[str, object]:
    invoice = payment.invoice
    return {
        "amount": dollars(payment.amount),
        "method": payment.method_in_words,
        "day": format_day(payment.received_on),
        "number": invoice.number,
        "code": invoice.cycle.certification.credential.code,
        "year": invoice.year,
    }


def payment_received(notices: Sequence[Notice], on: date) -> Written:
    return _by_payment(notices, say_payment_received)


def say_payment_received(payment: Payment) -> Said | Gone:
    if payment.reversed_at:
        return Gone(REVERSED)
    values = _of_payment(payment)
    part = Part(
        [
            _("AMT received %(amount)s by %(method)s on %(day)s for %(number)s, the renewal invoice of year %(year)s.")
            % values,
            _("The invoice is paid. The portal has the receipt."),
        ],
        _("%(code)s: payment received") % values,
        button=_button(_("See the receipt"), "invoice-detail", payment.invoice_id),
    )
    return Said(_("Payment received: %(amount)s for %(number)s") % values, part)


def payment_failed(notices: Sequence[Notice], on: date) -> Written:
    return _by_payment(notices, say_payment_failed)


def say_payment_failed(payment: Payment) -> Said | Gone:
    if payment.invoice.status != "issued":
        return Gone(NOT_TO_PAY)
    values = _of_payment(payment)
    part = Part(
        [
            _("The payment of %(amount)s by %(method)s, received on %(day)s, was reversed.") % values,
            _("%(number)s, the renewal invoice of year %(year)s, is unpaid again. Call AMT if you have a question.")
            % values,
        ],
        _("%(code)s: payment reversed") % values,
        button=_button(_("See the invoice"), "invoice-detail", payment.invoice_id),
    )
    return Said(_("%(number)s is unpaid again: %(amount)s") % values, part)


def _entries(notices: Sequence[Notice]) -> dict[int, Activity]:
    return Activity.objects.select_related("activity_type").in_bulk({key_of(notice) for notice in notices})


def _of_entry(activity: Activity) -> dict[str, str]:
    return {
        "reference": activity.reference,
        "title": activity.heading,
        "day": format_day(activity.ends_on),
        "points": activity.claim_in_words,
    }


def amt_credit(notices: Sequence[Notice], on: date) -> Written:
    """Write the credits of each mail, which become one part."""
    entries = _entries(notices)
    standing = [notice for notice in notices if entries[key_of(notice)].is_standing]
    totals: dict[int | None, list[Activity]] = defaultdict(list)
    for notice in standing:
        totals[notice.mail_id].append(entries[key_of(notice)])
    written: dict[int, Said | Gone] = {notice.pk: Gone(WITHDRAWN) for notice in notices}
    for notice in standing:
        written[notice.pk] = say_credit(entries[key_of(notice)], of_mail=totals[notice.mail_id])
    return written


def say_credit(entry: Activity, *, of_mail: Iterable[Activity]) -> Said:
    """Say one credit. ``of_mail``: all credits of the mail, whose sum its subject has."""
    total = sum((each.claimed for each in of_mail), Decimal())
    subject = ngettext("AMT credited you %(points)s point", "AMT credited you %(points)s points", as_count(total))
    sentence = ngettext(
        "%(reference)s, %(title)s, %(day)s: %(points)s point.",
        "%(reference)s, %(title)s, %(day)s: %(points)s points.",
        as_count(entry.claimed),
    )
    part = Part(
        [sentence % _of_entry(entry)],
        _("Credit from AMT"),
        button=_button(_("See the entry"), "activity-detail", entry.pk),
    )
    return Said(subject % {"points": format_points(total)}, part)


def points_set(notices: Sequence[Notice], on: date) -> Written:
    """Write the points that AMT set, with what each cycle of the entry amounts to now."""
    entries = _entries(notices)
    credits = Credit.objects.filter(activity__in=entries).exclude(cut__in=Credit.NOT_CLAIMED).order_by("cycle_id")
    cycles: dict[int, list[int]] = defaultdict(list)
    too_late: dict[int, list[Cycle]] = defaultdict(list)
    for credit in credits.select_related("cycle__certification__credential"):
        entry = entries[credit.activity_id]
        if credit.cycle.closed_on is None:
            cycles[entry.pk].append(credit.cycle_id)
        elif credit.cut == Credit.Cut.NONE and credit.points != entry.points:
            too_late[entry.pk].append(credit.cycle)
    keys = {key for of_entry in cycles.values() for key in of_entry}
    standings = {each.cycle.pk: each for each in facts.standings(keys, on)}
    written: dict[int, Said | Gone] = {}
    for notice in notices:
        entry = entries[key_of(notice)]
        if not entry.is_standing:
            written[notice.pk] = Gone(WITHDRAWN)
        elif entry.points_set_at is None:
            written[notice.pk] = Gone(CHANGED)
        else:
            open_ones = [standings[key] for key in cycles[entry.pk] if key in standings]
            written[notice.pk] = say_points_set(entry, open_ones, too_late[entry.pk])
    return written


def say_points_set(entry: Activity, standings: Sequence[Standing], too_late: Sequence[Cycle] = ()) -> Said:
    """Say which points AMT set.

    ``standings``: of the cycles for which the entry is claimed. ``too_late``: the closed ones among
    these, in which the points do not count.
    """
    sentence = ngettext(
        "AMT set %(points)s point for %(reference)s, %(title)s, %(day)s.",
        "AMT set %(points)s points for %(reference)s, %(title)s, %(day)s.",
        as_count(entry.claimed),
    )
    sentences = [sentence % _of_entry(entry)]
    totals = []
    for standing in standings:
        _label, total = _points(standing)
        totals.append((_code(standing), total))
        if standing.is_met and standing.cycle.is_mandatory:
            sentences.append(_("%(code)s: requirement met.") % {"code": _code(standing)})
    for cycle in too_late:
        sentence = _(
            "%(code)s: the cycle that ended %(day)s was closed before, and does not change. Call AMT if the points "
            "must count in it."
        )
        sentences.append(sentence % {"code": cycle.certification.credential.code, "day": format_day(cycle.ends_on)})
    part = Part(sentences, _("Points set by AMT"), totals, _button(_("See the entry"), "activity-detail", entry.pk))
    subject = ngettext(
        "AMT set %(points)s point for %(reference)s",
        "AMT set %(points)s points for %(reference)s",
        as_count(entry.claimed),
    )
    return Said(subject % _of_entry(entry), part)


def entry_voided(notices: Sequence[Notice], on: date) -> Written:
    entries = _entries(notices)
    return {
        notice.pk: say_voided(entry) if (entry := entries[key_of(notice)]).is_void else Gone(NOT_VOID)
        for notice in notices
    }


def say_voided(entry: Activity) -> Said:
    part = Part(
        [
            _("AMT voided %(reference)s, %(title)s, %(day)s. It no longer counts.") % _of_entry(entry),
            _("Reason: %(reason)s") % {"reason": entry.void_reason},
        ],
        _("Entry voided"),
        button=_button(_("See the entry"), "activity-detail", entry.pk),
    )
    return Said(_("AMT voided %(reference)s") % _of_entry(entry), part)


def entry_restored(notices: Sequence[Notice], on: date) -> Written:
    entries = _entries(notices)
    return {
        notice.pk: say_restored(entry) if (entry := entries[key_of(notice)]).is_standing else Gone(WITHDRAWN)
        for notice in notices
    }


def say_restored(entry: Activity) -> Said:
    part = Part(
        [
            _("AMT put %(reference)s, %(title)s, %(day)s, back on record. It counts again.") % _of_entry(entry),
            _("Its page says why."),
        ],
        _("Entry on record again"),
        button=_button(_("See the entry"), "activity-detail", entry.pk),
    )
    return Said(_("AMT put %(reference)s back on record") % _of_entry(entry), part)


def report_answered(notices: Sequence[Notice], on: date) -> Written:
    reports = ErrorReport.objects.select_related("activity__activity_type").in_bulk({key_of(one) for one in notices})
    return {notice.pk: say_answer(reports[key_of(notice)]) for notice in notices}


def say_answer(report: ErrorReport) -> Said:
    values = _of_entry(report.activity)
    part = Part(
        [_("AMT answered your report about %(reference)s, %(title)s:") % values, report.answer],
        _("Your error report"),
        button=_button(_("See the entry"), "activity-detail", report.activity_id),
    )
    return Said(_("AMT answered your report about %(reference)s") % values, part)


def monthly_summary(notices: Sequence[Notice], on: date) -> Written:
    members = {notice.member_id for notice in notices}
    cycles = Cycle.objects.unclosed().filter(certification__member__in=members).order_by()
    standings: dict[int, list[Standing]] = defaultdict(list)
    for standing in facts.standings(list(cycles.values_list("pk", flat=True)), on):
        standings[standing.certification.member_id].append(standing)
    return {
        notice.pk: say_summary(first, standings[notice.member_id], recorded.get(notice.member_id, 0))
        for first, of_month in _by_anchor(notices).items()
        for recorded in [_recorded_in_month_before(first, members)]
        for notice in of_month
    }


def _by_anchor(notices: Sequence[Notice]) -> dict[date, list[Notice]]:
    months: dict[date, list[Notice]] = defaultdict(list)
    for notice in notices:
        months[notice.anchor_on].append(notice)
    return months


def _recorded_in_month_before(first: date, members: Iterable[int]) -> dict[int, int]:
    """Return how many entries that stand were recorded in the month before that first day, by member."""
    began = facts.midnight((first - timedelta(days=1)).replace(day=1))
    recorded = Activity.objects.filter(member__in=list(members), withdrawn_at=None)
    recorded = recorded.filter(recorded_at__gte=began, recorded_at__lt=facts.midnight(first)).order_by()
    return dict(recorded.values_list("member").annotate(Count("pk")))


def say_summary(first: date, standings: Sequence[Standing], recorded: int) -> Said | Gone:
    if not standings:
        return Gone(NOT_IN_FORCE)
    month = date_format(first - timedelta(days=1), "YEAR_MONTH_FORMAT")
    number = _("Your record changed in %(month)s.") % {"month": month}
    if recorded:
        number = ngettext(
            "In %(month)s, %(number)s entry was recorded.", "In %(month)s, %(number)s entries were recorded.", recorded
        ) % {"month": month, "number": recorded}
    lines = []
    for standing in standings:
        _label, total = _points(standing)
        values = {"total": total, "day": format_day(standing.cycle.ends_on)}
        lines.append((_code(standing), _("%(total)s points, cycle until %(day)s") % values))
    part = Part([number], _("Your record"), lines, _button(_("See your certifications"), "certification-list"))
    return Said(_("Your CCP record in %(month)s") % {"month": month}, part)


WRITERS: Mapping[NoticeKind, telling.Writer] = {
    Kind.LAPSED: lapsed,
    Kind.GRACE: grace,
    Kind.CYCLE_ENDS: cycle_ends,
    Kind.INVOICE_OVERDUE: _by_invoice,
    Kind.INVOICE_DUE: _by_invoice,
    Kind.INVOICE_OPEN: _by_invoice,
    Kind.PAYMENT_FAILED: payment_failed,
    Kind.ENTRY_VOIDED: entry_voided,
    Kind.ENTRY_RESTORED: entry_restored,
    Kind.REVOKED: revoked,
    Kind.AWARD_CORRECTED: award_corrected,
    Kind.REPORT_ANSWERED: report_answered,
    Kind.PAYMENT_RECEIVED: payment_received,
    Kind.AMT_CREDIT: amt_credit,
    Kind.POINTS_SET: points_set,
    Kind.NOTHING_RECORDED: nothing_recorded,
    Kind.MONTHLY_SUMMARY: monthly_summary,
}


def register() -> None:
    """Let the notices of this app be written, and their mails. It is called once, when the app is ready."""
    from ccp.notices.sending import ended

    for kind, writer in WRITERS.items():
        telling.register(kind, writer)
    outbox.register(WRITER, write, ended=ended)


@transaction.atomic
def write(keys: Sequence[int]) -> dict[int, EmailMessage]:
    """Return the mails with these keys as they are to be sent now; a mail with nothing left is not among them."""
    now = timezone.now()
    waiting = NoticeMail.objects.filter(pk__in=keys, state=NoticeMail.State.WAITING).order_by("pk")
    mails = list(waiting.select_related("member__user", "member__notice_preference"))
    notices: dict[int, list[Notice]] = defaultdict(list)
    for notice in Notice.objects.filter(mail__in=mails, dropped="").order_by("pk"):
        notices[notice.mail_id].append(notice)  # type: ignore[index]  # it was found by its mail
    for mail in mails:
        mail.language = _language_of(mail.member)
        for notice in notices[mail.pk]:
            notice.member = mail.member
    said = _said(mails, notices, day_of(now))
    composed: dict[int, EmailMessage] = {}
    for mail in mails:
        standing = [(notice, said[notice.pk]) for notice in notices[mail.pk]]
        for notice, what in standing:
            if isinstance(what, Gone):
                notice.dropped = what.reason
        kept = [(notice, what) for notice, what in standing if isinstance(what, Said)]
        whole = next((what for _notice, what in standing if isinstance(what, Whole)), None)
        if not (kept or whole):
            mail.state = NoticeMail.State.DROPPED
            continue
        mail.address = address_now(mail.member)  # it may have changed since the mail was stored
        if not mail.address:
            mail.state = NoticeMail.State.UNDELIVERABLE
            continue
        if whole:
            mail.language = whole.language
        message = compose(
            whole.content if whole else content_of(mail, kept),
            to=mail.address,
            language=mail.language,
            priority=MailPriority.NOTICE,
        )
        mail.subject, mail.text, mail.message_id = str(message.subject), str(message.body), message.message_id
        composed[mail.pk] = message
    NoticeMail.objects.bulk_update(mails, ["state", "address", "language", "subject", "text", "message_id"])
    gone = [notice for of_mail in notices.values() for notice in of_mail if notice.dropped]
    Notice.objects.bulk_update(gone, ["dropped"])
    return composed


def _language_of(member: Member) -> str:
    choice = getattr(member, "notice_preference", None) or Preference(member=member)
    return preferences.language_of(choice)


def _said(
    mails: Sequence[NoticeMail], notices: Mapping[int, Sequence[Notice]], on: date
) -> dict[int, Said | Gone | Whole]:
    """Return what each notice says, or why it is gone, by key."""
    newest = _newest(mails)
    said: dict[int, Said | Gone | Whole] = {}
    same: dict[tuple[str, str], list[Notice]] = defaultdict(list)
    for mail in mails:
        unwanted = preferences.unwanted(getattr(mail.member, "notice_preference", None))
        for notice in notices[mail.pk]:
            if newest.get((notice.member_id, notice.kind, notice.subject), notice.anchor_on) > notice.anchor_on:
                said[notice.pk] = Gone(telling.NEWER)
            elif notice.kind in unwanted:
                said[notice.pk] = Gone(SWITCHED_OFF)
            else:
                same[mail.language, notice.kind].append(notice)
    for (language, kind), of_kind in same.items():
        with translation.override(language):
            said.update(telling.writer_of(kind)(of_kind, on))
    return said


def _newest(mails: Sequence[NoticeMail]) -> dict[tuple[int, str, str], date]:
    """Return the newest notice of each series of these members that has a mail."""
    newest: dict[tuple[int, str, str], date] = {}
    members = {mail.member_id for mail in mails}
    earliest = min((mail.on for mail in mails), default=None)
    if earliest is None:
        return newest
    with_mail = Notice.objects.filter(member__in=members, mail__on__gte=earliest).order_by()
    for member, kind, subject, anchor_on in with_mail.values_list("member", "kind", "subject", "anchor_on"):
        key = (member, kind, subject)
        newest[key] = max(newest.get(key, anchor_on), anchor_on)
    return newest


def content_of(mail: NoticeMail, kept: Sequence[tuple[Notice, Said]]) -> Content:
    """Return the mail: the most pressing first. What another part says already adds none."""
    ordered = sorted(kept, key=lambda each: (ORDER[each[0].kind], each[0].anchor_on, each[0].pk))
    parts: list[Part] = []
    about: set[str] = set()
    for notice, what in ordered:
        if notice.subject in about:
            continue
        about.update(what.about)
        if parts and parts[-1].heading == what.part.heading:
            parts[-1] = _joined(parts[-1], what.part)
        else:
            parts.append(what.part)
    kinds = [Kind(notice.kind) for notice, _what in ordered]
    first = next((kind for kind in kinds if not is_optional(kind)), kinds[0])
    with translation.override(mail.language):
        why = str(KINDS[first].why)
    return Content(
        subject=ordered[0][1].subject,
        parts=parts,
        why=why,
        name=mail.member.name,
        stop_address=preferences.stop_address(mail.member, first) if is_optional(first) else "",
    )


def _joined(one: Part, other: Part) -> Part:
    """Return one part with what two of the same heading say."""
    return Part([*one.sentences, *other.sentences], one.heading, [*one.facts, *other.facts], one.button)
