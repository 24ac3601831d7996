"""Mail about accounts: every one that allauth or the portal sends, in both languages."""

import ast
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import allauth
import pytest
from allauth.account import app_settings
from django.conf import settings
from django.core.mail import EmailMessage
from django.test import Client
from django.utils import timezone, translation
from pytest_django.fixtures import Settings

from amtportal.members.mail import account_mails
from amtportal.members.mail.account_mails import MAILS, works_for, written
from amtportal.members.models import MailPriority, OutgoingMail, User
from tests.support.builders import PASSWORD, make_member, make_user
from tests.support.mail import links_of, words_of

# What allauth does not send with our settings, and why.
NEVER = {
    "account/email/account_already_exists": "nobody can sign up",
    "account/email/email_confirmation_signup": "nobody can sign up",
    "account/email/unknown_account": "ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS is False",
    "account/email/login_code": "ACCOUNT_LOGIN_BY_CODE_ENABLED is False",
    "account/email/password_reset_code": "ACCOUNT_PASSWORD_RESET_BY_CODE_ENABLED is False",
}
AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
LINK = "http://localhost:8000/accounts/password/reset/key/1-abc/"


def prefixes_in(folder: Path) -> Iterator[str]:
    """Yield each text in the code that names a mail."""
    for path in folder.rglob("*.py"):
        if "tests" not in path.parts and "socialaccount" not in path.parts:
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield from re.findall(r"^(?:account|mfa)/email/\w+$", node.value)


def context_of(user: User) -> dict[str, object]:
    return {
        "user": user,
        "timestamp": timezone.now(),
        "ip": "203.0.113.7",
        "user_agent": AGENT,
        "password_reset_url": LINK,
        "activate_url": LINK,
        "link": LINK,
        "seconds": 24 * 3600,
        "to_email": "new@example.org",
        "deleted_email": "old@example.org",
        "left": 9,
        "codes": 10,
        "details": ["phone", "address"],
    }


@pytest.mark.any_database
def test_every_mail_that_is_sent_has_a_text_and_every_text_is_sent() -> None:
    ours = {*prefixes_in(Path(settings.BASE_DIR) / "amtportal")} - {*MAILS}
    assert ours == set()
    by_allauth = set(prefixes_in(Path(allauth.__file__).parent))
    assert by_allauth >= {"account/email/password_changed", "mfa/email/totp_activated"}, "nothing was read"
    assert by_allauth - MAILS.keys() == NEVER.keys()
    assert not NEVER.keys() & MAILS.keys()
    assert not app_settings.EMAIL_UNKNOWN_ACCOUNTS
    assert not app_settings.LOGIN_BY_CODE_ENABLED
    assert not app_settings.PASSWORD_RESET_BY_CODE_ENABLED
    assert not app_settings.EMAIL_VERIFICATION_BY_CODE_ENABLED


@pytest.mark.django_db
@pytest.mark.any_database
@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("prefix", MAILS)
def test_each_mail_says_the_same_in_html_and_as_text(prefix: str, language: str) -> None:
    user = make_user(email="ada@example.org")
    make_member(user=user, first_name="Ada", last_name="Lane")
    with translation.override(language):
        mail = written(prefix, context_of(user), to=user.email)
    words = words_of(mail)
    assert mail.priority in (MailPriority.LINK, MailPriority.ACCOUNT)
    assert (mail.priority == MailPriority.LINK) == (LINK in links_of(mail))
    # An address that was never proved may be another person's.
    is_proved = prefix not in ("account/email/address_confirm", "account/email/email_confirmation")
    assert ("Ada Lane" in words) is is_proved
    assert "Mozilla" not in words


@pytest.mark.django_db
def test_a_mail_about_safety_says_when_from_where_and_what_to_do() -> None:
    user = make_user(email="ada@example.org")
    mail = written("account/email/password_changed", context_of(user), to=user.email)
    words = words_of(mail)
    assert "Browser: Chrome on Linux IP address: 203.0.113.7" in words
    assert "Central Time" in words
    assert links_of(mail) == ["http://localhost:8000/accounts/password/reset/"]


@pytest.mark.any_database
@pytest.mark.parametrize(
    ("time", "expected"),
    [
        (timedelta(days=3), "for 3 days."),
        (timedelta(days=1), "for 1 day."),
        (timedelta(hours=47), "for 1 day."),
        (timedelta(hours=12), "for 12 hours."),
    ],
)
def test_a_link_works_as_long_as_its_mail_says(time: timedelta, expected: str) -> None:
    assert works_for(time) == f"The link works once, {expected}"


@pytest.mark.django_db
@pytest.mark.parametrize(("password", "subject"), [(None, "Activate your"), (PASSWORD, "Reset your")])
def test_the_setting_says_how_long_a_link_works(
    settings: Settings, mailoutbox: list[EmailMessage], password: str | None, subject: str
) -> None:
    settings.PASSWORD_RESET_TIMEOUT = 5 * 24 * 3600
    make_user(email="ada@example.org", password=password)
    Client().post("/accounts/password/reset/", {"email": "ada@example.org"})
    (mail,) = mailoutbox
    assert mail.subject.startswith(subject)
    assert "The link works once, for 5 days." in words_of(mail)
    assert ("reset" in words_of(mail).replace(links_of(mail)[0], "").lower()) is False


@pytest.mark.django_db
def test_links_go_before_other_mail(settings: Settings) -> None:
    settings.EMAIL_BACKEND = "amtportal.members.mail.outbox.Backend"
    user = make_user(email="ada@example.org", password=PASSWORD)
    account_mails.address_changed([(user, "old@example.org")])
    Client().post("/accounts/password/reset/", {"email": "ada@example.org"})
    assert [row.priority for row in OutgoingMail.objects.order_by("pk")] == [MailPriority.ACCOUNT, MailPriority.LINK]


@pytest.mark.django_db
def test_amt_changed_the_address_is_told_in_the_language_of_the_owner(mailoutbox: list[EmailMessage]) -> None:
    user = make_user(email="new@example.org", password=PASSWORD, language="es")
    make_member(user=user, first_name="Ada", last_name="Lane")
    account_mails.address_changed([(user, "old@example.org")])
    (mail,) = mailoutbox
    assert (mail.to, mail.subject) == (["old@example.org"], "El correo electrónico de su cuenta cambió")
    assert not {"Ada", "Lane", "new@example.org"} & set(words_of(mail).split())
