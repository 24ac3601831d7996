"""Asking the provider about many things, one after the other."""

from collections.abc import Callable, Iterable
from typing import TypeVar

from django.db import models

from certifications.payments import provider

AWAY = 3
"""After so many calls in a row without an answer, the rest waits for the next run: each would take its time to fail."""

M = TypeVar("M", bound=models.Model)


def ask_about_each(records: Iterable[M], ask: Callable[[M], object]) -> tuple[int, list[str]]:
    """Ask about each record, whatever fails for another one.

    Return how many were asked about, and a sentence for each that could not be.
    """
    asked, left, away_in_a_row = 0, [], 0
    for record in records:
        try:
            ask(record)
            asked, away_in_a_row = asked + 1, 0
        except provider.ProviderRefused as refused:
            left.append(f"{record}: the payment provider refuses: {refused}")
        except provider.ProviderAway as away:
            left.append(f"{record}: the payment provider does not answer: {away}")
            away_in_a_row += 1
            if away_in_a_row == AWAY:
                break
    return asked, left
