"""What a member chooses about notices: stored once, with a line of history, for optional kinds only."""

from typing import Any

import pytest

from amtportal.members.models import Member
from ccp.notices import mailed, preferences
from ccp.notices.models import OPTIONAL, NoticeKind, Preference
from tests.support.builders import TODAY, client_of, make_member, noon
from tests.support.pages import error_summary, form_values, read, submit, words
from tests.support.threads import at_once

pytestmark = [pytest.mark.django_db, pytest.mark.any_database, pytest.mark.usefixtures("on_today")]

PAGE = "/account/notices/"
MONTHLY, QUIET = NoticeKind.MONTHLY_SUMMARY, NoticeKind.NOTHING_RECORDED


def chosen(member: Member) -> tuple[str, bool, bool]:
    preference = preferences.of_member(member)
    return preference.language, preference.monthly_summary, preference.nothing_recorded


def choose(member: Member, **values: Any) -> bool:
    return preferences.choose(
        **{"member": member, "language": "", "wanted": OPTIONAL, "by": member.user, "at": noon(TODAY), **values}
    )


def test_each_optional_kind_has_a_column_and_a_name() -> None:
    columns = {field.name for field in Preference._meta.get_fields()}
    assert set(preferences.COLUMNS.values()) <= columns
    assert mailed.NAMES.keys() == set(NoticeKind)


def test_without_a_choice_every_kind_comes_and_nothing_is_stored() -> None:
    member = make_member()
    preference = preferences.of_member(member)
    assert all(preferences.wants(preference, kind) for kind in NoticeKind)
    assert not choose(member)
    assert Preference.objects.count() == 0


def test_a_choice_is_stored_once_with_one_line_of_history() -> None:
    member = make_member()
    assert choose(member, wanted=[QUIET], language="es")
    assert not choose(member, wanted=[QUIET], language="es")
    assert chosen(member) == ("es", False, True)
    [line] = Preference.objects.get().history.all()
    assert (line.history_user, line.history_date) == (member.user, noon(TODAY))


def test_what_members_must_know_comes_whatever_they_chose() -> None:
    member = make_member()
    choose(member, wanted=[])
    preference = preferences.of_member(member)
    assert [kind for kind in NoticeKind if not preferences.wants(preference, kind)] == list(OPTIONAL)
    assert preferences.unwanted(preference) == set(OPTIONAL)


@pytest.mark.parametrize(
    ("choice", "last", "spoken"),
    [("", "", "en"), ("", "es", "es"), ("en", "es", "en"), ("es", "", "es"), ("fr", "es", "en")],
    ids=["no sign-in yet", "of the last sign-in", "chosen English", "chosen Spanish", "a language that was retired"],
)
def test_mail_is_in_the_chosen_language_or_that_of_the_last_sign_in(choice: str, last: str, spoken: str) -> None:
    member = make_member()
    member.user.language = last
    assert preferences.language_of(Preference(member=member, language=choice)) == spoken


def test_mail_to_a_member_without_an_account_is_in_english() -> None:
    assert preferences.language_of(Preference(member=make_member(user=None))) == "en"


@pytest.mark.django_db(transaction=True)
def test_two_first_choices_at_once_make_one_row() -> None:
    member = make_member()
    at_once(*[lambda kind=kind: choose(member, wanted=[kind]) for kind in OPTIONAL])
    assert Preference.objects.filter(member=member).count() == 1


# The page


def test_the_page_stores_what_was_chosen_and_says_so() -> None:
    member = make_member()
    client = client_of(member)
    assert form_values(read(client.get(PAGE))) == {
        "monthly_summary": ["on"],
        "amt_news": ["on"],
        "nothing_recorded": ["on"],
        "language": [""],
    }
    values = {"language": "es", "nothing_recorded": "on"}
    page = read(client.post(PAGE, values, follow=True))
    assert words(page.select_one("[role=status]")) == "Your choice is saved."
    assert chosen(member) == ("es", False, True)
    assert form_values(page) == {"nothing_recorded": ["on"], "language": ["es"]}
    again = read(client.post(PAGE, values, follow=True))
    assert words(again.select_one("[role=status]")) == "Nothing has changed."
    assert Preference.history.count() == 1


def test_a_language_that_there_is_not_is_refused_and_changes_nothing() -> None:
    member = make_member()
    answer = client_of(member).post(PAGE, {"language": "xx"})
    page = read(answer, 400)
    assert error_summary(page) == {"id_language": "Choose a language from the list."}
    assert not page.select("[name=monthly_summary][checked]")  # what was typed is kept
    assert Preference.objects.count() == 0


def test_the_page_says_which_language_the_last_sign_in_had() -> None:
    member = make_member()
    member.user.language = "es"
    member.user.save()
    assert "As in my last sign-in: Español" in client_of(member).get(PAGE).text


def test_the_page_names_every_kind_that_always_comes() -> None:
    page = read(client_of(make_member()).get(PAGE))
    shown = {words(item) for item in page.select("#choices details li")}
    assert shown == {str(name) for kind, name in mailed.NAMES.items() if kind not in OPTIONAL}


def test_choosing_is_limited(settings: Any) -> None:
    settings.ACCOUNT_RATE_LIMITS = {**settings.ACCOUNT_RATE_LIMITS, "notices": "1/m/user"}
    client = client_of(make_member())
    assert submit(client, PAGE, language="es").status_code == 302
    assert submit(client, PAGE, language="en").status_code == 429
