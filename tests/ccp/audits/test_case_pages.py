"""The member's pages of an audit: the banner, the list, the case, and each of its forms."""

import re
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from amtportal.members.models import Member
from ccp.audits import cases, items
from ccp.audits.models import AuditCase, Message
from ccp.models import Evidence
from tests.support.audits import DAY, OPENED, again, answer, audited_cycle, decided, make_case, owner, person
from tests.support.builders import client_of, make_member, noon
from tests.support.evidence import attach, pdf, picture
from tests.support.pages import error_summary, read, words

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]


@pytest.fixture(autouse=True)
def _when_it_was_opened(time_machine: Any) -> None:
    time_machine.move_to(OPENED, tick=False)


def page(case: AuditCase, below: str = "") -> BeautifulSoup:
    return read(client_of(owner(case)).get(f"/audits/{case.pk}/{below}"))


def banner(case: AuditCase) -> str:
    return " ".join(words(found) for found in read(client_of(owner(case)).get("/")).select("[data-name=audit-banner]"))


def files(case: AuditCase, place: int = 0) -> str:
    return f"/audits/{case.pk}/entries/{items.of_case(case)[place].activity.pk}/files/"


# The banner


def test_home_says_what_is_asked_for_until_when_and_how_much_is_there() -> None:
    case = make_case(cycle=audited_cycle(points=("10", "10", "5"), amt="5"))
    assert banner(case) == "AMT asks for proof of 3 activities by Feb 16, 2027. None has a file. Open the audit"
    attach(items.of_case(case)[0].activity)
    assert "1 has a file." in banner(case)
    attach(items.of_case(case)[1].activity)
    assert "2 have a file." in banner(case)


@pytest.mark.parametrize(
    ("state", "said"),
    [
        pytest.param("drawn", "", id="drawn"),
        pytest.param("extension-asked", "AMT asks for proof", id="more time asked for"),
        pytest.param("submitted", "", id="AMT's move"),
        pytest.param("more-wanted", "AMT asks for more proof in your audit by Jan 29, 2027.", id="more asked for"),
        pytest.param("announced", "AMT has decided your audit. You can appeal until Feb 16, 2027.", id="decided"),
        pytest.param("closed", "", id="closed"),
    ],
)
def test_home_speaks_of_an_audit_while_the_member_can_do_something(state: str, said: str) -> None:
    assert banner(make_case(state)).startswith(said)
    assert bool(banner(AuditCase.objects.get())) is bool(said)


# The list and the page


def test_who_was_never_audited_reads_so() -> None:
    assert "You are not being audited, and have not been." in read(client_of(make_member()).get("/audits/")).text


def test_the_list_has_the_members_own_audits_with_whose_move_it_is() -> None:
    case = make_case()
    make_case()
    listed = read(client_of(owner(case)).get("/audits/"))
    assert [found["href"] for found in listed.select("article a")] == [f"/audits/{case.pk}/"]
    assert "Your move: send proof by Feb 16, 2027." in words(listed.body)


@pytest.mark.parametrize("state", [state for state in AuditCase.State if state != "decided"])
def test_the_page_says_whose_move_it_is_and_until_when(state: str) -> None:
    case = make_case(state)
    shown = page(case)
    assert words(shown.select_one("[data-name=audit-state]")) == case.get_state_display()
    move = words(shown.select_one("[data-name=move]"))
    assert re.match("Your move|AMT’s move|This audit is closed", move)
    if case.due_on:
        assert shown.select_one("[data-name=due-on]")["datetime"] == case.due_on.isoformat()
    else:
        assert state == "closed"


def test_amt_that_is_late_says_so(time_machine: Any) -> None:
    case = make_case("submitted")
    time_machine.move_to(noon(case.due_on), tick=False)
    assert "AMT is late" not in page(case).text
    time_machine.move_to(noon(case.due_on + DAY), tick=False)
    assert "AMT is late with this. Nothing is asked of you." in words(page(case).body)
    assert again(case).state == "submitted"


def test_who_opens_the_page_after_the_last_day_sees_what_follows_from_it(time_machine: Any) -> None:
    case = make_case()
    time_machine.move_to(noon(case.due_on + DAY), tick=False)
    assert "Your move, and overdue" in words(page(case).body)
    listed = read(client_of(owner(case)).get("/audits/"))
    assert "Your move, and overdue" in words(listed.body)


def test_each_entry_says_what_proves_it_and_what_is_there() -> None:
    case = make_case(cycle=audited_cycle(points=("20",), amt="10"))
    answer(case)
    own, from_amt = page(case).select("[data-name=audit-item]")
    assert "What proves it: The certificate of completion" in words(own)
    assert "certificate.png" in words(own)
    assert "claimed 20, counted 20" in words(own)
    assert "AMT credited this itself, so nothing is asked for." in words(from_amt)
    assert not from_amt.select("form")


# Files


def test_several_files_are_attached_at_once() -> None:
    case = make_case()
    sent = [SimpleUploadedFile("one.pdf", pdf()), SimpleUploadedFile("two.jpg", picture())]
    client = client_of(owner(case))
    answered = client.post(files(case), {"file": sent})
    assert answered.headers["Location"] == f"/audits/{case.pk}/#entry-{items.of_case(case)[0].activity.pk}"
    assert "one.pdf is attached. two.jpg is attached." in words(page_after(client, case).body)
    assert [file.original_name for file in items.of_case(case)[0].files] == ["one.pdf", "two.jpg"]
    field = page(case).select_one("input[type=file]")
    assert field.has_attr("multiple")
    assert field["accept"] == "image/*,application/pdf"


def page_after(client: Client, case: AuditCase) -> BeautifulSoup:
    return read(client.get(f"/audits/{case.pk}/"))


def test_a_file_that_cannot_be_attached_is_named_and_the_others_are_attached() -> None:
    case = make_case()
    sent = [SimpleUploadedFile("notes.txt", b"It was so."), SimpleUploadedFile("two.jpg", picture())]
    refused = read(client_of(owner(case)).post(files(case), {"file": sent}))
    [(_, sentence)] = error_summary(refused).items()
    assert "notes.txt: This is not a PDF" in sentence or "notes.txt: This is not a PDF" in words(refused.body)
    assert [file.original_name for file in Evidence.objects.all()] == ["two.jpg"]


@pytest.mark.parametrize("sent", [{}, {"file": SimpleUploadedFile("empty.pdf", b"")}], ids=["no file", "an empty one"])
def test_nothing_is_attached_without_a_file(sent: dict[str, Any]) -> None:
    case = make_case()
    refused = read(client_of(owner(case)).post(files(case), sent))
    assert "Choose" in words(refused.select_one(".error-summary"))
    assert not Evidence.objects.exists()


def test_an_entry_of_amt_or_of_another_cycle_takes_no_file_here() -> None:
    case = make_case(cycle=audited_cycle(points=("20",), amt="10"))
    from_amt = items.of_case(case)[1].activity
    client = client_of(owner(case))
    for key in (from_amt.pk, items.of_case(make_case())[0].activity.pk):
        for below in ("files/", "missing/"):
            assert client.post(f"/audits/{case.pk}/entries/{key}/{below}", {"text": "x"}).status_code == 404


# The forms


def test_what_is_missing_is_said_and_changed_and_kept_when_it_is_refused() -> None:
    case = make_case()
    client = client_of(owner(case))
    address = f"/audits/{case.pk}/entries/{items.of_case(case)[0].activity.pk}/missing/"
    assert "Say why you cannot send" in words(read(client.post(address, {"text": " "})).select_one(".error-summary"))
    for text in ("The provider closed.", "The provider closed in 2024."):
        assert client.post(address, {"text": text}).status_code == 302
    assert "You say: The provider closed in 2024." in words(page(case).body)
    assert read(client.get(address)).select_one("textarea").text.strip() == "The provider closed in 2024."
    long = "x" * 4001
    refused = read(client.post(address, {"text": long}))
    assert refused.select_one("textarea").text.strip() == long
    assert Message.objects.count() == 2


def test_more_time_is_asked_for_on_a_page_that_keeps_what_was_typed() -> None:
    case = make_case()
    client, address = client_of(owner(case)), f"/audits/{case.pk}/extension/"
    assert "until Mar 18, 2027 at the latest" in words(read(client.get(address)).body)
    for typed, sentence in (
        ({"wanted_on": "", "reason": "I am ill."}, "Enter the day"),
        ({"wanted_on": "2/16/2027", "reason": "I am ill."}, "You have until Feb 16, 2027 anyway."),
        ({"wanted_on": "3/19/2027", "reason": "I am ill."}, "More time ends on Mar 18, 2027 at the latest."),
        ({"wanted_on": "2/30/2027", "reason": "I am ill."}, "not a day in the calendar"),
        ({"wanted_on": "3/1/2027", "reason": ""}, "Say why you need more time."),
    ):
        refused = read(client.post(address, typed))
        assert sentence in words(refused.select_one(".error-summary"))
        assert refused.select_one("input[name=wanted_on]").get("value", "") == typed["wanted_on"]
        assert refused.select_one("textarea").text.strip() == typed["reason"]
    assert again(case).state == "notified"
    assert client.post(address, {"wanted_on": "March 1, 2027", "reason": "I am ill."}).status_code == 302
    assert "you asked for time until Mar 1, 2027" in words(page(case).select_one("[data-name=extension]"))
    assert not page(case).select("a[href$='/extension/']")


def test_the_proof_is_submitted_with_the_attestation_and_nothing_is_open() -> None:
    case = make_case()
    client, address = client_of(owner(case)), f"/audits/{case.pk}/submit/"
    assert client.get(address).status_code == 302
    refused = read(client.post(address, {}))
    assert "Check the box" in words(refused.select_one(".error-summary"))
    refused = read(client.post(address, {"attested": "on"}))
    assert "Course 1; Course 2" in words(refused.select_one(".error-summary"))
    assert refused.select_one("input[name=attested]").has_attr("checked")
    assert again(case).state == "notified"
    answer(case)
    assert "Submit 2 of 2" in words(page(case).body)
    assert client.post(address, {"attested": "on"}).status_code == 302
    shown = page(case)
    assert not shown.select("form[action$='/submit/'], form[action$='/files/']")
    assert "Submitted. AMT reviews what you sent" in words(page_after(client, case).body)


def test_the_decision_is_read_with_its_reasons_once_it_is_announced() -> None:
    case = make_case("second-review")
    assert not page(case).select("[data-name=verdict], [data-name=audit-outcome]")
    assert "As the file says." not in page(case).text
    case = decided(case, "18")
    shown = page(case)
    assert "You did not pass the audit" in words(shown.select_one("[data-name=audit-outcome]"))
    assert shown.select_one("[data-name=points-after-audit]")["value"] == "18"
    first, second = (words(found) for found in shown.select("[data-name=verdict]"))
    assert first.startswith("Counts: 18 of 18 points are proven.")
    assert second == "Does not count: 0 of 12 points are proven. As the file says."


def test_an_appeal_is_made_with_a_reason_and_answered_on_the_page() -> None:
    case = make_case("announced")
    client, address = client_of(owner(case)), f"/audits/{case.pk}/appeal/"
    assert "Say what you think is wrong" in words(read(client.post(address, {"reason": ""})).body)
    client.post(address, {"reason": "The file shows the date."})
    assert "The file shows the date." in words(page(case).body)
    for by in (person("board"), person("board")):
        cases.declare_conflict(case=case, has_conflict=False, by=by, at=OPENED)
        cases.take(case=case, by=by, at=OPENED)
        cases.decide_appeal(case=case, answer="We looked again.", by=by, at=OPENED)
    assert "The decision stays. We looked again." in words(page(case).body)


def test_messages_are_written_and_read_on_the_page() -> None:
    case = make_case()
    client = client_of(owner(case))
    assert "Write your message." in words(read(client.post(f"/audits/{case.pk}/message/", {"text": ""})).body)
    client.post(f"/audits/{case.pk}/message/", {"text": "Is a photo enough?"})
    cases.write_message(case=case, text="Yes.", by=person("coordinator"), at=OPENED)
    told = [words(found) for found in page(case).select("section[aria-labelledby=messages] li")]
    assert [re.sub(" · .*? (PM|AM)", "", line) for line in told] == ["You Is a photo enough?", "AMT Yes."]


def test_what_reviewers_do_among_themselves_is_not_shown() -> None:
    case = make_case("second-review")
    told = words(page(case).select_one("section[aria-labelledby=steps]"))
    assert "Submitted" in told or "Proof submitted" in told
    for hidden in ("conflict", "Taken", case.first_reviewer.email):
        assert hidden not in told


def test_nobody_else_reads_a_case(stranger: Member) -> None:
    case = make_case()
    activity = items.of_case(case)[0].activity.pk
    below = ["", "message/", "extension/", "submit/", "appeal/"]
    below += [f"entries/{activity}/files/", f"entries/{activity}/missing/"]
    for address in (f"/audits/{case.pk}/{part}" for part in below):
        assert client_of(stranger).get(address).status_code == 404
        posted = client_of(stranger).post(address, {"text": "x", "attested": "on"})
        assert posted.status_code == (405 if address == f"/audits/{case.pk}/" else 404)
        assert client_of(person("reviewer")).get(address).headers["Location"] == "/"
        assert Client().get(address).headers["Location"].startswith("/accounts/login/")


def test_the_page_of_a_case_takes_the_same_few_queries_whatever_is_in_it(
    django_assert_max_num_queries: Any,
) -> None:
    case = make_case(cycle=audited_cycle(points=tuple(["3"] * 10)))
    answer(case)
    client = client_of(owner(case))
    with django_assert_max_num_queries(10):
        client.get(f"/audits/{case.pk}/")
