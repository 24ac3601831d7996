"""Any other number of queries or bytes than is held is told, with the page and both numbers."""

import pytest

from tests.benchmarks.held import Figures, differences

pytestmark = pytest.mark.any_database

HELD = {"Home": {"queries": 8, "bytes": 14_863}, "Submit": {"queries": 22}}


@pytest.mark.parametrize(
    ("found", "sentences"),
    [
        pytest.param(HELD, [], id="the same"),
        pytest.param(
            {**HELD, "Home": {"queries": 9, "bytes": 14_863}},
            ["Home took 9 queries and 14,863 bytes; held are 8 queries and 14,863 bytes."],
            id="a query more",
        ),
        pytest.param(
            {**HELD, "Home": {"queries": 8, "bytes": 14_862}},
            ["Home took 8 queries and 14,862 bytes; held are 8 queries and 14,863 bytes."],
            id="a byte less",
        ),
        pytest.param({"Home": HELD["Home"]}, ["Submit is held and was not measured."], id="a page is gone"),
        pytest.param({**HELD, "Audit": {"queries": 3}}, ["Audit is not held: 3 queries."], id="a page is new"),
    ],
)
def test_another_number_than_is_held_is_told(found: Figures, sentences: list[str]) -> None:
    assert differences(HELD, found) == sentences
