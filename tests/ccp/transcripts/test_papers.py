"""The digital card, the letter of good standing and the certificate of completion: who gets them, and what they say."""

from datetime import date, timedelta
from decimal import Decimal
from io import BytesIO

import pikepdf
import pytest
from bs4 import BeautifulSoup
from django.db import IntegrityError
from django.test import Client
from pypdf import PdfReader
from pytest_django.fixtures import Settings
from time_machine import TimeMachineFixture

from amtportal.members.models import Member
from ccp.models import Transcript, TranscriptFile
from ccp.transcripts import papers
from certifications import corrections, life
from certifications.models import Certification, Cycle, RenewalInvoice
from tests.support.builders import (
    TODAY,
    client_of,
    cycle_of,
    invoice_of,
    make_activity,
    make_cycle,
    make_member,
    make_payment,
    make_user,
    noon,
)
from tests.support.pages import read, words
from tests.support.tagged import assert_tagged

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_today", "terms_known")]


@pytest.fixture
def cycle() -> Cycle:
    """RMA with 12 of 30 points, whose fees of the years 1 and 2 are paid."""
    member = make_member(first_name="Zoë", last_name="O’Hara", amt_id="A-1234567")
    cycle = make_cycle(member, certificate_number="20230501")
    for year in (1, 2):
        make_payment(invoice_of(cycle, year))
    make_activity(cycle, points="12", title="Hematology")
    return cycle_of(member)


@pytest.fixture
def signed_in(cycle: Cycle) -> Client:
    return client_of(cycle.certification.member)


def letter_of(cycle: Cycle) -> str:
    return f"/account/letter/{cycle.certification_id}"


def change_to(cycle: Cycle, status: str) -> None:
    life.change_status(
        certification=cycle.certification, to=status, reason="x", by=make_user(is_staff=True), at=noon(TODAY)
    )


def meet(cycle: Cycle) -> None:
    make_activity(cycle, points="18", title="Blood cultures")


def text_of(pdf: bytes) -> str:
    return " ".join(" ".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages).split())


def checked(issue: Transcript) -> BeautifulSoup:
    answer = Client().get(f"/verify/{issue.code}/")
    assert answer.status_code == 200
    return read(answer)


# The card


def test_the_card_says_who_is_certified_until_when_and_where_to_check_it(signed_in: Client, cycle: Cycle) -> None:
    page = read(signed_in.get("/account/card/"))
    [card] = page.select("[data-name=card]")
    issue = Transcript.objects.get()
    said = {one["data-name"]: words(one) for one in card.select("[data-name]")}
    assert said == {
        "name": "Zoë O’Hara",
        "status": "Active, in force",
        "valid-until": "Apr 30, 2026",
        "certificate-number": "20230501",
        "card-code": issue.grouped_code,
    }
    assert "Registered Medical Assistant" in words(card)
    assert words(card.select_one("svg.qr title")) == f"QR code of http://localhost:8000/verify/{issue.code}/"
    assert "A-1234567" not in words(card), "the AMT ID is nobody's business"


def test_the_same_record_has_one_card_and_a_changed_one_another(signed_in: Client, cycle: Cycle) -> None:
    signed_in.get("/account/card/")
    signed_in.get("/account/card/")
    assert Transcript.objects.count() == 1
    change_to(cycle, "retired")
    [card] = read(signed_in.get("/account/card/")).select("[data-name=card]")
    assert card["data-in-force"] == "no"
    assert "Retired, not in force" in words(card)
    assert "Not in force since Mar 14, 2026" in words(card)
    assert "Valid until" not in words(card)
    assert Transcript.objects.count() == 2


def test_each_certification_has_a_card(signed_in: Client, cycle: Cycle) -> None:
    make_cycle(cycle.certification.member, credential="MLT", awarded_on=date(2025, 1, 1))
    assert len(read(signed_in.get("/account/card/")).select("[data-name=card]")) == 2
    assert Transcript.objects.count() == 2


def test_a_member_without_a_certification_has_no_card() -> None:
    page = client_of(make_member()).get("/account/card/")
    assert page.status_code == 200
    assert not read(page).select("[data-name=card]")


def test_a_name_that_no_font_has_is_on_the_page_but_not_issued(cycle: Cycle) -> None:
    Member.objects.update(last_name="\U0001f9e0\U000e0100\ue000")
    page = read(client_of(cycle.certification.member).get("/account/card/"))
    assert page.select("[data-name=missing-character]")
    assert page.select("[data-name=card]")
    assert not page.select("svg.qr")
    assert not Transcript.objects.exists()


@pytest.mark.any_database
@pytest.mark.parametrize("language", ["en", "es"])
def test_the_wallet_card_has_two_tagged_sides(signed_in: Client, cycle: Cycle, language: str) -> None:
    answer = signed_in.get(f"/account/card/{cycle.certification_id}.pdf", headers={"Accept-Language": language})
    assert answer.headers["Content-Disposition"] == 'attachment; filename="AMT-card-RMA-2026-03-14.pdf"'
    assert_tagged(answer.content, language, figures=2)
    with pikepdf.open(BytesIO(answer.content)) as pdf:
        sizes = [[round(float(side) / 72 * 25.4, 1) for side in page.MediaBox[2:]] for page in pdf.pages]
    assert sizes == [[85.6, 54.0]] * 2, "millimeters"
    issue = Transcript.objects.get(kind="card")
    assert issue.grouped_code in text_of(answer.content)
    assert issue.files.count() == 1


# The letter


@pytest.mark.any_database
def test_a_letter_has_two_wordings_and_two_languages_under_one_code(signed_in: Client, cycle: Cycle) -> None:
    said = {}
    for wording, language in [("employer", "en"), ("member", "en"), ("employer", "es")]:
        answer = signed_in.get(f"{letter_of(cycle)}.pdf", {"wording": wording, "language": language})
        assert_tagged(answer.content, language, figures=2)
        said[wording, language] = text_of(answer.content)
    issue = Transcript.objects.get(kind="letter")
    assert issue.files.count() == 3
    for text in said.values():
        assert issue.grouped_code in text
        assert "20230501" in text
    assert "To whom it may concern: Zoë O’Hara is certified by American Medical Technologists" in said["employer", "en"]
    assert "Dear Zoë O’Hara:" in said["member", "en"]
    assert "A quien corresponda:" in said["employer", "es"]
    assert "Valid until Apr 30, 2026" in said["employer", "en"]


def test_what_is_no_wording_and_no_language_is_refused(signed_in: Client, cycle: Cycle) -> None:
    answer = signed_in.get(f"{letter_of(cycle)}.pdf", {"wording": "x", "language": "fr"})
    assert answer.status_code == 400
    page = words(read(answer, 400).main)
    assert "Choose to whom the letter is written, from the list." in page
    assert "Choose the language of the letter, from the list." in page
    assert not Transcript.objects.exists()


@pytest.mark.parametrize(
    ("status", "what_to_do"),
    [
        ("lapsed", "To ask how it can be reinstated, call AMT at"),
        ("retired", "To ask how it can be reinstated, call AMT at"),
        ("revoked", "If you have a question, call AMT at"),
    ],
)
def test_who_is_not_in_force_gets_no_letter(signed_in: Client, cycle: Cycle, status: str, what_to_do: str) -> None:
    change_to(cycle, status)
    sentence = f"Your RMA certification is {status} and not in force, so it is not in good standing."
    assert_refused(signed_in, cycle, sentence, what_to_do)


def test_who_owes_a_fee_gets_no_letter(signed_in: Client, cycle: Cycle) -> None:
    RenewalInvoice.objects.filter(cycle=cycle, year=2).update(due_on=TODAY - timedelta(days=1), status="issued")
    page = assert_refused(
        signed_in,
        cycle,
        "The year-2 fee of your RMA certification was due on Mar 13, 2026 and is not paid.",
        "Pay it. The letter is ready as soon as the payment is on record.",
    )
    assert page.select_one(f"a[href='/invoices/{invoice_of(cycle, 2).pk}/']")


def test_a_fee_is_not_overdue_on_the_day_it_is_due(signed_in: Client, cycle: Cycle) -> None:
    RenewalInvoice.objects.filter(cycle=cycle, year=2).update(due_on=TODAY, status="issued")
    assert read(signed_in.get(f"{letter_of(cycle)}/")).select_one("main form[action$='.pdf']")


def test_who_is_in_the_grace_period_gets_no_letter(
    signed_in: Client, cycle: Cycle, on_today: TimeMachineFixture
) -> None:
    on_today.move_to(noon(date(2026, 5, 2)))
    assert_refused(
        client_of(cycle.certification.member),
        cycle,
        "Your RMA cycle ended on Apr 30, 2026, and its CCP requirement is not met yet.",
        "Record the points that are missing by Jul 29, 2026. Then ask for the letter again.",
    )


def assert_refused(client: Client, cycle: Cycle, sentence: str, what_to_do: str) -> BeautifulSoup:
    for address, status in ((f"{letter_of(cycle)}/", 200), (f"{letter_of(cycle)}.pdf", 409)):
        answer = client.get(address)
        page = read(answer, status)
        assert words(page.select_one("[data-name=refused]")).startswith(f"{sentence} {what_to_do}")
        assert not page.select("main form[action$='.pdf']")
    assert not Transcript.objects.exists()
    return page


# The certificate of completion


def test_a_cycle_whose_requirement_is_not_met_has_no_certificate(signed_in: Client, cycle: Cycle) -> None:
    answer = signed_in.get(f"/ccp/completion/{cycle.pk}.pdf")
    assert answer.status_code == 409
    assert words(read(answer, 409).select_one("[data-name=refused]")) == (
        "The CCP requirement of your RMA cycle May 1, 2023 to Apr 30, 2026 (30 points) is not met. "
        "Record the points that are missing. Then the certificate is ready at once."
    )
    assert "Certificate of completion" not in words(read(signed_in.get("/certifications/")).main)


@pytest.mark.any_database
def test_a_cycle_whose_requirement_is_met_has_one(signed_in: Client, cycle: Cycle) -> None:
    meet(cycle)
    link = read(signed_in.get("/certifications/")).find("a", string="Certificate of completion")
    answer = signed_in.get(link["href"])
    assert_tagged(answer.content, "en", figures=2)
    text = text_of(answer.content)
    for said in (
        "AMT certifies that Zoë O’Hara has met the requirement of 30 continuing education points",
        "in the CCP cycle May 1, 2023 to Apr 30, 2026 as Registered Medical Assistant (RMA)",
        "requirement met on Mar 14, 2026",
    ):
        assert said in text
    page = words(checked(Transcript.objects.get(kind="completion")).main)
    assert "All that it says still holds." in page


@pytest.mark.parametrize(
    ("outcome", "points", "mandatory", "has_one"),
    [
        ("compliant", "30", True, True),
        ("compliant", "12", True, True),  # AMT's decision
        ("non-compliant", "12", True, False),
        ("compliant", "12", False, False),  # it closes so without points
        ("compliant", "30", False, True),
    ],
)
def test_a_closed_cycle_is_judged_as_amt_closed_it(
    cycle: Cycle, outcome: str, points: str, mandatory: bool, has_one: bool
) -> None:
    close(cycle, outcome=outcome, points=points, mandatory=mandatory)
    assert papers.is_complete(cycle) is has_one


def close(cycle: Cycle, *, outcome: str, points: str, mandatory: bool = True) -> None:
    cycle.closed_on, cycle.outcome = cycle.ends_on + timedelta(days=1), outcome
    cycle.points_at_close, cycle.mandatory_at_close = Decimal(points), mandatory
    cycle.save()


def test_what_an_audit_took_back_is_no_longer_complete(signed_in: Client, cycle: Cycle) -> None:
    meet(cycle)
    cycle.refresh_from_db()
    close(cycle, outcome="compliant", points="30")
    address = f"/ccp/completion/{cycle.pk}.pdf"
    assert signed_in.get(address).status_code == 200
    corrections.sign(
        cycle=cycle,
        points=Decimal(10),
        outcome="non-compliant",
        statement="Not proven.",
        by=make_user(is_staff=True),
        at=noon(TODAY),
    )
    assert signed_in.get(address).status_code == 409
    page = checked(Transcript.objects.get(kind="completion"))
    assert page.select_one("[data-changed=yes]")
    assert "The requirement is no longer met." in words(page.main)


# Checking


def test_whoever_checks_a_card_reads_what_is_printed_and_no_more(signed_in: Client, cycle: Cycle) -> None:
    signed_in.get("/account/card/")
    page = checked(Transcript.objects.get())
    assert words(page.h1) == "Digital card, issued by AMT"
    assert page.select_one("[data-changed=no]")
    for said in ("Zoë O’Hara", "Registered Medical Assistant (RMA)", "20230501", "Active, in force", "Apr 30, 2026"):
        assert said in words(page.select_one("[data-name=as-issued]"))
    for secret in ("A-1234567", "Hematology", "12", "May 1, 2023", cycle.certification.member.user.email):
        assert secret not in words(page.main).replace("12 letters", "")


def test_whoever_checks_reads_what_is_true_now(signed_in: Client, cycle: Cycle) -> None:
    signed_in.get("/account/card/")
    signed_in.get(f"{letter_of(cycle)}.pdf")
    change_to(cycle, "revoked")
    for kind in ("card", "letter"):
        page = checked(Transcript.objects.get(kind=kind))
        assert page.select_one("[data-changed=yes]")
        assert "Revoked, not in force" in words(page.select_one("[data-name=now]"))
        assert "Active, in force" in words(page.select_one("[data-name=as-issued]"))
    assert "The certification is not in good standing now." in words(page.main)


def test_a_changed_name_is_not_told(signed_in: Client, cycle: Cycle) -> None:
    signed_in.get("/account/card/")
    Member.objects.update(last_name="Miller")
    page = checked(Transcript.objects.get())
    assert page.select_one("[data-changed=yes]")
    assert "The status is the same; a detail, such as a name, has changed." in words(page.main)
    assert "Miller" not in words(page.main)


def test_the_file_of_a_letter_is_known(signed_in: Client, cycle: Cycle) -> None:
    content = signed_in.get(f"{letter_of(cycle)}.pdf").content
    code = Transcript.objects.get().code
    for sent, verdict in ((content, "exact"), (content + b" ", "unknown")):
        answer = Client().post(f"/verify/{code}/", {"file": BytesIO(sent)})
        assert read(answer).select_one("[data-verdict]")["data-verdict"] == verdict
    assert TranscriptFile.objects.count() == 1


def test_pdfs_are_limited(signed_in: Client, cycle: Cycle, settings: Settings) -> None:
    settings.ACCOUNT_RATE_LIMITS = {"pdf": "1/m/user"}
    address = f"/ccp/completion/{cycle.pk}.pdf"
    assert [signed_in.get(address).status_code for _ in range(2)] == [409, 429]


def test_a_paper_is_of_its_kind(cycle: Cycle, signed_in: Client) -> None:
    signed_in.get("/account/card/")
    issue = Transcript.objects.get()
    assert issue.certification_id == Certification.objects.get().pk
    with pytest.raises(IntegrityError):
        Transcript.objects.create(
            kind="letter",
            member=issue.member,
            code="0" * 16,
            content_hash="0",
            snapshot={},
            issued_at=noon(TODAY),
            issued_by=issue.issued_by,
        )
