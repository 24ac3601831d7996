"""The CE transcript: its page, and its PDF as other programs read it."""

from datetime import date, timedelta
from decimal import Decimal
from io import BytesIO

import pikepdf
import pytest
from django.test import Client
from pypdf import PdfReader
from time_machine import TimeMachineFixture

from amtportal.documents import layout as documents
from amtportal.members.models import Member, User
from ccp.recording import verbs as recording
from certifications.models import Cycle
from tests.support.builders import (
    TODAY,
    client_of,
    cycle_of,
    make_activity,
    make_amt_credit,
    make_cycle,
    make_member,
    noon,
    set_terms,
)
from tests.support.pages import read, words
from tests.support.scripts import SCRIPTS, drawn_fonts, empty_boxes

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_today")]


@pytest.fixture
def cycle() -> Cycle:
    """12 + 1.5 of two courses and 7 of a talk count: 20.5 of 30.

    A cap on talks cuts 1 of the 8 claimed.
    """
    set_terms("presentation", cap=Decimal(7))
    member = make_member(first_name="Zoë", last_name="O’Hara-Łukasz", amt_id="A-1234567")
    cycle = make_cycle(member, certificate_number="20230501")
    make_activity(cycle, points="12", title="Hematology", provider="ABC College", starts_on=date(2025, 6, 1))
    make_activity(cycle, points="1.5", kind="self-study", starts_on=date(2025, 6, 2), ends_on=date(2025, 6, 4))
    make_activity(cycle, points="8", kind="presentation", title="Blood cultures", starts_on=date(2025, 7, 1))
    return cycle_of(member)


@pytest.fixture
def signed_in(cycle: Cycle) -> Client:
    return client_of(cycle.certification.member)


def printed(client: Client, cycle: Cycle) -> bytes:
    answer = client.get(f"/ccp/transcript/{cycle.pk}.pdf")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/pdf")
    return answer.content


def text_of(pdf: bytes) -> list[str]:
    """Return the words of each page."""
    return [" ".join(page.extract_text().split()) for page in PdfReader(BytesIO(pdf)).pages]


def test_the_page_lists_every_activity_by_category_with_subtotals(signed_in: Client, cycle: Cycle) -> None:
    page = read(signed_in.get(f"/ccp/transcript/{cycle.pk}/"))
    tables = {
        words(table.caption): [words(row) for row in table.select("tbody tr, tfoot tr")]
        for table in page.select("main table")
    }
    course, quiz, talk = cycle.certification.member.activities.order_by("pk")
    assert tables == {
        "Professional Education": [
            f"Hematology {course.reference} · Course, seminar or webinar · ABC College 6/1/2025 12 12",
            f"Self-study or journal quiz {quiz.reference} 6/2/2025 to 6/4/2025 1.5 1.5",
            "Subtotal 13.5 13.5",
        ],
        "Instructional Presentations": [
            f"Blood cultures {talk.reference} · Presentation or lecture given Over the most that this activity type "
            "can count for in one cycle. 7/1/2025 8 7",
            "Subtotal 8 7",
        ],
    }


def test_a_transcript_says_who_recorded_what(signed_in: Client, cycle: Cycle) -> None:
    address, alone = f"/ccp/transcript/{cycle.pk}/", "Recorded by the member, who attests"
    own = read(signed_in.get(address))
    assert alone in words(own.main)
    assert "Credited by AMT" not in words(own.main)
    assert alone in text_of(printed(signed_in, cycle))[0]
    credited = make_amt_credit(cycle, points="3", title="Annual meeting", starts_on=date(2025, 7, 2))
    page = read(signed_in.get(address))
    [row] = [words(row) for row in page.select("main tbody tr") if credited.reference in words(row)]
    assert "Credited by AMT" in row
    both = (
        "Entries marked “Credited by AMT” were credited by American Medical Technologists (AMT). The member recorded "
        "the others, attests that they are correct and keeps the documents that prove them."
    )
    for text in (words(page.main), text_of(printed(signed_in, cycle))[0]):
        assert both in text
        assert alone not in text
        assert text.count("Credited by AMT") == 2


def test_the_page_says_whose_and_which_and_how_much(signed_in: Client, cycle: Cycle) -> None:
    page = words(read(signed_in.get(f"/ccp/transcript/{cycle.pk}/")).main)
    for said in (
        "Member Zoë O’Hara-Łukasz",
        "AMT ID A-1234567",
        "RMA 20230501, awarded May 1, 2023",
        "Certification status Active",
        "Points required 30",
        "Points counted 20.5",
        "9.5 points to go",
        "Date of issue Mar 14, 2026, Central Time (America/Chicago)",
    ):
        assert said in page


def test_the_pdf_says_the_same(signed_in: Client, cycle: Cycle) -> None:
    (text,) = text_of(printed(signed_in, cycle))
    for said in (
        "Zoë O’Hara-Łukasz",
        "A-1234567",
        "Registered Medical Assistant (RMA), CCP cycle May 1, 2023 to Apr 30, 2026",
        "RMA 20230501, awarded May 1, 2023, active",
        "Points required 30",
        "Points counted 20.5",
        "9.5 points to go",
        "Hematology",
        "Over the most that this activity type can count for in one cycle.",
        "ABC College",
        "6/2/2025 to 6/4/2025",
        "Subtotal, Professional Education 13.5 13.5",
        "Subtotal, Instructional Presentations 8 7",
        "Total Category Claimed Counted Professional Education 13.5 13.5 Instructional Presentations 8 7",
        "All categories 21.5 20.5",
        "Date of issue Mar 14, 2026, Central Time (America/Chicago)",
        "Page 1 of 1",
    ):
        assert said in text


@pytest.mark.any_database
@pytest.mark.slow
def test_a_long_pdf_counts_its_pages_and_names_the_member_on_each(cycle: Cycle) -> None:
    for n in range(60):
        make_activity(cycle, points="0.25", title=f"Seminar number {n}", starts_on=date(2025, 8, 1) + timedelta(days=n))
    pages = text_of(printed(client_of(cycle.certification.member), cycle))
    assert len(pages) >= 3
    for n, text in enumerate(pages, start=1):
        assert f"Page {n} of {len(pages)}" in text
        assert "Issued Mar 14, 2026, Central Time (America/Chicago)" in text
        assert n == 1 or "CE transcript – Zoë O’Hara-Łukasz – AMT ID A-1234567" in text
    assert "Seminar number 0" in pages[0]
    assert "All categories 36.5 35.5" in pages[-1], "21.5 + 60 × 0.25 = 36.5 claimed, 1 less counted"


def test_the_pdf_is_tagged_for_screen_readers(signed_in: Client, cycle: Cycle) -> None:
    """The file is PDF/UA-1 and says so itself.

    It is marked, with a tree of tags, a language, and a title that the window shows.
    """
    with pikepdf.open(BytesIO(printed(signed_in, cycle))) as pdf:
        assert pdf.Root.MarkInfo.Marked
        assert str(pdf.Root.Lang) == "en-US"
        assert pdf.Root.ViewerPreferences.DisplayDocTitle
        with pdf.open_metadata() as metadata:
            assert metadata["pdfuaid:part"] == "1"
            assert metadata["dc:title"] == "CE transcript – Zoë O’Hara-Łukasz – RMA"
        tags = [str(tag.S) for tag in _tags(pdf.Root.StructTreeRoot)]
        assert {"/H1", "/Table", "/TR", "/TH", "/TD", "/Caption"} <= set(tags)
        assert tags.count("/Table") == 4, "the facts, two categories, the total"
        heads = {str(tag.ID) for tag in tagged(pdf, "/TH") if "/ID" in tag}
        cells = [tag for tag in tagged(pdf, "/TD") if "/A" in tag]
        assert len(cells) > 20
        for tag in cells:
            assert {str(head) for head in tag.A.Headers} & heads, "each cell names its heads"
        mark, code = (str(figure.Alt) for figure in tagged(pdf, "/Figure"))
        assert mark == "AMT"
        assert code.startswith("QR code of http://localhost:8000/verify/")


def test_all_that_is_drawn_is_tagged_or_an_artifact(signed_in: Client, cycle: Cycle) -> None:
    """Every letter and line is between a mark and its end."""
    with pikepdf.open(BytesIO(printed(signed_in, cycle))) as pdf:
        for leaf in pdf.pages:
            depth = 0
            for operands, operator in pikepdf.parse_content_stream(leaf):
                depth += {"BDC": 1, "BMC": 1, "EMC": -1}.get(str(operator), 0)
                assert depth > 0 or str(operator) not in ("Tj", "TJ", "Do"), operands
            assert depth == 0


def test_the_fonts_are_in_the_pdf(signed_in: Client, cycle: Cycle) -> None:
    with pikepdf.open(BytesIO(printed(signed_in, cycle))) as pdf:
        fonts = [font for page in pdf.pages for font in page.Resources.Font.values()]
        assert fonts
        for font in fonts:
            (descendant,) = font.DescendantFonts
            assert "+Public-Sans" in str(descendant.BaseFont), "the typeface of the site"
            assert any(name in descendant.FontDescriptor for name in ("/FontFile2", "/FontFile3"))


def _tags(node: pikepdf.Object) -> list[pikepdf.Object]:
    """Yield every structure element below a node."""
    children = node.get("/K", [])
    below = list(children) if isinstance(children, pikepdf.Array) else [children]
    found = [child for child in below if isinstance(child, pikepdf.Dictionary) and "/S" in child]
    return [tag for child in found for tag in [child, *_tags(child)]]


def tagged(pdf: pikepdf.Pdf, kind: str) -> list[pikepdf.Object]:
    return [tag for tag in _tags(pdf.Root.StructTreeRoot) if str(tag.S) == kind]


def test_names_and_titles_that_run_from_right_to_left_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine does not find the direction out by itself: a comma would be on the wrong side."""
    made: list[str] = []
    monkeypatch.setattr(documents, "pdf", lambda html, *drawn: made.append(html) or b"")
    member = make_member(first_name="محمد", last_name="علي")
    cycle = make_cycle(member)
    make_activity(cycle, points="1", title="שלום CPR!", provider="جامعة, 2")
    make_activity(cycle, points="2", title="CPR שלום", provider="ABC")
    printed(client_of(member), cycle)
    for said in (
        '<td class="figure" dir="rtl">محمد علي</td>',
        '<bdi dir="rtl">שלום CPR!</bdi>',
        '<td dir="rtl">جامعة, 2</td>',
        '<bdi dir="ltr">CPR שלום</bdi>',
    ):
        assert said in made[0]


def test_names_of_all_kinds_are_drawn_with_real_letters() -> None:
    """Glyph 0, which is the empty box, is never drawn."""
    member = make_member(first_name=SCRIPTS["Japanese"], last_name=SCRIPTS["Arabic"])
    cycle = make_cycle(member)
    for name in ("Bengali", "Ethiopic", "Emoji", "Hebrew", "Thai"):
        make_activity(cycle, points="1", title=SCRIPTS[name], provider=SCRIPTS[name])
    pdf = printed(client_of(member), cycle)
    assert empty_boxes(pdf) == 0
    assert {"Noto-Sans-CJK-JP-Bold", "Noto-Sans-Ethiopic", "Noto-Emoji"} <= drawn_fonts(pdf)


@pytest.mark.any_database
@pytest.mark.slow
def test_a_page_holds_at_most_40_rows_under_a_repeated_head_and_no_row_is_split(cycle: Cycle) -> None:
    for n in range(90):
        title = f"Seminar {n} first words " + "and on " * (20 if n % 9 == 0 else 0) + f"end of {n}."
        make_activity(cycle, points="0.25", title=title, starts_on=date(2024, 1, 1) + timedelta(days=n))
    pages = text_of(printed(client_of(cycle.certification.member), cycle))
    rows = [leaf.count("first words") for leaf in pages]
    assert sum(rows) == 90
    assert 15 <= max(rows) <= 40
    for leaf, count in zip(pages, rows, strict=True):
        assert not count or "Reference Dates Activity Provider Claimed Counted" in leaf
        for n in range(90):
            assert (f"Seminar {n} first" in leaf) == (f"end of {n}." in leaf)


@pytest.mark.any_database
@pytest.mark.slow
def test_rows_of_one_line_come_to_40_a_page(cycle: Cycle) -> None:
    """The first page also holds the masthead and the facts."""
    for n in range(100):
        day = date(2024, 10, 10) + timedelta(days=n)
        make_activity(cycle, points="0.25", title=f"Webinar {n}: hematology at night", provider="ABC", starts_on=day)
    rows = [leaf.count("at night") for leaf in text_of(printed(client_of(cycle.certification.member), cycle))]
    assert rows[1] == 40
    assert rows[0] >= 20


def test_the_first_page_is_letter_and_read_at_an_arms_length(signed_in: Client, cycle: Cycle) -> None:
    """The name and the points are in 18 points, and nothing is below 8."""
    reader = PdfReader(BytesIO(printed(signed_in, cycle)))
    assert [float(side) for side in reader.pages[0].mediabox[2:]] == [612, 792]
    sizes: dict[str, float] = {}

    def seen(text: str, _: object, matrix: list[float], __: object, size: float) -> None:
        if text.strip():
            sizes[text.strip()] = size * abs(matrix[3]) * 0.75

    reader.pages[0].extract_text(visitor_text=seen)
    assert sizes
    assert min(sizes.values()) >= 7.9
    assert max(size for text, size in sizes.items() if "Zo" in text) >= 17


def test_what_does_not_stand_or_is_not_claimed_is_left_out(cycle: Cycle) -> None:
    """Without the course of 12: 20.5 - 12 = 8.5."""
    member = cycle.certification.member
    recording.withdraw(activity=member.activities.get(title="Hematology"), by=member.user, at=noon(TODAY))
    (text,) = text_of(printed(client_of(member), cycle))
    assert "Hematology" not in text
    assert "Points counted 8.5" in text


def test_a_met_requirement_has_its_day(met: Member) -> None:
    cycle = cycle_of(met)
    (text,) = text_of(printed(client_of(met), cycle))
    assert "Requirement Met on Mar 13, 2026" in text
    assert "Requirement Met on Mar 13, 2026" in words(read(client_of(met).get(f"/ccp/transcript/{cycle.pk}/")).main)


def test_an_empty_record_has_a_transcript_too(new: Member) -> None:
    cycle = cycle_of(new)
    (text,) = text_of(printed(client_of(new), cycle))
    assert "No CE activity is on record for this cycle." in text
    assert "Points counted 0" in text
    said = words(read(client_of(new).get(f"/ccp/transcript/{cycle.pk}/")).main)
    assert "No CE activity is on record" in said
    assert "attests" not in said
    assert "attests" not in text, "where nothing is recorded, nobody attests it"


def test_a_voluntary_certification_says_so(voluntary: Member) -> None:
    (text,) = text_of(printed(client_of(voluntary), cycle_of(voluntary, "MLS")))
    assert "Points required 45 (CCP is voluntary for this certification)" in text


def test_the_file_is_saved_under_the_amt_id_the_credential_and_the_day(signed_in: Client, cycle: Cycle) -> None:
    answer = signed_in.get(f"/ccp/transcript/{cycle.pk}.pdf")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="CE-transcript-A-1234567-RMA-2026-03-14.pdf"'


def test_staff_print_the_same_document(signed_in: Client, cycle: Cycle, staff: User) -> None:
    assert printed(client_of(staff), cycle) == printed(signed_in, cycle)


@pytest.mark.parametrize(("hour", "minute", "day", "said"), [(23, 55, 14, "Mar 14, 2026"), (0, 5, 15, "Mar 15, 2026")])
def test_the_date_of_issue_is_the_day_in_chicago(
    on_today: TimeMachineFixture, met: Member, hour: int, minute: int, day: int, said: str
) -> None:
    on_today.move_to(noon(date(2026, 3, day)).replace(hour=hour, minute=minute))
    assert f"Date of issue {said}" in text_of(printed(client_of(met), cycle_of(met)))[0]


def test_an_unchanged_record_is_laid_out_once_a_changed_one_anew(
    signed_in: Client, cycle: Cycle, monkeypatch: pytest.MonkeyPatch, on_today: TimeMachineFixture
) -> None:
    laid_out, lay_out = [], documents.lay_out

    def counting(html: str) -> bytes:
        laid_out.append(html)
        return lay_out(html)

    monkeypatch.setattr(documents, "lay_out", counting)
    first = printed(signed_in, cycle)
    assert printed(signed_in, cycle) == first
    assert len(laid_out) == 1
    make_activity(cycle, points="1")
    assert printed(signed_in, cycle) != first
    assert len(laid_out) == 2
    on_today.move_to(noon(TODAY + timedelta(days=1)))
    printed(client_of(cycle.certification.member), cycle)
    assert len(set(laid_out)) == 2, "the date of issue stays"
