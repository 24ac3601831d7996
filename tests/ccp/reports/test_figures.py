"""Each report against figures that were counted by hand, of a small association built for it."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from amtportal.members.models import Member
from ccp.recording import verbs as recording
from ccp.reports import standby
from ccp.reports.figures import base, chart, counting
from ccp.reports.figures.base import Figure, Money, Percent, Table
from ccp.reports.figures.registry import REPORTS
from certifications import life
from certifications.models import Cycle, Payment
from certifications.payments.models import Refund, UnappliedMoney
from tests.support.audits import case_on_record
from tests.support.builders import (
    TODAY,
    chicago,
    cycle_of,
    invoice_of,
    make_activity,
    make_amt_credit,
    make_cycle,
    make_member,
    make_payment,
    make_user,
    noon,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_today")]

DAY = timedelta(days=1)


def tables(name: str, credential: str = "", on: date = TODAY) -> Sequence[Table]:
    rows = [base.kept(row) for row in REPORTS[name].query(on, standby.alias())]
    return REPORTS[name].tables(rows, on, credential)


def line(table: Table, label: str) -> list[str]:
    """Return the figures of a line as the page shows them."""
    return [str(figure) for figure in dict(table.lines)[label]]


def close(cycle: Cycle, outcome: str, *, ended: date) -> None:
    """Let a cycle have ended on that day, and be closed."""
    Cycle.objects.filter(pk=cycle.pk).update(
        ends_on=ended, closed_on=ended + DAY, outcome=outcome, points_at_close=30, mandatory_at_close=True
    )


# Compliance


def test_cycles_that_ended_stand_in_their_quarter_with_what_became_of_them(
    short: Member, new: Member, grace: Member
) -> None:
    """Q1 of 2026: two compliant, one not, one in grace: 2 of 3 closed are 66.7%. Q4 of 2025: one compliant."""
    for outcome, ended in [
        ("compliant", date(2026, 1, 1)),
        ("compliant", date(2026, 3, 13)),
        ("non-compliant", date(2026, 2, 1)),
        ("compliant", date(2025, 12, 31)),
    ]:
        close(make_cycle(make_member()), outcome, ended=ended)
    by_quarter, by_credential, _by_year = tables("compliance")
    assert line(by_quarter, "2026 Q1") == ["4", "2", "1", "1", "66.7%"]
    assert line(by_quarter, "2025 Q4") == ["1", "1", "0", "0", "100.0%"]
    assert line(by_quarter, "2025 Q3") == ["0", "0", "0", "0", "–"]
    assert line(by_credential, "RMA") == ["4", "3", "1", "0", "75.0%"]
    assert line(by_credential, "MLT") == ["1", "0", "0", "1", "–"]
    of_mlt = tables("compliance", "MLT")
    assert line(of_mlt[0], "2026 Q1") == ["1", "0", "0", "1", "–"]
    assert len(of_mlt) == 2


def test_running_cycles_stand_in_their_year(short: Member, new: Member, met: Member, voluntary: Member) -> None:
    """Year 1: new, short of points. Year 3: short is short, met has met, voluntary need not."""
    table = tables("compliance")[-1]
    assert line(table, "Year 1") == ["1", "0", "1", "0", "0.0%"]
    assert line(table, "Year 2") == ["0", "0", "0", "0", "–"]
    assert line(table, "Year 3") == ["3", "1", "1", "1", "33.3%"]
    life.change_status(
        certification=cycle_of(met).certification, to="retired", reason="Asked.", by=make_user(), at=noon(TODAY)
    )
    assert line(tables("compliance")[-1], "Year 3") == ["2", "0", "1", "1", "0.0%"]


def test_the_year_changes_on_the_anniversary(new: Member) -> None:
    """The cycle began on 9/1/2025: its second year begins on 9/1/2026, as in ``invoices.year_of_cycle``."""
    for on, year in [(date(2026, 8, 31), "Year 1"), (date(2026, 9, 1), "Year 2"), (date(2027, 9, 1), "Year 3")]:
        assert line(tables("compliance", on=on)[-1], year)[0] == "1"


# Cohorts


def test_a_cohort_renews_at_the_end_of_each_cycle() -> None:
    """Of three awarded in 2020, two renewed their first cycle, one did not; one renewed its second."""
    for first, second in [("compliant", "compliant"), ("compliant", ""), ("non-compliant", "")]:
        cycle = make_cycle(make_member(), awarded_on=date(2020, 3, 1), on=date(2020, 3, 1))
        if second is not None:
            close(cycle, first, ended=date(2023, 2, 28))
        if second:
            later = Cycle.objects.create(
                certification=cycle.certification, number=2, starts_on=date(2023, 3, 1), ends_on=date(2026, 2, 28),
                points_required=30,
            )  # fmt: skip
            close(later, second, ended=date(2026, 2, 28))
    make_cycle(make_member(), awarded_on=date(2025, 3, 1))
    [table] = tables("cohorts")
    assert line(table, "2020") == ["4", "3", "2", "66.7%", "1", "1", "100.0%"]
    assert line(table, "2025") == ["1", "0", "0", "–", "0", "0", "–"]
    assert tables("cohorts", "RPT")[0].lines == []


# Points


def test_points_that_count_stand_in_their_category_and_year() -> None:
    """5 + 2.5 points of courses in 2026, 4 of a college in 2025: 11.5 in all. What was withdrawn counts nothing."""
    cycle = make_cycle(make_member())
    make_activity(cycle, points="5")
    make_activity(cycle, points="2.5", starts_on=date(2026, 1, 2))
    make_activity(cycle, points="4", kind="college-semester-hours", starts_on=date(2025, 5, 1))
    gone = make_activity(cycle, points="9", starts_on=date(2026, 2, 2))
    recording.withdraw(activity=gone, by=cycle.certification.member.user, at=noon(TODAY))
    [table] = tables("points")
    assert line(table, "Professional Education") == ["7.5", "65.2%", "2", "7.5", "0", "0", "0", "0"]
    assert line(table, "Formal Education") == ["4", "34.8%", "1", "0", "4", "0", "0", "0"]
    assert table.note == "All categories together: 11.5 points."


# Recorded


def test_entries_stand_in_the_month_of_chicago_in_which_they_were_recorded() -> None:
    """Midnight in Chicago parts February from March, whatever the day in UTC."""
    cycle = make_cycle(make_member())
    make_activity(cycle, points="1", at=chicago(2026, 2, 28, 23, 59), starts_on=date(2026, 2, 1))
    make_activity(cycle, points="1", at=chicago(2026, 3, 1, 0, 0), starts_on=date(2026, 2, 2))
    make_amt_credit(cycle, starts_on=date(2026, 2, 3))
    gone = make_activity(cycle, points="1", starts_on=date(2026, 2, 4))
    recording.withdraw(activity=gone, by=cycle.certification.member.user, at=noon(TODAY))
    [table] = tables("recorded")
    assert line(table, "Mar 2026") == ["3", "1", "1", "0", "1", "0"]
    assert line(table, "Feb 2026") == ["1", "1", "0", "0", "0", "0"]


# Invoices and money


def test_invoices_stand_in_their_month_with_their_state(met: Member, short: Member) -> None:
    """Both have a year-3 invoice due after the cycle: on 5/1/2026 it is open, on 4/24 it is locked."""
    make_payment(invoice_of(cycle_of(met), year=2))
    [table] = tables("invoices")
    fee, other = invoice_of(cycle_of(met), year=3).amount, invoice_of(Cycle.objects.get(
        certification__member=short), year=3).amount  # fmt: skip
    money = [str(Figure(Money(fee))), "$0.00"]
    assert line(table, "May 2026") == ["1", "0", "1", "0", "0", "0", "0", "0", *money]
    assert line(table, "Apr 2026") == ["1", "0", "0", "0", "1", "0", "0", "0", str(Figure(Money(other))), "$0.00"]
    assert line(table, "May 2025") == ["1", "1", "0", "0", "0", "0", "0", "0", money[0], money[0]]
    life.change_status(
        certification=cycle_of(met).certification, to="retired", reason="Asked.", by=make_user(), at=noon(TODAY)
    )
    assert line(tables("invoices")[0], "May 2026")[1:6] == ["0", "0", "0", "0", "1"]


def test_money_stands_in_the_month_in_which_it_came_or_went(met: Member) -> None:
    """Two checks came in March, of which one was reversed; a refund of $50 went out; $12 fit no invoice."""
    fee = invoice_of(cycle_of(met)).amount
    make_payment(invoice_of(cycle_of(met), year=1), received_on=date(2026, 3, 1))
    wrong = make_payment(invoice_of(cycle_of(met), year=2), received_on=date(2026, 3, 14))
    Payment.objects.filter(pk=wrong.pk).update(
        reversed_at=noon(TODAY), reversed_by=make_user(), reversal_reason="Another member's."
    )
    unapplied = {"charge_id": "ch_1", "amount": 1200, "currency": "usd", "cause": "unknown"}
    UnappliedMoney.objects.create(**unapplied, received_at=chicago(2026, 2, 28, 23))
    UnappliedMoney.objects.create(**unapplied | {"charge_id": "ch_2", "currency": "cad"}, received_at=noon(TODAY))
    Refund.objects.create(
        payment=wrong, charge_id="ch_3", amount=5000, currency="usd", reason="Twice.",
        idempotency_key="00000000-0000-0000-0000-000000000001", status="succeeded", requested_at=noon(TODAY),
        finished_at=chicago(2026, 3, 1, 0), refund_id="re_1",
    )  # fmt: skip
    [table] = tables("money")
    one, two = str(Figure(Money(fee))), str(Figure(Money(2 * fee)))
    assert line(table, "Mar 2026") == [two, one, "$0.00", one, "$50.00", "$0.00", "$0.00"]
    assert line(table, "Feb 2026") == ["$0.00", "$0.00", "$0.00", "$0.00", "$0.00", "$12.00", "$0.00"]


# Audits


def test_audits_stand_in_the_year_of_their_draw(met: Member) -> None:
    case = case_on_record(cycle_of(met))
    [table] = tables("audits")
    [(label, figures)] = table.lines
    assert label == (str(case.draw_line.draw.year) if case.draw_line else "For cause")
    assert [str(figure) for figure in figures] == ["1", "1", "0", "0", "0", "–"]


# All


@pytest.mark.parametrize("name", REPORTS)
def test_a_report_is_one_query_and_its_page_shows_what_that_returned(name: str, met: Member, short: Member) -> None:
    """What is kept as JSON and read again makes the same tables as the rows of the query."""
    with CaptureQueriesContext(connection) as captured:
        counted = counting.count(name, at=timezone.now())
    assert [query["sql"].lstrip("(").split()[0] for query in captured] == ["SELECT", "INSERT"]
    kept = counting.newest(name)
    assert kept is not None
    assert kept.pk == counted.pk
    assert list(REPORTS[name].tables(kept.rows, TODAY, "")) == list(tables(name))


@pytest.mark.parametrize("name", REPORTS)
def test_every_figure_has_a_rule_and_its_table_a_chart(name: str, met: Member) -> None:
    for table in tables(name):
        assert all(head.rule.endswith(".") for head in table.heads)
        assert all(len(figures) == len(table.heads) for _label, figures in table.lines)
        assert table.bars is not None
        assert len(table.bars.bars) <= len(table.lines) or not table.lines


def test_a_share_of_nothing_is_no_figure() -> None:
    assert (str(Figure(Percent(0, 0))), Figure(Percent(0, 0)).in_file) == ("–", "")
    assert (str(Figure(Percent(2, 3))), Figure(Percent(2, 3)).in_file) == ("66.7%", "66.7")
    assert str(Figure(Decimal("12345.25"))) == "12,345.25"


def test_bars_are_as_long_as_their_numbers() -> None:
    """The room is 400 - 112 - 64 = 224: 2 of 4 are half of it, and 1 of 1,000 is still seen."""
    drawn = chart.bars([("A", [2, 2]), ("B", [0, 2])], ["one", "two"])
    assert [[part.width for part in bar.parts] for bar in drawn.bars] == [[112, 112], [112]]
    assert drawn.bars[0].parts[1].x == 112 + 112
    assert drawn.bars[1].parts[0].fill == 2
    assert "The longest is A with 4, the shortest B with 2." in drawn.sentence
    assert chart.bars([("A", [1]), ("B", [1000])], ["one"]).bars[0].parts[0].width == 1
    assert chart.bars([], ["one"]).sentence == "There is nothing to draw yet."
