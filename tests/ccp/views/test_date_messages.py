"""Each thing that can be wrong with a day on the Record CE page has its own sentence.

The sentence says how to fix it.
"""

from datetime import date

import pytest
from django.test import Client

from amtportal.members.models import Member
from tests.support.builders import client_of, make_cycle, make_member, set_terms
from tests.support.pages import refused_ce

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_today"), pytest.mark.any_database]
RUNS = " Your CCP cycle runs from May 1, 2023 to Apr 30, 2026."

# What is typed on 3/14/2026, the field at which the error is shown, and the sentence before the
# cycle's dates.
MESSAGES = {
    "missing": ({"starts_on": ""}, "starts_on", "Enter the start date, for example 3/14/2026."),
    "no date": (
        {"starts_on": "last spring"},
        "starts_on",
        "Enter the start date as month/day/year, for example 3/14/2026.",
    ),
    "no such day": (
        {"starts_on": "2/30/2026"},
        "starts_on",
        "2/30/2026 is not a day in the calendar. Enter the start date as month/day/year, for example 3/14/2026.",
    ),
    "the day first": (
        {"starts_on": "13/1/2026"},
        "starts_on",
        "13/1/2026 is not a day in the calendar. Enter the start date as month/day/year, for example 3/14/2026. If you "
        "wrote the day first, enter 1/13/2026.",
    ),
    "another weekday": (
        {"starts_on": "Monday, March 1, 2026"},
        "starts_on",
        "3/1/2026 is a Sunday. Correct the day, or enter the start date without the weekday.",
    ),
    "no day": ({"starts_on": "March 2026"}, "starts_on", "Add the day to the start date, for example 3/14/2026."),
    "a year of two digits that could be of two centuries": (
        {"starts_on": "3/1/99"},
        "starts_on",
        "Enter the year of the start date with four digits, for example 3/14/2026.",
    ),
    "no year": ({"starts_on": "3/1"}, "starts_on", "Add the year to the start date, for example 3/14/2026."),
    "starts in the future": (
        {"starts_on": "3/15/2026"},
        "starts_on",
        "The start date is in the future. Record the activity once it is done, with a start date up to today, "
        "Mar 14, 2026.",
    ),
    "ends in the future": (
        {"ends_on": "3/15/2026"},
        "ends_on",
        "The end date is in the future. Record the activity once it is done, with an end date up to today, Mar "
        "14, 2026.",
    ),
    "ends before it starts": (
        {"ends_on": "2/28/2026"},
        "ends_on",
        "The end date is before the start date. Enter 3/1/2026 or a later day, or leave it empty for an activity of "
        "one day.",
    ),
    "before the cycle": (
        {"starts_on": "4/30/2023"},
        "starts_on",
        "The start date is before your CCP cycle. Your RMA certification was awarded on May 1, 2023. Record only what "
        "you did from that day on.",
    ),
    "after the last day that can be claimed": (
        {"activity_type": "office-or-committee"},
        "activity_type",
        "Office or committee service counts only for work done up to Feb 28, 2026. Enter dates up to that day, "
        "or choose "
        "another activity type.",
    ),
    "before the first day that can be claimed": (
        {"activity_type": "presentation"},
        "activity_type",
        "Presentation or lecture given counts only for work done from Mar 2, 2026 on. Enter dates from that day on, or "
        "choose another activity type.",
    ),
    "only before the cycle began": (
        {"activity_type": "employment"},
        "activity_type",
        "Employment in the field counts only for work done up to Dec 31, 2020, before your CCP cycle began. Choose "
        "another activity type.",
    ),
}


@pytest.fixture
def signed_in() -> Client:
    """RMA 5/1/2023 to 4/30/2026.

    Committee work counts up to 2/28/2026, and lectures from 3/2/2026 on.
    """
    set_terms("office-or-committee", claimable_until=date(2026, 2, 28))
    set_terms("presentation", claimable_from=date(2026, 3, 2))
    return client_of(make_cycle().certification.member)


@pytest.mark.parametrize(("typed", "field", "sentence"), MESSAGES.values(), ids=MESSAGES.keys())
def test_each_wrong_day_has_its_own_sentence(
    signed_in: Client, typed: dict[str, str], field: str, sentence: str
) -> None:
    assert refused_ce(signed_in, **typed) == {f"id_{field}": sentence + RUNS}


def test_days_after_the_cycle_have_theirs(grace: Member) -> None:
    """MLT ended on 2/22/2026 and takes records in its grace period."""
    runs = " Your CCP cycle runs from Feb 23, 2023 to Feb 22, 2026."
    opens = (
        "You can record it there as soon as that cycle opens: when the points and the renewal invoices of this cycle "
        "are complete."
    )
    assert refused_ce(client_of(grace), starts_on="Feb 23, 2026") == {
        "id_starts_on": "The start date is after your CCP cycle. Feb 23, 2026 belongs to your next MLT cycle, which "
        "starts "
        f"on Feb 23, 2026. {opens}{runs}"
    }
    assert refused_ce(client_of(grace), starts_on="Feb 22, 2026", ends_on="Feb 23, 2026") == {
        "id_ends_on": "The end date is after your CCP cycle. The activity goes on in your next MLT cycle. Enter what "
        "you "
        f"completed up to Feb 22, 2026, with that day as the end date, and record the rest in the next cycle. {opens} "
        "Call "
        f"AMT if your certificate does not say how much each part is.{runs}"
    }


def test_days_that_no_single_cycle_covers_have_theirs(on_today: None) -> None:
    """RMA has ended, and RPT began on 10/1/2023.

    Neither covers all days from 9/30/2023 to 5/1/2026.
    """
    on_today.move_to("2026-05-02T12:00:00-05:00")  # type: ignore[attr-defined]
    member = make_member()
    make_cycle(member)
    make_cycle(member, credential="RPT", awarded_on=date(2023, 10, 1), on=date(2026, 5, 2))
    said = refused_ce(client_of(member), starts_on="9/30/2023", ends_on="5/1/2026")["id_ends_on"]
    assert said.startswith(
        "Both dates must lie in the CCP cycle of one certification. The activity goes on in your next"
    )
    assert "The activity began before your RPT cycle. Enter what you completed from Oct 1, 2023 on" in said
    assert said.endswith("Your CCP cycles: RMA: May 1, 2023 to Apr 30, 2026; RPT: Oct 1, 2023 to Sep 30, 2026.")


@pytest.mark.parametrize("typed", ["", "soon", "2/30/2026", "3/1/99", "3/1"])
def test_the_end_date_is_named_where_it_is_the_end_date(signed_in: Client, typed: str) -> None:
    said = refused_ce(signed_in, ends_on=typed, starts_on="3/1/2026" if typed else "")
    assert ("the end date" in said.get("id_ends_on", "")) is bool(typed)


def test_the_sentences_are_all_different_and_each_says_what_to_do() -> None:
    sentences = [sentence for _, _, sentence in MESSAGES.values()]
    assert len(set(sentences)) == len(sentences) >= 8
    assert all(
        any(verb in sentence for verb in ("Enter", "Add", "Record", "Choose", "Correct")) for sentence in sentences
    )
