"""Every page reports what is wrong with a form in one way.

A summary comes first, and the same words stand at the field.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.models import Authenticator
from bs4 import BeautifulSoup, Tag
from django.http import HttpResponse
from django.test import Client

from amtportal.members.models import Member, User
from ccp.amt_credits import credits as amt_credits
from ccp.models import Activity
from tests.support.builders import PASSWORD, TODAY, client_of, cycle_of, make_activity, make_claim, make_cycle, noon
from tests.support.factors import confirm, give_app
from tests.support.pages import read, words

OLD_PASSWORD = "the old blue lanterns"
PASSKEY = 77
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_today"), pytest.mark.any_database]


@dataclass(frozen=True)
class Form:
    """A form and something wrong to put into it.

    ``at`` names the fields (by id) at which an error is then shown.
    """

    address: str
    wrong: dict[str, Any]
    at: set[str]
    kept: dict[str, str] = field(default_factory=dict)
    signed_in: bool = True
    method: str = "post"
    before: Callable[[Client, User], None] | None = None
    """What the person has done before the form is shown."""


def confirms(client: Client, user: User) -> None:
    user.emailaddress_set.create(email=user.email, verified=True, primary=True)
    confirm(client, OLD_PASSWORD)


def has_an_app(client: Client, user: User) -> None:
    give_app(user)


def has_an_app_and_gave_the_password(client: Client, user: User) -> None:
    give_app(user)
    user.emailaddress_set.create(email=user.email, verified=True, primary=True)
    client.post("/accounts/login/", {"login": user.email, "password": OLD_PASSWORD})


def has_a_passkey(client: Client, user: User) -> None:
    Authenticator.objects.create(pk=PASSKEY, user=user, type="webauthn", data={"name": "Phone", "credential": {}})
    confirms(client, user)


FORMS = {
    "sign in": Form("/accounts/login/", {"login": "", "password": ""}, {"id_login", "id_password"}, signed_in=False),
    "sign in with what is no address": Form(
        "/accounts/login/",
        {"login": "ada", "password": ""},
        {"id_login", "id_password"},
        {"login": "ada"},
        signed_in=False,
    ),
    "activate": Form(
        "/accounts/activate/", {"email": "ada at amt"}, {"id_email"}, {"email": "ada at amt"}, signed_in=False
    ),
    "reset the password": Form(
        "/accounts/password/reset/", {"email": "ada"}, {"id_email"}, {"email": "ada"}, signed_in=False
    ),
    "choose a password": Form(
        "{link}", {"password1": "short", "password2": ""}, {"id_password1", "id_password2"}, signed_in=False
    ),
    "change the password": Form(
        "/accounts/password/change/",
        {"oldpassword": "wrong", "password1": PASSWORD, "password2": "another"},
        {"id_oldpassword", "id_password2"},
    ),
    "confirm that it is you": Form("/accounts/reauthenticate/", {"password": "wrong"}, {"id_password"}),
    "confirm by a code": Form(
        "/accounts/2fa/reauthenticate/", {"code": "12 34"}, {"id_code"}, {"code": "12 34"}, before=has_an_app
    ),
    "give the code": Form(
        "/accounts/2fa/authenticate/",
        {"code": "12 34"},
        {"id_code"},
        {"code": "12 34"},
        signed_in=False,
        before=has_an_app_and_gave_the_password,
    ),
    "set up an app": Form(
        "/accounts/2fa/totp/activate/", {"code": "12 34"}, {"id_code"}, {"code": "12 34"}, before=confirms
    ),
    "name a passkey": Form(
        f"/accounts/2fa/webauthn/keys/{PASSKEY}/edit/", {"name": ""}, {"id_name"}, before=has_a_passkey
    ),
    "change the address": Form(
        "/accounts/email/", {"email": "ada at amt"}, {"id_email"}, {"email": "ada at amt"}, before=confirms
    ),
    "record CE": Form(
        "/ccp/record/",
        {"title": "Café", "points": "one", "starts_on": "soon", "quantity": "-1"},
        {"id_activity_type", "id_quantity", "id_points", "id_starts_on", "id_attested"},
        {"title": "Café", "points": "one", "starts_on": "soon", "quantity": "-1"},
    ),
    "amend": Form(
        "/ccp/activities/{entry}/amend/",
        {"activity_type": "self-study", "points": "0", "starts_on": "2/30/2026", "revision": "1"},
        {"id_points", "id_starts_on", "id_attested"},
        {"points": "0", "starts_on": "2/30/2026"},
    ),
    "say what differs": Form("/ccp/activities/{entry}/difference/", {"difference": ""}, {"id_difference"}),
    "say what differs at length": Form(
        "/ccp/activities/{entry}/difference/", {"difference": "x" * 501}, {"id_difference"}, {"difference": "x" * 501}
    ),
    "report an error": Form("/ccp/activities/{credit}/report/", {"text": ""}, {"id_text"}),
    "report an error at length": Form(
        "/ccp/activities/{credit}/report/", {"text": "x" * 1001}, {"id_text"}, {"text": "x" * 1001}
    ),
    "filter the list": Form(
        "/ccp/activities/",
        {"cycle": "99999", "category": "sleeping"},
        {"id_cycle", "id_category"},
        method="get",
    ),
}


@pytest.fixture
def member() -> Member:
    cycle = make_cycle()
    user = cycle.certification.member.user
    user.set_password(OLD_PASSWORD)
    user.save()
    return cycle.certification.member


@pytest.fixture
def credit(member: Member) -> Activity:
    credit = amt_credits.AmtCredit("AMT-1", member, make_claim(points="1"))
    return amt_credits.record(credits=[credit], by=None, at=noon(TODAY))["AMT-1"]


def link_for(user: User) -> str:
    return f"/accounts/password/reset/key/{user_pk_to_url_str(user)}-{default_token_generator.make_token(user)}/"


def refused(form: Form, member: Member, credit: Activity) -> BeautifulSoup:
    """Return the page that comes back."""
    entry = make_activity(cycle_of(member), points="2")
    client = client_of(member if form.signed_in else None)
    if form.before:
        form.before(client, member.user)
    address = form.address.format(entry=entry.pk, credit=credit.pk, link=link_for(member.user))
    opened = client.get(address, follow=True)
    answer: HttpResponse = getattr(client, form.method)(opened.request["PATH_INFO"], form.wrong)
    return read(answer)


def typed_in(field: Tag) -> str:
    return field.get_text() if field.name == "textarea" else field.get("value", "")


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS.keys())
def test_a_form_that_is_refused_says_so_first_and_at_each_field_and_keeps_what_was_typed(
    form: Form, member: Member, credit: Activity
) -> None:
    page = refused(form, member, credit)
    assert words(page.title).startswith("Error: ")
    summary = page.select_one("main .error-summary")
    assert summary.has_attr("autofocus")
    assert (summary["role"], summary["tabindex"]) == ("alert", "-1")
    assert page.select_one("main :is(.error-summary, h1)") is summary, "it stands before the heading"
    told = {}
    for link in summary.select("a"):
        at = page.select_one(link["href"])
        assert at["aria-invalid"] == "true"
        described = " ".join(words(page.find(id=name)) for name in at["aria-describedby"].split())
        assert words(link) in described
        told[at["id"]] = words(link)
    assert told.keys() == form.at
    assert len(summary.select("li")) == len(summary.select("a"))
    assert {name: typed_in(page.select_one(f"main [name={name}]")) for name in form.kept} == form.kept


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS.keys())
def test_no_form_leaves_the_word_to_the_browser_and_none_says_invalid(
    form: Form, member: Member, credit: Activity
) -> None:
    page = refused(form, member, credit)
    assert page.select_one("main .error-summary")
    assert all(found.has_attr("novalidate") for found in page.select("main form:has(.field)"))
    assert "invalid" not in words(page).lower()


def test_what_is_wrong_with_the_whole_form_stands_in_the_summary_too() -> None:
    page = read(Client().post("/accounts/login/", {"login": "ada@example.org", "password": "wrong"}))
    assert words(page.title).startswith("Error: ")
    assert len(page.select("main .error-summary li")) == 1
    assert page.select_one("input[name=login]")["value"] == "ada@example.org"


def test_a_withdrawal_that_is_refused_is_told_in_the_same_way(credit: Activity, member: Member) -> None:
    page = read(client_of(member).post(f"/ccp/activities/{credit.pk}/withdraw/"))
    assert words(page.title).startswith("Error: ")
    assert page.select_one("main .error-summary").has_attr("autofocus")


def test_a_passkey_that_was_not_made_is_told_in_the_same_way(member: Member) -> None:
    """The answer of the device is not a field that a person fills in.

    The error is in the summary, and the name is kept.
    """
    client = client_of(member)
    confirm(client, OLD_PASSWORD)
    page = read(client.post("/accounts/2fa/webauthn/add/", {"name": "Blue key", "credential": ""}))
    assert words(page.title).startswith("Error: ")
    summary = page.select_one("main .error-summary")
    assert summary.has_attr("autofocus")
    assert [words(item) for item in summary.select("li")] == ["The passkey was not created. Press the button again."]
    assert page.select_one("input[name=name]")["value"] == "Blue key"
