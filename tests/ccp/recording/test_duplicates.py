"""Near-duplicates: what looks alike, what does not, and what the member says about it."""

from datetime import date
from typing import Any

import pytest

from ccp.amt_credits import credits as amt_credits
from ccp.recording import duplicates
from ccp.recording import verbs as recording
from ccp.recording.duplicates import Comparable, folded, likeness
from tests.support.builders import TODAY, make_activity, make_claim, make_cycle, make_member, noon

COURSE, TALK = 1, 2


def told(**fields: Any) -> Comparable:
    """Return a course from 3/2 to 3/4/2026 called Hematology, claimed for cycle 7."""
    values = {
        "activity_type": COURSE,
        "title": "Hematology",
        "starts_on": date(2026, 3, 2),
        "ends_on": date(2026, 3, 4),
        "cycles": frozenset({7}),
    }
    return Comparable(**{**values, **fields})


def of_days(first: date, last: date) -> Comparable:
    return told(title="", starts_on=first, ends_on=last)


@pytest.mark.parametrize(
    ("first", "last", "found"),
    [
        pytest.param(date(2026, 2, 28), date(2026, 3, 1), "", id="ends the day before"),
        pytest.param(date(2026, 2, 28), date(2026, 3, 2), "type", id="ends on the first day"),
        pytest.param(date(2026, 3, 3), date(2026, 3, 3), "type", id="lies inside"),
        pytest.param(date(2026, 3, 1), date(2026, 3, 9), "type", id="lies around"),
        pytest.param(date(2026, 3, 4), date(2026, 3, 6), "type", id="starts on the last day"),
        pytest.param(date(2026, 3, 5), date(2026, 3, 6), "", id="starts the day after"),
    ],
)
def test_one_type_looks_alike_where_the_dates_overlap(first: date, last: date, found: str) -> None:
    assert likeness(told(), of_days(first, last)) == likeness(of_days(first, last), told()) == found


@pytest.mark.parametrize("title", ["Blood cultures", "Hematology 2", "Phlebotomy"])
def test_another_type_and_title_on_the_same_days_do_not_look_alike(title: str) -> None:
    other = told(activity_type=TALK, title=title)
    assert likeness(told(), other) == likeness(other, told()) == ""


@pytest.mark.parametrize(
    "title",
    [
        pytest.param("Hematology", id="the same"),
        pytest.param("  hematology ", id="spaces and case"),
        pytest.param("HEMATOLOGY", id="capitals"),
        pytest.param("H\u00e9matology", id="accent"),
        pytest.param("He\u0301matology", id="accent as a letter of its own"),
    ],
)
def test_the_same_title_in_one_cycle_looks_alike_whatever_the_type_and_the_days(title: str) -> None:
    other = told(activity_type=TALK, title=title, starts_on=date(2025, 1, 1), ends_on=date(2025, 1, 1))
    assert likeness(told(), other) == "title"
    assert likeness(told(), told(title=title)) == "both"


def test_the_same_title_in_another_cycle_does_not_look_alike() -> None:
    other = told(activity_type=TALK, cycles=frozenset({8}))
    assert likeness(told(), other) == ""
    assert likeness(told(), told(activity_type=TALK, cycles=frozenset({7, 8}))) == "title"


def test_entries_without_a_title_do_not_share_one() -> None:
    assert likeness(told(title=""), told(title=" ", activity_type=TALK)) == ""


@pytest.mark.parametrize(
    ("title", "found"),
    [
        pytest.param("  Caf\u00e9   TALK ", "cafe talk", id="spaces, case and accents"),
        pytest.param("Stra\u00dfe", "strasse", id="sharp s"),
        pytest.param("\ufb01lm", "film", id="ligature"),
        pytest.param("\u0130stanbul", "istanbul", id="dotted capital"),
        pytest.param("\u8840\u6db2", "\u8840\u6db2", id="letters that have neither"),
        pytest.param("one\u00a0two", "one two", id="hard space"),
    ],
)
def test_a_title_is_folded(title: str, found: str) -> None:
    assert folded(title) == found
    assert folded(folded(title)) == found


# On record


@pytest.mark.django_db
def test_the_later_of_two_entries_is_told_of_the_earlier() -> None:
    cycle = make_cycle()
    first = make_activity(cycle, title="Hematology", starts_on=date(2026, 3, 1))
    second = make_activity(cycle, title="hematology", starts_on=date(2026, 3, 2))
    assert duplicates.similar_entries(first, [cycle.pk]) == []
    [found] = duplicates.similar_entries(second, [cycle.pk])
    assert (found.activity, found.reason) == (first, "the same title in this cycle")


@pytest.mark.django_db
@pytest.mark.parametrize("which", ["first", "second"])
def test_an_entry_that_was_withdrawn_looks_like_nothing(which: str) -> None:
    cycle = make_cycle()
    entries = {"first": make_activity(cycle), "second": make_activity(cycle)}
    withdrawn = recording.withdraw(activity=entries[which], by=cycle.certification.member.user, at=noon(TODAY))
    entries[which] = withdrawn
    assert duplicates.similar_entries(entries["second"], [cycle.pk]) == []


@pytest.mark.django_db
def test_entries_of_another_member_look_like_nothing() -> None:
    make_activity(make_cycle())
    cycle = make_cycle()
    assert duplicates.similar_entries(make_activity(cycle), [cycle.pk]) == []


@pytest.mark.django_db
def test_the_same_type_and_days_look_alike_across_certifications() -> None:
    member = make_member()
    rma, rpt = make_cycle(member), make_cycle(member, credential="RPT", awarded_on=date(2024, 9, 15))
    first = make_activity(rma, title="Hematology")
    second = make_activity(rpt, title="Hematology")
    [found] = duplicates.similar_entries(second, [rpt.pk])
    assert (found.activity, found.likeness) == (first, "type")


@pytest.mark.django_db
def test_a_credit_from_amt_is_told_with_the_entry_of_the_member_whichever_came_first() -> None:
    cycle = make_cycle()
    own = make_activity(cycle, title="Hematology")
    credit = amt_credits.AmtCredit("WEB-1", cycle.certification.member, make_claim(title="Hematology"))
    [credited] = amt_credits.record(credits=[credit], by=None, at=noon(TODAY)).values()
    assert [found.activity for found in duplicates.similar_entries(own, [cycle.pk])] == [credited]
    assert duplicates.similar_entries(credited, [cycle.pk]) == []
