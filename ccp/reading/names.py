"""Find the title, the provider and the type of the activity in the words of a certificate."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from ccp.reading import days, quantities
from ccp.reading.found import MOST_LETTERS, Candidate
from ccp.reading.labels import ORGANIZATION, PROVIDER, TITLE, folded, is_label
from ccp.reading.pages import Segment
from ccp.reading.quantities import alone, label_of
from ccp.reading.runs import Layout, Run

SURE = 75
LONGEST = 130
# What ends a line before the title.
BEFORE_TITLE = re.compile(
    r"(?:(?:success?fully |satisfactorily |satisfactoriamente |hereby )*(?:complet(?:ed|ing|ion)(?: of)?|"
    r"attend(?:ed|ing|ance (?:at|in|of))|participat(?:ed|ing|ion)(?: in)?|"
    r"finished|passed|viewed|ha (?:completado|aprobado|asistido|participado|culminado)|haber (?:completado|aprobado|"
    r"asistido|participado|culminado)|"
    r"completado|complet\w+|asistencia|participacion|asistido|participado)"
    r"(?: (?:satisfactoriamente|exitosamente|con exito|successfully))?"
    r"(?: (?:to|in|of|at|en|al?|the|el|la|los?|an?|our|this|following|siguiente|live|online|virtual|educational|"
    r"training|continuing|education|de|formacion|continua|"
    r"course|program(?:me)?|activity|webinar|seminar|workshop|class|in-?service|conference|session|symposium|curso|"
    r"taller|seminario|conferencia|adiestramiento|programa|actividad|jornada))*"
    r"|(?:entitled|titled|titulad[oa]|denominad[oa]|on the topic of|in recognition of|course|el curso|del curso|"
    r"the course|the program|the conference|the webinar|curso de))"
    r"[: ]*$"
)
# What begins a line after it.
AFTER_TITLE = re.compile(
    r"(?:on|held|presented|sponsored|offered|provided|conducted|hosted|at|and|in|with|for|from|date|given|an?|has|"
    r"this|by|during|organized|"
    r"course|contact|total|ce|ceu|hours?|credits?|awarded|earned|total|program|approved|location|instructor|speaker|"
    r"approval|"
    r"celebrad[oa]|realizad[oa]|impartid[oa]|el|los|del|con|por|en|que|organizad[oa]|ofrecid[oa]|de fecha|fecha|"
    r"dictad[oa]|valid[oa]|"
    r"auspiciad[oa]|patrocinad[oa]|llevad[oa]|y)\b|\(|\W*$"
)
QUOTED = re.compile(r"\"([^\"\n]{2,}(?:\n[^\"\n]+)?)\"")
GENERIC = re.compile(
    r"\b(?:certificat\w*|certify|certifies|certifica|constancia|diploma|transcript|record of|documentation|"
    r"congratulations|"
    r"completion|achievement|attendance|presented to|awarded to|this is to|hereby|otorga|reconocimiento|certificado)\b"
)
APPROVED_PROVIDER = re.compile(
    r"^(?P<name>[^.,\n]{4,80}?(?:, (?:inc\.?|llc))?),? (?:is|has been|es|esta)(?: an?| un)? (?:approved|accredited|"
    r"authorized|recognized|proveedor|aprobad|acreditad)"
)
CERTIFIES = re.compile(
    r"^(?:(?:hereby )?(?:certif(?:y|ies)|attests?|confirms?|verif(?:y|ies)|awards|presents|grants)\b|this certifies|"
    r"(?:por la presente )?certifica|hace constar|otorga|confiere|extiende|da fe)"
)
PERSON = re.compile(r"\b(?:ph\.?d|m\.?d|rn|msn|bsn|dds|dmd|mt\(|mls|dr|dra|lic|mtra|prof|mr|ms|mrs)\b\.?")


def titles(layout: Layout) -> list[Candidate]:
    """Return the candidates for the title: what is labeled or quoted.

    What only follows "completed" or the like is offered: no word says that it is the title.
    """
    found = _labeled(layout, TITLE) or _quoted(layout)
    found = found or _offered(_after_completed(layout) or _in_sentences(layout))
    return _distinct(one for one in found if not (GENERIC.search(folded(one.value)) or _says_when(one)))


def _says_when(candidate: Candidate) -> bool:
    """Return whether a day stands in it, as in a cell that was read together with the one beside it."""
    return bool(days.mentions(folded(candidate.value), day_first=None))


def providers(layout: Layout) -> list[Candidate]:
    """Return the candidates for the provider: what is labeled, or named as one that is approved.

    An organization that only stands at the head of the page is offered: it may be an accreditor.
    """
    found = [one for one in _labeled(layout, PROVIDER, may_stand_inside=True) if _is_organization(one.value)]
    found.extend(
        _candidate(Run((segment,)), *match.span("name"))
        for segment in layout.segments
        if (match := APPROVED_PROVIDER.match(folded(segment.text)))
    )
    found.extend(_offered(_head(layout)))
    named = (replace(one, value=NUMBERED.sub("", one.value)) for one in found)
    return _distinct(one for one in named if _is_organization(one.value) and not _says_when(one))


# The number of a provider behind its name.
NUMBERED = re.compile(
    r"[\s,(-]*(?:(?:\b(?:provider|ce) )*(?:#|(?:no|id|number|núm)\b[.:]?)\s?)+[\w-]*[0-9][\w-]*\)?$", re.I
)


def _offered(candidates: Iterable[Candidate]) -> list[Candidate]:
    return [replace(candidate, is_sure=False) for candidate in candidates]


MOST_WORDS = 9
NO_NAME = re.compile(
    r"[:@]|[0-9]{3}|\b(?:by|por|is|are|has|es|esta|for|from|that|to|on|board of|faculty of|"
    r"recogni[sz]es|presents|certifies|awards|attests|grants|honors|confers|certifica|otorga)\b"
)


def _head(layout: Layout) -> list[Candidate]:
    """Return the organization that is named first on the page, or alone before "certifies that"."""
    found = []
    for number, segment in enumerate(layout.segments[:40]):
        flat = folded(segment.text)
        after = folded(layout.segments[number + 1].text) if number + 1 < len(layout.segments) else ""
        is_head = number < 2 and segment.page == 0
        is_name = 2 <= len(flat.split()) <= MOST_WORDS and not NO_NAME.search(flat)
        if is_name and (is_head or CERTIFIES.match(after)):
            found.append(_candidate(Run((segment,)), 0, len(segment.text)))
    return found


def _is_organization(name: str) -> bool:
    flat = folded(name)
    return bool(ORGANIZATION.search(flat)) and not PERSON.search(flat) and not GENERIC.search(flat)


def _labeled(layout: Layout, label: re.Pattern[str], *, may_stand_inside: bool = False) -> list[Candidate]:
    found = []
    for run in layout.runs:
        for number, segment in enumerate(run.segments):
            flat = folded(segment.text)
            if len(layout.line(segment)) > 2 and ":" in segment.text:
                continue  # a cell of a list, such as "Workshop: Sutures"
            if match := re.match(
                rf"[\s*]*(?:[0-9]{{1,2}}[.)] )?(?:{label.pattern})(?![a-z])(?: ?\([^)]*\))?(?P<colon>[ _.]*:?[ _]*)",
                flat,
            ):
                rest = segment.text[match.end() :]
                if not rest.strip(" :_."):
                    found.extend(_beside(layout, run, number))
                elif ":" in match["colon"]:
                    found.append(_rest(run, number, match.end()))
                elif may_stand_inside and re.search(r"\b(?:by|por)\s*$", flat[: match.end()]):
                    found.append(_rest(run, number, match.end(), is_in_sentence=True))
            elif may_stand_inside and (
                inside := re.search(
                    r"\b(?:sponsored|offered|provided|hosted|organi[sz]ed|presented|conducted|impartid[oa]|"
                    r"organizad[oa]|ofrecid[oa]|auspiciad[oa]|patrocinad[oa]) (?:by|por)(?: (?:the|la|el)\b)? ?",
                    flat,
                )
            ):
                if segment.text[inside.end() :].strip():
                    found.append(_rest(run, number, inside.end(), is_in_sentence=True))
                elif number + 1 < len(run.segments):
                    found.append(_rest(run, number + 1, 0, is_in_sentence=True))
    return [one for one in found if one.value]


# What ends a name in a sentence. "on" does so only before a day: "Center on Aging" is one name.
_DAY_BEGINS = (
    r"(?:[0-9]|(?i:mon|tues?|wed(?:nes)?|thurs?|fri|sat(?:ur)?|sun|lunes|martes|mi[eé]rcoles|jueves|viernes|s[aá]bado|"
    r"domingo|jan|feb|mar|apr|may|june?|july?|aug|sep|oct|nov|dec)\w*\b)"
)
STOP = re.compile(
    r"\s{2,}|[;|]|,? \(?(?=#|no\. ?[0-9]|nr\. ?[0-9]|number )|,? (?:held|and has|and was|is approved|date) |"
    rf",? (?:on|el|from|del|at|for)(?: (?:the|this|d[ií]a))? (?={_DAY_BEGINS})|,? (?:on the date|for a) |"
    r"\.(?=\s|$)(?<!\b[A-Z]\.)(?<!St\.)(?<!Inc\.)|"
    r", (?=[0-9]|P\. ?O\.|Suite|(?:[A-Z][\w.]+ ?){1,3}, [A-Z]{2}\b)"
)
PLACE = re.compile(r" (?:on|at|el|en|in|from|for|with)\b", re.I)  # a place, or a part of the name


def _rest(run: Run, number: int, start: int, *, is_in_sentence: bool = False) -> Candidate:
    """Return what follows a label in its line, up to what begins another thought.

    It is only offered if the name may go on in the next line, or have ended before.
    """
    segment = run.segments[number]
    text = segment.text[start:]
    stop = STOP.search(text)
    stops = [stop.start()] if stop else []
    stops += [day.start for day in days.mentions(folded(text), day_first=None)]
    end = start + min(stops, default=len(text))
    following = run.segments[number + 1] if number + 1 < len(run.segments) else None
    goes_on = (
        not stops
        and following is not None
        and not is_a_label(following)
        and ":" not in following.text
        and _continues(segment, following)
        and not STOP.match(f" {following.text}")
    )
    one = _candidate(Run((segment,)), start, end)
    return replace(one, is_sure=not goes_on and not (is_in_sentence and PLACE.search(one.value)))


def _beside(layout: Layout, run: Run, number: int) -> list[Candidate]:
    """Return what stands to the right of a label, or else below it."""
    segment = run.segments[number]
    right = layout.right_of(segment)
    is_header = len(layout.line(segment)) > 1 and _is_header(layout.line(segment))
    is_between = right is not None and is_a_label(right) and not folded(right.text).endswith(":")
    if right is not None and not is_header and not is_between:
        one = _candidate(Run(tuple(_with_following(layout, right))), 0, None)
        return [replace(one, is_sure=not _begins_above(layout, right))]
    below = [other for other in layout.below(segment) if other.top - segment.bottom < 4 * segment.height or is_header]
    if not below or (not is_header and is_a_label(below[0])):
        return []
    if is_header:
        return [_candidate(Run(tuple(row)), 0, None) for row in _cells(layout, below)]
    return [_candidate(Run(tuple(_with_following(layout, below[0]))), 0, None)]


def _begins_above(layout: Layout, segment: Segment) -> bool:
    """Return whether the line above belongs to the same cell, so that a label stands beside its middle."""
    above = next(iter(layout.above(segment)), None)
    return (
        above is not None
        and abs(above.left - segment.left) < 0.5 * segment.height
        and _continues(above, segment)
        and layout.left_of(above) is None
    )


def _cells(layout: Layout, below: Sequence[Segment]) -> list[list[Segment]]:
    """Return the cells of a column, each with its lines. The last line of a cell has fewer cells beside it."""
    cells: list[list[Segment]] = []
    for segment in below:
        beside = len(layout.line(segment))
        if cells and _continues(cells[-1][-1], segment) and beside < len(layout.line(cells[-1][0])):
            cells[-1].append(segment)
        elif beside < 2 or is_a_label(segment):
            break
        else:
            cells.append([segment])
    return cells


# The heads of a table's columns that stand close together.
HEADS = re.compile(
    r"\bdates?\b.*\b(?:dates?|hours?|hrs|credits?|ceus?|grade|score|status|due)\b|\bhours?\b.*\bdates?\b"
)


def is_a_label(segment: Segment) -> bool:
    """Return whether the segment is a label itself, so that it is no value of another."""
    flat = folded(segment.text)
    return bool(
        flat.rstrip().endswith(":")
        or (label_of(flat) and alone(flat) is None and not re.search(r"[0-9]", flat))
        or (is_label(flat) and len(flat.split()) <= 4)
        or HEADS.search(flat)
        or TITLE.fullmatch(flat.strip())
        or PROVIDER.fullmatch(flat.strip())
    )


def _is_header(line: Sequence[Segment]) -> bool:
    """Return whether a line holds the labels of a table's columns, and no values."""
    return len(line) > 2 and sum(map(is_a_label, line)) >= len(line) - 1


def _with_following(layout: Layout, segment: Segment) -> list[Segment]:
    """Return the segment and the lines of the same cell below it."""
    found = [segment]
    for other in layout.below(segment)[:2]:
        left = layout.left_of(other)
        is_aligned = abs(other.left - segment.left) < 0.5 * segment.height
        if not (is_aligned and _continues(found[-1], other)) or (left is not None and is_a_label(left)):
            break
        found.append(other)
    return found


# From line to line in one paragraph, in heights of the letters. The text of a PDF has the height of
# its font, and what is recognized has that of its ink.
PITCH_OF_TEXT, PITCH_OF_INK = 1.42, 2.1
ALIKE = 0.15


def _continues(segment: Segment, other: Segment) -> bool:
    """Return whether a line belongs to the paragraph of the line above it: as high, and close."""
    is_text = Run((segment, other)).is_text
    pitch = (other.middle - segment.middle) / segment.height
    is_alike = abs(other.height - segment.height) < (ALIKE if is_text else 2 * ALIKE) * segment.height
    return is_alike and pitch < (PITCH_OF_TEXT if is_text else PITCH_OF_INK)


def _quoted(layout: Layout) -> list[Candidate]:
    return [
        _candidate(run, match.start(1), match.end(1))
        for run in layout.runs
        for match in QUOTED.finditer(run.text)
        if len(match[1].split()) >= 2 and len(match[1]) <= LONGEST
    ]


def _after_completed(layout: Layout) -> list[Candidate]:
    """Return the lines that stand after a line that ends with "completed" or the like."""
    found = []
    for run in layout.runs:
        for number, segment in enumerate(run.segments[:-1]):
            if not (BEFORE_TITLE.search(folded(segment.text)) or _introduces(segment.text)):
                continue
            first = run.segments[number + 1]
            if not BEGINS.match(first.text) or _says_more(first) or AFTER_TITLE.match(folded(first.text)):
                continue
            title = [first]
            for other in run.segments[number + 2 : number + 4]:
                if not _continues(title[-1], other) or _says_more(other):
                    break
                title.append(other)
            found.append(_candidate(Run(tuple(title)), 0, None))
    return found


BEGINS = re.compile(r"[\"']?(?:[A-ZÁÉÍÓÚÑ]|[0-9]{1,3}[^0-9./-])")


def _says_more(segment: Segment) -> bool:
    """Return whether a line says when or how long, so that it is no title alone."""
    flat = folded(segment.text)
    return bool(days.mentions(flat, day_first=None) or quantities.mentions(flat))


KIND = (
    r"(?:webinar|webcast|course|seminar|workshop|program|class|training|in-?service|conference|session|activity|"
    r"symposium|curso|taller|"
    r"seminario|adiestramiento|programa|conferencia)"
)
IN_A_SENTENCE = re.compile(
    rf"\b(?:complet(?:ed|ing|ion of)|attend(?:ed|ing)|participat(?:ed|ing|ion) in|ha completado|asistió a|participó en)"
    rf"(?:[ \n](?:[a-z-]+[ \n]){{0,4}}{KIND},?)?[ \n](?:(?:en)?titled |called |titulado )?"
    r"(?P<title>(?:the |la |el )?[A-ZÁÉÍÓÚÑ0-9][^.;\"]{5,110}?),?[ \n](?:held |presented |offered |celebrado |"
    r"impartido )?(?:on|el)[ \n]"
    r"(?=(?:[A-Za-z]{3,9},? )?(?:[0-9]{1,2}\b|(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)))"
)


def _in_sentences(layout: Layout) -> list[Candidate]:
    """Return what stands in a sentence between "completed" and the day: ``attended X on March 3``."""
    return [_candidate(run, *match.span("title")) for run in layout.runs for match in IN_A_SENTENCE.finditer(run.text)]


def _introduces(text: str) -> bool:
    """Return whether a line says that something was done and not yet what: ``attended our panel``."""
    verb = DID.search(folded(text))
    return bool(verb and re.fullmatch(r"[^A-ZÁÉÍÓÚÑ]*", text[verb.end() :]) and not ENDS_A_THOUGHT.search(text))


DID = re.compile(
    r"\b(?:complet\w+|fulfill\w+|attend(?:ed|ing|ance)|participat\w+|took part|passed|scored|finished|asisti\w+|"
    r"particip\w+|"
    r"curs[oa]\w*|aprob\w+|"
    r"culmin\w+|acreditado|realizado)\b"
)
ENDS_A_THOUGHT = re.compile(r"[.,;:]$|\b(?:hours?|horas?|credits?|by|por)\W*$")


# A name that ends so is cut off.
DANGLING = re.compile(
    r"\b(?:of|and|the|for|in|to|with|a|an|on|at|by|de|del|y|en|la|el|los|las|con|para|por)$|^(?:of|and|de|y)\b"
)


def _candidate(run: Run, start: int, end: int | None) -> Candidate:
    end = len(run.text) if end is None else end
    text = " ".join(run.text[start:end].split()).strip(" \"':;,._*-")
    if run.sure(start, end) < SURE or len(text) > LONGEST or DANGLING.search(text):
        text = ""
    return Candidate(
        text[:MOST_LETTERS], run.text[start:end].strip()[:MOST_LETTERS], spot=run.spot(start, end) if text else None
    )


def _distinct(candidates: Iterable[Candidate]) -> list[Candidate]:
    """Return the candidates without those that differ in nothing but case and spaces."""
    found: dict[str, Candidate] = {}
    for one in candidates:
        if len(one.value) > 2:
            found.setdefault(re.sub(r"\W+", "", folded(one.value)), one)
    return list(found.values())


LIVE = re.compile(
    r"\b(?:webinars?|webcast|seminars?|workshops?|conference|symposium|in-?service|congress|convention|annual meeting|"
    r"seminario|taller|congreso|simposio|jornadas?|webinario|conferencia)\b"
)
COURSE = re.compile(r"\b(?:course|curso|class|training|adiestramiento|capacitacion)\b")
SELF_STUDY = re.compile(
    r"\b(?:self-?study|self-?paced|home-?study|journal|article|quiz|on-?demand|autoestudio|autodidacta|articulo|"
    r"revista|"
    r"podcast|independent study|correspondence)\b"
)
GAVE = re.compile(
    r"\b(?:presenter for|as (?:an? )?(?:guest |invited )?(?:speaker|lecturer|presenter|faculty|instructor)|"
    r"for presenting|"
    r"for (?:his|her|their) presentation|ponente|conferencista|expositora?|disertante|author(?:s|ed|ship)?|autora?|"
    r"poster)\b"
)
OFFICE = re.compile(
    r"\b(?:committee|comite|board of directors|volunteer|delegate|served as|employ(?:ed|ment)|employer|chapter)\b"
)


REGISTRAR = re.compile(r"\b(?:semester|gpa|registrar|undergraduate|academic record)\b")


def activity_types(layout: Layout, words: str, unit: str) -> list[Candidate]:
    """Return the type if the certificate says it clearly, else the types between which it does not."""
    by_unit = {"semester-hour": "college-semester-hours", "quarter-hour": "college-quarter-hours"}
    if unit in by_unit:
        return [Candidate(by_unit[unit])]
    if GAVE.search(words) or OFFICE.search(words) or (not unit and REGISTRAR.search(words)):
        return []
    for provider in providers(layout):  # "Harborview Training Partners" is no training
        words = words.replace(folded(provider.said), "")
    live = LIVE.search(words) or COURSE.search(words)
    if SELF_STUDY.search(words):
        types = ["self-study", "course-seminar-webinar"] if live else ["self-study"]
        return [Candidate(code) for code in types] if unit in ("", "hour") else []
    if not live:
        return []
    code = "course-ceu" if unit == "ceu" else "course-seminar-webinar" if unit in ("", "hour") else ""
    return [_on_page(layout, live[0], code)] if code else []


def _on_page(layout: Layout, word: str, code: str) -> Candidate:
    for run in layout.runs:
        if (at := run.flat.replace("\n", " ").find(word)) >= 0:
            return Candidate(code, word, spot=run.spot(at, at + len(word)))
    return Candidate(code)
