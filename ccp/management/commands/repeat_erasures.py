"""``manage.py repeat_erasures``: do the erasures again that came after the backup that was restored."""

import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from amtportal.refusals import Refused
from ccp.erasure import minutes


class Command(BaseCommand):
    help = """Erase again whoever was erased after the backup that was restored.

- run it after a restore, before members can sign in
- reads the file that erasure_minutes printed last; safe to repeat: who is erased stays erased
- exit status 1 if one could not be done; the others are"""

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> Any:
        return super().create_parser(prog_name, subcommand, formatter_class=RawDescriptionHelpFormatter, **kwargs)

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="What erasure_minutes printed.")

    def handle(self, *, file: Path, **options: Any) -> None:
        try:
            rows = minutes.read(file.read_text(encoding="utf-8").splitlines())
        except OSError as problem:
            raise CommandError(f"{file} cannot be read: {problem.strerror}.") from None
        except Refused as refusal:
            raise CommandError(refusal.sentence) from None
        done = known = failed = 0
        for row in rows:
            try:
                request = minutes.repeat(row, at=timezone.now())
            except Refused as refusal:
                self.stderr.write(refusal.sentence)
                failed += 1
            else:
                done, known = done + bool(request), known + (request is None)
        self.stdout.write(f"{done:,} erased again, {known:,} erased already, {failed:,} not done.")
        if failed:
            sys.exit(1)
