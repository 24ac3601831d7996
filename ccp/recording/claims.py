"""What can be claimed: the rules that an activity must keep before it is recorded or amended.

- The activity type can be chosen on the day of recording: it has begun and is not retired.
- The activity type applies to a chosen certification and can be claimed for the dates of the
  activity (employment: work done up to 12/31/2020).
- Points are above 0, in quarter steps, and within the smallest and largest claim of the type (at
  most 99). If the type has a unit, points can be calculated from a number of units; points that are
  entered as well must agree. Where AMT has not published what a type is worth, the points may stay
  empty: AMT sets them, and the entry counts from that day.
- The activity starts on or before its last day, and its last day is not in the future.
- Both days lie in the cycle of at least one certification that the member chose, and that cycle
  takes records.
- The member attests that the information is correct.

Each broken rule is reported as a sentence that says what to do, for the field to which it belongs.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from amtportal import formatting as words
from amtportal.formatting import as_count, format_day, format_points, translated
from amtportal.refusals import Problem
from ccp.models import TypeTerms
from certifications.cycles import covers, span_on
from certifications.quarters import MOST, in_quarter_steps

MOST_UNITS = Decimal("9999.99")
HUNDREDTH = Decimal("0.01")
HOURS_OF_A_DAY = 24
ATTESTATION = gettext_lazy(
    "I attest that the information I am entering is correct. I completed this activity on the dates given. I will "
    "keep the documents that prove it in case AMT audits my record."
)
HOW_TO_CONFIRM = gettext_lazy("Correct how many or the dates, or check the box if they are right.")


@dataclass(frozen=True)
class Window:
    """The days of the open cycle of a certification, and what decides about the cycle after it."""

    certification: str
    starts_on: date
    ends_on: date
    awarded_on: date
    is_mandatory: bool = True

    def __str__(self) -> str:
        return _("%(certification)s: %(first)s to %(last)s") % {
            "certification": self.certification,
            "first": format_day(self.starts_on),
            "last": format_day(self.ends_on),
        }


def problem_with_points(points: Decimal) -> Problem | None:
    if points <= 0:
        return Problem("points", _("Points must be more than 0. Enter the points you earned, for example 1.5."))
    if points > MOST:
        sentence = _("Points for one activity can be at most %(most)s. Enter %(most)s or less.")
        return Problem("points", sentence % {"most": format_points(MOST)})
    if not in_quarter_steps(points):
        return Problem("points", _("Points come in quarter steps. Enter a number such as 1, 1.25, 1.5 or 1.75."))
    return None


def problem_with_no_points() -> Problem:
    return Problem("points", _("Enter the points you earned, for example 1.5."))


def problem_with_points_of_amt(points: Decimal) -> Problem:
    """Return the problem with other points than those that AMT set for an entry."""
    sentence = _("AMT set %(points)s for this entry. Leave the points as they are, or call AMT if they are wrong.")
    return Problem("points", sentence % {"points": points_in_words(points)})


def problem_with_number(quantity: Decimal) -> Problem | None:
    """Return the problem with a number of units that is wrong for every type, or None."""
    if quantity <= 0:
        return Problem("quantity", _("Enter a number above 0, for example 3 or 0.4, or leave the field empty."))
    if quantity % HUNDREDTH:
        return Problem("quantity", _("Enter how many as a number with at most two decimals, for example 3 or 0.4."))
    if quantity > MOST_UNITS:
        sentence = _("How many can be at most %(most)s. Enter what you completed.")
        return Problem("quantity", sentence % {"most": format_points(MOST_UNITS)})
    return None


def problem_with_unit(name: str, written: str | None, unit: str) -> Problem | None:
    """Return the problem with a number in another unit than that of the type, or None.

    ``written`` is the unit that was written with the number, if one was. A time is in contact
    hours.
    """
    if not written or written == unit:
        return None
    sentence = _("%(type)s is counted for each %(unit)s, not for each %(written)s. Enter how many, for example 3.")
    labels = {"unit": TypeTerms.Unit(unit).label, "written": TypeTerms.Unit(written).label}
    return Problem("quantity", sentence % {"type": translated(name), **labels})


def problem_with_claim(points: Decimal, least: Decimal, most: Decimal, name: str) -> Problem | None:
    """Return the problem if one entry of this type cannot claim these points, or None."""
    if points < least:
        sentence = _("%(type)s needs at least %(least)s points per entry. Enter %(least)s or more.")
        return Problem("points", sentence % {"type": translated(name), "least": format_points(least)})
    if points > most:
        sentence = _("%(type)s counts at most %(most)s points per entry. Enter %(most)s or less.")
        return Problem("points", sentence % {"type": translated(name), "most": format_points(most)})
    return None


def problem_with_no_unit(name: str) -> Problem:
    """Return the problem with a number of units for a type whose points are entered directly."""
    sentence = _("%(type)s is not counted in units. Leave this field empty and enter the points.")
    return Problem("quantity", sentence % {"type": translated(name)})


def problem_with_quantity(
    units: str, calculated: Decimal, typed: Decimal, least: Decimal, most: Decimal, name: str
) -> Problem | None:
    """Return the problem with the points that a number of units makes, or None.

    The units may make no points, other points than those that were typed, or too few or too many
    points. ``units`` is the number of units in words.
    """
    if calculated <= 0:
        sentence = _("For %(units)s you earn less than a quarter point. Enter what you completed in full.")
        return Problem("quantity", sentence % {"units": units})
    earned = {"units": units, "earned": points_in_words(calculated)}
    if typed != calculated:
        sentence = ngettext(
            "For %(units)s you earn %(earned)s, but %(typed)s point is entered. Leave one of the two empty.",
            "For %(units)s you earn %(earned)s, but %(typed)s points are entered. Leave one of the two empty.",
            as_count(typed),
        )
        return Problem("points", sentence % {**earned, "typed": format_points(typed)})
    if problem := problem_with_points(calculated) or problem_with_claim(calculated, least, most, name):
        sentence = _("For %(units)s you earn %(earned)s. %(problem)s")
        return Problem("quantity", sentence % {**earned, "problem": problem.sentence})
    return None


@dataclass(frozen=True)
class Doubt:
    """A claim that is possible but not likely: the member confirms it before it counts.

    ``key`` identifies what is confirmed: other hours or other days are asked about again.
    """

    key: str
    sentence: str


def doubt_about_hours(hours: Decimal, starts_on: date, ends_on: date) -> Doubt | None:
    """Return the doubt about more contact hours than the days of the activity have; or None.

    A day has 24 hours, so 24 contact hours in one day are not asked about, and 24.25 are. They may
    still be right: a self-study course is often dated with its last day only.
    """
    days = (ends_on - starts_on).days + 1
    if hours <= HOURS_OF_A_DAY * days:
        return None
    sentence = ngettext(
        "%(hours)s contact hours in %(days)s day are more than a day has.",
        "%(hours)s contact hours in %(days)s days are more than these days have.",
        days,
    )
    written = format_points(hours)
    return Doubt(f"{written}/{days}", sentence % {"hours": written, "days": days})


def points_in_words(points: Decimal) -> str:
    return ngettext("%(points)s point", "%(points)s points", as_count(points)) % {"points": format_points(points)}


def problem_with_dates(
    starts_on: date, ends_on: date, windows: Sequence[Window], on: date, *, others: Sequence[Window] = ()
) -> Problem | None:
    """Return the first broken rule about the days, or None.

    ``windows`` are the open cycles of the chosen certifications, and ``others`` those that the
    member did not choose. Done days outside the cycles are true: the sentence says to which cycle
    they belong, and whether and when they can be recorded there.
    """
    dates = cycle_dates(windows)
    if starts_on > on:
        return Problem(
            "starts_on",
            _(
                "The start date is in the future. Record the activity once it is done, with a start date up to "
                "today, %(today)s."
            )
            % {"today": format_day(on)}
            + dates,
        )
    if starts_on > ends_on:
        return Problem(
            "ends_on",
            _(
                "The end date is before the start date. Enter %(start)s or a later day, or leave it empty "
                "for an activity of one day."
            )
            % {"start": words.typed(starts_on)}
            + dates,
        )
    if ends_on > on:
        return Problem(
            "ends_on",
            _(
                "The end date is in the future. Record the activity once it is done, with an end date up to "
                "today, %(today)s."
            )
            % {"today": format_day(on)}
            + dates,
        )
    if any(covers(window, starts_on, ends_on) for window in windows):
        return None
    first = min(window.starts_on for window in windows)
    last = max(window.ends_on for window in windows)
    if starts_on < first:
        field, sentence = "starts_on", _("The start date is before your CCP cycle.")
    elif starts_on > last:
        field, sentence = "starts_on", _("The start date is after your CCP cycle.")
    elif ends_on > last:
        field, sentence = "ends_on", _("The end date is after your CCP cycle.")
    else:
        field, sentence = "ends_on", _("Both dates must lie in the CCP cycle of one certification.")
    elsewhere = [_choose(window) for window in others if covers(window, starts_on, ends_on)]
    told = elsewhere or [_where_it_belongs(starts_on, ends_on, window) for window in windows]
    return Problem(field, " ".join([sentence, *told]) + dates)


def _choose(window: Window) -> str:
    return _("These dates lie in your %(code)s cycle, %(first)s to %(last)s: choose %(code)s.") % _named(window)


def _where_it_belongs(starts_on: date, ends_on: date, window: Window) -> str:
    """Return to which cycle of the window's certification the days belong, and what can be done.

    A certification has one open cycle. Those before it take no more records, and the next one opens
    when this one is closed.
    """
    code = {"code": window.certification, "start": format_day(starts_on)}
    if ends_on < window.starts_on:
        if starts_on < window.awarded_on:
            sentence = _(
                "Your %(code)s certification was awarded on %(award)s. Record only what you did from that day on."
            )
            return sentence % {"award": format_day(window.awarded_on), **code}
        sentence = _(
            "%(start)s belongs to your %(code)s cycle %(first)s to %(last)s, which takes no more records. Points are "
            "not carried over into a later cycle."
        )
        return sentence % {**code, **_days_of(window, starts_on)}
    if starts_on > window.ends_on:
        sentence = _("%(start)s belongs to your next %(code)s cycle, which starts on %(first)s. %(opens)s")
        return sentence % {**code, **_days_of(window, starts_on), "opens": _when_it_opens(window)}
    if starts_on < window.starts_on:
        sentence = _(
            "The activity began before your %(code)s cycle. Enter what you completed from %(first)s on, with that day "
            "as the start date. Call AMT if your certificate does not say how much that is."
        )
        return sentence % _named(window)
    sentence = _(
        "The activity goes on in your next %(code)s cycle. Enter what you completed up to %(last)s, with that day as "
        "the end date, and record the rest in the next cycle. %(opens)s Call AMT if your certificate does not say how "
        "much each part is."
    )
    return sentence % {**_named(window), "opens": _when_it_opens(window)}


def _when_it_opens(window: Window) -> str:
    """Return when the cycle after this one takes records, as a sentence."""
    if window.is_mandatory:
        return _(
            "You can record it there as soon as that cycle opens: when the points and the renewal invoices of this "
            "cycle are complete."
        )
    return _("You can record it there as soon as that cycle opens: when the renewal invoices of this cycle are paid.")


def _named(window: Window) -> dict[str, str]:
    first, last = format_day(window.starts_on), format_day(window.ends_on)
    return {"code": window.certification, "first": first, "last": last}


def _days_of(window: Window, day: date) -> dict[str, str]:
    """Return the days of the cycle of the window's certification to which a day belongs."""
    cycle = span_on(window.awarded_on, day)
    return {"first": format_day(cycle.starts_on), "last": format_day(cycle.ends_on)}


def is_retired(retired_on: date | None, on: date) -> bool:
    """Return whether the activity type is retired: from ``retired_on`` on it cannot be chosen."""
    return retired_on is not None and on >= retired_on


def problem_with_retired(name: str, retired_on: date | None, on: date) -> Problem | None:
    if is_retired(retired_on, on):
        sentence = _("%(type)s can no longer be chosen. Choose another activity type.")
        return Problem("activity_type", sentence % {"type": translated(name)})
    return None


def problem_with_beginning(name: str, begins_on: date | None) -> Problem | None:
    """Return the problem with a type that has not begun yet, or None.

    ``begins_on`` is the day of the type's first terms if it comes after the day of recording;
    otherwise None.
    """
    if begins_on is None:
        return None
    sentence = _("%(type)s can be chosen for what is recorded from %(day)s on. Choose another activity type.")
    return Problem("activity_type", sentence % {"type": translated(name), "day": format_day(begins_on)})


def problem_with_credentials(name: str) -> Problem:
    sentence = _("%(type)s does not count for the certification you chose. Choose another activity type.")
    return Problem("activity_type", sentence % {"type": translated(name)})


def problem_with_type(
    name: str,
    claimable_from: date | None,
    claimable_until: date | None,
    starts_on: date,
    ends_on: date,
    windows: Sequence[Window] = (),
) -> Problem | None:
    """Return the problem if the type cannot be claimed for these days, or None."""
    if claimable_until and windows and all(claimable_until < window.starts_on for window in windows):
        day = claimable_until
        sentence = _(
            "%(type)s counts only for work done up to %(day)s, before your CCP cycle began. Choose "
            "another activity type."
        )
    elif claimable_until and ends_on > claimable_until:
        day = claimable_until
        sentence = _(
            "%(type)s counts only for work done up to %(day)s. Enter dates up to that day, or choose "
            "another activity type."
        )
    elif claimable_from and starts_on < claimable_from:
        day = claimable_from
        sentence = _(
            "%(type)s counts only for work done from %(day)s on. Enter dates from that day on, or choose "
            "another activity type."
        )
    else:
        return None
    return Problem(
        "activity_type", sentence % {"type": translated(name), "day": format_day(day)} + cycle_dates(windows)
    )


def reason_not_offered(
    name: str, claimable_from: date | None, claimable_until: date | None, windows: Sequence[Window]
) -> str:
    """Return why a type that no open cycle can take is not offered.

    ``windows`` are the open cycles of the certifications for which the type counts.
    """
    named = {"type": translated(name)}
    if not windows:
        return _("%(type)s does not count for your certifications.") % named
    if claimable_until and all(claimable_until < window.starts_on for window in windows):
        sentence = _("%(type)s counts only for work done up to %(day)s, before your CCP cycle began.")
        return sentence % {"day": format_day(claimable_until), **named}
    assert claimable_from is not None
    return _("%(type)s counts only for work done from %(day)s on.") % {"day": format_day(claimable_from), **named}


def cycle_dates(windows: Sequence[Window]) -> str:
    """Return the dates of the cycles as a sentence that follows a sentence about the days."""
    if not windows:
        return ""
    if len(windows) == 1:
        days = {"first": format_day(windows[0].starts_on), "last": format_day(windows[0].ends_on)}
        return " " + _("Your CCP cycle runs from %(first)s to %(last)s.") % days
    return " " + _("Your CCP cycles: %(cycles)s.") % {"cycles": "; ".join(str(window) for window in windows)}
