"""A large association, written with bulk inserts.

It holds what its members recorded, with the history of every row. Of a hundred cycles that have
ended on ``ON``, 60 are met and paid, 35 are short of points after the grace period, 3 are met and
wait for a payment, and 2 are in the grace period.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import accumulate
from typing import Any
from uuid import UUID

from django.db import connection, models, transaction
from simple_history.utils import bulk_create_with_history, get_history_manager_for_model

from amtportal.dates import anniversary, today
from amtportal.history import comparison
from amtportal.history.lines import sign
from amtportal.history.models import SecurityEvent
from amtportal.members.models import Member, SearchTerm, User
from ccp.models import Activity, ActivityType, AttestationStatement, Credit, ErrorReport, Evidence
from ccp.notices.models import Notice, NoticeMail
from ccp.recording import claims
from certifications import invoices
from certifications.models import Certification, Credential, Cycle, Payment, RenewalInvoice
from tests.support.builders import noon

ON = date(2026, 7, 30)  # the first day after the grace period of people who were certified on a May 1
AWARDED_ON = date(2023, 5, 1)
AWARDED_IN_GRACE = date(2023, 7, 1)
AT_ONCE = 500
APART = 10**6  # the step between the keys of one copy and the next; the keys of history have 32 bits
TOGETHER = 5  # copies that are made in one statement
STEP = Decimal("0.25")
DAY = timedelta(days=1)
SURNAMES = [
    "Smith",
    *(f"{start}{end}" for end in ("er", "ez", "ov") for start in ("Ab", "Lan", "Brook", "Nun", "Park", "Vog", "Wat")),
]
UNIQUE = ("email", "amt_id", "certificate_number", "stored_name", "provider_reference", "code", "content_hash")
BUILT = 1000  # rows built one by one; the others are copies of them


@dataclass(frozen=True)
class Plan:
    """What becomes of one cycle: when it began, its points, and whether its invoices are paid."""

    awarded_on: date
    points: Decimal
    is_paid: bool


def plan(number: int) -> Plan:
    """Return the mix for each hundred cycles, in which each cycle has its own total."""
    place, more = number % 100, STEP * (number // 100 % 40)
    if place < 60:
        return Plan(AWARDED_ON, 30 + more, is_paid=True)
    if place < 95:
        return Plan(AWARDED_ON, 15 + more, is_paid=place % 2 == 0)
    if place < 98:
        return Plan(AWARDED_ON, 30 + more, is_paid=False)
    return Plan(AWARDED_IN_GRACE, 15 + more, is_paid=True)


def plan_of_today(number: int) -> Plan:
    """Return a cycle that is in its second year, with 15 to 25 of 30 points and the year-1 invoice open."""
    return Plan(anniversary(today(), -1) - DAY * 60, 15 + STEP * (number % 40), is_paid=False)


ENDS_SOON = date(2026, 3, 21)
"""40 days before the end of the cycles of people who were certified on a May 1."""


def plan_of_reminded(number: int) -> Plan:
    """Return a cycle that ends in 40 days and is short of points: everybody is reminded."""
    return Plan(AWARDED_ON, 15 + STEP * (number % 40), is_paid=True)


def shares(total: Decimal, entries: int) -> list[Decimal]:
    """Return the total in this many parts, in quarter steps.

    The first part takes what is left over.
    """
    part = total / entries // STEP * STEP
    return [total - part * (entries - 1), *[part] * (entries - 1)]


def build(cycles: int, *, entries: int, planned: Callable[[int], Plan] = plan) -> None:
    """Add about this many members, each with one cycle of that plan and with this many entries in it."""
    built = min(cycles, BUILT)
    clerk = User.objects.create(email="clerk@bench.example", is_staff=True)
    for begin in range(0, built, AT_ONCE):
        with transaction.atomic():
            _batch([planned(n) for n in range(begin, min(begin + AT_ONCE, built))], begin, entries, clerk)
    multiply(cycles // built)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")  # as autovacuum does in a database in use


def _batch(plans: list[Plan], first: int, entries: int, clerk: User) -> None:
    numbers = range(first, first + len(plans))
    users = _created(User, [User(email=f"m{number}@bench.example", password="!") for number in numbers], AWARDED_ON)
    members = _created(
        Member,
        [
            Member(user=user, amt_id=f"B{number:07d}", first_name="Ada", last_name=SURNAMES[number % len(SURNAMES)])
            for number, user in zip(numbers, users, strict=True)
        ],
        AWARDED_ON,
    )
    credential = Credential.objects.get(code="RMA")
    certifications = _created(
        Certification,
        [
            Certification(
                member=member, credential=credential, certificate_number=member.amt_id, awarded_on=planned.awarded_on
            )
            for member, planned in zip(members, plans, strict=True)
        ],
        AWARDED_ON,
    )
    cycles = _created(
        Cycle,
        [_cycle(certification, planned, entries) for certification, planned in zip(certifications, plans, strict=True)],
        AWARDED_ON,
    )
    issued = [
        invoice
        for cycle, planned in zip(cycles, plans, strict=True)
        for invoice in _invoices(cycle, is_paid=planned.is_paid)
    ]
    _created(RenewalInvoice, issued, AWARDED_ON)
    _created(
        Payment,
        [
            Payment(
                invoice=invoice,
                amount=invoice.amount,
                method="check",
                received_on=invoice.due_on,
                recorded_at=noon(invoice.due_on),
                recorded_by=clerk,
            )
            for invoice in issued
            if invoice.status == "paid"
        ],
        ON,
    )
    kind = ActivityType.objects.get(code="course-seminar-webinar")
    statement = AttestationStatement.objects.of(str(claims.ATTESTATION))
    activities = [
        activity
        for member, cycle, planned in zip(members, cycles, plans, strict=True)
        for activity in _activities(member, cycle, kind, statement, shares(planned.points, entries))
    ]
    _created(Activity, activities)
    of_member = {cycle.certification.member_id: cycle for cycle in cycles}
    credits = [
        _dated(Credit(activity=activity, cycle=of_member[activity.member_id], points=activity.points), activity)
        for activity in activities
    ]
    _created(Credit, credits)


def _cycle(certification: Certification, planned: Plan, entries: int) -> Cycle:
    starts_on = planned.awarded_on
    totals = accumulate(shares(planned.points, entries))
    met_on = next((starts_on + DAY * n for n, total in enumerate(totals, start=1) if total >= 30), None)
    return Cycle(
        certification=certification,
        number=1,
        starts_on=starts_on,
        ends_on=anniversary(starts_on, 3) - DAY,
        points_required=30,
        requirement_met_on=met_on,
    )


def _invoices(cycle: Cycle, *, is_paid: bool) -> Iterator[RenewalInvoice]:
    for invoice in invoices.build(cycle, amount=5000, on=cycle.starts_on):
        invoice.status = "paid" if is_paid else "issued"
        yield invoice


def _activities(
    member: Member, cycle: Cycle, kind: ActivityType, statement: AttestationStatement, points: list[Decimal]
) -> Iterator[Activity]:
    """Return one entry a day from the first day of the cycle on, each recorded on its day."""
    for n, claimed in enumerate(points, start=1):
        day = cycle.starts_on + DAY * n
        activity = Activity(
            member=member,
            activity_type=kind,
            title=f"Course {n}",
            starts_on=day,
            ends_on=day,
            points=claimed,
            statement=statement,
            attested_at=noon(day),
            attested_by=member.user,
            submission_id=UUID(int=member.pk << 64 | n),
            submission_digest="0" * 64,
            recorded_at=noon(day),
        )
        sign(activity, at=noon(day))
        yield activity


def _dated(credit: Credit, activity: Activity) -> Credit:
    sign(credit, at=activity.recorded_at)
    return credit


def _created(model: type[models.Model], rows: list[Any], on: date = ON) -> list[Any]:
    return bulk_create_with_history(rows, model, batch_size=AT_ONCE, default_date=noon(on))  # type: ignore[no-any-return]


def lines_of_history() -> int:
    """Return how many lines there are in the histories of everything that a run writes."""
    return sum(get_history_manager_for_model(model).count() for model in (Cycle, RenewalInvoice, Certification))


def multiply(
    times: int,
    *,
    also: tuple[type[models.Model], ...] = (),
    entries: int | None = None,
    mails: int | None = None,
    with_history: bool = True,
) -> None:
    """Return the association that was built, this many times over.

    The database copies its rows, and the copies have their own keys. ``also``: other tables to
    copy. ``entries``, ``mails``: how many of each member's are copied; all, if it is left out.
    """
    if times < 2:
        return
    models_of_a_member = (User, Member, SearchTerm, Certification, Cycle, RenewalInvoice, Payment, Activity, Credit)
    models_of_a_member += also
    tables = [*models_of_a_member]
    if with_history:
        tables += [comparison.history_model(model) for model in models_of_a_member if hasattr(model, "history_of")]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":  # What the rows refer to is there: nothing needs to be looked up.
            cursor.execute("SET session_replication_role = replica")
        for model in tables:
            indexes = _without_indexes(cursor, model)
            columns = [field.column for field in model._meta.concrete_fields]
            values = ", ".join(_copied(field, models_of_a_member) for field in model._meta.concrete_fields)
            named = ", ".join(connection.ops.quote_name(column) for column in columns)
            for first in range(1, times, TOGETHER):  # Few at once, so that the keys come in about their order.
                last = min(first + TOGETHER, times) - 1
                cursor.execute(
                    f"WITH RECURSIVE copy(n) AS (SELECT {first} UNION ALL SELECT n + 1 FROM copy WHERE n < {last}) "  # noqa: S608
                    f"INSERT INTO {model._meta.db_table} ({named}) SELECT {values} FROM {model._meta.db_table}, copy "
                    f"WHERE {_built(model)} AND {_which(model, entries, mails)}"
                )
            for index in indexes:
                cursor.execute(index)
        if connection.vendor == "postgresql":
            cursor.execute("SET session_replication_role = origin")


def _without_indexes(cursor: Any, model: type[models.Model]) -> list[str]:
    """Drop the indexes of a table that belong to no constraint, and return the statements that make them again.

    Made over all rows at once, they take a fraction of the time.
    """
    if connection.vendor != "postgresql":
        return []
    cursor.execute(
        "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index "
        "WHERE indrelid = %s::regclass AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)",
        [model._meta.db_table],
    )
    found = cursor.fetchall()
    for name, _ in found:
        cursor.execute(f"DROP INDEX {name}")
    return [made for _, made in found]


def _built(model: type[models.Model]) -> str:
    """Return the condition for the rows that were built, not copied."""
    return f"{connection.ops.quote_name(model._meta.pk.column)} < {APART}"


def _which(model: type[models.Model], entries: int | None, mails: int | None) -> str:
    """Return the condition for the rows that are copied: all, or those of each member's first entries and mails."""
    if model is SearchTerm:  # a copy's AMT ID begins with a digit, and has no pairs
        return "term NOT LIKE ' %0%'"
    if model in (NoticeMail, Notice) and mails is not None:
        first = " OR ".join(f"message_id LIKE '%.{number}@bench>'" for number in range(mails)) or "FALSE"
        of_mails = f"mail_id IN (SELECT id FROM {NoticeMail._meta.db_table} WHERE ({first}) AND id < {APART})"  # noqa: S608
        return f"({first})" if model is NoticeMail else of_mails
    if entries is None:
        return "TRUE"
    titles = ", ".join(f"'Course {number}'" for number in range(1, entries + 1))
    if model is Activity:
        return f"title IN ({titles})"
    if model in (Credit, Evidence, ErrorReport):
        return f"activity_id IN (SELECT id FROM ccp_activity WHERE title IN ({titles}) AND id < {APART})"  # noqa: S608
    return "TRUE"


def _copied(field: Any, copied: tuple[type[models.Model], ...]) -> str:
    """Return the value of a column in the n-th copy.

    Keys are moved, and unique values get the number of the copy.
    """
    column = connection.ops.quote_name(field.column)
    points_to = field.related_model if field.is_relation else field.model
    if field.primary_key or field.column == "id" or (field.is_relation and points_to in copied):
        return f"{column} + n * {APART}"
    if field.name in UNIQUE and not (field.name == "email" and field.model is SecurityEvent):
        return f"CASE WHEN {column} = '' THEN '' ELSE n || '.' || {column} END"
    if field.name == "term":  # an AMT ID is found by its copy's own
        return f"CASE WHEN {column} LIKE 'b0%' THEN n || {column} ELSE {column} END"
    if field.name == "submission_id":
        number = f"substr(CAST(10000000 + n AS varchar), 1, 8) || substr(CAST({column} AS varchar), 9)"
        return f"CAST({number} AS uuid)" if connection.vendor == "postgresql" else f"({number})"
    return column
