"""The status of a certification as every page shows it: the figures, the time that is left, the tone.

The tone follows the time. While points are missing, it is calm with more than 180 days left, and
under 60 days it warns and names a pace. Met is quiet. Each other situation (the grace period, a
cycle that is over or closed, a certification that is not in force) has its own true sentence.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from amtportal.formatting import as_count, format_day_near, format_points, format_when
from ccp.standing.pace import pace, pace_in_words
from ccp.standing.standing import Standing

Tone = Literal["calm", "steady", "heed", "met", "voluntary", "grace", "over", "before", "closed", "out"]

CALM_OVER = 180
"""With more days left than this, nothing is urged."""
HEED_UNDER = 60
"""With fewer days left than this, missing points need attention."""


@dataclass(frozen=True)
class Status:
    """``facts`` stand beside the figures, short and without a full stop; ``sentence`` below them, or is empty."""

    standing: Standing
    tone: Tone
    facts: list[str]
    sentence: str


def tone_of(standing: Standing) -> Tone:
    """Return the tone in which a page speaks of the certification on the day."""
    if not standing.is_in_force:
        return "out"
    if standing.cycle.closed_on:
        return "closed"
    if standing.on < standing.cycle.starts_on:
        return "before"
    if not standing.cycle.is_mandatory:
        return "voluntary"
    if standing.is_met:
        return "met"
    if standing.days_left < 0:
        return "grace" if standing.takes_records else "over"
    if standing.days_left < HEED_UNDER:
        return "heed"
    return "calm" if standing.days_left > CALM_OVER else "steady"


def status_of(standing: Standing, *, in_a_row: bool = False) -> Status:
    """Return the status of the certification.

    ``in_a_row``: as one of several, with the fee and without the last day.
    """
    tone = tone_of(standing)
    facts = _facts(standing, tone, in_a_row=in_a_row)
    if in_a_row and (fee := fee_in_words(standing)):
        facts.append(fee)
    return Status(standing, tone, facts, _sentence(standing, tone))


def _facts(standing: Standing, tone: Tone, *, in_a_row: bool) -> list[str]:
    match tone:
        case "out":
            return [_out_of_force(standing)]
        case "closed":
            return [_("Cycle closed")]
        case "before":
            return [_("First cycle starts %(day)s") % {"day": format_when(standing.cycle.starts_on, standing.on)}]
        case "met":
            first = _("Requirement met")
        case "voluntary":
            first = _("No points required")
        case "over":
            first = _missing(standing)
        case _:
            first = _to_go(standing)
    return [first, _time_left(standing, until=not in_a_row)]


def _out_of_force(standing: Standing) -> str:
    status, left = standing.certification.get_status_display(), standing.left_force
    if left is None:
        return status
    since = {"status": status, "day": format_day_near(left.changed_on, standing.on)}
    return _("%(status)s since %(day)s") % since


def _to_go(standing: Standing) -> str:
    return _("%(points)s to go") % {"points": format_points(standing.to_go)}


def _missing(standing: Standing) -> str:
    points = {"points": format_points(standing.to_go)}
    return ngettext("%(points)s point missing", "%(points)s points missing", as_count(standing.to_go)) % points


def _time_left(standing: Standing, *, until: bool) -> str:
    """Return how long the cycle, or its grace period, still runs; or when it ended. ``until``: with its last day."""
    ends_on, days = standing.cycle.ends_on, standing.days_left
    if days == 0:
        return _("today is the last day of the cycle")
    if days < 0 and (standing.is_met or not standing.cycle.is_mandatory or not standing.takes_records):
        return _("cycle ended %(day)s") % {"day": format_day_near(ends_on, standing.on)}
    if days < 0:
        return _grace_left(standing.grace_days_left)
    if until:
        words = ngettext("%(days)s day (until %(day)s)", "%(days)s days (until %(day)s)", days)
    else:
        words = ngettext("%(days)s day", "%(days)s days", days)
    return words % {"days": f"{days:,}", "day": format_day_near(ends_on, standing.on)}


def _grace_left(days: int) -> str:
    if days == 0:
        return _("today is the last day of grace")
    return ngettext("%(days)s day of grace", "%(days)s days of grace", days) % {"days": days}


def _sentence(standing: Standing, tone: Tone) -> str:
    if standing.cycle.closed_on:
        return _closed(standing)
    if tone != "out" and standing.verdict == "awaiting-payment":
        return _("It waits for your payment: the next cycle opens as soon as AMT has recorded it.")
    match tone:
        case "heed":
            found = pace(standing.to_go, standing.days_left)
            return pace_in_words(found) if found else ""
        case "grace":
            return _("You can still record what you did by %(ends_on)s, until %(until)s.") % {
                "ends_on": format_day_near(standing.cycle.ends_on, standing.on),
                "until": format_day_near(standing.records_until, standing.on),
            }
        case "over":
            if standing.verdict == "awaiting-points":
                return _(
                    "The cycle and its grace period are over, and AMT has not set the points of an entry yet. This "
                    "certification does not lapse before AMT has set them."
                )
            return _("The cycle and its grace period are over, and it takes no more records.")
        case "met":
            return _("Well done: you need no more points in this cycle.")
        case "voluntary":
            return _("CCP is voluntary for this certification. Your renewal invoice does not wait for points.")
    return ""


def _closed(standing: Standing) -> str:
    cycle = standing.cycle
    sentence = _("This cycle was closed on %(day)s as %(outcome)s, with %(points)s of %(required)s points.")
    return sentence % {
        "day": format_day_near(cycle.closed_on or cycle.ends_on, standing.on),
        "outcome": cycle.get_outcome_display().lower(),
        "points": format_points(cycle.points_at_close or Decimal(0)),
        "required": format_points(cycle.points_required),
    }


def fee_in_words(standing: Standing) -> str:
    """Return what there is to say of this year's fee, in a few words; empty if there is nothing."""
    current = standing.current
    if current is None or not standing.is_in_force or current.held:
        return ""
    if current.state == "paid":
        return _("fee paid")
    if current.state == "processing":
        return _("fee paid, waits for your bank")
    if current.held_money:
        return _("AMT holds your payment of the fee")
    if current.overdue:
        return _("fee overdue")
    if current.money_kept or current.state == "void":
        return ""
    if current.state == "open":
        due = current.late_pay_by or current.invoice.due_on
        return _("fee due %(day)s") % {"day": format_day_near(due, standing.on)}
    if current.opens_on:
        return _("fee opens %(day)s") % {"day": format_when(current.opens_on, standing.on)}
    return _("fee opens once the points are there")
