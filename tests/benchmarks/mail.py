"""How many mails a second senders give to a mail server, beside bare smtplib with the same bytes.

The mail server is a process of its own on this machine. It takes each mail at once, and then, for
fewer of them, with a short time for each, so that the work of four senders can be compared with
that of one. The mails are as long as those of the portal. The floor sends the same bytes over one
connection for each hundred, and stores nothing.
"""

import smtplib
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from email.utils import make_msgid
from pathlib import Path

from django.core.mail import EmailMultiAlternatives
from django.db.models import Max, Min
from django.utils import timezone

from amtportal.chunks import chunks
from amtportal.members.mail import outbox, sending
from amtportal.members.models import MailDelivery, OutgoingMail
from tests.benchmarks.measuring import portal_environment
from tests.support.server import ROOT
from tests.support.smtp_sink import sink_process

SECONDS = 0.02
"""What the slower server takes for a mail."""
START = timedelta(seconds=8)
"""Time for all senders to start."""
TEXT = "Your CCP cycle ends in 60 days, and 2 points are missing. Record them by January 8.\n" * 20
PAGE = "<html><body>" + '<p style="margin:0 0 16px">Your CCP cycle ends in 60 days.</p>' * 100 + "</body></html>"


def run(number: int) -> None:
    stored = _seconds(lambda: _store(number))
    print(f"mail: {number:,} mails stored in {stored:.1f} s, {number / stored:,.0f} a second")
    floor = _floor(min(number, 10_000))
    print(f"  floor: bare smtplib, {floor:,.0f} a second", flush=True)
    rate = _senders(1, number, seconds=0)
    print(
        f"  one sender: {rate:,.0f} a second, {100_000 / rate / 60:.1f} minutes for 100,000; ratio {floor / rate:.1f}"
    )
    some = min(number, 400)
    _store(some)
    one = _senders(1, some, seconds=SECONDS)
    _store(some)
    four = _senders(4, some, seconds=SECONDS)
    ratio = f"{four / one:.1f} x"
    print(f"  with {1000 * SECONDS:.0f} ms for each: one sender {one:,.0f} a second, four {four:,.0f}: {ratio}")


def _store(number: int) -> None:
    for some in chunks(range(number)):
        outbox.Backend().send_messages([_mail(each) for each in some])


def _mail(number: int) -> EmailMultiAlternatives:
    headers = {"Message-ID": make_msgid(domain="portal.example")}
    mail = EmailMultiAlternatives("2 points to go", TEXT, to=[f"m{number}@example.org"], headers=headers)
    mail.attach_alternative(PAGE, "text/html")
    return mail


def _senders(senders: int, mails: int, *, seconds: float) -> float:
    """Return how many mails a second so many processes send. They begin together, when all have started."""
    server = sink_process(seconds)
    with tempfile.TemporaryDirectory() as var:
        environment = portal_environment(Path(var)) | {"EMAIL_URL": f"smtp://127.0.0.1:{server.port}"}
        command = [sys.executable, "manage.py", "send_mail_queue", "--forever"]
        MailDelivery.objects.all().delete()
        OutgoingMail.objects.update(next_try_at=timezone.now() + START)
        running = [subprocess.Popen(command, cwd=ROOT, env=environment) for _ in range(senders)]
        while OutgoingMail.objects.exists():
            assert all(each.poll() is None for each in running)
            time.sleep(0.2)
        for each in running:
            each.terminate()
            each.wait()
    assert server.end() == (mails, mails), "a mail was lost or doubled"
    sent = MailDelivery.objects.aggregate(first=Min("sent_at"), last=Max("sent_at"))
    return mails / (sent["last"] - sent["first"]).total_seconds()


def _floor(mails: int) -> float:
    """Return how many mails a second bare smtplib gives to the same server."""
    server = sink_process()
    rows = OutgoingMail.objects.order_by("pk")[:mails]
    contents = [mail.message().as_bytes() for mail in sending.written(list(rows)).values() if mail]
    begun = time.perf_counter()
    for first in range(0, mails, sending.BATCH):
        with smtplib.SMTP("127.0.0.1", server.port, local_hostname="localhost") as wire:
            for content in contents[first : first + sending.BATCH]:
                wire.sendmail("portal@amt.example", ["m@example.org"], content)
    taken = time.perf_counter() - begun
    assert server.end() == (mails, mails)
    return mails / taken


def _seconds(do: Callable[[], object]) -> float:
    begun = time.perf_counter()
    do()
    return time.perf_counter() - begun
