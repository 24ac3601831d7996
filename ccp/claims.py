"""What can be claimed: the rules that an activity must keep before it is recorded or amended.

- The activity type can be chosen, applies to a chosen certification, and can be claimed in the dates of the activity
  (employment: work done to 12/31/2020).
- Points are above 0, in quarter steps, and within the smallest and largest claim of the type (at most 99). Where the
  type has a unit, they can be computed from a number of units; points typed beside it must agree.
- The activity starts on or before its last day, and its last day is not in the future.
- Both days lie in the cycle of at least one certification that the member chose, and that cycle takes records.
- The member attests that the information is correct.

Each broken rule is a sentence that says what to do, for the field it belongs to.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from amtportal.words import plain, us
from ccp.points import MOST, in_quarter_steps
from certifications.cycles import covers

MOST_UNITS = Decimal("9999.99")
HUNDREDTH = Decimal("0.01")
ATTESTATION = (
    "I attest that the information I am entering is correct, that I completed this activity on the dates given, "
    "and that I will keep the documents that prove it in case AMT audits my record."
)


@dataclass(frozen=True)
class Window:
    """The days of the cycle that a chosen certification has open for records."""

    certification: str
    starts_on: date
    ends_on: date

    def __str__(self) -> str:
        return f"{self.certification}: {us(self.starts_on)} to {us(self.ends_on)}"


@dataclass(frozen=True)
class Problem:
    """A broken rule: the field of the form it belongs to, and the sentence for the member."""

    field: str
    sentence: str


def problem_with_points(points: Decimal) -> Problem | None:
    if points <= 0:
        return Problem("points", "Points must be more than 0. Enter the points you earned, for example 1.5.")
    if points > MOST:
        return Problem("points", f"Points for one activity can be at most {plain(MOST)}. Enter {plain(MOST)} or less.")
    if not in_quarter_steps(points):
        return Problem("points", "Points come in quarter steps. Enter a number such as 1, 1.25, 1.5 or 1.75.")
    return None


def problem_with_number(quantity: Decimal) -> Problem | None:
    """A number of units that cannot be, whatever the type."""
    if quantity <= 0:
        return Problem("quantity", "Enter a number above 0, for example 3 or 0.4, or leave the field empty.")
    if quantity % HUNDREDTH:
        return Problem("quantity", "Enter how many as a number with at most two decimals, for example 3 or 0.4.")
    if quantity > MOST_UNITS:
        return Problem("quantity", f"How many can be at most {plain(MOST_UNITS)}. Enter what you completed.")
    return None


def problem_with_claim(points: Decimal, least: Decimal, most: Decimal, name: str) -> Problem | None:
    """Points that can be recorded, but not for this type in one entry."""
    if points < least:
        return Problem("points", f"{name} counts from {plain(least)} points an entry. Enter {plain(least)} or more.")
    if points > most:
        return Problem("points", f"{name} counts at most {plain(most)} points an entry. Enter {plain(most)} or less.")
    return None


def problem_with_no_unit(name: str) -> Problem:
    """A number of units for a type whose points are given directly."""
    return Problem("quantity", f"{name} is not counted in units. Leave this field empty and enter the points.")


def problem_with_quantity(
    units: str, computed: Decimal, typed: Decimal, least: Decimal, most: Decimal, name: str
) -> Problem | None:
    """Units (in words) that make no points, other points than those typed beside them, or too few or too many."""
    if computed <= 0:
        return Problem("quantity", f"For {units} you earn less than a quarter point. Enter what you completed in full.")
    if typed != computed:
        return Problem(
            "points",
            f"For {units} you earn {points_in_words(computed)}, but {points_in_words(typed)} "
            f"{'is' if typed == 1 else 'are'} entered. Leave one of the two empty.",
        )
    if problem := problem_with_points(computed) or problem_with_claim(computed, least, most, name):
        return Problem("quantity", f"For {units} you earn {points_in_words(computed)}. {problem.sentence}")
    return None


def points_in_words(points: Decimal) -> str:
    return f"{plain(points)} point{'' if points == 1 else 's'}"


def problem_with_dates(starts_on: date, ends_on: date, windows: Sequence[Window], on: date) -> Problem | None:
    """The first rule about the days that is broken. ``windows``: the open cycles of the chosen certifications."""
    dates = cycle_dates(windows)
    if starts_on > on:
        return Problem(
            "starts_on",
            f"The start date is in the future. Record the activity once it is done, with a start date up to "
            f"today, {us(on)}.{dates}",
        )
    if starts_on > ends_on:
        return Problem(
            "ends_on",
            f"The end date is before the start date. Enter {us(starts_on)} or a later day, or leave it empty "
            f"for an activity of one day.{dates}",
        )
    if ends_on > on:
        return Problem(
            "ends_on",
            f"The end date is in the future. Record the activity once it is done, with an end date up to "
            f"today, {us(on)}.{dates}",
        )
    if any(covers(window, starts_on, ends_on) for window in windows):
        return None
    first = min(window.starts_on for window in windows)
    last = max(window.ends_on for window in windows)
    if starts_on < first:
        return Problem("starts_on", f"The start date is before your CCP cycle. Enter a day inside the cycle.{dates}")
    if ends_on > last:
        field = "starts_on" if starts_on > last else "ends_on"
        which = "start" if starts_on > last else "end"
        return Problem(field, f"The {which} date is after your CCP cycle. Enter a day inside the cycle.{dates}")
    return Problem("ends_on", f"Both dates must lie in the CCP cycle of one certification.{dates}")


def is_retired(retired_on: date | None, on: date) -> bool:
    """From that day on the activity type can no longer be chosen."""
    return retired_on is not None and on >= retired_on


def problem_with_retired(name: str, retired_on: date | None, on: date) -> Problem | None:
    if is_retired(retired_on, on):
        return Problem("activity_type", f"{name} can no longer be chosen. Choose another activity type.")
    return None


def problem_with_credentials(name: str) -> Problem:
    return Problem(
        "activity_type", f"{name} does not count for the certification you chose. Choose another activity type."
    )


def problem_with_type(
    name: str,
    claimable_from: date | None,
    claimable_until: date | None,
    starts_on: date,
    ends_on: date,
    windows: Sequence[Window] = (),
) -> Problem | None:
    """The days lie outside those in which the type can be claimed."""
    dates = cycle_dates(windows)
    if claimable_until and windows and all(claimable_until < window.starts_on for window in windows):
        return Problem(
            "activity_type",
            f"{name} counts only for work done up to {us(claimable_until)}, before your CCP cycle began. Choose "
            f"another activity type.{dates}",
        )
    if claimable_until and ends_on > claimable_until:
        return Problem(
            "activity_type",
            f"{name} counts only for work done up to {us(claimable_until)}. Enter dates up to that day, or choose "
            f"another activity type.{dates}",
        )
    if claimable_from and starts_on < claimable_from:
        return Problem(
            "activity_type",
            f"{name} counts only for work done from {us(claimable_from)} on. Enter dates from that day on, or choose "
            f"another activity type.{dates}",
        )
    return None


def cycle_dates(windows: Sequence[Window]) -> str:
    """The cycles' dates, to stand at the end of a sentence about the days."""
    if not windows:
        return ""
    if len(windows) == 1:
        return f" Your CCP cycle runs from {us(windows[0].starts_on)} to {us(windows[0].ends_on)}."
    return " Your CCP cycles: " + "; ".join(str(window) for window in windows) + "."
