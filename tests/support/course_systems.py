"""Course systems with keys, the tokens that they get, and requests with them."""

import json
from datetime import date, timedelta
from itertools import count
from typing import Any
from uuid import uuid4

from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from amtportal.dates import day_of
from amtportal.members.models import Member
from ccp.api import credits, keys, webhooks
from ccp.api.models import Consent, CourseSystem, Event, Key, StandingRead
from tests.support.builders import make_user

_numbers = count(1)
EVERY = tuple(keys.SCOPES)


def make_system(**fields: Any) -> CourseSystem:
    number = next(_numbers)
    values = {"name": f"MedLearn {number}", "code": f"med{number}", "created_at": timezone.now(), **fields}
    return CourseSystem.objects.create(**values)


def make_key(*scopes: str, system: CourseSystem | None = None, ends_on: date | None = None) -> tuple[Key, str]:
    """Return a key that works from today on, with its secret."""
    now = timezone.now()
    today = day_of(now)
    return keys.issue(
        system=system or make_system(),
        scopes=scopes or EVERY,
        starts_on=today,
        ends_on=ends_on or today + timedelta(days=300),
        number=uuid4().hex,
        by=make_user(is_staff=True),
        at=now,
    )


def ask_token(key: Key, secret: str, **form: str) -> HttpResponse:
    values = {"grant_type": "client_credentials", "client_id": key.client_id, "client_secret": secret, **form}
    body = "&".join(f"{name}={value}" for name, value in values.items())
    return Client().post("/api/v1/token", body, content_type="application/x-www-form-urlencoded")


def token_of(key: Key, secret: str, **form: str) -> str:
    answer = ask_token(key, secret, **form)
    assert answer.status_code == 200, answer.content
    return answer.json()["access_token"]


class Course:
    """A program of a course system that has a token."""

    def __init__(self, *scopes: str, system: CourseSystem | None = None) -> None:
        self.key, self.secret = make_key(*scopes, system=system)
        self.system = self.key.system
        self.token = token_of(self.key, self.secret)

    def get(self, path: str, **headers: str) -> HttpResponse:
        return Client().get(f"/api/v1/{path}", headers={"Authorization": f"Bearer {self.token}", **headers})

    def post(self, path: str, body: Any, **headers: str) -> HttpResponse:
        """Post the body; one that is no text is written as JSON."""
        content = body if isinstance(body, (str, bytes)) else json.dumps(body)
        kind = headers.pop("content_type", "application/json")
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        headers = {"Authorization": f"Bearer {self.token}", **named}
        return Client().post(f"/api/v1/{path}", content, content_type=kind, headers=headers)


def credit(member: Member, **fields: Any) -> dict[str, Any]:
    """Return 5 points for a course of the member on 3/1/2026, as a course system sends it."""
    values = {
        "reference": f"R-{next(_numbers)}",
        "amt_id": member.amt_id,
        "last_name": member.last_name,
        "activity_type": "course-seminar-webinar",
        "points": "5",
        "title": "Phlebotomy update",
        "starts_on": "2026-03-01",
        **fields,
    }
    return {name: value for name, value in values.items() if value is not None}


def make_consent(member: Member, system: CourseSystem, **fields: Any) -> Consent:
    return Consent.objects.create(member=member, system=system, asked_at=timezone.now(), **fields)


def send_one(member: Member) -> None:
    """Let a course system that has an address for messages send a credit, and read the member's standing."""
    now = timezone.now()
    key, _ = make_key()
    url = f"https://courses.example.org/{key.pk}"
    webhooks.set_address(system=key.system, url=url, by=make_user(), at=now)
    credits.take(key=key, rows=[credit(member)], at=now)
    Event.objects.filter(system=key.system).update(due_at=None, sent_at=now, tries=1)
    keys.count(key, at=now)
    consent = make_consent(member, key.system, given_at=now)
    StandingRead.objects.create(consent=consent, key=key, read_at=now)
