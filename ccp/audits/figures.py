"""Figures of audits for the board: what came of them, whether reviewers agree, and how long it takes.

- Of those who were drawn, in each credential: how many answered, passed with every point, passed
  with fewer points, and failed. The rest were called off, or are not closed.
- Two reviewers agree on an entry if both say the same points, and on a result if both say passed,
  or both say not passed. What the portal decided without proof is nobody's result.
- The time in a state is from the step that led to it until the step that led out of it. A case that
  is still in a state is not counted there.

Audits for cause are a list of their own, and stand in no figure of a draw.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from statistics import median
from typing import NamedTuple

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from ccp.audits.models import AuditCase, CaseOutcome, CaseState, CaseStep, Draw, ItemReview, ReviewRound, Verb

DAY = 24 * 3600


class CaseRow(NamedTuple):
    """What the figures ask of a case. ``closed_with``: the points with which its cycle was closed."""

    credential: str
    is_answered: bool
    is_closed: bool
    outcome: str
    points: Decimal | None
    closed_with: Decimal | None


@dataclass
class Outcomes:
    """How many cases of a credential came to what. ``credential`` is empty for all of them."""

    credential: str = ""
    drawn: int = 0
    answered: int = 0
    passed: int = 0
    reduced: int = 0
    failed: int = 0
    called_off: int = 0
    not_closed: int = 0

    def add(self, case: CaseRow) -> None:
        self.drawn += 1
        self.answered += case.is_answered
        if not case.is_closed:
            self.not_closed += 1
        elif case.outcome == CaseOutcome.CALLED_OFF:
            self.called_off += 1
        elif case.outcome == CaseOutcome.FAILED:
            self.failed += 1
        elif case.points is not None and case.closed_with is not None and case.points < case.closed_with:
            self.reduced += 1
        else:
            self.passed += 1

    def columns(self) -> list[int]:
        return [
            self.drawn,
            self.answered,
            self.passed,
            self.reduced,
            self.failed,
            self.called_off,
            self.not_closed,
        ]


HEADS = ["drawn", "answered", "passed", "reduced", "failed", "called off", "not closed"]


class ReviewRow(NamedTuple):
    """What one reviewer said of an entry; rows are in the order in which they were given."""

    case: int
    activity: int
    round: str
    points: Decimal


class Agreement(NamedTuple):
    """On how many entries or results two reviewers said something, and whether the second said less or more."""

    both: int = 0
    same: int = 0
    lower: int = 0
    higher: int = 0

    @property
    def percent(self) -> Decimal | None:
        return (Decimal(100 * self.same) / self.both).quantize(Decimal("0.1")) if self.both else None


class ResultRow(NamedTuple):
    """What a case came to for now; rows are in the order in which they were written."""

    case: int
    state: str
    outcome: str


class StepRow(NamedTuple):
    """One step of a case; rows are in the order of the cases and their steps."""

    case: int
    after: str
    at: datetime


class Stay(NamedTuple):
    """How long cases stayed in a state, in days."""

    state: str
    cases: int
    median: Decimal
    longest: Decimal


def by_credential(cases: Iterable[CaseRow]) -> list[Outcomes]:
    """Return the outcomes of each credential in order, and those of all as the last one, if there are any."""
    found: dict[str, Outcomes] = {}
    total = Outcomes()
    for case in cases:
        found.setdefault(case.credential, Outcomes(case.credential)).add(case)
        total.add(case)
    return [*(found[code] for code in sorted(found)), total] if found else []


def agreement(reviews: Iterable[ReviewRow]) -> Agreement:
    """Return how far first and second reviewers agree. The last word of each round holds."""
    said: dict[tuple[int, int], dict[str, Decimal]] = defaultdict(dict)
    for review in reviews:
        said[review.case, review.activity][review.round] = review.points
    return _agreement(
        (points[ReviewRound.FIRST], points[ReviewRound.SECOND])
        for points in said.values()
        if ReviewRound.FIRST in points and ReviewRound.SECOND in points
    )


def agreement_on_results(results: Iterable[ResultRow]) -> Agreement:
    """Return how far first and second reviewers agree on whether a case is passed."""
    said: dict[int, dict[str, bool]] = defaultdict(dict)
    for result in results:
        said[result.case].setdefault(result.state, result.outcome == CaseOutcome.PASSED)
    return _agreement(
        (passed[CaseState.DECIDED], passed[CaseState.ANNOUNCED]) for passed in said.values() if len(passed) == 2
    )


def _agreement(pairs: Iterable[tuple[Decimal | bool, Decimal | bool]]) -> Agreement:
    pairs = list(pairs)
    return Agreement(
        both=len(pairs),
        same=sum(first == second for first, second in pairs),
        lower=sum(second < first for first, second in pairs),
        higher=sum(second > first for first, second in pairs),
    )


def time_by_state(steps: Iterable[StepRow]) -> list[Stay]:
    """Return how long cases stayed in each state, in the order of the states. Steps inside a state end nothing."""
    stays: dict[str, list[float]] = defaultdict(list)
    before: StepRow | None = None
    for step in steps:
        if before and before.case == step.case:
            if before.after == step.after:
                continue
            stays[before.after].append((step.at - before.at).total_seconds() / DAY)
        before = step
    return [
        Stay(state, len(stays[state]), _days(median(stays[state])), _days(max(stays[state])))
        for state in CaseState.values
        if stays[state]
    ]


def _days(days: float) -> Decimal:
    return Decimal(days).quantize(Decimal("0.1"))


@dataclass(frozen=True)
class Figures:
    """All figures of a draw, or of the audits for cause."""

    outcomes: list[Outcomes]
    agreement: Agreement
    results: Agreement
    stays: list[Stay]


def of(draw: Draw | None) -> Figures:
    """Return the figures of a draw; without one, of the audits for cause. Four queries."""
    of_case = _of(draw)
    found = AuditCase.objects.filter(**of_case)
    of_row = {f"case__{lookup}": value for lookup, value in of_case.items()}
    return Figures(
        outcomes=by_credential(_cases(found)),
        agreement=agreement(_reviews(ItemReview.objects.filter(**of_row))),
        results=agreement_on_results(_results(found)),
        stays=time_by_state(_steps(CaseStep.objects.filter(**of_row))),
    )


def _of(draw: Draw | None) -> dict[str, Draw | None]:
    return {"draw_line__draw": draw} if draw else {"draw_line": None}


def csv_rows() -> Iterator[list[object]]:
    """Yield all figures of every draw, the latest first, then those of audits for cause: one in each row."""
    yield ["year", "about", "figure", "value"]
    for draw in [*drawn(), None]:
        figures = of(draw)
        year = draw.year if draw else "for cause"
        for outcomes in figures.outcomes:
            for head, number in zip(HEADS, outcomes.columns(), strict=True):
                yield [year, outcomes.credential or "all", head, number]
        for name, number in figures.agreement._asdict().items():
            yield [year, "two reviewers", f"entries, {name}", number]
        for name, number in figures.results._asdict().items():
            yield [year, "two reviewers", f"results, {name}", number]
        for stay in figures.stays:
            yield [year, stay.state, "cases", stay.cases]
            yield [year, stay.state, "days, median", stay.median]
            yield [year, stay.state, "days, longest", stay.longest]


def drawn() -> QuerySet[Draw]:
    """Return the draws that have their seed, the latest year first."""
    return Draw.objects.filter(drawn_at__isnull=False).order_by("-year")


def _cases(cases: QuerySet[AuditCase]) -> Iterator[CaseRow]:
    answered = CaseStep.objects.filter(case=OuterRef("pk"), verb=Verb.SUBMIT)
    rows = cases.annotate(is_answered=Exists(answered)).order_by()
    for code, is_answered, state, outcome, points, closed_with in rows.values_list(
        "cycle__certification__credential__code", "is_answered", "state", "outcome", "points", "cycle__points_at_close"
    ).iterator():
        yield CaseRow(code, is_answered, state == CaseState.CLOSED, outcome, points, closed_with)


def _reviews(reviews: QuerySet[ItemReview]) -> Iterator[ReviewRow]:
    """Yield what the two reviewers said who have the case now, and not what somebody said who gave it back."""
    rows = reviews.filter(
        Q(round=ReviewRound.FIRST, reviewer=F("case__first_reviewer"))
        | Q(round=ReviewRound.SECOND, reviewer=F("case__second_reviewer"))
    ).order_by("pk")
    yield from map(ReviewRow._make, rows.values_list("case", "activity", "round", "points").iterator())


def _results(cases: QuerySet[AuditCase]) -> Iterator[ResultRow]:
    """Yield the result of each reviewer where there were two: as decided, and as announced."""
    reviewed = cases.filter(first_reviewer__isnull=False, second_reviewer__isnull=False)
    rows = AuditCase.history.filter(
        id__in=reviewed.order_by().values("pk"), state__in=[CaseState.DECIDED, CaseState.ANNOUNCED]
    ).order_by("history_id")
    yield from map(ResultRow._make, rows.values_list("id", "state", "outcome").iterator())


def _steps(steps: QuerySet[CaseStep]) -> Iterator[StepRow]:
    rows = steps.order_by("case", "number").values_list("case", "after", "at")
    yield from map(StepRow._make, rows.iterator())
