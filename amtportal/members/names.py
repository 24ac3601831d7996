"""Names as people type them, and as they sound on the phone.

``folded`` is one form for all spellings of a name: Núñez, NUÑEZ and Nunez; O’Brien, O'Brien and
OBrien. Names are compared and found in it, and never shown. ``sound`` is one form for all spellings
that sound alike: it finds who was written down as they were heard.
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


# What is written in several ways and sounds alike; the longer before what it contains.
_SOUNDS = (
    ("sch", "s"), ("tch", "k"), ("sh", "s"), ("ch", "k"), ("ck", "k"), ("ph", "v"), ("gh", "h"), ("th", "t"),
    ("dt", "t"), ("tz", "s"), ("qu", "kv"), ("ce", "se"), ("ci", "si"), ("cy", "si"), ("x", "ks"),
    ("c", "k"), ("q", "k"), ("z", "s"), ("w", "v"), ("f", "v"), ("y", "i"),
)  # fmt: skip
_SILENT_FIRST = (("kn", "n"), ("wr", "r"), ("gn", "n"))
_TWICE = re.compile(r"(.)\1+")
_VOWELS = re.compile("[aeiouh]")
LEAST_SOUND = 2
"""How many consonants a name needs to be found by its sound. With fewer, it sounds like half of all names."""


def sound(word: str) -> str:
    """Return what the word sounds like: its consonants, written in one way; empty if these are too few.

    The word is folded. "lindqvist" and "lindkvist" are ``lndkvst``, "smyth" and "smith" ``smt``. It
    follows how names are spelled in English, Spanish and the north of Europe, and is no more than a
    second look when nobody is found by the letters.
    """
    for written, said in _SILENT_FIRST:
        if word.startswith(written):
            word = said + word.removeprefix(written)
    for written, said in _SOUNDS:
        word = word.replace(written, said)
    word = _TWICE.sub(r"\1", word)
    consonants = _VOWELS.sub("", word[1:])
    first = "a" if word[:1] in "aeiou" else word[:1]
    key = f"{first}{consonants}"
    return key if len(key) >= LEAST_SOUND and key.isascii() and key.isalpha() else ""
