"""The archive: who may have it made and read it, for how long, what is in the file, and what a killed worker leaves."""

import io
import tracemalloc
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.core.files.storage import FileSystemStorage
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.http import HttpResponse
from django.test import Client
from time_machine import TimeMachineFixture

from amtportal import jobs
from amtportal.members.mail import sending
from amtportal.members.models import Member
from amtportal.refusals import Refused
from amtportal.uploads import kept
from ccp.exports import archives, packing
from ccp.exports.models import Archive
from ccp.models import Transcript
from ccp.transcripts import issuing
from ccp.transcripts.papers import filename
from tests.support.builders import PASSWORD, TODAY, client_of, make_user, noon
from tests.support.evidence import attach, make_evidence
from tests.support.factors import confirm
from tests.support.pages import read, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_today")]

PAGE, FILE = "/account/my-data/", "/account/my-data/archive.zip"


@pytest.fixture(autouse=True)
def _light(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    """Lay out no documents but where a test asks for it, and keep the files in memory."""
    monkeypatch.setattr(issuing, "pdf", lambda *args, **options: b"%PDF-transcript")
    monkeypatch.setattr("certifications.payments.sheets.pdf", lambda *args, **options: b"%PDF-invoice")
    storages = {**settings.STORAGES, "archives": {"BACKEND": "django.core.files.storage.InMemoryStorage"}}
    settings.STORAGES = storages


@pytest.fixture
def owner(met: Member) -> Client:
    """Return the browser of the member, who has just given the password."""
    met.user.set_password(PASSWORD)
    met.user.save()
    client = client_of(met)
    confirm(client, PASSWORD)
    return client


def state_of(answer: HttpResponse) -> str:
    return str(read(answer).select_one("[data-name=archive]")["data-state"])


def made(member: Member, **fields: Any) -> Archive:
    archive = archives.ask(member=member, by=member.user, language="en", at=noon(TODAY), **fields)
    archives.make_archive.func(archive.pk)
    archive.refresh_from_db()
    return archive


def test_a_member_has_it_made_gets_a_mail_and_downloads_it(met: Member, owner: Client) -> None:
    evidence = attach(met.activities.get(), name="../../Día 1 <cme>.pdf")
    assert state_of(owner.get(PAGE)) == "none"
    assert state_of(owner.post(PAGE, follow=True)) == "waiting"
    archive = Archive.objects.get()
    archives.make_archive.func(archive.pk)
    answer = owner.get(PAGE)
    assert state_of(answer) == "ready"
    assert read(answer).select_one(f"a[href='{FILE}']")
    sending.send_due()
    [told] = [sent for sent in mail.outbox if sent.subject == "Your archive is ready"]
    assert (told.to, told.attachments) == ([met.user.email], [])
    assert PAGE in told.body
    assert FILE not in told.body
    answer = owner.get(FILE)
    headers = {name: answer.headers[name] for name in ("Cache-Control", "X-Content-Type-Options", "Content-Type")}
    assert headers == {
        "Cache-Control": "private, no-store",
        "X-Content-Type-Options": "nosniff",
        "Content-Type": "application/zip",
    }
    assert f'attachment; filename="My-AMT-data-{met.amt_id}-{TODAY.isoformat()}.zip"' == answer["Content-Disposition"]
    with zipfile.ZipFile(io.BytesIO(b"".join(answer))) as packed:
        assert packed.testzip() is None
        names = packed.namelist()
        assert not [name for name in names if ".." in name or name.startswith("/")]
        [file] = [name for name in names if name.startswith("evidence/")]
        assert file == f"evidence/{met.activities.get().reference}/{evidence.pk}-Día-1-cme.png"
        assert f'"{file}"'.encode() in packed.read("data.json")
        assert {name.partition("/")[0] for name in names} >= {"data.json", "README.txt", "transcripts", "invoices"}
        assert met.amt_id in packed.read("README.txt").decode()


def test_the_password_is_asked_for_before_it_is_made_and_before_it_is_read(met: Member, owner: Client) -> None:
    made(met)
    client = client_of(met)
    for ask in (lambda: client.post(PAGE), lambda: client.get(FILE)):
        assert ask().headers["Location"].startswith("/accounts/reauthenticate/")
    assert Archive.objects.count() == 1


def test_nobody_but_the_account_that_asked_can_read_it(met: Member, owner: Client, stranger: Member) -> None:
    made(met)
    others = [client_of(stranger), client_of(make_user(is_staff=True, is_superuser=True)), Client()]
    for client, leads_to in zip(others, (PAGE, "/", "/accounts/login/"), strict=True):
        assert client.get(FILE).headers["Location"].partition("?")[0] == leads_to
    assert state_of(client_of(stranger).get(PAGE)) == "none"
    Archive.objects.update(asked_by=stranger.user)  # an account that was the member's before
    assert owner.get(FILE).headers["Location"] == PAGE


def test_after_24_hours_nobody_reads_it_and_the_nightly_run_deletes_it(
    met: Member, owner: Client, time_machine: TimeMachineFixture
) -> None:
    archive = made(met)
    time_machine.move_to(archive.finished_at + archives.KEPT - timedelta(seconds=1), tick=False)
    assert state_of(owner.get(PAGE)) == "ready"
    time_machine.move_to(archive.finished_at + archives.KEPT, tick=False)
    assert state_of(owner.get(PAGE)) == "expired"
    assert owner.get(FILE).headers["Location"] == PAGE
    assert archives.storage().listdir("")[1] == [archive.stored_name]
    call_command("clean_evidence")
    assert archives.storage().listdir("")[1] == []
    archive.refresh_from_db()
    assert archive.stored_name == ""


def test_one_at_a_time_and_three_a_day(met: Member, owner: Client) -> None:
    archives.ask(member=met, by=met.user, language="en", at=noon(TODAY))
    answer = owner.post(PAGE)
    assert answer.status_code == 400
    assert "Your archive is being prepared already." in words(read(answer, 400).select_one(".error-summary"))
    with pytest.raises(IntegrityError), transaction.atomic():
        Archive.objects.create(member=met, asked_by=met.user, asked_at=noon(TODAY), language="en")
    archives.make_archive.func(Archive.objects.get().pk)
    for _ in range(archives.MOST_A_DAY - 1):
        made(met)
    with pytest.raises(Refused, match="You can ask for the next one from"):
        made(met)
    Archive.objects.update(failures=[[jobs.WHOLE, "No space left on device"]])
    assert made(met).finished_at, "what an error ended does not count"


def test_memory_does_not_grow_with_the_files(met: Member, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Six files of 10 MB, which are one on the disk, take less memory than half of one."""
    size = 10 * 2**20
    with (tmp_path / "one").open("wb") as one:
        one.truncate(size)
    kept_files = FileSystemStorage(tmp_path)
    monkeypatch.setattr(kept, "storage", lambda: kept_files)
    for number in range(6):
        (tmp_path / f"{number}").hardlink_to(tmp_path / "one")
        make_evidence(met.activities.get(), size=size, stored_name=f"{number}")
    archive = archives.ask(member=met, by=met.user, language="en", at=noon(TODAY))
    tracemalloc.start()
    try:
        path = packing.make(archive, tmp_path, jobs.Progress(Archive.objects.filter(pk=archive.pk)))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert path.stat().st_size > 6 * size
    assert peak < size / 2, f"{peak / 2**20:.1f} MB"


def test_a_newer_one_takes_the_place_of_the_older(met: Member) -> None:
    first, second = made(met), made(met)
    archives.remove_file.func(first.pk)  # as the worker was told
    assert archives.storage().listdir("")[1] == [second.stored_name]


def test_a_file_that_is_missing_is_named_and_the_rest_is_there(met: Member, owner: Client) -> None:
    evidence = attach(met.activities.get())
    kept.storage().delete(evidence.stored_name)
    archive = made(met)
    assert [name for name in archive.failures if "evidence/" in name[1]]
    assert state_of(owner.get(PAGE)) == "ready"
    with zipfile.ZipFile(io.BytesIO(b"".join(owner.get(FILE)))) as packed:
        assert "could not be found" in packed.read("README.txt").decode()
        assert [name for name in packed.namelist() if name.startswith("transcripts/")]


def test_papers_are_in_it_as_they_were_issued_and_none_is_issued_for_it(
    met: Member, owner: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ccp.transcripts.papers.documents.pdf", lambda *args, **options: b"%PDF-paper")
    owner.get("/account/card/")
    card = Transcript.objects.get()
    made(met)
    with zipfile.ZipFile(io.BytesIO(b"".join(owner.get(FILE)))) as packed:
        papers = [name for name in packed.namelist() if name.startswith("papers/")]
        assert papers == [f"papers/{card.grouped_code}-{filename(card)}"]
        assert packed.read(papers[0]) == b"%PDF-paper"
        assert "papers: Digital card, Letter of good standing" in packed.read("README.txt").decode()
    assert list(Transcript.objects.exclude(kind="transcript")) == [card]


def test_an_error_is_shown_without_its_words_and_can_be_tried_again(
    met: Member, owner: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("ccp.exports.packing._write_data", _full)
        archive = made(met)
    page = owner.get(PAGE)
    assert state_of(page) == "failed"
    assert "No space" not in page.text
    assert archives.storage().listdir("")[1] == []
    assert owner.get(FILE).headers["Location"] == PAGE
    assert made(met).pk != archive.pk
    assert state_of(owner.get(PAGE)) == "ready"


def _full(*args: Any, **options: Any) -> None:
    raise OSError("No space left on device")


def test_a_worker_that_was_killed_is_followed_by_one_that_begins_again(
    met: Member, owner: Client, monkeypatch: pytest.MonkeyPatch, time_machine: TimeMachineFixture
) -> None:
    def killed(*args: Any, **options: Any) -> None:
        raise SystemExit(9)

    archive = archives.ask(member=met, by=met.user, language="en", at=noon(TODAY))
    with monkeypatch.context() as patch:
        patch.setattr("ccp.exports.packing._write_data", killed)
        with pytest.raises(SystemExit):
            archives.make_archive.func(archive.pk)
    assert state_of(owner.get(PAGE)) == "making"
    assert read(owner.get(PAGE)).select_one("[data-name=progress]")
    archives.make_archive.func(archive.pk)
    assert state_of(owner.get(PAGE)) == "making", "the lease of the killed one is not over"
    time_machine.shift(jobs.LEASE + timedelta(seconds=1))
    archives.make_archive.func(archive.pk)
    assert state_of(owner.get(PAGE)) == "ready"


def test_its_readme_is_in_the_language_of_the_reader(met: Member, owner: Client) -> None:
    archive = archives.ask(member=met, by=met.user, language="es", at=noon(TODAY))
    archives.make_archive.func(archive.pk)
    with zipfile.ZipFile(io.BytesIO(b"".join(owner.get(FILE)))) as packed:
        assert "contraseñas" in packed.read("README.txt").decode()
