"""``manage.py run_worker``: does the work that no page waits for, until it is stopped."""

from argparse import ArgumentParser
from typing import Any

from django.core.management import call_command
from django_tasks_db.management.commands import db_worker

from amtportal.members.mail import sending
from amtportal.members.mail.process import sending_beside
from ccp.audits.letters import printing
from ccp.exports import archives
from ccp.recording import readings
from ccp.reports.lists import exporting
from ccp.reports.mailings import verbs as mailings
from ccp.transcripts import batches

INTERVAL = 1.0
"""Seconds between two looks for work. A member may look at the page and wait for it."""


class Command(db_worker.Command):
    help = """Do the work that pages leave to the worker, such as many transcripts, until the command is stopped.

Mail is sent beside it, by a process of its own, as soon as it is stored.

Work that a worker was killed at is begun again. Several workers can run at once, on several machines."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.set_defaults(interval=INTERVAL, reload=False)

    def handle(self, **options: Any) -> None:
        call_command("prune_db_task_results", verbosity=0)
        batches.resume()
        printing.resume()
        archives.resume()
        readings.resume()
        exporting.resume()
        mailings.resume()
        if options["batch"]:
            super().handle(**options)
            sending.send_due()
            return
        with sending_beside():
            super().handle(**options)
