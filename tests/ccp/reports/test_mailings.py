"""Mail to a list: who gets it and who cannot, what it says, that it is sent once, and that it can be stopped."""

from typing import Any
from uuid import uuid4

import pytest
from bs4 import BeautifulSoup
from django.test import Client

from amtportal.members.models import BouncingAddress, Member, OutgoingMail, User
from ccp.notices.models import MailState, Notice, NoticeKind, NoticeMail, Preference
from ccp.reports.lists.registry import address
from ccp.reports.mailings import audience, verbs, words
from ccp.reports.mailings.words import Words
from ccp.reports.models import ListName, ListOpening, Mailing
from tests.support.builders import PASSWORD, TODAY, client_of, make_cycle, make_member, make_user, noon
from tests.support.forms import form_on
from tests.support.mail import Mailbox
from tests.support.staff import make_clerk, page, told

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_today")]

MAY = ("view_lists", "mail_lists", "view_mailing")
ADDRESS = "/admin/reports/overdue/mail/"
TYPED = {"sort": "duty", "subject_en": "Your fee, {name}", "text_en": "Dear {amt_id},\n\nplease pay.\nThank you."}
SPANISH = {"subject_es": "Su cuota, {name}", "text_es": "{amt_id}: pague, por favor."}


@pytest.fixture
def clerk() -> Client:
    return client_of(make_clerk(*MAY))


def owing(name: str, **user: Any) -> Member:
    """Return a member with overdue invoices and an account that was opened."""
    account = make_user(email=f"{name.lower()}@example.org", password=PASSWORD, **user)
    member = make_member(user=account, first_name=name)
    make_cycle(member)
    return member


@pytest.fixture
def ada() -> Member:
    return owing("Ada")


def preview(client: Client, **typed: str) -> BeautifulSoup:
    return BeautifulSoup(client.post(ADDRESS, form_on(client, ADDRESS) | TYPED | typed).text, "html.parser")


def send(client: Client, **typed: str) -> Any:
    """Write, look at the preview, and press the button."""
    values = form_on(client, ADDRESS, posted=form_on(client, ADDRESS) | TYPED | typed)
    return client.post(ADDRESS, values | {"send": "Send"})


def work() -> None:
    """Do what the worker does with every mailing; ``mailbox.mails`` sends what waits."""
    for key in Mailing.objects.values_list("pk", flat=True):
        verbs.send.func(key)


def confirm(by: User, **fields: Any) -> Mailing:
    values: dict[str, Any] = {
        "name": ListName.OVERDUE, "query": "", "sort": "duty", "english": Words("Fee", "Pay."),
        "spanish": Words("", ""), "submission_id": uuid4(), "shown": 1, "by": by, "at": noon(TODAY),
    }  # fmt: skip
    return verbs.confirm(**{**values, **fields})


# Who gets it


def test_who_cannot_be_reached_is_counted_by_reason(ada: Member) -> None:
    """Three fees of a member are overdue, and the member gets one mail."""
    off, back, nobody, merged = owing("Off", is_active=False), owing("Back"), owing("Nobody"), owing("Merged")
    User.objects.filter(pk=back.user_id).update(bouncing_email=back.user.email)
    Member.objects.filter(pk=nobody.pk).update(user=None)
    Member.objects.filter(pk=merged.pk).update(merged_into=ada)
    found = audience.of(ListName.OVERDUE, "", "duty", TODAY)
    assert found.members == [ada.pk]
    assert dict(found.without) == {audience.SWITCHED_OFF: 1, audience.COMES_BACK: 1, audience.NO_ADDRESS: 1}
    assert found.all == 4
    assert off.pk not in found.members


def test_news_is_not_for_those_who_switched_it_off_or_never_opened_their_account(ada: Member) -> None:
    quiet, unopened = owing("Quiet"), make_member()
    make_cycle(unopened)
    Preference.objects.create(member=quiet, amt_news=False)
    found = audience.of(ListName.OVERDUE, "", "news", TODAY)
    assert (found.members, dict(found.without)) == ([ada.pk], {audience.UNWANTED: 2})
    assert len(audience.of(ListName.OVERDUE, "", "duty", TODAY).members) == 3


def test_the_filter_of_the_list_is_that_of_the_mail(ada: Member) -> None:
    assert audience.of(ListName.OVERDUE, "credential=RPT", "duty", TODAY).members == []
    assert audience.of(ListName.OVERDUE, "credential=RMA&o=-due_on", "duty", TODAY).members == [ada.pk]
    assert audience.of(ListName.OVERDUE, "credential=XX", "duty", TODAY).members == []


# What it says


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{name}, {amt_id}", ""),
        ("No braces.", ""),
        ("{points} points", "{points} cannot be filled in."),
        ("{name.user.password}", "{name.user.password} cannot be filled in."),
        ("{ name }", "{ name } cannot be filled in."),
        ("{name", "There is a brace without its other half."),
        ("}", "There is a brace without its other half."),
    ],
)
def test_only_the_name_and_the_amt_id_can_be_filled_in(text: str, problem: str) -> None:
    assert words.problem_with(text).startswith(problem)
    assert bool(words.problem_with(text)) == bool(problem)


def test_a_name_that_looks_like_a_place_is_not_filled_in_again() -> None:
    member = Member(first_name="{amt_id}", amt_id="0012345")
    assert words.filled("{name}: {amt_id}", member) == "{amt_id}: 0012345"


def test_the_preview_is_the_mail_of_one_of_them_with_the_count(clerk: Client, ada: Member) -> None:
    owing("Bo")
    Member.objects.filter(pk=owing("Nobody").pk).update(user=None)
    shown = preview(clerk, **SPANISH)
    assert shown.select_one("[data-name=reached]").get_text() == "2"
    assert [row.get_text() for row in shown.select("[data-name=without]")] == ["1"]
    assert [each.get_text() for each in shown.select("[data-name=subject]")] == [
        "Your fee, Ada Lane",
        "Su cuota, Ada Lane",
    ]
    english, spanish = (each.get_text() for each in shown.select("[data-name=text]"))
    assert f"Dear {ada.amt_id}," in english
    assert "Hola" in spanish or "Estimad" in spanish or f"{ada.amt_id}: pague" in spanish
    assert shown.select_one("input[name=send]")["value"] == "Send to 2 members"
    assert not Mailing.objects.exists()


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"text_en": "{points}"}, "{points} cannot be filled in."),
        ({"subject_en": ""}, "This field is required."),
        ({"subject_es": "Su cuota"}, "Write both the subject and the text in Spanish, or neither."),
        ({"sort": "other"}, "Select a valid choice."),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_is_kept(
    clerk: Client, ada: Member, typed: dict[str, str], sentence: str
) -> None:
    answer = clerk.post(ADDRESS, form_on(clerk, ADDRESS) | TYPED | typed | {"preview": "See it first"})
    assert answer.status_code == 400
    assert sentence in answer.text
    assert "please pay." in answer.text or "text_en" in typed
    assert not Mailing.objects.exists()


# Sending


def test_it_goes_out_once_in_each_readers_language_and_stands_in_their_notices(
    clerk: Client, ada: Member, mailbox: Mailbox
) -> None:
    luz = owing("Luz", language="es")
    answer = send(clerk, **SPANISH)
    assert "is being sent to 2 members." in told(clerk, answer)
    work()
    got = {mail["To"]: mail for mail in mailbox.mails}
    assert (got[ada.user.email]["Subject"], got[luz.user.email]["Subject"]) == (
        "Your fee, Ada Lane",
        "Su cuota, Luz Lane",
    )
    assert NoticeMail.objects.get(member=ada).state == MailState.SENT
    reader = client_of(ada)
    assert "Your fee, Ada Lane" in reader.get("/account/notices/").text
    assert "please pay." in reader.get(f"/account/notices/{NoticeMail.objects.get(member=ada).pk}/").text
    mailing = Mailing.objects.get()
    assert (mailing.done, mailing.total, verbs.states(mailing)) == (2, 2, {"sent": 2})
    work()
    assert len(mailbox.mails) == 2
    noted = ListOpening.objects.filter(deed="mailed").get()
    assert (noted.subject, noted.rows) == (f"Overdue, mail {mailing.pk}", 2)


def test_pressing_the_button_twice_sends_once(clerk: Client, ada: Member) -> None:
    values = form_on(clerk, ADDRESS, posted=form_on(clerk, ADDRESS) | TYPED) | {"send": "Send"}
    for _ in range(2):
        assert clerk.post(ADDRESS, values).status_code == 302
    assert Mailing.objects.count() == 1


def test_a_list_that_has_changed_is_shown_again_and_nothing_is_sent(clerk: Client, ada: Member) -> None:
    values = form_on(clerk, ADDRESS, posted=form_on(clerk, ADDRESS) | TYPED) | {"send": "Send"}
    owing("Late")
    answer = clerk.post(ADDRESS, values)
    assert "The list has changed: 2 members can be reached now. Confirm again." in answer.text
    assert 'value="Send to 2 members"' in answer.text
    assert not Mailing.objects.exists()


def test_a_worker_that_is_killed_is_followed_by_one_that_mails_the_others(
    ada: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    owing("Bo")
    monkeypatch.setattr(verbs, "chunks", lambda keys: ([key] for key in keys))
    mailing = confirm(make_user(is_staff=True), shown=2)
    verbs._give(mailing, [ada.pk])  # and then it is killed
    verbs.send.func(mailing.pk)
    assert Notice.objects.filter(kind=NoticeKind.AMT_MESSAGE).count() == 2
    assert OutgoingMail.objects.count() == 2


def test_an_address_that_fails_in_between_is_undeliverable(ada: Member) -> None:
    mailing = confirm(make_user(is_staff=True))
    BouncingAddress.objects.create(email=ada.user.email, marked_at=noon(TODAY), reason="550 5.1.1 no such box")
    verbs.send.func(mailing.pk)
    assert verbs.states(mailing) == {"undeliverable": 1}


def test_stopping_keeps_what_is_not_sent_from_going_out(clerk: Client, ada: Member, mailbox: Mailbox) -> None:
    owing("Bo")
    send(clerk)
    mailing = Mailing.objects.get()
    verbs._give(mailing, [ada.pk])  # it waits in the queue
    stop = page(Mailing, "stop", mailing.pk)
    assert "Waiting in the queue" in clerk.get(stop).text
    assert told(clerk, clerk.post(stop)) == "It is stopped: nobody gets it any more."
    assert told(clerk, clerk.post(stop)) == "It was stopped already."
    work()
    assert mailbox.mails == []
    assert verbs.states(mailing) == {"dropped": 1}
    assert Notice.objects.get().dropped == "AMT stopped this mail."
    assert not verbs.can_be_stopped(Mailing.objects.get())


def test_an_error_ends_it_and_going_on_mails_the_others(
    clerk: Client, ada: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    mailing = confirm(make_user(is_staff=True))
    with monkeypatch.context() as patch:
        patch.setattr(verbs, "_give", lambda mailing, keys: 1 / 0)
        verbs.send.func(mailing.pk)
    shown = clerk.get(page(Mailing, "change", mailing.pk)).text
    assert "Go on with it on its page" in shown
    assert told(clerk, clerk.post(page(Mailing, "go_on", mailing.pk))).startswith("It goes on.")
    verbs.send.func(mailing.pk)
    assert verbs.states(mailing) == {"waiting": 1}


def test_news_can_be_switched_off_by_its_mail(ada: Member, mailbox: Mailbox) -> None:
    confirm(make_user(is_staff=True), sort="news")
    work()
    [mail] = mailbox.mails
    stop = mail["List-Unsubscribe"].strip("<>")
    client_of(None).post(stop.partition("localhost:8000")[2] or stop)
    assert not Preference.objects.get(member=ada).amt_news


def test_a_list_of_nobody_mails_nobody(clerk: Client) -> None:
    answer = clerk.post(ADDRESS, form_on(clerk, ADDRESS) | TYPED)
    assert "Nobody on this list can be reached by mail." in answer.text


def test_a_wrong_filter_leads_back_to_the_list(clerk: Client) -> None:
    assert clerk.get(f"{ADDRESS}?since=40")["Location"] == f"{address(ListName.OVERDUE)}?since=40"
