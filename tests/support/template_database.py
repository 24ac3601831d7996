"""A migrated database that is made once and then copied.

Migrating takes 8 seconds of a processor, and copying takes almost none.

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
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import django
from django.apps import apps
from django.conf import settings
from django.db import connection

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / ".test-databases"
PREFIX = "amtportal_template_"


def fingerprint() -> str:
    """Return the hash of everything that decides what an empty, migrated database holds."""
    digest = hashlib.sha256(django.get_version().encode())
    for app in sorted(apps.get_app_configs(), key=lambda app: app.label):
        for path in sorted(Path(app.path, "migrations").glob("*.py")):
            digest.update(f"{app.label}/{path.name}".encode())
            digest.update(path.read_bytes())
    ours = [*ROOT.glob("ccp/*.json"), *ROOT.glob("certifications/*.json"), *ROOT.glob("amtportal/history/*.py")]
    ours += [ROOT / "ccp/recording/claims.py", ROOT / "ccp/recording/statements.py", ROOT / "ccp/audits/groups.py"]
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
            with connection._nodb_cursor() as cursor:
                cursor.execute(f'DROP DATABASE IF EXISTS "{target}"')
                cursor.execute(f'CREATE DATABASE "{target}" TEMPLATE "{template}"')
    _point_to(target)


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


def _template() -> str:
    """Return the name of the template, and make the template if it is missing."""
    if connection.vendor == "sqlite":
        path = FOLDER / f"{PREFIX}{fingerprint()}.sqlite3"
        if not path.exists():
            for old in FOLDER.glob(f"{PREFIX}*"):
                old.unlink()
            half_made = FOLDER / f"{PREFIX}half_made.sqlite3"
            _migrate(str(half_made))
            os.replace(half_made, path)
        return str(path)
    name = f"{PREFIX}{fingerprint()}"
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
