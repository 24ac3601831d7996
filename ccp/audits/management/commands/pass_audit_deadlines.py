"""``manage.py pass_audit_deadlines``: do in audits what follows from a last day that is over."""

import sys
from argparse import RawDescriptionHelpFormatter
from typing import Any

from django.utils import timezone

from amtportal.commands import NightlyCommand
from ccp.audits import deadlines


class Command(NightlyCommand):
    help = """Do what follows in each audit whose last day is over in Chicago.

- proof was asked for, and none was submitted: overdue, with another AUDIT_OVERDUE_DAYS days
- overdue: decided as if there were no proof, and sent to the second review
- more time was asked for, and AMT did not answer: granted, with 7 days at least
- more proof was asked for, and none came: the reviewer decides on what is there
- the member did not appeal: closed
- run it daily, at any hour; a second run changes nothing, and each case passes one last day at a time
- a case that fails is named and stops no other; the exit status is then 1"""

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> Any:
        return super().create_parser(prog_name, subcommand, formatter_class=RawDescriptionHelpFormatter, **kwargs)

    def handle(self, **options: Any) -> None:
        at = timezone.now()
        passed, failed = deadlines.pass_all(at=at)
        self.stdout.write(f"{passed:,} {'last day' if passed == 1 else 'last days'} passed.")
        for key in failed:
            self.stderr.write(f"Audit {key} could not be passed; the log says why.")
        if failed:
            sys.exit(1)
