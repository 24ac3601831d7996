"""The number of a member at risk, at the edges of its six weights, and the same in the database."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from amtportal.members.models import User
from ccp.reports.lists import at_risk, risk
from ccp.reports.lists.registry import LISTS
from ccp.reports.lists.risk import Facts
from ccp.reports.models import ListName
from certifications.models import Cycle, RenewalInvoice
from tests.support.builders import TODAY, chicago, make_activity, make_cycle, make_member, make_user, noon

CALM = Facts(
    ends_on=TODAY + timedelta(days=91),
    missing=Decimal(0),
    required=Decimal(30),
    is_mandatory=True,
    last_sign_in=noon(TODAY),
)


def test_the_example_of_the_document() -> None:
    """7 days left, 20 of 30 points missing, no fee, never signed in, mail comes back, mandatory.

    10 × 4 × 2 × 5 × 3 × 2 = 2,400.
    """
    worst = Facts(TODAY + timedelta(days=7), Decimal(20), Decimal(30), True, takes_mail=False)
    found = risk.of(worst, TODAY)
    assert found.sum == "10 × 4 × 2 × 5 × 3 × 2 = 2,400"
    assert found.reasons == (
        "7 days left",
        "20 of 30 points missing",
        "Never signed in",
        "Mail does not reach the member",
    )


def test_the_calmest_cycle_and_the_most_pressing_one() -> None:
    """1 × 1 × 2 × 2 × 2 × 2 = 16, and 10 × 5 × 4 × 5 × 3 × 2 = 6,000."""
    assert risk.of(CALM, TODAY).number == 16
    worst = Facts(TODAY, Decimal(30), Decimal(30), True, TODAY - timedelta(days=1), None, takes_mail=False)
    assert risk.of(worst, TODAY).number == risk.MOST == 6000
    assert risk.of(worst, TODAY).reasons[0] == "Ends today"


@pytest.mark.parametrize(
    ("days", "weight"),
    [(0, 10), (7, 10), (8, 8), (14, 8), (15, 6), (30, 6), (31, 4), (60, 4), (61, 2), (90, 2), (91, 1)],
)
def test_days_left(days: int, weight: int) -> None:
    assert risk.of(replace(CALM, ends_on=TODAY + timedelta(days=days)), TODAY).weights[0] == weight


@pytest.mark.parametrize(
    ("missing", "weight"),
    [("0", 1), ("0.25", 2), ("7.5", 2), ("7.75", 3), ("15", 3), ("15.25", 4), ("22.5", 4), ("22.75", 5), ("30", 5)],
)
def test_points_missing(missing: str, weight: int) -> None:
    assert risk.of(replace(CALM, missing=Decimal(missing)), TODAY).weights[1] == weight


@pytest.mark.parametrize(("due", "weight"), [(None, 2), (1, 3), (0, 3), (-1, 4)])
def test_fee(due: int | None, weight: int) -> None:
    due_on = None if due is None else TODAY + timedelta(days=due)
    assert risk.of(replace(CALM, due_on=due_on), TODAY).weights[2] == weight


@pytest.mark.parametrize(("days", "weight"), [(0, 2), (30, 2), (31, 3), (180, 3), (181, 4), (None, 5)])
def test_last_sign_in(days: int | None, weight: int) -> None:
    at = None if days is None else noon(TODAY - timedelta(days=days))
    assert risk.of(replace(CALM, last_sign_in=at), TODAY).weights[3] == weight


def test_address_and_ccp() -> None:
    assert risk.of(replace(CALM, takes_mail=False), TODAY).weights[4] == 3
    assert risk.of(replace(CALM, is_mandatory=False), TODAY).weights[5] == 1


def test_where_ccp_is_voluntary_missing_points_put_nothing_at_risk() -> None:
    facts = replace(CALM, is_mandatory=False, missing=Decimal(30))
    assert risk.of(facts, TODAY).weights[1] == 1
    assert not risk.is_at_risk(facts, TODAY)
    assert risk.is_at_risk(replace(facts, due_on=TODAY), TODAY)


def test_who_has_nothing_open_or_has_ended_is_not_at_risk() -> None:
    assert not risk.is_at_risk(CALM, TODAY)
    short = replace(CALM, missing=Decimal(1))
    assert risk.is_at_risk(replace(short, ends_on=TODAY), TODAY)
    assert not risk.is_at_risk(replace(short, ends_on=TODAY - timedelta(days=1)), TODAY)


@pytest.mark.django_db
def test_the_database_says_the_same_number() -> None:
    """Cycles at the edges of each weight: their number in SQL is that of the rule."""
    last = [None, noon(TODAY - timedelta(days=30)), chicago(2025, 9, 15, 0), noon(date(2025, 1, 1))]
    for place, points in enumerate(["0.25", "7.5", "7.75", "15", "15.25", "22.5", "29.75"]):
        user = make_user(last_login=last[place % 4], bouncing_email="")
        if place % 3 == 0:
            User.objects.filter(pk=user.pk).update(bouncing_email=user.email)
        cycle = make_cycle(make_member(user=user), ccp_mandatory=place != 5)
        make_activity(cycle, points=str(Decimal(30) - Decimal(points)))
        Cycle.objects.filter(pk=cycle.pk).update(ends_on=TODAY + timedelta(days=[0, 7, 8, 14, 15, 60, 61][place]))
        RenewalInvoice.objects.filter(cycle=cycle).update(opens_on=TODAY if place % 2 else None)
        RenewalInvoice.objects.filter(cycle=cycle, year=3).update(due_on=TODAY + timedelta(days=1 - place % 3))
    make_cycle(credential="RPT")
    listed = LISTS[ListName.AT_RISK]
    rows = list(listed.read(listed.rows(listed.filtered({"days": "180"}, TODAY)), ""))
    assert len(rows) == 8
    for row in rows:
        found = risk.of(at_risk.facts_of(row), TODAY)
        assert row["score"] == found.number, found.sum
        assert risk.is_at_risk(at_risk.facts_of(row), TODAY)
    assert [row["score"] for row in rows] == sorted((row["score"] for row in rows), reverse=True)
