"""A backup is restored elsewhere, and it is the same portal.

The tests run the scripts that operators run, on either database.
"""

import os
import subprocess
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from threading import Event

import pytest
from django.conf import settings
from django.db import connection

from amtportal.members.models import Member
from ccp.models import Activity
from tests.support.builders import PASSWORD, cycle_of, make_activity
from tests.support.factors import SECRET, give_app
from tests.support.server import ROOT, address_of
from tests.support.threads import at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


def run(*command: str, database: str = "", var: Path, status: int = 0, **environment: str) -> str:
    """Run a script as an operator runs it, and return what it prints.

    Its exit status must be this one.
    """
    kept = {name: value for name, value in os.environ.items() if name not in ("SECRET_KEY", "CACHE_URL", "EMAIL_URL")}
    environment = {**kept, "AMTPORTAL_VAR": str(var), "DATABASE_URL": database, **environment}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=1200, check=False)
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture
def portal(tmp_path: Path) -> tuple[Path, str]:
    """Return the folder of the tests' portal, with an upload and keys, and its DATABASE_URL."""
    var = tmp_path / "portal"
    (var / "media" / "evidence").mkdir(parents=True)
    (var / "media" / "evidence" / "proof of attendance.pdf").write_bytes(os.urandom(5000))
    (var / "static").mkdir()
    (var / "secret-key").write_text("k" * 50 + "\n")
    (var / "mfa-key").write_text(settings.MFA_KEYS[0])
    return var, address_of(str(connection.settings_dict["NAME"]))


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """Return a folder with only the key of second factors, and the URL of an empty database."""
    var = tmp_path / "elsewhere"
    var.mkdir()
    (var / "mfa-key").write_text(settings.MFA_KEYS[0])
    if connection.vendor == "sqlite":
        yield var, address_of(str(tmp_path / "restored.sqlite3"))
        return
    name = f"restored_{uuid.uuid4().hex[:12]}"
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name}")
        yield var, address_of(name)
        cursor.execute(f"DROP DATABASE {name}")


def test_the_drill_restores_the_same_portal(short: Member, met: Member, portal: tuple[Path, str]) -> None:
    """The restored portal is the same.

    It has the same rows, sums and digests of every table, and the same files and keys. A transcript's
    PDF can be had after a sign-in by password alone, and after one with an authenticator app.
    """
    var, database = portal
    for user in (short.user, met.user):
        user.set_password(PASSWORD)
        user.save()
        user.emailaddress_set.create(email=user.email, verified=True, primary=True)
    give_app(met.user)
    told = run(
        "deploy/restore_drill.sh",
        "here",
        database=database,
        var=var,
        DRILL_EMAIL=short.user.email,
        DRILL_PASSWORD=PASSWORD,
        DRILL_APP_EMAIL=met.user.email,
        DRILL_APP_PASSWORD=PASSWORD,
        DRILL_APP_SECRET=SECRET,
        DJANGO_SETTINGS_MODULE="tests.support.drill_settings",
    )
    assert "uploaded files (1), the secret key" in told
    assert f"equal: 1 transcript of {short.user.email}" in told
    assert f"equal: 1 transcript of {met.user.email}" in told
    assert "opened: every second factor" in told


def test_what_is_recorded_during_the_backup_is_in_it_whole_or_not_at_all(
    short: Member, portal: tuple[Path, str], elsewhere: tuple[Path, str], tmp_path: Path
) -> None:
    var, database = portal
    cycle, done = cycle_of(short, "RPT"), Event()
    before = Activity.objects.count()

    def record() -> int:
        for recorded in range(1000):
            make_activity(cycle, points="0.25")
            if done.is_set():
                return recorded + 1
        return 1000

    def back_up() -> int:
        try:
            backups.append(run("deploy/backup.sh", "--keep", "35", folder, database=database, var=var).strip())
        finally:
            done.set()
        return 0

    folder, backups = str(tmp_path / "backups"), list[str]()
    recorded, _ = at_once(record, back_up)
    assert recorded > 5  # the backup did not keep members waiting
    to_var, to_database = elsewhere
    run("deploy/restore.sh", backups[0], database=to_database, var=to_var)
    verified = run(".venv/bin/python", "manage.py", "verify_records", database=to_database, var=to_var)
    credits = int(verified.split("cycle, ")[1].split(" credit")[0])
    assert "no differences." in verified
    assert before <= credits <= before + recorded


def test_a_damaged_backup_is_refused_and_nothing_is_restored(
    short: Member, portal: tuple[Path, str], elsewhere: tuple[Path, str], tmp_path: Path
) -> None:
    var, database = portal
    backup = Path(run("deploy/backup.sh", str(tmp_path / "backups"), database=database, var=var).strip())
    (dump,) = backup.glob("database.*")
    content = bytearray(dump.read_bytes())
    content[len(content) // 2] ^= 1
    dump.write_bytes(content)
    told = run("deploy/restore.sh", str(backup), database=elsewhere[1], var=elsewhere[0], status=1)
    assert "The backup is damaged; nothing was restored." in told
    assert [kept.name for kept in elsewhere[0].iterdir()] == ["mfa-key"]


def test_a_restore_overwrites_nothing(short: Member, portal: tuple[Path, str], tmp_path: Path) -> None:
    """The restore takes neither a database that has tables, nor a folder with another key."""
    var, database = portal
    backup = run("deploy/backup.sh", str(tmp_path / "backups"), database=database, var=var).strip()
    restore = ("deploy/restore.sh", "--without-second-factors", backup)
    told = run(*restore, database=database, var=tmp_path / "new", status=1)
    assert "already exists" in told or "has tables" in told
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "secret-key").write_text("o" * 50)
    told = run(*restore, database=database, var=tmp_path / "other", status=1)
    assert "another secret key" in told


def test_a_restore_without_the_key_of_second_factors_is_asked_for_in_so_many_words(
    short: Member, portal: tuple[Path, str], elsewhere: tuple[Path, str], tmp_path: Path
) -> None:
    """The settings would make a new key, and no second factor would be accepted any longer."""
    var, database = portal
    backup = run("deploy/backup.sh", str(tmp_path / "backups"), database=database, var=var).strip()
    to_var, to_database = elsewhere
    (to_var / "mfa-key").unlink()
    told = run("deploy/restore.sh", backup, database=to_database, var=to_var, status=1)
    assert "Put the key of second factors into MFA_KEYS or" in told
    assert list(to_var.iterdir()) == []
    run("deploy/restore.sh", "--without-second-factors", backup, database=to_database, var=to_var)


def test_a_file_that_is_deleted_during_the_backup_does_not_stop_it(
    short: Member, portal: tuple[Path, str], tmp_path: Path
) -> None:
    """The file was left without a row, so nobody misses it.

    It is gone between the reading of its name and its turn.
    """
    var, database = portal
    (var / "media" / "first").write_bytes(os.urandom(50_000))
    left = var / "media" / "left"
    left.write_bytes(b"left behind")
    options = f"--sort=name --checkpoint=1 --checkpoint-action=exec=rm\\ -f\\ {left}"
    told = run("deploy/backup.sh", str(tmp_path / "backups"), database=database, var=var, TAR_OPTIONS=options)
    (backup,) = (tmp_path / "backups").iterdir()
    assert str(backup) in told.splitlines()
    listed = run("tar", "--list", "--file", str(backup / "media.tar"), var=var).split()
    assert "media/first" in listed
    assert "media/left" not in listed


def test_a_backup_that_fails_leaves_nothing_behind(portal: tuple[Path, str], tmp_path: Path) -> None:
    var, _ = portal
    nowhere = address_of(str(tmp_path / "nothing.sqlite3") if connection.vendor == "sqlite" else "no_such_database")
    run("deploy/backup.sh", str(tmp_path / "backups"), database=nowhere, var=var, status=1)
    assert list((tmp_path / "backups").iterdir()) == []


def test_an_empty_portal_is_not_backed_up(portal: tuple[Path, str], tmp_path: Path) -> None:
    """It is there when the variables were not read: then the portal's own default would be backed up every night."""
    var, database = portal
    Member.objects.all().delete()
    told = run("deploy/backup.sh", str(tmp_path / "backups"), database=database, var=var, status=1)
    assert "has no members, so nothing was backed up. Is DATABASE_URL set?" in told
    assert list((tmp_path / "backups").iterdir()) == []


def test_older_backups_are_removed_once_the_new_one_was_restored_and_compared(
    short: Member, portal: tuple[Path, str], tmp_path: Path
) -> None:
    var, database = portal
    old, young = (tmp_path / "backups" / f"amtportal-{name}" for name in ("old", "young"))
    for folder, days in ((old, 40), (young, 30)):
        folder.mkdir(parents=True)
        at = time.time() - days * 24 * 3600
        os.utime(folder, (at, at))
    damaging = tmp_path / "damaging"
    damaging.mkdir()
    (damaging / "diff").write_text("#!/bin/sh\nexit 1\n")
    (damaging / "diff").chmod(0o700)
    command = ("deploy/backup.sh", "--keep", "35", str(tmp_path / "backups"))
    told = run(*command, database=database, var=var, status=1, PATH=f"{damaging}:{os.environ['PATH']}")
    assert "No older backup was removed." in told
    assert old.exists()
    made = Path(told.splitlines()[0])
    made.rename(made.with_name("amtportal-first"))
    run(*command, database=database, var=var)
    assert not old.exists()
    assert young.exists()
    assert len(list((tmp_path / "backups").iterdir())) == 3, "nothing else is left"
