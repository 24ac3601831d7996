"""Connections to other machines are encrypted, or ``check --deploy`` says which one is not."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client

from amtportal import checks as transport
from amtportal import settings as portal_settings
from amtportal.members.models import Member
from tests.support.builders import client_of

pytestmark = pytest.mark.any_database

POSTGRESQL = {"ENGINE": "django.db.backends.postgresql"}
ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.mark.parametrize("host", ["", "/run/postgresql", "localhost", "127.0.0.1", "::1"])
def test_what_stays_on_this_machine_needs_no_encryption(host: str) -> None:
    assert transport.is_here(host)
    assert not transport.database_problem(POSTGRESQL | {"HOST": host})
    assert not transport.mail_problem(host, encrypted=False)


@pytest.mark.parametrize("host", ["db.example.org", "10.0.0.5", "localhost.example.org"])
def test_another_machine_does(host: str) -> None:
    assert not transport.is_here(host)
    assert "verify-full" in transport.database_problem(POSTGRESQL | {"HOST": host})
    assert "smtp+tls" in transport.mail_problem(host, encrypted=False)
    assert not transport.mail_problem(host, encrypted=True)


@pytest.mark.parametrize(("mode", "sound"), [("require", False), ("verify-ca", False), ("verify-full", True)])
def test_the_database_proves_who_it_is(mode: str, sound: bool) -> None:
    """``require`` encrypts for whoever answers."""
    database = POSTGRESQL | {"HOST": "db.example.org", "OPTIONS": {"sslmode": mode}}
    assert (not transport.database_problem(database)) is sound


@pytest.mark.parametrize(
    ("location", "sound"),
    [
        ("rediss://cache.example.org:6379/1", True),
        ("redis://cache.example.org:6379/1", False),
        ("redis://localhost:6379/1", True),
        ("cache.example.org:11211", False),
        ("127.0.0.1:11211", True),
        ("unix:///run/redis.sock", True),
    ],
)
def test_a_cache(location: str, sound: bool) -> None:
    assert (not transport.cache_problem(location)) is sound


@pytest.mark.parametrize(
    ("url", "sound"),
    [("", True), ("unix:///run/clamd.ctl", True), ("tcp://127.0.0.1:3310", True), ("tcp://10.0.0.5:3310", False)],
)
def test_a_scanner(url: str, sound: bool) -> None:
    assert (not transport.scanner_problem(url)) is sound


@pytest.mark.parametrize(
    ("address", "sound"),
    [
        ("", True),
        ("maildir:///var/mail", True),
        ("imap://a:b@localhost", True),
        ("imaps://a:b@mail.example.org", True),
        ("imap://a:b@mail.example.org", False),
    ],
)
def test_a_mailbox_of_reports(address: str, sound: bool) -> None:
    assert (not transport.reports_problem(address)) is sound


def checked(tmp_path: Path, tag: str = "security", **environment: str) -> tuple[int, str]:
    """Return the exit status and the words of the check of this kind, as operators run it."""
    of_tests = ("DATABASE_URL", "CACHE_URL", "EMAIL_URL", "DJANGO_ALLOW_ASYNC_UNSAFE")
    kept = {name: value for name, value in os.environ.items() if name not in of_tests}
    told = {"AMTPORTAL_VAR": str(tmp_path), "AMTPORTAL_URL": "https://portal.example.org", "SECRET_KEY": "kx7-Qz" * 10}
    told["DATABASE_URL"] = "postgres://portal@localhost/amtportal"
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING", "--tag", tag]
    done = subprocess.run(
        command, cwd=ROOT, env=kept | told | environment, capture_output=True, text=True, timeout=600, check=False
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.slow
def test_the_check_names_every_connection_that_is_open_to_be_read(tmp_path: Path) -> None:
    status, said = checked(
        tmp_path,
        DATABASE_URL="postgres://portal@db.example.org/amtportal?sslmode=require",
        CACHE_URL="rediscache://cache.example.org:6379/1",
        EMAIL_URL="smtp://mail.example.org:25",
        CLAMAV_URL="tcp://scan.example.org:3310",
    )
    assert status == 1
    for name in ("DATABASE_URL", "CACHE_URL", "EMAIL_URL", "CLAMAV_URL"):
        assert name in said


@pytest.mark.slow
def test_the_check_is_content_with_connections_that_are_encrypted(tmp_path: Path) -> None:
    status, said = checked(
        tmp_path,
        DATABASE_URL="postgres://portal@db.example.org/amtportal?sslmode=verify-full&sslrootcert=/etc/ssl/ca.crt",
        CACHE_URL="rediss://cache.example.org:6379/1",
        EMAIL_URL="smtp+tls://mail.example.org:587",
    )
    assert (status, "no issues" in said) == (0, True), said


def test_the_backup_reads_the_database_as_safely_as_the_portal(tmp_path: Path) -> None:
    url = "postgres://portal@db.example.org/amtportal?sslmode=verify-full&sslrootcert=/etc/ssl/ca.crt"
    environment = os.environ | {"AMTPORTAL_VAR": str(tmp_path), "DATABASE_URL": url}
    told = subprocess.run(
        [sys.executable, "deploy/database.py"], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    ).stdout
    assert "export PGSSLMODE=verify-full\n" in told
    assert "export PGSSLROOTCERT=/etc/ssl/ca.crt\n" in told


@pytest.mark.parametrize(
    "address", ["https://amt.example.org/portal", "https://a:b@amt.example.org", "https://a.b/?x=1"]
)
def test_an_address_that_is_more_than_a_host_stops_the_start(tmp_path: Path, address: str) -> None:
    status, said = checked(tmp_path, AMTPORTAL_URL=address)
    assert status == 1
    assert "write only scheme, host and port, such as https://portal.example.org." in said


# Who asks in the open


@pytest.mark.django_db
def test_people_are_led_to_https_and_machines_are_not(settings: Any) -> None:
    """A load balancer gets an answer.

    A calendar program that sent its secret without encryption is refused.
    """
    settings.SECURE_SSL_REDIRECT = True
    client = Client()
    assert client.get("/guide/").headers["Location"] == "https://testserver/guide/"
    assert client.get("/healthz").status_code == 200
    feed = "/calendar/abcdefgh.ics"
    assert client.get(feed).status_code == 403
    assert client.get(feed, secure=True).status_code == 404


# Keys that come and go


@pytest.mark.django_db
def test_a_new_key_signs_nobody_out_while_the_old_one_stands_behind_it(new: Member, settings: Any) -> None:
    client, old = client_of(new), settings.SECRET_KEY
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "n" * 60, [old]
    assert client.get("/certifications/").status_code == 200
    settings.SECRET_KEY_FALLBACKS = []
    assert client.get("/certifications/").status_code == 200, "the session was signed again"
    settings.SECRET_KEY = "m" * 60
    assert client.get("/certifications/").headers["Location"].startswith("/accounts/login/")


def test_a_key_that_the_portal_makes_can_stand_in_a_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In that file ``$`` at the beginning names another variable, and a comma ends a key."""
    monkeypatch.setattr(portal_settings, "VAR_DIR", tmp_path)
    made = {portal_settings._generated_key(f"key-{number}") for number in range(20)}
    assert len(made) == 20
    assert all(re.fullmatch(r"[\w-]{50,}", key, re.ASCII) for key in made)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("SECRET_KEY_FALLBACKS", "SECRET_KEY_FALLBACKS, must have at least 50 characters"),
        ("MFA_KEYS", "Each of MFA_KEYS must have at least 32 characters"),
        ("BADGE_KEYS", "Each of BADGE_KEYS must have at least 32 characters"),
    ],
)
def test_a_key_that_is_too_short_stops_the_start(tmp_path: Path, name: str, sentence: str) -> None:
    """Keys are random text and not passwords, so nothing stretches them."""
    status, said = checked(tmp_path, **{name: f"{'n' * 60},short"})
    assert status == 1
    assert sentence in said


# What would lose records, mail or files without a word


def failures(settings: Any, **changed: Any) -> dict[str, str]:
    for name, value in ({"HTTPS": True, "GENERATED_KEYS": [], "NODES": 1, "CLAMAV_URL": ""} | changed).items():
        setattr(settings, name, value)
    return {str(found.id): found.msg for found in transport.check_operations()}


@pytest.mark.django_db
def test_a_portal_that_is_ready_has_no_failure_but_sqlite(settings: Any) -> None:
    expected = {"amtportal.E002"} if connection.vendor == "sqlite" else set()
    smtp = "django.core.mail.backends.smtp.EmailBackend"
    assert failures(settings, MAIL_TRANSPORT=smtp).keys() == expected


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changed", "number", "said"),
    [
        ({"MAIL_TRANSPORT": "django.core.mail.backends.filebased.EmailBackend"}, "E001", "EMAIL_URL is not set"),
        ({"GENERATED_KEYS": ["MFA_KEYS", "BADGE_KEYS"]}, "E003", "Not set: MFA_KEYS and BADGE_KEYS."),
        ({"NODES": 2, "MEDIA_IS_SHARED": False}, "E004", "Set MEDIA_FOLDER"),
        ({"CLAMAV_URL": "unix:///nowhere/clamd.ctl"}, "E007", "does not answer"),
    ],
)
def test_each_failure_is_named(changed: dict[str, Any], number: str, said: str, settings: Any) -> None:
    assert said in failures(settings, **changed)[f"amtportal.{number}"]


@pytest.mark.django_db
def test_a_folder_that_all_machines_share_is_no_failure(settings: Any) -> None:
    assert "amtportal.E004" not in failures(settings, NODES=3, MEDIA_IS_SHARED=True)


@pytest.mark.django_db
def test_a_migration_that_was_not_run_and_a_cache_that_keeps_nothing_are_failures(settings: Any) -> None:
    MigrationRecorder(connection).migration_qs.filter(app="badges").delete()
    keeps_nothing = {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}
    settings.CACHES = {**settings.CACHES, "default": keeps_nothing}
    found = failures(settings)
    assert re.search(r"\d+ migrations were not run, the first of them badges ", found["amtportal.E005"])
    assert "manage.py createcachetable" in found["amtportal.E006"]


def test_a_portal_that_only_this_machine_reaches_is_not_asked(settings: Any) -> None:
    assert failures(settings, HTTPS=False, NODES=2) == {}


@pytest.mark.slow
def test_under_https_the_portal_wants_to_know_where_its_records_are(tmp_path: Path) -> None:
    told = {"AMTPORTAL_VAR": str(tmp_path), "AMTPORTAL_URL": "https://portal.example.org", "PATH": os.environ["PATH"]}
    command = [sys.executable, "manage.py", "check"]
    done = subprocess.run(command, cwd=ROOT, env=told, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "DATABASE_URL is not set, so the portal does not know where its records are." in done.stderr
    named = told | {"DATABASE_URL": f"sqlite:///{tmp_path}/amtportal.sqlite3"}
    assert subprocess.run(command, cwd=ROOT, env=named, capture_output=True, check=False).returncode == 0
