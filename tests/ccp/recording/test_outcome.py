"""The total that a cycle would have with an entry, and what its renewal invoice would then do."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from ccp.counting.points import Entry, Used
from ccp.recording.outcome import Outcome, invoice_after, invoice_sentence, notes, outcome
from tests.support.builders import TODAY

DAY = timedelta(days=1)
DAY_1 = date(2026, 1, 1)
ENDS = date(2026, 5, 1)  # the day on which the last invoice is due


def make_entry(reference: int, claimed: str, **fields: Any) -> Entry:
    """Return an entry of the reference's day in January, of a type with a cap of 10."""
    values = {"starts_on": DAY_1 + DAY * (reference - 1), "activity_type": "course", "category": "pe"}
    return Entry(**{"reference": reference, "claimed": Decimal(claimed), "type_cap": Decimal(10), **values, **fields})


def come_to(entries: list[Entry], new: Entry, required: str = "30", met_before: date | None = None) -> Outcome:
    return outcome(entries, new, required=Decimal(required), met_before=met_before, on=TODAY)


def test_a_new_entry_counts_as_far_as_there_is_room() -> None:
    """8 of 10 are used, so 2 of the 5 count.

    8 + 2 = 10, and 30 - 10 = 20 are still needed.
    """
    found = come_to([make_entry(1, "8")], make_entry(2, "5"))
    assert (found.claimed, found.counted, found.cut) == (Decimal(5), Decimal(2), "type-cap")
    assert (found.before, found.total, found.to_go) == (Decimal(8), Decimal(10), Decimal(20))
    assert found.others_lose == 0


def test_an_entry_of_an_earlier_day_takes_room_from_later_ones() -> None:
    """5 of an earlier day count whole, and of the later 8 only 10 - 5 = 5 are left.

    3 are lost, and 2 are gained.
    """
    found = come_to([make_entry(2, "8")], make_entry(1, "5"))
    assert (found.counted, found.total, found.others_lose) == (Decimal(5), Decimal(10), Decimal(3))


def test_an_amended_entry_takes_its_own_place() -> None:
    """The 8 become 3, so all 5 of the other count.

    The total is 3 + 5 = 8, and before it was 8 + 2 = 10.
    """
    found = come_to([make_entry(1, "8"), make_entry(2, "5")], make_entry(1, "3"))
    assert (found.counted, found.before, found.total) == (Decimal(3), Decimal(10), Decimal(8))
    assert found.others_lose == 0


@pytest.mark.parametrize(
    ("required", "met_before", "met_on"),
    [
        pytest.param("10.25", None, None, id="a quarter short"),
        pytest.param("10", None, TODAY, id="reached by it"),
        pytest.param("8", DAY_1, DAY_1, id="met before"),
    ],
)
def test_the_requirement_is_met_on_the_day_of_recording(
    required: str, met_before: date | None, met_on: date | None
) -> None:
    assert come_to([make_entry(1, "8")], make_entry(2, "5"), required, met_before).met_on == met_on


def of_total(before: str, total: str, met_on: date | None) -> Outcome:
    """The entry takes a cycle of 30 points from one total to another."""
    counted = Decimal(total) - Decimal(before)
    return Outcome(counted, counted, "", Decimal(before), Decimal(total), Decimal(30), met_on, Decimal(0))


@pytest.mark.parametrize(
    ("found", "terms", "sentence"),
    [
        pytest.param(
            of_total("20", "29.75", None),
            {},
            "0.25 points to go: the renewal invoice of year 3 stays locked.",
            id="a quarter short",
        ),
        pytest.param(
            of_total("20", "29", None),
            {},
            "1 point to go: the renewal invoice of year 3 stays locked.",
            id="a point short",
        ),
        pytest.param(
            of_total("20", "30", TODAY),
            {},
            "This meets your CCP requirement: the renewal invoice of year 3 would open on Mar 15, 2026.",
            id="met today: it opens tomorrow",
        ),
        pytest.param(
            of_total("20", "30", TODAY),
            {"due_on": date(2026, 9, 1)},
            "This meets your CCP requirement: the renewal invoice of year 3 would open on Jul 3, 2026.",
            id="met long before: 60 days before Sep 1, 2026",
        ),
        pytest.param(
            of_total("31", "33", TODAY - DAY),
            {},
            "Your CCP requirement is met: the renewal invoice of year 3 has been open since Mar 14, 2026.",
            id="met yesterday: open today",
        ),
        pytest.param(
            of_total("31", "33", TODAY - DAY),
            {"paid": True},
            "Your CCP requirement is met. The renewal invoice of year 3 is paid.",
            id="paid",
        ),
        pytest.param(
            of_total("31", "29", None),
            {"paid": True},
            "The renewal invoice of year 3 is paid, so no change may take this cycle below the points it needs.",
            id="paid, and the change would be refused",
        ),
        pytest.param(
            of_total("20", "22", None),
            {"mandatory": False},
            "CCP is voluntary here: your renewal invoice does not wait for points.",
            id="voluntary",
        ),
    ],
)
def test_the_invoice_is_told_as_it_would_be(found: Outcome, terms: dict[str, Any], sentence: str) -> None:
    state, opens_on = invoice_after(found, **{"due_on": ENDS, "mandatory": True, "paid": False, "on": TODAY, **terms})
    assert invoice_sentence(found, state, opens_on) == sentence


def test_the_notes_say_why_less_counts_and_what_it_takes_from_others() -> None:
    found = come_to([make_entry(1, "8"), make_entry(3, "2")], make_entry(2, "5"))
    used = {"type-cap": Used(Decimal(8), Decimal(10))}
    assert notes(found, used, applies=True, name="Course", code="RMA") == [
        "Over the most that this activity type can count for in one cycle.",
        "8 of 10 used in this cycle.",
        "The cap is then full: 2 points of activities on later days would no longer count.",
    ]
    assert notes(found, used, applies=False, name="Course", code="RMA") == ["Course does not count for RMA."]
