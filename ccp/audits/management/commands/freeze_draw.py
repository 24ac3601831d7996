"""``manage.py freeze_draw``: freeze the population of a year's draw."""

from argparse import ArgumentParser, RawDescriptionHelpFormatter
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from amtportal import clean
from amtportal.dates import today
from amtportal.refusals import Refused
from ccp.audits import draws, exclusions, published
from ccp.audits.management.staff_accounts import staff_account
from ccp.audits.models import SeedKind


class Command(BaseCommand):
    help = """Freeze the population of a draw: the cycles that closed as compliant in a calendar year.

- each is one line, credential/tag of the AMT ID/cycle; the lines are sorted, and never change afterwards
- left out, with the reason in the file: certifications that are not in force or were audited lately, CCP that was
  voluntary, and whom --exclude names (deceased, under review, or audited before the portal knew)
- name now where the seed will come from: dice before two witnesses, or a public number
- the number of lines and the SHA-256 of the file are printed; publish them before there is a seed
- a draw that is wrong is abandoned in the admin before its seed; it is never edited"""

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> Any:
        return super().create_parser(prog_name, subcommand, formatter_class=RawDescriptionHelpFormatter, **kwargs)

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("year", type=int, nargs="?", metavar="YEAR", help="Last year unless given.")
        parser.add_argument(
            "--seed-from", choices=SeedKind.values, default=SeedKind.DICE, help="dice unless given, or a public number"
        )
        parser.add_argument(
            "--seed-named", required=True, metavar="TEXT", help="Where and when the seed is thrown or published."
        )
        parser.add_argument("--by", type=clean.email, required=True, metavar="EMAIL", help="The staff account.")
        parser.add_argument("--share", type=int, default=settings.AUDIT_SHARE, help="Of 1,000 in each credential.")
        parser.add_argument("--at-least", type=int, default=settings.AUDIT_AT_LEAST, help="In each credential.")
        parser.add_argument(
            "--spared-cycles",
            type=int,
            default=settings.AUDIT_SPARED_CYCLES,
            help="For how many cycles after an audit nobody is drawn again.",
        )
        parser.add_argument("--exclude", type=Path, metavar="FILE", help="Lines of AMT ID, comma, reason.")
        parser.add_argument("--folder", type=Path, metavar="FOLDER", help="Write the files to publish into it.")

    def handle(
        self,
        *,
        year: int | None,
        seed_from: str,
        seed_named: str,
        by: str,
        share: int,
        at_least: int,
        spared_cycles: int,
        exclude: Path | None,
        folder: Path | None,
        **options: Any,
    ) -> None:
        staff = staff_account(by, "audits.freeze_draw")
        terms = draws.Terms(
            year=year if year is not None else today().year - 1,
            share=share,
            at_least=at_least,
            spared_cycles=spared_cycles,
            seed_kind=seed_from,
            seed_named=seed_named,
        )
        try:
            listed = exclude.read_text(encoding="utf-8") if exclude else ""
            draw = draws.freeze(terms=terms, reasons=exclusions.read(listed), by=staff, at=timezone.now())
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"{exclude} cannot be read as text ({error}). Nothing was frozen.") from None
        except Refused as refused:
            raise CommandError(refused.sentence) from None
        strata = draws.strata_of(draw)
        for stratum in strata:
            self.stdout.write(f"{stratum.code}: {stratum.drawn:,} of {stratum.population:,} will be drawn.")
        self.stdout.write(draws.worth(draws.whole(strata)))
        self.stdout.write(f"Frozen: {draw.population:,} lines. SHA-256: {draw.sha256}")
        if folder:
            published.write(draw, folder)
