"""Questions to AMT: asked, mailed, and answered once."""

from typing import Any

import pytest
from django.core import mail
from django.test import Client
from pytest_django.fixtures import Settings

from amtportal import links, office_hours
from amtportal.members import questions
from amtportal.members.models import Member, Question
from amtportal.refusals import Refused
from tests.support.builders import TODAY, client_of, make_member, make_user, noon
from tests.support.details import make_question
from tests.support.mail import words_of
from tests.support.pages import form_values, read, words
from tests.support.staff import found, make_clerk, page

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_today")]
ASK = "/help/question/"


@pytest.fixture
def ada() -> Member:
    return make_member(user=make_user(email="ada@example.org"))


@pytest.fixture(autouse=True)
def _office(settings: Any) -> None:
    settings.OFFICE_EMAIL = "office@amt.example"


def test_a_member_asks_with_amt_id_and_page_attached(ada: Member) -> None:
    client = client_of(ada)
    asked = read(client.get(ASK, headers={"referer": links.absolute("/invoices/?q=mine")}))
    attached = words(asked.select_one("[data-name=attached]"))
    assert all(part in attached for part in ("ada@example.org", ada.amt_id, "/invoices/"))
    typed = {**form_values(asked), "question": "How do I pay?\nBy check?"}
    answer = client.post(ASK, typed, follow=True)
    assert answer.redirect_chain == [("/help/question/sent/", 302)]
    question = Question.objects.get()
    assert (question.user, question.amt_id, question.page) == (ada.user, ada.amt_id, "/invoices/")
    office, confirmation = mail.outbox
    assert office.to == ["office@amt.example"]
    assert all(part in words_of(office) for part in ("How do I pay?", ada.amt_id, "/invoices/"))
    assert (confirmation.to, confirmation.subject) == (["ada@example.org"], "AMT has your question")


def test_a_visitor_types_an_address_to_which_nothing_goes_by_itself() -> None:
    typed = {"email": " Zoe@Example.org", "question": "How do I join?", "page": "/"}
    assert Client().post(ASK, typed).status_code == 302
    question = Question.objects.get()
    assert (question.user, question.email, question.amt_id) == (None, "zoe@example.org", "")
    assert [sent.to for sent in mail.outbox] == [["office@amt.example"]]
    assert "nobody proved it" in words_of(mail.outbox[0])


def test_staff_find_it_by_the_address_or_the_amt_id_in_full(ada: Member) -> None:
    question = make_question(ada)
    make_question(make_member(user=make_user()))
    desk = client_of(make_clerk("view_question"))
    for typed, rows in (("Ada@example.org", [question]), (ada.amt_id, [question]), ("ada", []), ("x" * 300, [])):
        assert found(desk, Question, q=typed) == rows


def test_nobody_asks_in_the_name_of_another(ada: Member) -> None:
    bea = make_member()
    client_of(ada).post(ASK, {"email": bea.user.email, "amt_id": bea.amt_id, "question": "How do I pay?"})
    assert (Question.objects.get().email, Question.objects.get().amt_id) == (ada.user.email, ada.amt_id)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("/verify/ABCD-EFGH-JKMN/", "/verify/***/"),
        ("/accounts/password/reset/key/1-abc-def/", "/accounts/password/reset/key/***/"),
        ("https://portal.example/guide/?next=x#y", "/guide/"),
        ("https://elsewhere.example/guide/", ""),
        ("javascript:alert(1)", ""),
        ("/x\ny", ""),
        ("http://[", ""),
        ("", ""),
    ],
)
def test_the_page_is_one_of_the_portal_without_secrets(settings: Settings, typed: str, kept: str) -> None:
    settings.SITE_URL = "https://portal.example"
    assert questions.page_of(typed) == kept


def test_the_same_question_sent_twice_is_one(ada: Member) -> None:
    for _ in range(2):
        client_of(ada).post(ASK, {"question": "How do I pay?"})
    assert Question.objects.count() == 1
    assert len(mail.outbox) == 2


def test_nobody_floods_the_office(ada: Member) -> None:
    client = client_of(ada)
    codes = [client.post(ASK, {"question": f"Question {number}"}).status_code for number in range(12)]
    assert codes == [302] * 10 + [429] * 2
    assert Question.objects.count() == 10


@pytest.mark.parametrize("typed", ["", " \u200b", "x" * 2001])
def test_a_question_that_is_none_is_refused_and_kept(ada: Member, typed: str) -> None:
    answer = read(client_of(ada).post(ASK, {"question": typed, "page": "/invoices/"}))
    assert answer.select_one("#id_question[aria-invalid]")
    assert answer.select_one("[name=page]")["value"] == "/invoices/"
    assert not Question.objects.exists()


def test_staff_answer_once_and_the_answer_is_mailed_in_the_askers_language(ada: Member) -> None:
    question = make_question(ada, language="es")
    clerk = client_of(make_clerk("view_question", "answer_question"))
    address = page(Question, "answer", question.pk)
    clerk.post(address, {"answer": "By check.\nOr online."})
    question.refresh_from_db()
    assert question.answered_at
    (sent,) = mail.outbox
    assert sent.to == ["ada@example.org"]
    assert "By check." in words_of(sent)
    assert sent.subject == "Respuesta de AMT a su pregunta"
    with pytest.raises(Refused, match="in the meantime"):
        questions.answer(question=question, answer="No.", by=make_user(), at=noon(TODAY))
    assert len(mail.outbox) == 1


def test_a_question_that_was_answered_elsewhere_is_marked_and_nothing_is_mailed(ada: Member) -> None:
    question = make_question(ada)
    questions.answer(question=question, answer=" ", by=make_user(), at=noon(TODAY))
    question.refresh_from_db()
    assert (question.answer, bool(question.answered_at), mail.outbox) == ("", True, [])


def test_those_that_wait_come_first(ada: Member) -> None:
    done, waits = make_question(ada), make_question(ada, text="And how much?")
    questions.answer(question=done, answer="", by=make_user(), at=noon(TODAY))
    listed = read(client_of(make_clerk("view_question")).get(page(Question)))
    assert [row.text for row in listed.select("th.field-number")] == [f"Question {waits.pk}", f"Question {done.pk}"]


def test_the_hours_of_the_office_stand_beside_the_phone_number(settings: Any) -> None:
    settings.OFFICE_HOURS = office_hours.read("08:30-16:00")
    said = "Weekdays, 8:30 AM to 4 PM Central Time."
    assert said in words(read(Client().get(ASK)).main)
    assert said in words(read(Client().get("/accounts/activate/done/")).main)


@pytest.mark.parametrize("text", ["8-5", "17:00-08:00", "08:00", "always"])
def test_hours_that_are_none_stop_the_start(text: str) -> None:
    with pytest.raises(Exception, match="write it as 08:00-17:00"):
        office_hours.read(text)
