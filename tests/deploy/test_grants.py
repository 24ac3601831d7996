"""The role by which the portal connects to PostgreSQL: it can do all the portal does, and no more."""

import importlib.util
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.core.cache import caches
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.test import override_settings

from amtportal.history import triggers
from amtportal.members.models import Member
from tests.support.builders import client_of, make_user
from tests.support.evidence import attach
from tests.support.forms import MEMBERS, STAFF, members_form, staff_form
from tests.support.posts import POSTS, ROSTER, Post
from tests.support.staff import populate

ROLE = "portal_of_the_tests"
ROOT = Path(__file__).resolve().parents[2]

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.ignore_template_errors,
    pytest.mark.usefixtures("on_today"),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite knows no roles"),
]


def grants() -> Any:
    spec = importlib.util.spec_from_file_location("grants", ROOT / "deploy" / "grants.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


GRANTS = grants()
CACHE = {
    "default": {"BACKEND": "amtportal.cache.DatabaseCache", "LOCATION": "django_cache"},
}


@pytest.fixture
def role(settings: Any) -> None:
    """Create the role with what was documented before, and give it what the script prints."""
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE ROLE {ROLE}")
        cursor.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {ROLE}")
        call_command("createcachetable", "django_cache")
        with override_settings(CACHES={**settings.CACHES, **CACHE}):
            for statement in GRANTS.statements(ROLE):
                cursor.execute(statement)


class As:
    """Lets the portal's connection be that of the role inside the block."""

    def __enter__(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"SET ROLE {ROLE}")

    def __exit__(self, *raised: object) -> None:
        if not connection.needs_rollback:
            with connection.cursor() as cursor:
                cursor.execute("RESET ROLE")


def prepared(two: Member, met: Member, patch: pytest.MonkeyPatch) -> Iterator[tuple[str, Any]]:
    for name in MEMBERS:
        yield name, lambda name=name: Post(*members_form(two, name))
    for name in STAFF:
        yield name, lambda name=name: Post(*staff_form(met, name))
    for name in POSTS:
        yield name, lambda name=name: POSTS[name](patch)


@pytest.mark.usefixtures("role")
def test_every_post_of_the_portal_is_served_as_the_role(
    two: Member, met: Member, settings: Any, tmp_path: Path
) -> None:
    """Whatever members and staff send is answered as it is by the owner of the tables."""
    settings.MEDIA_ROOT = tmp_path
    refused = {}
    populate(1)
    with pytest.MonkeyPatch.context() as patch:
        for name, prepare in prepared(two, met, patch):
            with transaction.atomic():
                post = prepare()
                with As():
                    answer = post.client.post(post.address, post.values)
                # A code, a file or a number that was never issued is told so, with a status of its own.
                if answer.status_code not in (200, 302) and not name.startswith(("transcript-", "credential-look-up")):
                    refused[name] = answer.status_code
                transaction.set_rollback(True)
            patch.undo()
            caches["default"].clear()
            mail.outbox.clear()
    assert refused == {}
    assert len(MEMBERS) + len(STAFF) + len(POSTS) > 50


@pytest.mark.usefixtures("role")
def test_every_scheduled_command_runs_as_the_role(met: Member, two: Member, tmp_path: Path) -> None:
    attach(two.activities.get())
    (tmp_path / "roster.csv").write_bytes(ROSTER)
    commands: list[tuple[str, ...]] = [("import_roster", str(tmp_path / "roster.csv"))]
    scheduled = (
        "apply_held_money",
        "close_cycles",
        "match_credits",
        "seal_history",
        "clean_evidence",
        "send_mail_queue",
        "read_bounces",
    )
    commands += [
        (name,)
        for name in (
            *scheduled,
            "verify_records",
            "pass_audit_deadlines",
            "send_notices",
            "clearsessions",
            "renew_encryption",
            "fingerprint",
        )
    ]
    with As():
        for name, *arguments in commands:
            call_command(name, *arguments, stdout=io.StringIO(), stderr=io.StringIO())


@pytest.mark.usefixtures("role")
def test_the_cache_in_the_database_works_as_the_role(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("amtportal.cache.COUNTED_AFTER", 2)  # rows are removed too
    cache = {**CACHE["default"], "OPTIONS": {"MAX_ENTRIES": 2}}
    with override_settings(CACHES={**settings.CACHES, "default": cache}), As():
        caches.close_all()
        for number in range(5):
            caches["default"].set(f"key{number}", number)
        caches["default"].clear()


@pytest.mark.usefixtures("role")
def test_members_and_staff_sign_in_and_out_and_are_shown_their_pages(met: Member) -> None:
    with As():
        for person in (met, make_user(email="root@amt.example", is_staff=True, is_superuser=True)):
            client = client_of(person)
            for address in ("/", "/certifications/", "/admin/"):
                assert client.get(address, follow=True).status_code in (200, 403)
            assert client.post("/accounts/logout/").status_code == 302


def is_refused(statement: str) -> bool:
    """Return whether the role lacks the right for a statement, whatever rows there are."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL ROLE {ROLE}")
            cursor.execute(statement)
            transaction.set_rollback(True)
    except DatabaseError as refusal:
        return getattr(refusal.__cause__, "sqlstate", "") == "42501"  # insufficient_privilege
    return False


@pytest.mark.usefixtures("role")
def test_nothing_else_is_deleted_and_nothing_is_emptied() -> None:
    tables = set(connection.introspection.table_names())
    assert GRANTS.DELETED_FROM.keys() < tables
    deletable = {table for table in tables if not is_refused(f"DELETE FROM {table} WHERE false")}  # noqa: S608
    assert deletable == {*GRANTS.DELETED_FROM, "django_cache"}
    assert {table for table in tables if not is_refused(f"TRUNCATE {table}")} == set()
    for table in GRANTS.READ_ONLY:
        assert is_refused(f"INSERT INTO {table} DEFAULT VALUES")
    append_only = {model._meta.db_table for model in triggers.append_only()}
    assert not append_only & deletable


@pytest.mark.usefixtures("role")
@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE ccp_historicalcredit DISABLE TRIGGER ALL",
        "DROP TRIGGER ccp_historicalcredit_no_change ON ccp_historicalcredit",
        "CREATE TRIGGER swallow BEFORE INSERT ON ccp_historicalcredit EXECUTE FUNCTION history_append_only()",
        "CREATE RULE swallow AS ON INSERT TO ccp_historicalcredit DO INSTEAD NOTHING",
        "CREATE OR REPLACE FUNCTION history_append_only() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN END$$",
        "DROP FUNCTION history_append_only() CASCADE",
        "SET session_replication_role = replica",
        "ALTER TABLE members_user DROP COLUMN is_superuser",
        "DROP TABLE ccp_activity",
        "CREATE TABLE mine (id int)",
        "SELECT setval('ccp_activity_id_seq', 1)",
    ],
)
def test_what_keeps_history_as_it_is_cannot_be_changed(statement: str) -> None:
    assert is_refused(statement)


@pytest.mark.usefixtures("role")
def test_history_is_refused_by_its_triggers_too(met: Member) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL ROLE {ROLE}")
        with pytest.raises(DatabaseError, match=triggers.REFUSAL), transaction.atomic():
            cursor.execute("UPDATE ccp_historicalcredit SET points = 0")
        cursor.execute("RESET ROLE")
