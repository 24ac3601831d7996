"""Refusing: how the portal says no to what the rules do not allow, with a sentence that says what to do.

A pure rule answers ``Problem | None``. A verb raises ``Refused``. A page shows the sentence in the form, at the field
that it names or above the form. A subclass of ``Refused`` exists only where somebody catches it apart from the others.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """A broken rule: the field of the form it belongs to (empty if none), and the sentence that says what to do."""

    field: str
    sentence: str


class Refused(Exception):
    """Something that the rules do not allow. ``sentence`` says what to do, ``field`` where the form shows it."""

    def __init__(self, sentence: str, field: str = "") -> None:
        super().__init__(sentence)
        self.sentence, self.field = sentence, field

    @property
    def problem(self) -> Problem:
        return Problem(self.field, self.sentence)


def refuse_if(problem: Problem | None) -> None:
    """Raise ``Refused`` with the broken rule; do nothing where none is broken."""
    if problem:
        raise Refused(problem.sentence, problem.field)
