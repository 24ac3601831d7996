"""Evidence on screen: its part of an entry's page, and attaching, reading and removing."""

import re
from datetime import date
from io import BytesIO

import pikepdf
import pytest
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import translation
from pytest_django.fixtures import Settings

from amtportal.members.models import Member
from amtportal.uploads import kept, malware
from ccp.evidence import attaching as evidence
from ccp.evidence import files as evidence_files
from ccp.evidence.cleaner import LeftOut
from ccp.models import Activity, Evidence
from ccp.recording import verbs as recording
from tests.support.builders import TODAY, client_of, cycle_of, make_amt_credit, make_user, noon
from tests.support.evidence import attach, pdf, picture, written
from tests.support.pages import error_summary, read, words
from tests.support.staff import make_clerk, page

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_today"), pytest.mark.any_database]


@pytest.fixture
def entry(met: Member) -> Activity:
    return met.activities.get()


@pytest.fixture
def owner(met: Member) -> Client:
    return client_of(met)


@pytest.fixture
def auditor() -> Client:
    """Staff who may read evidence and the entries to which it belongs."""
    return client_of(make_clerk("view_activity", "view_evidence"))


def send(client: Client, entry: Activity, content: bytes, name: str = "certificate.pdf") -> HttpResponse:
    return client.post(f"/ccp/activities/{entry.pk}/evidence/", {"file": SimpleUploadedFile(name, content)})


def part(client: Client, entry: Activity) -> object:
    return read(client.get(f"/ccp/activities/{entry.pk}/")).select_one("section[aria-labelledby=evidence]")


def test_an_entry_without_evidence_says_so_and_until_when_to_keep_documents(owner: Client, entry: Activity) -> None:
    """The cycle ends on 4/30/2026, and the audit is drawn in January 2027."""
    shown = part(owner, entry)
    assert "No file is attached." in words(shown)
    assert shown.select_one("[data-name=keep-until]")["datetime"] == "2027-12-31"
    assert "Keep your documents until Dec 31, 2027, when the audit of this cycle is over." in words(shown)


def test_the_form_offers_the_camera_of_a_phone_and_forces_nobody_to_use_it(owner: Client, entry: Activity) -> None:
    field = part(owner, entry).select_one("form[enctype='multipart/form-data'] input[type=file]")
    assert field["accept"] == "image/*,application/pdf"
    assert not field.has_attr("capture")


def test_what_was_attached_is_listed_and_can_be_saved(owner: Client, entry: Activity) -> None:
    answer = send(owner, entry, pdf(), "../my certificate.pdf")
    assert answer.headers["Location"] == f"/ccp/activities/{entry.pk}/"
    shown = read(owner.get(answer.headers["Location"]))
    assert words(shown.select_one(".notices")) == "my certificate.pdf is attached."
    row = shown.select_one("section[aria-labelledby=evidence] tbody tr")
    assert words(row.th) == "my certificate.pdf"
    assert re.fullmatch(
        r"PDF, \d+ bytes Mar 14, 2026, 12:00 PM Remove my certificate\.pdf", words(row).split("pdf ", 1)[1]
    )
    saved = owner.get(row.th.a["href"])
    assert b"".join(saved).startswith(b"%PDF-")


def test_a_file_is_sent_to_be_saved_and_to_run_nothing(owner: Client, entry: Activity) -> None:
    file = attach(entry, name="Año “x”.png")
    answer = owner.get(f"/ccp/evidence/{file.pk}/")
    assert answer.headers["Content-Disposition"].startswith("attachment; filename")
    assert answer.headers["Content-Type"] == "image/png"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "sandbox; default-src 'none'; frame-ancestors 'none'"
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert int(answer.headers["Content-Length"]) == len(b"".join(answer)) == file.size


def test_a_heic_picture_becomes_a_jpeg(owner: Client, entry: Activity) -> None:
    send(owner, entry, picture("HEIC"), "IMG_0042.HEIC")
    file = Evidence.objects.get()
    assert (file.original_name, file.kind) == ("IMG_0042.jpg", "jpeg")


def test_the_same_file_again_is_told_and_kept_once(owner: Client, entry: Activity) -> None:
    content = pdf()  # made again, the file would have another number in it
    send(owner, entry, content)
    answer = send(owner, entry, content, "again.pdf")
    told = words(read(owner.get(answer.headers["Location"])).select_one(".notices"))
    assert told.endswith("certificate.pdf is already attached. Only one copy is kept.")
    assert Evidence.objects.count() == 1


def test_what_was_left_out_of_a_pdf_is_told(owner: Client, entry: Activity) -> None:
    script = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS=pikepdf.String("app.alert(1)"))
    with pikepdf.open(BytesIO(pdf(OpenAction=script))) as made:
        made.attachments["certificate.docx"] = b"PK"
        answer = send(owner, entry, written(made))
    told = words(read(owner.get(answer.headers["Location"])).select_one(".notices"))
    assert told == (
        "certificate.pdf is attached. Scripts, media or unsafe links in it were left out. The files attached to it "
        "were left out. Attach each of them here too if it proves anything."
    )


def test_everything_that_a_file_can_lose_has_a_sentence_in_both_languages() -> None:
    for language in ("en-us", "es-us"):
        with translation.override(language):
            assert len(set(evidence_files.told_about(~LeftOut.NOTHING))) == len(LeftOut)
    assert evidence_files.told_about(LeftOut.NOTHING) == []


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        pytest.param(b"", "The file is empty. Choose another one.", id="empty"),
        pytest.param(b"<svg/>", "This is an SVG drawing. Save it as a PDF or PNG and attach that.", id="svg"),
    ],
)
def test_what_is_refused_is_told_beside_the_field(
    owner: Client, entry: Activity, content: bytes, sentence: str
) -> None:
    shown = read(send(owner, entry, content))
    assert shown.title.text.startswith("Error: ")
    assert error_summary(shown) == {"id_file": sentence}
    assert words(shown.select_one("#id_file_error")) == f"Error: {sentence}"
    assert shown.select_one("#id_file")["aria-invalid"] == "true"
    assert "Back to CE-" in words(shown.main)


def test_no_file_at_all_is_told(owner: Client, entry: Activity) -> None:
    answer = owner.post(f"/ccp/activities/{entry.pk}/evidence/")
    assert error_summary(read(answer)) == {"id_file": "Choose the file that you want to attach."}


def test_the_form_has_a_page_of_its_own(owner: Client, entry: Activity) -> None:
    shown = read(owner.get(f"/ccp/activities/{entry.pk}/evidence/"))
    assert words(shown.h1) == "Attach evidence"
    assert "Keep the original until Dec 31, 2027." in words(shown.main)


def test_a_scanner_that_finds_something_or_does_not_answer_lets_nothing_in(
    owner: Client, entry: Activity, monkeypatch: pytest.MonkeyPatch
) -> None:
    for problem, sentence in (
        (
            malware.Found("Eicar"),
            "This file holds malware (Eicar). Do not open it, and have your phone or computer checked.",
        ),
        (malware.Unavailable("gone"), "Files cannot be checked for malware right now, so none is accepted."),
    ):

        def scan(chunks: object, problem: Exception = problem) -> None:
            raise problem

        monkeypatch.setattr(malware, "scan", scan)
        assert error_summary(read(send(owner, entry, pdf())))["id_file"].startswith(sentence)
    assert not Evidence.objects.exists()


def test_the_scanner_is_given_the_file_as_it_was_sent(
    owner: Client, entry: Activity, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = BytesIO()
    monkeypatch.setattr(malware, "scan", lambda chunks: given.writelines(chunks))
    send(owner, entry, picture())
    assert given.getvalue() == picture()


def test_files_are_taken_twenty_times_a_minute_from_each_person(
    owner: Client, entry: Activity, settings: Settings
) -> None:
    """Each file is opened in its own process. Looking at the page costs nothing."""
    assert settings.ACCOUNT_RATE_LIMITS["evidence"] == "20/m/user"
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"evidence": "2/m/user"}
    assert [send(owner, entry, b"").status_code for _ in range(3)] == [200, 200, 429]
    assert owner.get(f"/ccp/activities/{entry.pk}/evidence/").status_code == 200


def test_what_cannot_be_attached_is_not_even_opened(
    owner: Client, entry: Activity, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evidence, "MOST_FILES", 1)
    attach(entry)
    monkeypatch.setattr(evidence_files, "opened", lambda sent: pytest.fail("opened"))
    told = error_summary(read(send(owner, entry, pdf())))
    assert told == {"id_file": "This entry has 1 file, and cannot have more. Remove one first."}


# Removing


def test_removing_asks_first_and_there_is_a_way_back(owner: Client, entry: Activity) -> None:
    file = attach(entry)
    shown = read(owner.get(f"/ccp/evidence/{file.pk}/remove/"))
    assert words(shown.h1) == "Remove this file?"
    assert [words(link) for link in shown.select(f"main a[href='/ccp/activities/{entry.pk}/']")] == [
        f"Back to {entry.reference}",
        "Keep it",
    ]
    file.refresh_from_db()
    assert file.is_attached


def test_a_removed_file_is_gone_and_the_history_says_so(owner: Client, entry: Activity) -> None:
    file = attach(entry)
    for _ in range(2):  # pressed twice
        answer = owner.post(f"/ccp/evidence/{file.pk}/remove/")
        assert answer.headers["Location"] == f"/ccp/activities/{entry.pk}/"
    assert owner.get(f"/ccp/evidence/{file.pk}/").status_code == 404
    assert owner.get(f"/ccp/evidence/{file.pk}/remove/").status_code == 302
    shown = read(owner.get(f"/ccp/activities/{entry.pk}/"))
    assert "No file is attached." in words(shown.main)
    history = [words(line) for line in shown.select("section[aria-labelledby=history] li > p:first-child")]
    assert [line.split(" · ")[:2] for line in history] == [
        ["Removed certificate.png", "You"],
        ["Attached certificate.png", "You"],
        ["Recorded", "You"],
    ]


def test_evidence_of_a_withdrawn_entry_is_shown_and_stays(owner: Client, entry: Activity) -> None:
    file = attach(entry)
    recording.withdraw(activity=entry, by=entry.member.user, at=noon(TODAY))
    shown = part(owner, entry)
    assert words(shown.tbody.th) == "certificate.png"
    assert "Remove" not in words(shown)
    assert not shown.select("form")
    assert "This entry is withdrawn or void" in words(shown)
    assert owner.get(f"/ccp/evidence/{file.pk}/remove/").headers["Location"] == f"/ccp/activities/{entry.pk}/"
    answer = owner.post(f"/ccp/evidence/{file.pk}/remove/")
    told = words(read(owner.get(answer.headers["Location"])).select_one(".notices"))
    assert told == "This entry is withdrawn or void. What is attached to it stays."
    assert "nothing can be attached to it" in words(read(send(owner, entry, pdf())).main)
    assert owner.get(f"/ccp/evidence/{file.pk}/").status_code == 200


def test_a_credit_from_amt_needs_none(owner: Client, met: Member) -> None:
    credit = make_amt_credit(cycle_of(met), points="1", starts_on=date(2026, 3, 2))
    shown = part(owner, credit)
    assert "AMT credited this itself, so no evidence is needed." in words(shown)
    assert not shown.select("form")
    assert "Keep for an audit" not in words(read(owner.get(f"/ccp/activities/{credit.pk}/")).main)
    assert owner.get(f"/ccp/activities/{credit.pk}/evidence/").status_code == 302


# Who may


def test_a_stranger_finds_nothing_and_changes_nothing(entry: Activity, stranger: Member) -> None:
    file = attach(entry)
    other = client_of(stranger)
    assert other.get(f"/ccp/evidence/{file.pk}/").status_code == 404
    assert other.post(f"/ccp/evidence/{file.pk}/remove/").status_code == 404
    assert send(other, entry, pdf()).status_code == 404
    file.refresh_from_db()
    assert file.is_attached
    assert Evidence.objects.count() == 1


def test_staff_with_the_permission_read_and_change_nothing(entry: Activity, auditor: Client) -> None:
    """The permission to view activities does not open files by itself."""
    file = attach(entry)
    assert auditor.get(f"/ccp/evidence/{file.pk}/").status_code == 200
    assert auditor.post(f"/ccp/evidence/{file.pk}/remove/").headers["Location"] == "/"
    shown = part(auditor, entry)
    assert words(shown.tbody.th) == "certificate.png"
    assert not shown.select("form")
    clerk = client_of(make_clerk("view_activity"))
    assert clerk.get(f"/ccp/evidence/{file.pk}/").status_code == 404
    assert "certificate.png" not in words(read(clerk.get(f"/ccp/activities/{entry.pk}/")).main)


def test_the_permission_without_being_staff_opens_nothing(entry: Activity, stranger: Member) -> None:
    file = attach(entry)
    stranger.user.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    assert client_of(stranger).get(f"/ccp/evidence/{file.pk}/").status_code == 404


def test_a_file_that_is_lost_is_not_found_and_logged(
    owner: Client, entry: Activity, caplog: pytest.LogCaptureFixture
) -> None:
    file = attach(entry)
    kept.storage().delete(file.stored_name)
    assert owner.get(f"/ccp/evidence/{file.pk}/").status_code == 404
    assert f"The file of evidence {file.pk} is missing." in caplog.text


# In the admin


@pytest.mark.ignore_template_errors
def test_the_admin_leads_to_the_file_and_writes_nothing(entry: Activity) -> None:
    file = attach(entry)
    clerk = client_of(make_clerk("view_evidence", "change_evidence", "delete_evidence", "add_evidence"))
    shown = clerk.get(page(Evidence, "change", file.pk))
    assert "Download the file" in shown.text
    assert f'href="{reverse("evidence-download", args=[file.pk])}"' in shown.text
    assert clerk.get(f"/ccp/evidence/{file.pk}/").status_code == 200
    assert clerk.get(page(Evidence, "add")).status_code == 403
    assert clerk.get(page(Evidence, "delete", file.pk)).status_code == 403
    assert clerk.post(page(Evidence, "change", file.pk), {"original_name": "x"}).status_code == 403
    assert clerk.get(page(Evidence), {"q": entry.reference}).context["cl"].result_count == 1
    evidence.remove(evidence=file, by=entry.member.user, at=noon(TODAY))
    assert "Download the file" not in clerk.get(page(Evidence, "change", file.pk)).text
    assert clerk.get(page(Evidence), {"attached": "yes"}).context["cl"].result_count == 0
    assert client_of(make_user(is_staff=True)).get(page(Evidence)).status_code == 403
