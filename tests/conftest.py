"""The settings and fixtures of every test, and a small cast of members in telling situations.

All of it is dated from one day, ``TODAY`` of ``tests.support.builders``. Tests of pages stand on
that day with the fixture ``on_today``. Tests of rules pass the day as an argument.
"""

import gc
import os
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest
import time_machine as clock
from django.conf import settings
from django.contrib.auth.models import Permission
from django.core.cache import caches
from django.db import connections, transaction
from django.test import TransactionTestCase
from pytest_django import DjangoDbBlocker
from time_machine import TimeMachineFixture

from amtportal.members.models import Member, User
from ccp.counting.terms import catalogue
from tests.support import template_database
from tests.support.builders import TODAY, make_activity, make_cycle, make_member, make_user, noon
from tests.support.waiting import PATIENCE

pytest_plugins = ["tests.support.payment_provider"]

# Playwright runs an event loop in the thread of the test, which then uses the database.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"


def pytest_configure(config: pytest.Config) -> None:
    """Make the settings of the whole run before anything asks for them."""
    config.pluginmanager.register(OnceIfWithoutDatabase())
    settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES["evidence"]["BACKEND"] = "django.core.files.storage.InMemoryStorage"
    settings.WHITENOISE_AUTOREFRESH = settings.WHITENOISE_USE_FINDERS = True  # nothing needs to be collected first
    settings.PAYMENT_SECRET_KEY = ""  # the fixture ``provider`` switches paying online on
    settings.PAYMENT_WEBHOOK_SECRETS = []
    # A busy machine holds locks for longer. No test waits for this time to be over.
    options = settings.DATABASES["default"]["OPTIONS"]
    if settings.DATABASES["default"]["ENGINE"].endswith("sqlite3"):
        options["timeout"] = PATIENCE
        # Nobody needs these rows after a power failure. The servers that tests kill keep the portal's own setting.
        options["init_command"] = options["init_command"].replace("synchronous=FULL", "synchronous=OFF")
    else:
        options["options"] = f"-c lock_timeout={PATIENCE}s"
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    for name in ("default", "documents"):
        settings.CACHES[name] = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": name}


class OnceIfWithoutDatabase:
    """Marks tests that cannot reach the database, so that they run once and not on each database."""

    @pytest.hookimpl(tryfirst=True)  # before pytest chooses by marks
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        for item in items:
            reaches = {"db", "transactional_db", "live_server"} & set(getattr(item, "fixturenames", ()))
            # What is skipped on one database says something of the other.
            if not reaches and not any(map(item.get_closest_marker, ("django_db", "skipif"))):
                item.add_marker("any_database")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give each worker its share of the long tests first, so that no worker is alone with them at the end.

    pytest-xdist gives each worker a block of the list. Inside a block the order stays random.
    """
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    if workers == 1:
        return
    long = [item for item in items if item.get_closest_marker("slow") or item.get_closest_marker("browser")]
    chosen = set(long)
    short = [item for item in items if item not in chosen]
    blocks = ((long[place::workers], short[place::workers]) for place in range(workers))
    items[:] = [item for block in blocks for some in block for item in some]


def pytest_collection_finish() -> None:
    """Keep Python from looking for garbage among the tests and modules again and again: they stay."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


@pytest.fixture(scope="session")
def django_db_setup(
    request: pytest.FixtureRequest,
    django_test_environment: None,
    django_db_blocker: DjangoDbBlocker,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[None]:
    """Give each session, and each worker of pytest-xdist, a copy of the migrated template.

    On SQLite it is a file, as members use it: threads have connections of their own and wait for
    each other's locks. After a transactional test, the copy is made like the template again.
    """
    worker = getattr(request.config, "workerinput", {}).get("workerid", "alone")
    with django_db_blocker.unblock():
        template_database.use_a_copy(f"amtportal_{worker}", tmp_path_factory.mktemp("database"))
    transactional: Any = TransactionTestCase
    transactional._fixture_teardown = lambda test: template_database.put_back()
    yield
    with django_db_blocker.unblock():
        connections.close_all()
        template_database.remove_the_copy()


@pytest.fixture(scope="module")
def keep(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Callable[[Callable[[], object]], None]]:
    """Return a function that writes rows at noon of ``TODAY`` which stay for every test of the module.

    What a test changes is taken back after it, and what was kept is taken back after the module. A
    fixture that uses it holds for the whole module (``autouse``), because the order is random. No
    test of the module may commit.
    """

    def write(call: Callable[[], object]) -> None:
        with django_db_blocker.unblock(), clock.travel(noon(TODAY), tick=False):
            call()

    with django_db_blocker.unblock():
        around = transaction.atomic()
        around.__enter__()
    yield write
    with django_db_blocker.unblock():
        transaction.set_rollback(True)
        around.__exit__(None, None, None)


@pytest.fixture(autouse=True)
def _nothing_cached() -> Iterator[None]:
    """Keep rate limits and documents of one test out of the next."""
    yield
    for name in ("default", "documents"):
        caches[name].clear()


@pytest.fixture
def terms_known(db: None) -> None:
    """Read the terms, as every process does once; then it only asks for their stamp (``ccp.counting.terms``)."""
    catalogue()


@pytest.fixture
def on_today(time_machine: TimeMachineFixture) -> TimeMachineFixture:
    """Set the clock to noon of ``TODAY`` in Chicago, and return it.

    ``on_today.move_to(…)`` goes to another day.
    """
    time_machine.move_to(noon(TODAY), tick=False)
    return time_machine


@pytest.fixture
def new(db: None) -> Member:
    """RMA in the first year of the cycle 9/1/2025 to 8/31/2028; nothing is recorded."""
    member = make_member(first_name="Nora", last_name="New")
    make_cycle(member, awarded_on=date(2025, 9, 1))
    return member


@pytest.fixture
def short(db: None) -> Member:
    """RPT, 40 days before the cycle 4/24/2023 to 4/23/2026 ends.

    The member has 22 of 24 points, so the invoice is locked.
    """
    member = make_member(first_name="Sam", last_name="Short")
    cycle = make_cycle(member, credential="RPT", awarded_on=date(2023, 4, 24))
    make_activity(cycle, points="22")
    return member


@pytest.fixture
def met(db: None) -> Member:
    """RMA in the last year of 5/1/2023 to 4/30/2026.

    The record reached 30 points yesterday, so the invoice is open.
    """
    member = make_member(first_name="Mia", last_name="Met")
    cycle = make_cycle(member)
    make_activity(cycle, points="30", at=noon(date(2026, 3, 13)))
    return member


@pytest.fixture
def two(db: None) -> Member:
    """RMA 5/1/2023 to 4/30/2026 and RPT 9/15/2024 to 9/14/2027.

    The 4 points of one activity count for both.
    """
    member = make_member(first_name="Tia", last_name="Two")
    make_activity(make_cycle(member), make_cycle(member, credential="RPT", awarded_on=date(2024, 9, 15)), points="4")
    return member


@pytest.fixture
def grace(db: None) -> Member:
    """MLT whose cycle 2/23/2023 to 2/22/2026 ended 20 days ago.

    The member has 42 of 45 points and is in the grace period.
    """
    member = make_member(first_name="Gil", last_name="Grace")
    cycle = make_cycle(member, credential="MLT", awarded_on=date(2023, 2, 23), on=date(2026, 2, 1))
    make_activity(cycle, points="42", starts_on=date(2026, 1, 10), at=noon(date(2026, 2, 1)))
    return member


@pytest.fixture
def voluntary(db: None) -> Member:
    """MLS awarded on 5/1/1999 as MT, for whom CCP is voluntary.

    Nothing is recorded in the cycle 5/1/2023 to 4/30/2026.
    """
    member = make_member(first_name="Vic", last_name="Voluntary")
    make_cycle(member, credential="MLS", awarded_on=date(1999, 5, 1), ccp_mandatory=False)
    return member


@pytest.fixture
def stranger(db: None) -> Member:
    """Another member, to whom nothing of the others belongs."""
    member = make_member(first_name="Sid", last_name="Stranger")
    make_cycle(member)
    return member


@pytest.fixture
def staff(db: None) -> User:
    """Staff who may view what members record and owe."""
    user = make_user(email="staff@amt.example", is_staff=True)
    user.user_permissions.set(
        Permission.objects.filter(codename__in=["view_activity", "view_cycle", "view_evidence", "view_renewalinvoice"])
    )
    return user


@pytest.fixture
def clerk(db: None) -> User:
    """Staff without any permission."""
    return make_user(email="clerk@amt.example", is_staff=True)
