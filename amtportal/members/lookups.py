"""The lookup ``begins``: text that begins with a value, in the form in which it is stored.

It uses an index on both databases. Django's ``startswith`` does not on SQLite.
"""

from typing import Any

from django.db.models import CharField
from django.db.models.lookups import BuiltinLookup

LAST = "\U0010ffff"


@CharField.register_lookup
class Begins(BuiltinLookup):
    lookup_name = "begins"

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        column, params = self.process_lhs(compiler, connection)
        return f"{column} LIKE %s", [*params, f"{connection.ops.prep_for_like_query(self.rhs)}%"]

    def as_sqlite(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        """Ask for a range of the index, which is in the order of the code points."""
        column, params = self.process_lhs(compiler, connection)
        return f"({column} >= %s AND {column} < %s)", [*params, self.rhs, *params, f"{self.rhs}{LAST}"]
