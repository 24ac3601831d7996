"""Whom to tell about a vulnerability: security.txt, as RFC 9116 defines it."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_today"), pytest.mark.any_database]
ADDRESS = "/.well-known/security.txt"


def test_nobody_is_named_until_the_operators_say_whom() -> None:
    assert Client().get(ADDRESS).status_code == 404


def test_it_names_the_contact_and_a_day_on_which_it_ends(settings: Any) -> None:
    settings.SECURITY_CONTACT = "mailto:security@portal.example.org"
    answer = Client().get(ADDRESS)
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    told = dict(line.split(": ", 1) for line in answer.text.splitlines())
    assert told["Contact"] == "mailto:security@portal.example.org"
    assert told["Canonical"] == f"http://localhost:8000{ADDRESS}"
    expires = datetime.fromisoformat(told["Expires"])
    assert timedelta(days=30) < expires - timezone.now() < timedelta(days=365)


def test_it_is_only_read() -> None:
    assert Client().post(ADDRESS).status_code == 405
