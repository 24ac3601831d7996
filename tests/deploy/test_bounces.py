"""A mail server of Debian (OpenSMTPD) on this machine reports a mail that came back, and the portal reads the report.

The mail goes the way it goes in production: the portal hands it to its own mail server, which takes
it; the server of the recipient refuses it; the portal's server writes the report.
"""

import mailbox
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.core.mail import EmailMessage
from django.core.management import call_command
from pytest_django.fixtures import Settings

from amtportal.members.mail import outbox, sending
from amtportal.members.models import BouncingAddress, MailDelivery
from tests.deploy.test_proxy import free_port
from tests.support.smtp_sink import Sink, sink
from tests.support.waiting import wait_until

PROGRAM = shutil.which("smtpd", path="/usr/sbin:/usr/local/sbin")
OTHER = PROGRAM is None and Path("/usr/sbin/sendmail").exists()
pytestmark = [
    pytest.mark.django_db,
    pytest.mark.slow,
    pytest.mark.any_database,
    pytest.mark.skipif(os.geteuid() != 0, reason="OpenSMTPD runs as root only"),
    pytest.mark.skipif(OTHER, reason="Debian has one mail server at a time, and here it is another one"),
]
CONFIGURATION = """
listen on 127.0.0.1 port {port} hostname mta.portal.example
action "reports" relay host smtp://127.0.0.1:{reports}
action "out" relay host smtp://127.0.0.1:{world}
match from any for domain "portal.example" action "reports"
match from any for any action "out"
"""


@contextmanager
def opensmtpd(folder: Path, *, reports: Sink, world: Sink) -> Iterator[int]:
    """Run the server, which sends reports to one place and everything else to the other. Return its port."""
    assert PROGRAM, "OpenSMTPD is not here; deploy/setup.sh test installs it"
    port = free_port()
    configuration = folder / "smtpd.conf"
    configuration.write_text(CONFIGURATION.format(port=port, reports=reports.port, world=world.port))
    configuration.chmod(0o600)
    with (folder / "output").open("w") as output:
        running = subprocess.Popen([PROGRAM, "-d", "-f", str(configuration)], stdout=output, stderr=subprocess.STDOUT)
    try:
        wait_until(lambda: _listens(running, port, folder / "output"), "mail server that answers")
        yield port
    finally:
        running.terminate()
        running.wait()


def _listens(running: "subprocess.Popen[bytes]", port: int, output: Path) -> bool:
    assert running.poll() is None, output.read_text()
    return f"0100007F:{port:04X} 00000000:0000 0A" in Path("/proc/net/tcp").read_text()


def test_a_mail_that_came_back_marks_its_address(
    tmp_path: Path, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    refusal = "550 5.1.1 <ada@elsewhere.example>: no such box"
    with (
        sink() as reports,
        sink(lambda command: refusal if command.startswith("RCPT TO:<ada") else "") as world,
        opensmtpd(tmp_path, reports=reports, world=world) as port,
    ):
        settings.MAIL_TRANSPORT = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_USE_TLS = "127.0.0.1", port, False
        settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
        settings.BOUNCE_ADDRESS = "reports@portal.example"
        for to in ("ada@elsewhere.example", "bea@elsewhere.example"):
            outbox.Backend().send_messages([EmailMessage("Your cycle", "Hello", to=[to])])
        assert sending.send_due() == (2, 0)
        wait_until(lambda: reports.mails and world.mails, "report")
    assert world.recipients() == ["bea@elsewhere.example"]
    box = mailbox.Maildir(tmp_path / "reports")
    for recipient, content in reports.mails:
        assert recipient == "reports@portal.example"
        box.add(content.removesuffix(b".\r\n"))
    settings.BOUNCE_MAILBOX = f"maildir://{tmp_path}/reports"
    call_command("read_bounces")
    assert capsys.readouterr().out.startswith("1 read: 1 marked an address")
    row = BouncingAddress.objects.get()
    assert (row.email, "no such box" in row.reason) == ("ada@elsewhere.example", True)
    assert [each.recipient for each in MailDelivery.objects.exclude(returned_at=None)] == ["ada@elsewhere.example"]
