"""The cache in the database: one statement for each row, and what is over is removed in time."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import BaseCache, caches
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from time_machine import TimeMachineFixture

from amtportal.cache import CLEARED_EVERY, DatabaseCache
from tests.support.builders import TODAY, noon

pytestmark = pytest.mark.django_db


@pytest.fixture
def kept(settings: Any) -> BaseCache:
    """The cache in the database, with room for four rows and a process that has stored none."""
    backend = {"BACKEND": "amtportal.cache.DatabaseCache", "LOCATION": "django_cache", "OPTIONS": {"MAX_ENTRIES": 4}}
    settings.CACHES = settings.CACHES | {"default": backend}
    call_command("createcachetable", verbosity=0)
    caches["default"].clear()
    return caches["default"]


@pytest.fixture(autouse=True)
def _nothing_stored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(DatabaseCache, "_stored", 0)
    monkeypatch.setattr(DatabaseCache, "_next_clearing", DatabaseCache._next_clearing + CLEARED_EVERY)


def rows() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT COUNT(*) FROM django_cache")
        [number] = cursor.fetchone()
    return int(number)


@pytest.mark.parametrize("mode", ["set", "add", "touch"])
def test_storing_is_one_statement_however_much_is_stored(kept: BaseCache, mode: str) -> None:
    kept.set("known", 1)
    for key in ("known", "new"):
        with CaptureQueriesContext(connection) as captured:
            getattr(kept, mode)(*((key,) if mode == "touch" else (key, 2)))
        assert len(captured) == 1


def test_what_is_set_replaces_and_what_is_added_does_not(kept: BaseCache) -> None:
    assert kept.add("key", 1)
    assert not kept.add("key", 2)
    assert kept.get("key") == 1
    kept.set("key", 3)
    assert kept.get("key") == 3
    assert rows() == 1


def test_what_is_over_can_be_added_again(kept: BaseCache, time_machine: TimeMachineFixture) -> None:
    time_machine.move_to(noon(TODAY), tick=False)
    assert kept.add("key", 1, timeout=60)
    time_machine.move_to(noon(TODAY) + timedelta(seconds=62), tick=False)
    assert kept.add("key", 2, timeout=60)
    assert kept.get("key") == 2


def test_a_row_without_an_end_stays_and_one_that_is_touched_holds_longer(
    kept: BaseCache, time_machine: TimeMachineFixture
) -> None:
    time_machine.move_to(noon(TODAY), tick=False)
    kept.set("for-ever", 1, timeout=None)
    kept.set("touched", 2, timeout=60)
    assert kept.touch("touched", timeout=3600)
    assert not kept.touch("unknown")
    time_machine.move_to(noon(TODAY) + timedelta(minutes=30), tick=False)
    assert (kept.get("for-ever"), kept.get("touched")) == (1, 2)


def test_rows_are_counted_only_now_and_then_and_what_is_over_is_removed(
    kept: BaseCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With room for four, six rows of which two are over leave four."""
    monkeypatch.setattr("amtportal.cache.COUNTED_AFTER", 6)
    for number in range(5):
        kept.set(f"key{number}", number, timeout=-60 if number < 2 else 60)
    assert rows() == 5
    kept.set("key5", 5, timeout=60)
    assert rows() == 4


def test_of_too_many_rows_a_third_is_dropped(kept: BaseCache, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("amtportal.cache.COUNTED_AFTER", 6)
    for number in range(6):
        kept.set(f"key{number}", number, timeout=60)
    assert rows() == 4


def test_after_an_hour_what_is_over_is_removed(kept: BaseCache, monkeypatch: pytest.MonkeyPatch) -> None:
    kept.set("over", 1, timeout=-60)
    monkeypatch.setattr(DatabaseCache, "_next_clearing", 0.0)
    kept.set("key", 2, timeout=60)
    assert rows() == 1
