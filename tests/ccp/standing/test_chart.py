"""The picture of a cycle: where the steps of each category are, and what is said beside it.

The picture is 352 units wide (4 to 356) and 118 high (164 up to 46). A cycle of 353 days puts day n
at 4 + n, and 118 required points make a point one unit high.
"""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from amtportal.members.models import Member
from ccp.recording import verbs as recording
from ccp.standing import cards, chart
from ccp.standing.chart import Earned
from tests.support.builders import TODAY, client_of, cycle_of, make_activity, noon
from tests.support.pages import read, words

START = date(2024, 1, 1)


def day(number: int) -> date:
    return START + timedelta(days=number)


def drawn(*earned: Earned, on: int = 200, required: int = 118) -> chart.Chart:
    return chart.chart(
        earned,
        list(dict.fromkeys(found.category for found in earned)),
        starts_on=START,
        ends_on=day(352),
        required=Decimal(required),
        on=day(on),
    )


def test_one_entry_is_a_step_on_its_day_that_lasts_until_today() -> None:
    """10 points on day 100: from x 104 to 204, y 164 - 10 = 154."""
    (band,) = drawn(Earned(day(100), "Teaching", Decimal(10))).bands
    assert band.outline == "M4 164L104 164L104 154L204 154 L204 164L4 164Z"
    assert (band.category, band.points) == ("Teaching", 10)


def test_a_category_stands_upon_the_one_before() -> None:
    """Learning has 10 on day 100.

    Teaching has 5 on day 50, which are on the floor until day 100 and then on 10: 15 in all.
    """
    learning, teaching = drawn(Earned(day(100), "Learning", Decimal(10)), Earned(day(50), "Teaching", Decimal(5))).bands
    assert learning.outline == "M4 164L104 164L104 154L204 154 L204 164L4 164Z"
    upper, lower = teaching.outline.split(" L")
    assert upper == "M4 164L54 164L54 159L104 159L104 149L204 149"
    assert lower == "204 154L104 154L104 164L4 164Z"


def test_points_of_the_same_day_make_one_step() -> None:
    (band,) = drawn(Earned(day(9), "A", Decimal("0.25")), Earned(day(9), "A", Decimal("9.75"))).bands
    assert band.outline.startswith("M4 164L13 164L13 154L204 154 ")


def test_more_points_than_required_lower_the_line_of_what_is_required() -> None:
    """236 points fill the height, so 118 required points are at half of it: 164 - 59."""
    assert drawn(Earned(day(1), "A", Decimal(236))).required_y == 105
    assert drawn(Earned(day(1), "A", Decimal(1))).required_y == chart.TOP


def test_each_category_has_a_texture_of_its_own() -> None:
    bands = drawn(*(Earned(day(n), str(n), Decimal(1)) for n in range(6))).bands
    assert [band.texture for band in bands] == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("on", "today_x", "is_early"),
    [
        pytest.param(0, 4, True, id="first day"),
        pytest.param(175, 179, True, id="day before the middle"),
        pytest.param(176, 180, False, id="middle"),
        pytest.param(352, 356, False, id="last day"),
        pytest.param(353, None, False, id="day after"),
        pytest.param(-1, None, False, id="day before"),
    ],
)
def test_today_is_marked_within_the_cycle_only(on: int, today_x: int | None, is_early: bool) -> None:
    found = drawn(Earned(day(0), "A", Decimal(1)), on=on)
    assert (found.today_x, found.is_early) == (today_x, is_early)


def test_an_entry_outside_the_days_of_the_cycle_is_drawn_at_its_edge() -> None:
    found = drawn(Earned(day(-30), "A", Decimal(10)), Earned(day(400), "A", Decimal(10)), on=400)
    assert found.bands[0].outline == "M4 164L4 154L356 154L356 144 L356 164L4 164Z"


@pytest.mark.parametrize(
    ("points", "on", "said"),
    [
        pytest.param(
            "27.5",
            176,
            "27.5 of 118 points are on record on day 177 of 353. An even pace would be at about 59.",
            id="half the time: 118 * 177 / 353 = 59.2",
        ),
        pytest.param("118", 176, "118 of 118 points are on record.", id="met: no pace"),
        pytest.param("27.5", 353, "27.5 of 118 points are on record.", id="over: no pace"),
    ],
)
def test_what_is_said_beside_it(points: str, on: int, said: str) -> None:
    assert drawn(Earned(day(0), "A", Decimal(points)), on=on).sentence == said


@pytest.mark.django_db
@pytest.mark.usefixtures("on_today")
def test_my_certifications_draws_what_counts_and_says_it_in_a_table(short: Member) -> None:
    """22 points were there. 1.5 for teaching are a second band."""
    make_activity(cycle_of(short, "RPT"), kind="presentation", points="1.5", starts_on=TODAY - timedelta(days=3))
    section = read(client_of(short).get("/certifications/")).select_one(".picture-part")
    assert section.svg["role"] == "img"
    assert all(section.find(id=name) for name in section.svg["aria-labelledby"].split())
    assert len(section.select(".picture-band")) == 2
    rows = [words(row) for row in section.select("tbody tr")]
    assert rows == ["Professional Education 22", "Instructional Presentations 1.5"]
    swatches = [row.select_one("rect")["fill"] for row in section.select("tbody tr")]
    assert swatches == [band["fill"] for band in section.select(".picture-band")]
    assert words(section.select_one(".key-line")) == "Dashed line: even pace to the requirement"


@pytest.mark.django_db
@pytest.mark.usefixtures("on_today")
def test_without_points_there_is_no_picture(new: Member) -> None:
    page = read(client_of(new).get("/certifications/"))
    assert not page.select(".picture")
    assert "Nothing is recorded for this cycle yet." in words(page.select_one(".picture-part"))


@pytest.mark.django_db
@pytest.mark.usefixtures("on_today")
def test_the_latest_entry_was_recorded_last_and_is_not_withdrawn(short: Member) -> None:
    first = make_activity(cycle_of(short, "RPT"), points="1", title="First")
    second = make_activity(cycle_of(short, "RPT"), points="1", title="Second")
    gone = make_activity(cycle_of(short, "RPT"), points="1", title="Gone")
    recording.withdraw(activity=gone, by=short.user, at=noon(TODAY))
    assert cards.latest(short) == second
    recording.withdraw(activity=second, by=short.user, at=noon(TODAY))
    assert cards.latest(short) == first
