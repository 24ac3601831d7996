"""Keys and tokens: who gets one, what it opens, and until when."""

import base64
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from allauth.idp.oidc.models import Client as OAuthClient
from allauth.idp.oidc.models import Token
from django.test import Client
from time_machine import TimeMachineFixture

from amtportal.members.models import Member
from amtportal.refusals import Refused
from ccp.api import keys, limits
from ccp.api.models import Key, KeyDay
from tests.support.addresses import PRIVATE, of_owner
from tests.support.builders import TODAY, chicago, client_of, make_user, noon
from tests.support.course_systems import Course, ask_token, credit, make_key, make_system, token_of
from tests.support.threads import at_once

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_today")]

# Each address by what it needs, with a request that would succeed with it.
ADDRESSES = {
    "credits": ("credits:write", "post"),
    "credits/batch": ("credits:write", "post"),
    "credits/R-1": ("credits:write", "get"),
    "members/7/match?last_name=Lane": ("members:match", "get"),
    "members/7/standing": ("standing:read", "get"),
    "members/7/standing/consent": ("standing:read", "post"),
}


def ask(course: Course, address: str, method: str) -> Any:
    return course.get(address) if method == "get" else course.post(address, {"last_name": "Lane"})


def issue(**fields: Any) -> tuple[Key, str]:
    values = {
        "system": make_system(),
        "scopes": ["credits:write"],
        "starts_on": TODAY,
        "ends_on": TODAY,
        "number": uuid4().hex,
        "by": make_user(is_staff=True),
        "at": noon(TODAY),
        **fields,
    }
    return keys.issue(**values)


# Issuing


def test_a_secret_is_stored_as_a_hash_and_so_is_a_token() -> None:
    key, secret = make_key()
    token = token_of(key, secret)
    assert secret not in OAuthClient.objects.get().secret
    assert token not in "".join(map(str, Token.objects.values_list()))
    assert Token.objects.get().expires_at - Token.objects.get().created_at <= timedelta(minutes=10)


def test_a_form_sent_twice_issues_one_key() -> None:
    system, number = make_system(), uuid4().hex
    key, secret = issue(system=system, number=number)
    again, nothing = issue(system=system, number=number)
    assert (again, nothing) == (key, "")
    assert len(secret) >= 40
    assert Key.objects.count() == 1


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"ends_on": TODAY - timedelta(days=1)}, "ends_on"),
        ({"ends_on": TODAY + timedelta(days=800)}, "ends_on"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["everything"]}, "scopes"),
    ],
)
def test_a_key_that_cannot_be_is_refused(fields: dict[str, Any], field: str) -> None:
    with pytest.raises(Refused) as refusal:
        issue(**fields)
    assert refusal.value.field == field
    assert not OAuthClient.objects.exists()


@pytest.mark.parametrize(
    ("name", "code", "field"),
    [("", "new", "name"), ("Medlearn", "new", "name"), ("New", "Old", "code"), ("New", "med", "code")],
)
def test_a_course_system_has_a_name_and_a_code_of_its_own(name: str, code: str, field: str) -> None:
    make_system(name="MedLearn", code="med")
    with pytest.raises(Refused) as refusal:
        keys.register(name=name, code=code, by=make_user(), at=noon(TODAY))
    assert refusal.value.field == field


# Tokens


def test_the_secret_may_come_in_the_header() -> None:
    key, secret = make_key()
    header = base64.b64encode(f"{key.client_id}:{secret}".encode()).decode()
    answer = Client().post(
        "/api/v1/token",
        "grant_type=client_credentials",
        content_type="application/x-www-form-urlencoded",
        headers={"Authorization": f"Basic {header}"},
    )
    assert answer.status_code == 200
    told = answer.json()
    assert (told["token_type"], told["expires_in"]) == ("Bearer", 600)
    assert "refresh_token" not in told
    assert "no-store" in answer.headers["Cache-Control"]


@pytest.mark.parametrize(
    ("form", "status", "error"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_id": "nobody"}, 401, "invalid_client"),
        ({"client_id": ""}, 401, "invalid_client"),
        ({"client_id": "a%00"}, 400, "invalid_request"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"grant_type": "authorization_code"}, 400, "unsupported_grant_type"),
        ({"grant_type": "urn:ietf:params:oauth:grant-type:device_code"}, 400, "unsupported_grant_type"),
        ({"scope": "everything"}, 400, "invalid_scope"),
        ({"resource": "https://example.org/"}, 400, "invalid_target"),
    ],
)
def test_whoever_asks_wrongly_gets_no_token(form: dict[str, str], status: int, error: str) -> None:
    key, secret = make_key()
    answer = ask_token(key, secret, **form)
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert not Token.objects.exists()


def test_a_token_may_have_fewer_scopes_than_its_key() -> None:
    course = Course()
    course.token = token_of(course.key, course.secret, scope="members:match")
    assert course.get("members/7/match?last_name=Lane").status_code == 200
    assert course.get("credits/R-1").status_code == 403


def test_nothing_else_of_the_identity_provider_is_served() -> None:
    for address in (
        "identity/o/authorize",
        "identity/o/api/token",
        "identity/o/api/clients",
        "identity/o/api/device/code",
        "identity/o/logout",
        ".well-known/openid-configuration",
        ".well-known/jwks.json",
        "api/v1/revoke",
        "api/v1/docs/",
    ):
        assert Client().get(f"/{address}").status_code == 404, address


def test_tokens_are_asked_for_so_often_and_no_more(settings: Any) -> None:
    settings.ACCOUNT_RATE_LIMITS = {**settings.ACCOUNT_RATE_LIMITS, "api_token": "2/m/ip"}
    key, secret = make_key()
    answers = [ask_token(key, secret) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert 0 < int(answers[2].headers["Retry-After"]) <= 60


# What a key opens


@pytest.mark.any_database
@pytest.mark.parametrize("held", keys.SCOPES)
@pytest.mark.parametrize("address", ADDRESSES)
def test_an_address_opens_with_its_own_scope_only(address: str, held: str) -> None:
    needed, method = ADDRESSES[address]
    answer = ask(Course(held), address, method)
    if held == needed:
        assert answer.status_code not in (401, 403)
    else:
        assert (answer.status_code, answer.headers["Content-Type"]) == (403, "application/problem+json")
        assert needed in answer.json()["detail"]
        assert 'error="insufficient_scope"' in answer.headers["WWW-Authenticate"]


@pytest.mark.any_database
@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize(
    "headers",
    [{}, {"Authorization": "Bearer nothing"}, {"Authorization": "Basic YTpi"}, {"Authorization": "Bearer é"}],
    ids=["none", "unknown", "basic", "no ascii"],
)
def test_without_a_token_an_address_opens_for_nobody(staff: Any, address: str, headers: dict[str, str]) -> None:
    """A session is no token: not that of staff, either."""
    method = ADDRESSES[address][1]
    for client in (Client(), client_of(staff)):
        more = {"data": "{}", "content_type": "application/json"} if method == "post" else {}
        answer = getattr(client, method)(f"/api/v1/{address}", headers=headers, **more)
        assert (answer.status_code, answer.headers["Content-Type"]) == (401, "application/problem+json")
        assert "Bearer" in answer.headers["WWW-Authenticate"]
        assert not answer.cookies


def test_a_token_in_the_address_opens_nothing() -> None:
    course = Course()
    assert Client().get(f"/api/v1/credits/R-1?access_token={course.token}").status_code == 401


def test_a_token_opens_no_page(met: Member, staff: Any) -> None:
    course = Course()
    pages = [of_owner(row[0], met) for name, row in PRIVATE.items() if row[1] == 200 and "{" not in row[0]]
    for page in [*pages, "/admin/", "/admin/api/key/"]:
        answer = Client().get(page, headers={"Authorization": f"Bearer {course.token}"})
        assert answer.status_code == 302, page
        assert answer.headers["Location"].startswith(("/accounts/login/", "/admin/login/")), page


@pytest.mark.any_database
@pytest.mark.parametrize("address", ADDRESSES)
def test_another_method_is_named_as_such(address: str) -> None:
    answer = Client().delete(f"/api/v1/{address}")
    assert (answer.status_code, answer.headers["Content-Type"]) == (405, "application/problem+json")
    assert answer.headers["Allow"]


def test_no_such_address_is_a_problem_and_no_page() -> None:
    answer = Client().get("/api/v1/nothing")
    assert (answer.status_code, answer.json()["status"]) == (404, 404)


# Until when


@pytest.mark.parametrize(
    ("day", "sentence"),
    [
        (13, "This key works from Mar 14, 2026 on."),
        (14, ""),
        (20, ""),
        (21, "This key ended on Mar 20, 2026. Ask AMT for a new one."),
    ],
)
def test_a_key_works_from_its_first_day_to_its_last(on_today: TimeMachineFixture, day: int, sentence: str) -> None:
    key, secret = issue(ends_on=TODAY.replace(day=20))
    token = token_of(key, secret)
    Token.objects.update(expires_at=chicago(2026, 4, 1))
    on_today.move_to(chicago(2026, 3, day))
    answer = ask_token(key, secret)
    assert answer.status_code == (401 if sentence else 200)
    course = Course.__new__(Course)
    course.token = token
    asked = course.get("credits/R-1")
    assert asked.status_code == (401 if sentence else 404)
    if sentence:
        assert answer.json()["error_description"] == asked.json()["detail"] == sentence


def test_a_token_ends_after_ten_minutes(on_today: TimeMachineFixture) -> None:
    course = Course()
    on_today.shift(timedelta(minutes=10, seconds=1))
    assert course.get("credits/R-1").status_code == 401
    assert keys.forget_tokens() == 1


def test_a_revoked_key_and_its_tokens_end_at_once() -> None:
    course = Course()
    by = make_user(is_staff=True)
    assert keys.revoke(key=course.key, reason="In a mail.", by=by, at=noon(TODAY))
    assert not keys.revoke(key=course.key, reason="Again.", by=by, at=noon(TODAY))
    assert course.get("credits/R-1").status_code == 401
    answer = ask_token(course.key, course.secret)
    assert (answer.status_code, answer.json()["error_description"]) == (
        401,
        "This key was revoked on Mar 14, 2026. Ask AMT for a new one.",
    )
    assert not Token.objects.exists()
    line = Key.history.filter(id=course.key.pk).latest()
    assert (line.history_user, line.history_change_reason) == (by, "In a mail.")


def test_each_use_of_a_key_is_counted() -> None:
    course = Course()
    for _ in range(3):
        course.get("credits/R-1")
    assert KeyDay.objects.get().calls == 3
    assert KeyDay.objects.get().last_at == noon(TODAY)


# Limits, the log, and a portal that is closed


def test_above_a_limit_the_answer_says_how_long_to_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(limits.MOST, "credits", 2)
    course, other = Course(), Course()
    assert [course.get("credits/R-1").status_code for _ in range(3)] == [404, 404, 429]
    answer = course.get("credits/R-1")
    assert 0 < int(answer.headers["Retry-After"]) <= 60
    assert answer.json()["detail"].endswith("seconds.")
    assert other.get("credits/R-1").status_code == 404


def test_the_log_has_a_line_for_each_request_and_names_nobody(
    new: Member, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    course = Course()
    course.post("credits", credit(new, reference="SECRET-1"))
    course.get(f"members/{new.amt_id}/match?last_name={new.last_name}")
    course.get(f"members/{new.amt_id}/standing")
    told = caplog.text
    assert f"api/v1/members/<amt_id>/standing by Key {course.key.pk} of {course.system}" in told
    for secret in (new.amt_id, new.last_name, "SECRET-1", course.token, course.secret):
        assert secret not in told


def test_while_the_portal_is_closed_the_answer_is_a_problem(settings: Any) -> None:
    settings.MAINTENANCE = True
    answer = Client().get("/api/v1/credits/R-1")
    assert (answer.status_code, answer.headers["Content-Type"]) == (503, "application/problem+json")
    assert int(answer.headers["Retry-After"]) == 600


def test_a_failure_is_a_problem_without_its_reason(new: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**ignored: Any) -> None:
        raise RuntimeError("the inside")

    monkeypatch.setattr("ccp.api.credits.take", fail)
    course = Course()
    client = Client(raise_request_exception=False)
    answer = client.post(
        "/api/v1/credits",
        credit(new),
        content_type="application/json",
        headers={"Authorization": f"Bearer {course.token}"},
    )
    assert (answer.status_code, answer.headers["Content-Type"]) == (500, "application/problem+json")
    assert "inside" not in answer.text


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_the_same_request_at_the_same_moment_is_done_once(new: Member) -> None:
    """Each thread gets the answer of the one that was first."""
    course = Course("credits:write")
    sent = credit(new)
    answers = at_once(*[lambda: course.post("credits", sent, Idempotency_Key="race") for _ in range(4)])
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert sum("Idempotency-Replayed" in answer.headers for answer in answers) == 3
    assert new.activities.count() == 1


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_the_same_reference_at_the_same_moment_is_recorded_once(new: Member) -> None:
    course = Course("credits:write")
    sent = credit(new)
    answers = at_once(*[lambda: course.post("credits", sent) for _ in range(4)])
    assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 201]
    assert new.activities.count() == 1
