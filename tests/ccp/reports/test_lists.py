"""Who is on each list, how it is filtered and sorted, and how many rows a page asks for."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from amtportal.members.models import Member, User
from ccp.reports.lists import base, lapsed, registry
from ccp.reports.lists.registry import LISTS
from ccp.reports.models import ListName
from certifications import deaths, life
from certifications.models import Cycle, RenewalInvoice
from certifications.payments.models import Checkout
from tests.support.builders import (
    TODAY,
    begin_checkout,
    invoice_of,
    make_activity,
    make_member,
    make_payment,
    make_user,
    noon,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_today")]

DAY = timedelta(days=1)


def on_list(name: ListName, order: str = "", *, on: date = TODAY, **filters: str) -> list[Any]:
    """Return the members on a list, in its order."""
    work_list = LISTS[name]
    rows = work_list.read(work_list.rows(work_list.filtered(filters, on)), order)
    members = {member.pk: member for member in Member.objects.all()}
    return [members[row[work_list.member]] for row in rows]


def cycle_by(member: Member) -> Cycle:
    """Return the one cycle of the member."""
    return Cycle.objects.select_related("certification__credential", "certification__member").get(
        certification__member=member
    )


# At risk


def test_at_risk_are_running_cycles_near_their_end_with_something_open(
    short: Member, new: Member, met: Member, grace: Member, voluntary: Member
) -> None:
    """Short of points; met with an open fee; voluntary with an open fee. Not: the first year, and who is in grace."""
    assert set(on_list(ListName.AT_RISK)) == {short, met, voluntary}
    for year in (1, 2, 3):
        make_payment(invoice_of(cycle_by(met), year=year))
    assert set(on_list(ListName.AT_RISK)) == {short, voluntary}


def test_who_is_not_in_force_or_merged_is_not_at_risk(short: Member, met: Member) -> None:
    life.change_status(
        certification=cycle_by(short).certification, to="retired", reason="Asked.", by=make_user(), at=noon(TODAY)
    )
    Member.objects.filter(pk=met.pk).update(merged_into=short)
    assert on_list(ListName.AT_RISK) == []


@pytest.mark.parametrize(("cast", "name"), [("short", ListName.AT_RISK), ("grace", ListName.IN_GRACE)])
def test_who_has_died_is_on_no_list_to_act_on(request: pytest.FixtureRequest, cast: str, name: ListName) -> None:
    member = request.getfixturevalue(cast)
    assert on_list(name) == [member]
    deaths.record(member=member, died_on=TODAY, reported_by="The daughter, by phone", by=make_user(), at=noon(TODAY))
    assert {each for name in set(ListName) - {ListName.LAPSED} for each in on_list(name)} == set()


def test_a_fee_that_the_bank_is_debiting_is_not_open(met: Member) -> None:
    for year in (1, 2):
        make_payment(invoice_of(cycle_by(met), year=year))
    assert on_list(ListName.AT_RISK) == [met]
    checkout = begin_checkout(invoice_of(cycle_by(met), year=3))
    Checkout.objects.filter(pk=checkout.pk).update(status=Checkout.Status.PROCESSING, session_id="cs_1")
    assert on_list(ListName.AT_RISK) == []


def test_days_choose_the_cycles_and_the_usual_are_90(short: Member) -> None:
    """The cycle of the member who is short ends in 40 days."""
    Cycle.objects.filter(pk=cycle_by(short).pk).update(ends_on=TODAY + 90 * DAY)
    assert on_list(ListName.AT_RISK) == [short]
    Cycle.objects.filter(pk=cycle_by(short).pk).update(ends_on=TODAY + 91 * DAY)
    assert on_list(ListName.AT_RISK) == []
    assert on_list(ListName.AT_RISK, days="120") == [short]
    assert on_list(ListName.AT_RISK, days="30") == []


def test_at_risk_is_filtered_by_points_fee_sign_in_and_address(short: Member, met: Member, voluntary: Member) -> None:
    """2 of 24 points are missing, up to a quarter; the others have an open fee that is overdue since year 1."""
    assert on_list(ListName.AT_RISK, points="quarter") == [short]
    assert set(on_list(ListName.AT_RISK, points="none")) == {met, voluntary}
    assert on_list(ListName.AT_RISK, points="more") == []
    assert set(on_list(ListName.AT_RISK, fee="overdue")) == {short, met, voluntary}
    RenewalInvoice.objects.filter(cycle__certification__member=short).update(opens_on=None)
    assert on_list(ListName.AT_RISK, fee="none") == [short]
    assert on_list(ListName.AT_RISK, ccp="voluntary") == [voluntary]
    User.objects.filter(pk=met.user_id).update(last_login=noon(TODAY - 31 * DAY), bouncing_email=met.user.email)
    User.objects.filter(pk=short.user_id).update(last_login=noon(TODAY - 29 * DAY))
    assert on_list(ListName.AT_RISK, sign_in="never") == [voluntary]
    assert set(on_list(ListName.AT_RISK, sign_in="30")) == {met, voluntary}
    assert on_list(ListName.AT_RISK, address="bounced") == [met]
    Member.objects.filter(pk=voluntary.pk).update(user=None)
    assert on_list(ListName.AT_RISK, address="none") == [voluntary]
    assert on_list(ListName.AT_RISK, address="reached") == [short]
    assert on_list(ListName.AT_RISK, credential="RPT") == [short]


def test_a_page_ranks_those_that_end_soonest(short: Member, met: Member) -> None:
    """With room for one, it is the cycle that ends first, whatever the number of the other."""
    User.objects.filter(pk=short.user_id).update(last_login=noon(TODAY))
    work_list = LISTS[ListName.AT_RISK]
    chosen = work_list.filtered({}, TODAY, limit=1)
    assert [row.pk for row in work_list.rows(chosen)] == [cycle_by(short).pk]
    assert base.count(chosen.near(), 1).more  # type: ignore[attr-defined]


# In grace


def test_in_grace_are_ended_cycles_with_points_missing_until_their_last_day(grace: Member, short: Member) -> None:
    """The cycle ended on 2/22/2026; its grace period ends 90 days later, on 5/23."""
    assert on_list(ListName.IN_GRACE) == [grace]
    assert on_list(ListName.IN_GRACE, on=date(2026, 2, 22)) == []
    assert grace in on_list(ListName.IN_GRACE, on=date(2026, 5, 23))
    assert grace not in on_list(ListName.IN_GRACE, on=date(2026, 5, 24))
    assert on_list(ListName.IN_GRACE, days="60") == []
    assert on_list(ListName.IN_GRACE, on=date(2026, 3, 24), days="60") == [grace]
    Cycle.objects.filter(pk=cycle_by(grace).pk).update(
        grace_extended_to=date(2026, 6, 30), grace_extension_reason="Ill."
    )
    assert on_list(ListName.IN_GRACE, on=date(2026, 6, 30), grace="extended") == [grace]
    assert on_list(ListName.IN_GRACE, on=date(2026, 6, 30), grace="usual") == [short]


def test_who_has_the_points_or_need_not_have_them_is_not_in_grace(grace: Member) -> None:
    make_activity(cycle_by(grace), points="3", starts_on=date(2026, 2, 1))
    assert on_list(ListName.IN_GRACE) == []


# Lapsed


def test_lapsed_are_counted_in_the_month_in_which_they_did(short: Member, met: Member) -> None:
    for member, day in ((short, date(2026, 2, 28)), (met, date(2026, 3, 1))):
        certification = cycle_by(member).certification
        life.change_status(certification=certification, to="lapsed", reason="Short.", by=make_user(), at=noon(day))
    assert on_list(ListName.LAPSED) == [met, short]
    assert on_list(ListName.LAPSED, month="2026-02") == [short]
    assert on_list(ListName.LAPSED, month="2026-03") == [met]
    assert lapsed.by_month(TODAY, 3) == [(date(2026, 3, 1), 1), (date(2026, 2, 1), 1), (date(2026, 1, 1), 0)]
    certification = cycle_by(short).certification
    life.change_status(certification=certification, to="reinstated", reason="Paid.", by=make_user(), at=noon(TODAY))
    assert on_list(ListName.LAPSED, state="lapsed") == [met]
    assert on_list(ListName.LAPSED, state="reinstated") == [short]


# Overdue


def test_overdue_are_open_invoices_past_their_last_day(new: Member, short: Member) -> None:
    """The years 1 and 2 of the member who is short fell due on 4/24 of 2024 and 2025; year 3 is locked."""
    assert on_list(ListName.OVERDUE) == [short, short]
    assert on_list(ListName.OVERDUE, on=date(2024, 4, 24)) == []  # the last day to pay
    assert on_list(ListName.OVERDUE, on=date(2024, 4, 25), since="30") == [short]
    assert on_list(ListName.OVERDUE, year="2") == [short]
    assert on_list(ListName.OVERDUE, since="more") == [short, short]
    make_payment(invoice_of(cycle_by(short), year=1))
    assert on_list(ListName.OVERDUE) == [short]
    life.change_status(
        certification=cycle_by(short).certification, to="retired", reason="Asked.", by=make_user(), at=noon(TODAY)
    )
    assert on_list(ListName.OVERDUE) == []  # it is held


def test_an_invoice_that_opened_in_the_grace_period_is_overdue_after_it(grace: Member) -> None:
    """Due 2/23/2026, it opens on 3/15, the day after the points are on record, and is to be paid by 5/23."""
    make_activity(cycle_by(grace), points="3", starts_on=date(2026, 2, 1))
    for year in (1, 2):
        make_payment(invoice_of(cycle_by(grace), year=year))
    assert on_list(ListName.OVERDUE, on=date(2026, 5, 23)) == []
    assert on_list(ListName.OVERDUE, on=date(2026, 5, 24)) == [grace]


# Not activated


def test_not_activated_never_opened_their_account_and_hold_a_certification(short: Member, met: Member) -> None:
    met.user.set_password("seven blue lanterns")
    met.user.save()
    make_member()  # without a certification
    assert on_list(ListName.NOT_ACTIVATED) == [short]
    User.objects.filter(pk=short.user_id).update(is_active=False)
    assert on_list(ListName.NOT_ACTIVATED) == []
    assert on_list(ListName.NOT_ACTIVATED, state="off") == [short]
    Member.objects.filter(pk=short.pk).update(user=None)
    assert on_list(ListName.NOT_ACTIVATED, state="no-sign-in") == [short]
    assert on_list(ListName.NOT_ACTIVATED, state="no-sign-in", credential="RMA") == []


# All


def test_a_value_that_is_no_choice_shows_nobody(short: Member) -> None:
    assert on_list(ListName.AT_RISK, days="40") == []
    assert on_list(ListName.AT_RISK, credential="XX") == []


@pytest.mark.parametrize("name", ListName)
def test_every_column_sorts_both_ways_and_every_filter_answers(name: ListName, short: Member, grace: Member) -> None:
    work_list = LISTS[name]
    for column in work_list.columns:
        if column.order:
            up, down = on_list(name, column.name), on_list(name, f"-{column.name}")
            assert len(up) == len(down)
    chosen = work_list.filtered({}, TODAY)
    for key, each in chosen.filters.items():
        choices = [value for value, _ in each.field.choices if value and isinstance(value, str)]
        for value in choices or ["RMA"]:
            found = work_list.filtered({key: value}, TODAY)
            list(work_list.rows(found))
            assert base.in_words(found).startswith(f"{each.label}: ")
            assert base.query_of(found) == f"{key}={value}"


@pytest.mark.parametrize("name", ListName)
def test_a_count_is_one_query_that_stops_at_its_bound(name: ListName, short: Member) -> None:
    with CaptureQueriesContext(connection) as captured:
        counted = registry.count(name, TODAY)
    assert len(captured) == 1
    assert "LIMIT 10001" in captured[0]["sql"]
    assert str(counted) == f"{len(on_list(name)):,}"


def test_the_count_at_risk_sums_no_points(short: Member) -> None:
    with CaptureQueriesContext(connection) as captured:
        registry.count(ListName.AT_RISK, TODAY)
    assert "ccp_credit" not in captured[0]["sql"]
