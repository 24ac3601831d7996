"""A year of notices: 400 days of ``send_notices`` over the demo, against a real mail server.

The whole diary of each member of the cast is in ``diary.txt`` beside this file. To write it again
after a change that is meant, set ``WRITE_DIARY=1`` and read what git shows.
"""

import os
import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from pytest_django.fixtures import Settings
from time_machine import TimeMachineFixture

from amtportal.dates import day_of
from amtportal.members.mail import sending as queue
from amtportal.members.models import OutgoingMail, User
from ccp import demo
from ccp.amt_credits import error_reports
from ccp.demo import cast
from ccp.demo.acts import CE, credit_from_amt, pay, record_ce
from ccp.models import Activity, ErrorReport
from ccp.notices.models import NoticeMail
from ccp.recording import verbs as recording
from ccp.rollover import closing
from certifications import invoices
from certifications.models import Cycle, Payment, RenewalInvoice
from tests.support.builders import chicago
from tests.support.mail import mail_server, use_outbox

pytestmark = [pytest.mark.django_db, pytest.mark.slow, pytest.mark.any_database]

BEGINS = date(2027, 12, 1)  # the year has a 29 February and both changes of the clocks
DAYS = 400
DIARY = Path(__file__).with_name("diary.txt")
COURSE = CE("course-seminar-webinar", "Urine sediment, step by step", "Lakeshore Health Academy")
SECOND_PART = CE("course-seminar-webinar", "AMT webinar: laboratory math, part two", "")
AWAY = (14, 15)
"""The mail server is not there on these days, counted from the first."""


def at(day: date, hour: int, minute: int = 0) -> datetime:
    return chicago(day.year, day.month, day.day, hour, minute)


class Cast:
    """What the members of the cast and staff do in this year: at 0:05, or at 7:00."""

    def __init__(self) -> None:
        self.staff = User.objects.get(email=cast.STAFF)

    def user(self, name: str) -> User:
        return User.objects.select_related("member").get(email=f"{name}@demo.example")

    def cycle(self, name: str) -> Cycle:
        cycles = Cycle.objects.unclosed().filter(certification__member__user=self.user(name)).order_by("pk")
        return cycles.select_related("certification__member__user", "certification__credential")[0]

    def records(self, name: str, points: str) -> Callable[[date], object]:
        def record(day: date) -> None:
            cycle = self.cycle(name)
            record_ce(COURSE, Decimal(points), [cycle], ended_on=min(day, cycle.ends_on), at=at(day, 7))

        return record

    def pays(self, name: str, year: int) -> Callable[[date], object]:
        def pays_at_midnight(day: date) -> None:
            invoice = RenewalInvoice.objects.standing().get(cycle=self.cycle(name), year=year)
            pay(invoice, received_on=day, by=self.staff, now=at(day, 0, 5))

        return pays_at_midnight

    def answers(self, day: date) -> None:
        report = ErrorReport.objects.get()
        error_reports.answer(report=report, text="Part two is on record now.", by=self.staff, at=at(day, 7))

    def credits(self, day: date) -> None:
        credit_from_amt(SECOND_PART, Decimal("4.5"), self.user("midway").member, ended_on=day, at=at(day, 7))

    def voids(self, day: date) -> None:
        entry = Activity.objects.filter(member=self.user("two").member).order_by("pk")[0]
        recording.void(activity=entry, reason="The certificate is another person's.", by=self.staff, at=at(day, 7))

    def reverses(self, day: date) -> None:
        payment = Payment.objects.get(invoice__cycle=self.cycle("midway"), invoice__year=2, reversed_at=None)
        invoices.reverse_payment(payment=payment, reason="The check came back.", by=self.staff, at=at(day, 7))

    def doings(self) -> dict[int, list[Callable[[date], object]]]:
        """Return what is done on which day, counted from the first."""
        return {
            1: [self.pays("today", 3)],  # five minutes after it has opened
            5: [self.records("short", "2")],
            9: [self.answers, self.credits],
            12: [self.pays("midway", 2)],
            15: [self.pays("met", 3)],  # while the mail server is away, and holds a reminder of the day before
            16: [self.pays("short", 3)],
            19: [self.reverses],
            50: [self.voids],
        }


def diary() -> str:
    """Return every notice of the cast as a table, by member and day."""
    lines = [f"What the cast of the demo is told in {DAYS} days from {BEGINS:%A, %B %-d, %Y} on"]
    for email in sorted(cast.events(BEGINS)):
        mails = (
            NoticeMail.objects.filter(member__user__email=email, on__gte=BEGINS)
            .prefetch_related("notices")
            .order_by("on", "pk")
        )
        if mails:
            lines += ["", email.partition("@")[0]]
        for mail in mails:
            notices = sorted(mail.notices.all(), key=lambda notice: notice.pk)
            told = [f"{one.kind} of {one.anchor_on:%-m/%-d}" for one in notices if not one.dropped]
            if told:
                late = f", sent {mail.sent_at:%-m/%-d}" if mail.sent_at and day_of(mail.sent_at) != mail.on else ""
                lines.append(f"  {mail.on:%a %b %d, %Y}  {mail.subject}")
                lines.append(f"{'':20}{', '.join(told)}: {mail.state}{late}")
            for one in notices:
                if one.dropped:
                    lines.append(f"  {mail.on:%a %b %d, %Y}  Not sent: {one.dropped}")
                    lines.append(f"{'':20}{one.kind} of {one.anchor_on:%-m/%-d}")
    # The numbers of invoices and entries depend on what was in the database before.
    return re.sub(r"\b(INV|CE)-\d+", r"\1-…", "\n".join(lines) + "\n")


def test_the_diary_of_a_year(settings: Settings, time_machine: TimeMachineFixture) -> None:
    with mail_server() as (mailbox, port):
        use_outbox(settings)
        time_machine.move_to(at(BEGINS, 6), tick=False)
        demo.load(on=BEGINS, now=at(BEGINS, 6))
        doings = Cast().doings()
        for number in range(DAYS):
            day = BEGINS + timedelta(days=number)
            time_machine.move_to(at(day, 7), tick=False)
            for does in doings.get(number, ()):
                does(day)
            closing.close_due(at=at(day, 7))
            time_machine.move_to(at(day, 8), tick=False)
            call_command("send_notices", verbosity=0, stdout=StringIO())
            settings.EMAIL_PORT = 9 if number in AWAY else port
            if OutgoingMail.objects.exists():
                queue.send_due()
        told = diary()
    if os.environ.get("WRITE_DIARY"):
        DIARY.write_text(told)
    assert told == DIARY.read_text()
    assert not OutgoingMail.objects.exists()
    arrived = [(str(mail["To"]), str(mail["Subject"])) for mail in mailbox.taken]
    sent = NoticeMail.objects.filter(state=NoticeMail.State.SENT, on__gte=BEGINS).order_by("sent_at", "pk")
    assert sorted(arrived) == sorted(sent.values_list("address", "subject"))
