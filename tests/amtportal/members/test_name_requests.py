"""Another name: a member asks with a document, and staff answer."""

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.management import call_command
from django.test import Client
from time_machine import TimeMachineFixture

from amtportal.members import name_requests
from amtportal.members.models import Member, NameRequest, RosterDifference
from amtportal.refusals import Refused
from amtportal.uploads import kept
from ccp.transcripts import contents, issuing
from tests.support.builders import TODAY, client_of, cycle_of, make_cycle, make_member, make_user, noon
from tests.support.details import make_name_request
from tests.support.evidence import picture, sent
from tests.support.pages import read
from tests.support.staff import found, make_clerk, page, submit, told

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_today")]
NAME = "/account/details/name/"


@pytest.fixture(autouse=True)
def _files(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def ada() -> Member:
    return make_member()


@pytest.fixture
def clerk() -> Client:
    return client_of(make_clerk("view_namerequest", "answer_namerequest"))


def asked(client: Client, **typed: Any) -> Any:
    values = {"first_name": "Ada", "last_name": "Lovelace", "reason": "marriage", **typed}
    values.setdefault("document", sent(picture("PNG"), "certificate.png"))
    return client.post(NAME, values, follow=True)


def test_a_member_asks_and_the_document_is_cleaned(ada: Member) -> None:
    assert "Your request is sent" in asked(client_of(ada)).text
    request = NameRequest.objects.get()
    assert (request.name, request.before, request.state) == ("Ada Lovelace", "Ada Lane", "waiting")
    with kept.storage().open(request.stored_name) as content:
        assert b"taken at home" not in content.read()
    ada.refresh_from_db()
    assert ada.name == "Ada Lane"
    shown = read(client_of(ada).get(NAME))
    assert not shown.select("main form")
    details = read(client_of(ada).get("/account/details/"))
    assert "has not answered" in details.select_one("[data-name=name-request]").text


def stored_files() -> set[str]:
    """Return the name of each stored file, also those of other tests."""
    storage = kept.storage()
    folders = storage.listdir("")[0] if storage.exists("") else []
    return {name for folder in folders for name in storage.listdir(folder)[1]}


def test_one_request_waits_at_a_time_and_the_same_again_is_one(ada: Member) -> None:
    client, before = client_of(ada), stored_files()
    asked(client)
    asked(client)
    assert "already. Withdraw that request" in asked(client, last_name="Byron").text
    assert [request.last_name for request in NameRequest.objects.all()] == ["Lovelace"]
    assert len(stored_files() - before) == 1


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"last_name": "Lane"}, "This is the name on record already."),
        ({"first_name": "", "last_name": " \u200b"}, "Enter your name."),
        ({"reason": ""}, "Choose why the name changes."),
        ({"reason": "other"}, "Say in a few words why"),
        ({"document": ""}, "Choose a photo or a PDF"),
        ({"document": sent(b"MZ", "certificate.png")}, "This is not a PDF, JPEG, PNG or HEIC file"),
    ],
)
def test_what_cannot_be_asked_says_how_to_do_it(ada: Member, typed: dict[str, Any], sentence: str) -> None:
    answer = asked(client_of(ada), **typed)
    assert sentence in answer.text
    assert not NameRequest.objects.exists()


def test_a_member_withdraws_and_the_document_is_gone(ada: Member, time_machine: TimeMachineFixture) -> None:
    request, client = make_name_request(ada), client_of(ada)
    assert client.get(f"{NAME}{request.pk}/document/").status_code == 200
    assert "Withdraw the request?" in client.get(f"{NAME}withdraw/").text
    client.post(f"{NAME}withdraw/")
    request.refresh_from_db()
    assert request.state == "withdrawn"
    assert client.get(f"{NAME}{request.pk}/document/").status_code == 404
    time_machine.move_to(noon(TODAY) + timedelta(days=2))
    call_command("clean_evidence")
    assert not kept.storage().exists(request.stored_name)


def test_staff_accept_the_name_changes_and_the_member_is_told(ada: Member, clerk: Client) -> None:
    request = make_name_request(ada)
    assert found(clerk, NameRequest, answer="waits") == [request]
    shown = clerk.get(page(NameRequest, "change", request.pk)).text
    assert "Ada Lane" in shown
    assert "Ada Lovelace" in shown
    document = clerk.get(page(NameRequest, "document", request.pk))
    assert (document.headers["Content-Type"], document.headers["X-Frame-Options"]) == ("image/png", "SAMEORIGIN")
    answer = submit(clerk, page(NameRequest, "accept", request.pk))
    assert told(clerk, answer) == "Changed the name from Ada Lane to Ada Lovelace."
    ada.refresh_from_db()
    assert ada.name == "Ada Lovelace"
    assert ada.history.first().history_user.is_staff
    assert list(Member.objects.found_by("lovelace")) == [ada]
    difference = RosterDifference.objects.get()
    assert (difference.detail, difference.roster_says["last_name"]) == ("name", "Lane")
    (mailed,) = mail.outbox
    assert (mailed.to, mailed.subject) == ([ada.user.email], "Your name was changed")


def test_a_transcript_that_was_issued_before_stays_as_it_was(met: Member) -> None:
    issue = issuing.issue(contents=contents.of_cycle(cycle_of(met)), by=met.user, at=noon(TODAY))
    name, snapshot = met.name, issue.snapshot
    name_requests.accept(request=make_name_request(met), by=make_user(), at=noon(TODAY))
    issue.refresh_from_db()
    assert issue.snapshot == snapshot
    shown = client_of(None).get(f"/verify/{issue.code}/").text
    assert name in shown
    met.refresh_from_db()
    again = issuing.issue(contents=contents.of_cycle(cycle_of(met)), by=met.user, at=noon(TODAY))
    assert again.code != issue.code


def test_staff_decline_with_a_reason_that_the_member_reads(ada: Member, clerk: Client) -> None:
    request = make_name_request(ada)
    assert "Say why" in clerk.post(page(NameRequest, "decline", request.pk), {"answer": " "}).text
    submit(clerk, page(NameRequest, "decline", request.pk), answer="The document is not readable.")
    ada.refresh_from_db()
    assert ada.name == "Ada Lane"
    assert "The document is not readable." in client_of(ada).get("/account/details/").text
    assert "The document is not readable." in mail.outbox[0].body
    assert "Your request is sent" in asked(client_of(ada)).text


def test_the_first_answer_holds(ada: Member) -> None:
    request, first, second = make_name_request(ada), make_user(email="first@amt.example"), make_user()
    name_requests.decline(request=request, answer="Not readable.", by=first, at=noon(TODAY))
    with pytest.raises(Refused, match="declined by first"):
        name_requests.accept(request=request, by=second, at=noon(TODAY))
    with pytest.raises(Refused, match="answered this request already"):
        name_requests.withdraw(request=request, by=ada.user, at=noon(TODAY))
    ada.refresh_from_db()
    assert (ada.name, len(mail.outbox)) == ("Ada Lane", 1)


def test_the_document_is_kept_for_90_days_after_the_answer(ada: Member, time_machine: TimeMachineFixture) -> None:
    request = make_name_request(ada)
    name_requests.decline(request=request, answer="Not readable.", by=make_user(), at=noon(TODAY))
    time_machine.move_to(noon(TODAY) + timedelta(days=89))
    call_command("clean_evidence")
    assert client_of(ada).get(f"{NAME}{request.pk}/document/").status_code == 200
    time_machine.move_to(noon(TODAY) + timedelta(days=90))
    assert client_of(ada).get(f"{NAME}{request.pk}/document/").status_code == 404
    call_command("clean_evidence")
    assert kept.storage().exists(request.stored_name)
    time_machine.move_to(noon(TODAY) + timedelta(days=92))
    call_command("clean_evidence")
    assert not kept.storage().exists(request.stored_name)


def test_a_document_that_was_swapped_is_named(ada: Member, capsys: pytest.CaptureFixture[str]) -> None:
    request = make_name_request(ada)
    kept.storage().delete(request.stored_name)
    with pytest.raises(SystemExit):
        call_command("clean_evidence")
    assert f"The document of the request for another name {request.pk} lacks its file" in capsys.readouterr().err


def test_who_was_merged_into_another_gets_no_other_name() -> None:
    ada, other = make_cycle().certification.member, make_member()
    request = make_name_request(ada)
    Member.objects.filter(pk=ada.pk).update(merged_into=other)
    with pytest.raises(Refused, match="merged"):
        name_requests.accept(request=request, by=make_user(), at=noon(TODAY))


def test_the_mail_is_in_the_members_language(ada: Member) -> None:
    ada.user.language = "es"
    ada.user.save()
    name_requests.accept(request=make_name_request(ada), by=make_user(), at=noon(TODAY))
    assert mail.outbox[0].subject == "Se cambió su nombre"
