"""What counts under the caps, and the reason when less than the claim counts."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ccp.counting.points import Counted, Entry, Used, credited, used
from ccp.counting.reasons import REASONS, Cut
from certifications.quarters import in_quarter_steps

DAY_1 = date(2026, 1, 1)


def make_entry(reference: int, claimed: str, **fields: Any) -> Entry:
    """Return an entry of the reference's day in January, with no caps.

    It is of one type in one category.
    """
    fields = {"starts_on": DAY_1 + timedelta(days=reference - 1), "activity_type": "course", "category": "pe", **fields}
    return Entry(reference=reference, claimed=Decimal(claimed), **fields)


def counted(entries: Iterable[Entry]) -> dict[int, tuple[Decimal, str]]:
    return {reference: (found.counted, found.cut) for reference, found in credited(entries).items()}


def test_without_caps_every_claim_counts() -> None:
    assert counted([make_entry(1, "40"), make_entry(2, "0.25")]) == {1: (Decimal(40), ""), 2: (Decimal("0.25"), "")}


def test_nothing_counts_for_nothing() -> None:
    assert credited([]) == {}


@pytest.mark.parametrize("cap", ["type_cap", "category_cap"])
@pytest.mark.parametrize(
    ("claims", "points", "is_cut"),
    [
        pytest.param(["9.75"], ["9.75"], [False], id="a quarter below the cap"),
        pytest.param(["10"], ["10"], [False], id="at the cap"),
        pytest.param(["10.25"], ["10"], [True], id="a quarter over it: 10.25 - 10 = 0.25 is cut"),
        pytest.param(["6", "6"], ["6", "4"], [False, True], id="the second has room for 10 - 6 = 4"),
        pytest.param(["10", "1"], ["10", "0"], [False, True], id="the second has no room left"),
        pytest.param(["12", "1"], ["10", "0"], [True, True], id="both are cut"),
    ],
)
def test_points_past_the_cap_count_for_nothing(
    cap: str, claims: list[str], points: list[str], is_cut: list[bool]
) -> None:
    found = credited(make_entry(n, claim, **{cap: Decimal(10)}) for n, claim in enumerate(claims, start=1))
    assert [found[n].counted for n in sorted(found)] == [Decimal(value) for value in points]
    assert [found[n].cut for n in sorted(found)] == [cap.replace("_", "-") if cut else "" for cut in is_cut]


def test_the_cap_of_one_type_leaves_room_for_the_others_in_its_category() -> None:
    """The category has room for 10.

    Courses take 4 (of 6 claimed), the quiz 5, and the talk what is left: 10 - 4 - 5 = 1.
    """
    entries = [
        make_entry(1, "6", type_cap=Decimal(4), category_cap=Decimal(10)),
        make_entry(2, "5", activity_type="quiz", category_cap=Decimal(10)),
        make_entry(3, "3", activity_type="talk", category_cap=Decimal(10)),
    ]
    assert counted(entries) == {
        1: (Decimal(4), "type-cap"),
        2: (Decimal(5), ""),
        3: (Decimal(1), "category-cap"),
    }


def test_the_cut_names_the_cap_that_leaves_the_least_room() -> None:
    by_category = make_entry(1, "9", type_cap=Decimal(5), category_cap=Decimal(3))
    by_type = make_entry(1, "9", type_cap=Decimal(3), category_cap=Decimal(5))
    assert credited([by_category])[1] == Counted(Decimal(3), "category-cap")
    assert credited([by_type])[1] == Counted(Decimal(3), "type-cap")


def test_what_the_category_cut_is_not_held_against_the_type() -> None:
    """The category leaves 3 of 9, so the type has 9 - 3 = 6 left.

    The category is full and cuts the next entry.
    """
    entries = [make_entry(n, claim, type_cap=Decimal(9), category_cap=Decimal(3)) for n, claim in ((1, "9"), (2, "5"))]
    assert counted(entries) == {1: (Decimal(3), "category-cap"), 2: (Decimal(0), "category-cap")}


def test_entries_of_other_types_and_categories_do_not_share_a_cap() -> None:
    entries = [
        make_entry(1, "8", type_cap=Decimal(10)),
        make_entry(2, "8", activity_type="quiz", type_cap=Decimal(10)),
        make_entry(3, "8", activity_type="talk", category="ip", category_cap=Decimal(10)),
    ]
    assert [found.counted for found in credited(entries).values()] == [Decimal(8)] * 3


def test_earlier_days_are_counted_first_whatever_was_recorded_first() -> None:
    """The entry that is recorded second was done first.

    The activity of 1/1 counts whole, and the one of 1/2 has 10 - 7 = 3 left.
    """
    entries = [
        make_entry(1, "7", starts_on=DAY_1 + timedelta(days=1), type_cap=Decimal(10)),
        make_entry(2, "7", starts_on=DAY_1, type_cap=Decimal(10)),
    ]
    assert counted(entries) == {1: (Decimal(3), "type-cap"), 2: (Decimal(7), "")}


def test_of_one_day_the_smaller_reference_is_counted_first() -> None:
    entries = [make_entry(n, "7", starts_on=DAY_1, type_cap=Decimal(10)) for n in (2, 1)]
    assert counted(entries) == {1: (Decimal(7), ""), 2: (Decimal(3), "type-cap")}


def test_days_outside_the_window_count_for_nothing_and_take_no_room() -> None:
    """The cap is 10.

    The entry of 1/1 cannot be claimed and counts 0. The 8 of 1/2 count whole, and then 10 - 8 = 2
    of 5.
    """
    entries = [
        make_entry(1, "7", type_cap=Decimal(10), in_window=False),
        make_entry(2, "8", type_cap=Decimal(10)),
        make_entry(3, "5", type_cap=Decimal(10)),
    ]
    assert counted(entries) == {1: (Decimal(0), "window"), 2: (Decimal(8), ""), 3: (Decimal(2), "type-cap")}


def test_taking_an_entry_away_frees_its_room_for_the_others() -> None:
    """The cap is 10: 8 count, and 2 of 5. Without the 8, the 5 count whole."""
    first, second = make_entry(1, "8", type_cap=Decimal(10)), make_entry(2, "5", type_cap=Decimal(10))
    assert counted([first, second])[2] == (Decimal(2), "type-cap")
    assert counted([second])[2] == (Decimal(5), "")


def test_what_is_used_of_a_cap_is_what_counts_under_it() -> None:
    """Of 12 and 6 under a type cap of 15, all 15 are used.

    The category also has the 4 of the talk, but not the 8 of another category.
    """
    entries = [
        make_entry(1, "12", type_cap=Decimal(15)),
        make_entry(2, "6", type_cap=Decimal(15)),
        make_entry(3, "4", activity_type="talk"),
        make_entry(4, "8", activity_type="college", category="fe"),
    ]
    assert used(entries, activity_type="course") == Decimal(15)
    assert used(entries, category="pe") == Decimal(19)
    assert used(entries, activity_type="quiz") == 0
    assert used([], category="pe") == 0


@pytest.mark.parametrize(
    ("points", "sentence", "room"),
    [
        pytest.param("0", "0 of 15 used in this cycle", "15", id="nothing"),
        pytest.param("12", "12 of 15 used in this cycle", "3", id="15 - 12 = 3 left"),
        pytest.param("15", "15 of 15 used in this cycle", "0", id="all"),
        pytest.param("16.5", "16.5 of 15 used in this cycle", "0", id="more, from before the cap was lowered"),
    ],
)
def test_use_of_a_cap_is_a_sentence(points: str, sentence: str, room: str) -> None:
    found = Used(Decimal(points), Decimal(15))
    assert (str(found), found.room) == (sentence, Decimal(room))


def test_every_cut_has_its_reason() -> None:
    assert set(REASONS) == set(get_args(Cut))
    assert [cut for cut, reason in REASONS.items() if not reason] == [""]


@pytest.mark.parametrize(
    ("points", "whole_quarters"),
    [
        pytest.param("0.25", True, id="one quarter"),
        pytest.param("1.50", True, id="six quarters, written with a zero"),
        pytest.param("1.1", False, id="tenths"),
        pytest.param("0.125", False, id="eighths"),
        pytest.param("-0.25", True, id="one quarter less"),
        pytest.param("-0.1", False, id="a tenth less"),
    ],
)
def test_points_come_in_quarters(points: str, whole_quarters: bool) -> None:
    assert in_quarter_steps(Decimal(points)) is whole_quarters


QUARTERS = st.integers(1, 99 * 4).map(lambda quarters: Decimal(quarters) / 4)
CAPS = st.none() | QUARTERS
TYPES = {"course": "pe", "quiz": "pe", "college": "fe", "talk": "ip"}


@st.composite
def records(draw: st.DrawFn) -> list[Entry]:
    """Return up to 15 entries of four types in three categories.

    Each type and category is with or without a cap.
    """
    type_caps = {name: draw(CAPS) for name in TYPES}
    category_caps = {name: draw(CAPS) for name in set(TYPES.values())}
    kinds = draw(st.lists(st.tuples(st.sampled_from(sorted(TYPES)), QUARTERS, st.integers(0, 5)), max_size=15))
    return [
        Entry(
            reference=reference,
            starts_on=DAY_1 + timedelta(days=day),
            claimed=claimed,
            activity_type=kind,
            category=TYPES[kind],
            type_cap=type_caps[kind],
            category_cap=category_caps[TYPES[kind]],
        )
        for reference, (kind, claimed, day) in enumerate(kinds, start=1)
    ]


@given(entries=records())
@settings(deadline=None, max_examples=200)
def test_an_entry_counts_for_something_between_nothing_and_its_claim(entries: list[Entry]) -> None:
    found = credited(entries)
    assert found.keys() == {entry.reference for entry in entries}
    for entry in entries:
        result = found[entry.reference]
        assert 0 <= result.counted <= entry.claimed
        assert in_quarter_steps(result.counted)
        assert (result.cut == "") == (result.counted == entry.claimed)


@given(entries=records())
@settings(deadline=None, max_examples=200)
def test_a_capped_group_counts_for_its_claims_or_its_cap_whichever_is_less(entries: list[Entry]) -> None:
    """A type could count for min(cap, claims).

    A category counts for min(cap, the sum of what its types could count for).
    """
    found = credited(entries)
    claimed: dict[str, Decimal] = defaultdict(Decimal)
    total: dict[str, Decimal] = defaultdict(Decimal)
    for entry in entries:
        claimed[entry.activity_type] += entry.claimed
        total[entry.category] += found[entry.reference].counted
    could: dict[str, Decimal] = defaultdict(Decimal)
    for kind, (category, cap) in {e.activity_type: (e.category, e.type_cap) for e in entries}.items():
        could[category] += claimed[kind] if cap is None else min(cap, claimed[kind])
    for category, cap in {e.category: e.category_cap for e in entries}.items():
        assert total[category] == (could[category] if cap is None else min(cap, could[category]))


@given(entries=records(), data=st.data())
@settings(deadline=None, max_examples=200)
def test_the_order_in_which_entries_come_changes_nothing(entries: list[Entry], data: st.DataObject) -> None:
    assert credited(data.draw(st.permutations(entries))) == credited(entries)
