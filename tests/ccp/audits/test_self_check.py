"""The page on which a member asks what an audit would find today."""

from datetime import date, timedelta

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext

from amtportal.members.models import Member
from ccp.evidence import attaching
from ccp.recording import verbs as recording
from certifications.models import Cycle
from tests.support.builders import (
    TODAY,
    client_of,
    make_activity,
    make_amt_credit,
    make_cycle,
    make_member,
    noon,
)
from tests.support.draws import make_closed
from tests.support.evidence import attach
from tests.support.pages import read, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_today")]
PAGE = "/audits/check/"


def said(member: Member) -> list[str]:
    return [words(each) for each in read(client_of(member).get(PAGE)).select("[data-name=audit-check]")]


def test_the_record_is_checked_and_each_gap_has_its_way_to_be_closed() -> None:
    cycle = make_cycle()
    member = cycle.certification.member
    bare, proven = make_activity(cycle, points="2"), make_activity(cycle, points="3", starts_on=date(2026, 2, 1))
    attach(proven)
    make_amt_credit(cycle)
    withdrawn = make_activity(cycle, points="1", starts_on=date(2026, 1, 5))
    recording.withdraw(activity=withdrawn, by=member.user, at=noon(TODAY))
    assert said(member) == ["2 of 3 would pass; 1 has no file."]
    page = read(client_of(member).get(PAGE))
    assert [link["href"] for link in page.select("main a[href$='/evidence/']")] == [
        f"/ccp/activities/{bare.pk}/evidence/"
    ]
    assert words(page.select_one("main dt")).startswith(bare.heading)  # what needs something comes first
    attach(bare)
    assert said(member) == ["3 of 3 would pass."]
    attaching.remove(evidence=bare.evidence.get(), by=member.user, at=noon(TODAY))
    assert said(member) == ["2 of 3 would pass; 1 has no file."]


@pytest.mark.parametrize(
    ("closed_on", "is_shown"),
    [
        # The audit is drawn in the January after, and takes that whole year.
        pytest.param(date(2025, 1, 1), True, id="closed last year"),
        pytest.param(date(2024, 12, 31), False, id="closed the year before"),
    ],
)
def test_a_closed_cycle_is_checked_while_it_can_be_audited(closed_on: date, is_shown: bool) -> None:
    cycle = make_closed(closed_on=closed_on, ends_on=closed_on - timedelta(days=1), requirement_met_on=None)
    assert (
        cycle.certification.credential.code
        in read(client_of(cycle.certification.member).get(PAGE)).select_one("main").text
    ) is is_shown


def test_somebody_without_a_cycle_is_told_so() -> None:
    assert "You have no cycle that could be audited." in client_of(make_member()).get(PAGE).text


def test_nothing_is_stored_and_many_entries_cost_no_more_queries() -> None:
    cycle = make_cycle()
    client = client_of(cycle.certification.member)
    make_activity(cycle, points="1")
    client.get(PAGE)

    def rows() -> dict[str, int]:
        models = [model for model in apps.get_models() if model._meta.managed]
        return {model._meta.label: model._base_manager.count() for model in models}

    with CaptureQueriesContext(connection) as few:
        client.get(PAGE)
    for day in range(1, 40):
        make_activity(cycle, points="1", starts_on=date(2025, 1, 1) + timedelta(days=day))
    make_closed(cycle.certification.member, credential="RPT")
    before = rows()
    with CaptureQueriesContext(connection) as many:
        client.get(PAGE)
    assert rows() == before
    assert Cycle.objects.count() == 2
    assert len(many) == len(few) <= 10
