"""Whether an entry that is on record may still be changed, and the reason why not.

A member may change an entry that the member recorded as long as it stands and every cycle for which
it is claimed takes records. A withdrawn entry may be put back as long as it could be changed if it
stood. If the last invoice of a cycle is paid, or the member has begun to pay it online, no change by the
member may take the cycle below its requirement.
"""

from copy import copy
from datetime import date, datetime

from django.utils.translation import gettext as _

from amtportal.formatting import format_day, format_moment, format_points
from amtportal.members.models import User
from amtportal.refusals import Refused
from ccp.models import Activity, Credit
from certifications import cycles as cycle_rules
from certifications.models import Cycle, RenewalInvoice
from certifications.payments import checkout


def can_be_changed(activity: Activity, on: date) -> bool:
    """Return whether its member may amend or withdraw the entry.

    The member must have recorded it, it must stand, and every cycle for which it is claimed must
    take records. This reads ``activity.credits`` with their cycles and certifications.
    """
    return (
        activity.is_standing
        and activity.is_members_own
        and all(
            cycle_rules.takes_records(credit.cycle, on)
            for credit in activity.credits.all()
            if credit.cut not in Credit.NOT_CLAIMED
        )
    )


def can_be_restored(activity: Activity, on: date) -> bool:
    """Return whether its member may put a withdrawn entry back on record.

    That is so if the entry could be changed if it stood. This reads ``activity.credits`` with their
    cycles and certifications.
    """
    standing = copy(activity)
    standing.withdrawn_at = None
    return not activity.is_standing and not activity.is_void and can_be_changed(standing, on)


def refuse_unless_open(activity: Activity, touched: list[Cycle], open_cycles: list[Cycle]) -> None:
    """Refuse a change unless the entry stands and is the member's own, and its cycles are open."""
    if not activity.is_standing:
        raise Refused(_("This entry is withdrawn or void, so it cannot be changed. Record the activity again."))
    if activity.source == Activity.Source.AMTRAX:
        raise Refused(
            _(
                "This entry was recorded in AMTrax before the portal, so only AMT can change it. Report an error on "
                "its page."
            )
        )
    if activity.source == Activity.Source.AMT:
        raise Refused(_("This entry was credited by AMT, so only AMT can change it. Report an error on its page."))
    _refuse_closed(
        touched,
        open_cycles,
        _(
            "This entry counts in the %(code)s cycle %(first)s to %(last)s, which no longer takes changes. "
            "Call AMT if it is wrong."
        ),
    )


def refuse_unless_restorable(activity: Activity, touched: list[Cycle], open_cycles: list[Cycle], by: User) -> None:
    """Refuse to put the entry back unless it may be restored.

    This person must be the member who recorded it, staff must not have voided it, and each touched
    cycle must be open.
    """
    if activity.is_void:
        raise Refused(_("AMT voided this entry, so only AMT can put it back on record. Call AMT if that is wrong."))
    if not activity.is_members_own or activity.member.user_id != by.pk:
        raise Refused(_("Only the member who recorded this entry can put it back on record."))
    _refuse_closed(
        touched,
        open_cycles,
        _(
            "This entry is for the %(code)s cycle %(first)s to %(last)s, which no longer takes changes. "
            "Call AMT if it must count."
        ),
    )


def refuse_unless_settable(activity: Activity, touched: list[Cycle]) -> None:
    """Refuse to set the points of an entry unless its member left them to AMT, and one of its cycles is not closed."""
    if not activity.is_standing:
        raise Refused("This entry is withdrawn or void, so its points are not set.")
    if not (activity.awaits_points or activity.points_set_at):
        raise Refused("The points of this entry were not left to AMT. If they are wrong, void the entry.")
    if touched and all(cycle.closed_on for cycle in touched):
        raise Refused(
            "Every cycle for which this entry is claimed is closed, and a closed cycle does not change. Sign a "
            "correction of the cycle instead."
        )


def refuse_unless_void(activity: Activity, touched: list[Cycle]) -> None:
    """Refuse to take a voiding back unless AMT voided the entry, and no closed cycle has it."""
    if not activity.is_void:
        raise Refused("The member withdrew this entry, so it is the member who puts it back on record.")
    for cycle in touched:
        if cycle.closed_on:
            raise Refused(
                f"This entry is claimed for the {cycle.certification.credential.code} cycle that was closed on "
                f"{format_day(cycle.closed_on)}, and a closed cycle does not change. Sign a correction of the cycle "
                "instead."
            )
    if not touched:
        raise Refused(
            "No cycle covers the days of this entry since the day of the award was corrected. Correct the award first."
        )


def refuse_fewer_where_paid(cycle: Cycle, at: datetime) -> None:
    """Refuse to leave a cycle below its requirement by setting fewer points, if its last invoice is or may be paid."""
    if cycle.invoices.filter(year=3, status=RenewalInvoice.Status.PAID).exists() or checkout.under_way(cycle, at):
        code, required = cycle.certification.credential.code, format_points(cycle.points_required)
        raise Refused(
            f"This would take the {code} cycle below the {required} points it needs, and its renewal invoice is paid "
            "or being paid. Set enough points to keep the requirement met.",
            "points",
        )


def _refuse_closed(touched: list[Cycle], open_cycles: list[Cycle], sentence: str) -> None:
    """Refuse if one of the cycles takes no records; the sentence names that cycle."""
    open_keys = {cycle.pk for cycle in open_cycles}
    for cycle in touched:
        if cycle.pk not in open_keys:
            code, first, last = (
                cycle.certification.credential.code,
                format_day(cycle.starts_on),
                format_day(cycle.ends_on),
            )
            raise Refused(sentence % {"code": code, "first": first, "last": last})


def refuse_where_paid(cycle: Cycle, at: datetime) -> None:
    """Refuse to leave a cycle below its requirement if its last invoice is paid, or may be just now.

    While the member can pay it on the provider's page, money may come at any moment.
    """
    values = {"code": cycle.certification.credential.code, "points": format_points(cycle.points_required)}
    if cycle.invoices.filter(year=3, status=RenewalInvoice.Status.PAID).exists():
        raise Refused(
            _(
                "This would take your %(code)s cycle below the %(points)s points it needs, and its renewal invoice is "
                "already paid. Record another activity first, or call AMT."
            )
            % values
        )
    begun = checkout.under_way(cycle, at)
    if begun and begun.status == begun.Status.PROCESSING:
        raise Refused(
            _(
                "This would take your %(code)s cycle below the %(points)s points it needs, and your bank is about to "
                "pay its renewal invoice. Record another activity first, or call AMT."
            )
            % values
        )
    if begun and begun.expires_at <= at:
        raise Refused(
            _(
                "This would take your %(code)s cycle below the %(points)s points it needs, and you have begun to pay "
                "its renewal invoice. The payment page is closed, and AMT is about to learn what came of it. Record "
                "another activity first, or try again in a few minutes."
            )
            % values
        )
    if begun:
        raise Refused(
            _(
                "This would take your %(code)s cycle below the %(points)s points it needs, and you have begun to pay "
                "its renewal invoice. Record another activity first, or try again after %(moment)s, when the payment "
                "page closes."
            )
            % {**values, "moment": format_moment(begun.expires_at)}
        )
