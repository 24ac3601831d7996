"""What the provider keeps: objects, answers by idempotency key, and webhooks that are to be sent."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from typing import Any

Object = dict[str, Any]

SCHEMA = """
create table if not exists objects (
    position integer primary key autoincrement, id text unique, kind text, created integer, body text
);
create index if not exists objects_kind on objects (kind, created);
create table if not exists answers (key text primary key, asked text, status integer, body text);
create table if not exists webhooks (
    id integer primary key autoincrement, event text, due_at real, tries integer default 0, sent integer default 0
);
"""


class Book:
    """One SQLite database behind one lock. Whatever happens together is written together."""

    def __init__(self, path: Path | str) -> None:
        # One connection, used by one thread at a time. A machine that loses power may lose the last
        # second, which a double may.
        self._database = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._database.execute("pragma synchronous = off")
        self._database.executescript(SCHEMA)
        self._lock = RLock()
        self._depth = 0

    @contextmanager
    def together(self) -> Iterator[None]:
        """Hold the lock, and keep all that is written inside, or nothing."""
        with self._lock:
            if self._depth == 0:
                self._database.execute("begin")
            self._depth += 1
            try:
                yield
            except BaseException:
                self._depth -= 1
                if self._depth == 0:
                    self._database.execute("rollback")
                raise
            self._depth -= 1
            if self._depth == 0:
                self._database.execute("commit")

    def rows(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        with self._lock:
            return self._database.execute(statement, values).fetchall()

    def get(self, name: str) -> Object | None:
        found = self.rows("select body from objects where id = ?", name)
        return json.loads(found[0][0]) if found else None

    def put(self, found: Object) -> Object:
        """Write an object, new or changed, and return it."""
        self.rows(
            "insert into objects (id, kind, created, body) values (?, ?, ?, ?)"
            " on conflict (id) do update set body = excluded.body",
            found["id"],
            found["object"],
            found["created"],
            json.dumps(found),
        )
        return found

    def all(self, kind: str) -> list[Object]:
        """Return the objects of a kind, the newest first."""
        return [
            json.loads(body)
            for (body,) in self.rows("select body from objects where kind = ? order by position desc", kind)
        ]

    def forget(self) -> None:
        with self.together():
            for table in ("objects", "answers", "webhooks"):
                self.rows(f"delete from {table}")  # noqa: S608

    def close(self) -> None:
        with self._lock:
            self._database.close()
