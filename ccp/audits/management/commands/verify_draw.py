"""``manage.py verify_draw FOLDER``: verify the published files of a draw."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from ccp.audits import verify_draw


class Command(BaseCommand):
    help = (
        "Verify the published files of a draw: their SHA-256, every ticket, and who is drawn. It runs the program that "
        "is published with them, which needs neither the portal nor its database."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, metavar="FOLDER")

    def handle(self, *, folder: Path, **options: Any) -> None:
        is_right, sentence = verify_draw.verdict(folder)
        (self.stdout if is_right else self.stderr).write(sentence)
        if not is_right:
            sys.exit(1)
