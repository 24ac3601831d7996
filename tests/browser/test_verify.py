"""Checking a transcript in a browser without JavaScript: by the code on paper, and by the file."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from amtportal.members.models import Member
from tests.support.builders import client_of, cycle_of
from tests.support.pages import read, words

pytestmark = [pytest.mark.browser, pytest.mark.any_database]


def test_a_stranger_checks_the_code_and_the_file_without_javascript(
    window: Callable[..., Page], member: Member, tmp_path: Path
) -> None:
    client, address = client_of(member), f"/ccp/transcript/{cycle_of(member).pk}"
    code = words(read(client.get(f"{address}/")).select_one("[data-name=transcript-code]"))
    file = tmp_path / "transcript.pdf"
    file.write_bytes(client.get(f"{address}.pdf").content)
    page = window(java_script_enabled=False)
    page.goto("/verify/")
    page.get_by_label("Code on the transcript").fill(code.lower().replace("-", " "))
    page.get_by_role("button", name="Check the code").click()
    expect(page.get_by_role("heading", name="This transcript was issued by AMT")).to_be_visible()
    expect(page.get_by_text("The record is still the same.")).to_be_visible()
    page.get_by_label("PDF file").set_input_files(file)
    page.get_by_role("button", name="Check the file").click()
    expect(page.get_by_text("The file is genuine.")).to_be_visible()


@pytest.mark.parametrize("known", [False, True], ids=["any transcript", "the one of the code"])
def test_a_file_that_is_dropped_beside_the_field_is_checked(
    window: Callable[..., Page], member: Member, known: bool
) -> None:
    client, address = client_of(member), f"/ccp/transcript/{cycle_of(member).pk}"
    code = words(read(client.get(f"{address}/")).select_one("[data-name=transcript-code]"))
    pdf = list(client.get(f"{address}.pdf").content)
    page = window()
    page.goto(f"/verify/{code}/" if known else "/verify/")
    dropped = page.evaluate_handle(
        """bytes => {
          const dropped = new DataTransfer();
          dropped.items.add(new File([new Uint8Array(bytes)], "transcript.pdf", { type: "application/pdf" }));
          return dropped;
        }""",
        pdf,
    )
    page.dispatch_event("h1", "drop", {"dataTransfer": dropped})
    expect(page.get_by_text("The file is genuine.")).to_be_visible()


def test_words_that_are_dropped_are_no_file(window: Callable[..., Page], transactional_db: None) -> None:
    page = window()
    page.goto("/verify/")
    page.evaluate(
        """() => {
          const dropped = new DataTransfer();
          dropped.setData("text/plain", "7KQ2");
          const drop = new DragEvent("drop", { dataTransfer: dropped, bubbles: true, cancelable: true });
          document.body.dataset.left = document.querySelector("h1").dispatchEvent(drop);
        }"""
    )
    expect(page.locator("body")).to_have_attribute("data-left", "true")


def test_a_file_that_was_changed_is_told(window: Callable[..., Page], tmp_path: Path) -> None:
    file = tmp_path / "transcript.pdf"
    file.write_bytes(b"%PDF-1.7 made at home")
    page = window()
    page.goto("/verify/")
    page.get_by_label("PDF file").set_input_files(file)
    page.get_by_role("button", name="Check the file").click()
    expect(page.get_by_text("did not issue this file")).to_be_visible()


def test_a_file_that_is_too_large_gets_an_answer_and_no_broken_connection(
    window: Callable[..., Page], tmp_path: Path
) -> None:
    file = tmp_path / "large.pdf"
    file.write_bytes(b"x" * 12_000_000)
    page = window()
    page.goto("/verify/")
    page.get_by_label("PDF file").set_input_files(file)
    page.get_by_role("button", name="Check the file").click()
    expect(page.get_by_role("alert")).to_contain_text("The file is larger than 10 MB.")
