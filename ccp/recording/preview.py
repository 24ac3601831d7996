"""The preview of an entry: what it would count for, before it is recorded.

For each open cycle that covers the days of a claim, the preview gives what would count under the
caps and why some of it would not, the new total, the points that would still be missing, and when
the renewal invoice would then open. The totals are calculated as they are when an entry is
recorded, from the entries on record and the claim together. Nothing is written.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _

from amtportal.formatting import format_points
from amtportal.members.models import Member
from ccp.counting import credits as counting
from ccp.counting import points, reasons
from ccp.counting.points import Entry, Used
from ccp.counting.terms import Catalogue, CategoryOffer, Terms
from ccp.models import Activity, Credit
from ccp.recording import claims, duplicates, eligibility
from ccp.recording.outcome import Outcome, invoice_after, invoice_sentence, notes, outcome
from certifications import invoices as invoice_rules
from certifications.models import Cycle, RenewalInvoice
from certifications.quarters import ZERO


@dataclass(frozen=True)
class Capped:
    """How much of a cap is used in a cycle: the name of its activity type or category, and the figures."""

    name: str
    used: Used


@dataclass(frozen=True)
class PreviewRow:
    """A certification whose open cycle covers the claim.

    ``notes`` say why less than the claim counts and what else changes.
    """

    cycle: Cycle
    is_chosen: bool
    outcome: Outcome
    notes: list[str]
    invoice: str


@dataclass(frozen=True)
class Preview:
    """What submitting the form would do.

    ``doubt`` says what the member will be asked to confirm. ``awaits_points``: AMT sets the points
    later.
    """

    rows: list[PreviewRow]
    look_alikes: list[duplicates.SimilarEntry]
    doubt: claims.Doubt | None = None
    awaits_points: bool = False

    @property
    def said(self) -> str:
        """Return the preview in a few words, for screen readers."""
        sentence = _("%(certification)s: %(counted)s would count, new total %(total)s of %(required)s.")
        if self.awaits_points:
            sentence = _("%(certification)s: points to be set by AMT, the total stays %(total)s of %(required)s.")
        return " ".join(
            sentence
            % {
                "certification": row.cycle.certification.credential.code,
                "counted": format_points(row.outcome.counted),
                "total": format_points(row.outcome.total),
                "required": format_points(row.outcome.required),
            }
            for row in self.rows
            if row.is_chosen
        )


def caps_used(entries: Sequence[Entry], groups: Iterable[CategoryOffer]) -> list[Capped]:
    """Return how much of each cap of an activity type or a category is used in a cycle."""
    caps = []
    for group in groups:
        if group.cap is not None:
            caps.append(
                Capped(group.category.name, Used(points.used(entries, category=group.category.code), group.cap))
            )
        caps += [
            Capped(
                offer.activity_type.name,
                Used(points.used(entries, activity_type=offer.activity_type.code), offer.terms.type_cap),
            )
            for offer in group.offers
            if offer.terms.type_cap is not None
        ]
    return caps


def has_caps(groups: Iterable[CategoryOffer]) -> bool:
    """Return whether any of the categories, or of their types, has a cap."""
    return any(
        group.cap is not None or any(offer.terms.type_cap is not None for offer in group.offers) for group in groups
    )


def entries_of(cycles: Collection[Cycle], terms: Catalogue) -> dict[int, list[Entry]]:
    """Return the standing entries of each cycle as the caps see them, by its key; one query."""
    entries: dict[int, list[Entry]] = {cycle.pk: [] for cycle in cycles}
    credits = (
        Credit.objects.filter(cycle__in=cycles, activity__withdrawn_at=None)
        .exclude(cut__in=Credit.NOT_CLAIMED)
        .select_related("activity__activity_type__category")
    )
    for credit in credits:
        entries[credit.cycle_id].append(counting.entry(credit.activity, terms))
    return entries


def of_claim(
    claim: eligibility.Claim,
    open_cycles: Sequence[Cycle],
    *,
    member: Member,
    chosen: Collection[Cycle],
    entries: Mapping[int, Sequence[Entry]],
    terms: Terms,
    earlier: Activity | None,
    on: date,
) -> Preview:
    """Return what it would do to record the claim, or to amend the ``earlier`` entry to it.

    This makes two queries, and one more if an entry looks alike.
    """
    activity_type = claim.activity_type
    chosen_keys = {cycle.pk for cycle in chosen}
    covering = [cycle for cycle in open_cycles if claim.is_covered_by(cycle)]
    paid = set(
        RenewalInvoice.objects.filter(
            cycle__in=covering, year=invoice_rules.LAST_YEAR, status=RenewalInvoice.Status.PAID
        ).values_list("cycle_id", flat=True)
    )
    comparable = duplicates.Comparable(
        activity_type.pk,
        claim.title,
        claim.starts_on,
        claim.ends_on,
        frozenset(chosen_keys & {cycle.pk for cycle in covering}),
    )
    return Preview(
        rows=[
            _row(
                claim,
                cycle,
                entries[cycle.pk],
                is_chosen=cycle.pk in chosen_keys,
                terms=terms,
                reference=earlier.pk if earlier else None,
                paid=cycle.pk in paid,
                on=on,
            )
            for cycle in covering
        ],
        look_alikes=duplicates.like(
            comparable,
            [
                other
                for other in duplicates.claims_near(comparable, member)
                if earlier is None or other.activity != earlier.pk
            ],
        ),
        doubt=eligibility.doubt(claim, terms),
        awaits_points=claim.points is None,
    )


def _row(
    claim: eligibility.Claim,
    cycle: Cycle,
    entries: Sequence[Entry],
    *,
    is_chosen: bool,
    terms: Terms,
    reference: int | None,
    paid: bool,
    on: date,
) -> PreviewRow:
    activity_type, certification = claim.activity_type, cycle.certification
    applies = eligibility.applies_to(activity_type, cycle)
    new = Entry(
        # A new entry gets the highest reference of all.
        reference=reference or max((entry.reference for entry in entries), default=0) + 1,
        starts_on=claim.starts_on,
        claimed=claim.claimed if applies else ZERO,
        activity_type=activity_type.code,
        category=activity_type.category.code,
        type_cap=terms.type_cap,
        category_cap=terms.category_cap,
    )
    result = outcome(entries, new, required=cycle.points_required, met_before=cycle.requirement_met_on, on=on)
    others = [entry for entry in entries if entry.reference != new.reference]
    caps: dict[reasons.Cut, tuple[Decimal | None, Decimal]] = {
        "type-cap": (terms.type_cap, points.used(others, activity_type=activity_type.code)),
        "category-cap": (terms.category_cap, points.used(others, category=activity_type.category.code)),
    }
    used = {cut: Used(amount, cap) for cut, (cap, amount) in caps.items() if cap is not None}
    state, opens_on = invoice_after(
        result,
        due_on=invoice_rules.due_on(certification.awarded_on, cycle.number, invoice_rules.LAST_YEAR),
        mandatory=cycle.is_mandatory,
        paid=paid,
        on=on,
    )
    said = notes(result, used, applies=applies, name=activity_type.name, code=certification.credential.code)
    return PreviewRow(
        cycle=cycle,
        is_chosen=is_chosen,
        outcome=result,
        notes=[*said, _("AMT sets the points. They count from that day.")]
        if applies and claim.points is None
        else said,
        invoice=invoice_sentence(result, state, opens_on),
    )
