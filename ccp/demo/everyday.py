"""Activity among the 300 members of the demo, so that staff have something to look at.

One in five members records CE, and AMT credits some of these with one of its own courses.
"""

from datetime import date, datetime, timedelta
from decimal import Decimal

from amtportal.members.models import User
from ccp.demo.acts import CE, credit_from_amt, noon, pay, record_ce
from certifications.models import Cycle

EVERY = 5
SETTLED_IN = timedelta(days=30)  # nothing is recorded yet in a cycle that has run for less
PAYS = (True, True, False)  # two in three of those who record have paid what was due

ATTENDS = 4  # one in four of those who record has taken one of AMT's own courses

AMT_COURSES = (
    (CE("course-seminar-webinar", "AMT webinar: laboratory math refresher", ""), "1"),
    (CE("self-study", "AMT online course: quality control basics", ""), "2"),
)
PROGRAM = (
    (CE("course-seminar-webinar", "Infection prevention in the outpatient office", "Lakeshore Health Academy"), "2"),
    (CE("course-seminar-webinar", "Order of draw and preanalytical errors", "Phlebotomy Today webinars"), "1.5"),
    (CE("self-study", "Journal quiz: anemia and the red cell indices", "Bench & Bedside quarterly"), "1"),
    (CE("course-seminar-webinar", "State society spring meeting", "Midwest Society of Laboratory Staff"), "8"),
    (CE("course-seminar-webinar", "HIPAA update for clinical staff", "Prairie Compliance Institute"), "1.25"),
    (CE("presentation", "Point-of-care glucose testing for new hires", "St. Brendan Medical Center"), "2"),
    (CE("office-or-committee", "Secretary of the state society", "Midwest Society of Laboratory Staff"), "5"),
    (CE("course-seminar-webinar", "Molecular methods for the small laboratory", "Great Plains University"), "6.5"),
    (CE("self-study", "ECG basics: leads, artifacts and rhythm strips", "Lakeshore Health Academy"), "3"),
    (CE("college-semester-hours", "BIO 210 Human anatomy, 1 semester hour", "Cedar Valley Community College"), "15"),
    (CE("written-work", "Poster: hemolysis rates before and after training", "Annual laboratory forum"), "4"),
    (CE("course-seminar-webinar", "De-escalation at the front desk", "Prairie Compliance Institute"), "2.75"),
)


def happen(*, on: date, now: datetime, staff: User) -> None:
    """Record the CE of every fifth cycle, and what these members paid.

    The entries are spread over the part of the cycle that has passed.
    """
    cycles = (
        Cycle.objects.unclosed()
        .select_related("certification__member__user")
        .order_by("certification__member__amt_id", "pk")
    )
    for place, cycle in enumerate(list(cycles)[::EVERY]):
        passed = on - cycle.starts_on
        if passed < SETTLED_IN:
            continue
        entries = 2 + place % 6
        for number in range(entries):
            ce, points = PROGRAM[(place * 5 + number * 7) % len(PROGRAM)]
            day = cycle.starts_on + passed * (number + 1) / (entries + 1)
            record_ce(ce, Decimal(points), [cycle], ended_on=day, at=noon(day, now))
        if place % ATTENDS == 0:
            ce, points = AMT_COURSES[place // ATTENDS % len(AMT_COURSES)]
            day = cycle.starts_on + passed / 2
            credit_from_amt(ce, Decimal(points), cycle.certification.member, ended_on=day, at=noon(day, now))
        if PAYS[place % len(PAYS)]:
            for invoice in cycle.invoices.filter(due_on__lt=on):
                pay(invoice, received_on=on, by=staff, now=now)
