"""The lock between those who put entries on record and those who change the terms.

All who put an entry on record share the lock, from before they read the terms until their transaction
ends. A change of terms, once it is committed, waits until those who have the lock at that moment are
done, and then counts what they recorded (decision 12). SQLite has one writer at a time and needs no lock.
"""

from django.db import connection, transaction

KEY = int.from_bytes(b"amtterms")  # any number that no other advisory lock of this database has


def hold() -> None:
    """Share the lock until the transaction ends. Lock the cycles and the activity first."""
    _lock("pg_advisory_xact_lock_shared")


@transaction.atomic
def wait_for_holders() -> None:
    """Wait until all who share the lock now are done. Hold no other lock: they might need it to finish."""
    _lock("pg_advisory_xact_lock")


def _lock(function: str) -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {function}(%s)", [KEY])
