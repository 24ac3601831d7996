"""Which notices come next if nothing changes, and why.

The rules are those of ``due``, asked for the days ahead: how a certification stands on such a day
follows from what is on record now. Only the days on which something can begin to be due are asked;
``tests/ccp/notices/test_ahead.py`` compares them with every day.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ccp.notices import due, facts
from ccp.notices.kinds import KINDS
from ccp.notices.models import Notice
from ccp.notices.models import NoticeKind as Kind
from ccp.rollover.verdicts import cycles_owed_points
from ccp.standing.standing import Standing
from certifications.invoice_standing import invoice_standing
from certifications.models import Certification

DAY = timedelta(days=1)
MOST_DAYS = 3
"""How many days are shown for each certification."""
Told = Mapping[tuple[str, str], date]
"""The newest anchor that is on record, by kind and subject."""


@dataclass(frozen=True)
class Ahead:
    """The notices about a certification in the mail of one day, each as a sentence that says why it comes."""

    on: date
    sentences: Sequence[str]


@dataclass(frozen=True)
class OfCertification:
    certification: Certification
    days: Sequence[Ahead]


def told(notices: Iterable[Notice]) -> Told:
    """Return what is on record of these notices."""
    newest: dict[tuple[str, str], date] = {}
    for notice in notices:
        key = (notice.kind, notice.subject)
        newest[key] = max(newest.get(key, notice.anchor_on), notice.anchor_on)
    return newest


def of_member(
    standings: Iterable[Standing], *, on: date, told: Told, has_mail: bool, unwanted: Collection[str]
) -> list[OfCertification]:
    """Return what comes next for each certification whose cycle is not closed; two queries.

    ``has_mail``: the mail of today was made already. ``unwanted``: the kinds that are switched off.
    """
    running = [standing for standing in standings if standing.is_in_force and not standing.cycle.closed_on]
    owed = cycles_owed_points([standing.cycle.pk for standing in running if facts.is_short(standing)], on)
    running = [replace(standing, amt_owes_points=standing.cycle.pk in owed) for standing in running]
    found = []
    for standing, today in zip(running, facts.of_standings(running), strict=True):
        days: dict[date, list[str]] = {}
        for later, one in _ahead(standing, today, on):
            if one.kind in unwanted or told.get((one.kind, one.subject), date.min) >= one.anchor_on:
                continue
            comes_on = max(later.on, on + DAY) if has_mail else later.on
            if comes_on in days or len(days) < MOST_DAYS:
                days.setdefault(comes_on, []).append(why(one, later))
        found.append(OfCertification(standing.certification, [Ahead(day, why) for day, why in days.items()]))
    return found


def _ahead(standing: Standing, today: due.CycleFacts, on: date) -> Iterator[tuple[Standing, due.Due]]:
    """Yield what is due today, and what begins to be due on each day ahead, with the standing of that day."""
    for day in sorted(day for day in days(standing, today) | {on} if day >= on):
        later = on_day(standing, day)
        for one in due_on_day(later, today, day):
            if day == on or one.anchor_on == day:
                yield later, one


def on_day(standing: Standing, day: date) -> Standing:
    """Return where the certification stands on a later day if nothing changes."""
    lines = [invoice_standing(line.invoice, day, counted=standing.counted) for line in standing.invoices]
    return replace(standing, on=day, invoices=lines)


def due_on_day(later: Standing, today: due.CycleFacts, day: date) -> list[due.Due]:
    found = list(due.of_cycle(facts.of_standing(later, today.quiet_since), day, told_since=day))
    if later.verdict == "non-compliant" and day == later.records_until + DAY:
        found.append(due.Due(today.member, Kind.LAPSED, f"cycle-{today.cycle}", day))
    return found


def days(standing: Standing, today: due.CycleFacts) -> set[date]:
    """Return the days on which a notice about the cycle or its invoices can begin to be due."""
    found = {standing.cycle.ends_on + DAY, standing.records_until + DAY}
    found |= {standing.cycle.ends_on - DAY * before for before in KINDS[Kind.CYCLE_ENDS].before}
    found |= {standing.records_until - DAY * before for before in KINDS[Kind.GRACE].before}
    if today.quiet_since:
        found.add(due.quiet_anchor(today.quiet_since))
    for line in standing.invoices:
        if line.opens_on:
            pay_by = line.late_pay_by or line.invoice.due_on
            found.add(line.opens_on)
            for before in (*KINDS[Kind.INVOICE_DUE].before, *KINDS[Kind.INVOICE_OVERDUE].before):
                found |= {pay_by - DAY * before, pay_by - DAY * (before + 1)}
    return found


def why(one: due.Due, later: Standing) -> str:
    """Return why the notice comes on that day, as a sentence."""
    if one.kind == Kind.CYCLE_ENDS:
        return _before_the_end(later)
    if one.kind == Kind.GRACE:
        return _in_grace(later)
    if one.kind == Kind.LAPSED:
        return _("The grace period is over and points are missing: the certification lapses.")
    if one.kind == Kind.NOTHING_RECORDED:
        return _("No entry for 6 months, and points are missing.")
    line = next(line for line in later.invoices if f"invoice-{line.invoice.pk}" == one.subject)
    year = {"year": line.invoice.year}
    if one.kind == Kind.INVOICE_OPEN:
        return _("Your renewal invoice for year %(year)d opens.") % year
    days = ((line.late_pay_by or line.invoice.due_on) - later.on).days
    if days > 0:
        sentence = ngettext(
            "Your renewal invoice for year %(year)d is due in %(days)d day.",
            "Your renewal invoice for year %(year)d is due in %(days)d days.",
            days,
        )
    elif days < 0:
        sentence = ngettext(
            "Your renewal invoice for year %(year)d is %(days)d day overdue.",
            "Your renewal invoice for year %(year)d is %(days)d days overdue.",
            -days,
        )
    else:
        sentence = _("Your renewal invoice for year %(year)d is due that day.")
    return sentence % {**year, "days": abs(days)}


def _before_the_end(later: Standing) -> str:
    days = later.days_left
    if not facts.is_short(later):
        sentence = ngettext(
            "%(days)d day before your cycle ends: a renewal invoice is not paid.",
            "%(days)d days before your cycle ends: a renewal invoice is not paid.",
            days,
        )
    else:
        sentence = ngettext(
            "%(days)d day before your cycle ends: points are missing.",
            "%(days)d days before your cycle ends: points are missing.",
            days,
        )
    return sentence % {"days": days}


def _in_grace(later: Standing) -> str:
    days = later.grace_days_left
    if later.on == later.cycle.ends_on + DAY:
        return _("Your cycle has ended and points are missing: the grace period begins.")
    sentence = ngettext(
        "%(days)d day before your grace period ends: points are missing.",
        "%(days)d days before your grace period ends: points are missing.",
        days,
    )
    return sentence % {"days": days}
