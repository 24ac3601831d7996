"""The lock between those who put entries on record and those who change the terms.

Whoever puts an entry on record holds the lock together with all others who do, from before the terms are read until the
transaction ends. Whoever has changed the terms waits until those are done, and then counts what they recorded (decision
12). SQLite has one writer at a time and needs none of it.
"""

from django.db import connection, transaction

KEY = int.from_bytes(b"amtterms")  # any number that no other advisory lock of this database has


def hold() -> None:
    """Hold the lock, beside others who hold it, until the transaction ends. Lock the cycles before."""
    _lock("pg_advisory_xact_lock_shared")


@transaction.atomic
def wait_for_holders() -> None:
    """Wait until everybody is done who holds the lock now. Hold no other lock: they may wait for it."""
    _lock("pg_advisory_xact_lock")


def _lock(function: str) -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {function}(%s)", [KEY])
