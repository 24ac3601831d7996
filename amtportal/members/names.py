"""Names as people type them, and as they sound on the phone.

``folded`` is one form for all spellings of a name: Núñez, NUÑEZ and Nunez; O’Brien, O'Brien and
OBrien. Names are compared and found in it, and never shown.
"""

import re
import unicodedata

# Letters that Unicode does not decompose, as people write them without the accent.
_PLAIN = str.maketrans(
    {"ø": "o", "đ": "d", "ð": "d", "ł": "l", "ħ": "h", "ŧ": "t", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th"}
)
_APOSTROPHES = re.compile("['’‘ʼʻ`´ʹʾʿ′＇]")
_SEPARATORS = re.compile(r"[\W_]+")


def folded(text: str) -> str:
    """Return the text in lower case, without accents and apostrophes, its words apart by one space.

    "Núñez" becomes "nunez", "O’Brien" becomes "obrien", and "Castillo-Núñez" "castillo nunez".
    Marks that belong to the letters of a script without case, as in Hindi and Thai, are dropped on
    both sides of a comparison.
    """
    plain = unicodedata.normalize("NFKD", _APOSTROPHES.sub("", text)).casefold()
    letters = "".join(mark for mark in unicodedata.normalize("NFKD", plain) if unicodedata.category(mark)[0] != "M")
    return _SEPARATORS.sub(" ", unicodedata.normalize("NFC", letters).translate(_PLAIN)).strip()


def run_together(text: str) -> str:
    """Return a last name as it is compared: O'Connor is O Connor, and De la Cruz is Delacruz."""
    return folded(text).replace(" ", "")


def is_last_name(typed: str, *, first_name: str, last_name: str) -> bool:
    """Return whether what was typed is the last name of a person. Who has one name is called by it."""
    wanted = run_together(typed)
    return bool(wanted) and run_together(last_name or first_name) == wanted
