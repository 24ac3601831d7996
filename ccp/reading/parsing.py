"""Find the values of Record CE in the words of a certificate.

Every day and every number on the pages is looked at with the words beside it: in the same sentence,
or in the label to the left, above or below. What the words say of something else (an expiry, an
approval, the most that could be earned) is left out. Whatever then remains is a candidate; several
that differ are a choice.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from ccp.reading import days, names, quantities
from ccp.reading.found import MOST_CANDIDATES, MOST_LETTERS, Candidate, Found
from ccp.reading.labels import Means, folded, is_label, last_cue
from ccp.reading.pages import Page, Segment, segments
from ccp.reading.quantities import CEU, HOUR, HOUR_OR_CEU, POINT, Tier
from ccp.reading.runs import NEAR, Layout, Run, distance

SURE = 45  # of the least sure word of a day or a number that is filled in
REACH = 220  # letters before a day in which its cue may stand
HOURS_OF_A_DAY = 10

SENTENCE_ENDS = re.compile(r"[.;!?](?=\s+[A-Z¿¡(\"]|\s*\n)|[|•·]")
ABBREVIATION = re.compile(
    r"\b(?:[a-z]|no|st|dr|mr|ms|mrs|hrs?|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec|vs|inc|núm|ene)\.$", re.I
)
DATE_LABEL = re.compile(r"(?:^|[.;|:)_])\s*(?:dates?|fechas?|date\(s\)|fecha\(s\))\s*[:.]?[\s_]*$")
SIGNATURE = re.compile(r"\b(?:sign(?:ed|ature)|firma)\b")
# Who signs beside a day, which is that of the signature. An instructor may stand beside that of the course.
SIGNER = re.compile(
    r"\b(?:supervisor|coordinat\w+|director\w*|manager|representative|administrator|president|chair\w*|"
    r"authori[sz]ed|title|validated|witness|initials)\b"
)
LEADING_ZERO = re.compile(r"(?<![0-9.,])0[0-9]")
QUOTED = re.compile(r'"[^"]*"')
PRINTED_AT = re.compile(r",? [0-9]{1,2}:[0-9]{2}")
NOTHING_MORE = re.compile(r"[\s.,;:)(_*-]*")
CLOSE = 3.0  # heights of the letters between a day and a label under it
LESS = 0.6  # a label is clearly nearer than another
ONLY_LITTLE = re.compile(r"[\s:;,.(_*-]*(?:(?:and|&|y|e|the|el)\b)?[\s:;,.(_*-]*")
SPANISH = re.compile(r"\b(?:del?|la|el|los|por|con|que|certifica\w*|curso|horas|fecha|otorga|constancia)\b")
ENGLISH = re.compile(r"\b(?:the|of|for|and|certif(?:y|ies|icate)|course|hours?|date|has|completed|this)\b")


@dataclass(frozen=True)
class Day:
    """A day of the certificate, and what its words say it is."""

    mention: days.Mention
    run: Run
    means: Means | None

    def candidate(self, value: str) -> Candidate:
        return candidate(value, self.run, self.mention.start, self.mention.end)

    @property
    def is_sure(self) -> bool:
        return self.mention.is_sure and self.run.sure(self.mention.start, self.mention.end) >= SURE


@dataclass(frozen=True)
class Amount:
    """A number of units of the certificate, and how clearly it was earned."""

    number: Decimal
    unit: str
    tier: Tier
    run: Run
    start: int
    end: int

    def candidate(self, value: Decimal) -> Candidate:
        return candidate(written(value), self.run, self.start, self.end)

    @property
    def is_sure(self) -> bool:
        has_lost_its_point = not self.run.is_text and LEADING_ZERO.search(self.run.text, self.start, self.end)
        return self.run.sure(self.start, self.end) >= SURE and not has_lost_its_point


def parse(pages: Sequence[Page]) -> Found:
    """Return the candidates for each field."""
    layout = Layout(segments(pages))
    words = " ".join(run.flat for run in layout.runs).replace("\n", " ")
    amounts = amounts_of(layout)
    found: dict[str, Sequence[Candidate]] = {}
    found["starts_on"], found["ends_on"] = starts, ends = the_days(days_of(layout))
    found["quantity"], found["points"], unit = the_amount(amounts, words, starts, ends)
    if len({one.said for one in starts}) > 1:
        for name in ("quantity", "points"):
            found[name] = _offered(found[name])
    if len(found["quantity"]) > 1 and not all(run.is_text for run in layout.runs):
        found["starts_on"], found["ends_on"] = _offered(starts), _offered(ends)  # of other activities none may be read
    found["title"] = names.titles(layout)
    found["provider"] = names.providers(layout)
    found["activity_type"] = names.activity_types(layout, words, unit)
    return Found({name: tuple(some[:MOST_CANDIDATES]) for name, some in found.items() if some}, unit)


def _offered(candidates: Iterable[Candidate]) -> list[Candidate]:
    return [replace(one, is_sure=False) for one in candidates]


def candidate(value: str, run: Run, start: int, end: int) -> Candidate:
    said = run.text[start:end].strip()
    return Candidate(value, said[:MOST_LETTERS], spot=run.spot(start, end))


def written(number: Decimal) -> str:
    return f"{number.normalize():f}"


def distinct(candidates: Iterable[Candidate]) -> list[Candidate]:
    """Return the first candidate of each value."""
    return list({one.value: one for one in reversed(list(candidates))}.values())[::-1]


# Days


def days_of(layout: Layout) -> list[Day]:
    flat = [run.flat for run in layout.runs]
    is_spanish = sum(len(SPANISH.findall(text)) - len(ENGLISH.findall(text)) for text in flat) > 0
    day_first = days.day_comes_first(flat, is_spanish=is_spanish)
    found = []
    for run in layout.runs:
        before: Day | None = None
        for mention in days.mentions(run.flat, day_first=day_first):
            means = _meaning(layout, run, mention, before)
            if means is None and PRINTED_AT.match(run.flat, mention.end):
                means = Means.OTHER
            before = Day(mention, run, means)
            found.append(before)
    return found


def _meaning(layout: Layout, run: Run, mention: days.Mention, before: Day | None) -> Means | None:
    """Return what the words beside the day say of it, None if they say nothing."""
    begins = max(before.mention.end if before else 0, mention.start - REACH)
    text = _sentence(run, begins, mention.start)
    segment, at, ends = run.pieces(mention.start, mention.end)[0]
    inline = run.flat[max(begins, mention.start - at) : mention.start]
    behind = folded(segment.text[ends:])
    if PRINTED_AT.match(behind) and not inline.strip() and _is_at_the_edge(segment):
        return Means.OTHER
    if DATE_LABEL.search(inline):
        beside = [_flat(other) for other in layout.line(segment)]
        before_it = run.flat[max(0, mention.start - at) : mention.start]
        left = layout.left_of(segment)
        is_signed = any(map(SIGNATURE.search, beside)) or SIGNER.search(
            f"{_flat(left)} {before_it}" if left is not None else before_it
        )
        return Means.ISSUED if is_signed else Means.PLAIN
    if not ONLY_LITTLE.fullmatch(inline):
        cue = last_cue(text)
        return cue[0] if cue else None
    if before and before.means and ONLY_LITTLE.fullmatch(run.flat[before.mention.end : mention.start]):
        return before.means  # one of several days of one kind
    if not NOTHING_MORE.fullmatch(behind) and layout.left_of(segment) is None:
        cue = last_cue(text)
        return cue[0] if cue else None
    return _by_label(layout, segment, text)


def _is_at_the_edge(segment: Segment) -> bool:
    return segment.top < 0.06 * segment.page_height or segment.bottom > 0.94 * segment.page_height


def _by_label(layout: Layout, segment: Segment, text: str) -> Means | None:
    """Return what the label of a day that stands alone says: to the left, below or above."""
    left = layout.left_of(segment)
    if left is not None and not _holds_a_day(left):
        cue = last_cue(_flat(left))
        if (is_label(_flat(left)) and cue) or _flat(left).rstrip().endswith(":"):
            return cue[0] if cue else None
    above, below = _label_above(layout, segment), next(iter(layout.below(segment)), None)
    up = last_cue(_flat(above)) if above is not None and is_label(_flat(above)) else None
    down = last_cue(_flat(below)) if below is not None and is_label(_flat(below)) else None
    if above is not None and below is not None and up and down:
        return _of_two(layout, segment, (above, up[0]), (below, down[0]))
    if above is not None and up:
        return up[0]
    if below is not None and down and distance(segment, below) < CLOSE:
        return down[0]
    if len(layout.line(segment)) == 1 and (cue := last_cue(text)):
        return cue[0]
    return None


def _of_two(
    layout: Layout, segment: Segment, above: tuple[Segment, Means], below: tuple[Segment, Means]
) -> Means | None:
    """Return what the label says to which a day belongs that has one above it and one below.

    A label under a line belongs to what is written on the line, unless another day follows it. If
    nothing decides, the day says nothing.
    """
    if above[1] is below[1]:
        return above[1]
    under = next(iter(layout.below(below[0])), None)
    if under is not None and _holds_a_day(under) and distance(below[0], under) < CLOSE:
        over = next(iter(layout.above(above[0])), None)
        return above[1] if over is None or not _holds_a_day(over) or distance(over, above[0]) > CLOSE else None
    far, near = distance(above[0], segment), distance(segment, below[0])
    if near < LESS * far:
        return below[1]
    return above[1] if far < LESS * near else None


def _label_above(layout: Layout, segment: Segment) -> Segment | None:
    """Return the label over a cell: the nearest text above that is no value of the same column."""
    for other in layout.above(segment):
        if _holds_a_day(other) and len(_flat(other).split()) <= 6:
            continue
        in_table = len(layout.line(segment)) > 1 and len(layout.line(other)) > 1
        return other if in_table or distance(other, segment) < NEAR else None
    return None


def _flat(segment: Segment) -> str:
    return Run((segment,)).flat


def _holds_a_day(segment: Segment) -> bool:
    return bool(days.mentions(_flat(segment), day_first=None))


def _sentence(run: Run, start: int, end: int) -> str:
    """Return what stands before ``end`` in the same sentence, from ``start`` on, without words in quotes."""
    begins = start
    for stop in SENTENCE_ENDS.finditer(run.text, start, end):
        if not ABBREVIATION.search(run.text[: stop.end()]):
            begins = stop.end()
    return QUOTED.sub(lambda quoted: '"' + " " * (len(quoted[0]) - 2) + '"', run.flat[begins:end])


def the_days(found: Sequence[Day]) -> tuple[list[Candidate], list[Candidate]]:
    """Return the candidates for the first and for the last day of the activity."""
    done = [day for day in found if day.means is Means.DONE]
    starts = [day for day in found if day.means is Means.STARTS and not day.mention.is_range]
    ends = [day for day in found if day.means is Means.ENDS and not day.mention.is_range]
    begun = [day for day in found if day.means in (Means.STARTS, Means.ENDS) and day.mention.is_range]
    plain = [day for day in found if day.means is Means.PLAIN]
    unknown = [day for day in found if day.means is None]
    if len({day.mention.readings for day in done if not day.mention.is_range}) > 1:
        begun = []  # the days of a report on several activities
    if any(day.mention.is_range for day in plain):
        unknown = [day for day in unknown if day.mention.is_range]
    chosen = done + begun
    if starts and (ends or done):
        pairs = [
            (first, last)
            for first in starts
            for last in (ends or done)
            if first.mention.readings[0][0] <= last.mention.readings[-1][0]
        ]
        return _candidates_of_pairs(pairs)
    if chosen or starts or ends:
        return _candidates(chosen)
    if plain:
        return _candidates(plain + unknown if len(plain) == 1 else plain)
    first, last = _candidates([day for day in unknown if day.run.is_text])
    if len(found) > len(unknown):  # nothing is said of it, and there are others
        return _offered(first), _offered(last)
    return first, last


def _candidates(chosen: Sequence[Day]) -> tuple[list[Candidate], list[Candidate]]:
    ranges = [day for day in chosen if day.mention.is_range]
    within = [
        day
        for day in chosen
        if not any(
            day is not other and all(_covers(other, reading) for reading in day.mention.readings) for other in ranges
        )
    ]
    kept = within or list(chosen)
    if not any(day.is_sure for day in kept):
        return [], []
    starts = distinct(day.candidate(first.isoformat()) for day in kept for first, _ in day.mention.readings)
    ends = distinct(
        day.candidate(last.isoformat()) for day in kept for first, last in day.mention.readings if first != last
    )
    return starts, ends


def _covers(whole: Day, reading: tuple[object, object]) -> bool:
    return any(first <= reading[0] and reading[1] <= last for first, last in whole.mention.readings)  # type: ignore[operator]


def _candidates_of_pairs(pairs: Sequence[tuple[Day, Day]]) -> tuple[list[Candidate], list[Candidate]]:
    if not any(first.is_sure and last.is_sure for first, last in pairs):
        return [], []
    starts = distinct(first.candidate(day.isoformat()) for first, last in pairs for day, _ in first.mention.readings)
    ends = distinct(last.candidate(day.isoformat()) for first, last in pairs for _, day in last.mention.readings)
    if len(starts) == 1 and [one.value for one in starts] == [one.value for one in ends]:
        return starts, []
    return starts, ends


# Amounts

# Right before a number, with a word or two between.
NOT_EARNED = re.compile(
    r"\b(?:up to|hasta|as many as|exceed|more than|mas de|toward|each|every|per|cada|equals?|"
    r"(?:ceu|unidad|unidades|credito|punto|hora)\)? equivale\w*|within|"
    r"at least|al menos|"
    r"for each|another|additional|out of|of the|previous|prior|after|before|antes|next|every|"
    r"office|business|opening|store)\W+(?:(?:un|una|the|a|"
    r"an|total|of|de|maximo|maximum|to) )*$"
)
# Anywhere before it in its sentence, as in "the most that can be earned is".
COULD_BE_EARNED = re.compile(
    r"\b(?:max(?:imum)?|maxim[oa]|possible|posibles?|remaining|requires?|required|requerid\w*|obligatori\w*|minimum|"
    r"minim[oa]|balance|"
    r"program total|total program|entire (?:program|series|course)|available|eligible|notice|advance|needed|"
    r"deficien\w*)\b[^.;\n]{0,60}$"
)
NOT_EARNED_AFTER = re.compile(
    r"[ ):]*(?:(?:is|are|was|were|of) )?(?:the )?(?:max(?:imum)?|available|possible|required|offered|allowed|"
    r"remaining|per|each|a (?:day|week|year)|"
    r"(?:before|after|of (?:the )?(?:notice|purchase|event|program))|maximo|requerid\w*|disponibles?|(?:24|7))\b"
)
SCORE = re.compile(r"\b(?:scor(?:ed?|ing)|grade|percent|pass(?:ing)? (?:score|mark)|puntuacion|nota)\b[^.;\n]{0,40}$")
OF_A_SCORE = re.compile(r"[ ,)]*(?:out of|of (?:a )?100|and passed|to pass|needed|possible|correct)\b|\W*%")
OF_A_TITLE = re.compile(r"[0-9.]+[ -](?:hour|hr)\.?\)?")  # "HIV/AIDS for Health Workers (2 Hour)"
NOT_EARNED_LABEL = re.compile(
    r"\b(?:max(?:imum)?|maxim[oa]|available|offered|possible|required|remaining|program total|total program|series|"
    r"approved hours|"
    r"office|business|clinic(?:al)?|lab|prior|previous|minimum|price|fee|cost|score)\b"
)
APPROVED = re.compile(
    r"\b(?:approv\w*|accredit\w*|aprobad[oa]|designat\w*|autorizad\w*|offers?|ofrece|worth|provides?)\b[^.;]{0,90}$"
)
CEU_IS_AN_HOUR = re.compile(r"\b(?:aama|american association of medical assistants)\b")
COLLEGE = re.compile(
    r"\b(?:semester|quarter hours?|gpa|grade point|registrar|transcript of (?:record|grades)|academic term|"
    r"undergraduate)\b"
)


def amounts_of(layout: Layout) -> list[Amount]:
    found = []
    for run in layout.runs:
        ends = 0
        for mention in quantities.mentions(run.lined):
            tier, ends = _tier(run, mention, ends), mention.end
            if tier and mention.number > 0:
                found.append(Amount(mention.number, mention.unit, tier, run, mention.start, mention.end))
        for segment in run.segments:
            number = quantities.alone(_flat(segment))
            label = _label_of_number(layout, segment) if number else None
            if number and label is not None and not _says_not_earned(layout, segment, label):
                unit, is_clear = quantities.label_of(_flat(label)) or ("", False)
                tier = Tier.CLEAR if is_clear else Tier.WEAK
                alone = Run((segment,))
                found.append(Amount(number, unit, tier, alone, 0, len(alone.text)))
    return found


def _says_not_earned(layout: Layout, segment: Segment, label: Segment) -> bool:
    """Return whether the label of a number, or the head of its column, says that it was not earned."""
    heads = [other for other in layout.above(segment) if quantities.alone(_flat(other)) is None][:1]
    in_table = [head for head in heads if len(layout.line(head)) > 1 and len(layout.line(segment)) > 1]
    return any(NOT_EARNED_LABEL.search(_flat(one)) for one in (label, *in_table))


def _label_of_number(layout: Layout, segment: Segment) -> Segment | None:
    """Return the label of a number that stands alone, if it names a unit."""
    left = layout.left_of(segment)
    while left is not None and quantities.alone(_flat(left)) is not None:
        left = layout.left_of(left)  # another number of the same row
    if left is not None and quantities.label_of(_flat(left)) and quantities.alone(_flat(left)) is None:
        return left if not quantities.mentions(_flat(left)) else None
    if left is not None and _flat(left).rstrip().endswith(":"):
        return None
    around = []
    for other in layout.above(segment):
        if quantities.alone(_flat(other)) is None:
            around.append(other)
            break
    around.extend(layout.below(segment)[:1])
    fitting = [
        other
        for other in around
        if quantities.label_of(_flat(other))
        and not quantities.mentions(_flat(other))
        and (distance(other, segment) < NEAR or (len(layout.line(other)) > 1 and len(layout.line(segment)) > 1))
    ]
    return min(fitting, key=lambda other: distance(other, segment), default=None)


def _tier(run: Run, mention: quantities.Mention, begins: int) -> Tier:
    """Return how clearly the number was earned; none if the words say that it was not.

    ``begins`` is where the number before it ends.
    """
    before = _sentence(run, max(begins, mention.start - REACH), mention.start)
    label = run.flat[mention.start : mention.end]
    line_end = (run.text + "\n").index("\n", mention.end - 1)
    in_lines = run.lined[mention.start - len(before) : mention.start]
    if (
        NOT_EARNED.search(before)
        or COULD_BE_EARNED.search(in_lines)
        or NOT_EARNED_AFTER.match(run.flat[mention.end : line_end])
        or NOT_EARNED_LABEL.search(label)
    ):
        return Tier.NONE
    is_score = SCORE.search(in_lines) or SCORE.search(label) or OF_A_SCORE.match(run.flat[mention.end : line_end])
    if mention.unit == POINT and is_score:
        return Tier.NONE
    if OF_A_TITLE.fullmatch(label) and mention.number != 1 and before.endswith("("):
        return Tier.NONE
    if mention.is_clear and not APPROVED.search(before):
        return Tier.CLEAR
    # Half of an aside, such as "(1 hour" of "(1 hour = 60 minutes)", says nothing by itself.
    return Tier.WEAK if run.text.count("(") == run.text.count(")") else Tier.NONE


# What a unit is worth in points, where AMT says so.
POINTS_OF = {HOUR: Decimal(1), CEU: Decimal(10), POINT: Decimal(1)}


def points_of(amount: Amount) -> Decimal | None:
    """Return the points that an amount makes, rounded down to a quarter; None if AMT has to say."""
    each = POINTS_OF.get(amount.unit)
    return amount.number * each * 4 // 1 / 4 if each else None


def the_amount(
    amounts: Sequence[Amount], words: str, starts: Sequence[Candidate], ends: Sequence[Candidate]
) -> tuple[list[Candidate], list[Candidate], str]:
    """Return the candidates for the quantity and for the points, and the unit of the quantity."""
    is_college = bool(COLLEGE.search(words))
    if is_college:
        amounts = [amount for amount in amounts if amount.unit != HOUR or amount.tier > Tier.WEAK]
    chosen = [amount for amount in amounts if amount.tier >= Tier.CLEAR] or list(amounts)
    if len({one.said for one in starts}) > 1:  # several activities, so a clear number may be their total
        chosen = list(amounts)
    if not chosen or not any(amount.is_sure for amount in chosen):
        return [], [], ""
    doubtful = [amount for amount in chosen if amount.unit == HOUR_OR_CEU]
    chosen = [amount for amount in chosen if amount.unit != HOUR_OR_CEU]
    if not chosen:
        return _hour_or_ceu(doubtful[0]) if len({amount.number for amount in doubtful}) == 1 else ([], [], "")
    points = {amount.number * (POINTS_OF.get(amount.unit) or 0) for amount in chosen}
    units = {amount.unit for amount in chosen}
    if len(points) > 1 or len(units - {HOUR, CEU, POINT}) > (0 if units & {HOUR, CEU, POINT} else 1):
        return _choice(chosen)
    unit = next((unit for unit in (HOUR, CEU, POINT) if unit in units), chosen[0].unit)
    first = next(amount for amount in chosen if amount.unit == unit)
    numbers = {amount.number for amount in chosen if amount.unit == unit}
    if len(numbers) > 1:
        return _choice(chosen)
    is_defined = words != quantities.without_definitions(words)
    is_long = not ends and first.number * 10 > HOURS_OF_A_DAY  # "1.5 CEU" of one day are seldom 15 hours
    if unit == CEU and (is_long or CEU_IS_AN_HOUR.search(words)) and not is_defined:
        return _hour_or_ceu(first)
    earned = points_of(first)
    as_points = [first.candidate(earned)] if earned else []
    if unit == POINT:
        return [], as_points, ""
    return [first.candidate(first.number)], as_points, unit


def _hour_or_ceu(amount: Amount) -> tuple[list[Candidate], list[Candidate], str]:
    """Return the points of both readings: many write CEU for contact hours."""
    return [], distinct((amount.candidate(amount.number), amount.candidate(amount.number * 10))), ""


def _choice(chosen: Sequence[Amount]) -> tuple[list[Candidate], list[Candidate], str]:
    """Return amounts that differ as a choice: of a quantity if they are all in one unit."""
    units = {amount.unit for amount in chosen}
    points = [(amount, points_of(amount)) for amount in chosen]
    made = distinct(amount.candidate(number) for amount, number in points if number)
    if len(units) == 1 and POINT not in units:
        return (
            distinct(amount.candidate(amount.number) for amount in chosen),
            made if len(made) > 1 else [],
            units.pop(),
        )
    return [], made if len(made) > 1 else [], ""
