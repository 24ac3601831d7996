"""The CE transcript of a cycle: its content, and the same content laid out as PDF.

A transcript lists the standing entries that are claimed for the cycle, by category with subtotals: what was claimed,
what counts, and why something does not count. It bears the day of issue in Chicago. That of a closed cycle says how it
was closed, with the points as they were then; corrections stand beside them.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import groupby

from django.utils.functional import Promise

from amtportal import documents
from amtportal.members.models import Member
from ccp import points, requirement
from ccp.models import Activity, Credit
from certifications.models import Certification, Credential, Cycle, CycleCorrection

ZERO = Decimal(0)

CUT_SENTENCES = {
    **{Credit.Cut(cut): reason for cut, reason in points.REASONS.items()},
    Credit.Cut.NOT_STANDING: "No longer stands, so it counts for nothing.",
    Credit.Cut.UNCLAIMED: "No longer claimed for this certification.",
}


@dataclass(frozen=True)
class Row:
    """One activity on the transcript; ``note`` says why less than the claim counts."""

    reference: str
    type: str
    title: str
    provider: str
    starts_on: date
    ends_on: date
    claimed: Decimal
    counted: Decimal
    note: str | Promise  # in the language of the page or document that it is put into


@dataclass(frozen=True)
class CategoryRows:
    """The rows of one category with their subtotals."""

    name: str
    rows: list[Row]

    @property
    def claimed(self) -> Decimal:
        return sum((row.claimed for row in self.rows), ZERO)

    @property
    def counted(self) -> Decimal:
        return sum((row.counted for row in self.rows), ZERO)


@dataclass(frozen=True)
class Transcript:
    """What a member has on record for one cycle, as of a day."""

    member: Member
    certification: Certification
    credential: Credential
    cycle: Cycle
    categories: list[CategoryRows]
    issued_on: date
    corrections: list[CycleCorrection] = field(default_factory=list)

    @property
    def required(self) -> Decimal:
        return self.cycle.points_required

    @property
    def claimed(self) -> Decimal:
        return sum((category.claimed for category in self.categories), ZERO)

    @property
    def counted(self) -> Decimal:
        """The points that count: of a closed cycle those with which it was closed."""
        if self.cycle.points_at_close is not None:
            return self.cycle.points_at_close
        return sum((category.counted for category in self.categories), ZERO)

    @property
    def to_go(self) -> Decimal:
        return requirement.to_go(counted=self.counted, required=self.required)

    @property
    def met_on(self) -> date | None:
        return self.cycle.requirement_met_on

    @property
    def filename(self) -> str:
        """``ce-transcript-RMA-2024-03-14.pdf``: no part of it is typed by a member."""
        return f"ce-transcript-{self.credential.code}-{self.cycle.starts_on.isoformat()}.pdf"


def by_category(credits: Iterable[Credit]) -> list[CategoryRows]:
    """Credits in the order of category and day (types and categories read) as rows with subtotals."""
    return [
        CategoryRows(category.name, [_row(credit.activity, credit) for credit in group])
        for category, group in groupby(credits, key=lambda credit: credit.activity.activity_type.category)
    ]


def of_cycle(cycle: Cycle, *, issued_on: date) -> Transcript:
    """The transcript of a cycle (certification, credential and member read), in one query; two for a closed cycle."""
    credits = (
        Credit.objects.filter(cycle=cycle)
        .exclude(cut__in=[Credit.Cut.NOT_STANDING, Credit.Cut.UNCLAIMED])
        .select_related("activity__activity_type__category")
        .order_by(
            "activity__activity_type__category__order",
            "activity__activity_type__category_id",
            "activity__starts_on",
            "activity_id",
        )
    )
    return Transcript(
        member=cycle.certification.member,
        certification=cycle.certification,
        credential=cycle.certification.credential,
        cycle=cycle,
        categories=by_category(credits),
        issued_on=issued_on,
        corrections=list(cycle.corrections.all()) if cycle.closed_on else [],
    )


def pdf(transcript: Transcript) -> bytes:
    """The transcript as PDF/UA-1. The same record on the same day gives the same bytes, laid out once."""
    return documents.pdf(documents.html_of("ccp/transcript_document.html", {"transcript": transcript}))


def _row(activity: Activity, credit: Credit) -> Row:
    return Row(
        reference=activity.reference,
        type=activity.activity_type.name,
        title=activity.title,
        provider=activity.provider,
        starts_on=activity.starts_on,
        ends_on=activity.ends_on,
        claimed=activity.points,
        counted=credit.points,
        note=CUT_SENTENCES[Credit.Cut(credit.cut)],
    )
