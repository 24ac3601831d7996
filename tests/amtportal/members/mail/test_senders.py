"""Senders as processes: the worker's, several at once, and one that is killed."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.conf import settings as portal
from django.db import connection
from pytest_django.fixtures import Settings

from amtportal.members.mail import sending
from amtportal.members.models import MailDelivery, OutgoingMail
from tests.support.mail import write_mails
from tests.support.server import ROOT, address_of
from tests.support.smtp_sink import Sink, sink
from tests.support.threads import at_once
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


@pytest.fixture
def server(settings: Settings) -> Iterator[Sink]:
    with sink() as served:
        settings.EMAIL_BACKEND = "amtportal.members.mail.outbox.Backend"
        settings.MAIL_TRANSPORT = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_USE_TLS = "127.0.0.1", served.port, False
        settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
        yield served


@contextmanager
def running(var: Path, server: Sink, *command: str) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a command of the portal on the tests' database."""
    var.mkdir(exist_ok=True)
    (var / "mfa-key").write_text(portal.MFA_KEYS[0])
    process = subprocess.Popen(
        [sys.executable, "manage.py", *command],
        cwd=ROOT,
        env={
            **os.environ,
            "AMTPORTAL_VAR": str(var),
            "DATABASE_URL": address_of(str(connection.settings_dict["NAME"])),
            "EMAIL_URL": f"smtp://127.0.0.1:{server.port}",
        },
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def sender_of(worker: "subprocess.Popen[bytes]") -> int:
    """Return the number of the process that sends mail for this worker, once there is one; 0 before."""
    children = Path(f"/proc/{worker.pid}/task/{worker.pid}/children").read_text().split()
    senders = [child for child in children if "--forever" in Path(f"/proc/{child}/cmdline").read_text()]
    return int(senders[0]) if senders else 0


def test_the_worker_sends_what_is_stored_and_goes_on_when_its_sender_was_killed(tmp_path: Path, server: Sink) -> None:
    """The first mail may come twice: its sender was killed, perhaps before it wrote that down.

    It ends with the worker.
    """
    with running(tmp_path / "var", server, "run_worker", "--no-startup-delay", "--verbosity", "0") as worker:
        write_mails(1)
        wait_until(lambda: len(server.mails) == 1, "mail that was sent")
        first = sender_of(worker)
        os.kill(first, signal.SIGKILL)
        write_mails(1)
        wait_until(lambda: len(set(server.message_ids())) == 2, "mail that the next one sent")
        second = sender_of(worker)
        assert second not in (0, first)
        worker.terminate()
        assert worker.wait() == 0
    assert not Path(f"/proc/{second}").exists()


def test_a_sender_ends_with_a_worker_that_was_killed(tmp_path: Path, server: Sink) -> None:
    with running(tmp_path / "var", server, "run_worker", "--no-startup-delay", "--verbosity", "0") as worker:
        write_mails(1)
        wait_until(lambda: len(server.mails) == 1, "mail that was sent")
        sender = sender_of(worker)
        worker.kill()
        wait_until(lambda: _has_ended(sender), "end of the sender")


def _has_ended(pid: int) -> bool:
    status = Path(f"/proc/{pid}/status")
    return not status.exists() or re.search(r"^State:\s+Z", status.read_text(), re.MULTILINE) is not None


def test_a_sender_that_is_killed_loses_nothing_and_the_next_goes_on_at_once(
    tmp_path: Path, server: Sink, settings: Settings
) -> None:
    """At most one mail comes twice: the one that the server took when the sender was killed."""
    server.seconds = 0.01
    write_mails(150)
    with running(tmp_path / "var", server, "send_mail_queue") as sender:
        wait_until(lambda: len(server.mails) > 20, "mails")
        sender.kill()
        sender.wait()
    assert OutgoingMail.objects.exclude(claimed_by="").exists()
    server.seconds = 0
    settings.VAR_DIR = tmp_path / "var"
    sending.send_due()
    assert (len(set(server.recipients())), MailDelivery.objects.count()) == (150, 150)
    assert len(server.mails) <= 151


def test_four_senders_do_the_work_of_four(server: Sink, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server takes no mail before it has one of each sender under way at once."""
    monkeypatch.setattr(sending, "BATCH", 10)
    server.together = 4
    write_mails(80)
    tallies = at_once(*[sending.send_due] * 4)
    assert sum(sent for sent, _ in tallies) == len(server.mails) == len(set(server.recipients())) == 80
    assert all(sent for sent, _ in tallies)
    assert max(server.under_way) == 4
