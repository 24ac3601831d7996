"""The roster import in the admin: the same import as the command's, with a preview."""

from datetime import timedelta
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from amtportal.imports import admin as imports
from amtportal.members.models import Member, User
from certifications.models import Certification, Cycle, WaitingRow
from tests.support.builders import client_of, make_certification, make_member
from tests.support.staff import make_clerk, page, told

pytestmark = [pytest.mark.django_db, pytest.mark.ignore_template_errors]

HEADER = "amt_id,email,first_name,last_name,credential,certificate_number,awarded_on"
GOOD = "7001,zoe@example.org,Zoë,O'Neil,RMA,500123,2024-05-01"
BAD = "7002,nobody,Kim,Lee,XYZ,500124,2024-02-30"
IMPORT, CONFIRM = page(Certification, "import"), page(Certification, "process_import")


@pytest.fixture
def desk(tmp_path: Path, settings: Settings) -> Client:
    """Return the browser of staff who may import a roster.

    Uploads go to a folder of the test's own.
    """
    settings.MEDIA_ROOT = tmp_path
    return client_of(make_clerk("view_certification", "import_roster", email="kim@amt.example"))


def upload(desk: Client, *rows: str) -> HttpResponse:
    content = "\n".join([HEADER, *rows]).encode()
    return desk.post(IMPORT, {"import_file": SimpleUploadedFile("roster.csv", content), "format": "0", "resource": "0"})


def confirm(desk: Client, preview: HttpResponse) -> HttpResponse:
    """Press Confirm import on the preview."""
    form = BeautifulSoup(preview.text, "html.parser").select_one(f'form[action="{CONFIRM}"]')
    assert form is not None
    return desk.post(CONFIRM, {field["name"]: field["value"] for field in form.select("input[name]")})


def test_roster_is_previewed_then_imported(desk: Client, tmp_path: Path) -> None:
    assert IMPORT in desk.get(page(Certification)).text
    preview = upload(desk, GOOD)
    assert "Zoë" in preview.text
    assert not Member.objects.exists()
    response = confirm(desk, preview)
    assert "1 new" in told(desk, response)
    member = Member.objects.get(amt_id="7001")
    assert (member.user.email, member.last_name) == ("zoe@example.org", "O'Neil")
    assert Cycle.objects.get(certification__member=member).invoices.count() == 3
    assert member.history.get().history_user.email == "kim@amt.example"
    assert list((tmp_path / "roster-uploads").iterdir()) == []


def test_what_is_left_to_staff_is_in_the_preview_and_in_the_result(desk: Client) -> None:
    confirm(desk, upload(desk, GOOD))
    preview = upload(desk, GOOD.replace("7001", "9001"), "7003,,Sukarno,,RMA,500125,2024-05-01")
    assert "is on record for AMT ID 7001, Zoë O&#x27;Neil, who has the same name and e-mail address." in preview.text
    assert "Sukarno" in preview.text
    sentences = "1 row waits for staff. 1 member has no way to sign in."
    assert all(sentence in preview.text for sentence in sentences.split(" 1 "))
    assert told(desk, confirm(desk, preview)) == sentences
    assert Member.objects.get(amt_id="7003").name == "Sukarno"
    assert WaitingRow.objects.get().imported_by == User.objects.get(email="kim@amt.example")


def test_bad_rows_are_named_with_line_column_and_remedy_and_nothing_is_written(desk: Client) -> None:
    text = upload(desk, GOOD, BAD).text
    assert CONFIRM not in text
    rows = [
        [cell.get_text() for cell in row.select("td")]
        for row in BeautifulSoup(text, "html.parser").select("#content tbody tr")
    ]
    assert [row[:2] for row in rows] == [["3", "awarded_on"], ["3", "credential"], ["3", "email"]]
    assert not Member.objects.exists()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        pytest.param(b"", "empty", id="empty"),
        pytest.param("\ufeff".encode("utf-16"), "UTF-16", id="other encoding"),
        pytest.param(f"{HEADER}\n7001,z@example.org,Zo\xeb,".encode("latin-1"), "3", id="wrong bytes"),
        pytest.param(b"%PDF-1.7 \x00\x01", "not text at all", id="not a roster"),
    ],
)
def test_file_that_is_no_roster_is_refused(desk: Client, content: bytes, sentence: str) -> None:
    file = SimpleUploadedFile("roster.csv", content)
    response = desk.post(IMPORT, {"import_file": file, "format": "0", "resource": "0"})
    assert response.status_code == 200
    assert CONFIRM not in response.text
    assert sentence in response.text


def test_file_too_large_for_a_page_is_left_to_the_command(desk: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imports, "MOST_BYTES", 100)
    assert "import_roster" in upload(desk, GOOD).text


def test_confirmed_twice_is_imported_once(desk: Client) -> None:
    preview = upload(desk, GOOD)
    confirm(desk, preview)
    assert "imported already" in told(desk, confirm(desk, preview))
    assert Certification.objects.count() == 1


def test_record_that_changed_since_the_preview_stops_the_import(desk: Client) -> None:
    preview = upload(desk, GOOD)
    make_certification(make_member(amt_id="7999"), credential="RMA", certificate_number="500123")
    assert "Nothing was imported" in told(desk, confirm(desk, preview))
    assert not Member.objects.filter(amt_id="7001").exists()


def test_upload_that_nobody_confirmed_goes_the_next_day(
    desk: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload(desk, GOOD)
    (left,) = (tmp_path / "roster-uploads").iterdir()
    tomorrow = timezone.now() + imports.KEPT + timedelta(minutes=1)
    monkeypatch.setattr(timezone, "now", lambda: tomorrow)
    upload(desk, GOOD)
    assert not left.exists()


def test_import_is_for_staff_who_may_do_all_that_it_does(desk: Client) -> None:
    assert IMPORT in desk.get(page(Certification)).text
    assert client_of(make_member()).get(IMPORT).status_code == 302
    assert client_of(None).get(IMPORT).status_code == 302


def test_whoever_may_only_add_certifications_is_offered_no_import_and_changes_no_account() -> None:
    """A roster changes e-mail addresses.

    Whoever reads the mail of an address can reset the password.
    """
    member = make_certification(make_member()).member
    clerk = client_of(make_clerk("view_certification", "add_certification", "view_member", "change_user"))
    assert IMPORT not in clerk.get(page(Certification)).text
    row = f"{member.amt_id},clerks-own@mail.example,{member.first_name},{member.last_name},RMA,500123,2024-05-01"
    assert upload(clerk, row).status_code == 403
    assert clerk.post(CONFIRM, {}).status_code == 403


def test_staff_choose_which_fees_are_not_asked_for(desk: Client, on_today: object) -> None:
    preview = upload(desk, GOOD)
    assert "Overdue from the first day: 1 invoice." in preview.text
    content = SimpleUploadedFile("roster.csv", "\n".join([HEADER, GOOD]).encode())
    posted = {"import_file": content, "format": "0", "resource": "0", "not_asked_before": "2025-05-02"}
    preview = desk.post(IMPORT, posted)
    assert "Not asked for: 1 invoice." in preview.text
    confirm(desk, preview)
    statuses = Cycle.objects.get().invoices.order_by("due_on").values_list("status", flat=True)
    assert list(statuses) == ["void", "issued", "issued"]
    again = desk.post(IMPORT, {**posted, "not_asked_before": "2999-01-01"})
    assert "Jan 1, 2999 is in the future." in again.text
