"""The yearly draw of those who are audited: freeze the population, then take a seed from outside.

- *Freeze.* The population are the cycles that closed as compliant in a calendar year, as they are
  corrected now. Each is one line. Lines that cannot be drawn stay in the file with the reason. The
  number of the others and the SHA-256 of the file are published, and so is where the seed will come
  from.
- *Draw.* The seed is accepted after the freeze, once, with its source: dice have two witnesses, a
  public number the place where it can be read again. It settles everything (``tickets``).
- *Replace.* Somebody who was drawn may turn out to have died. The next substitute of the same
  credential is called, and nobody else moves.
- A draw that is wrong is abandoned, with the reason, before it has a seed. It is never edited.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from secrets import token_hex
from typing import NamedTuple

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from amtportal import clean
from amtportal.chunks import chunks
from amtportal.database import know_again
from amtportal.dates import day_of
from amtportal.formatting import format_day, format_moment
from amtportal.history.lines import sign
from amtportal.members.models import User
from amtportal.refusals import Problem, Refused, refuse_if
from ccp.audits import cases, exclusions, tickets
from ccp.audits.models import (
    AuditCase,
    CaseOutcome,
    CaseState,
    Draw,
    DrawLine,
    DrawTicket,
    Replacement,
    SeedKind,
)
from certifications import cycles as cycle_rules
from certifications.models import Certification, Cycle, CycleCorrection

MOST_SHARE = 1000
OF_CASE = ("line__cycle__certification__credential", "line__cycle__certification__member")
"""What opening a case reads of a ticket."""


@dataclass(frozen=True)
class Terms:
    """What is settled at the freeze: the year, how many are drawn, and where the seed comes from.

    ``share`` of 1,000 are drawn in each credential, but ``at_least`` that many. A certification is
    spared for ``spared_cycles`` cycles after an audit.
    """

    year: int
    share: int
    at_least: int
    spared_cycles: int
    seed_kind: str
    seed_named: str


class FrozenLine(NamedTuple):
    """One line of the file before it is stored. ``cycle`` is the key of the cycle."""

    cycle: int
    amt_id: str
    stratum: str
    line: str
    excluded: str


@dataclass(frozen=True)
class Stratum:
    """How many lines of a credential can be drawn, how many are, and how near that comes to the truth."""

    code: str
    population: int
    drawn: int

    @property
    def margin(self) -> Decimal | None:
        return tickets.margin(self.population, self.drawn)


def problem_with_terms(terms: Terms, on: date) -> Problem | None:
    """Return why nothing can be frozen on these terms on that day."""
    if terms.year >= on.year:
        first = format_day(date(terms.year + 1, 1, 1))
        return Problem("year", f"{terms.year} is not over: its cycles can be frozen from {first} on.")
    if not 0 <= terms.share <= MOST_SHARE:
        return Problem("share", "The share is a number of 1,000, from 0 to 1000: write 10 for 1 percent.")
    if terms.at_least < 1:
        return Problem("at_least", "At least 1 is drawn in each credential.")
    if terms.spared_cycles < 0:
        return Problem("spared_cycles", "Write for how many cycles an audited certification is spared: 0 or more.")
    if terms.seed_kind not in SeedKind.values:
        return Problem("seed_kind", f"The seed comes from one of: {', '.join(SeedKind.values)}.")
    if not clean.line(terms.seed_named):
        return Problem("seed_named", "Name now where the seed will come from, and when: it is published with the file.")
    return None


def problem_with_seed(kind: str, seed: str, source: str, witnesses: tuple[str, str]) -> Problem | None:
    """Return why this seed is not accepted. It must be typed the same way in any shell."""
    if not seed:
        return Problem("seed", "Write the seed, such as the numbers that the dice showed.")
    if not (seed.isascii() and seed.isprintable()) or len(seed) > 200:
        return Problem(
            "seed", "The seed has at most 200 letters, digits and signs of the English keyboard, on one line."
        )
    if not source:
        return Problem("seed_source", "Write where and when the seed was thrown or read, so that others can check it.")
    if kind == SeedKind.DICE:
        first, second = (name.casefold() for name in witnesses)
        if not (first and second):
            missing = "second_witness" if first else "first_witness"
            return Problem(missing, "Dice are thrown before two witnesses. Write the names of both.")
        if first == second:
            return Problem("second_witness", "Both witnesses have the same name. Write the names of two people.")
    return None


def population(terms: Terms, reasons: Mapping[int, str], *, secret: str) -> list[FrozenLine]:
    """Return the lines of the year, sorted as in the file. ``reasons``: those of staff, by member.

    One query, however many cycles closed; a line takes about 300 bytes.
    """
    lines = list(_lines(terms, reasons, secret))
    lines.sort(key=lambda frozen: frozen.line)
    return lines


def _lines(terms: Terms, reasons: Mapping[int, str], secret: str) -> Iterator[FrozenLine]:
    rows = (
        _compliant(terms.year)
        .annotate(
            is_mandatory_now=Coalesce("mandatory_at_close", "certification__ccp_mandatory"),
            is_being_audited=Exists(_being_audited()),
            was_audited=Exists(_audited(terms.spared_cycles)),
        )
        .order_by()
        .values_list(
            "pk",
            "number",
            "certification__credential__code",
            "certification__member__amt_id",
            "certification__member",
            "certification__member__erased_on",
            "certification__status",
            "is_mandatory_now",
            "is_being_audited",
            "was_audited",
        )
    )
    for key, number, code, amt_id, member, erased_on, status, is_mandatory, *audits in rows.iterator():
        if status not in Certification.IN_FORCE:
            excluded = exclusions.NOT_IN_FORCE
        elif erased_on:
            excluded = exclusions.CLOSED
        elif not is_mandatory:
            excluded = exclusions.VOLUNTARY
        else:
            is_being_audited, was_audited = audits
            found = exclusions.UNDER_REVIEW if is_being_audited else exclusions.AUDITED if was_audited else ""
            excluded = reasons.get(member) or found
        tag = tickets.tag(tickets.salt(secret, code, amt_id, number), amt_id)
        yield FrozenLine(key, amt_id, code, tickets.line(code, tag, number), excluded)


def _compliant(year: int) -> QuerySet[Cycle]:
    """Return the cycles that closed in the year as compliant. The last correction counts, if there is one."""
    corrected = CycleCorrection.objects.filter(cycle=OuterRef("pk")).order_by("-signed_at", "-pk").values("outcome")
    outcome = Coalesce(Subquery(corrected[:1]), "outcome")
    closed = Cycle.objects.filter(closed_on__gte=date(year, 1, 1), closed_on__lte=date(year, 12, 31))
    return closed.annotate(outcome_now=outcome).filter(outcome_now=Cycle.Outcome.COMPLIANT)


def _audited(cycles: int) -> QuerySet[AuditCase]:
    """Return the audits, drawn or for cause, of the outer cycle and of that many before it, of its certification."""
    return AuditCase.objects.exclude(outcome=CaseOutcome.CALLED_OFF).filter(
        cycle__certification=OuterRef("certification"),
        cycle__number__lte=OuterRef("number"),
        cycle__number__gte=OuterRef("number") - cycles,
    )


def _being_audited() -> QuerySet[AuditCase]:
    """Return the audits of the outer cycle's certification that are not closed."""
    return AuditCase.objects.exclude(state=CaseState.CLOSED).filter(cycle__certification=OuterRef("certification"))


@dataclass(frozen=True)
class Counted:
    """What would be frozen: the strata, and how many are left out for each reason."""

    strata: list[Stratum]
    left_out: Counter[str]


def count(terms: Terms, reasons: Mapping[str, str]) -> Counted:
    """Return what a freeze on these terms would store now. Raises ``Refused`` as that would."""
    drawable: Counter[str] = Counter()
    left_out: Counter[str] = Counter()
    for frozen in _lines(terms, exclusions.by_member(reasons), secret=""):
        if frozen.excluded:
            left_out[frozen.excluded] += 1
        else:
            drawable[frozen.stratum] += 1
    if not drawable:
        raise Refused(_nobody(terms.year), "year")
    return Counted(strata(drawable, share=terms.share, at_least=terms.at_least), left_out)


def _nobody(year: int) -> str:
    return f"No compliant cycle that closed in {year} can be drawn. There is nothing to freeze."


def left_out(draw: Draw) -> Counter[str]:
    """Return how many lines of the file cannot be drawn, by reason."""
    return Counter(draw.lines.exclude(excluded="").order_by().values_list("excluded", flat=True))


def strata(lines: Counter[str], *, share: int, at_least: int) -> list[Stratum]:
    """Return the strata by credential. ``lines``: how many can be drawn in each."""
    drawn = tickets.sizes(lines, share=share, at_least=at_least)
    return [Stratum(code, lines[code], drawn[code]) for code in drawn]


def strata_of(draw: Draw) -> list[Stratum]:
    lines = Counter(draw.lines.filter(excluded="").order_by().values_list("stratum", flat=True))
    return strata(lines, share=draw.share, at_least=draw.at_least)


def whole(strata: list[Stratum]) -> Stratum:
    """Return all strata as one."""
    return Stratum("", sum(each.population for each in strata), sum(each.drawn for each in strata))


def worth(stratum: Stratum) -> str:
    """Return what this many buy: how near the share that fails among them is to that of all."""
    return _(
        "Of %(population)s, %(drawn)s are drawn: if a tenth of all would fail, the share found is right to "
        "± %(margin)s percentage points, 19 times in 20."
    ) % {"population": f"{stratum.population:,}", "drawn": f"{stratum.drawn:,}", "margin": stratum.margin}


def standing() -> QuerySet[Draw]:
    """Return the draws that were not abandoned: at most one for each year."""
    return Draw.objects.filter(abandoned_reason="")


@transaction.atomic
def freeze(*, terms: Terms, reasons: Mapping[str, str], by: User, at: datetime) -> Draw:
    """Store the population of the year, which never changes afterwards. Raises ``Refused``.

    ``reasons``: why some cannot be drawn, by AMT ID (``exclusions.read``).
    """
    refuse_if(problem_with_terms(terms, day_of(at)))
    _refuse_second(terms.year)
    secret = token_hex(32)
    lines = population(terms, exclusions.by_member(reasons), secret=secret)
    drawable = sum(not frozen.excluded for frozen in lines)
    if not drawable:
        raise Refused(_nobody(terms.year), "year")
    draw = Draw(
        year=terms.year,
        share=terms.share,
        at_least=terms.at_least,
        spared_cycles=terms.spared_cycles,
        seed_kind=terms.seed_kind,
        seed_named=clean.line(terms.seed_named),
        frozen_at=at,
        frozen_by=by,
        population=drawable,
        sha256=tickets.digest(tickets.frozen_file((frozen.line, frozen.excluded) for frozen in lines)),
        secret=secret,
    )
    sign(draw, by=by, at=at)
    try:
        with transaction.atomic():
            draw.save()
    except IntegrityError:  # somebody else froze the year a moment ago
        _refuse_second(terms.year)
        raise
    for some in chunks(lines):
        DrawLine.objects.bulk_create(DrawLine(draw=draw, cycle_id=each.cycle, **_columns(each)) for each in some)
    know_again(DrawLine)
    return draw


def _columns(frozen: FrozenLine) -> dict[str, str]:
    return {name: value for name, value in frozen._asdict().items() if name != "cycle"}


def _refuse_second(year: int) -> None:
    if earlier := standing().filter(year=year).first():
        then = "it is drawn, and stays" if earlier.is_drawn else "abandon it first, if it is wrong"
        raise Refused(f"{year} was frozen on {format_moment(earlier.frozen_at)}: {then}.", "year")


def frozen_file(draw: Draw) -> bytes:
    """Return the frozen file from the stored lines. Raises ``Refused`` if they are not what was frozen."""
    rows = draw.lines.order_by().values_list("line", "excluded").iterator()
    content = tickets.frozen_file(rows)
    if tickets.digest(content) != draw.sha256:
        raise Refused(f"The lines of the {draw} are not those that were frozen. Restore them from a backup.")
    return content


@transaction.atomic
def enter_seed(
    *, draw: Draw, seed: str, source: str, witnesses: tuple[str, str] = ("", ""), by: User, at: datetime
) -> Draw:
    """Draw by this seed, and open the case of everybody who is drawn. Raises ``Refused``.

    The same seed again changes nothing.
    A public number has no witnesses: anybody can read it again.
    """
    draw = Draw.objects.select_for_update(no_key=True).get(pk=draw.pk)
    seed, source = clean.identifier(seed), clean.line(source)
    first, second = (clean.line(name) for name in witnesses)
    if draw.is_abandoned:
        raise Refused(f"This draw was abandoned: {draw.abandoned_reason}")
    if draw.is_drawn:
        if draw.seed == seed:
            return draw
        raise Refused("This draw has its seed, which is another one. A seed is accepted once.", "seed")
    refuse_if(problem_with_seed(draw.seed_kind, seed, source, (first, second)))
    frozen_file(draw)
    draw.seed, draw.seed_source = seed, source
    if draw.seed_kind == SeedKind.DICE:
        draw.first_witness, draw.second_witness = first, second
    draw.drawn_at, draw.drawn_by = at, by
    sign(draw, by=by, at=at, reason=f"Drawn by the seed {seed}")
    draw.save()
    for some in chunks(_tickets(draw)):
        DrawTicket.objects.bulk_create(some)
    know_again(DrawTicket)
    drawn = DrawTicket.objects.drawn().filter(line__draw=draw).select_related(*OF_CASE).order_by("line__cycle")
    cases.open_drawn(drawn=[(ticket.line, ticket.ticket) for ticket in drawn], by=by, at=at)
    return draw


def _tickets(draw: Draw) -> Iterator[DrawTicket]:
    keys: dict[str, dict[str, int]] = {}
    for key, code, line in draw.lines.filter(excluded="").order_by().values_list("pk", "stratum", "line").iterator():
        keys.setdefault(code, {})[line] = key
    for lines in keys.values():
        drawn = tickets.size(len(lines), share=draw.share, at_least=draw.at_least)
        for place, (ticket, line) in enumerate(tickets.in_order(draw.seed, lines), start=1):
            yield DrawTicket(line_id=lines[line], ticket=ticket, place=place, is_drawn=place <= drawn)


@transaction.atomic
def abandon(*, draw: Draw, reason: str, by: User, at: datetime) -> Draw:
    """Abandon a draw that has no seed yet, so that its year can be frozen again. Raises ``Refused``."""
    draw = Draw.objects.select_for_update(no_key=True).get(pk=draw.pk)
    reason = clean.line(reason)
    if draw.is_drawn:
        raise Refused("This draw has its seed: whoever is drawn stays drawn. Replace single people instead.")
    if not reason:
        raise Refused("Say why the draw is abandoned: the reason is published.", "reason")
    if draw.is_abandoned:
        return draw
    draw.abandoned_reason = reason
    sign(draw, by=by, at=at, reason=reason)
    draw.save(update_fields=["abandoned_reason"])
    return draw


@transaction.atomic
def replace(*, ticket: DrawTicket, reason: str, by: User, at: datetime) -> Replacement:
    """Call the next substitute of the same credential instead of somebody who was drawn. Raises ``Refused``.

    The case of the one is called off, which its state must allow, and the case of the other is
    opened.
    Somebody who was replaced already stays replaced by the same substitute. If all of the
    credential are drawn or called, nobody takes the place.
    """
    Draw.objects.select_for_update(no_key=True).get(lines__ticket=ticket)
    reason = clean.line(reason)
    if not reason:
        raise Refused("Say why: the reason stays on record.", "reason")
    if earlier := Replacement.objects.filter(replaced=ticket).first():
        return earlier
    if not DrawTicket.objects.drawn().filter(pk=ticket.pk).exists():
        raise Refused("This line was not drawn, so that there is nobody to replace.")
    line = ticket.line
    waiting = DrawTicket.objects.waiting().filter(line__draw=line.draw_id, line__stratum=line.stratum)
    substitute = waiting.select_related(*OF_CASE).first()
    cycle_rules.lock_all([line.cycle_id, *([substitute.line.cycle_id] if substitute else [])])
    for case in AuditCase.objects.filter(draw_line=line):
        cases.call_off(case=case, reason=reason, by=by, at=at)
    if substitute:
        cases.open_drawn(drawn=[(substitute.line, substitute.ticket)], by=by, at=at)
    return Replacement.objects.create(
        replaced=ticket, substitute=substitute, reason=reason, replaced_at=at, replaced_by=by
    )


def to_notify(draw: Draw) -> QuerySet[AuditCase]:
    """Return the cases of this draw in which nobody was asked for proof yet."""
    return AuditCase.objects.filter(draw_line__draw=draw, state=CaseState.DRAWN)


def notify(*, draw: Draw, by: User, at: datetime) -> int:
    """Ask everybody who was drawn for proof, and return how many were asked now.

    The case of a line that has none is opened first. Done again, it asks nobody twice. Nobody acts in the
    own audit: a colleague asks in that one.
    """
    if not draw.is_drawn:
        raise Refused("This draw has no seed yet, so nobody is drawn.")
    uncalled = DrawTicket.objects.filter(line__draw=draw, line__case=None, replacement=None)
    unopened = uncalled.filter(Q(is_drawn=True) | Q(called_for__isnull=False))
    tickets_of = unopened.select_related("line__cycle__certification__credential", "line__cycle__certification__member")
    cases.open_drawn(
        drawn=[(ticket.line, ticket.ticket) for ticket in tickets_of.order_by("place", "pk")], by=by, at=at
    )
    keys = to_notify(draw).exclude(cycle__certification__member__user=by).values_list("pk", flat=True)
    return cases.notify(cases=list(keys), by=by, at=at)
