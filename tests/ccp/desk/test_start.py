"""The start page: what waits with its number and its age, the figures of the day, for whom, and at what cost."""

import re
from datetime import date, timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from time_machine import TimeMachineFixture

from amtportal.members.models import BouncingAddress, MailDelivery, Member
from ccp.amt_credits import error_reports
from ccp.amt_credits import holding as held_credits
from ccp.desk import lists, nightly, waiting
from ccp.desk.models import NightlyRun
from ccp.reports.lists import registry
from certifications.models import Cycle
from tests.support.audits import case_on_record
from tests.support.builders import (
    TODAY,
    client_of,
    cycle_of,
    invoice_of,
    make_activity,
    make_amt_credit,
    make_claim,
    make_cycle,
    make_member,
    make_payment,
    make_user,
    noon,
    set_terms,
)
from tests.support.details import make_difference, make_name_request, make_question
from tests.support.pages import words
from tests.support.staff import make_clerk, populate

pytestmark = [pytest.mark.django_db, pytest.mark.ignore_template_errors, pytest.mark.usefixtures("on_today")]
START = "/admin/"


def root() -> Client:
    return client_of(make_user(is_staff=True, is_superuser=True))


def said(client: Client) -> dict[str, str]:
    """Return what the page says of each thing that waits, and each figure, by its hook."""
    soup = BeautifulSoup(client.get(START).text, "html.parser")
    return {line["data-name"]: words(line) for line in soup.select("#content-main li[data-name]")}


def test_each_kind_is_told_with_its_number_and_the_day_of_the_oldest(on_today: TimeMachineFixture) -> None:
    cycle = make_cycle()
    member = cycle.certification.member
    on_today.move_to(noon(TODAY - timedelta(days=4)))
    for _ in range(2):
        credit = make_amt_credit(cycle)
        error_reports.report(activity=credit, text="Wrong day", by=member.user, at=noon(TODAY - timedelta(days=4 - _)))
    make_question(member)
    on_today.move_to(noon(TODAY))
    found = said(root())
    assert found["error-reports"] == "2 error reports the oldest since Tue Mar 10, 4 days ago"
    assert found["questions"].startswith("1 question the oldest since")


def test_everything_that_waits_is_counted_once_and_what_is_done_is_not() -> None:
    """The sum: 1 request, 1 held credit of 2, 1 difference, 1 address of 2, 1 mail of 2, 1 entry to set of 2."""
    cycle = make_cycle()
    member, clerk = cycle.certification.member, make_user(is_staff=True)
    make_name_request(member)
    make_difference(member)
    credits = [held_credits.Received(f"W-{amt_id}", amt_id, make_claim()) for amt_id in (member.amt_id, "X1")]
    held_credits.receive(credits=credits, by=clerk, at=noon(TODAY))
    BouncingAddress.objects.create(email="a@example.org", marked_at=noon(TODAY), reason="no such box")
    BouncingAddress.objects.create(
        email="b@example.org", marked_at=noon(TODAY), reason="no such box", cleared_at=noon(TODAY), cleared_by=clerk
    )
    for days in (1, 8):
        at = noon(TODAY - timedelta(days=days))
        MailDelivery.objects.create(
            recipient="a@example.org", priority=5, queued_at=at, refused_at=at, reason="no such box"
        )
    set_terms("course-seminar-webinar", points_per_unit=None, unit="")
    make_activity(cycle, points=None)
    figures = {"recorded", "met", "paid", "night"}
    found = {name: line for name, line in said(root()).items() if name not in figures}
    assert {name: line.split()[0] for name, line in found.items()} == {
        "name-requests": "1",
        "roster-differences": "1",
        "held-credits": "1",
        "bouncing": "1",
        "mail-given-up": "1",
        "points-to-set": "1",
    }


def test_a_cycle_waits_once_its_grace_period_as_extended_is_over() -> None:
    """90 days after the cycle's end it still runs; on the day after, it waits, unless it was extended."""
    for awarded_on in (date(2022, 12, 14), date(2022, 12, 13), date(2022, 12, 12)):
        make_cycle(on=awarded_on, awarded_on=awarded_on)
    assert [str(cycle.ends_on) for cycle in Cycle.objects.order_by("ends_on")] == [
        "2025-12-11",
        "2025-12-12",
        "2025-12-13",
    ]
    last = Cycle.objects.order_by("ends_on").first()
    assert last is not None
    Cycle.objects.filter(pk=last.pk).update(grace_extended_to=TODAY, grace_extension_reason="Ill.")
    # December 12 and 90 days are March 12, December 13 are March 13: both are over on March 14.
    assert said(root())["past-grace"].startswith("2 cycles past their grace period, not closed")


def test_audit_cases_are_told_by_whose_move_it_is(met: Member) -> None:
    me = make_clerk("view_auditcase", "review_audits")
    case = case_on_record(cycle_of(met))
    cases = type(case).objects.filter(pk=case.pk)
    cases.update(state="submitted", frozen_at=noon(TODAY), due_on=TODAY - timedelta(days=1))
    found = said(client_of(me))
    assert found["audits-free"].startswith("1 audit case that nobody reviews")
    assert found["audits-late"].startswith("1 audit case with which AMT is late")
    assert "audits-yours" not in found
    cases.update(first_reviewer=me)
    assert said(client_of(me))["audits-yours"].startswith("1 audit case with you")
    assert "audits-free" not in said(client_of(me))


def test_a_number_stops_at_the_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "BOUND", 2)
    for _ in range(3):
        make_question(make_member())
    assert said(root())["questions"].startswith("more than 2 questions")


def test_the_figures_of_the_day(short: Member, on_today: TimeMachineFixture) -> None:
    """Of yesterday: 22 points. Today: 2 entries, the requirement of 24 points is met, a fee of $60 is paid."""
    on_today.move_to(noon(TODAY + timedelta(days=1)))
    cycle, now = cycle_of(short, "RPT"), noon(TODAY + timedelta(days=1))
    for points in ("1.5", "0.5"):
        make_activity(cycle, points=points, at=now)
    make_payment(invoice_of(cycle, 1), received_on=now.date(), at=now)
    found = said(root())
    assert (found["recorded"], found["met"], found["paid"]) == ("2 recorded", "1 met", "$60 paid")


# Who sees what


@pytest.mark.parametrize("kind", waiting.KINDS, ids=lambda kind: kind.name)
def test_a_kind_is_told_to_who_may_open_its_list_and_the_link_leads_there(kind: waiting.Kind) -> None:
    found = kind.waiting(noon(TODAY))
    codename = kind.permission.partition(".")[2]
    needed = {codename, "view_unappliedmoney"} if "look" in kind.list_name else {codename}
    assert client_of(make_clerk(*needed)).get(found.address).status_code == 200
    assert client_of(make_clerk()).get(found.address).status_code == 403


def test_the_start_page_says_nothing_to_who_may_see_nothing() -> None:
    populate(1)
    found = client_of(make_clerk()).get(START)
    assert "Nothing waits that you may see." in found.text
    assert said(client_of(make_clerk())) == {}
    only = said(client_of(make_clerk("view_errorreport")))
    assert list(only) == ["error-reports"]


@pytest.mark.parametrize("link", lists.LISTS, ids=lambda link: link.words)
def test_each_list_opens_for_who_sees_its_link(link: lists.ListLink) -> None:
    clerk = make_clerk(link.permission.partition(".")[2])
    assert link in lists.of(clerk)
    assert client_of(clerk).get(link.address).status_code == 200
    assert link not in lists.of(make_clerk())


def test_the_page_takes_the_same_queries_for_one_member_and_for_many() -> None:
    client = root()
    populate(1)
    client.get(START)
    with CaptureQueriesContext(connection) as few:
        client.get(START)
    populate(5)
    with CaptureQueriesContext(connection) as many:
        client.get(START)
    assert len(many) == len(few)
    counts = [query["sql"] for query in many if "COUNT(*)" in query["sql"]]
    # And the cycles that were met today, and each list to act on.
    assert len(counts) == len(waiting.KINDS) + 1 + len(registry.LISTS)
    unbound = [sql for sql in counts if not re.search(r"LIMIT (1001|10001)\b", sql)]
    assert len(unbound) == 1
    assert 'WHERE "certifications_cycle"."requirement_met_on" =' in unbound[0]


# The commands of the night


def run(command: str, hours_ago: float, failure: str = "") -> None:
    ended = noon(TODAY) - timedelta(hours=hours_ago)
    NightlyRun.objects.create(command=command, began_at=ended, ended_at=ended, failure=failure)


@pytest.mark.parametrize(
    ("runs", "words"),
    [
        pytest.param([], "nightly jobs have not run yet", id="none"),
        pytest.param([(each, 25, "") for each in nightly.DAILY], "nightly jobs ✓", id="all within a day and two hours"),
        pytest.param(
            [(each, 1, "") for each in nightly.DAILY[1:]], "nightly jobs: apply_held_money did not run", id="one late"
        ),
        pytest.param(
            [("apply_held_money", 27, ""), *((each, 1, "") for each in nightly.DAILY[1:])],
            "nightly jobs: apply_held_money did not run",
            id="one too long ago",
        ),
        pytest.param(
            [*((each, 3, "") for each in nightly.DAILY), ("send_notices", 1, "It ended with status 1.")],
            "nightly jobs: send_notices failed",
            id="the last run failed",
        ),
        pytest.param(
            [("send_notices", 4, "Away."), *((each, 3, "") for each in nightly.DAILY)],
            "nightly jobs ✓",
            id="a run that failed was made up for",
        ),
    ],
)
def test_the_night_in_words(runs: list[tuple[str, float, str]], words: str) -> None:
    for each in runs:
        run(*each)
    assert nightly.of_last_night(noon(TODAY)).in_words == words


def test_a_command_of_the_night_leaves_a_row_also_if_it_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    call_command("match_credits", verbosity=0)
    row = NightlyRun.objects.get()
    assert (row.command, row.failure) == ("match_credits", "")

    def fail(*args: Any, **options: Any) -> None:
        raise CommandError("The disk is full.")

    monkeypatch.setattr("ccp.management.commands.match_credits.Command.handle", fail)
    with pytest.raises(CommandError):
        call_command("match_credits")
    assert NightlyRun.objects.order_by("pk").last().failure == "CommandError: The disk is full."  # type: ignore[union-attr]


def test_a_dry_run_leaves_no_row() -> None:
    call_command("close_cycles", dry_run=True, verbosity=0)
    assert not NightlyRun.objects.exists()


def test_every_command_of_the_night_says_how_it_ended() -> None:
    """docs/operations.md lists them; ``deploy/systemd`` runs each daily."""
    from django.core.management import get_commands, load_command_class

    from amtportal.commands import NightlyCommand

    for name in nightly.DAILY:
        assert isinstance(load_command_class(get_commands()[name], name), NightlyCommand)
