"""What members type is shown as they typed it, on pages and in the PDF.

It is never HTML, a template or an address.
"""

from io import BytesIO

import pikepdf
import pytest
from bs4 import BeautifulSoup
from django.test import Client
from pypdf import PdfReader

from amtportal.members.models import Member, User
from ccp.models import Activity
from certifications.models import Cycle
from tests.support.builders import client_of, cycle_of, make_cycle, make_member
from tests.support.pages import form_values, read, record_ce, submit, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_today"), pytest.mark.any_database]

TEXTS = {
    "script": "<script>alert(1)</script>",
    "handler": '"><img src=x onerror=alert(1)>',
    "file": '<img src="file:///etc/passwd"><link rel=attachment href="file:///etc/passwd">',
    "quotes": """'"`´“”‘’""",
    "template": "{{ user.password }}{% debug %}{# x #}",
    "entity": "&lt;b&gt; &amp; &#60; &nbsp",
    "closing": "</td></table></body></html>--> ]]>",
    "long": "W" * 200,
    "right to left": "שלום עולם مرحبا",
    "override": "abc\u202egnp.exe",
    "emoji": "🩸💉👩🏽‍⚕️ blood",
    "combining": "Z̷̢̛a͜l̕g̨o҉",
    "formula": "=HYPERLINK(1)+cmd|' /C calc'!A0",
    "path": "../../../etc/passwd",
}


@pytest.fixture
def member() -> Member:
    return make_cycle().certification.member


@pytest.fixture
def cycle(member: Member) -> Cycle:
    return cycle_of(member)


@pytest.fixture
def signed_in(member: Member) -> Client:
    return client_of(member)


def shape(client: Client, address: str) -> list[str]:
    """Return the elements of a page, without what they say."""
    return [element.name for element in read(client.get(address)).find_all(True)]


@pytest.mark.slow
@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_text_is_shown_as_typed_on_every_page(signed_in: Client, cycle: Cycle, text: str) -> None:
    """Each page is compared with the same page of an entry of harmless words.

    The elements must be the same.
    """
    addresses = ["/ccp/activities/{}/", "/ccp/activities/", "/ccp/activities/{}/amend/", "/ccp/activities/{}/withdraw/"]
    addresses.append(f"/ccp/transcript/{cycle.pk}/")
    assert record_ce(signed_in, title=text, provider=text).status_code == 302
    signed_in.get("/")  # only the next page shows the notice that the entry is on record
    entry = Activity.objects.get()
    shown = text.replace("\u202e", "").strip()  # nothing turns the direction of what stands around it
    assert (entry.title, entry.provider) == (shown, shown)
    found = {}
    for address in addresses:
        page = read(signed_in.get(address.format(entry.pk)))
        assert " ".join(shown.split()) in " ".join(page.main.get_text().split()), address
        found[address] = [element.name for element in page.find_all(True)]
    Activity.objects.update(title="Harmless", provider="words")
    for address in addresses:
        assert shape(signed_in, address.format(entry.pk)) == found[address], address


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_an_error_page_keeps_it_as_typed(signed_in: Client, text: str) -> None:
    page = read(record_ce(signed_in, title=text, provider=text, points=text, starts_on=text, ends_on=text))
    kept = form_values(page)
    for name in ("title", "provider", "points", "starts_on", "ends_on"):
        assert kept[name] == [text]
    assert not page.select("main script, main img, main [onerror]")


def in_pdf(pdf: bytes) -> str:
    """Return the letters of the PDF without spaces, which line breaks move."""
    return "".join("".join(page.extract_text().split()) for page in PdfReader(BytesIO(pdf)).pages)


# The reader reads these in another order than they are printed.
OUT_OF_ORDER = {"right to left", "override", "combining", "emoji"}


@pytest.mark.parametrize("name", TEXTS)
def test_the_pdf_prints_it_and_does_nothing_else_with_it(signed_in: Client, cycle: Cycle, name: str) -> None:
    record_ce(signed_in, title=TEXTS[name], provider=TEXTS[name])
    answer = signed_in.get(f"/ccp/transcript/{cycle.pk}.pdf")
    assert answer.content.startswith(b"%PDF-")
    text = in_pdf(answer.content)
    assert "root:x:0" not in text
    with pikepdf.open(BytesIO(answer.content)) as pdf:
        assert not pdf.attachments
        assert not any(page.get("/Annots") for page in pdf.pages), "no links, no actions"
    assert "Pointscounted1.5" in text
    if name not in OUT_OF_ORDER:
        assert "".join(TEXTS[name].split()) in text


@pytest.mark.parametrize("name", ["script", "handler", "file", "template", "entity", "right to left", "emoji"])
def test_a_members_name_is_as_harmless(name: str) -> None:
    member = make_member(first_name=TEXTS[name][:150], last_name="O'Brien-Łukasz")
    cycle = make_cycle(member)
    client = client_of(member)
    for address in ("/", f"/ccp/transcript/{cycle.pk}/"):
        page = read(client.get(address))
        assert TEXTS[name] in page.main.get_text()
        assert not page.select("main script, main img")
    assert client.get(f"/ccp/transcript/{cycle.pk}.pdf").content.startswith(b"%PDF-")


def test_the_sentence_of_an_error_does_not_carry_what_was_typed_as_html(signed_in: Client) -> None:
    page = read(record_ce(signed_in, starts_on="<b>2/30/2026</b>"))
    assert not page.select(".error-summary b, .field-error b")
    assert "<b>" not in words(page.select_one(".error-summary"))


BLOCKS = ["h1", "h2", "p", "li", "dt", "dd", "th", "td", "option"]


def loose(page: BeautifulSoup, typed: str) -> list[str]:
    """Return the lines in which typed text is not kept apart from the words beside it."""
    found = []
    for text in page.body.find_all(string=lambda text: typed in text):
        line = text.find_parent(BLOCKS)
        alone = text.find_parent("bdi") or text.find_parent("textarea") or line.get_text().strip() == text.strip()
        if not alone:
            found.append(" ".join(line.get_text().split()))
    return found


def test_what_is_typed_from_right_to_left_turns_no_words_around(member: Member, cycle: Cycle, staff: User) -> None:
    """A title in Arabic before ", 2 points" would take the 2 to its other side.

    A turned title would take the whole sentence.
    """
    turned = TEXTS["override"]
    Member.objects.filter(pk=member.pk).update(first_name=turned, last_name="Zhao")
    signed_in = client_of(member)
    for title in ("First", turned, turned):  # the third looks like the second
        record_ce(signed_in, title=title, provider=turned)
    first, earlier, entry = Activity.objects.order_by("pk")
    submit(signed_in, f"/ccp/activities/{first.pk}/amend/", title=turned, attested="on")
    submit(signed_in, f"/ccp/activities/{entry.pk}/difference/", difference=turned)
    pages = ["/", "/ccp/activities/", f"/ccp/transcript/{cycle.pk}/", "/ccp/transcript/all/"]
    pages += [f"/ccp/activities/{found.pk}/" for found in (first, earlier, entry)]
    pages += [f"/ccp/activities/{entry.pk}/{act}/" for act in ("amend", "withdraw", "difference")]
    for address in pages:
        assert loose(read(signed_in.get(address)), turned) == [], address
    assert loose(read(client_of(staff).get(f"/ccp/activities/{entry.pk}/")), turned) == []
