"""What mail looks like in a program that shows HTML, and the pictures of it in the documents.

A mail loads nothing, not even the portal's font. The pictures are drawn with it all the same, so
that they are the same on every machine.
"""

import io
from base64 import b64encode
from collections.abc import Callable
from typing import Literal

import pytest
from django.conf import settings
from django.utils import timezone
from PIL import Image
from playwright.sync_api import Browser, Page

from amtportal.members.mail import samples
from amtportal.members.mail.layout import compose
from amtportal.members.mail.sample_pages import html_of
from amtportal.members.models import MailPriority
from tests.browser.pictures import MOST_APART, MOST_DIFFERENCE, WRITES, difference
from tests.support.staff import make_clerk

pytestmark = [pytest.mark.browser, pytest.mark.any_database]
FOLDER = settings.BASE_DIR / "docs" / "images"
FONT = settings.BASE_DIR / "static" / "fonts" / "public-sans-latin-wght-normal.woff2"
PICTURES: dict[str, tuple[str, int, Literal["light", "dark"]]] = {
    "mail-activation.png": ("activation", 700, "light"),
    "mail-receipt.png": ("receipt", 390, "light"),
    "mail-new-browser.png": ("new-browser", 390, "dark"),
}


def mail(key: str) -> str:
    content = samples.registered()[key].content()
    return html_of(compose(content, to=samples.ADDRESS, language="en", priority=MailPriority.NOTICE))


def taken(browser: Browser, key: str, width: int, scheme: Literal["light", "dark"]) -> bytes:
    context = browser.new_context(viewport={"width": width, "height": 300}, color_scheme=scheme)
    try:
        page = context.new_page()
        page.set_content(mail(key))
        source = b64encode(FONT.read_bytes()).decode()
        face = f"font-family: 'Public Sans'; font-weight: 100 900; src: url(data:font/woff2;base64,{source})"
        page.add_style_tag(content=f"@font-face {{{face}}}")
        page.evaluate("document.fonts.load('700 16px \"Public Sans\"').then(() => document.fonts.ready)")
        return page.screenshot(full_page=True)
    finally:
        context.close()


@pytest.mark.parametrize("name", PICTURES)
def test_the_pictures_of_mail_show_it_as_it_is(browser: Browser, name: str) -> None:
    now = taken(browser, *PICTURES[name])
    if WRITES:
        small = Image.open(io.BytesIO(now)).convert("RGB").quantize(64, dither=Image.Dither.NONE)
        small.save(FOLDER / name, optimize=True)
    kept = (FOLDER / name).read_bytes()
    sizes = [Image.open(io.BytesIO(data)).size for data in (now, kept)]
    assert abs(sizes[0][1] - sizes[1][1]) <= MOST_APART, (
        "A mail is longer or shorter than its picture. Run: make pictures"
    )
    assert sizes[0][0] == sizes[1][0]
    assert difference(now, kept) <= MOST_DIFFERENCE, "A mail looks otherwise than its picture. Run: make pictures"


@pytest.mark.parametrize("width", [320, 390, 700])
def test_a_mail_is_no_wider_than_its_reader_s_screen(browser: Browser, width: int) -> None:
    """Also without the style sheet in its head, which many programs drop."""
    page = browser.new_page(viewport={"width": width, "height": 300})
    try:
        for key in samples.registered():
            page.set_content(mail(key))
            for _ in range(2):
                assert page.evaluate("document.documentElement.scrollWidth") <= width, key
                page.evaluate("document.querySelectorAll('style').forEach((part) => part.remove())")
    finally:
        page.close()


@pytest.mark.ignore_template_errors
def test_the_staff_page_shows_a_mail_in_its_colors(window: Callable[..., Page], transactional_db: None) -> None:
    page = window(make_clerk("view_outgoingmail", last_login=timezone.now()))
    stopped: list[str] = []
    page.on("console", lambda said: stopped.append(said.text) if "Policy" in said.text else None)
    page.goto("/admin/members/outgoingmail/samples/?mail=new-browser", wait_until="load")
    for frame in page.locator("iframe").all():
        button = frame.content_frame.get_by_role("link", name="Reset your password")
        assert button.evaluate("e => getComputedStyle(e).backgroundColor") == "rgb(11, 79, 108)"
    assert stopped == []
