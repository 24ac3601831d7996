"""``manage.py draw``: take the seed of a frozen draw, and draw."""

from argparse import ArgumentParser, RawDescriptionHelpFormatter
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from amtportal import clean
from amtportal.dates import today
from amtportal.refusals import Refused
from ccp.audits import draws, published
from ccp.audits.management.staff_accounts import staff_account


class Command(BaseCommand):
    help = """Draw by a seed from outside, which is accepted once, after the freeze.

- the ticket of a line is SHA-256(seed + ":" + line); in each credential the smallest are drawn
- dice need the names of two witnesses; a public number only where and when it can be read
- the same seed again changes nothing, and another one is refused"""

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> Any:
        return super().create_parser(prog_name, subcommand, formatter_class=RawDescriptionHelpFormatter, **kwargs)

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("year", type=int, nargs="?", metavar="YEAR", help="Last year unless given.")
        parser.add_argument("--seed", required=True, help="As it was thrown or published.")
        parser.add_argument("--source", required=True, metavar="TEXT", help="Where and when.")
        parser.add_argument(
            "--witness", action="append", default=[], metavar="NAME", help="Twice, if the seed comes from dice."
        )
        parser.add_argument("--by", type=clean.email, required=True, metavar="EMAIL", help="The staff account.")
        parser.add_argument("--folder", type=Path, metavar="FOLDER", help="Write the files to publish into it.")

    def handle(
        self,
        *,
        year: int | None,
        seed: str,
        source: str,
        witness: list[str],
        by: str,
        folder: Path | None,
        **options: Any,
    ) -> None:
        staff = staff_account(by, "audits.seed_draw")
        year = year if year is not None else today().year - 1
        draw = draws.standing().filter(year=year).first()
        if draw is None:
            raise CommandError(f"The population of {year} is not frozen. Run freeze_draw {year} first.")
        first, second = (*witness, "", "")[:2]
        try:
            draw = draws.enter_seed(
                draw=draw, seed=seed, source=source, witnesses=(first, second), by=staff, at=timezone.now()
            )
        except Refused as refused:
            raise CommandError(refused.sentence) from None
        strata = draws.strata_of(draw)
        for stratum in strata:
            self.stdout.write(f"{stratum.code}: {stratum.drawn:,} of {stratum.population:,} drawn.")
        total = draws.whole(strata)
        self.stdout.write(f"Drawn: {total.drawn:,} of {total.population:,}, by the seed {draw.seed}")
        if folder:
            published.write(draw, folder)
