"""A session that ends while a form is filled in.

The form comes back after the sign-in, unsaved and explained.
"""

import uuid
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from bs4 import BeautifulSoup
from django.conf import settings
from django.contrib.sessions.models import Session
from django.http import HttpResponse
from django.test import Client
from time_machine import TimeMachineFixture

from amtportal.members.models import Member
from amtportal.members.sign_in import kept_forms
from ccp.models import Activity
from tests.support.builders import PASSWORD, client_of, cycle_of, make_activity, make_cycle, make_member, make_user
from tests.support.pages import error_summary, form_values, read, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_today"), pytest.mark.any_database]
ADDRESS = "/ccp/record/"
NUMBER = str(uuid.uuid4())
TYPED = {
    "activity_type": "self-study",
    "title": "Blood <b>cultures</b>",
    "provider": "ABC & sons",
    "quantity": "",
    "points": "one and a half",
    "starts_on": "3/1/26",
    "ends_on": "",
    "submission_id": NUMBER,
}


def make_person(email: str) -> Member:
    user = make_user(email=email, password=PASSWORD)
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    member = make_member(user=user)
    make_cycle(member)
    return member


@pytest.fixture
def member() -> Member:
    return make_person("ada@example.org")


@pytest.fixture
def client(member: Member) -> Client:
    """A browser with the form open, in which tokens against other sites are checked."""
    browser_of_member = Client(enforce_csrf_checks=True)
    browser_of_member.force_login(member.user)
    return browser_of_member


def opened(client: Client, address: str = ADDRESS) -> dict[str, str]:
    """Return the hidden fields of the form, as it was opened before the session ended."""
    page = read(client.get(address))
    return {name: page.select_one(f"input[name={name}]")["value"] for name in ("csrfmiddlewaretoken", "typed_by")}


def end_session() -> None:
    Session.objects.all().delete()


def sign_in(client: Client, email: str, answer: HttpResponse) -> HttpResponse:
    """Follow the redirect to the sign-in, sign in there, and open the page to which it leads."""
    sign_in_page = client.get(answer.headers["Location"])
    page = BeautifulSoup(sign_in_page.text, "html5lib")
    hidden = {field["name"]: field.get("value", "") for field in page.select("main input[type=hidden]")}
    answer = client.post("/accounts/login/", hidden | {"login": email, "password": PASSWORD})
    assert answer.status_code == 302, error_summary(read(answer))
    return client.get(answer.headers["Location"])


def post_signed_out(client: Client, address: str = ADDRESS, **changes: Any) -> HttpResponse:
    hidden = opened(client, address)
    end_session()
    answer = client.post(address, hidden | TYPED | {"attested": "on"} | changes)
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/accounts/login/?next=")
    return answer


def test_the_form_comes_back_as_it_was_typed_without_the_attestation(client: Client) -> None:
    page = read(sign_in(client, "ada@example.org", post_signed_out(client)))
    assert {name: values[-1] for name, values in form_values(page).items()} == TYPED
    said = (
        "You were signed out before we could record this. Nothing is lost: look it over, check the box again and press "
        "Submit."
    )
    assert said in words(page.main)
    assert not page.select_one("#id_attested").has_attr("checked")
    assert error_summary(page) == {}, "nothing was submitted yet"
    assert not Activity.objects.exists()


def test_it_comes_back_too_where_the_session_was_not_used_for_too_long(
    client: Client, on_today: TimeMachineFixture
) -> None:
    hidden = opened(client)
    on_today.shift(settings.SESSION_LIMITS["member"][0] + 1)
    answer = client.post(ADDRESS, hidden | TYPED)
    assert answer.headers["Location"].startswith("/accounts/login/?next=")
    page = read(sign_in(client, "ada@example.org", answer))
    assert form_values(page)["title"] == [TYPED["title"]]


def test_the_sign_in_page_says_that_nothing_is_lost(client: Client) -> None:
    page = read(client.get(post_signed_out(client).headers["Location"]))
    assert "You were signed out. Sign in, and what you typed comes back." in words(page.main)


def test_it_comes_back_once(client: Client) -> None:
    sign_in(client, "ada@example.org", post_signed_out(client))
    page = read(client.get(ADDRESS))
    assert form_values(page)["title"] == [""]
    assert "You were signed out" not in words(page.main)


def test_submitted_then_it_is_recorded_once(client: Client) -> None:
    """The form keeps its number.

    If it had been recorded after all, it is then a repeat.
    """
    page = read(sign_in(client, "ada@example.org", post_signed_out(client, points="2", starts_on="3/1/2026")))
    token = page.select_one("input[name=csrfmiddlewaretoken]")["value"]
    values = form_values(page) | {"attested": "on", "csrfmiddlewaretoken": token}
    first, second = (client.post(ADDRESS, values) for _ in range(2))
    assert first.headers["Location"] == second.headers["Location"]
    assert str(Activity.objects.get().submission_id) == NUMBER


def test_another_person_who_signs_in_there_sees_nothing_of_it(client: Client) -> None:
    make_person("bob@example.org")
    page = read(sign_in(client, "bob@example.org", post_signed_out(client)))
    assert "Blood" not in words(page)
    assert form_values(page)["title"] == [""]
    assert kept_forms.SESSION_KEY not in client.session


def test_it_does_not_come_back_in_another_browser(client: Client, member: Member) -> None:
    post_signed_out(client)
    assert form_values(read(client_of(member).get(ADDRESS)))["title"] == [""]


def test_after_an_hour_it_is_gone(client: Client, on_today: TimeMachineFixture) -> None:
    answer = post_signed_out(client)
    on_today.shift(kept_forms.SECONDS + 1)
    assert form_values(read(sign_in(client, "ada@example.org", answer)))["title"] == [""]


def test_it_comes_back_at_its_own_address_only(client: Client, member: Member) -> None:
    address = f"{ADDRESS}?certification={cycle_of(member).certification_id}"
    answer = post_signed_out(client, address)
    page = read(sign_in(client, "ada@example.org", answer))
    assert form_values(page)["title"] == [TYPED["title"]]


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        pytest.param({"typed_by": ""}, "no name", id="a form that names nobody"),
        pytest.param({"typed_by": "1"}, "no signature", id="a name without its signature"),
        pytest.param({"title": "x" * kept_forms.MOST_CHARACTERS}, "too much", id="more than a form holds"),
    ],
)
def test_other_forms_are_not_kept(client: Client, changes: dict[str, str], why: str) -> None:
    post_signed_out(client, **changes)
    assert kept_forms.SESSION_KEY not in client.session, why


def test_only_the_fields_of_the_page_are_kept(client: Client) -> None:
    post_signed_out(client, password="secret", next="https://elsewhere.example/")
    assert client.session[kept_forms.SESSION_KEY]["values"].keys() == TYPED.keys()


def test_a_form_from_another_site_is_not_kept(client: Client) -> None:
    """Without a token of this browser there is no name that is signed for it either."""
    opened(client)
    end_session()
    assert client.post(ADDRESS, TYPED | {"attested": "on"}).status_code == 403
    assert kept_forms.SESSION_KEY not in client.session


def test_an_amendment_comes_back_too(client: Client, member: Member) -> None:
    entry = make_activity(cycle_of(member), points="2")
    address = f"/ccp/activities/{entry.pk}/amend/"
    page = read(sign_in(client, "ada@example.org", post_signed_out(client, address, revision="1")))
    assert form_values(page)["title"] == [TYPED["title"]]
    assert form_values(page)["revision"] == ["1"]


def test_what_differs_comes_back_too(client: Client, member: Member) -> None:
    entry = make_activity(cycle_of(member), points="2")
    address = f"/ccp/activities/{entry.pk}/difference/"
    page = read(sign_in(client, "ada@example.org", post_signed_out(client, address, difference="Second session")))
    assert words(page.select_one("textarea")) == "Second session"
    assert "You were signed out" in words(page.main)


def test_a_form_that_lacks_its_field_comes_back_empty(client: Client, member: Member) -> None:
    entry = make_activity(cycle_of(member), points="2")
    address = f"/ccp/activities/{entry.pk}/difference/"
    page = read(sign_in(client, "ada@example.org", post_signed_out(client, address)))
    assert words(page.select_one("textarea")) == ""


# The token against other sites is out of date, because somebody signed in again in another window.


def test_a_form_with_an_old_token_is_kept_and_its_page_leads_back_to_it(client: Client, member: Member) -> None:
    hidden = opened(client)
    client.get("/accounts/login/")
    client.cookies["csrftoken"] = "x" * 32
    refused = read(client.post(ADDRESS, hidden | TYPED), status=403)
    assert "nothing you typed is lost" in words(refused.main)
    page = read(client.get(refused.select_one("main .button")["href"]))
    assert form_values(page)["title"] == [TYPED["title"]]
    assert not Activity.objects.exists()


def test_the_form_of_somebody_else_is_not_kept_there(client: Client) -> None:
    """One member opened the form, and another is signed in by now."""
    hidden = opened(client)
    client.force_login(make_person("bob@example.org").user)
    client.cookies["csrftoken"] = "x" * 32
    refused = read(client.post(ADDRESS, hidden | TYPED), status=403)
    assert "Copy what you typed first" in words(refused.main)
    assert kept_forms.SESSION_KEY not in client.session


@pytest.mark.parametrize("cookie", ["sessionid", "csrftoken"])
def test_so_is_one_whose_session_or_token_has_ended_meanwhile(client: Client, cookie: str) -> None:
    """Either cookie comes only from this site's own pages, because both are SameSite."""
    hidden = opened(client)
    end_session()
    del client.cookies[cookie]
    if cookie == "sessionid":
        client.cookies["csrftoken"] = "x" * 32
    refused = read(client.post(ADDRESS, hidden | TYPED), status=403)
    assert "nothing you typed is lost" in words(refused.main)
    page = read(sign_in(client, "ada@example.org", client.get(refused.select_one("main .button")["href"])))
    assert form_values(page)["title"] == [TYPED["title"]]


@pytest.mark.parametrize("address", [ADDRESS, "/accounts/login/", "/verify/", "/no-such-page/"])
def test_another_site_that_posts_a_form_takes_nobodys_session_away(member: Member, address: str) -> None:
    """Browsers send no cookie of the portal with such a request.

    A cookie of the answer would replace that of the visitor.
    """
    mallory = make_person("mallory@example.org")
    typed = TYPED | {"typed_by": kept_forms.signature(mallory.user)}
    answer = Client(enforce_csrf_checks=True).post(address, typed, headers={"origin": "https://elsewhere.example"})
    assert answer.status_code in (400, 403, 404)
    assert answer.cookies == {}
    assert not Session.objects.exists()
