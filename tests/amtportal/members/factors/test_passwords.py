"""Which passwords are accepted, and the sentence for a password that is not."""

import pytest
from bs4 import BeautifulSoup
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from zxcvbn.matching import RANKED_DICTIONARIES

from amtportal.members.factors import passwords
from amtportal.members.models import User
from tests.support.builders import PASSWORD, client_of, make_member, make_user
from tests.support.factors import confirm, give_app
from tests.support.pages import error_summary, read
from tests.support.waiting import seconds_of_a_processor

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
CHANGE = "/accounts/password/change/"


@pytest.fixture
def ada() -> User:
    user = make_user(email="ada.winterbottom@example.org", password=PASSWORD)
    make_member(user=user, first_name="Ada", last_name="Winterbottom", amt_id="7001234")
    return user


def refusal(password: str, user: User | None = None) -> str:
    """Return the sentences with which the password is refused."""
    try:
        validate_password(password, user)
    except ValidationError as error:
        return " ".join(error.messages)
    return ""


@pytest.mark.parametrize(
    "password",
    [
        "nine green umbrellas",
        "only lowercase letters here",
        "73920184650918273645",
        "кит слон верблюд жираф",
        "correct horse battery staple" * 5,
        "o(7Fq-z2!w Lk9$Vb3 " * 50,
        " spaces around stay in ",
    ],
)
def test_a_long_password_is_taken_whatever_it_is_made_of(ada: User, password: str) -> None:
    assert refusal(password, ada) == ""


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("American Medical Technologists", "ours"),
        ("amtrax portal 2026", "ours"),
        ("Ada Winterbottom 7001234", "ours"),
        ("ada.winterbottom@example.org", "ours"),
        ("WINTERBOTTOMada!!", "ours"),
        ("passwordpassword", "repeat"),
        ("123456789987654321", "passwords"),
        ("abcdefghijklmnopqrs", "sequence"),
        ("aaaaaaaaaaaaaaaaaaaaaaa", "repeat"),
    ],
)
def test_a_long_password_that_is_easy_to_guess_is_refused_and_told_why(ada: User, password: str, why: str) -> None:
    assert str(passwords.REASONS[why]) in refusal(password, ada)


@pytest.mark.slow
def test_passwords_that_many_people_use_are_refused_at_any_length() -> None:
    """zxcvbn has a list of 30,000 passwords from breaches.

    The tests take those that could be used alone, and some that could be used beside a second
    factor.
    """
    common = RANKED_DICTIONARIES["passwords"]
    alone = [password for password in common if len(password) >= 15]
    beside = [password for password in common if len(password) >= 8][::50]
    assert (len(alone), len(beside)) == (31, 233)
    for password in [*alone, *(f"{password}{password}" for password in beside), *beside]:
        assert passwords.weakness(password, []), password
        assert passwords.weakness(f"{password.upper()}1!", []), password


def test_the_words_of_one_person_are_not_held_against_another(ada: User) -> None:
    assert refusal("seven winterbottom lanterns", ada) == ""
    assert refusal("winterbottom 7001234 ada", ada)
    assert refusal("winterbottom 7001234 ada", make_user()) == ""


@pytest.mark.parametrize(("length", "taken"), [(14, False), (15, True), (128, True), (1000, True), (1001, False)])
def test_fifteen_characters_are_enough_and_a_thousand_are_the_most(ada: User, length: int, taken: bool) -> None:
    assert (refusal(("vK4q zP9w xB2m tR7s" * 60)[:length], ada) == "") is taken


def test_beside_a_second_factor_eight_characters_are_enough(ada: User) -> None:
    assert refusal("vK4q.zP9", ada) == "Use at least 15 characters. Yours has 8."
    give_app(ada)
    assert refusal("vK4q.zP9wB", ada) == ""
    assert refusal("vK4q.zP", ada).startswith("Use at least 8 characters. Yours has 7.")


def test_a_password_too_short_to_stand_alone_keeps_the_factor(ada: User) -> None:
    give_app(ada)
    short = {"oldpassword": PASSWORD, "password1": "vK4q.zP9wB"}
    assert client_of(ada).post(CHANGE, short).status_code == 302
    ada.refresh_from_db()
    assert ada.short_password
    client = client_of(ada)
    confirm(client, "vK4q.zP9wB")
    client.post("/accounts/2fa/totp/deactivate/")
    assert ada.authenticator_set.filter(type="totp").exists()
    ada.set_password("nine green umbrellas")
    ada.save()
    client = client_of(ada)
    confirm(client, "nine green umbrellas")
    client.post("/accounts/2fa/totp/deactivate/")
    assert not ada.authenticator_set.exists()


def test_the_page_says_how_long_and_the_refusal_stands_at_the_field(ada: User) -> None:
    client = client_of(ada)
    page = read(client.get(CHANGE))
    assert "At least 15 characters." in page.select_one("#id_password1_helptext").text
    weak = {"oldpassword": PASSWORD, "password1": "American Medical Technologists"}
    answer = read(client.post(CHANGE, weak))
    assert error_summary(answer)["id_password1"].startswith("This password is too easy to guess.")
    assert "American Medical" not in str(answer.select("input"))


def autocomplete(page: BeautifulSoup) -> dict[str, str]:
    return {field["name"]: field.get("autocomplete", "") for field in page.select("main form input:not([type=hidden])")}


def test_password_managers_are_told_what_each_field_is_and_nothing_stops_a_paste(ada: User) -> None:
    sign_in = read(client_of(None).get("/accounts/login/"))
    assert autocomplete(sign_in) == {"login": "email", "password": "current-password"}
    change = read(client_of(ada).get(CHANGE))
    assert autocomplete(change) == {
        "username": "username",
        "oldpassword": "current-password",
        "password1": "new-password",
    }
    for page in (sign_in, change):
        assert not page.select("input[onpaste], input[maxlength][type=password]")


SIGNS = "4@8({[<369!|170$5+7%2"
"""Each stands for a letter, some for one of three: read in 736 ways."""


@pytest.mark.parametrize(
    "password",
    [
        "1l|!" * 250,
        "@44$3310(0)" * 90,
        "ab" * 500,
        "p@ssw0rd" * 125,
        SIGNS * 5,
        "amt4@({[<69!|17$5+28" * 50,
        "$4@<62%9857[" * 80,
    ],
)
def test_no_password_takes_long_to_judge(ada: User, password: str) -> None:
    known = passwords.known_words(ada)
    assert seconds_of_a_processor(lambda: passwords.weakness(password, known), most=1) <= 1


@pytest.mark.parametrize("password", [SIGNS, "P@ss {4}[8]<9>(1|7)+$5%2 w0rd", 'r?2#Vq+e{T9|x@4<U!(7$g&5Z%8]w"6[1'])
def test_a_password_of_many_signs_is_taken(ada: User, password: str) -> None:
    assert refusal(password, ada) == ""
