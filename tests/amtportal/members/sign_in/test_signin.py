"""Signing in, and the mailed links that open an account or give it a new password.

The mail goes over a real mail server.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.http import HttpResponse
from django.test import Client
from pytest_django.fixtures import Settings
from time_machine import TimeMachineFixture

from amtportal.history.models import SecurityEvent
from amtportal.members.models import Member, User
from tests.support.builders import PASSWORD, client_of, make_cycle, make_member, make_user
from tests.support.mail import Mailbox, mail_server, words_of
from tests.support.pages import error_summary, form_values, read, words

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
ACTIVATE, RESET, SIGN_IN = "/accounts/activate/", "/accounts/password/reset/", "/accounts/login/"
WRONG = (
    "The e-mail address or the password is wrong. Check both and try again, or set a new password with a link by mail."
)


@pytest.fixture
def mailbox(settings: Settings) -> Iterator[Mailbox]:
    with mail_server() as (mailbox, port):
        settings.EMAIL_BACKEND = "amtportal.members.mail.outbox.Backend"
        settings.MAIL_TRANSPORT = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_USE_TLS = "127.0.0.1", port, False
        settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
        yield mailbox


@pytest.fixture
def on_roster() -> Member:
    """Return a member from the roster, with an address and no password yet."""
    return make_cycle(make_member(user=make_user(email="ada@example.org"))).certification.member


@pytest.fixture
def activated() -> User:
    user = make_user(email="bea@example.org", password=PASSWORD)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    make_member(user=user)
    return user


def sign_in(client: Client, email: str, password: str) -> HttpResponse:
    return client.post(SIGN_IN, {"login": email, "password": password})


def choose_password(client: Client, link: str, password: str = PASSWORD) -> HttpResponse:
    """Open the link from the mail as a browser does, and choose the password."""
    opened = client.get(link, follow=True)
    assert words(read(opened).h1) == "Choose your password"
    return client.post(opened.request["PATH_INFO"], {"password1": password, "password2": password})


@pytest.mark.parametrize("typed", ["bea@example.org", "Bea@Example.ORG", " bea@example.org "])
def test_whoever_gives_address_and_password_is_signed_in(activated: User, typed: str) -> None:
    client = Client()
    answer = sign_in(client, typed, PASSWORD)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")
    assert client.get("/certifications/").status_code == 200


def test_the_sign_in_leads_to_the_page_that_was_asked_for(activated: User) -> None:
    client = Client()
    asked = client.get("/ccp/activities/?page=2")
    page = read(client.get(asked.headers["Location"]))
    answer = client.post(SIGN_IN, form_values(page) | {"login": activated.email, "password": PASSWORD})
    assert answer.headers["Location"] == "/ccp/activities/?page=2"


def test_the_sign_in_leads_to_no_other_site(activated: User) -> None:
    answer = Client().post(f"{SIGN_IN}?next=https://evil.example/", {"login": activated.email, "password": PASSWORD})
    assert answer.headers["Location"] == "/"


@pytest.mark.parametrize(
    ("email", "password"),
    [
        pytest.param("bea@example.org", "wrong blue lanterns", id="wrong password"),
        pytest.param("nobody@example.org", PASSWORD, id="unknown address"),
        pytest.param("ada@example.org", PASSWORD, id="on the roster, not activated"),
        pytest.param("closed@example.org", "wrong blue lanterns", id="closed account, wrong password"),
    ],
)
def test_whoever_gives_anything_else_reads_the_same_sentence(
    activated: User, on_roster: Member, email: str, password: str
) -> None:
    make_user(email="closed@example.org", password=PASSWORD, is_active=False)
    client = Client()
    page = read(sign_in(client, email, password))
    assert words(page.title).startswith("Error: Sign in")
    assert error_summary(page) == {"": WRONG}
    assert form_values(page)["password"] == [""]
    assert client.get("/certifications/").status_code == 302


def test_a_closed_account_cannot_sign_in(activated: User) -> None:
    User.objects.update(is_active=False)
    client = Client()
    sign_in(client, activated.email, PASSWORD)
    assert client.get("/certifications/").status_code == 302


def test_after_five_wrong_passwords_the_account_rests(activated: User) -> None:
    """The limit for one account is 5 failures in 5 minutes.

    Then even the right password has to wait.
    """
    for _ in range(5):
        sign_in(Client(), activated.email, "wrong blue lanterns")
    page = read(sign_in(Client(), activated.email, PASSWORD))
    assert error_summary(page) == {
        "": "Too many sign-ins have failed. Try again in 5 minutes, or set a new password with a link by mail."
    }
    assert page.select_one(f".actions a[href='{RESET}']"), "the way on is there"


def test_signing_out_ends_the_session(activated: User) -> None:
    client = client_of(activated)
    assert "Sign out?" in words(read(client.get("/accounts/logout/")).h1)
    assert client.post("/accounts/logout/").headers["Location"] == "/"
    assert client.get("/certifications/").status_code == 302


def test_a_person_from_the_roster_activates_the_account_by_mail(mailbox: Mailbox, on_roster: Member) -> None:
    client = Client()
    answer = client.post(ACTIVATE, {"email": "ada@example.org"})
    assert answer.headers["Location"] == "/accounts/activate/done/"
    (mail,) = mailbox.mails
    assert (mail["To"], mail["X-Delivered-To"]) == ("ada@example.org", "ada@example.org")
    assert mail["Subject"] == "Activate your AMT Portal account"
    assert mail["From"] == "AMT Portal <portal@amt.example>"
    done = choose_password(client, mailbox.only_link())
    assert (done.status_code, done.headers["Location"]) == (302, "/accounts/password/reset/key/done/")
    assert EmailAddress.objects.get().verified
    assert SecurityEvent.objects.get().kind == "password-reset"
    browser = Client()
    assert sign_in(browser, "ada@example.org", PASSWORD).headers["Location"] == "/"
    assert read(browser.get("/certifications/")).select("section[id^=certification-]")


def test_an_unknown_address_gets_the_same_answer_and_no_mail(mailbox: Mailbox, on_roster: Member) -> None:
    answers = [Client().post(ACTIVATE, {"email": email}, follow=True) for email in ("ada@example.org", "x@example.org")]
    assert answers[0].redirect_chain == answers[1].redirect_chain == [("/accounts/activate/done/", 302)]
    assert answers[0].content == answers[1].content
    assert [mail["To"] for mail in mailbox.mails] == ["ada@example.org"]


def test_a_closed_account_gets_the_same_answer_and_no_mail(mailbox: Mailbox, on_roster: Member) -> None:
    User.objects.update(is_active=False)
    answer = Client().post(ACTIVATE, {"email": "ada@example.org"})
    assert answer.headers["Location"] == "/accounts/activate/done/"
    assert mailbox.mails == []


@pytest.mark.parametrize("typed", ["ADA@example.org", " ada@EXAMPLE.org"])
def test_the_link_goes_to_the_address_on_record_however_it_was_typed(
    mailbox: Mailbox, on_roster: Member, typed: str
) -> None:
    Client().post(ACTIVATE, {"email": typed})
    assert [mail["X-Delivered-To"] for mail in mailbox.mails] == ["ada@example.org"]


@pytest.mark.parametrize("typed", ["", "ada", "ada@", "ada@example.org\r\nBcc: x@example.org", "a@b.c" * 99])
def test_what_is_no_address_is_refused(mailbox: Mailbox, on_roster: Member, typed: str) -> None:
    page = read(Client().post(ACTIVATE, {"email": typed}))
    assert words(page.title).startswith("Error: ")
    assert "id_email" in error_summary(page)
    assert mailbox.mails == []


def test_whoever_is_activated_and_asks_again_gets_a_mail_to_reset_the_password(
    mailbox: Mailbox, activated: User
) -> None:
    Client().post(ACTIVATE, {"email": activated.email})
    assert [mail["Subject"] for mail in mailbox.mails] == ["Reset your AMT Portal password"]


def test_a_forgotten_password_is_replaced_by_mail_and_the_old_one_is_dead(mailbox: Mailbox, activated: User) -> None:
    client = Client()
    assert client.post(RESET, {"email": activated.email}).headers["Location"] == "/accounts/password/reset/done/"
    choose_password(client, mailbox.only_link(), "nine green umbrellas")
    assert sign_in(Client(), activated.email, PASSWORD).status_code == 200
    assert sign_in(Client(), activated.email, "nine green umbrellas").status_code == 302


def test_a_person_from_the_roster_may_as_well_ask_for_a_new_password(mailbox: Mailbox, on_roster: Member) -> None:
    client = Client()
    client.post(RESET, {"email": "ada@example.org"})
    assert [mail["Subject"] for mail in mailbox.mails] == ["Activate your AMT Portal account"]
    choose_password(client, mailbox.only_link())
    assert sign_in(Client(), "ada@example.org", PASSWORD).status_code == 302


def test_a_new_password_signs_out_every_other_browser(mailbox: Mailbox, activated: User) -> None:
    elsewhere = client_of(activated)
    client = Client()
    client.post(RESET, {"email": activated.email})
    choose_password(client, mailbox.only_link(), "nine green umbrellas")
    assert elsewhere.get("/certifications/").status_code == 302


def test_a_link_works_once(mailbox: Mailbox, on_roster: Member) -> None:
    Client().post(ACTIVATE, {"email": "ada@example.org"})
    link = mailbox.only_link()
    choose_password(Client(), link)
    page = read(Client().get(link, follow=True))
    assert "This link no longer works" in words(page.h1)


@pytest.mark.parametrize("link", ["0-x", "1-aaaaaa-" + "0" * 32, "zzzzzz-set-password"])
def test_a_made_up_link_does_not_work(on_roster: Member, link: str) -> None:
    page = read(Client().get(f"/accounts/password/reset/key/{link}/", follow=True))
    assert "This link no longer works" in words(page.h1)


@pytest.mark.parametrize(
    ("password", "again"),
    [
        pytest.param("short", "short", id="short"),
        pytest.param("123456789987654321", "123456789987654321", id="common"),
        pytest.param("ada@example.org", "ada@example.org", id="the address itself"),
        pytest.param(PASSWORD, "seven blue lantern", id="typed differently"),
    ],
)
def test_a_weak_password_is_refused_and_the_link_still_works(
    mailbox: Mailbox, on_roster: Member, password: str, again: str
) -> None:
    client = Client()
    client.post(ACTIVATE, {"email": "ada@example.org"})
    opened = client.get(mailbox.only_link(), follow=True)
    page = read(client.post(opened.request["PATH_INFO"], {"password1": password, "password2": again}))
    assert words(page.title).startswith("Error: ")
    assert error_summary(page)
    assert not User.objects.get(email="ada@example.org").has_usable_password()
    choose_password(client, mailbox.only_link())


def test_asking_over_and_over_does_not_flood_an_address(mailbox: Mailbox, on_roster: Member) -> None:
    """The limit is five mails a minute for one address."""
    for _ in range(8):
        Client().post(ACTIVATE, {"email": "ada@example.org"})
    assert len(mailbox.mails) == 5


@pytest.mark.usefixtures("on_today")
def test_an_address_gets_ten_links_a_day_and_the_page_says_the_same(
    mailbox: Mailbox, on_roster: Member, activated: User, on_today: TimeMachineFixture
) -> None:
    """Links for activation and for a new password count together, and so do all spellings.

    Ten within any 24 hours: after the tenth, a whole day passes.
    """
    answers = []
    for number in range(12):
        form = (ACTIVATE, RESET)[number % 2]
        people = ("bea@example.org", "Ada@Example.org ")
        answers += [Client().post(form, {"email": email}, follow=True) for email in people]
        on_today.shift(timedelta(hours=1))
    by_form = [{answer.text for answer in answers[start::4]} for start in range(4)]
    assert [len(texts) for texts in by_form] == [1, 1, 1, 1]
    assert Counter(mail["X-Delivered-To"] for mail in mailbox.mails) == {"ada@example.org": 10, "bea@example.org": 10}
    on_today.shift(timedelta(hours=20, minutes=59))
    Client().post(ACTIVATE, {"email": "ada@example.org"})
    assert len(mailbox.mails) == 20, "the tenth was sent 23 hours and 59 minutes ago"
    on_today.shift(timedelta(minutes=1))
    Client().post(ACTIVATE, {"email": "ada@example.org"})
    assert len(mailbox.mails) == 21


@pytest.mark.parametrize("method", ["get", "post"])
def test_there_is_no_sign_up(method: str) -> None:
    answer = getattr(Client(), method)(
        "/accounts/signup/", {"email": "eve@example.org", "password1": PASSWORD, "password2": PASSWORD}
    )
    assert not read(answer).select("main input")
    assert not User.objects.filter(email="eve@example.org").exists()


def test_the_admin_has_no_sign_in_of_its_own(activated: User) -> None:
    for address in ("/admin/", "/admin/login/"):
        answer = Client().get(address, follow=True)
        assert answer.redirect_chain[-1][0].startswith(SIGN_IN)
    assert client_of(activated).get("/admin/login/").status_code == 403, "a member is no staff"


def test_a_member_changes_the_password_and_signs_in_with_it(activated: User) -> None:
    client = client_of(activated)
    new = {"oldpassword": PASSWORD, "password1": "nine green umbrellas", "password2": "nine green umbrellas"}
    wrong = read(client.post("/accounts/password/change/", new | {"oldpassword": "wrong"}))
    assert "id_oldpassword" in error_summary(wrong)
    assert client.post("/accounts/password/change/", new).status_code == 302
    assert client.get("/certifications/").status_code == 302
    assert sign_in(Client(), activated.email, "nine green umbrellas").status_code == 302


def test_a_changed_password_is_told_to_its_owner(mailbox: Mailbox, activated: User) -> None:
    new = {"oldpassword": PASSWORD, "password1": "nine green umbrellas", "password2": "nine green umbrellas"}
    client_of(activated).post("/accounts/password/change/", new)
    (mail,) = mailbox.mails
    assert mail["X-Delivered-To"] == "bea@example.org"
    assert "nine green umbrellas" not in words_of(mail)


def test_an_address_that_was_never_proven_is_proven_before_the_first_sign_in(mailbox: Mailbox) -> None:
    """The password of the account came from the command line.

    No link has reached its address yet.
    """
    make_user(email="root@amt.example", password=PASSWORD)
    client = Client()
    assert sign_in(client, "root@amt.example", PASSWORD).headers["Location"] == "/accounts/confirm-email/"
    assert client.get("/certifications/").status_code == 302
    page = read(client.get(mailbox.only_link()))
    client.post(mailbox.only_link(), form_values(page))
    assert sign_in(Client(), "root@amt.example", PASSWORD).headers["Location"] == "/"
