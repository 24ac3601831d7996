"""What is asked of the record misses nobody, and takes as many queries for many members as for few."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from amtportal.members.models import Member
from ccp.demo import cast
from ccp.notices import due, facts, sending, writing
from ccp.notices.due import Due
from ccp.notices.models import NoticeKind, NoticeMail
from certifications.models import Cycle
from tests.support.builders import TODAY, cycle_of, make_amt_credit, make_cycle, make_member, noon
from tests.support.notices import make_mail

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def due_of_everybody(on: date, told_since: date) -> set[Due]:
    """Return what is due of every cycle, whatever the queries choose."""
    cycles = Cycle.objects.unclosed().values_list("pk", flat=True)
    return {
        one
        for each in facts.of_standings(facts.standings(list(cycles), on))
        for one in due.of_cycle(each, on, told_since)
    }


def test_the_queries_miss_nobody_of_the_cast() -> None:
    on = date(2027, 12, 1)
    cast.enter(on=on, now=noon(on), staff=cast.make_staff(noon(on)))
    kinds = set()
    for number in range(0, 400, 7):
        day = on + number * DAY
        told_since = due.since(day, on - 100 * DAY)
        wanted = due_of_everybody(day, told_since)
        may_be = [each for of_member in facts.candidates(day, told_since).values() for each in of_member]
        assert set(sending._of_cycles(may_be, day, told_since)) == wanted, day
        kinds |= {one.kind for one in wanted}
    assert len(kinds) == 6  # all that follow from a cycle and its invoices


def queries(do: Callable[[], object]) -> int:
    with CaptureQueriesContext(connection) as captured:
        do()
    return len(captured)


def some_members(number: int) -> None:
    for _ in range(number):
        member = make_member()
        cycle = make_cycle(member, credential="RPT", awarded_on=date(2023, 4, 24))
        make_amt_credit(cycle, points="1", at=noon(TODAY - DAY))


@pytest.mark.usefixtures("terms_known", "on_today")
def test_many_members_take_as_many_queries_as_few() -> None:
    taken = []
    for number in (2, 7):
        some_members(number)
        sent = queries(lambda: sending.send_due(on=TODAY, now=noon(TODAY)))
        mails = list(NoticeMail.objects.filter(state="waiting").values_list("pk", flat=True))
        written = queries(lambda mails=mails: writing.write(mails))
        NoticeMail.objects.filter(pk__in=mails).update(state="dropped")
        taken.append((sent, written))
    assert taken[0] == taken[1]


def test_the_first_mail_of_a_day_says_when_the_portal_began(short: Member) -> None:
    """Receipts come before: a portal whose notices are switched on a month later tells of 3 days, too."""
    make_mail(short, NoticeKind.PAYMENT_RECEIVED, on=TODAY - 30 * DAY, at_once=True)
    assert facts.began_on(TODAY) == TODAY
    sending.send_due(on=TODAY, now=noon(TODAY))
    assert facts.began_on(TODAY + 9 * DAY) == TODAY


def test_a_quiet_cycle_is_quiet_since_its_last_standing_entry(short: Member) -> None:
    cycle = cycle_of(short, "RPT")
    assert facts.quiet_since({cycle.pk: cycle.starts_on}) == {cycle.pk: TODAY}
