"""A document that would have empty boxes is not issued, and whoever asks is told why."""

from io import BytesIO

import pytest
from pypdf import PdfReader

from amtportal.members.models import Member, User
from ccp.models import Activity, ActivityType, Transcript, TranscriptFile
from tests.support.builders import client_of, cycle_of, invoice_of, make_activity, make_amt_credit, make_payment
from tests.support.pages import read, submit, words
from tests.support.scripts import GARAY, SCRIPTS, empty_boxes

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_today")]

NUMBER = f"U+{ord(GARAY):04X}"


def told(page: object) -> list[str]:
    return [words(line) for line in page.select("[data-name=missing-character]")]


@pytest.mark.parametrize("address", ["/ccp/transcript/{}", "/ccp/transcript/all"])
def test_nothing_is_issued_and_the_sentence_says_which_character_and_where(new: Member, address: str) -> None:
    cycle, client = cycle_of(new), client_of(new)
    entry = make_activity(cycle, points="1", title=f"Wolof {GARAY}", provider=f"{GARAY} school")
    address = address.format(cycle.pk)
    expected = [f"“{GARAY}” ({NUMBER}): Title of {entry.reference}, Provider of {entry.reference}"]

    refused = read(client.get(f"{address}.pdf"), status=422)
    assert words(refused.h1) == "This document has characters that cannot be printed"
    assert told(refused) == expected
    assert "choose Amend" in words(refused.main)
    assert f"call AMT at 847-823-5169 and say the number of the character ({NUMBER})" in words(refused.main)

    page = read(client.get(f"{address}/"))
    assert told(page) == expected
    assert not page.select("[data-name=transcript-code]"), "no code"
    assert not page.select("main .actions a"), "no PDF"
    assert f"Wolof {GARAY}" in words(page.main), "the record is shown all the same"
    assert not Transcript.objects.exists()
    assert not TranscriptFile.objects.exists()


def test_it_is_issued_once_the_character_is_replaced(new: Member) -> None:
    cycle, client = cycle_of(new), client_of(new)
    entry = make_activity(cycle, points="1", title=f"Wolof {GARAY}", provider="School")
    assert client.get(f"/ccp/transcript/{cycle.pk}.pdf").status_code == 422
    submit(client, f"/ccp/activities/{entry.pk}/amend/", title="Wolof", attested="on")
    assert client.get(f"/ccp/transcript/{cycle.pk}.pdf").status_code == 200
    assert Transcript.objects.count() == 1


def test_staff_are_told_the_same_and_in_spanish_it_is_told_in_spanish(new: Member, staff: User) -> None:
    cycle = cycle_of(new)
    Member.objects.filter(pk=new.pk).update(first_name=GARAY)
    assert told(read(client_of(staff).get(f"/ccp/transcript/{cycle.pk}/"))) == [f"“{GARAY}” ({NUMBER}): Name"]
    page = read(client_of(new).get(f"/ccp/transcript/{cycle.pk}.pdf", headers={"accept-language": "es"}), status=422)
    assert told(page) == [f"“{GARAY}” ({NUMBER}): Nombre"]
    assert "llame a AMT" in words(page.main)


def test_what_amt_wrote_is_looked_at_too(new: Member) -> None:
    cycle = cycle_of(new)
    entry = make_amt_credit(cycle, points="1")
    ActivityType.objects.filter(pk=entry.activity_type_id).update(name=f"Course {GARAY}")
    page = read(client_of(new).get(f"/ccp/transcript/{cycle.pk}.pdf"), status=422)
    assert told(page) == [f"“{GARAY}” ({NUMBER}): List of activities"]
    assert not Transcript.objects.exists()


def test_no_invoice_and_no_receipt_has_boxes(met: Member) -> None:
    invoice, client = invoice_of(cycle_of(met)), client_of(met)
    paid = make_payment(invoice_of(cycle_of(met), 1), reference=f"Check {GARAY}")
    receipt = read(client.get(f"/invoices/{paid.invoice_id}.pdf"), status=422)
    assert told(receipt) == [f"“{GARAY}” ({NUMBER}): Reference of the payment"]
    Member.objects.filter(pk=met.pk).update(last_name=GARAY)
    assert told(read(client.get(f"/invoices/{invoice.pk}.pdf"), status=422)) == [f"“{GARAY}” ({NUMBER}): Name"]
    Member.objects.filter(pk=met.pk).update(first_name=SCRIPTS["Bengali"], last_name=SCRIPTS["Japanese"])
    answer = client.get(f"/invoices/{invoice.pk}.pdf")
    assert empty_boxes(answer.content) == 0


def test_a_list_that_is_not_printed_is_not_looked_at(new: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ccp.transcripts.contents.MOST_PRINTED", 0)
    cycle = cycle_of(new)
    make_activity(cycle, points="1", title=GARAY)
    assert client_of(new).get(f"/ccp/transcript/{cycle.pk}.pdf").status_code == 200


def test_a_title_of_several_lines_is_printed_in_one(new: Member) -> None:
    """A browser shows these line ends as spaces; no font has them."""
    cycle = cycle_of(new)
    make_activity(cycle, points="1", title="One\u2028two\u2029three", provider="Four\x85five")
    answer = client_of(new).get(f"/ccp/transcript/{cycle.pk}.pdf")
    assert empty_boxes(answer.content) == 0
    text = " ".join(PdfReader(BytesIO(answer.content)).pages[0].extract_text().split())
    assert "One two three Four five" in text
    assert Activity.objects.get().title == "One\u2028two\u2029three", "the record stays as it was typed"
