"""Which passwords are accepted: long ones that are hard to guess, made of any characters.

- A password has 15 characters or more; 8 are enough with a second factor (NIST SP 800-63B-4,
  section 3.1.1).
- It is hard to guess: ``zxcvbn`` rates it 3 or 4. The person's name and address and the words of
  AMT add nothing to its strength.
- The password is judged, like it is stored and compared, in Unicode's form NFKC
  (``amtportal.clean.password``).
- A refusal says why.
"""

import re
from math import prod
from threading import Lock

from allauth.mfa.utils import is_mfa_enabled
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from amtportal import clean
from amtportal.members.factors.second_factor import FACTORS
from amtportal.members.models import ALONE, Member, User

BESIDE_A_FACTOR = 8
LONGEST = 1000
LOOKED_AT = 100
"""How many characters are rated. Rating more takes long and does not change the result."""
MOST_READINGS, LOOKED_AT_OF_SIGNS = 16, 20
"""``zxcvbn`` tries every way to read digits and symbols as letters (4 or @ as a, 1 or | as i or l).
If there are more than ``MOST_READINGS`` ways, only the first characters are rated. More characters
can only make the password stronger."""
GOOD = 3

OUR_WORDS = [
    "american medical technologists",
    "technologists",
    "american",
    "medical",
    "amtrax",
    "portal",
    "amt",
    "rosemont",
]
REASONS = {
    "ours": gettext_lazy("It is made from your name, your e-mail address or words that AMT uses."),
    "passwords": gettext_lazy("It is close to a password that many people use."),
    "dictionary": gettext_lazy("It is a name or a word from a dictionary."),
    "repeat": gettext_lazy("It repeats the same thing over and over."),
    "sequence": gettext_lazy("It is a sequence such as abc or 1234."),
    "spatial": gettext_lazy("Its keys are next to each other on the keyboard."),
    "regex": gettext_lazy("It is a year or a date."),
    "date": gettext_lazy("It is a year or a date."),
    "bruteforce": gettext_lazy("It is too short for what it is made of."),
}
_one_at_a_time = Lock()
"""``zxcvbn`` stores the words about the person in a variable that all threads share."""


def least(user: User | None) -> int:
    """Return how many characters the person's password needs.

    The first password of an account that passkeys alone open stands alone: a mailed link ends them
    (``passkey_alone``).
    """
    is_beside = user and user.pk and user.has_usable_password() and is_mfa_enabled(user, FACTORS)
    return BESIDE_A_FACTOR if is_beside else ALONE


def problem_with(password: str, user: User | None) -> str:
    """Return in words why the password is refused; empty if it is accepted."""
    try:
        validate_password(password, user)
    except ValidationError as refused:
        return " ".join(refused.messages)
    return ""


def known_words(user: User | None) -> list[str]:
    """Return the words that anybody would try first, the longest first.

    They are the words of AMT and the person's name, e-mail address and AMT ID.
    """
    texts = [user.email] if user else []
    member = Member.objects.filter(user=user).first() if user and user.pk else None
    if member:
        texts += [member.first_name, member.last_name, member.amt_id]
    words = {word.lower() for text in texts for word in (text, *re.split(r"[\W_]+", text)) if len(word) > 2}
    return sorted({*OUR_WORDS, *words}, key=len, reverse=True)


def judged_of(password: str) -> str:
    """Return the characters of the password that are rated."""
    from zxcvbn.matching import L33T_TABLE, relevant_l33t_subtable

    judged = password[:LOOKED_AT]
    readings = prod(len(signs) for signs in relevant_l33t_subtable(judged, L33T_TABLE).values())
    return judged if readings <= MOST_READINGS else judged[:LOOKED_AT_OF_SIGNS]


def weakness(password: str, known: list[str]) -> str | None:
    """Return why the password is too easy to guess, as a key of ``REASONS``; None if it is not."""
    from zxcvbn import zxcvbn  # 12 MiB of words, which a process needs that sets a password

    judged = judged_of(password)
    with _one_at_a_time:
        whole = zxcvbn(judged, known, max_length=LOOKED_AT)
    if whole["score"] < GOOD:
        longest = max(whole["sequence"], key=lambda match: len(match["token"]))
        if longest["pattern"] != "dictionary":
            return str(longest["pattern"])
        return {"user_inputs": "ours", "passwords": "passwords"}.get(longest["dictionary_name"], "dictionary")
    rest = re.sub("|".join(map(re.escape, known)), "", judged, flags=re.IGNORECASE)
    if rest == judged:
        return None
    with _one_at_a_time:
        left = zxcvbn(rest, max_length=LOOKED_AT)["score"] if rest.strip() else 0
    return "ours" if left < GOOD else None


class LengthValidator:
    def validate(self, password: str, user: User | None = None) -> None:
        password, needed = clean.password(password), least(user)
        if len(password) < needed:
            typed = ngettext("Yours has %(length)s.", "Yours has %(length)s.", len(password))
            words = _("Use at least %(needed)s characters.") + " " + typed
            raise ValidationError(words % {"needed": needed, "length": len(password)}, code="password_too_short")
        if len(password) > LONGEST:
            raise ValidationError(_("Use at most %(most)s characters.") % {"most": LONGEST}, code="password_too_long")

    def get_help_text(self) -> str:
        return _("Use at least %(needed)s characters.") % {"needed": ALONE}


class GuessValidator:
    def validate(self, password: str, user: User | None = None) -> None:
        password = clean.password(password)
        if len(password) < least(user):
            return  # LengthValidator reports this
        why = weakness(password, known_words(user))
        if why:
            words = _("This password is too easy to guess. %(why)s Choose three or four words that do not go together.")
            raise ValidationError(words % {"why": REASONS.get(why, REASONS["bruteforce"])}, code="password_too_easy")

    def get_help_text(self) -> str:
        return _("Three or four words that do not go together are hard to guess and easy to remember.")
