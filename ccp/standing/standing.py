"""Where a member stands with each certification.

That is: the points, the days left, the renewal invoice and what to do next. The rules are in
``cycles``, ``invoices`` and ``requirement``. This module applies them to a member in a fixed number
of queries, and puts the results in the order in which a page shows them.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal

from django.db.models import Q, QuerySet, Sum, prefetch_related_objects
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from amtportal.dates import day_of
from amtportal.formatting import format_day, translated
from amtportal.members.models import Member
from amtportal.prepared import prepared
from ccp.counting import requirement
from ccp.models import Credit
from ccp.rollover import catching_up, verdicts
from ccp.standing import ledger
from ccp.standing.chart import Earned
from certifications import cycles as cycle_rules
from certifications import invoices as invoice_rules
from certifications import life
from certifications.deadlines import by_deadline
from certifications.invoice_standing import InvoiceStanding, invoice_standing
from certifications.models import Certification, Cycle, Probation, RenewalInvoice, StatusChange
from certifications.payments.checkout import with_processing
from certifications.validity import on_probation_until


@dataclass(frozen=True)
class CategoryTotal:
    name: str
    points: Decimal


@dataclass(frozen=True)
class Standing:
    """A certification and its cycle, as of a day.

    ``current`` is the invoice of the year in which the day lies.
    """

    certification: Certification
    cycle: Cycle
    on: date
    counted: Decimal
    categories: list[CategoryTotal]
    earned: list[Earned]
    invoices: list[InvoiceStanding]
    current: InvoiceStanding | None
    past: list[Cycle] = field(default_factory=list)
    """The closed cycles of the certification with their corrections, the latest first."""
    amt_owes_points: bool | None = None
    """Whether an entry claimed for the cycle waits for points from AMT; None: it is asked where it matters."""
    reopened: list[InvoiceStanding] = field(default_factory=list)
    """Invoices of compliant closed cycles, unpaid again because AMT reversed the payment."""

    @property
    def required(self) -> Decimal:
        return self.cycle.points_required

    @cached_property
    def to_go(self) -> Decimal:
        return requirement.to_go(counted=self.counted, required=self.required)

    @cached_property
    def is_met(self) -> bool:
        return self.to_go == 0

    @cached_property
    def days_left(self) -> int:
        return cycle_rules.days_left(self.cycle.ends_on, self.on)

    @cached_property
    def records_until(self) -> date:
        return cycle_rules.grace_ends_on(self.cycle)

    @property
    def grace_days_left(self) -> int:
        return (self.records_until - self.on).days

    @cached_property
    def takes_records(self) -> bool:
        return cycle_rules.takes_records(self.cycle, self.on)

    @property
    def progress_value(self) -> Decimal:
        """Return the points as far as the progress bar can show them."""
        return min(self.counted, self.required)

    @cached_property
    def verdict(self) -> verdicts.Verdict | None:
        """Return the state of the cycle on the day; None if the cycle is closed.

        The state is running, in grace, awaiting payment or points, or due to close. One query if
        points are missing after the grace period, and ``amt_owes_points`` does not say it.
        """
        if self.cycle.closed_on:
            return None
        is_paid = all(invoice.state == "paid" for invoice in self.invoices)
        verdict = verdicts.verdict_of(self.cycle, self.on, counted=self.counted, is_paid=is_paid)
        if verdict != "non-compliant":
            return verdict
        owes = self.amt_owes_points
        if owes is None:
            owes = bool(verdicts.cycles_owed_points([self.cycle.pk], self.on))
        return "awaiting-points" if owes else verdict

    @cached_property
    def is_in_force(self) -> bool:
        return life.in_force(self.certification.status)

    @property
    def left_force(self) -> StatusChange | None:
        """Return the status change by which the certification stopped being in force.

        None if it is in force, or if the change is not on record.
        """
        if self.is_in_force:
            return None
        status = self.certification.status
        changes = [change for change in self.certification.status_changes.all() if change.after == status]
        return changes[-1] if changes else None

    @property
    def probation(self) -> Probation | None:
        """Return the probation that runs; usually without a query."""
        if on_probation_until(self.certification, self.on) is None:
            return None
        standing = [one for one in self.certification.probations.all() if one.ended_at is None]
        return standing[-1] if standing else None

    @property
    def why_no_records(self) -> str:
        """Return the reason why CE cannot be recorded, as a sentence; empty where it can be."""
        if self.takes_records:
            return ""
        if not self.is_in_force:
            return _("You cannot record CE, because this certification is %(status)s.") % {
                "status": self.certification.get_status_display().lower()
            }
        if self.cycle.closed_on:
            return _("You cannot record CE, because this cycle was closed on %(day)s.") % {
                "day": format_day(self.cycle.closed_on)
            }
        if self.on < self.cycle.starts_on:
            return _("You cannot record CE yet: the first cycle starts %(day)s.") % {
                "day": format_day(self.cycle.starts_on)
            }
        return _(
            "You cannot record CE, because this cycle and its grace period are over. The last day was %(day)s."
        ) % {"day": format_day(self.records_until)}

    @cached_property
    def ledger_lines(self) -> list[ledger.Line]:
        """Return what unlocks the renewal invoice and what follows.

        The list is empty if the certification is not in force.
        """
        if not self.is_in_force:
            return []
        return ledger.ledger(
            self.cycle,
            mandatory=self.cycle.is_mandatory,
            counted=self.counted,
            grace_ends_on=self.records_until,
            owed=[
                ledger.Owed(
                    owed.invoice.year,
                    owed.state,
                    owed.opening,
                    getattr(owed.invoice, "paid_on", None),
                    is_settled_before=owed.is_settled_before,
                    money_kept=owed.money_kept,
                )
                for owed in self.invoices
            ],
            on=self.on,
        )


def standings(member: Member, on: date, *, by_category: bool = True) -> list[Standing]:
    """Return every certification of the member with its open cycle, or else its last one, by deadline.

    This takes three queries, whatever the number of certifications, or two without the points by
    category; one more if there are closed cycles, and one more each if a certification is not in force, is
    on probation, or was corrected in the day of its award.
    """
    cycles = _cycles(member.pk) if by_category else _cycles_with_totals(member.pk)
    cycles.sort(key=lambda cycle: (cycle.certification.awarded_on, cycle.certification_id, cycle.number))
    for cycle in cycles:
        cycle.certification.member = member
    past: dict[int, list[Cycle]] = defaultdict(list)
    for cycle in reversed(cycles):
        if cycle.closed_on:
            past[cycle.certification_id].append(cycle)
    closed = [cycle for of_certification in past.values() for cycle in of_certification]
    prefetch_related_objects(closed, "corrections")
    shown = by_deadline(_shown(cycles))
    out_of_force = [cycle.certification for cycle in shown if not life.in_force(cycle.certification.status)]
    prefetch_related_objects(out_of_force, "status_changes")
    held = [cycle.certification for cycle in shown]
    prefetch_related_objects([one for one in held if one.award_corrected_on], "award_corrections")
    prefetch_related_objects([one for one in held if on_probation_until(one, on)], "probations")
    counted = None if by_category else {cycle.pk: requirement.total_of(cycle) for cycle in shown}
    result = standings_of(shown, on, past=closed, counted=counted)
    return [replace(standing, past=past[standing.certification.pk]) for standing in result]


def _of(member: int) -> QuerySet[Cycle]:
    return Cycle.objects.filter(certification__member=member).select_related("certification__credential").order_by()


@prepared
def _cycles(member: int) -> QuerySet[Cycle]:
    return _of(member)


@prepared
def _cycles_with_totals(member: int) -> QuerySet[Cycle]:
    return requirement.with_totals(_of(member))


def of_cycles(cycles: list[Cycle], member: Member, on: date, *, counted: Mapping[int, Decimal]) -> list[Standing]:
    """Return the standings of the certifications of these cycles; one query while the cycles run.

    ``cycles`` come with their credentials loaded. ``counted``: what counts in each of them, by its
    key. The points by category are not among the standings then.
    """
    if all(cycle.closed_on is None and life.in_force(cycle.certification.status) for cycle in cycles):
        for cycle in cycles:
            cycle.certification.member = member
        return standings_of(by_deadline(cycles), on, counted=counted)
    shown = {cycle.certification_id for cycle in cycles}
    return [standing for standing in standings(member, on) if standing.certification.pk in shown]


def caught_up(member: Member, *, at: datetime, by_category: bool = True) -> list[Standing]:
    """Return the standings as pages show them, after closing the member's cycles that are due."""
    result = standings(member, day_of(at), by_category=by_category)
    due = [standing.cycle for standing in result if standing.verdict in verdicts.CLOSING]
    if catching_up.catch_up(member, at=at, shown=due):
        result = standings(member, day_of(at), by_category=by_category)
    return result


def standings_of(
    cycles: list[Cycle],
    on: date,
    *,
    past: Iterable[Cycle] = (),
    counted: Mapping[int, Decimal] | None = None,
) -> list[Standing]:
    """Return the standings of these cycles; two queries.

    ``cycles`` come with certification, credential and member loaded. ``past``: closed cycles of the
    same certifications, whose invoices may be unpaid again. ``counted``: the points of each cycle,
    where the points by category are not needed; this saves a query.
    """
    keys = [cycle.pk for cycle in cycles]
    earned = _earned(keys) if counted is None else {}
    closed = {cycle.pk: cycle for cycle in past if cycle not in cycles and cycle.outcome == Cycle.Outcome.COMPLIANT}
    invoices = defaultdict(list)
    reopened = defaultdict(list)
    for invoice in _invoices_or_unpaid(keys, list(closed)) if closed else _invoices(keys):
        if cycle := closed.get(invoice.cycle_id):
            invoice.cycle = cycle
            unpaid = invoice_standing(invoice, on, counted=cycle.points_at_close or Decimal(0))
            reopened[cycle.certification_id].append(unpaid)
        else:
            invoices[invoice.cycle_id].append(invoice)
    result = []
    for cycle in cycles:
        gains = earned.get(cycle.pk, [])
        categories = _by_category(gains)
        total = sum((category.points for category in categories), Decimal(0))
        if counted is not None:
            total = counted.get(cycle.pk, Decimal(0))
        shown = []
        for invoice in invoices[cycle.pk]:
            invoice.cycle = cycle
            shown.append(invoice_standing(invoice, on, counted=total))
        year = invoice_rules.year_of_cycle(cycle.certification.awarded_on, cycle.number, on)
        result.append(
            Standing(
                certification=cycle.certification,
                cycle=cycle,
                on=on,
                counted=total,
                categories=categories,
                earned=[gain for gain in gains if gain.points],
                invoices=shown,
                current=next((candidate for candidate in shown if candidate.invoice.year == year), None),
                reopened=reopened[cycle.certification_id],
            )
        )
    return result


def can_be_paid(standings: Iterable[Standing]) -> bool:
    """Return whether the invoice of the year is to be paid now for one of the certifications."""
    return any(standing.current is not None and standing.current.is_payable for standing in standings)


def _shown(cycles: Iterable[Cycle]) -> list[Cycle]:
    """Return one cycle for each certification: the one that is not closed, else the last one."""
    shown: dict[int, Cycle] = {}
    for cycle in cycles:
        known = shown.get(cycle.certification_id)
        if known is None or known.closed_on is not None:
            shown[cycle.certification_id] = cycle
    return list(shown.values())


def _by_category(earned: Iterable[Earned]) -> list[CategoryTotal]:
    """Return the total of each category, in the order in which the categories come."""
    totals: dict[str, Decimal] = defaultdict(Decimal)
    for gain in earned:
        totals[gain.category] += gain.points
    return [CategoryTotal(category, points) for category, points in totals.items()]


def _earned(cycles: list[int]) -> dict[int, list[Earned]]:
    """Return the points that count, for each cycle, category with a standing entry, and last day of an activity.

    ``cycles`` are keys. The categories come in their order.
    """
    earned: dict[int, list[Earned]] = defaultdict(list)
    for cycle, name, on, total in _credited(cycles):
        earned[cycle].append(Earned(on, translated(name), total.quantize(Decimal("0.01"))))
    return earned


@prepared
def _credited(cycles: list[int]) -> QuerySet[Credit, tuple[int, str, date, Decimal]]:
    category = "activity__activity_type__category"
    return (
        Credit.objects.filter(cycle__in=cycles)
        .exclude(cut__in=[Credit.Cut.NOT_STANDING, *Credit.NOT_CLAIMED])
        .values_list("cycle", f"{category}__name", "activity__ends_on")
        .annotate(total=Sum("points"))
        .order_by(f"{category}__order", f"{category}__name")
    )


@prepared
def _invoices(cycles: list[int]) -> QuerySet[RenewalInvoice]:
    of_cycles = with_processing(RenewalInvoice.objects.standing().with_payment_day()).filter(cycle__in=cycles)
    return of_cycles.order_by("due_on", "year")


@prepared
def _invoices_or_unpaid(cycles: list[int], closed: list[int]) -> QuerySet[RenewalInvoice]:
    """Return the invoices of these cycles, and those of the closed ones that are unpaid again."""
    wanted = Q(cycle__in=cycles) | Q(cycle__in=closed, status=RenewalInvoice.Status.ISSUED)
    owed = with_processing(RenewalInvoice.objects.standing().with_payment_day())
    return owed.filter(wanted).order_by("due_on", "year")
