"""A migrated database that is made once and then copied.

Migrating takes 8 seconds of a processor (decision 82), and copying takes almost none.

The template is named by a hash of everything that makes it: the migrations of every installed app,
the rows they load, the triggers, and the versions of the packages that bring migrations. When one
of these changes, the next run makes another template and removes the old ones.

``python -m tests.support.template_database`` makes it beforehand.

On SQLite the template is a file in ``.test-databases``. On PostgreSQL it is a database on the
server that the tests use, from which each session and each worker creates its own.
"""

import fcntl
import hashlib
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path

import django
from django.apps import apps
from django.conf import settings
from django.db import connection, connections

from tests.support.waiting import PATIENCE

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / ".test-databases"
PREFIX = "amtportal_template_"


@cache
def fingerprint() -> str:
    """Return the hash of everything that decides what an empty, migrated database holds."""
    from amtportal.history import gaps, triggers  # they need the settings

    digest = hashlib.sha256(django.get_version().encode())
    for app in sorted(apps.get_app_configs(), key=lambda app: app.label):
        for path in sorted(Path(app.path, "migrations").glob("*.py")):
            digest.update(f"{app.label}/{path.name}".encode())
            digest.update(path.read_bytes())
    ours = [*ROOT.glob("ccp/*.json"), *ROOT.glob("certifications/*.json"), *ROOT.glob("amtportal/history/*.py")]
    ours += [ROOT / "ccp/recording/claims.py", ROOT / "ccp/recording/statements.py"]
    ours += [ROOT / "amtportal/staff/roles.py", ROOT / "amtportal/staff/ready_made.py"]
    tables = [model._meta.db_table for model in triggers.append_only()]
    digest.update(repr([(table, gaps.blankable(table)) for table in tables]).encode())
    for path in [*sorted(ours), Path(__file__)]:
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def use_a_copy(name: str, folder: Path) -> None:
    """Let Django's connection use a new copy of the template.

    ``name`` tells sessions on one PostgreSQL server apart; ``folder`` holds the file of SQLite.
    """
    target = str(folder / "test.sqlite3") if connection.vendor == "sqlite" else f"test_{name}"
    with _alone():
        template = _template()
        if connection.vendor == "sqlite":
            shutil.copyfile(template, target)
        else:
            _create(target, template)
    _point_to(target)


def put_back() -> None:
    """Make the copy like the template again, after a test whose rows were committed.

    It takes a fraction of the time in which Django empties every table and fills those that are
    shipped with rows.
    """
    connections.close_all()
    name, template = str(connection.settings_dict["NAME"]), _name()
    if connection.vendor == "postgresql":
        _create(name, template)
        return
    # Connections that the test's servers still have see the new content.
    with (
        closing(sqlite3.connect(f"file:{template}?immutable=1", uri=True)) as source,
        closing(sqlite3.connect(name, timeout=PATIENCE)) as target,
    ):
        target.execute("BEGIN IMMEDIATE")  # fails if one of them writes and never ends, for which a backup would wait
        target.rollback()
        source.backup(target)


def copy_for_sqlite(target: Path) -> None:
    """Put a migrated database in place for a test's own portal that uses SQLite.

    The portal then has no migrations to run. On PostgreSQL there is no such file, and the portal
    migrates by itself.
    """
    if connection.vendor == "sqlite":
        with _alone():
            shutil.copyfile(_template(), target)


def remove_the_copy() -> None:
    """Remove the database that ``use_a_copy`` made."""
    name = str(connection.settings_dict["NAME"])
    connection.close()
    if connection.vendor == "sqlite":
        Path(name).unlink()
    else:
        with connection._nodb_cursor() as cursor:
            cursor.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@contextmanager
def _alone() -> Iterator[None]:
    """Let only one worker at a time look for the template, make it, or copy it."""
    FOLDER.mkdir(exist_ok=True)
    with open(FOLDER / f"lock-{connection.vendor}", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _name() -> str:
    """Return the name of the template, or its path on SQLite."""
    name = f"{PREFIX}{fingerprint()}"
    return str(FOLDER / f"{name}.sqlite3") if connection.vendor == "sqlite" else name


def _create(name: str, template: str) -> None:
    """Create a database on the PostgreSQL server, in place of the one that has the name."""
    with connection._nodb_cursor() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')


def _template() -> str:
    """Return the name of the template, and make the template if it is missing."""
    name = _name()
    if connection.vendor == "sqlite":
        if not Path(name).exists():
            for old in FOLDER.glob(f"{PREFIX}*"):
                old.unlink()
            half_made = FOLDER / f"{PREFIX}half_made.sqlite3"
            _migrate(str(half_made))
            os.replace(half_made, name)
        return name
    with connection._nodb_cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [PREFIX])
        known = {row[0] for row in cursor.fetchall()}
        for old in known - {name}:
            cursor.execute(f'DROP DATABASE "{old}" WITH (FORCE)')
    if name not in known:
        half_made = f"{PREFIX}half_made"
        _migrate(half_made)
        with connection._nodb_cursor() as cursor:
            cursor.execute(f'ALTER DATABASE "{half_made}" RENAME TO "{name}"')
    return name


def _migrate(name: str) -> None:
    """Create a database of that name and run every migration, as Django does for its tests."""
    before = connection.settings_dict["NAME"]
    connection.settings_dict["TEST"]["NAME"] = name
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    connection.close()
    _point_to(before)


def _point_to(name: object) -> None:
    connection.close()
    connection.settings_dict["NAME"] = settings.DATABASES["default"]["NAME"] = name


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "amtportal.settings")
    django.setup()
    with _alone():
        _template()
