"""What the rules of notices ask of the record, for many members at once.

``candidates`` reads few columns, and finds the cycles of which something *may* be due: it may find too
many, and must not miss one (``tests/ccp/notices/test_facts.py`` compares). Only for those of which
something is not on record yet, ``standings`` asks where they stand as the pages do, so that no rule
is written here a second time.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date, datetime, time, timedelta

from dateutil.relativedelta import relativedelta
from django.db.models import Exists, Max, OuterRef, Q

from amtportal.chunks import chunks
from amtportal.dates import CHICAGO, day_of
from ccp.counting import requirement
from ccp.models import Activity, Credit, ErrorReport
from ccp.notices import due
from ccp.notices.models import NoticeKind as Kind
from ccp.notices.models import NoticeMail
from ccp.rollover.verdicts import Verdict
from ccp.standing.standing import Standing, standings_of
from certifications import cycles as cycle_rules
from certifications import invoices as invoice_rules
from certifications.models import Certification, Cycle, Payment, RenewalInvoice, StatusChange
from certifications.payments.models import Checkout, Refund

DAY = timedelta(days=1)
Row = tuple[int, int, datetime | None]
"""A member and what happened to one record of the member: its key, and when."""


def midnight(day: date) -> datetime:
    """Return when the day begins in Chicago."""
    return datetime.combine(day, time.min, CHICAGO)


def began_on(on: date) -> date:
    """Return the day of the portal's first mail of a day; that day, if there is none yet.

    What is told at once, such as a receipt, comes before a portal begins to send notices.
    """
    first = NoticeMail.objects.filter(at_once=False).order_by("pk").first()
    return min(day_of(first.made_at), on) if first else on


def candidates(on: date, told_since: date) -> dict[int, list[due.CycleFacts]]:
    """Return the cycles of which something may be due, by member: facts as favorable to a notice as can be.

    Whether points are missing is taken from ``requirement_met_on``; that money is under way is not
    asked. Three queries that read few columns, whatever the number of members.
    """
    of_cycle: dict[int, list[due.Owed]] = defaultdict(list)
    unclosed = Cycle.objects.unclosed().filter(certification__status__in=Certification.IN_FORCE)
    unpaid = RenewalInvoice.objects.filter(status=RenewalInvoice.Status.ISSUED, opens_on__lte=on, cycle__in=unclosed)
    columns = "cycle", "pk", "year", "opens_on", "due_on", "cycle__ends_on", "cycle__grace_extended_to"
    for cycle, pk, year, opens_on, due_on, ends_on, extended_to in unpaid.order_by("pk").values_list(*columns):
        assert opens_on is not None  # it was chosen by it
        grace_ends_on = extended_to or cycle_rules.records_until(ends_on)
        pay_by = invoice_rules.pay_by(due_on=due_on, opens_on=opens_on, grace_ends_on=grace_ends_on)
        of_cycle[cycle].append(due.Owed(pk, year, opens_on, pay_by))
    is_short = Q(certification__ccp_mandatory=True, requirement_met_on=None)
    quiet = set(unclosed.filter(is_short, _quiet(on, told_since)).order_by().values_list("pk", flat=True))
    reminded = unclosed.filter(is_short, ends_on__lte=on + due.LONGEST * DAY).order_by().values_list("pk", flat=True)
    found: dict[int, list[due.CycleFacts]] = defaultdict(list)
    for some in chunks(sorted(of_cycle.keys() | quiet | set(reminded))):
        rows = Cycle.objects.filter(pk__in=some).order_by("pk").annotate(short=Q(is_short))
        loaded = list(
            rows.values_list("certification__member", "pk", "starts_on", "ends_on", "grace_extended_to", "short")
        )
        since = quiet_since({pk: starts_on for _, pk, starts_on, *_ in loaded if pk in quiet})
        for member, pk, _, ends_on, extended_to, short in loaded:
            ended: Verdict = "grace" if short else "awaiting-payment"
            found[member].append(
                due.CycleFacts(
                    member=member,
                    cycle=pk,
                    ends_on=ends_on,
                    grace_ends_on=extended_to or cycle_rules.records_until(ends_on),
                    verdict="running" if on <= ends_on else ended,
                    is_short=short,
                    owed=tuple(of_cycle.get(pk, ())),
                    quiet_since=since.get(pk),
                )
            )
    return found


def _quiet(on: date, told_since: date) -> Q:
    """Return the condition that an entry of a cycle, or its first day, was about 6 months before."""
    months = relativedelta(months=due.QUIET_MONTHS)
    first = max(told_since, on - due.OPTIONAL_LATE * DAY) - months - 4 * DAY  # months differ by up to 3 days
    last = on - months + 4 * DAY
    recorded = Credit.objects.filter(
        Q(activity__recorded_at__gte=midnight(first), activity__recorded_at__lt=midnight(last + DAY))
        | Q(activity__recorded_in_amtrax_on__gte=first, activity__recorded_in_amtrax_on__lte=last)
    )
    is_quiet = Q(starts_on__gte=first, starts_on__lte=last) | Q(pk__in=recorded.order_by().values("cycle"))
    return is_quiet & Q(ends_on__gt=on + due.LONGEST * DAY)


def standings(cycles: Collection[int], on: date) -> Iterator[Standing]:
    """Yield where these cycles, given by key, stand on that day; three queries for each chunk.

    A cycle of a certification that is not in force is not among them.
    """
    for keys in chunks(cycles):
        loaded = Cycle.objects.filter(pk__in=keys, certification__status__in=Certification.IN_FORCE)
        loaded = loaded.select_related("certification__credential", "certification__member")
        yield from standings_of(list(loaded.order_by("pk")), on, counted=requirement.counted_by_cycle(keys))


def of_standings(standings: Iterable[Standing]) -> Iterator[due.CycleFacts]:
    """Yield what the rules ask; one query."""
    standings = list(standings)
    quiet = quiet_since({each.cycle.pk: each.cycle.starts_on for each in standings if _can_be_quiet(each)})
    for standing in standings:
        yield of_standing(standing, quiet.get(standing.cycle.pk))


def of_standing(standing: Standing, quiet_since: date | None) -> due.CycleFacts:
    return due.CycleFacts(
        member=standing.certification.member_id,
        cycle=standing.cycle.pk,
        ends_on=standing.cycle.ends_on,
        grace_ends_on=standing.records_until,
        verdict=standing.verdict,
        is_short=is_short(standing),
        owed=tuple(
            due.Owed(owed.invoice.pk, owed.invoice.year, owed.opens_on, owed.late_pay_by or owed.invoice.due_on)
            for owed in standing.invoices
            if owed.is_payable and owed.opens_on
        ),
        quiet_since=quiet_since,
    )


def is_short(standing: Standing) -> bool:
    """Return whether CCP is mandatory and points are missing."""
    return standing.cycle.is_mandatory and not standing.is_met


def _can_be_quiet(standing: Standing) -> bool:
    return is_short(standing) and standing.days_left > due.LONGEST


def quiet_since(first_days: Mapping[int, date]) -> dict[int, date]:
    """Return the day of the last standing entry of each cycle, or its first day, by key; one query.

    ``first_days``: that of each cycle, by key.
    """
    since = dict(first_days)
    if not since:
        return {}
    in_portal = Q(activity__recorded_in_amtrax_on=None)
    credited = (
        Credit.objects.filter(cycle__in=list(since))
        .exclude(cut__in=[Credit.Cut.NOT_STANDING, *Credit.NOT_CLAIMED])
        .order_by()
        .values_list("cycle")
        .annotate(at=Max("activity__recorded_at", filter=in_portal), on=Max("activity__recorded_in_amtrax_on"))
    )
    for cycle, at, on in credited:
        since[cycle] = max(day for day in (since[cycle], at and day_of(at), on) if day)
    return since


def events(on: date, told_since: date) -> Iterator[due.Event]:
    """Yield what happened once, from that day on up to the day: seven queries, four more for the month's summary."""
    lapsed = StatusChange.objects.filter(after=Certification.Status.LAPSED, certification__status="lapsed")
    lapsed = lapsed.filter(changed_on__gte=told_since, changed_on__lte=on)
    for member, key, day in lapsed.values_list("certification__member", "pk", "changed_on"):
        yield due.Event(member, Kind.LAPSED, f"status-{key}", day)
    moments = (midnight(told_since), midnight(on + DAY))
    for kind, subject, rows in (
        (Kind.PAYMENT_RECEIVED, "payment", _received(*moments)),
        (Kind.PAYMENT_FAILED, "payment", _reversed(*moments)),
        (Kind.AMT_CREDIT, "entry", _credited(*moments)),
        (Kind.POINTS_SET, "entry", _points_set(*moments)),
        (Kind.ENTRY_VOIDED, "entry", _voided(*moments)),
        (Kind.REPORT_ANSWERED, "report", _answered(*moments)),
    ):
        for member, key, at in rows:
            assert at is not None  # it was chosen by it
            # Points that are set again are told again, also on the same day.
            about = f"set-{at.timestamp():.0f}" if kind == Kind.POINTS_SET else subject
            yield due.Event(member, kind, f"{about}-{key}", day_of(at))
    if first := due.monthly(on, told_since):
        for member in changed_in_month_before(first):
            yield due.Event(member, Kind.MONTHLY_SUMMARY, "summary", first)


def _received(first: datetime, end: datetime) -> Iterator[Row]:
    """Yield payments that were recorded then. One of a checkout has its receipt; an old one of a file is no news."""
    payments = Payment.objects.filter(recorded_at__gte=first, recorded_at__lt=end, reversed_at=None)
    member = "invoice__cycle__certification__member"
    rows = (
        payments.filter(~Exists(Checkout.objects.filter(payment=OuterRef("pk"))))
        .order_by()
        .values_list(member, "pk", "recorded_at", "received_on", "file_name")
    )
    for of, key, at, received_on, file_name in rows:
        if not file_name or (day_of(at) - received_on).days <= due.LATE:
            yield of, key, at


def _reversed(first: datetime, end: datetime) -> Iterable[Row]:
    """Return payments that were reversed then and not refunded, whose invoices are to be paid again."""
    refunds = Refund.objects.exclude(status=Refund.Status.FAILED).filter(payment=OuterRef("pk"))
    payments = Payment.objects.filter(reversed_at__gte=first, reversed_at__lt=end, invoice__status="issued")
    gone = payments.filter(~Exists(refunds)).order_by()
    return gone.values_list("invoice__cycle__certification__member", "pk", "reversed_at")


def _credited(first: datetime, end: datetime) -> Iterable[Row]:
    credits = Activity.objects.filter(source=Activity.Source.AMT, recorded_at__gte=first, recorded_at__lt=end)
    return credits.filter(withdrawn_at=None).order_by().values_list("member", "pk", "recorded_at")


def _points_set(first: datetime, end: datetime) -> Iterable[Row]:
    entries = Activity.objects.filter(points_set_at__gte=first, points_set_at__lt=end, withdrawn_at=None)
    return entries.order_by().values_list("member", "pk", "points_set_at")


def _voided(first: datetime, end: datetime) -> Iterable[Row]:
    voided = Activity.objects.exclude(void_reason="").filter(withdrawn_at__gte=first, withdrawn_at__lt=end)
    return voided.order_by().values_list("member", "pk", "withdrawn_at")


def _answered(first: datetime, end: datetime) -> Iterable[Row]:
    reports = ErrorReport.objects.filter(answered_at__gte=first, answered_at__lt=end).order_by()
    return reports.values_list("activity__member", "pk", "answered_at")


def changed_in_month_before(first: date) -> set[int]:
    """Return the members of whose record something changed in the month before that first day."""
    month = (midnight((first - DAY).replace(day=1)), midnight(first))
    member = "certification__member"
    changed = (
        Activity.history.filter(history_date__gte=month[0], history_date__lt=month[1]).values_list("member_id"),
        Payment.objects.filter(recorded_at__gte=month[0], recorded_at__lt=month[1]).values_list(
            f"invoice__cycle__{member}"
        ),
        Payment.objects.filter(reversed_at__gte=month[0], reversed_at__lt=month[1]).values_list(
            f"invoice__cycle__{member}"
        ),
        Cycle.objects.filter(closed_on__gte=(first - DAY).replace(day=1), closed_on__lt=first).values_list(member),
    )
    return {key for rows in changed for (key,) in rows.order_by().distinct()}
