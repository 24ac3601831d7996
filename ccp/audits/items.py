"""What a case is about: the entries of its cycle, what proves them, and what was said of them.

- A case asks for proof of every entry that stood in the cycle when it closed, also of those over a
  cap: they count if others do not.
- What AMT credited counts as proven. An entry whose points AMT never set claims nothing, so no case
  asks for it.
- A verdict says how much of a claim is proven. The caps are applied to what is proven, under the
  terms of the day on which each entry was recorded. The points after the audit are never more than
  those with which the cycle was closed, or was corrected last.
- The second reviewer's verdict holds, then that of the first. Of the two on the appeal board, what
  is better for the member holds; where one of them says nothing of an entry, the earlier verdict is
  that one's.
- If nothing was submitted, an entry of which the second reviewer says nothing is not proven.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from django.db.models import prefetch_related_objects

from ccp.audits import reasons
from ccp.audits.models import AuditCase, CaseOutcome, ItemReview, Message, ReviewRound
from ccp.counting import credits as counting
from ccp.counting import points as caps
from ccp.counting.terms import Catalogue, catalogue
from ccp.evidence import attaching as evidence
from ccp.models import Activity, Credit, Evidence
from certifications.models import Cycle
from certifications.quarters import ZERO

ASKED_FOR = (Credit.Cut.NONE, Credit.Cut.TYPE_CAP, Credit.Cut.CATEGORY_CAP)


@dataclass
class Item:
    """One entry of a case.

    ``counted``: the points that it counted when the cycle closed. ``missing``: what the member says
    of what is missing, last. ``review``: the verdict that holds.
    """

    activity: Activity
    counted: Decimal
    files: list[Evidence] = field(default_factory=list)
    missing: Message | None = None
    review: ItemReview | None = None

    @property
    def is_proven(self) -> bool:
        return not evidence.is_needed(self.activity)

    @property
    def why(self) -> str:
        """Why it counts less or not at all, as the member reads it."""
        return reasons.in_words(self.review) if self.review else ""

    @property
    def is_answered(self) -> bool:
        """Return whether the member can submit it: a file is attached, or it says why none is."""
        return self.is_proven or bool(self.files) or self.missing is not None

    @property
    def proven(self) -> Decimal:
        """The points of the claim that are proven, before the caps."""
        if self.is_proven:
            return self.activity.claimed
        return self.review.points if self.review else ZERO


def of_case(case: AuditCase) -> list[Item]:
    """Return the entries of a case with everything that was sent and said, in five queries at most."""
    [items] = claimed([case.cycle_id]).values()
    by_activity = {item.activity.pk: item for item in items}
    for file in Evidence.objects.attached().filter(activity__in=by_activity).order_by("added_at", "pk"):
        by_activity[file.activity_id].files.append(file)
    for message in case.messages.filter(activity__in=by_activity, from_member=True).order_by("pk"):
        by_activity[message.activity_id].missing = message  # type: ignore[index]
    reviews = holding(case, case.item_reviews.select_related("reviewer").order_by("pk"))
    for key, item in by_activity.items():
        item.review = reviews.get(key)
    return items


def without_proof(cases: Collection[AuditCase]) -> dict[int, Decimal]:
    """Return the points that are left of each case, by key, if nothing is proven but AMT's own credits."""
    of_cycle = claimed([case.cycle_id for case in cases])
    terms = catalogue()
    prefetch_related_objects([case.cycle for case in cases], "corrections")
    return {case.pk: points_after(case.cycle, of_cycle[case.cycle_id], terms) for case in cases}


def claimed(cycles: Collection[int]) -> dict[int, list[Item]]:
    """Return the entries of each of these cycles, by its key, in the order of their days."""
    found: dict[int, list[Item]] = {cycle: [] for cycle in cycles}
    credits = (
        Credit.objects.filter(
            cycle__in=cycles, cut__in=ASKED_FOR, activity__withdrawn_at=None, activity__points__isnull=False
        )
        .select_related("activity__activity_type__category")
        .order_by("activity__starts_on", "activity_id")
    )
    for credit in credits:
        found[credit.cycle_id].append(Item(credit.activity, credit.points))
    return found


def of_reviewer(reviews: Iterable[ItemReview], round: str, reviewer: int | None) -> dict[int, ItemReview]:
    """Return what this reviewer says in this round, by the key of the entry.

    ``reviews`` are in the order in which they were given: the last one holds.
    """
    return {
        review.activity_id: review
        for review in reviews
        if review.round == round and review.reviewer_id == reviewer and reviewer is not None
    }


def holding(case: AuditCase, reviews: Iterable[ItemReview]) -> dict[int, ItemReview]:
    """Return the verdicts that hold, by the key of the entry."""
    reviews = list(reviews)
    earlier = {
        **of_reviewer(reviews, ReviewRound.FIRST, case.first_reviewer_id),
        **of_reviewer(reviews, ReviewRound.SECOND, case.second_reviewer_id),
    }
    boards = [
        of_reviewer(reviews, ReviewRound.BOARD, reviewer)
        for reviewer in (case.first_of_board_id, case.second_of_board_id)
    ]
    held = dict(earlier)
    for key in {key for board in boards for key in board}:
        said = [review for board in boards if (review := board.get(key, earlier.get(key)))]
        held[key] = max(said, key=lambda review: review.points)
    return held


def points_after(cycle: Cycle, items: Sequence[Item], terms: Catalogue) -> Decimal:
    """Return the points of the cycle after the audit."""
    last = max(cycle.corrections.all(), key=lambda correction: (correction.signed_at, correction.pk), default=None)
    before = last.points if last else cycle.points_at_close or ZERO
    if all(item.proven == item.activity.claimed for item in items):
        return before
    return min(before, under_the_caps({item.activity.pk: item.proven for item in items}, items, terms))


def under_the_caps(proven: Mapping[int, Decimal], items: Iterable[Item], terms: Catalogue) -> Decimal:
    entries = [
        replace(counting.entry(item.activity, terms), claimed=proven[item.activity.pk])
        for item in items
        if proven[item.activity.pk]
    ]
    return sum((counted.counted for counted in caps.credited(entries).values()), ZERO)


def outcome_of(cycle: Cycle, points: Decimal) -> CaseOutcome:
    """Return whether the points suffice. Where CCP was voluntary, any points do."""
    is_enough = points >= cycle.points_required or not cycle.is_mandatory
    return CaseOutcome.PASSED if is_enough else CaseOutcome.FAILED


def result(case: AuditCase, items: Sequence[Item]) -> tuple[Decimal, CaseOutcome]:
    """Return the points and the outcome that follow from the verdicts that hold."""
    points = points_after(case.cycle, items, catalogue())
    return points, outcome_of(case.cycle, points)
