"""The page for integrators, its description for programs, and both against what the interface does."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from django.test import Client
from hypothesis import HealthCheck, Phase, given, seed
from hypothesis import settings as examples
from hypothesis import strategies as st

from amtportal.members.models import Member
from ccp.api import limits
from ccp.api.addresses import api, openapi
from ccp.api.idempotency import KEPT
from ccp.api.problems import KINDS
from ccp.api.samples import CREDIT, SAMPLES
from ccp.api.webhooks import GIVEN_UP_AFTER
from tests.support.builders import make_cycle, make_member
from tests.support.course_systems import Course, make_consent
from tests.support.pages import read, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_today")]
SERVED = get_wsgi_application()
DOCUMENT = Path(settings.BASE_DIR) / "docs" / "api.md"


@pytest.fixture
def learner() -> Member:
    """The member of the examples: three points are missing."""
    member = make_member(amt_id=CREDIT["amt_id"], first_name="Søren", last_name=CREDIT["last_name"])
    make_cycle(member, credential="RPT")
    return member


def same_shape(one: Any, other: Any) -> bool:
    """Return whether two answers have the same fields, whatever is in them."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same_shape(one[name], other[name]) for name in one)
    if isinstance(one, list) and isinstance(other, list):
        return all(same_shape(first, second) for first, second in zip(one, other, strict=True))
    return type(one) is type(other) or None in (one, other)


def test_each_example_of_the_page_works_and_is_answered_so(learner: Member) -> None:
    course = Course()
    make_consent(learner, course.system, given_at=course.key.issued_at)
    for name, (path, body, answer) in SAMPLES.items():
        address = path.removeprefix("/api/v1/")
        found = course.post(address, body) if body else course.get(address)
        assert found.status_code in (200, 201, 202), name
        assert same_shape(found.json(), answer), (name, found.json())


def test_every_address_is_on_the_page_with_an_example() -> None:
    page = read(Client().get("/api/v1/docs"))
    operations = [one for path in openapi()["paths"].values() for one in path.values()]
    assert {one["operationId"] for one in operations} == SAMPLES.keys()
    for one in operations:
        section = page.select_one(f"#{one['operationId']}")
        assert "curl" in words(section)
    for kind in KINDS:
        assert page.select_one(f"#{kind}")


def test_the_page_is_english_whatever_the_reader_chose() -> None:
    client = Client()
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "es"
    assert read(client.get("/api/v1/docs")).select_one("main [lang=en] h1")


def test_the_description_for_programs_is_public_and_names_every_problem() -> None:
    answer = Client().get("/api/v1/openapi.json")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")
    schema = answer.json()
    assert schema["openapi"] == "3.1.0"
    for path in schema["paths"].values():
        for operation in path.values():
            [[scope]] = operation["security"][0].values()
            assert (
                scope in schema["components"]["securitySchemes"]["CourseSystem"]["flows"]["clientCredentials"]["scopes"]
            )
            for status, told in operation["responses"].items():
                if int(status) >= 400:
                    assert list(told["content"]) == ["application/problem+json"]


def test_the_document_for_integrators_says_what_the_code_does() -> None:
    text = DOCUMENT.read_text()
    for path in openapi()["paths"]:
        assert path in text, path
    for kind in KINDS:
        assert f"`{kind}`" in text
    assert f"{KEPT.days} days" in text
    assert f"{GIVEN_UP_AFTER.days} days" in text
    example = re.search(r"```json\n(.*?)```", text, re.DOTALL)
    assert example
    assert json.loads(example[1]) == CREDIT


def test_each_address_needs_a_scope() -> None:
    operations = [
        one for bound in api._get_bound_routers() for path in bound.path_operations.values() for one in path.operations
    ]
    assert all(len(one.auth_callbacks) == 1 for one in operations)


@pytest.mark.slow
@pytest.mark.any_database
def test_whatever_is_sent_gets_an_answer_that_is_described(learner: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bodies and addresses that the description allows, and such that it does not: none breaks the portal."""
    # Here and not above: every run of pytest would take a second for it, and so would each of its workers.
    import schemathesis
    from schemathesis.checks import not_a_server_error
    from schemathesis.specs.openapi.checks import (
        content_type_conformance,
        response_schema_conformance,
        status_code_conformance,
    )

    for what in ("credits", "batch", "match", "standing", "consent"):
        monkeypatch.setitem(limits.MOST, what, 10**9)
    monkeypatch.setattr(limits, "MOST_ABOUT_ONE", 10**9)
    course = Course()
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", portal)
    checks = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
    tried = 0

    @seed(17)
    @examples(
        max_examples=150,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @_given(schema)
    def send(case: Any) -> None:
        nonlocal tried
        tried += 1
        answer = case.call(headers={"Authorization": f"Bearer {course.token}"})
        case.validate_response(answer, checks=checks)

    send()
    assert tried >= 100


def portal(environ: Any, start_response: Any) -> Any:
    """Answer as a server does, on the connection of the test: Django would close it after a request."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    return SERVED(environ, start_response)


def _given(schema: Any) -> Any:
    from schemathesis import GenerationMode

    modes = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
    operations = [result.ok() for result in schema.get_all_operations()]
    cases = [operation.as_strategy(generation_mode=mode) for operation in operations for mode in modes]
    return given(case=st.one_of(cases))
