"""What comes next: the rules of what is due, asked for the days ahead."""

from collections import Counter
from collections.abc import Iterable
from datetime import date, timedelta

import pytest

from amtportal.members.models import Member
from ccp.notices import ahead, due, facts
from ccp.notices.ahead import Ahead
from ccp.notices.models import MailState, NoticeKind, Preference
from ccp.standing import standing
from tests.support.builders import (
    TODAY,
    client_of,
    cycle_of,
    invoice_of,
    make_activity,
    make_member,
    make_payment,
    noon,
)
from tests.support.notices import make_mail, make_notice
from tests.support.pages import read, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_today")]

DAY = timedelta(days=1)
PAGE = "/account/notices/"


def comes(member: Member, *, on: date = TODAY, has_mail: bool = False, unwanted: Iterable[str] = ()) -> list[Ahead]:
    notices = member.notices.all()
    [only] = ahead.of_member(
        standing.standings(member, on), on=on, told=ahead.told(notices), has_mail=has_mail, unwanted=list(unwanted)
    )
    return list(only.days)


def said(days: Iterable[Ahead]) -> dict[str, list[str]]:
    return {day.on.isoformat(): list(day.sentences) for day in days}


def told_before(member: Member, kind: NoticeKind, anchor_on: date) -> None:
    make_notice(member, kind, on=anchor_on, subject=f"cycle-{member.certifications.get().cycles.get().pk}")


def test_who_is_short_is_reminded_before_the_end_of_the_cycle(short: Member) -> None:
    """40 days are left. The reminder of 60 days before has not been sent, so it comes today."""
    assert said(comes(short)) == {
        "2026-03-14": ["40 days before your cycle ends: points are missing."],
        "2026-03-24": ["30 days before your cycle ends: points are missing."],
        "2026-04-09": ["14 days before your cycle ends: points are missing."],
    }


def test_what_was_sent_does_not_come_again(short: Member) -> None:
    told_before(short, NoticeKind.CYCLE_ENDS, date(2026, 2, 22))
    assert [day.on for day in comes(short)] == [date(2026, 3, 24), date(2026, 4, 9), date(2026, 4, 16)]


def test_what_is_due_on_a_day_that_had_its_mail_comes_on_the_next(short: Member) -> None:
    assert comes(short, has_mail=True)[0].on == TODAY + DAY


def test_who_has_met_the_requirement_is_reminded_of_the_invoice_only(met: Member) -> None:
    """The invoice of year 3 opened today, and is due on 5/1/2026, the day after the cycle.

    So is the notice that it opens. Those of the years 1 and 2 are paid.
    """
    cycle = cycle_of(met)
    for year in (1, 2):
        make_payment(invoice_of(cycle, year))
    assert said(comes(met)) == {
        "2026-03-14": ["Your renewal invoice for year 3 opens."],
        "2026-03-31": [
            "30 days before your cycle ends: a renewal invoice is not paid.",
            "Your renewal invoice for year 3 is due in 31 days.",
        ],
        "2026-04-16": ["14 days before your cycle ends: a renewal invoice is not paid."],
    }
    make_payment(invoice_of(cycle))
    assert comes(met) == []


def test_in_grace_the_reminders_are_those_of_the_grace_period_and_then_the_lapse(grace: Member) -> None:
    """The grace period of 90 days ends on 5/23/2026."""
    found = said(comes(grace))
    assert found == {
        "2026-03-14": ["70 days before your grace period ends: points are missing."],
        "2026-04-23": ["30 days before your grace period ends: points are missing."],
        "2026-05-16": ["7 days before your grace period ends: points are missing."],
    }
    later = comes(grace, on=date(2026, 5, 17))
    assert said(later)["2026-05-24"] == ["The grace period is over and points are missing: the certification lapses."]


def test_no_lapse_is_foretold_while_amt_owes_points(grace: Member) -> None:
    cycle = cycle_of(grace, "MLT")
    make_activity(cycle, kind="journal-article", points=None, starts_on=cycle.ends_on, at=noon(cycle.ends_on))
    assert "2026-05-24" not in said(comes(grace, on=date(2026, 5, 17)))


def test_what_is_switched_off_does_not_come(new: Member) -> None:
    """Nothing was recorded since 9/1/2025. 6 months later, on 3/1/2026, is the anchor."""
    quiet = "No entry for 6 months, and points are missing."
    on = date(2026, 3, 1)
    assert said(comes(new, on=on))["2026-03-01"] == [quiet]
    unwanted = comes(new, on=on, unwanted=[NoticeKind.NOTHING_RECORDED])
    assert quiet not in [sentence for day in unwanted for sentence in day.sentences]


def test_an_invoice_is_said_to_be_due_and_then_overdue(new: Member) -> None:
    """The invoice of year 1 opens on 7/3/2026 and is due on 9/1/2026."""
    assert said(comes(new, on=date(2026, 6, 1))) == {
        "2026-07-03": ["Your renewal invoice for year 1 opens."],
        "2026-08-02": ["Your renewal invoice for year 1 is due in 30 days."],
        "2026-08-25": ["Your renewal invoice for year 1 is due in 7 days."],
    }
    assert said(comes(new, on=date(2026, 8, 26))) == {
        "2026-08-26": ["Your renewal invoice for year 1 is due in 6 days."],
        "2026-09-01": ["Your renewal invoice for year 1 is due that day."],
        "2026-09-15": ["Your renewal invoice for year 1 is 14 days overdue."],
    }


@pytest.mark.parametrize("who", ["new", "short", "met", "grace", "two", "voluntary"])
def test_no_day_is_missed_and_each_stands_as_the_record_will(who: str, request: pytest.FixtureRequest) -> None:
    """Every day of three years is asked, and the days that are chosen give the same.

    On each of these days, the record as it is read then gives the same facts.
    """
    member = request.getfixturevalue(who)
    all_kinds: Counter[str] = Counter()
    for stands in standing.standings(member, TODAY):
        [today] = facts.of_standings([stands])
        every: dict[date, list[due.Due]] = {}
        for day in (TODAY + DAY * number for number in range(1, 3 * 366)):
            found = ahead.due_on_day(ahead.on_day(stands, day), today, day)
            if new := [one for one in found if one.anchor_on == day]:
                every[day] = new
        chosen: dict[date, list[due.Due]] = {}
        for later, one in ahead._ahead(stands, today, TODAY):
            if later.on > TODAY:
                chosen.setdefault(later.on, []).append(one)
        assert chosen == every
        all_kinds.update(one.kind for found in every.values() for one in found)
        for day in every:
            [then] = [then for then in standing.standings(member, day) if then.certification == stands.certification]
            assert facts.of_standing(then, today.quiet_since) == facts.of_standing(
                ahead.on_day(stands, day), today.quiet_since
            )
    assert all_kinds


def test_the_page_says_it_for_each_certification(two: Member) -> None:
    Preference.objects.create(member=two, nothing_recorded=False)
    make_mail(two, state=MailState.WAITING)
    page = read(client_of(two).get(PAGE))
    assert [words(heading) for heading in page.select("#ahead h3")] == ["RMA", "RPT"]
    first = page.select_one("#ahead ol li")
    assert words(first) == "Mar 15, 2026 47 days before your cycle ends: points are missing."


def test_the_page_is_honest_when_nothing_comes(met: Member) -> None:
    for year in (1, 2, 3):
        make_payment(invoice_of(cycle_of(met), year))
    assert "Nothing: no day of this cycle needs a mail." in client_of(met).get(PAGE).text
    assert "you have no certification with a running cycle" in client_of(make_member()).get(PAGE).text
