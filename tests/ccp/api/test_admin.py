"""Staff pages of course systems: a key is issued, its secret is shown once, and it is revoked at once."""

from typing import Any

import pytest
from allauth.idp.oidc.models import Client as OAuthClient
from allauth.idp.oidc.models import Token
from bs4 import BeautifulSoup
from django.contrib import admin
from django.test import Client

from amtportal.members import vault
from amtportal.members.models import Member
from ccp.api.models import CourseSystem, Event, Key
from tests.support.builders import client_of, make_user
from tests.support.course_systems import Course, ask_token, make_system, send_one
from tests.support.forms import form_on
from tests.support.staff import make_clerk, page, submit, told

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("on_today"),
    pytest.mark.ignore_template_errors,
    pytest.mark.any_database,
]
ISSUE = "/admin/api/key/issue/"


@pytest.fixture
def clerk() -> Client:
    rights = ["issue_key", "revoke_key", "send_event", "view_key", "view_coursesystem", "view_event"]
    return client_of(make_clerk(*rights))


def shown(answer: Any) -> dict[str, str]:
    """Return what the page with a secret shows, by its name."""
    assert answer.status_code == 200
    assert "no-store" in answer.headers["Cache-Control"]
    rows = BeautifulSoup(answer.text, "html.parser").select("#content-main tr")
    return {row.th.get_text(): row.td.get_text() for row in rows}


def issue(clerk: Client, **typed: Any) -> Any:
    return clerk.post(ISSUE, {**form_on(clerk, ISSUE), "scopes": ["credits:write"], **typed})


def test_a_key_is_issued_and_works(clerk: Client) -> None:
    answer = issue(clerk, name="MedLearn", code="medlearn", contact="it@medlearn.example")
    secrets = shown(answer)
    key = Key.objects.get()
    assert (key.system.name, key.system.code, key.scopes) == ("MedLearn", "medlearn", ["credits:write"])
    assert secrets["Client ID"] == key.client_id
    assert ask_token(key, secrets["Client secret"]).status_code == 200
    assert not answer.cookies.get("messages")
    line = Key.history.get()
    assert line.history_user == key.issued_by
    assert CourseSystem.history.get().history_user == key.issued_by


def test_the_secret_is_shown_once(clerk: Client) -> None:
    typed = {**form_on(clerk, ISSUE), "scopes": ["credits:write"], "name": "MedLearn", "code": "medlearn"}
    secret = shown(clerk.post(ISSUE, typed))["Client secret"]
    again = clerk.post(ISSUE, typed)
    assert "issued already" in told(clerk, again)
    assert Key.objects.count() == CourseSystem.objects.count() == 1
    assert secret not in clerk.get(page(Key, "change", Key.objects.get().pk)).text


def test_a_system_has_several_keys(clerk: Client) -> None:
    system = make_system()
    for _ in range(2):
        shown(issue(clerk, system=str(system.pk)))
    assert system.keys.count() == 2


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({}, "Choose a course system above, or enter the name of a new one."),
        ({"name": "New", "code": "N!"}, "Write 2 to 12 small letters and digits, such as medlearn."),
        ({"name": "New", "code": "new", "scopes": []}, "Choose what the key may do."),
        ({"name": "New", "code": "new", "ends_on": "1/1/2020"}, "The last day is before Mar 14, 2026, the first."),
        ({"name": "New", "code": "new", "ends_on": "1/1/2030"}, "A key works for 2 years at most: until Mar 14, 2028."),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_left(clerk: Client, typed: dict[str, Any], sentence: str) -> None:
    answer = issue(clerk, **typed)
    assert sentence in answer.text
    assert not CourseSystem.objects.exists()
    assert not OAuthClient.objects.exists()


def test_a_key_is_revoked_with_a_reason(clerk: Client) -> None:
    course = Course()
    answer = submit(clerk, page(Key, "revoke", course.key.pk), reason="In a mail.")
    assert told(clerk, answer) == "Revoked: In a mail."
    assert course.get("credits/R-1").status_code == 401
    again = submit(clerk, page(Key, "revoke", course.key.pk), reason="Again.")
    assert told(clerk, again) == "This key is revoked already."


def test_the_page_of_a_key_says_when_it_was_used(clerk: Client) -> None:
    course = Course()
    address = page(Key, "change", course.key.pk)
    assert "never" in clerk.get(address).text
    course.get("credits/R-1")
    assert "Mar 14, 2026, 1 times that day" in clerk.get(address).text


def test_the_first_address_shows_a_secret_and_a_new_one_replaces_it(clerk: Client) -> None:
    system = make_system()
    address = page(CourseSystem, "address", system.pk)
    first = shown(clerk.post(address, {"url": "https://courses.example.org/amt"}))["Secret for messages"]
    assert told(clerk, clerk.post(address, {"url": "https://courses.example.org/new"})) == "The address is set."
    later = shown(clerk.post(page(CourseSystem, "secret", system.pk)))["Secret for messages"]
    system.refresh_from_db()
    assert vault.decrypt(system.webhook_secret) == later
    assert vault.decrypt(system.earlier_secret) == first
    assert system.history.first().history_change_reason == "New secret for messages"
    assert "with https" in clerk.post(address, {"url": "http://10.0.0.1/"}).text


def test_a_message_is_sent_again(clerk: Client, new: Member) -> None:
    send_one(new)
    event = Event.objects.get()
    assert told(clerk, submit(clerk, page(Event, "again", event.pk))) == "The message is sent again."
    event.refresh_from_db()
    assert event.state == "waits"
    assert event.repeats.get().asked_by is not None


def test_without_the_permission_no_key_is_issued() -> None:
    viewer = client_of(make_clerk("view_key", "add_key", "change_key"))
    assert viewer.get(ISSUE).status_code == viewer.post(ISSUE).status_code == 403
    assert "Issue a key" not in viewer.get(page(Key)).text


def test_tables_of_the_token_endpoint_have_no_page() -> None:
    assert not admin.site.is_registered(OAuthClient)
    assert not admin.site.is_registered(Token)
    root = client_of(make_user(is_staff=True, is_superuser=True))
    assert root.get("/admin/allauth_idp_oidc/client/").status_code == 404
