"""A large roster with every column, and the least that reading and storing it costs."""

import csv
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

from allauth.account.models import EmailAddress
from django.db import connection
from django.db.models import Model

from amtportal.history.comparison import history_model
from amtportal.members.models import Member, SearchTerm, User
from certifications.models import Certification, Cycle, RenewalInvoice
from certifications.roster.rows import COLUMNS

FIRST_NAMES = ["Ada", "Ben", "Chloe", "Dan", "Elena", "Frank", "Grace", "Hugo", "Ines", "José"]
LAST_NAMES = [
    f"{start}{end}" for start in ("Smith", "Garc", "Nguy", "John", "Brook") for end in ("", "son", "es", "ía")
]
CITIES = [("Chicago", "IL", "60601"), ("Peoria", "IL", "61602"), ("Rosemont", "IL", "60018"), ("Austin", "TX", "73301")]
FIRST_AWARD = date(2006, 1, 1)
WRITTEN = (User, EmailAddress, Member, Certification, Cycle, RenewalInvoice)


def write(file: Path, rows: int) -> None:
    with file.open("w", newline="", encoding="utf-8") as opened:
        writer = csv.writer(opened)
        writer.writerow(COLUMNS)
        writer.writerows(_rows(rows))


def _rows(rows: int) -> Iterator[list[str]]:
    for number in range(rows):
        city, state, postal_code = CITIES[number % len(CITIES)]
        first, last = FIRST_NAMES[number % len(FIRST_NAMES)], LAST_NAMES[number // 7 % len(LAST_NAMES)]
        values = {
            "amt_id": f"{1000000 + number}",
            "email": f"member{number}@roster.example",
            "first_name": first,
            "last_name": last,
            "credential": ("RMA", "MT", "MLT", "RPT")[number % 4],
            "certificate_number": f"{2000000 + number}",
            "awarded_on": (FIRST_AWARD + timedelta(days=number % 5000)).isoformat(),
            "phone": f"312-555-{number % 10000:04}",
            "address_line1": f"{number} Main Street",
            "city": city,
            "state": state,
            "postal_code": postal_code,
            "country": "United States",
        }
        yield [values.get(column, "") for column in COLUMNS]


def read_and_insert(file: Path) -> None:
    """Read the file, and copy every row that its import has written into a table of the same kind.

    On PostgreSQL the tables have the same indexes, and neither foreign keys nor triggers.
    """
    with file.open(newline="", encoding="utf-8") as opened:
        for _ in csv.reader(opened):
            pass
    copy_rows(*WRITTEN, *map(history_model, WRITTEN), SearchTerm)


def copy_rows(*models: type[Model]) -> None:
    """Copy every row of these tables into a table of the same kind, by one statement each."""
    tables = [model._meta.db_table for model in models]
    with connection.cursor() as cursor:
        for table in tables:
            if connection.vendor == "postgresql":
                cursor.execute(f"CREATE TABLE floor_of_rows (LIKE {table} INCLUDING ALL)")
            else:
                cursor.execute(f"CREATE TABLE floor_of_rows AS SELECT * FROM {table} WHERE 0")  # noqa: S608
            cursor.execute(f"INSERT INTO floor_of_rows SELECT * FROM {table}")  # noqa: S608
            cursor.execute("DROP TABLE floor_of_rows")
