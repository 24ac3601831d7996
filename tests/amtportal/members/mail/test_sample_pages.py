"""The staff page that shows each mail with made-up data."""

import re

import pytest
from csp.constants import HEADER as POLICY
from django.test import Client
from django.utils import translation
from django.utils.http import urlencode

from amtportal.members.mail import account_mails, samples
from amtportal.members.mail.layout import compose
from amtportal.members.models import MailPriority
from tests.support.builders import client_of
from tests.support.mail import words_of
from tests.support.pages import read
from tests.support.pages import words as shown
from tests.support.staff import make_clerk

pytestmark = [pytest.mark.django_db, pytest.mark.ignore_template_errors]
PAGE = "/admin/members/outgoingmail/samples/"


@pytest.fixture
def client(db: None) -> Client:
    return client_of(make_clerk("view_outgoingmail"))


def test_every_mail_is_there_and_is_whole_in_both_languages() -> None:
    known = samples.registered()
    assert len(known) >= len(account_mails.MAILS) + 4
    subjects = {}
    for language in ("en", "es"):
        with translation.override(language):
            for key, sample in known.items():
                content = sample.content()
                words_of(compose(content, to="a@example.org", language=language, priority=MailPriority.NOTICE))
                subjects[key, language] = content.subject
    assert [key for key in known if subjects[key, "en"] == subjects[key, "es"]] == []


def test_staff_see_a_mail_as_html_and_as_text(client: Client) -> None:
    page = read(client.get(PAGE))
    assert page.select_one("option[value=activation]")
    page = read(client.get(PAGE, {"mail": "receipt", "language": "es"}))
    assert shown(page.select_one("[data-name=subject]")) == "Recibo de INV-0000042: $50.00"
    assert "AMT recibió su pago" in page.pre.string
    assert {frame["src"] for frame in page.select("iframe")} == {f"{PAGE}html/?mail=receipt&language=es"}
    assert all(frame.has_attr("sandbox") and not frame["sandbox"] for frame in page.select("iframe"))
    mail = client.get(page.iframe["src"])
    assert "AMT recibió su pago" in mail.text
    assert mail.headers["X-Frame-Options"] == "SAMEORIGIN"


def test_the_frame_allows_the_styles_of_the_mail_and_nothing_else(client: Client) -> None:
    policy = client.get(f"{PAGE}html/").headers[POLICY]
    rules = dict(rule.split(" ", 1) for rule in policy.removesuffix("; sandbox").split("; "))
    assert re.fullmatch(r"'unsafe-hashes'( 'sha256-[A-Za-z0-9+/]{43}=')+", rules.pop("style-src"))
    assert rules == {
        "default-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'self'",
    }
    assert policy.endswith("; sandbox")
    assert "frame-src 'self';" in client.get(PAGE).headers[POLICY] + ";"


@pytest.mark.parametrize("query", [{"mail": "other"}, {"language": "fr"}])
def test_what_there_is_not_is_not_found(client: Client, query: dict[str, str]) -> None:
    for page in (PAGE, f"{PAGE}html/"):
        assert client.get(f"{page}?{urlencode(query)}").status_code == 404
