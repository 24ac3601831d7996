"""The transcript of a member's whole history, and the ways between a member's transcripts."""

import time
from datetime import date, timedelta
from decimal import Decimal
from io import BytesIO

import pytest
from django.db import connection
from pypdf import PdfReader
from time_machine import TimeMachineFixture

from amtportal.members.models import Member
from ccp.models import Transcript
from ccp.transcripts import contents as transcripts
from certifications.models import Cycle
from tests.support.builders import (
    TODAY,
    client_of,
    cycle_of,
    invoice_of,
    make_activity,
    make_cycle,
    make_member,
    make_payment,
    noon,
    record_more,
)
from tests.support.pages import read, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_today")]
LATER = TODAY + timedelta(days=60)


def pdf_text(answer: object) -> str:
    return " ".join(" ".join(leaf.extract_text().split()) for leaf in PdfReader(BytesIO(answer.content)).pages)


@pytest.fixture
def member(on_today: TimeMachineFixture) -> Member:
    """RMA with a cycle that closed as compliant with 30 of 30, and the next with 2. RPT has 4."""
    member = make_member(first_name="Hana", last_name="History")
    first = make_cycle(member)
    make_activity(first, points="30", at=noon(TODAY - timedelta(days=1)))
    for year in (1, 2, 3):
        make_payment(invoice_of(first, year))
    rpt = make_cycle(member, credential="RPT", awarded_on=date(2024, 9, 15))
    make_activity(rpt, points="4", title="Venipuncture")
    on_today.move_to(noon(LATER))
    client_of(member).get("/certifications/")  # this closes the first cycle and opens the next
    second = Cycle.objects.select_related("certification__member").get(certification=first.certification, number=2)
    make_activity(second, points="2", title="Next course", starts_on=LATER - timedelta(days=3), at=noon(LATER))
    return member


def test_every_cycle_of_every_certification_is_told_with_its_totals(member: Member) -> None:
    page = read(client_of(member).get("/ccp/transcript/all/"))
    assert [words(heading) for heading in page.select("main section > h2")] == [
        "Registered Phlebotomy Technician (RPT), CCP cycle Sep 15, 2024 to Sep 14, 2027",
        "Registered Medical Assistant (RMA), CCP cycle May 1, 2023 to Apr 30, 2026",
        "Registered Medical Assistant (RMA), CCP cycle May 1, 2026 to Apr 30, 2029",
    ]
    rpt, closed, following = (words(section) for section in page.select("main section"))
    assert "Points counted 30 Requirement Met on Mar 13, 2026 Status Closed on May 13, 2026 as compliant" in closed
    assert "Points counted 2 Requirement 28 points to go" in following
    assert "Next course" in following
    assert "Total counted 4 points" in rpt


def test_the_pdf_says_the_same(member: Member) -> None:
    answer = client_of(member).get("/ccp/transcript/all.pdf")
    assert answer.headers["Content-Disposition"] == (
        f'attachment; filename="CE-transcript-{member.amt_id}-all-{LATER.isoformat()}.pdf"'
    )
    text = pdf_text(answer)
    for said in (
        "Hana History",
        "Whole history: every CCP cycle of every certification",
        "5/1/2023 to 4/30/2026 30 30 Met on Mar 13, 2026. Closed on May 13, 2026 as compliant",
        "5/1/2026 to 4/30/2029 30 2 28 points to go",
        "Total, RPT Sep 15, 2024 to Sep 14, 2027",
        "Venipuncture",
        "All categories 30 30",
        "All categories 2 2",
        "All categories 4 4",
    ):
        assert said in text
    assert Transcript.objects.get().cycle is None


def test_a_past_cycle_has_its_own_transcript(member: Member) -> None:
    past = Cycle.objects.get(certification__member=member, closed_on__isnull=False)
    text = pdf_text(client_of(member).get(f"/ccp/transcript/{past.pk}.pdf"))
    for said in ("CCP cycle May 1, 2023 to Apr 30, 2026", "Points counted 30", "Met on Mar 13, 2026", "as compliant"):
        assert said in text


def test_each_transcript_leads_to_the_others(member: Member) -> None:
    client = client_of(member)
    addresses = {f"/ccp/transcript/{cycle.pk}/" for cycle in Cycle.objects.for_member(member)} | {
        "/ccp/transcript/all/"
    }
    assert len(addresses) == 4
    for address in addresses:
        links = {link["href"] for link in read(client.get(address)).select("nav[aria-labelledby=other-transcripts] a")}
        assert links == addresses - {address}


def test_staff_are_not_led_to_a_history_of_their_own(member: Member, staff: object) -> None:
    page = read(client_of(staff).get(f"/ccp/transcript/{cycle_of(member, 'RPT').pk}/"))
    assert not page.select('a[href="/ccp/transcript/all/"]')


def test_a_member_without_certifications_has_a_history_too() -> None:
    client = client_of(make_member())
    assert "No certification is on record." in words(read(client.get("/ccp/transcript/all/")).main)
    assert "No certification is on record." in pdf_text(client.get("/ccp/transcript/all.pdf"))


@pytest.mark.any_database
@pytest.mark.slow
def test_5000_entries_are_told_in_totals_within_ten_seconds_of_a_processor(member: Member) -> None:
    """4 + 5,000 × 0.25 = 1,254 of RPT.

    The page and the document say where the entries are.
    """
    rpt = cycle_of(member, "RPT")
    record_more(member.activities.get(title="Venipuncture"), [rpt], 5000)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")  # a database does this by itself, but not within a transaction
    client = client_of(member)
    for address in ("/ccp/transcript/all", f"/ccp/transcript/{rpt.pk}"):
        start = time.process_time()
        page, file = client.get(f"{address}/"), client.get(f"{address}.pdf")
        assert time.process_time() - start < 10
        assert "The list of them is too long for one page, so these are the totals." in words(read(page).main)
        assert client.get(read(page).find("a", string="See each entry of this cycle")["href"]).status_code == 200
        assert "The list of them is too long for a PDF, so these are the totals." in pdf_text(file)
        assert "The member finds each entry in My AMT Portal, under Activities." in pdf_text(file)
        assert "1254" in pdf_text(file)


@pytest.mark.parametrize(
    ("limit", "told"),
    [
        pytest.param("MOST_PRINTED", "are_rows_printed", id="the document"),
        pytest.param("MOST_LISTED", "are_rows_listed", id="the page"),
    ],
)
def test_the_most_that_is_listed_is_listed(
    member: Member, monkeypatch: pytest.MonkeyPatch, limit: str, told: str
) -> None:
    """There are three entries, and three may be listed."""
    cycles = transcripts.cycles_of(member)
    for most, listed in ((3, True), (2, False)):
        monkeypatch.setattr(transcripts, limit, most)
        assert getattr(transcripts.of_member(member, cycles), told) is listed


def test_the_page_has_each_entry_where_the_document_has_the_totals_only(
    member: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Titles and providers have one letter more than the document takes."""
    monkeypatch.setattr(transcripts, "MOST_PRINTED_TEXT", len("Venipuncture") + len("Next course") - 1)
    client = client_of(member)
    page, text = words(read(client.get("/ccp/transcript/all/")).main), pdf_text(client.get("/ccp/transcript/all.pdf"))
    assert "Venipuncture" in page
    assert "the PDF has the totals only. Print this page to have each entry on paper." in page
    assert "Venipuncture" not in text
    assert "Entries on record: 3." in text
    assert "too long" not in words(read(client.get(f"/ccp/transcript/{cycle_of(member, 'RPT').pk}/")).main)


def test_my_certifications_lead_to_the_whole_history(member: Member) -> None:
    page = read(client_of(member).get("/certifications/"))
    assert page.find("a", string="CE transcript, whole history")["href"] == "/ccp/transcript/all/"


def test_the_points_are_read_with_the_day_on_which_they_met_the_requirement(met: Member) -> None:
    """A cycle was read before the last entry came.

    It is read again with its credits: it has 30 points, and is met.
    """
    stale = cycle_of(met)
    stale.requirement_met_on = None
    (sheet,) = transcripts.of_cycle(stale).sheets
    assert (sheet.counted, sheet.met_on) == (Decimal(30), date(2026, 3, 13))
