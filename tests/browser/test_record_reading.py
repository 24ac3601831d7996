"""Recording from a certificate in Chromium: choose it, check what was read, attest, Submit."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import weasyprint
from axe_playwright_python.sync_playwright import Axe
from django.core.management import call_command
from playwright.sync_api import Page, Request, expect

from amtportal.dates import today
from amtportal.members.models import Member
from ccp.models import Activity
from tests.support.builders import cycle_of

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.any_database]
Window = Callable[..., Page]


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """Return a certificate as PDF with text: 3 contact hours, a week ago."""
    day = today() - timedelta(days=7)
    made = tmp_path / "certificate.pdf"
    weasyprint.HTML(
        string=f"""<title>Certificate</title><body style="text-align: center; font: 16pt sans-serif">
        <h1>Certificate of Completion</h1><p>This certifies that</p><h2>Ada Lane</h2><p>attended the webinar</p>
        <p>Title: Coagulation Case Studies</p><p>Date: {day:%B} {day.day}, {day.year}</p><p>Contact hours: 3.0</p>
        <p>Provider: Prairie Laboratory Society</p></body>"""
    ).write_pdf(made)
    return made


def test_from_a_certificate_to_counted_takes_a_file_a_check_mark_and_submit(
    window: Window, member: Member, certificate: Path
) -> None:
    """22 + 3 = 25 points, without a word that is typed."""
    page = window(member)
    sent: list[Request] = []
    page.on("request", lambda made: sent.append(made) if made.is_navigation_request() else None)
    page.goto("/ccp/record/")
    page.get_by_label("Take a photo or choose a file").set_input_files(certificate)
    expect(page.get_by_role("status").filter(has_text="Reading certificate.pdf")).to_be_visible()
    page.get_by_label("I attest").check()
    call_command("run_worker", batch=True, startup_delay=False, verbosity=0)
    day = today() - timedelta(days=7)
    expect(page.locator("[name=starts_on]")).to_have_value(f"{day.month}/{day.day}/{day.year}")
    expect(page.locator("[name=title]")).to_have_value("Coagulation Case Studies")
    expect(page.locator("#id_starts_on_read img.crop")).to_be_visible()
    crop: Any = page.locator("#id_starts_on_read img").evaluate("image => image.naturalWidth")
    assert crop > 20, "the piece of the page is shown"
    expect(page.get_by_label("I attest")).not_to_be_checked()  # what was filled in was not attested
    expect(page.locator("#preview-place")).to_contain_text("25")
    assert Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa"]}).response["violations"] == []

    page.locator("[name=title]").press("End")
    page.locator("[name=title]").press("Backspace")
    expect(page.locator("#id_title_read")).to_have_count(0)
    expect(page.locator("#id_starts_on_read")).to_be_visible()

    page.get_by_label("I attest").check()
    page.get_by_role("button", name="Submit").click()
    expect(page.locator('[data-name="reference"]')).to_be_visible()
    entry = Activity.objects.latest("pk")
    assert (entry.points, entry.starts_on, entry.title) == (3, day, "Coagulation Case Studie")
    assert [file.original_name for file in entry.evidence.all()] == ["certificate.pdf"]
    assert sum(credit.points for credit in cycle_of(member).credits.all()) == 25
    assert len({made.url for made in sent if "/record/" in made.url}) == 1, "one page until Submit"


def test_files_are_sent_at_once_and_can_be_taken_out_again(window: Window, member: Member, certificate: Path) -> None:
    page = window(member)
    page.goto("/ccp/record/")
    bad = certificate.with_name("notes.txt")
    bad.write_text("Nothing that proves anything.")
    page.locator("[name=files]").set_input_files([certificate, bad])
    expect(page.locator(".waiting-file")).to_have_count(1)
    expect(page.locator("#id_files_error")).to_contain_text("notes.txt: This is not a PDF")
    page.get_by_role("button", name="Remove certificate.pdf").click()
    expect(page.locator(".waiting-file")).to_have_count(0)
    expect(page.locator("[name=files]")).to_be_focused()
