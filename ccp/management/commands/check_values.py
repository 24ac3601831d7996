"""``manage.py check_values``: list stored values that no form, file or command would take today."""

import sys
from argparse import RawDescriptionHelpFormatter
from collections.abc import Iterator
from datetime import date
from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand
from django.db import models

from amtportal import clean, plausible
from amtportal.dates import today
from amtportal.imports.cells import short
from amtportal.imports.command import counted
from ccp.catalogue import term_changes
from ccp.models import ActivityType, CategoryTerms, TypeTerms
from certifications.models import Certification, Payment

OF_PAYMENT = ("pk", "received_on", "invoice__cycle__certification__awarded_on", "invoice__cycle__starts_on")


class Command(BaseCommand):
    help = """List stored values that no form, file or command would take today. Nothing is changed.

- identifiers, addresses and names with characters that nobody sees, or in another form of Unicode
- days that cannot be right: an award in the year 206, a payment received in the year 26, terms of the year 27
- correct them in the admin, or with the next roster
- if there are any, the exit status is 1"""

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> Any:
        return super().create_parser(prog_name, subcommand, formatter_class=RawDescriptionHelpFormatter, **kwargs)

    def handle(self, **options: Any) -> None:
        found = 0
        for line in (*_unclean(), *_implausible(today())):
            self.stdout.write(line)
            found += 1
        self.stdout.write(f"{counted(found, 'value')} to correct.")
        if found:
            sys.exit(1)


def _unclean() -> Iterator[str]:
    """Yield the texts that differ from what ``amtportal.clean`` makes of them."""
    for model in apps.get_models():
        columns = [field for field in model._meta.concrete_fields if hasattr(field, "tidy")]
        if not columns or model.__name__.startswith("Historical"):
            continue
        rows = model._base_manager.order_by("pk").values_list("pk", *(field.attname for field in columns))
        for pk, *values in rows.iterator():
            for field, value in zip(columns, values, strict=True):
                if value and not value.isascii() and value != (tidy := field.tidy(value)):
                    yield f"{_place(model, pk, field)}: {_named(value)} should be “{short(tidy)}”."


def _implausible(on: date) -> Iterator[str]:
    """Yield the days that are outside the bounds of their kind."""
    for pk, awarded_on, recertified_on in _rows(Certification, "pk", "awarded_on", "recertified_on"):
        if problem := plausible.problem_with_award(awarded_on, on):
            yield f"{_place(Certification, pk, 'awarded_on')}: {problem}"
        if recertified_on and (problem := plausible.problem_with_recertification(recertified_on, awarded_on, on)):
            yield f"{_place(Certification, pk, 'recertified_on')}: {problem}"
    for pk, received_on, awarded_on, starts_on in _rows(Payment, *OF_PAYMENT, reversed_at=None):
        if problem := plausible.problem_with_receipt(
            received_on, awarded_on=awarded_on, cycle_starts_on=starts_on, on=on
        ):
            yield f"{_place(Payment, pk, 'received_on')}: {problem}"
    for model in (CategoryTerms, TypeTerms):
        for terms in model._base_manager.order_by("pk"):
            for broken in term_changes.problems_with_days(vars(terms), on):
                yield f"{_place(model, terms.pk, broken.field)}: {broken.sentence}"
    for pk, retired_on in _rows(ActivityType, "pk", "retired_on"):
        if retired_on and (problem := plausible.problem_with_terms_day(retired_on, on)):
            yield f"{_place(ActivityType, pk, 'retired_on')}: {problem}"


def _rows(model: type[models.Model], *columns: str, **conditions: Any) -> Iterator[Any]:
    return model._base_manager.filter(**conditions).order_by("pk").values_list(*columns).iterator()


def _place(model: type[models.Model], pk: object, field: Any) -> str:
    name = field if isinstance(field, str) else field.name
    return f"{model.__name__} {pk}, {name}"


def _named(value: str) -> str:
    """Return the value as it is seen, with the numbers of the characters that nobody sees."""
    unseen = sorted({f"U+{ord(character):04X}" for character in value if not _is_seen(character)})
    return f"“{short(clean.line(value))}” has {', '.join(unseen)} and" if unseen else f"“{short(value)}”"


def _is_seen(character: str) -> bool:
    return character == " " or not (character.isspace() or clean.has_no_width(character))
