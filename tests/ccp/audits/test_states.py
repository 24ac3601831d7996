"""The table of states, the days of each move, and which passing results are reviewed again."""

import re
import subprocess
from datetime import date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings

from amtportal.dates import CHICAGO, day_of
from ccp.audits import business_days, states
from ccp.audits.models import CaseState, Verb, Who

DOCS = Path(settings.BASE_DIR) / "docs" / "audits.md"
DAY = timedelta(days=1)


def test_every_state_is_reached_and_left_and_has_somebody_whose_move_it_is() -> None:
    assert {row.after for row in states.ROWS} == set(CaseState)
    assert {row.before for row in states.ROWS} == {None, *CaseState} - {CaseState.CLOSED}
    assert states.MOVES.keys() == set(CaseState) - {CaseState.CLOSED}
    assert {row.verb for row in states.ROWS} == set(Verb)


def test_a_step_from_a_state_is_one_row() -> None:
    keys = [(row.before, row.verb, row.after) for row in states.ROWS]
    assert len(keys) == len(set(keys))


def test_every_state_that_waits_for_a_member_ends_when_its_day_passes() -> None:
    waits = {state for state, who in states.MOVES.items() if who == Who.MEMBER}
    assert waits <= set(states.PASSING)


def test_every_number_of_days_is_a_setting() -> None:
    named = {row.days for row in states.ROWS} - {""}
    table = (Path(settings.BASE_DIR) / "amtportal" / "settings.py").read_text()
    for name in named:
        assert getattr(settings, name) > 0
        assert f"| ``{name}`` | ``{getattr(settings, name)}`` |" in table


@pytest.mark.parametrize(
    ("on", "days", "last"),
    [
        pytest.param(date(2027, 1, 12), 30, date(2027, 2, 11), id="a Thursday"),
        pytest.param(date(2027, 1, 14), 30, date(2027, 2, 16), id="a Saturday before a holiday on Monday"),
        pytest.param(date(2027, 1, 15), 30, date(2027, 2, 16), id="a Sunday before a holiday on Monday"),
        pytest.param(date(2027, 1, 16), 30, date(2027, 2, 16), id="Washington's Birthday itself"),
        pytest.param(date(2027, 1, 17), 30, date(2027, 2, 16), id="the day after the holiday"),
        pytest.param(date(2027, 2, 26), 14, date(2027, 3, 12), id="the Friday before the clocks go forward"),
        pytest.param(date(2027, 2, 28), 14, date(2027, 3, 15), id="the Sunday on which the clocks go forward"),
        pytest.param(date(2027, 10, 24), 14, date(2027, 11, 8), id="the Sunday on which the clocks go back"),
        pytest.param(date(2027, 12, 1), 30, date(2028, 1, 3), id="New Year's Day on a Saturday, observed on Friday"),
        pytest.param(date(2027, 11, 11), 14, date(2027, 11, 26), id="Thanksgiving Day"),
        pytest.param(date(2027, 6, 4), 14, date(2027, 6, 21), id="Juneteenth on a Saturday, observed on Friday"),
        pytest.param(date(2027, 6, 20), 14, date(2027, 7, 6), id="July 4 on a Sunday, observed on Monday"),
    ],
)
def test_the_last_day_is_a_business_day(on: date, days: int, last: date) -> None:
    assert states.last_day(on, days) == last


@pytest.mark.parametrize(
    ("year", "number", "some"),
    [
        pytest.param(2026, 11, {date(2026, 7, 3), date(2026, 11, 26), date(2026, 5, 25)}, id="2026"),
        pytest.param(
            2027, 11, {date(2027, 1, 18), date(2027, 12, 24), date(2027, 10, 11), date(2027, 9, 6)}, id="2027"
        ),
        pytest.param(2028, 11, {date(2027, 12, 31), date(2028, 11, 10)}, id="2028"),
    ],
)
def test_federal_holidays_are_observed(year: int, number: int, some: set[date]) -> None:
    holidays = business_days.holidays(year)
    assert len(holidays) == number
    assert some <= holidays
    assert all(not business_days.is_business_day(day) for day in holidays)


@pytest.mark.parametrize(
    ("instant", "is_over"),
    [
        pytest.param(datetime(2027, 3, 15, 23, 59, tzinfo=CHICAGO), False, id="a minute before midnight in Chicago"),
        pytest.param(datetime(2027, 3, 16, 0, 0, tzinfo=CHICAGO), True, id="midnight in Chicago"),
        pytest.param(datetime(2027, 3, 15, 22, 30, tzinfo=ZoneInfo("Pacific/Honolulu")), True, id="evening in Hawaii"),
        pytest.param(datetime(2027, 3, 16, 6, 30, tzinfo=ZoneInfo("Europe/Rome")), True, id="morning in Rome"),
        pytest.param(datetime(2027, 3, 16, 4, 30, tzinfo=ZoneInfo("UTC")), False, id="after midnight in Greenwich"),
    ],
)
def test_a_last_day_ends_at_midnight_in_chicago(instant: datetime, is_over: bool) -> None:
    """Daylight saving time began on March 14, 2027, so midnight in Chicago is 5:00 in Greenwich."""
    assert states.has_passed(date(2027, 3, 15), day_of(instant)) is is_over


def test_a_tenth_of_the_passing_results_is_reviewed_again_and_the_same_ones_each_time() -> None:
    tickets = [sha256(f"{number}".encode()).hexdigest() for number in range(20_000)]
    again = [ticket for ticket in tickets if states.is_settled_by_ticket(ticket, 10)]
    assert 1_850 < len(again) < 2_150
    assert again == [ticket for ticket in tickets if states.is_settled_by_ticket(ticket, 10)]
    assert not any(states.is_settled_by_ticket(ticket, 0) for ticket in tickets)
    assert all(states.is_settled_by_ticket(ticket, 100) for ticket in tickets)
    assert all(states.needs_second_review("failed", ticket, 0) for ticket in tickets[:10])
    assert states.needs_second_review("passed", tickets[0], 0, no_proof=True)


def test_the_shell_tells_which_are_reviewed_again() -> None:
    ticket = sha256(b"a case").hexdigest()
    shell = subprocess.run(
        ["sh", "-c", f"printf '%s' {ticket} | sha256sum"], capture_output=True, text=True, check=True
    )
    is_less = int(shell.stdout[:8], 16) < 16**8 // 10
    assert states.is_settled_by_ticket(ticket, 10) is is_less


def test_the_docs_have_the_table_and_the_diagram() -> None:
    """If the table changes: ``python -c`` with ``states.written()`` and ``states.diagram()`` writes them."""
    docs = DOCS.read_text()
    assert states.diagram() in docs
    assert states.written() in docs
    assert len(re.findall("-->", states.diagram())) == len(states.ROWS) + 1
