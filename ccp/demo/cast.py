"""The cast of the demo: members in typical situations, counted back from the day of loading.

The dates of award are chosen by their anniversaries, because cycles and invoices are counted by
anniversaries.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache

import tablib
from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group

from amtportal.dates import anniversary, day_of, today
from amtportal.members.models import User
from amtportal.staff.roles import Role as StaffRole
from ccp.amt_credits import error_reports
from ccp.demo import audits
from ccp.demo.acts import (
    CE,
    PAID_BEFORE_DUE,
    attach_certificate,
    bring_from_amtrax,
    bring_in,
    credit_from_amt,
    noon,
    pay,
    pay_by_bank,
    record_ce,
)
from certifications import cycles as cycle_rules
from certifications import invoices as invoice_rules
from certifications.models import Cycle, RenewalInvoice

# It is printed on every start, because the demo's people are not real.
PASSWORD = "amtrax demo portal"  # noqa: S105
STAFF = "staff@demo.example"
PAYING = "paying"


@dataclass(frozen=True)
class Holding:
    """A certification and its open cycle: the one to which the day ``runs_on`` belongs."""

    credential: str
    awarded_on: date
    runs_on: date


@dataclass(frozen=True)
class Done:
    """CE that ended a number of days ago and was recorded on its last day.

    ``credentials``: the certifications for which it was recorded; empty for all. ``by_amt``: AMT
    credited it for one of its own courses, for every certification. Without ``points`` it waits for AMT
    to set them, and a file that proves it is attached.
    """

    days_ago: int
    points: str
    ce: CE
    days: int = 1
    credentials: tuple[str, ...] = ()
    by_amt: bool = False
    report: str = ""
    """What the member reports as an error in a credit from AMT, on the day of loading."""


@dataclass(frozen=True)
class Role:
    """A member of the cast. All invoices of the years before the current one are paid.

    ``is_imported``: the roster came on the day of loading, in mid-cycle. What fell due before was paid
    before the portal, and what was done before was recorded in AMTrax. ``is_activated``: whether the
    member has opened the account.
    """

    name: str
    situation: str
    first_name: str
    last_name: str
    holdings: Sequence[Holding]
    done: Sequence[Done] = field(default=())
    is_imported: bool = False
    is_activated: bool = True

    @property
    def email(self) -> str:
        return f"{self.name}@demo.example"


SPRING_MEETING = CE("course-seminar-webinar", "State society spring meeting", "Midwest Society of Laboratory Staff")
WEBINAR = CE("course-seminar-webinar", "Reading the peripheral blood smear", "Great Plains University")
SAFETY = CE("course-seminar-webinar", "Bloodborne pathogens: annual update", "Lakeshore Health Academy")
DRAW = CE("course-seminar-webinar", "Difficult draws: children and older adults", "Phlebotomy Today webinars")
QUIZ = CE("self-study", "Journal quiz: coagulation case studies", "Bench & Bedside quarterly")
ECG = CE("self-study", "ECG basics: leads, artifacts and rhythm strips", "Lakeshore Health Academy")
TALK = CE("presentation", "Preanalytical errors for nursing students", "Cedar Valley Community College")
OFFICE = CE("office-or-committee", "Treasurer of the state society", "Midwest Society of Laboratory Staff")
POSTER = CE("written-work", "Poster: turnaround times in a rural laboratory", "Annual laboratory forum")
COLLEGE = CE("college-semester-hours", "HIT 110 Medical terminology, 1 semester hour", "Cedar Valley Community College")


def award_with(day: date, *, years: int) -> date:
    """Return an award with a third, sixth, ninth … anniversary on the day.

    It is the ``years``-th anniversary or a later one: 29 February is an anniversary only of a 29
    February, so the award may have to be up to nine years older.
    """
    return next(
        awarded_on
        for more in (0, 3, 6, 9)
        if anniversary(awarded_on := anniversary(day, -years - more), years + more) == day
    )


def award_of_1999(on: date) -> date:
    """Return an award of 1999 with an invoice that is due soon.

    It is due in about 30 days, and in any case within the 60 days during which it is open. Where
    1999 allows that (in 2026 and every third year), it is the last invoice of a cycle, which would
    be gated if CCP were mandatory.
    """
    days = sorted(range(1, 60), key=lambda day: abs(day - 30))
    due = [on + timedelta(days=day) for day in days]
    due_on = next((day for day in due if (day.year - 1999) % cycle_rules.YEARS == 0), due[0])
    return anniversary(due_on, 1999 - due_on.year)


def roles(on: date) -> list[Role]:
    """Return the cast in their situations on the day."""

    def after(days: int) -> date:
        return on + timedelta(days=days)

    def running(credential: str, awarded_on: date) -> Holding:
        return Holding(credential, awarded_on, on)

    return [
        Role(
            "new",
            "RMA, first year, nothing recorded",
            first_name="Noemí",
            last_name="Castillo-Núñez",
            holdings=[running("RMA", after(-100))],
        ),
        Role(
            "midway",
            "MLT, second year, 20.5 of 45 points in three categories, year-1 invoice paid, year-2 invoice open",
            first_name="Mahalia",
            last_name="Brooks",
            # The anniversary that ends the second year of the third cycle: 6 years and 2.
            holdings=[running("MLT", anniversary(after(30), -8))],
            # 6 + 4.5 + 4 + 6 = 20.5
            done=[
                Done(610, "6", SPRING_MEETING, days=2),
                Done(
                    400,
                    "4.5",
                    WEBINAR,
                    by_amt=True,
                    report="I also took part two of this course, on the next day. It is not on my record yet.",
                ),
                Done(250, "4", TALK),
                Done(60, "6", OFFICE, days=180),
            ],
        ),
        Role(
            "short",
            "RPT, 40 days before the cycle ends, 22 of 24 points, renewal invoice locked",
            first_name="Søren",
            last_name="Lindqvist",
            holdings=[running("RPT", award_with(after(41), years=9))],
            # 8 + 6 + 5 + 3 = 22
            done=[
                Done(900, "8", SPRING_MEETING, days=2),
                Done(500, "6", DRAW),
                Done(240, "5", OFFICE),
                Done(33, "3", QUIZ),
            ],
        ),
        Role(
            "today",
            "RMA, last year, reached 30 points today: invoice opens tomorrow",
            first_name="Thu",
            last_name="Nguyễn",
            holdings=[running("RMA", award_with(after(35), years=6))],
            # 15 + 8 + 4 = 27, and 3 today
            done=[
                Done(870, "15", COLLEGE, days=100),
                Done(480, "8", SPRING_MEETING, days=2),
                Done(120, "4", SAFETY),
                Done(0, "3", ECG),
            ],
        ),
        Role(
            "met",
            "RMA, last year, reached 30 points yesterday: invoice open today",
            first_name="美玲",
            last_name="Zhao",
            holdings=[running("RMA", award_with(after(45), years=9))],
            # 15 + 6 + 5.5 = 26.5, and 3.5 yesterday
            done=[
                Done(800, "15", COLLEGE, days=100),
                Done(430, "6", TALK),
                Done(150, "5.5", SAFETY),
                Done(1, "3.5", ECG),
            ],
        ),
        Role(
            "two",
            "RMA and RPT with different cycles, one activity credited to both",
            first_name="Siobhán",
            last_name="O'Connor",
            # The second year of the second RMA cycle, the first year of the third RPT cycle.
            holdings=[running("RMA", anniversary(after(200), -5)), running("RPT", anniversary(after(260), -7))],
            done=[
                Done(300, "6", SPRING_MEETING, days=2, credentials=("RMA",)),
                Done(20, "8", SAFETY),
                Done(12, "2.25", DRAW, credentials=("RPT",)),
                Done(5, "1.5", ECG, credentials=("RMA",)),
            ],
        ),
        Role(
            "voluntary",
            "MLS awarded in 1999 as MT: CCP voluntary, invoice not gated",
            first_name="Viola",
            last_name="D’Angelo",
            holdings=[running("MLS", award_of_1999(on))],
            done=[Done(100, "6", WEBINAR), Done(40, "2", POSTER)],
        ),
        Role(
            "grace",
            "MLT, cycle ended 20 days ago, 3 points short, in the grace period",
            first_name="Grace",
            last_name="Ọláyínká",
            holdings=[Holding("MLT", award_with(after(-19), years=6), after(-20))],
            # 15 + 8 + 10 + 5 + 4 = 42
            done=[
                Done(1000, "15", COLLEGE, days=100),
                Done(700, "8", SPRING_MEETING, days=2),
                Done(380, "10", OFFICE, days=365),
                Done(200, "5", WEBINAR),
                Done(45, "4", TALK),
            ],
        ),
        Role(
            "imported",
            "RMA, imported today in mid-cycle: fees paid before the portal, 16 of 30 points from AMTrax",
            first_name="Imani",
            last_name="Okafor",
            holdings=[running("RMA", anniversary(after(200), -5))],
            # 8 + 5 + 3 = 16
            done=[Done(300, "8", SPRING_MEETING), Done(210, "5", WEBINAR), Done(70, "3", ECG)],
            is_imported=True,
        ),
        Role(
            "unopened",
            "RPT, imported today, has not opened the account: choose Activate account",
            first_name="Otto",
            last_name="Feld",
            holdings=[running("RPT", anniversary(after(150), -4))],
            is_imported=True,
            is_activated=False,
        ),
        Role(
            PAYING,
            "RDA, first year, a poster waits for its points; the invoice is being paid from a bank account",
            first_name="Pia",
            last_name="Marchetti",
            holdings=[running("RDA", anniversary(after(25), -1))],
            done=[Done(90, "5", SAFETY), Done(12, "", POSTER)],
        ),
    ]


def events(on: date) -> dict[str, str]:
    """Return the situation of everyone who can sign in, by e-mail address.

    ``on`` is the day of loading, and the situations are those of that day.
    """
    return {
        **{role.email: role.situation for role in roles(on)},
        audits.AUDITED: audits.SITUATION,
        STAFF: "staff, all permissions",
        **{clerk_of(role): f"staff, in the role {role}" for role in CLERKS},
    }


def entered_on() -> date | None:
    """Return the day on which the cast was loaded, or None.

    The situations are counted from that day.
    """
    joined = User.objects.filter(email__in=events(today())).order_by("date_joined").first()
    return day_of(joined.date_joined) if joined else None


CLERKS = tuple(role for role in StaffRole if not role.startswith("Audit "))
"""The roles of the office; the others are for people who act in audits only."""


def clerk_of(role: StaffRole) -> str:
    """Return the address of the clerk who has this role and no other."""
    return f"{role.lower().replace(' ', '-')}@demo.example"


def make_clerks(now: datetime) -> None:
    """Add a clerk of each role of the office, in the ready-made group of the role."""
    groups = {group.name: group for group in Group.objects.filter(name__in=CLERKS)}
    for role in CLERKS:
        clerk = User(email=clerk_of(role), password=hashed_password(), is_staff=True, date_joined=now)
        clerk.save()
        EmailAddress.objects.create(user=clerk, email=clerk.email, primary=True, verified=True)
        if role in groups:  # AMT may have renamed or deleted it
            clerk.groups.add(groups[role])


def make_staff(now: datetime) -> User:
    staff = User.objects.create_user(STAFF, PASSWORD, is_staff=True, is_superuser=True, date_joined=now)
    EmailAddress.objects.create(user=staff, email=staff.email, primary=True, verified=True)
    return staff


@cache
def hashed_password() -> str:
    """Return the password, hashed once for everyone: hashing takes longer than everything else."""
    return make_password(PASSWORD)


def enter(*, on: date, now: datetime, staff: User) -> None:
    """Add the cast, with what each member has recorded and paid."""
    password = hashed_password()
    for place, role in enumerate(roles(on), start=1):
        for holding in role.holdings:
            _award(role, holding, amt_id=f"{2100000 + place}", on=on)
        user = User.objects.get(email=role.email)
        if role.is_activated:
            user.password = password
            user.save(update_fields=["password"])
            EmailAddress.objects.filter(user=user).update(verified=True)
        cycles = list(
            Cycle.objects.filter(certification__member__user=user)
            .select_related("certification__credential", "certification__member__user")
            .order_by("pk")
        )
        for done in role.done:
            ended_on = on - timedelta(days=done.days_ago)
            if role.is_imported:
                member = cycles[0].certification.member
                bring_from_amtrax(done.ce, Decimal(done.points), member, ended_on=ended_on, at=noon(on, now))
                continue
            if done.by_amt:
                credited = credit_from_amt(
                    done.ce,
                    Decimal(done.points),
                    cycles[0].certification.member,
                    ended_on=ended_on,
                    at=noon(ended_on, now),
                )
                if done.report:
                    error_reports.report(activity=credited, text=done.report, by=user, at=noon(on, now))
                continue
            chosen = [c for c in cycles if c.certification.credential.code in done.credentials or not done.credentials]
            points, at = Decimal(done.points) if done.points else None, noon(ended_on, now)
            entry = record_ce(done.ce, points, chosen, ended_on=ended_on, days=done.days, at=at)
            if points is None:
                attach_certificate(entry, at=at)
        for cycle in cycles:
            year = invoice_rules.year_of_cycle(cycle.certification.awarded_on, cycle.number, on)
            for invoice in cycle.invoices.filter(year__lt=year, before_portal=None).order_by("year"):
                pay(invoice, received_on=invoice.due_on - PAID_BEFORE_DUE, by=staff, now=now)


def pay_online(*, now: datetime) -> None:
    """Have one member pay the open invoice from a bank account, if the demo's provider runs."""
    of_member = RenewalInvoice.objects.filter(cycle__certification__member__user__email=f"{PAYING}@demo.example")
    pay_by_bank(of_member.get(year=1), now=now)


def _award(role: Role, holding: Holding, *, amt_id: str, on: date) -> None:
    """Import one row of a roster on the first day of the cycle that should be open, or on this day."""
    row = {
        "amt_id": amt_id,
        "email": role.email,
        "first_name": role.first_name,
        "last_name": role.last_name,
        "credential": holding.credential,
        "certificate_number": f"{holding.credential}-{amt_id}",
        "awarded_on": holding.awarded_on.isoformat(),
        "fees_paid_through": on.isoformat() if role.is_imported else "",
    }
    starts_on = cycle_rules.span_on(holding.awarded_on, holding.runs_on).starts_on
    imported_on = on if role.is_imported else starts_on
    bring_in(tablib.Dataset(list(row.values()), headers=list(row)), on=imported_on, file_name="demo cast")
