"""The layout of mail: the same in HTML and as text, whatever somebody typed."""

from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from bs4 import BeautifulSoup
from django.utils import translation

from amtportal.members.mail import style
from amtportal.members.mail.layout import WIDTH, Button, Content, Mail, Part, compose, to_text, unwrapped
from amtportal.members.models import MailPriority
from tests.support import palette
from tests.support.mail import links_of, words_of

pytestmark = pytest.mark.any_database
LONG = "https://portal.amt.example/accounts/email/" + "a-long_token" * 30 + "/"
CONTENT = Content(
    subject="2 points to go by April 23",
    name="Sam Short",
    parts=[
        Part(
            sentences=["Your RPT certification needs 24 points by Apr 23, 2026, and 22 count so far. " * 3],
            facts=[("Points", "22 of 24"), ("Days left", "40")],
            button=Button("Record CE", LONG),
        ),
        Part(
            heading="Your RMA invoice is overdue",
            sentences=["It was due on Mar 1, 2026."],
            button=Button("See the invoice", "https://portal.amt.example/invoices/12/?a=1&b=2"),
        ),
    ],
    why="You get this mail because you hold RPT and RMA.",
)
TYPED = '<img src="https://evil.example/x.png"> & "quoted"\r\nBcc: all@example.org\r\n\r\nhttps://evil.example/'


def mail_of(content: Content, language: str = "en") -> Mail:
    return compose(content, to="sam@example.org", language=language, priority=MailPriority.NOTICE)


def sent(content: Content) -> EmailMessage:
    """Return the mail as a mail program reads it."""
    message = message_from_bytes(mail_of(content).message().as_bytes(), policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def html_of(content: Content, language: str = "en") -> BeautifulSoup:
    return BeautifulSoup(mail_of(content, language).alternatives[0][0], "html.parser")


def test_text_and_html_say_the_same_and_the_text_comes_first() -> None:
    words = words_of(sent(CONTENT))
    assert words.startswith("Hello Sam Short, Your RPT certification")
    assert "Points: 22 of 24 Days left: 40" in words
    assert words.endswith(
        "You get this mail because you hold RPT and RMA. American Medical Technologists 10700 W. Higgins Road, "
        "Suite 150 Rosemont, IL 60018 847-823-5169 Weekdays, 8 AM to 5 PM Central Time."
    )


def test_one_button_leads_on_and_the_others_are_links() -> None:
    page = html_of(CONTENT)
    assert [link["href"] for link in page.select(".button")] == [LONG]
    assert links_of(mail_of(CONTENT)) == [LONG, "https://portal.amt.example/invoices/12/?a=1&b=2"]


def test_lines_are_short_and_an_address_is_whole() -> None:
    text = sent(CONTENT).get_body(("plain",))
    assert text["Content-Type"].params["format"] == "flowed"
    lines = text.get_content().splitlines()
    assert max(len(line.rstrip()) for line in lines if not line.startswith("http")) <= WIDTH
    assert LONG in lines
    joined = unwrapped(text.get_content())
    assert CONTENT.parts[0].sentences[0].strip() in joined.splitlines(), "a program may join what is one paragraph"


@pytest.mark.parametrize("line", ["> quoted", "From here on"])
def test_no_line_looks_like_a_quotation_or_the_end_of_a_mail(line: str) -> None:
    text = to_text(Content(subject="", parts=[Part(sentences=[line], heading=line)], why=line))
    assert text.count(f"\n {line}\n") == 3
    assert unwrapped(text).count(f"\n{line}\n") == 3


def test_what_somebody_typed_is_text_and_no_header_and_no_line() -> None:
    fact = Part(sentences=[TYPED], heading=TYPED, facts=[(TYPED, TYPED)], button=Button("See", LONG))
    content = Content(subject=TYPED, name=TYPED, parts=[fact], why=TYPED)
    message = sent(content)
    assert message["Bcc"] is None
    assert message["Subject"] == " ".join(TYPED.split())
    assert links_of(message) == [LONG]
    words_of(message)
    assert not html_of(content).select("img")


def test_its_headers_say_what_it_is() -> None:
    message = sent(CONTENT)
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Content-Language"] == "en"
    assert message["List-Unsubscribe"] is message["List-Unsubscribe-Post"] is None
    assert message.get_content_type() == "multipart/alternative"


def test_only_what_can_be_switched_off_says_how() -> None:
    """RFC 8058: one press in the mail program, by POST to an address of https."""
    stop = "https://portal.amt.example/notices/stop/token/"
    content = Content(subject="Your month", parts=CONTENT.parts, why="You asked for it.", stop_address=stop)
    message = sent(content)
    assert message["List-Unsubscribe"] == f"<{stop}>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert links_of(message)[-1] == stop


def test_it_is_in_the_language_of_its_reader() -> None:
    with translation.override("es"):
        page = html_of(CONTENT, "es")
        assert "Hola, Sam Short:" in words_of(mail_of(CONTENT, "es"))
    assert {part["lang"] for part in page.select("[lang]")} == {"es"}


def test_a_screen_reader_finds_its_way() -> None:
    page = html_of(CONTENT)
    assert page.title.string == page.h1.string == CONTENT.subject
    assert [heading.string for heading in page.select("h2")] == ["Your RMA invoice is overdue"]
    assert all(table.get("role") == "presentation" or table.select("th[scope=row]") for table in page.select("table"))


def test_it_looks_right_without_a_style_sheet_and_loads_nothing() -> None:
    html = mail_of(CONTENT).alternatives[0][0]
    page = BeautifulSoup(html, "html.parser")
    assert not page.select("img, link, script, [src], [background]")
    assert "url(" not in html
    assert "var(" not in html
    light, dark = style.tokens()
    assert f"background-color: {light['accent']}" in page.select_one(".button")["style"]
    assert max(len(line.encode()) for line in html.splitlines()) < 998, "a longer one could not be sent as it is"
    in_head = "".join(part.string for part in page.select("head > style"))
    assert f".ground {{background-color: {dark['paper']} !important;" in in_head
    assert "prefers-color-scheme: dark" in in_head


def test_its_colors_are_those_of_the_portal() -> None:
    light, dark = style.tokens()
    assert {name: (light[name], dark[name]) for name in palette.tokens()} == palette.tokens()
    pairs = {(front, back) for front, back, least in palette.PAIRS if least >= 4.5}
    assert pairs >= {
        ("ink", "paper"),
        ("ink", "surface"),
        ("ink-soft", "surface"),
        ("accent", "surface"),
        ("on-accent", "accent"),
        ("on-band", "band"),
        ("on-band-soft", "band"),
        ("ink", "sunken"),
    }
    for scheme in (light, dark):  # the foot of a mail
        for front in ("ink-soft", "accent"):
            assert palette.contrast(scheme[front], scheme["sunken"]) >= 4.5
