"""``manage.py bulk_transcripts``: the transcripts of all cycles of a credential that a year closed."""

import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from tqdm import tqdm

from amtportal import clean
from amtportal.members.models import User
from ccp.transcripts import bulk
from certifications.models import Credential


class Command(BaseCommand):
    help = """Write the CE transcripts of all cycles of a credential that were closed in a year into a folder, as PDF.

- each is issued exactly as its page issues it, with a code by which anyone can check it
- a record that was issued before keeps its code; if the run is stopped anywhere, start it again
- all cores work; take --processes 1 if the portal needs them meanwhile
- a cycle whose transcript cannot be made is named and stops nothing else; the exit status is then 1
- the files hold personal data: only this user can read the folder that the command makes"""

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> Any:
        return super().create_parser(prog_name, subcommand, formatter_class=RawDescriptionHelpFormatter, **kwargs)

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--credential", type=clean.identifier, required=True, metavar="CODE")
        parser.add_argument("--closed-in", type=int, required=True, metavar="YEAR")
        parser.add_argument("--to", type=Path, required=True, metavar="FOLDER", help="Made if it is missing.")
        parser.add_argument(
            "--by", type=clean.email, required=True, metavar="EMAIL", help="The staff account that issues them."
        )
        parser.add_argument("--processes", type=int, metavar="NUMBER", help="One for each core unless given.")

    def handle(
        self,
        *,
        credential: str,
        closed_in: int,
        to: Path,
        by: str,
        processes: int | None,
        verbosity: int,
        **options: Any,
    ) -> None:
        codes = sorted(Credential.objects.values_list("code", flat=True))
        if credential not in codes:
            raise CommandError(f"There is no credential {credential}. Write one of {', '.join(codes)}.")
        if not 1900 <= closed_in <= 9999:
            raise CommandError(f"{closed_in} is not a year. Write it with four digits.")
        if processes is not None and processes < 1:
            raise CommandError("--processes must be 1 or more.")
        staff = User.objects.filter(email=by, is_active=True, is_staff=True).first()
        if staff is None or not staff.has_perm("certifications.view_cycle"):
            raise CommandError(f"{by} is not an active staff account that may view cycles. Give one that may.")
        try:
            to.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise CommandError(f"The folder {to} cannot be made: {error.strerror}.") from None
        keys = list(bulk.closed_in(closed_in, credential=credential, visible_to=staff).values_list("pk", flat=True))
        written = failed = 0
        # With disable=None, tqdm shows no bar unless the output is a terminal.
        with tqdm(total=len(keys), unit=" transcripts", disable=None if verbosity > 0 else True) as bar:
            for made in bulk.write(keys, to.resolve(), by=staff, at=timezone.now(), processes=processes):
                bar.update()
                if made.problem:
                    failed += 1
                    self.stderr.write(f"Cycle {made.cycle} has no transcript: {made.problem}.")
                else:
                    written += 1
        self.stdout.write(
            f"{written:,} {'transcript' if written == 1 else 'transcripts'} written to {to}, {failed:,} failed."
        )
        if failed:
            sys.exit(1)
