"""What words of a certificate say about a day, a number or a name beside them.

All patterns are for text in small letters without accents (``folded``).
"""

import re
import unicodedata
from enum import Enum


class Means(Enum):
    """What a day is, by the words beside it."""

    DONE = "done"  # completed, attended, held
    STARTS = "starts"
    ENDS = "ends"
    PLAIN = "plain"  # "Date", or "on" in a sentence
    ISSUED = "issued"  # when the certificate was written
    OTHER = "other"  # expiry, approval, birth, and whatever else is nobody's activity


_KINDS = (
    r"(?:courses?|program(?:me|s)?|events?|activit(?:y|ies)|class|training|sessions?|presentations?|conferences?|meetings?|"
    r"webinars?|webcasts?|workshops?|seminars?|lectures?|in-?services?|symposium|attendance|completion|participation|service|"
    r"live event|instruction|study|exam|test|quiz|ce|education|offering)"
)
_TIPOS = (
    r"(?:curso|realizacion|evento|actividad|asistencia|terminacion|conclusion|culminacion|participacion|celebracion|"
    r"finalizacion|taller|seminario|conferencia|adiestramiento|capacitacion|webinar|formacion|cumplimiento|completado)"
)
_CUES: tuple[tuple[Means, str], ...] = (
    (
        Means.OTHER,
        r"expir\w*|exp\.? ?date|exp\b\.?|valid\w*(?: (?:through|until|thru|to|from))?|good (?:through|until|thru)|"
        r"venc\w*|vigen\w*|valid[oa] hasta|caduc\w*|renew\w*|recertif\w*|renovacion|"
        r"approv\w*|accredit\w*|acredita\w*|aprobacion|aprobad[oa] por|autoriza\w*|authoriz\w*|"
        r"birth\w*|born|d\.?o\.?b\b\.?|nacimiento|nacid[oa]|"
        r"print(?:ed|out)?\b|impres[oa]\b|impresion|generated|generad[oa]|download\w*|descargad[oa]|retrieved|accessed|"
        r"as of|a la fecha|enroll?\w*|regist(?!rar)\w*|inscri\w*|matricula\w*|order(?:ed)?\b|purchas\w*|paid|payment|pago|"
        r"invoice|factura\w*|hired?\b|contratacion|rev(?:\.|ised|ision|isado)?\b|updated|actualizad[oa]|version|"
        r"copyright|\(c\)|releas\w*|publi(?:sh|ca|cation)\w*|posted|launch\w*|origina\w*|effective|licen[sc]\w*|"
        r"member since|founded|since|fundad[oa]|established|next|proxim[oa]|due|deadline|available|disponible|"
        r"access|retain|keep|kept|conserv\w*|sent\b|enviad[oa]|received on|recibid[oa]|created|creado|application|solicitud|"
        r"review(?:ed)?\b|revision|submitted|presentad[oa] el|last (?:login|updated)|uploaded|recorded on|recording|"
        r"before|antes del?|no later than|not after|by\b(?= *$)|hasta(?= (?:el)? *$)|verif\w*|transcript date|begins? again|"
        r"(?:certification|validity|reporting|renewal|compliance) (?:date|period)|cycle|ciclo|periodo de (?:validez|renovacion)",
    ),
    (
        Means.ISSUED,
        r"issu(?:ed?|ance|ing)\w*|expedid[oa]|expedicion|expide|emitid[oa]|emision|emite|date of certificate|"
        r"certificate date|fecha del certificado|sign(?:ed|ature|ing)\w*|firma\w*|dated|"
        r"(?:certificate )?awarded|date awarded|granted on|notariz\w*|faculty|registrar",
    ),
    (
        Means.STARTS,
        r"start(?:s|ed|ing)?(?: date| on)?|date started|begin(?:s|ning)?(?: date| on)?|began(?: on)?|commenc\w*|from\b|"
        r"inici\w*|comienzo|comenz\w*|desde(?: el)?|first day",
    ),
    (
        Means.ENDS,
        r"end(?:s|ed|ing)?(?: date| on)?|(?:date )?to(?= *:? *$)|through|termin[oa]\b|fin\b(?: de)?|conclu\w*|hasta el|last day|final date",
    ),
    (
        Means.DONE,
        rf"complet\w*|finish\w*|finaliz\w*|attend\w*|asist\w*|particip\w*|held\b|celebrad[oa]\w*|celebro|realizad[oa]\w*|"
        rf"realizo|impartid[oa]\w*|llevad[oa] a cabo|dates? of (?:the )?{_KINDS}|{_KINDS} dates?|(?:academic )?terms?|"
        rf"date of (?:live )?\w+ completion|(?:presented|conducted|offered|delivered|given|earned|taken|passed|viewed|watched|took place|"
        rf"occurred|taught|hosted)|fechas? (?:del? )?(?:la )?{_TIPOS}|{_TIPOS} fecha|culmin\w*|cursad[oa]|curso|"
        rf"aprobo|ha aprobado|superado|dictad[oa]|ofrecid[oa]|efectuad[oa]|tuvo lugar|tomad[oa]|cumpli\w*",
    ),
    (Means.PLAIN, r"dates?\b(?: of)?|fechas?\b(?: de)?|on\b|el\b|this\b|during|day\b|when\b|cuando"),
)
# A longer cue wins over a shorter one within it: "date of completion" over "date".
_PATTERNS = [(means, re.compile(rf"(?<![a-z])(?:{words})(?![a-z])")) for means, words in _CUES]

TITLE = re.compile(
    r"(?:(?:full |official )?(?:course|program(?:me)?|activity|class|session|event|seminar|webinar|training|module|presentation|"
    r"lecture|workshop|in-?service|conference|article|subject|education|ce|offering|meeting)?(?: ?/ ?(?:course|activity|program|event))? ?"
    r"(?:title|topic|subject|description)(?:/(?:topic|title|subject))?(?: of (?:the )?(?:course|program|activity|event|session|presentation|training|offering|class))?|"
    r"(?:course|program(?:me)?|activity|class|session|event|seminar|webinar|training|module|workshop|conference) name|"
    r"name of (?:the )?(?:course|program|activity|event|session|training|class)|course|program(?:me)?|activity|class|seminar|webinar|workshop|training|in-?service|conference|module|session|"
    r"(?:titulo|nombre|tema|denominacion)(?: (?:del?|de la) (?:curso|actividad|programa|taller|seminario|evento|accion formativa))?|"
    r"curso|actividad(?: formativa)?|programa|taller|seminario|evento|tema|asunto)"
)
PROVIDER = re.compile(
    r"(?:(?:ce |course |program |activity |approved |educational |event )?(?:provider|sponsor|organizer|organization|sponsoring organization)(?: name)?|"
    r"(?:name of )?(?:provider|sponsor|institution|school)(?:/(?:sponsor|provider|school))?|"
    r"(?:presented|sponsored|offered|provided|hosted|organized|conducted) by|"
    r"(?:entidad|institucion|organismo|centro)(?: (?:organizador[a]?|proveedor[a]?|educativ[oa]|que (?:imparte|certifica)))?|proveedor|"
    r"(?:organizad[oa]|ofrecid[oa]|auspiciad[oa]|patrocinad[oa]|impartid[oa]|dictad[oa]) por|organizador|patrocinador|auspiciador)"
)
ORGANIZATION = re.compile(
    r"\b(?:academ\w+|society|universi\w+|college|hospital|cent(?:er|re|ro)|institut\w+|associat\w+|council|department|clinic\w*|"
    r"llc|inc|corp|colegio|asociacion|fundacion|foundation|school|escuela|partners|consult\w+|learning|education|educators|"
    r"laborator(?:y|ies|ios?)|health|healthcare|medical|sociedad|consejo|system|services|group|network|alliance|"
    r"federation|federacion|board|company|agency|ministerio|secretaria|red cross|cruz roja|technologists|scientists|training)\b"
)


def folded(text: str) -> str:
    """Return the text, letter for letter, in small letters without accents."""
    return "".join(_letter(letter) for letter in text)


def _letter(letter: str) -> str:
    small = unicodedata.normalize("NFD", letter.lower())[0]
    return small if small.isprintable() else " "


def last_cue(text: str) -> tuple[Means, int] | None:
    """Return what the words nearest to the end of the text mean, and where they end.

    Words that only say that a day follows (``Means.PLAIN``) stand behind any other.
    """
    found = [(match.start(), match.end(), means) for means, pattern in _PATTERNS for match in pattern.finditer(text)]
    # "date of completion" over "date", and over "completion"
    longest = [
        (start, end, means)
        for start, end, means in found
        if not any(other[0] <= start and end <= other[1] and other[1] - other[0] > end - start for other in found)
    ]
    telling = [cue for cue in longest if cue[2] is not Means.PLAIN] or longest
    if not telling:
        return None
    _, end, means = max(telling, key=lambda cue: (cue[1], -cue[0]))
    return means, end


LABEL_WORDS = 5
NO_DAY = re.compile(r"[0-9!?]|\b(?:hours?|hrs|credits?|ceus?|points?|horas?|creditos?|puntos?)\b")


def is_label(text: str) -> bool:
    """Return whether the text is the label of a day: a few words with a cue, without any number."""
    words = text.strip(" :._*").split()
    if not 0 < len(words) <= LABEL_WORDS or NO_DAY.search(text):
        return False
    return text.rstrip().endswith(":") or last_cue(text) is not None
