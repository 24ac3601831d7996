"""Operators see what waits, and are told when nobody sends it."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from amtportal.members.models import MailPause, MailPriority, OutgoingMail

pytestmark = pytest.mark.django_db


def wait(priority: MailPriority, minutes: int, domain: str = "example.org") -> None:
    OutgoingMail.objects.create(
        sender="portal@amt.example",
        recipients=[f"ada@{domain}"],
        domain=domain,
        content="…",
        priority=priority,
        made_at=timezone.now() - timedelta(minutes=minutes),
    )


def test_what_waits_is_told_with_the_age_of_the_oldest(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("mail_status")
    wait(MailPriority.NOTICE, 90)
    wait(MailPriority.NOTICE, 5)
    wait(MailPriority.LINK, 1)
    call_command("mail_status")
    assert capsys.readouterr().out.splitlines() == [
        "No mail waits.",
        "A link or code that somebody is waiting for: 1, the oldest for 1 minutes",
        "Notices: 2, the oldest for 90 minutes",
    ]


def test_a_link_that_waits_is_an_alarm_unless_its_domain_asked_for_it(capsys: pytest.CaptureFixture[str]) -> None:
    wait(MailPriority.LINK, 3, "busy.example")
    MailPause.objects.create(domain="busy.example", until=timezone.now() + timedelta(hours=1), reason="421 later")
    call_command("mail_status")
    assert "(1 in a row): 421 later" in capsys.readouterr().out
    wait(MailPriority.LINK, 3)
    with pytest.raises(SystemExit):
        call_command("mail_status")
