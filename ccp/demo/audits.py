"""Cycles that closed last year, and the draw of those who are audited for them.

Some members of the demo's roster came into the portal at the beginning of the cycle before: they
recorded CE, paid, and moved on. One more of them can sign in, and is always drawn, because nobody
else is in that stratum.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal

import tablib
from allauth.account.models import EmailAddress

from amtportal.dates import anniversary
from amtportal.members.models import User
from ccp.audits import draws
from ccp.audits.models import Draw, SeedKind
from ccp.demo.acts import CE, PAID_BEFORE_DUE, bring_in, noon, pay, record_ce
from ccp.rollover import closing
from certifications import cycles as cycle_rules
from certifications.models import Cycle

AUDITED = "audited@demo.example"
SITUATION = "CMAS, drawn for the audit of the cycle that closed last year"
AMT_ID = "2100100"
CREDENTIAL = "RMA"
MOST = 8
SEED = "5 2 6 1 4 3 6 2"
FROZEN_BEFORE, DRAWN_BEFORE = timedelta(days=60), timedelta(days=50)

# 15 + 8 + 6.5 + 5 + 2 + 1.5 = 38 points
PROGRAM = (
    (CE("college-semester-hours", "BIO 210 Human anatomy, 1 semester hour", "Cedar Valley Community College"), "15"),
    (CE("course-seminar-webinar", "State society spring meeting", "Midwest Society of Laboratory Staff"), "8"),
    (CE("course-seminar-webinar", "Molecular methods for the small laboratory", "Great Plains University"), "6.5"),
    (CE("office-or-committee", "Secretary of the state society", "Midwest Society of Laboratory Staff"), "5"),
    (CE("course-seminar-webinar", "Infection prevention in the outpatient office", "Lakeshore Health Academy"), "2"),
    (CE("course-seminar-webinar", "Order of draw and preanalytical errors", "Phlebotomy Today webinars"), "1.5"),
)


def closed_last_year(roster: tablib.Dataset, *, on: date, now: datetime, staff: User, password: str) -> None:
    """Bring in those whose cycle closed last year, with all that they did in it. The roster comes afterwards."""
    rows = (dict(zip(roster.headers, cells, strict=True)) for cells in roster)
    chosen = [row for row in rows if row["credential"] == CREDENTIAL and _ended_last_year(row, on)]
    for row in chosen[:MOST]:
        _live_through(row, on=on, now=now, staff=staff)
    _live_through(_audited(on), on=on, now=now, staff=staff)
    user = User.objects.get(email=AUDITED)
    user.password, user.date_joined = password, now
    user.save(update_fields=["password", "date_joined"])
    EmailAddress.objects.filter(user=user).update(verified=True)


def draw(*, on: date, now: datetime, staff: User) -> Draw:
    """Freeze last year some weeks ago, and draw. Both are in this year, whatever the day."""
    frozen_on, drawn_on = (max(date(on.year, 1, 1), on - before) for before in (FROZEN_BEFORE, DRAWN_BEFORE))
    terms = draws.Terms(
        year=on.year - 1,
        share=10,
        at_least=5,
        spared_cycles=1,
        seed_kind=SeedKind.DICE,
        seed_named="Eight dice, thrown at the office in Rosemont after the staff meeting",
    )
    frozen = draws.freeze(terms=terms, reasons={}, by=staff, at=noon(frozen_on, now))
    return draws.enter_seed(
        draw=frozen,
        seed=SEED,
        source="The office in Rosemont, after the staff meeting",
        witnesses=("Harriet Vance", "Luis Ocampo"),
        by=staff,
        at=noon(drawn_on, now),
    )


def _ended_last_year(row: dict[str, str], on: date) -> bool:
    """Return whether the last cycle ended early enough last year to have closed in it, and CCP was mandatory."""
    awarded_on = date.fromisoformat(row["awarded_on"])
    before = _before(awarded_on, on)
    closed_on = before.ends_on + timedelta(days=1)
    return before.number > 0 and closed_on.year == on.year - 1 and awarded_on >= date(2006, 1, 1)


def _before(awarded_on: date, on: date) -> cycle_rules.Span:
    """Return the cycle before the one to which the day belongs; its number is 0 if there is none."""
    running = cycle_rules.span_on(awarded_on, on)
    return cycle_rules.span(awarded_on, running.number - 1)


def _audited(on: date) -> dict[str, str]:
    return {
        "amt_id": AMT_ID,
        "email": AUDITED,
        "first_name": "Audra",
        "last_name": "Whitfield",
        "credential": "CMAS",
        "certificate_number": f"CMAS-{AMT_ID}",
        "awarded_on": anniversary(date(on.year - 1, 6, 15), -6).isoformat(),
    }


def _live_through(row: dict[str, str], *, on: date, now: datetime, staff: User) -> None:
    """Import one row at the beginning of the cycle before, and do in it what closes it as compliant."""
    before = _before(date.fromisoformat(row["awarded_on"]), on)
    bring_in(tablib.Dataset(list(row.values()), headers=list(row)), on=before.starts_on, file_name="demo roster")
    cycle = Cycle.objects.select_related("certification__credential", "certification__member__user").get(
        certification__member__amt_id=row["amt_id"], certification__credential__code=row["credential"]
    )
    for ended_on, (ce, points) in zip(_days(cycle), PROGRAM, strict=True):
        record_ce(ce, Decimal(points), [cycle], ended_on=ended_on, at=noon(ended_on, now))
    for invoice in cycle.invoices.order_by("year"):
        pay(invoice, received_on=invoice.due_on - PAID_BEFORE_DUE, by=staff, now=now)
    closed_on = cycle.ends_on + timedelta(days=1)
    closing.close_batch([cycle.pk], closing.ClosingTally(), at=noon(closed_on, now))


def _days(cycle: Cycle) -> Iterable[date]:
    """Return a day in the cycle for each entry."""
    length = cycle.ends_on - cycle.starts_on
    return (cycle.starts_on + length * place / (len(PROGRAM) + 2) for place in range(1, len(PROGRAM) + 1))
