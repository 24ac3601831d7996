"""Where a member stands: for each certification the points, the days left, the renewal invoice and what to do next.

The judgements come from ``cycles``, ``invoices`` and ``requirement``; here they are read for a member in a
fixed number of queries and put in the order in which a page shows them.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal

from django.conf import settings
from django.db.models import Q, Sum, prefetch_related_objects
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext_lazy

from amtportal.dates import day_of
from amtportal.members.models import Member
from amtportal.words import as_count, dollars, plain, translated, us
from ccp import ledger, requirement, rollover, tasks
from ccp.models import Credit
from certifications import cycles as cycle_rules
from certifications import invoices as invoice_rules
from certifications import life
from certifications.models import Certification, Cycle, RenewalInvoice, StatusChange


@dataclass(frozen=True)
class CategoryTotal:
    name: str
    points: Decimal


STATES: dict[invoice_rules.State, Promise] = {
    "locked": pgettext_lazy("state of an invoice", "Locked"),
    "upcoming": pgettext_lazy("state of an invoice", "Upcoming"),
    "open": pgettext_lazy("state of an invoice", "Open"),
    "paid": pgettext_lazy("state of an invoice", "Paid"),
    "void": pgettext_lazy("state of an invoice", "Void"),
}


@dataclass(frozen=True)
class InvoiceStanding:
    """A renewal invoice on a day: its state, when it opens, and the reason as a sentence."""

    invoice: RenewalInvoice
    state: invoice_rules.State
    opening: invoice_rules.Opening
    reason: str
    overdue: bool

    @property
    def opens_on(self) -> date | None:
        return self.opening.opens_on

    @property
    def state_in_words(self) -> str:
        return _("Open, overdue") if self.overdue else str(STATES[self.state])


@dataclass(frozen=True)
class Step:
    """One thing to do, or to wait for. ``action`` is ``record``, ``pay`` or empty; a pay step has its invoice."""

    sentence: str
    action: str = ""
    invoice: RenewalInvoice | None = None


@dataclass(frozen=True)
class Standing:
    """A certification with its cycle on a day. ``current`` is the invoice of the year in which the day lies."""

    certification: Certification
    cycle: Cycle
    on: date
    counted: Decimal
    categories: list[CategoryTotal]
    invoices: list[InvoiceStanding]
    current: InvoiceStanding | None
    past: list[Cycle] = field(default_factory=list)
    """The closed cycles of the certification with their corrections, the last one first."""
    reopened: list[InvoiceStanding] = field(default_factory=list)
    """Invoices of cycles that were closed as compliant, unpaid again because AMT reversed the payment since."""

    @property
    def required(self) -> Decimal:
        return self.cycle.points_required

    @property
    def to_go(self) -> Decimal:
        return requirement.to_go(counted=self.counted, required=self.required)

    @property
    def is_met(self) -> bool:
        return self.to_go == 0

    @property
    def days_left(self) -> int:
        return cycle_rules.days_left(self.cycle.ends_on, self.on)

    @property
    def records_until(self) -> date:
        return cycle_rules.grace_ends_on(self.cycle, grace_days=settings.CCP_GRACE_DAYS)

    @property
    def grace_days_left(self) -> int:
        return (self.records_until - self.on).days

    @property
    def takes_records(self) -> bool:
        return cycle_rules.takes_records(self.cycle, self.on, grace_days=settings.CCP_GRACE_DAYS)

    @property
    def progress_value(self) -> Decimal:
        """The points as far as the bar reaches."""
        return min(self.counted, self.required)

    @property
    def verdict(self) -> rollover.Verdict | None:
        """What the cycle is on the day: running, in grace, awaiting payment, or due to close. None: it is closed."""
        if self.cycle.closed_on:
            return None
        is_paid = all(found.state == "paid" for found in self.invoices)
        return rollover.verdict_of(self.cycle, self.on, counted=self.counted, is_paid=is_paid)

    @property
    def is_in_force(self) -> bool:
        return life.in_force(self.certification.status)

    @property
    def left_force(self) -> StatusChange | None:
        """The change by which the certification got a status that is not in force; None where it is not on record."""
        if self.is_in_force:
            return None
        status = self.certification.status
        changes = [change for change in self.certification.status_changes.all() if change.after == status]
        return changes[-1] if changes else None

    @property
    def next_steps(self) -> list[Step]:
        """What to do next, the most pressing first; never empty."""
        return next_steps(self)

    @property
    def tasks(self) -> list[tasks.Task]:
        """The steps with what waits and what is done, each with a word for its state."""
        return tasks.tasks(self)

    @property
    def ledger_lines(self) -> list[ledger.Line]:
        """What unlocks the renewal invoice and what follows; nothing where the certification is not in force."""
        if not self.is_in_force:
            return []
        return ledger.ledger(
            self.cycle,
            mandatory=self.certification.ccp_mandatory,
            counted=self.counted,
            grace_ends_on=self.records_until,
            owed=[ledger.Owed(found.invoice.year, found.state, found.opening) for found in self.invoices],
            on=self.on,
        )


def next_steps(standing: Standing) -> list[Step]:
    """The tasks of a certification: overdue payments, points, payments due, then what to wait for."""
    if not standing.is_in_force:
        sentence = _("Call AMT if you have a question about this certification: it is %(status)s.")
        return [Step(sentence % {"status": standing.certification.get_status_display().lower()})]
    payable = sorted(
        (found for found in standing.invoices if found.state == "open"), key=lambda found: found.invoice.due_on
    )
    steps = [_pay_again_step(found) for found in standing.reopened if found.state == "open"]
    steps += [_pay_step(found) for found in payable if found.overdue]
    if standing.certification.ccp_mandatory and not standing.is_met:
        steps.append(_record_step(standing))
    steps += [_pay_step(found) for found in payable if not found.overdue]
    if steps:
        return steps
    if standing.current and standing.current.state == "upcoming" and standing.current.opens_on:
        sentence = _("Nothing to do until your renewal invoice opens on %(day)s.")
        return [Step(sentence % {"day": us(standing.current.opens_on)})]
    return [Step(_("Nothing to do now."))]


def _pay_step(found: InvoiceStanding) -> Step:
    if found.overdue:
        sentence = _("Pay %(invoice)s (%(amount)s), overdue since %(day)s.")
    else:
        sentence = _("Pay %(invoice)s (%(amount)s), due %(day)s.")
    invoice = found.invoice
    said = {"invoice": invoice.number, "amount": dollars(invoice.amount), "day": us(invoice.due_on)}
    return Step(sentence % said, "pay", invoice)


def _pay_again_step(found: InvoiceStanding) -> Step:
    sentence = _(
        "Pay %(number)s (%(amount)s), due since %(day)s. AMT took back the payment that was on record. "
        "The cycle it was for stays closed."
    ) % {
        "number": found.invoice.number,
        "amount": dollars(found.invoice.amount),
        "day": us(found.invoice.due_on),
    }
    return Step(sentence, "pay", found.invoice)


def _record_step(standing: Standing) -> Step:
    number = as_count(standing.to_go)
    said = {
        "points": plain(standing.to_go),
        "last": us(standing.cycle.ends_on),
        "until": us(standing.records_until),
    }
    if not standing.takes_records:
        sentence = ngettext(
            "Call AMT. This cycle is %(points)s point short and takes no more records.",
            "Call AMT. This cycle is %(points)s points short and takes no more records.",
            number,
        )
        return Step(sentence % said)
    if standing.days_left < 0:
        sentence = ngettext(
            "Record %(points)s more point by %(until)s, for activities you did up to %(last)s.",
            "Record %(points)s more points by %(until)s, for activities you did up to %(last)s.",
            number,
        )
    else:
        sentence = ngettext(
            "Record %(points)s more point by %(last)s.", "Record %(points)s more points by %(last)s.", number
        )
    return Step(sentence % said, "record")


def invoice_reason(
    state: invoice_rules.State, opening: invoice_rules.Opening, *, counted: Decimal, required: Decimal, on: date
) -> str:
    """Why the invoice is in that state and when that changes, as a sentence for the member."""
    noticed_on = opening.due_on - invoice_rules.NOTICE
    said = {
        "counted": plain(counted),
        "required": plain(required),
        "earliest": us(noticed_on),
        "days": invoice_rules.NOTICE.days,
        "opens": us(opening.opens_on) if opening.opens_on else "",
        "met": us(opening.met_on) if opening.met_on else "",
    }
    return _reason(state, opening, is_early=on < noticed_on) % said


def _reason(state: invoice_rules.State, opening: invoice_rules.Opening, *, is_early: bool) -> str:
    """The sentence of ``invoice_reason`` with places for its days and figures."""
    waits = opening.waits_for_requirement
    match state:
        case "paid":
            return _("Paid.")
        case "void":
            return _("Void: nothing is to be paid.")
        case "locked" if is_early:
            return _(
                "Locked: %(counted)s of %(required)s points are on record. The invoice opens the day after your CCP "
                "requirement is met, but not before %(earliest)s."
            )
        case "locked":
            return _(
                "Locked: %(counted)s of %(required)s points are on record. The invoice opens the day after your CCP "
                "requirement is met."
            )
        case "upcoming" if waits:
            return _("Opens %(opens)s, the day after your CCP requirement was met (%(met)s).")
        case "upcoming":
            return _("Opens %(opens)s, %(days)s days before it is due.")
        case "open" if waits:
            return _("Open since %(opens)s, the day after your CCP requirement was met (%(met)s).")
    return _("Open since %(opens)s, %(days)s days before it is due.")


def invoice_standing(invoice: RenewalInvoice, on: date, *, counted: Decimal) -> InvoiceStanding:
    """An invoice (with cycle and certification read) on a day, given the points that count in its cycle."""
    opening = invoice_rules.opening_of(invoice)
    state = invoice_rules.state(status=invoice.status, opens_on=opening.opens_on, on=on)
    return InvoiceStanding(
        invoice=invoice,
        state=state,
        opening=opening,
        reason=invoice_reason(state, opening, counted=counted, required=invoice.cycle.points_required, on=on),
        overdue=invoice_rules.is_overdue(state, invoice.due_on, on),
    )


def standings(member: Member, on: date) -> list[Standing]:
    """Every certification of the member with its open cycle, or its last one.

    Three queries, whatever their number; one more where cycles are closed, one where a certification is not in force.
    """
    cycles = list(
        Cycle.objects.for_member(member)
        .select_related("certification__credential", "certification__member")
        .order_by("certification__awarded_on", "certification_id", "number")
    )
    past: dict[int, list[Cycle]] = defaultdict(list)
    for cycle in reversed(cycles):
        if cycle.closed_on:
            past[cycle.certification_id].append(cycle)
    closed = [cycle for found in past.values() for cycle in found]
    prefetch_related_objects(closed, "corrections")
    shown = _shown(cycles)
    out_of_force = [cycle.certification for cycle in shown if not life.in_force(cycle.certification.status)]
    prefetch_related_objects(out_of_force, "status_changes")
    return [replace(found, past=past[found.certification.pk]) for found in standings_of(shown, on, past=closed)]


def of_cycles(cycles: list[Cycle], member: Member, on: date) -> list[Standing]:
    """Where the certifications of these cycles (with credential read) stand; two queries while the cycles run."""
    if all(cycle.closed_on is None and life.in_force(cycle.certification.status) for cycle in cycles):
        for cycle in cycles:
            cycle.certification.member = member
        return standings_of(sorted(cycles, key=lambda cycle: (cycle.certification.awarded_on, cycle.pk)), on)
    shown = {cycle.certification_id for cycle in cycles}
    return [found for found in standings(member, on) if found.certification.pk in shown]


def caught_up(member: Member, *, at: datetime) -> list[Standing]:
    """The standings as pages show them: once the member's cycles that are due are closed."""
    found = standings(member, day_of(at))
    due = [standing.cycle for standing in found if standing.verdict in rollover.CLOSING]
    if rollover.catch_up(member, at=at, shown=due):
        found = standings(member, day_of(at))
    return found


def standings_of(cycles: list[Cycle], on: date, *, past: Iterable[Cycle] = ()) -> list[Standing]:
    """Where these cycles (with certification, credential and member read) stand: two queries.

    ``past``: closed cycles of the same certifications, whose invoices may be unpaid again.
    """
    by_category = _points_by_category(cycles)
    closed = {cycle.pk: cycle for cycle in past if cycle not in cycles and cycle.outcome == Cycle.Outcome.COMPLIANT}
    wanted = Q(cycle__in=cycles) | Q(cycle__in=closed, status=RenewalInvoice.Status.ISSUED)
    invoices = defaultdict(list)
    reopened = defaultdict(list)
    for invoice in RenewalInvoice.objects.standing().filter(wanted).order_by("due_on", "year"):
        if cycle := closed.get(invoice.cycle_id):
            invoice.cycle = cycle
            unpaid = invoice_standing(invoice, on, counted=cycle.points_at_close or Decimal(0))
            reopened[cycle.certification_id].append(unpaid)
        else:
            invoices[invoice.cycle_id].append(invoice)
    result = []
    for cycle in cycles:
        categories = by_category[cycle.pk]
        counted = sum((category.points for category in categories), Decimal(0))
        shown = []
        for invoice in invoices[cycle.pk]:
            invoice.cycle = cycle
            shown.append(invoice_standing(invoice, on, counted=counted))
        year = invoice_rules.year_of_cycle(cycle.certification.awarded_on, cycle.number, on)
        result.append(
            Standing(
                certification=cycle.certification,
                cycle=cycle,
                on=on,
                counted=counted,
                categories=categories,
                invoices=shown,
                current=next((found for found in shown if found.invoice.year == year), None),
                reopened=reopened[cycle.certification_id],
            )
        )
    return result


def _shown(cycles: Iterable[Cycle]) -> list[Cycle]:
    """One of the cycles for each certification: the one that is not closed, else the last."""
    shown: dict[int, Cycle] = {}
    for cycle in cycles:
        known = shown.get(cycle.certification_id)
        if known is None or known.closed_on is not None:
            shown[cycle.certification_id] = cycle
    return list(shown.values())


def _points_by_category(cycles: list[Cycle]) -> dict[int, list[CategoryTotal]]:
    """The points that count, for each cycle and category in which an entry stands, in the categories' order."""
    totals: dict[int, list[CategoryTotal]] = defaultdict(list)
    category = "activity__activity_type__category"
    rows = (
        Credit.objects.filter(cycle__in=cycles)
        .exclude(cut__in=[Credit.Cut.NOT_STANDING, Credit.Cut.UNCLAIMED])
        .values_list("cycle", f"{category}__name")
        .annotate(total=Sum("points"))
        .order_by(f"{category}__order", f"{category}__name")
    )
    for cycle, name, total in rows:
        totals[cycle].append(CategoryTotal(translated(name), total.quantize(Decimal("0.01"))))
    return totals
