"""What people and files write, without what nobody sees.

A text that was copied from a web page, a mail or a spreadsheet may carry characters without a
width: a zero-width space (U+200B), a mark of direction (U+200E), a soft hyphen (U+00AD), a byte
order mark (U+FEFF). It may have other blanks than the space bar writes, such as the no-break space
(U+00A0), and other signs for the same letter, such as ｱ for ア. Two texts that look the same would
then differ. Every form, file and command therefore asks this module what a text says:

| | form | characters without a width | blanks |
| --- | --- | --- | --- |
| an identifier: AMT ID, certificate number, reference | NFKC | removed | one space |
| an e-mail address | NFKC, lower case | removed | one space, which no address may have |
| a code that is typed in groups | NFKC | removed | removed, and hyphens |
| the text of a day or a number | NFC, letters and digits of full width as usual | removed | one space |
| a name, a title: a line for people to read | NFC | removed, see below | one space |
| a password | NFKC (NIST SP 800-63B-4, section 3.1.1.2) | stay | stay |

In a line, a zero-width joiner or non-joiner between two characters stays, because the scripts of
Persian, Hindi and others spell with them, and so do joined emoji. Marks that change the direction
of the text around them do not stay. Where nothing that anybody sees is left, the line is empty.
"""

import re
import unicodedata

_JOINERS = "\u200c\u200d"
# Unicode's category Cf has signs that are seen: they stand before a number and belong to it.
_SEEN_FORMAT = frozenset("\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd")
# These are without a width as well, but Unicode counts them as letters, marks or symbols.
_FILLERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0")
_VIRAMA = 9  # the combining class of the sign that takes the vowel from a consonant
_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_SEPARATORS = {0x2028: " ", 0x2029: " "}
_MONTH = "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_SPREADSHEET_NUMBER = re.compile(
    r"[+-]?(?:[0-9]+[.,]0+|[0-9]+(?:[.,][0-9]+)?E\+[0-9]+|[0-9][.,][0-9]+E-?[0-9]+|[0-9]{1,3}(?:,[0-9]{3})+)"
    # It makes 14-Mar of 3-14. A number with the month in capitals is somebody's own.
    rf"|(?-i:[0-9]{{1,2}}-{_MONTH}(?:-[0-9]{{2,4}})?|{_MONTH}-[0-9]{{2}})",
    re.IGNORECASE,
)
_HYPHENS = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-"))


def has_no_width(character: str) -> bool:
    """Return whether nobody sees the character, not even as a blank."""
    if character in _FILLERS or _selects_a_variant(character):
        return True
    return unicodedata.category(character) == "Cf" and character not in _SEEN_FORMAT


def is_unseen(text: str) -> bool:
    """Return whether the text has nothing that anybody sees: only blanks and no width."""
    if text.isascii():
        return not text or text.isspace()
    return all(character.isspace() or has_no_width(character) for character in text)


def unprintable(text: str, *, allowed: str = "") -> str | None:
    """Return the first character that cannot be printed: a control character or half a pair."""
    if text.isprintable():
        return None
    return next(
        (
            character
            for character in text
            if character not in allowed
            and (unicodedata.category(character) in ("Cc", "Cs") or character in "\u2028\u2029")
        ),
        None,
    )


def identifier(text: str) -> str:
    """Return an identifier in the one form in which it is stored and compared.

    The hyphens and dashes that look alike become the one of the keyboard.
    """
    if text.isascii():
        return _blanks_as_one(text)
    return _blanks_as_one(_visible(unicodedata.normalize("NFKC", _visible(text)))).translate(_HYPHENS)


def email(text: str) -> str:
    return identifier(text).lower()


def is_spoiled_number(number: str) -> bool:
    """Return whether a spreadsheet took the number for an amount or a day and changed it."""
    return bool(_SPREADSHEET_NUMBER.fullmatch(number))


def code(text: str) -> str:
    """Return a code that people type in groups, without what separates the groups."""
    return re.sub(r"[\s-]", "", identifier(text))


def typed(text: str) -> str:
    """Return the text of a day or a number, ready to be read.

    Other signs stay as they are: NFKC would make 11⁄2 of 1½, and 102 of 10².
    """
    return _blanks_as_one(unicodedata.normalize("NFC", _visible(text)).translate(_FULL_WIDTH))


def line(text: str) -> str:
    """Return a line for people to read, such as a name or a title."""
    if text.isascii():
        return _blanks_as_one(text)
    kept: list[str] = []
    for character in unicodedata.normalize("NFC", text).translate(_SEPARATORS):
        if character in _JOINERS or _selects_a_variant(character):
            if kept and not kept[-1].isspace():
                kept.append(character)
        elif not has_no_width(character):
            while kept and character.isspace() and _joins_nothing(kept):
                kept.pop()
            kept.append(character)
    while kept and _joins_nothing(kept):
        kept.pop()
    return _blanks_as_one("".join(kept))


def lines(text: str) -> str:
    """Return a text of several lines, each as ``line`` returns it, without empty lines around it."""
    return "\n".join(line(one) for one in re.split(r"\r\n|\r|\n", text)).strip("\n")


def password(text: str) -> str:
    """Return a password as it is hashed: the same for every keyboard that can write it."""
    return unicodedata.normalize("NFKC", text)


def _selects_a_variant(character: str) -> bool:
    """Return whether the character chooses the shape of the one before it, as in some names."""
    return "\ufe00" <= character <= "\ufe0f" or "\U000e0100" <= character <= "\U000e01ef"


def _joins_nothing(kept: list[str]) -> bool:
    """Return whether the last character is a joiner that no letter follows and no virama precedes.

    After a virama, a joiner at the end of a word chooses the form of the letter before it.
    """
    return kept[-1] in _JOINERS and not (len(kept) > 1 and unicodedata.combining(kept[-2]) == _VIRAMA)


def _visible(text: str) -> str:
    if text.isascii():
        return text
    return "".join(character for character in text if not has_no_width(character))


def _blanks_as_one(text: str) -> str:
    """Return the text with one space for each run of blanks, and none around it.

    Control characters inside the text are not blanks: they are reported, see ``unprintable``.
    """
    if text.isascii() and "  " not in text:
        return text.strip()
    return re.sub(r"[^\S\x00-\x1f\x7f-\x9f\u2028\u2029]+", " ", text).strip()
