"""Bring the database and the static files up to date before the server starts.

This does the same as `manage.py migrate`, `createcachetable`, `collectstatic` and `demo` one after
the other, in one process, because loading Django takes longer than all four when they have nothing
to do.
"""

import hashlib
import os
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "amtportal.settings")

import django  # noqa: E402
from django.conf import settings  # noqa: E402
from django.contrib.staticfiles.finders import get_finders  # noqa: E402
from django.core.management import CommandError, call_command  # noqa: E402

from amtportal import static_files  # noqa: E402


def static_fingerprint() -> str:
    """Return a digest of each static file's path, size and time, and of the settings and storage."""
    modules = (settings.SETTINGS_MODULE, static_files.__name__)
    lines = [Path(name.replace(".", "/") + ".py").read_text() for name in modules]
    for finder in get_finders():
        for path, storage in finder.list([]):
            stat = os.stat(storage.path(path))
            lines.append(f"{storage.path(path)} {stat.st_size} {stat.st_mtime_ns}")
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def collect_static() -> None:
    """Collect and compress the static files, but only if one has changed: this takes seconds."""
    stamp = Path(settings.STATIC_ROOT) / ".collected"  # is removed with the folder
    fingerprint = static_fingerprint()
    if stamp.exists() and stamp.read_text() == fingerprint:
        return
    call_command("collectstatic", interactive=False, verbosity=0)
    stamp.write_text(fingerprint)


if __name__ == "__main__":
    os.chdir(PROJECT)
    print("Bringing database and static files up to date.", flush=True)
    django.setup()
    call_command("migrate", interactive=False, verbosity=0)
    call_command("createcachetable", verbosity=0)
    if not settings.DEBUG:  # `make dev` serves them from where they are edited
        collect_static()
    try:
        call_command("demo")
    except CommandError as refusal:  # other members are on record: serve them
        print(refusal, flush=True)
