"""Rosters as tests load them."""

from datetime import date
from typing import Any

from import_export.results import Result

from amtportal.imports import csv_files
from certifications.roster.resource import RosterResource
from tests.support.builders import TODAY


def load_roster(
    *rows: dict[str, str], on: date = TODAY, at: Any = None, not_asked_before: date | None = None, **options: Any
) -> tuple[RosterResource, Result]:
    """Import rows that all have the columns of the first row."""
    lines = [list(rows[0]), *([row[column] for column in rows[0]] for row in rows)]
    resource = RosterResource(on=on, at=at, not_asked_before=not_asked_before)
    content = "\n".join(",".join(line) for line in lines).encode()
    return resource, resource.import_data(csv_files.read_csv(content), **options)
