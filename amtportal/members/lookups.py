"""Lookups that Django does not have.

- ``begins``: text that begins with a value, in the form in which it is stored. It uses an index on
  both databases. Django's ``startswith`` does not on SQLite.
- ``fits``: text that begins with a value in which ``_`` stands for any letter. Up to the first of
  them it uses an index on both databases. Only for values without ``%`` and ``\\``.
- ``among``: a key that is one of thousands, which are sent as one value. Django's ``in`` sends each
  as a parameter of its own.
"""

import json
from typing import Any

from django.db.models import CharField, IntegerField
from django.db.models.lookups import BuiltinLookup, Lookup

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


@CharField.register_lookup
class Fits(BuiltinLookup):
    lookup_name = "fits"

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        column, params = self.process_lhs(compiler, connection)
        return f"{column} LIKE %s", [*params, f"{self.rhs}%"]

    def as_sqlite(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        column, params = self.process_lhs(compiler, connection)
        known, fits = self.rhs.partition("_")[0], f"{self.rhs}%"
        sql = f"({column} >= %s AND {column} < %s AND {column} LIKE %s)"
        return sql, [*params, known, *params, f"{known}{LAST}", *params, fits]


@IntegerField.register_lookup
class Among(Lookup):
    lookup_name = "among"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        column, params = self.process_lhs(compiler, connection)
        return f"{column} IN (SELECT value FROM json_each(%s))", [*params, json.dumps(self.rhs)]  # noqa: S608

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        column, params = self.process_lhs(compiler, connection)
        return f"{column} = ANY(%s::bigint[])", [*params, f"{{{','.join(map(str, self.rhs))}}}"]
