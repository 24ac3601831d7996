"""The demo: what each sign-in shows, on whatever day it is loaded, and where it can be loaded."""

import io
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Count
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from time_machine import TimeMachineFixture

from amtportal.dates import day_of
from amtportal.imports import csv_files
from amtportal.members.models import Member, OutgoingMail, User
from ccp import demo
from ccp.audits import draws
from ccp.audits.models import AuditCase
from ccp.demo import audits, cases, cast, told
from ccp.models import Activity, ErrorReport
from ccp.notices import sending
from ccp.notices.models import NoticeMail
from ccp.standing.standing import Standing, standings
from ccp.standing.status import status_of
from certifications import cycles, invoices
from certifications.models import Certification, Payment
from certifications.payments.models import Checkout
from tests.support.builders import chicago, client_of, make_member, noon
from tests.support.pages import read
from tests.support.payment_provider import Provider

DAY = timedelta(days=1)
NOVEMBER = date(2026, 11, 22)
DAYS = [
    pytest.param(NOVEMBER, id="a Sunday in November"),
    pytest.param(date(2020, 1, 1), id="the first day it can be loaded on"),
    pytest.param(date(2026, 1, 31), id="a 31st"),
    pytest.param(date(2026, 3, 8), id="the clocks go forward"),
    pytest.param(date(2026, 11, 1), id="the clocks go back"),
    pytest.param(date(2026, 12, 31), id="the last day of a year"),
    pytest.param(date(2027, 3, 1), id="1 March of a common year"),
    pytest.param(date(2028, 2, 29), id="29 February"),
    pytest.param(date(2028, 3, 1), id="the day after 29 February"),
    pytest.param(date(2028, 2, 29) - 41 * DAY, id="the next cycle of short starts on 29 February"),
    pytest.param(date(2028, 2, 29) - 35 * DAY, id="the next cycle of today starts on 29 February"),
    pytest.param(date(2028, 2, 29) - 30 * DAY, id="invoices of midway and voluntary would be due on 29 February"),
    pytest.param(date(2028, 2, 29) + 19 * DAY, id="the next cycle of grace started on 29 February"),
]


def load_cast(on: date, now: datetime | None = None) -> dict[str, list[Standing]]:
    """Return the standings of the cast, by name, on the day on which the demo is loaded."""
    now = now or noon(on)
    cast.enter(on=on, now=now, staff=cast.make_staff(now))
    return {
        member.user.email.removesuffix("@demo.example"): standings(member, on)
        for member in Member.objects.select_related("user")
    }


def states(standing: Standing) -> list[str]:
    return [found.state for found in standing.invoices]


def visible_words(member: Member, language: str) -> int:
    """Return how many words Home shows before anything is unfolded."""
    main = read(client_of(member).get("/", headers={"accept-language": language})).main
    for hidden in main.select("details > :not(summary), .visually-hidden, svg"):
        hidden.decompose()
    return len(main.get_text(" ").split())


@pytest.mark.django_db
@pytest.mark.any_database
def test_home_says_it_in_few_words_in_every_situation_and_both_languages(time_machine: TimeMachineFixture) -> None:
    """150 words for one certification and 250 for two; Spanish may take a quarter more.

    The cast is looked at again later: cycles run out, lapse and are followed by the next ones.
    """
    time_machine.move_to(noon(NOVEMBER), tick=False)
    load_cast(NOVEMBER)
    tones = set()
    for days in (0, 44, 150, 600):
        time_machine.move_to(noon(NOVEMBER + timedelta(days=days)), tick=False)
        for member in Member.objects.select_related("user"):
            english, spanish = visible_words(member, "en"), visible_words(member, "es")
            found = standings(member, NOVEMBER + timedelta(days=days))
            tones |= {status_of(each).tone for each in found}
            most = 150 if len(found) == 1 else 250
            assert english <= most, (member.user.email, days)
            assert spanish <= min(most, english) * 1.25, (member.user.email, days, english, spanish)
    assert tones >= {"calm", "steady", "heed", "met", "voluntary", "grace", "out"}


@pytest.mark.django_db
@pytest.mark.any_database  # each day loads the same rows with other dates in them
@pytest.mark.parametrize("on", DAYS)
def test_the_cast_stands_in_its_situations(on: date, time_machine: TimeMachineFixture) -> None:
    time_machine.move_to(noon(on), tick=False)
    found = load_cast(on)
    cast_of_today = {"new", "midway", "short", "today", "met", "two", "voluntary", "grace"}
    assert set(found) == cast_of_today | {"imported", "unopened", "paying"}

    (new,) = found["new"]
    assert (new.certification.credential.code, new.cycle.number, new.counted) == ("RMA", 1, 0)
    assert new.current is not None
    assert new.current.invoice.year == 1
    assert states(new) == ["upcoming", "upcoming", "locked"]

    (midway,) = found["midway"]
    assert (midway.counted, midway.required, len(midway.categories)) == (Decimal("20.5"), 45, 3)
    assert midway.current is not None
    assert midway.current.invoice.year == 2
    assert states(midway) == ["paid", "open", "locked"]

    by_amt = Activity.objects.get(member=midway.certification.member, source="amt")
    assert (by_amt.points, by_amt.provider_reference[:4]) == (Decimal("4.5"), "AMT-")
    assert not by_amt.error_reports.get().answered_at

    (short,) = found["short"]
    assert (short.counted, short.required, short.days_left) == (22, 24, 40)
    assert states(short) == ["paid", "paid", "locked"]

    (today,) = found["today"]
    assert (today.counted, today.required, today.cycle.requirement_met_on) == (30, 30, on)
    assert states(today) == ["paid", "paid", "upcoming"]
    assert today.invoices[2].opens_on == on + DAY

    (met,) = found["met"]
    assert (met.counted, met.required, met.cycle.requirement_met_on) == (30, 30, on - DAY)
    assert states(met) == ["paid", "paid", "open"]
    assert met.invoices[2].opens_on == on

    rma, rpt = sorted(found["two"], key=lambda standing: standing.certification.credential.code)
    assert (rma.cycle.starts_on, rma.cycle.ends_on) != (rpt.cycle.starts_on, rpt.cycle.ends_on)
    assert (rma.counted, rpt.counted) == (Decimal("15.5"), Decimal("10.25"))  # 6 + 8 + 1.5; 8 + 2.25
    both = Activity.objects.annotate(certifications=Count("credits")).filter(certifications=2)
    assert [activity.points for activity in both] == [8]
    assert (states(rma)[:2], states(rpt)[:1]) == (["paid", "upcoming"], ["upcoming"])

    (voluntary,) = found["voluntary"]
    assert (voluntary.certification.credential.code, voluntary.certification.awarded_on.year) == ("MLS", 1999)
    assert not voluntary.certification.ccp_mandatory
    assert not voluntary.is_met
    assert voluntary.current is not None
    assert voluntary.current.state == "open"
    assert voluntary.current.invoice.year == (voluntary.current.invoice.due_on.year - 1999 - 1) % 3 + 1
    assert "locked" not in states(voluntary)

    (grace,) = found["grace"]
    assert (grace.counted, grace.to_go, grace.days_left) == (42, 3, -20)
    assert grace.takes_records
    assert states(grace) == ["paid", "paid", "locked"]

    (imported,) = found["imported"]
    assert (imported.counted, imported.required) == (16, 30)
    assert states(imported)[:2] == ["paid", "upcoming"]
    assert imported.invoices[0].state_in_words == "Paid before the portal"
    (unopened,) = found["unopened"]
    owner = unopened.certification.member.user
    assert owner is not None
    assert not owner.has_usable_password()
    assert not any(invoice.overdue for standing in (imported, unopened) for invoice in standing.invoices)

    (paying,) = found["paying"]
    assert states(paying) == ["open", "upcoming", "locked"]
    waiting = Activity.objects.get(points=None)
    assert (waiting.member, paying.counted) == (paying.certification.member, 5)
    assert waiting.evidence.get().removed_at is None


@pytest.mark.django_db
@pytest.mark.parametrize(
    "now",
    [
        pytest.param(chicago(2026, 11, 22, 0, 5), id="00:05"),
        pytest.param(chicago(2026, 11, 22, 23, 55), id="23:55"),
    ],
)
def test_what_happened_today_is_recorded_today_at_any_hour(now: datetime, time_machine: TimeMachineFixture) -> None:
    time_machine.move_to(now, tick=False)
    found = load_cast(NOVEMBER, now)
    assert found["today"][0].cycle.requirement_met_on == NOVEMBER
    assert found["met"][0].cycle.requirement_met_on == NOVEMBER - DAY
    assert not Activity.objects.filter(recorded_at__gt=now).exists()
    assert not Payment.objects.filter(recorded_at__gt=now).exists()


@pytest.mark.slow
def test_whatever_the_day_every_activity_lies_in_its_cycle_and_every_end_where_it_should() -> None:
    """Yield every day of 2024 to 2031, which include two leap years."""
    for number in range(8 * 365 + 2):
        on = date(2024, 1, 1) + number * DAY
        roles = {role.name: role for role in cast.roles(on)}
        for role in roles.values():
            for holding in role.holdings:
                span = cycles.span_on(holding.awarded_on, holding.runs_on)
                for done in role.done:
                    if done.credentials and holding.credential not in done.credentials:
                        continue
                    ended_on = on - done.days_ago * DAY
                    assert cycles.covers(span, ended_on - (done.days - 1) * DAY, ended_on), (role.name, on, done)
        ends = {
            name: cycles.span_on(role.holdings[0].awarded_on, role.holdings[0].runs_on).ends_on
            for name, role in roles.items()
        }
        assert (ends["short"], ends["grace"]) == (on + 40 * DAY, on - 20 * DAY)
        for name in ("today", "met"):
            assert on + DAY >= ends[name] + DAY - invoices.NOTICE, (name, on)


@pytest.mark.parametrize(
    ("on", "due_on"),
    [
        pytest.param(date(2025, 11, 1), date(2025, 12, 1), id="2026 is more than 59 days away: not the last invoice"),
        pytest.param(date(2025, 11, 3), date(2026, 1, 1), id="2026 is 59 days away"),
        pytest.param(date(2026, 11, 22), date(2026, 12, 22), id="in 2026: in 30 days"),
        pytest.param(date(2026, 12, 2), date(2026, 12, 31), id="still in 2026"),
        pytest.param(date(2026, 12, 31), date(2027, 1, 30), id="2026 is over: not the last invoice"),
        pytest.param(date(2032, 1, 30), date(2032, 2, 28), id="an award of 1999 has no 29 February"),
    ],
)
def test_the_award_of_1999_has_an_open_invoice_the_last_of_its_cycle_where_that_can_be(on: date, due_on: date) -> None:
    awarded_on = cast.award_of_1999(on)
    assert awarded_on.year == 1999
    assert (awarded_on.month, awarded_on.day) == (due_on.month, due_on.day)
    assert due_on - invoices.NOTICE <= on <= due_on


@pytest.mark.any_database
@pytest.mark.slow
@pytest.mark.django_db
def test_the_demo_is_loaded_once_and_prints_its_sign_ins(
    time_machine: TimeMachineFixture, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    time_machine.move_to(noon(NOVEMBER), tick=False)
    stdout = io.StringIO()
    call_command("demo", stdout=stdout)
    assert stdout.getvalue().splitlines()[:2] == [
        "Demo sign-ins, as of Nov 22, 2026; the password is: amtrax demo portal",
        "  new@demo.example                   RMA, first year, nothing recorded",
    ]
    assert len(stdout.getvalue().splitlines()) == 1 + 19

    roster = Member.objects.filter(user__email__endswith="@members.example")
    assert (roster.count(), Member.objects.count()) == (300, 312)
    assert not any(user.has_usable_password() for user in User.objects.filter(member__in=roster))
    assert Certification.objects.filter(member__in=roster).count() > 300
    assert 55 <= roster.filter(activities__isnull=False).distinct().count() <= 80
    assert 10 <= Activity.objects.filter(member__in=roster, source="amt").count() <= 25
    assert ErrorReport.objects.count() == 1
    for name in ("new", "staff"):
        user = User.objects.get(email=f"{name}@demo.example")
        assert user.check_password("amtrax demo portal")
        assert user.emailaddress_set.get().verified
    assert user.is_staff
    assert user.has_perm("certifications.record_payment")

    time_machine.move_to(noon(NOVEMBER + 30 * DAY), tick=False)
    again = io.StringIO()
    before = (Activity.objects.count(), Payment.objects.count(), User.objects.count())
    with django_assert_max_num_queries(6):
        call_command("demo", stdout=again)
    assert again.getvalue() == stdout.getvalue()
    assert (Activity.objects.count(), Payment.objects.count(), User.objects.count()) == before

    verified = io.StringIO()
    call_command("verify_records", stdout=verified)
    assert verified.getvalue().endswith("invoices verified: no differences.\n")


@pytest.mark.django_db
def test_the_demo_is_refused_among_members_who_are_not_the_demos() -> None:
    make_member()
    with pytest.raises(CommandError, match="holds members who are not the demo's"):
        call_command("demo")
    assert Member.objects.count() == 1


@pytest.mark.django_db
def test_quietly_loaded_it_prints_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "load", lambda **_: False)
    stdout = io.StringIO()
    call_command("demo", verbosity=0, stdout=stdout)
    assert stdout.getvalue() == ""


@pytest.mark.django_db
@pytest.mark.any_database
def test_one_member_is_paying_from_a_bank_account(provider: Provider, settings: Any) -> None:
    settings.PAYMENT_BANK_DEBIT = True
    now = timezone.now()
    load_cast(day_of(now), now)
    cast.pay_online(now=now)
    checkout = Checkout.objects.get()
    assert (checkout.status, checkout.invoice.status) == ("processing", "issued")
    page = client_of(checkout.invoice.cycle.certification.member).get("/certifications/")
    assert 'data-name="invoice-status" value="processing"' in page.text


@pytest.mark.django_db
def test_the_cast_was_told_of_payments_and_nothing_of_today_is_taken_from_the_run() -> None:
    cast.enter(on=NOVEMBER, now=noon(NOVEMBER), staff=cast.make_staff(noon(NOVEMBER)))
    told.tell(cast.events(NOVEMBER).keys(), on=NOVEMBER)
    mails = NoticeMail.objects.filter(member__user__email="midway@demo.example")
    assert {mail.state for mail in mails} == {"sent"}
    assert any("Payment received" in mail.subject for mail in mails)
    assert all(mail.on < NOVEMBER and mail.sent_at and day_of(mail.sent_at) == mail.on for mail in mails)
    assert not OutgoingMail.objects.exists()
    tally = sending.send_due(on=NOVEMBER, now=noon(NOVEMBER))
    assert tally.kinds["cycle-ends"] >= 2


@pytest.mark.any_database
@pytest.mark.django_db
@pytest.mark.parametrize("on", [NOVEMBER, date(2026, 1, 1), date(2028, 2, 29)])
def test_last_year_is_drawn_and_one_who_can_sign_in_is_among_the_drawn(
    on: date, time_machine: TimeMachineFixture
) -> None:
    now = noon(on)
    time_machine.move_to(now, tick=False)
    staff = cast.make_staff(now)
    cast.make_clerks(now)
    roster = csv_files.read_csv(demo.ROSTER.read_bytes())
    audits.closed_last_year(roster, on=on, now=now, staff=staff, password=cast.hashed_password())
    draw = audits.draw(on=on, now=now, staff=staff)
    assert (draw.year, draw.frozen_at.year, draw.drawn_at and draw.drawn_at.year) == (on.year - 1, on.year, on.year)
    assert {stratum.code: (stratum.population, stratum.drawn) for stratum in draws.strata_of(draw)} == {
        "CMAS": (1, 1),
        "RMA": (8, 5),
    }
    assert AuditCase.objects.count() == 6
    cases.happen(draw, audited=audits.AUDITED, now=now, staff=staff)
    states = AuditCase.objects.values_list("state", flat=True)
    assert set(states) == {"drawn", "notified", "extension-asked", "submitted", "more-wanted", "second-review"}
    audited = AuditCase.objects.get(cycle__certification__member__user__email=audits.AUDITED)
    client = client_of(audited.member)
    assert client.get(f"/audits/draws/{draw.year}/mine/").status_code == 200
    assert "AMT asks for proof of 6 activities by" in client.get("/").text
    assert "2 have a file." in client.get("/").text
