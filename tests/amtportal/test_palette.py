"""The colors of the style sheet can be told apart, in light and in dark."""

import pytest

from amtportal.members.models import User
from tests.support import palette
from tests.support.builders import client_of
from tests.support.pages import read, words


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        pytest.param("#000000", "#ffffff", 21, id="black on white"),
        pytest.param("#ffffff", "#ffffff", 1, id="white on white"),
        pytest.param("#767676", "#ffffff", 4.54, id="the lightest grey that words may have"),
        pytest.param("#777777", "#ffffff", 4.47, id="one step lighter"),
    ],
)
def test_contrast_is_that_of_the_guidelines(one: str, other: str, expected: float) -> None:
    assert palette.contrast(one, other) == palette.contrast(other, one) == expected


@pytest.mark.parametrize("pair", palette.contrasts(), ids=lambda pair: f"{pair.front} on {pair.back}, {pair.scheme}")
def test_each_pair_has_the_contrast_that_it_needs(pair: palette.Contrast) -> None:
    assert pair.ratio >= pair.least


@pytest.mark.django_db
def test_the_style_guide_shows_staff_every_pair_state_and_icon(staff: User, clerk: User) -> None:
    for user in (staff, clerk):
        page = read(client_of(user).get("/styleguide/"))
        rows = page.select("[aria-labelledby=colours] tbody tr")
        shown = [
            (words(row.th), [part["fill"] for part in row.select("rect")], words(row.select_one(".number")))
            for row in rows
        ]
        assert shown == [
            (f"{front} on {back}", [f"var(--{back})", f"var(--{front})"], str(least))
            for front, back, least in palette.PAIRS
        ]
        assert {"open", "paid", "locked", "overdue", "void"} <= {found["data-state"] for found in page.select(".badge")}
        assert len({words(found) for found in page.select(".with-icon")}) == 11
