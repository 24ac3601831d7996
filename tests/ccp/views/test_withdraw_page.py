"""The page before a withdrawal names the day that would be lost, if one would be.

See docs/decisions/0003.
"""

from datetime import date

import pytest

from amtportal.members.models import Member
from ccp.recording import verbs as recording
from tests.support.builders import TODAY, client_of, cycle_of, make_activity, make_cycle, noon
from tests.support.pages import read, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_today"), pytest.mark.any_database]
ADVICE = "Is only a value wrong? Amend it instead"


def said(member: Member, points: str) -> str:
    entry = member.activities.get(points=points)
    return words(read(client_of(member).get(f"/ccp/activities/{entry.pk}/withdraw/")).main)


def test_an_entry_that_the_requirement_rests_on_is_better_amended(met: Member) -> None:
    """RMA with 30 of 30 points, met yesterday."""
    told = said(met, "30")
    assert ADVICE in told
    assert "Your RMA requirement was met on Mar 13, 2026. Without this entry it is no longer met." in told
    assert "even today, the requirement counts as met today. The renewal invoice then opens tomorrow" in told
    assert read(client_of(met).get(f"/ccp/activities/{met.activities.get().pk}/withdraw/")).select(
        'main a[href$="amend/"]'
    )


def test_what_the_page_says_is_what_happens(met: Member) -> None:
    """If the entry is amended, the day stays. If it is recorded again, the day is today."""
    entry = met.activities.get()
    claim = recording.Claim(entry.activity_type, entry.points, entry.starts_on, entry.ends_on, title="Put right")
    recording.amend(activity=entry, cycles=[cycle_of(met)], claim=claim, revision=1, by=met.user, at=noon(TODAY))
    assert cycle_of(met).requirement_met_on == date(2026, 3, 13)
    recording.withdraw(activity=entry, by=met.user, at=noon(TODAY))
    make_activity(cycle_of(met), points="30")
    assert cycle_of(met).requirement_met_on == TODAY


def test_an_entry_that_the_requirement_does_not_need_is_withdrawn_without_a_word(met: Member) -> None:
    """30 + 1 = 31, and without the 1 it is 30 of 30."""
    make_activity(cycle_of(met), points="1", starts_on=date(2026, 3, 2))
    assert ADVICE not in said(met, "1")


def test_where_the_requirement_is_not_met_nothing_is_lost(short: Member) -> None:
    assert ADVICE not in said(short, "22")


def test_where_ccp_is_voluntary_no_invoice_waits() -> None:
    cycle = make_cycle(ccp_mandatory=False)
    make_activity(cycle, points="30")
    assert ADVICE not in said(cycle.certification.member, "30")


def test_each_certification_is_named_whose_day_would_be_lost(two: Member) -> None:
    """RPT has 4 + 20 = 24 of 24, and RMA has 24 of 30."""
    make_activity(cycle_of(two), cycle_of(two, "RPT"), points="20", starts_on=date(2026, 3, 2))
    told = said(two, "20")
    assert "Your RPT requirement was met on Mar 14, 2026." in told
    assert "Your RMA requirement" not in told
