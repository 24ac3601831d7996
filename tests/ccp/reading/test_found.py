"""What was found, as it is sent from one process to the other and kept."""

import json
from typing import Any

import pytest

from ccp.reading.found import PNG, Candidate, Found, Spot

pytestmark = pytest.mark.any_database

FOUND = Found(
    {
        "quantity": (Candidate("2", "2 contact hours", PNG + b"piece", Spot(0, 0.1, 0.2, 0.3, 0.4)),),
        "starts_on": (Candidate("2026-03-04", "3/4/2026"), Candidate("2026-04-03", "3/4/2026")),
    },
    "hour",
)


def test_what_was_found_comes_back_from_json() -> None:
    assert Found.from_json(json.loads(json.dumps(FOUND.to_json()))) == FOUND


def test_nothing_is_false() -> None:
    assert FOUND
    assert not Found()
    assert not Found({"title": ()})


def candidate(**changed: Any) -> dict[str, Any]:
    return {"value": "2", "said": "2", "crop": "", "spot": None, **changed}


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        {},
        {"unit": "hour"},
        {"unit": 3, "candidates": {}},
        {"unit": "", "candidates": {"title": [candidate(value=3)]}},
        {"unit": "", "candidates": {"title": [candidate(value="a" * 201)]}},
        {"unit": "", "candidates": {"title": [candidate(crop="PHN2Zz4=")]}},  # an SVG
        {"unit": "", "candidates": {"title": [candidate(crop="§")]}},
        {"unit": "", "candidates": {"title": [candidate(spot=[0, 1])]}},
        {"unit": "", "candidates": {"title": [candidate()] * 7}},
    ],
    ids=str,
)
def test_what_another_process_writes_is_checked(data: Any) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  (json has the same)
        Found.from_json(data)
