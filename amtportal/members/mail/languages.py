"""In which language a person gets mail that nobody asked for on a page just now."""

from collections.abc import Callable

from django.utils import translation

from amtportal.members.models import User
from amtportal.middleware.language import or_english

Choice = Callable[[User], str]
_choices: list[Choice] = []


def register(choice: Choice) -> None:
    """Ask this function for the language that a person chose for mail; empty if none was chosen."""
    _choices.append(choice)


def language_of(user: User) -> str:
    """Return the language that the person chose for mail, else that of the last sign-in, else that of the page."""
    chosen = next(filter(None, (choice(user) for choice in _choices)), "")
    return or_english(chosen or user.language or translation.get_language())
