"""Correcting the day of a certification's first award, once things are recorded under the wrong one.

``certifications.awards`` has the rules. What staff see beforehand is what the correction does: it is
done and taken back (``preview``). Everything is written in one transaction, under the locks in the
order of decision 28, each with its line of history; the correction itself stays on record with both
days (``AwardCorrection``). Transcripts, cards and receipts that were issued keep what they said.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from hashlib import sha256

from django.db import transaction
from django.dispatch import Signal
from simple_history.utils import bulk_update_with_history

from amtportal.dates import day_of
from amtportal.formatting import format_day, format_points
from amtportal.history.lines import LONGEST_REASON, sign
from amtportal.members.models import User
from amtportal.refusals import Refused, refuse_if
from ccp.counting import credits as counting
from ccp.counting import requirement, terms_lock
from ccp.counting.terms import catalogue
from ccp.models import Credit
from ccp.models.activities import heading_of, reference_of
from certifications import awards, invoices
from certifications import cycles as cycle_rules
from certifications.models import AwardCorrection, Certification, Cycle, Payment, RenewalInvoice
from certifications.payments.models import UnappliedMoney

# Sent with the ``correction``, in the transaction, to apps that build on this one.
corrected = Signal()
Status = RenewalInvoice.Status
MOVING = "The award date is being corrected."


@dataclass(frozen=True)
class Line:
    """A fact that a correction moves, or leaves as it is."""

    what: str
    before: str
    after: str

    def __str__(self) -> str:
        return self.before if self.before == self.after else f"{self.before} → {self.after}"


@dataclass(frozen=True)
class Preview:
    """What a correction does: facts of the certification, its cycle and its invoices, and the entries that move."""

    lines: Sequence[Line]

    @property
    def digest(self) -> str:
        """Return a fingerprint, so that staff confirm exactly what they saw."""
        said = "\n".join(f"{line.what}: {line.before}: {line.after}" for line in self.lines)
        return sha256(said.encode()).hexdigest()


@dataclass
class Picture:
    """The facts of a certification at one moment, in words, by name."""

    facts: dict[str, str] = field(default_factory=dict)
    entries: dict[str, str] = field(default_factory=dict)


def preview(*, certification: Certification, awarded_on: date, by: User, at: datetime) -> Preview:
    """Return what the correction would do. Raises ``Refused`` if it cannot be done."""
    before = _picture(certification, day_of(at))
    with transaction.atomic():
        correct(certification=certification, awarded_on=awarded_on, reason="Shown to staff beforehand", by=by, at=at)
        after = _picture(certification, day_of(at))
        transaction.set_rollback(True)
    lines = [Line(what, words, after.facts.get(what, "")) for what, words in before.facts.items()]
    moved = [Line(what, words, after.entries[what]) for what, words in before.entries.items()]
    return Preview([*lines, *(line for line in moved if line.before != line.after)])


@transaction.atomic
def correct(*, certification: Certification, awarded_on: date, reason: str, by: User, at: datetime) -> AwardCorrection:
    """Correct the day of the award, with everything that is counted from it. Raises ``Refused``.

    ``reason``: the member reads it. To repeat the last correction changes nothing.
    """
    on, reason = day_of(at), reason.strip()
    certification, found = _locked(certification.pk)
    if certification.awarded_on == awarded_on:
        last = awards.last_correction(certification)
        if last and (last.after, last.reason) == (awarded_on, reason):
            return last
        raise Refused(f"The award is on record as {format_day(awarded_on)} already.", "awarded_on")
    closed = [cycle for cycle in found if cycle.closed_on]
    refuse_if(awards.problem_with_correction(certification, awarded_on, closed=closed, on=on))
    if not reason:
        raise Refused("Say why the day was wrong: the member reads it.", "reason")
    correction = AwardCorrection.objects.create(
        certification=certification,
        before=certification.awarded_on,
        after=awarded_on,
        corrected_at=at,
        corrected_by=by,
        reason=reason,
    )
    line = f"Award corrected: {reason}"
    certification.ccp_mandatory = awards.mandatory_after(certification, awarded_on)
    certification.awarded_on, certification.award_corrected_on = awarded_on, on
    sign(certification, by=by, at=at, reason=line)
    certification.save(update_fields=["awarded_on", "award_corrected_on", "ccp_mandatory"])
    for cycle in found:
        cycle.certification = certification
        _move(cycle, line, by=by, at=at)
    corrected.send(sender=Certification, correction=correction)
    return correction


def _locked(key: int) -> tuple[Certification, list[Cycle]]:
    """Lock the certification with its cycles and their invoices, and return it and them as they are now."""
    of_certification = Cycle.objects.filter(certification=key).order_by("pk")
    cycle_rules.lock_all(of_certification.values_list("pk", flat=True))
    of_cycles = RenewalInvoice.objects.filter(cycle__certification=key).order_by("pk")
    list(of_cycles.select_for_update(of=("self",)).values_list("pk", flat=True))
    Certification.objects.select_for_update().get(pk=key)
    certification = Certification.objects.select_related("credential", "member").get(pk=key)
    return certification, list(of_certification.all())


def _move(cycle: Cycle, line: str, *, by: User, at: datetime) -> None:
    """Move a cycle that is not closed, and its invoices, to where the corrected day puts them."""
    on = day_of(at)
    span = awards.span_after(cycle.certification.awarded_on, cycle, on)
    payments = Payment.objects.filter(invoice__cycle=cycle, reversed_at=None).select_related("invoice").order_by("pk")
    refuse_if(awards.problem_with_payments(payments, cycle.certification.awarded_on, span.starts_on))
    terms_lock.hold()
    counting.count_under_new_days(cycle, partial(cycle_rules.covers, span), catalogue(), by, at)
    cycle.grace_extended_to, cycle.grace_extension_reason = cycle_rules.grace_from(
        span.ends_on,
        on,
        awards.BEGINS_WITH_CORRECTION,
        extended_to=cycle.grace_extended_to,
        reason=cycle.grace_extension_reason,
    )
    cycle.number, cycle.starts_on, cycle.ends_on = span.number, span.starts_on, span.ends_on
    sign(cycle, by=by, at=at, reason=line)
    cycle.save()
    held = UnappliedMoney.objects.early().filter(invoice__cycle=cycle).values_list("invoice", flat=True)
    paid = [payment.invoice_id for payment in payments] + [key for key in held if key]
    _move_invoices(cycle, paid, line, by=by, at=at)
    invoices.keep_openings(cycle=cycle)


def _move_invoices(cycle: Cycle, paid: Sequence[int], line: str, *, by: User, at: datetime) -> None:
    """Give the invoices of the cycle their years and due dates. ``paid``: the keys of those for which money came."""
    found = list(RenewalInvoice.objects.filter(cycle=cycle).order_by("pk"))
    awarded_on = cycle.certification.awarded_on
    due = {year: invoices.due_on(awarded_on, cycle.number, year) for year in awards.YEARS}
    years = awards.years_after({invoice.year: invoice.due_on for invoice in found if invoice.pk in paid}, due)
    if any(old != new for old, new in years.items()):
        # Two invoices may exchange their years, of which each can have one that is not void.
        RenewalInvoice.objects.filter(cycle=cycle).exclude(status=Status.VOID).update(
            status=Status.VOID, void_reason=MOVING
        )
    for invoice in found:
        before = invoice.due_on
        invoice.year = years[invoice.year]
        invoice.due_on = due[invoice.year]
        _settle(invoice, before, cycle.certification.fees_paid_through)
    bulk_update_with_history(
        found,
        RenewalInvoice,
        ["year", "due_on", "status", "void_reason", "before_portal"],
        default_user=by,
        default_date=at,
        default_change_reason=line[:LONGEST_REASON],
    )


def _settle(invoice: RenewalInvoice, due_before: date, paid_through: date | None) -> None:
    """Settle what was due before the portal by the new due date.

    What was decided in the portal stays: a payment, a void invoice, a fee that staff asked for.
    """
    is_new = bool(paid_through and invoice.due_on <= paid_through < due_before)
    if invoice.before_portal is None and not (is_new and invoice.status == Status.ISSUED):
        return
    is_void = invoice.status == Status.VOID
    settled = invoices.settled_before(
        invoice.due_on, paid_through=paid_through, not_asked_before=invoice.before_portal if is_void else None
    )
    for column, value in settled.values.items():
        setattr(invoice, column, value)


def _picture(certification: Certification, on: date) -> Picture:
    """Return the facts that a correction may move."""
    certification = Certification.objects.get(pk=certification.pk)
    picture = Picture({"Awarded": format_day(certification.awarded_on)})
    picture.facts["CCP"] = "mandatory" if certification.ccp_mandatory else "voluntary"
    for cycle in certification.cycles.unclosed():
        cycle.certification = certification
        counted = requirement.counted_points(cycle)
        met_on = cycle.requirement_met_on
        picture.facts |= {
            "Cycle that is not closed": f"{cycle.number}: {format_day(cycle.starts_on)} to {format_day(cycle.ends_on)}",
            "Last day of the grace period": format_day(cycle_rules.grace_ends_on(cycle)),
            "Points that count": f"{format_points(counted)} of {format_points(cycle.points_required)}",
            "Requirement met on": format_day(met_on) if met_on else "not met",
        }
        for invoice in cycle.invoices.order_by("pk"):
            invoice.cycle = cycle
            picture.facts[invoice.number] = _invoice_in_words(invoice, on)
        credits = Credit.objects.filter(cycle=cycle).exclude(cut=Credit.Cut.UNCLAIMED).order_by("activity_id")
        columns = ("activity_id", "activity__title", "activity__activity_type__name", "points", "cut")
        for key, title, type_name, points, cut in credits.values_list(*columns):
            words = "outside the cycle" if cut == Credit.Cut.OUTSIDE else f"counts {format_points(points)}"
            picture.entries[f"{reference_of(key)} {heading_of(title, type_name)}"] = words
    return picture


def _invoice_in_words(invoice: RenewalInvoice, on: date) -> str:
    opens_on = invoices.opening_of(invoice).opens_on
    state = invoices.state_of(invoice, on)
    opens = f", opens {format_day(opens_on)}" if opens_on and state in ("upcoming", "open") else ""
    return f"year {invoice.year}, due {format_day(invoice.due_on)}{opens}, {state}"
