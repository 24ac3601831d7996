"""What words of a certificate say about a day, a number or a name beside them.

All patterns are for text in small letters without accents (``folded``).
"""

import re
import unicodedata
from collections.abc import Sequence
from enum import Enum


class Means(Enum):
    """What a day is, by the words beside it."""

    DONE = "done"  # completed, attended, held
    STARTS = "starts"
    ENDS = "ends"
    PLAIN = "plain"  # "Date", or "on" in a sentence
    ISSUED = "issued"  # when the certificate was written
    NEARBY = "nearby"  # as OTHER, but only if it stands right before the day
    OTHER = "other"  # expiry, approval, birth, and whatever else is nobody's activity


_KINDS = (
    r"(?:courses?|program(?:me|s)?|events?|activit(?:y|ies)|class|training|sessions?|presentations?|conferences?|"
    r"meetings?|"
    r"webinars?|webcasts?|workshops?|seminars?|lectures?|in-?services?|symposium|attendance|completion|"
    r"participation|service|"
    r"live event|live broadcast|instruction|study|exam|test|quiz|ce|education|offering|earning)"
)
_TIPOS = (
    r"(?:curso|realizacion|evento|actividad|asistencia|terminacion|conclusion|culminacion|participacion|celebracion|"
    r"finalizacion|taller|seminario|conferencia|adiestramiento|capacitacion|webinar|formacion|cumplimiento|completado)"
)
_CUES: tuple[tuple[Means, str], ...] = (
    (
        Means.OTHER,
        r"expir\w*|exp\.? ?date|exp\b\.?|valid\w*(?: (?:through|until|thru|to|from))?|good (?:through|until|thru)|"
        r"venc\w*|vigen\w*|valid[oa] hasta|caduc\w*|renew(?:al|ed|s)?|recertif\w*|renovacion|"
        r"approv\w*|accredit\w*|acreditacion|aprobacion|aprobad[oa] por|autoriza\w*|authoriz\w*|"
        r"birth ?date|date of birth|born|d\.?o\.?b\b\.?|fecha de nacimiento|nacid[oa]|"
        r"enroll?(?:ed|ment)|regist(?:ered|ration)|inscri(?:to|ta|pcion)|matriculad[oa]|"
        r"(?:certification|validity|reporting|renewal|compliance) (?:date|period)|periodo de (?:validez|renovacion)|"
        r"no later than|not after|member since|last (?:login|updated)|transcript date|recording",
    ),
    (
        Means.ISSUED,
        r"issu(?:ed?|ance|ing)\w*|expedid[oa]|expedicion|expide|emitid[oa]|emision|emite|date of certificate|"
        r"certificate date|fecha del certificado|sign(?:ed|ature|ing)\w*|firma\w*|dated|"
        r"notariz\w*|(?:verified|certified|reviewed|authorized|checked) by|verificad[oa] por|prepared|faculty|"
        r"registrar|seal(?:ed)?",
    ),
    (
        Means.STARTS,
        r"start(?:s|ed|ing)?(?: date| on)?|date started|begin(?:s|ning)?(?: date| on)?|began(?: on)?|commenc\w*|from\b|"
        r"inici\w*|comienzo|comenz\w*|desde(?: el)?|first day",
    ),
    (
        Means.ENDS,
        r"end(?:s|ed|ing)?(?: date| on)?|(?:date )?to(?= *:? *$)|through|termin[oa]\b|fin\b(?: de)?|conclu\w*|"
        r"hasta el|last day|final date",
    ),
    (
        Means.DONE,
        rf"complet\w*|finish\w*|finaliz\w*|attend\w*|took part|asist\w*|particip\w*|held\b|celebrad[oa]\w*|celebro|"
        rf"realizad[oa]\w*|"
        rf"realizo|impartid[oa]\w*|llevad[oa] a cabo|date(?:s|\(s\))? of (?:the |your )?{_KINDS}|{_KINDS} date(?:s|"
        rf"\(s\))?|(?:academic )?terms?(?! of)|"
        rf"date of (?:live )?\w+ completion|(?:conducted|offered|delivered|earned|taken|passed|viewed|watched|"
        rf"took place|"
        rf"occurred|taught|hosted)|fechas? (?:del? )?(?:la )?{_TIPOS}|{_TIPOS} fecha|culmin\w*|cursad[oa]|curso|"
        rf"aprobo|ha aprobado|superado|dictad[oa]|ofrecid[oa]|efectuad[oa]|tuvo lugar|tomad[oa]|cumpli\w*",
    ),
    (
        Means.NEARBY,
        r"birth|nacimiento|print(?:ed|out)?|impres[oa]|impresion|generated|generad[oa]|download\w*|descargad[oa]|"
        r"retrieved|"
        r"accessed|as of|a la fecha|order(?:ed)?|purchas\w*|paid|payment|pago|invoice|factura\w*|hired?|contratacion|"
        r"rev(?:\.|ised|ision|isado)?|updated|actualizad[oa]|version|copyright|\(c\)|releas\w*|publi(?:sh|ca|"
        r"cation)\w*|"
        r"posted|opened|account|covering|report(?:ed)?|launch\w*|original\w*|effective|licen[sc]\w*|founded|since|fundad[oa]|established|next|proxim[oa]|due|"
        r"deadline|available|disponible|access|retain|keep|kept|conserv\w*|sent|enviad[oa]|received|recibid[oa]|"
        r"created|"
        r"creado|application|solicitud|review(?:ed)?|submitted|uploaded|recorded|before|antes del?|by|verif\w*|"
        r"cycle|ciclo|"
        r"assigned|asignad[oa]|until|hasta(?! el)|within|fax(?:ed)?|scanned|logged|registr[oa]|inscri\w*|"
        r"matricula\w*|renew\w*",
    ),
    (
        Means.PLAIN,
        rf"dates?\b(?: of)?|fechas?\b(?: de)?|award\w*|granted|given|presented|otorgad[oa]|{_KINDS}|{_TIPOS}",
    ),
)
# A longer cue wins over a shorter one within it: "date of completion" over "date".
_PATTERNS = [(means, re.compile(rf"(?<![a-z])(?:{words})(?![a-z])")) for means, words in _CUES]

TITLE = re.compile(
    r"(?:(?:full |official )?(?:course|program(?:me)?|activity|class|session|event|seminar|webinar|training|module|"
    r"presentation|"
    r"lecture|workshop|in-?service|conference|article|subject|education|ce|offering|meeting|assignment|"
    r"lesson)?(?: ?/ ?(?:course|activity|program|event))? ?"
    r"(?:title|topic|subject|description)(?:/(?:topic|title|subject))?(?: of (?:the )?(?:course|program|activity|"
    r"event|session|presentation|training|offering|class))?|"
    r"(?:course|program(?:me)?|activity|class|session|event|seminar|webinar|training|module|workshop|conference) name|"
    r"name of (?:the )?(?:course|program|activity|event|session|training|class)|assignment|learning activity|event|"
    r"course|program(?:me)?|activity|class|seminar|webinar|workshop|training|in-?service|conference|"
    r"(?:titulo|nombre|tema|denominacion)(?: (?:del?|de la) (?:curso|actividad|programa|taller|seminario|evento|"
    r"accion formativa))?|"
    r"curso|actividad(?: formativa)?|programa|taller|seminario|evento|tema|asunto)"
)
PROVIDER = re.compile(
    r"(?:(?:ce |course |program |activity |approved |accredited |authorized |educational |event )?(?:provider|"
    r"sponsor|organizer|organization|sponsoring organization)(?: name)?|"
    r"(?:name of )?(?:provider|sponsor|institution|school)(?:/(?:sponsor|provider|school))?|"
    r"(?:presented|sponsored|offered|provided|hosted|organi[sz]ed|conducted|produced) by|issuing (?:organization|"
    r"institution|authority)|"
    r"(?:entidad|institucion|organismo|centro)(?: (?:organizador[a]?|proveedor[a]?|educativ[oa]|que (?:imparte|"
    r"certifica)))?|proveedor|"
    r"(?:organizad[oa]|ofrecid[oa]|auspiciad[oa]|patrocinad[oa]|impartid[oa]|dictad[oa]) por|organizador|"
    r"patrocinador|auspiciador)"
)
ORGANIZATION = re.compile(
    r"\b(?:academ\w+|society|universi\w+|college|hospital|cent(?:er|re|ro)|institut\w+|associat\w+|council|"
    r"department|clinic\w*|"
    r"llc|inc|corp|colegio|asociacion|fundacion|foundation|school|escuela|partners|consult\w+|learning|education|"
    r"educators|"
    r"laborator(?:y|ies|ios?)|health|healthcare|medical|sociedad|consejo|system|services|group|network|alliance|"
    r"federation|federacion|board|company|agency|ministerio|secretaria|red cross|cruz roja|technologists|scientists|"
    r"training)\b"
)


def folded(text: str) -> str:
    """Return the text, letter for letter, in small letters without accents."""
    return "".join(_letter(letter) for letter in text)


def _letter(letter: str) -> str:
    small = unicodedata.normalize("NFD", letter.lower())[0]
    return small if small.isprintable() else " "


NEAR = re.compile(r"[\W_]*(?:[^\W_]+[\W_]+){0,2}")  # two words at most


def last_cue(text: str) -> tuple[Means, int] | None:
    """Return what the words nearest to the end of the text mean, and where they end.

    Words that only say that a day follows (``Means.PLAIN``) stand behind any other.
    """
    found = [
        (match.start(), match.end(), means)
        for means, pattern in _PATTERNS
        for match in pattern.finditer(text)
        if means not in (Means.NEARBY, Means.STARTS, Means.ENDS) or NEAR.fullmatch(text, match.end())
    ]
    # "date of completion" over "date", and over "completion"
    longest = [
        (start, end, means)
        for start, end, means in found
        if not any(other[0] <= start and end <= other[1] and other[1] - other[0] > end - start for other in found)
    ]
    telling = [cue for cue in longest if cue[2] is not Means.PLAIN] or longest
    if not telling:
        return None
    start, end, means = max(telling, key=lambda cue: (cue[1], -cue[0]))
    if means in (Means.STARTS, Means.ENDS) and _is_of_other(longest, start):
        means = Means.OTHER
    return Means.OTHER if means is Means.NEARBY else means, end


REACH = 30  # letters between "approval" and the "from" of its days


def _is_of_other(cues: Sequence[tuple[int, int, Means]], start: int) -> bool:
    """Return whether a first or last day is that of an approval or the like: "approval extends from"."""
    before = [(ends, means) for _, ends, means in cues if ends <= start and means is not Means.PLAIN]
    ends, means = max(before, key=lambda cue: cue[0], default=(0, Means.PLAIN))
    return means is Means.OTHER and start - ends < REACH


LABEL_WORDS = 5
NO_DAY = re.compile(r"[0-9!?]|\b(?:hours?|hrs|credits?|ceus?|points?|horas?|creditos?|puntos?)\b")


def is_label(text: str) -> bool:
    """Return whether the text is the label of a day: a few words with a cue, without any number."""
    words = text.strip(" :._*").split()
    if not 0 < len(words) <= LABEL_WORDS or NO_DAY.search(text):
        return False
    return text.rstrip().endswith(":") or last_cue(text) is not None
