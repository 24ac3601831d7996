"""Transcripts that staff ask for at once: the worker makes them, once, for the person who asked."""

import io
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.core.files.storage import FileSystemStorage
from django.core.management import call_command
from django.test import Client
from django_tasks_db.models import DBTaskResult
from time_machine import TimeMachineFixture

from amtportal.members.models import Member, User
from ccp.models import Transcript, TranscriptBatch
from ccp.transcripts import batches, bulk, issuing
from ccp.transcripts.bulk import Made
from certifications.models import Cycle
from tests.support.builders import TODAY, client_of, make_activity, make_cycle, make_member, noon
from tests.support.pages import words
from tests.support.scripts import GARAY
from tests.support.staff import make_clerk, page, told

MAY = ("view_cycle", "view_transcriptbatch", "issue_transcripts")


@pytest.fixture(autouse=True)
def _own_storage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "storage", lambda: FileSystemStorage(tmp_path / "transcripts"))


@pytest.fixture(autouse=True)
def _one_core(monkeypatch: pytest.MonkeyPatch) -> None:
    """The process of the tests has threads, and cannot start others as the worker does."""
    monkeypatch.setattr(bulk.os, "cpu_count", lambda: 1)


@pytest.fixture
def cycles() -> list[Cycle]:
    made = [make_cycle(make_member()) for _ in range(3)]
    for cycle in made:
        make_activity(cycle, points="2")
    return made


def work() -> None:
    """Start a worker that ends when nothing is left to do."""
    call_command("run_worker", batch=True, startup_delay=False, verbosity=0)


def asked(client: Client, cycles: list[Cycle]) -> str:
    """Choose these cycles on the list, and return the address of the page that shows how far the work is."""
    chosen = [str(cycle.pk) for cycle in cycles]
    answer = client.post(page(Cycle), {"action": "issue_transcripts", "_selected_action": chosen})
    assert answer.status_code == 302
    return str(answer["Location"])


def shown(client: Client, address: str) -> dict[str, str]:
    """Return what the page shows, by the name of the field."""
    read = BeautifulSoup(client.get(address).text, "html.parser")
    return {
        name: words(read.select_one(f".field-{name} .readonly")) for name in ("progress", "without_transcript", "file")
    }


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_the_worker_makes_one_file_for_the_person_who_asked(
    cycles: list[Cycle], time_machine: TimeMachineFixture
) -> None:
    time_machine.move_to(noon(TODAY), tick=False)
    Member.objects.filter(certifications__cycles=cycles[2]).update(last_name=GARAY)
    clerk, other = make_clerk(*MAY), make_clerk(*MAY)
    client = client_of(clerk)
    address = asked(client, cycles)
    assert shown(client, address)["progress"] == "0 of 3 done. Reload the page to see how far it is."
    work()
    assert shown(client, address) == {
        "progress": "3 of 3 done, 1 without a transcript",
        "without_transcript": f"Cycle {cycles[2].pk}: no font has U+{ord(GARAY):04X}",
        "file": f"{clerk.email} can download it until Mar 21, 2026.",
    }
    download = address.replace("change/", "download/")
    with zipfile.ZipFile(io.BytesIO(b"".join(client.get(download)))) as packed:
        assert len(packed.namelist()) == 2
        assert all(packed.read(name).startswith(b"%PDF-") for name in packed.namelist())
    assert set(Transcript.objects.values_list("cycle", "issued_by")) == {(cycle.pk, clerk.pk) for cycle in cycles[:2]}
    stranger = client_of(other)
    assert told(stranger, stranger.get(download)).startswith("There is no file for you")

    time_machine.move_to(noon(TODAY) + batches.KEPT, tick=False)
    client = client_of(clerk)
    assert client.get(download).status_code == 302, "before the worker has removed it"
    work()
    assert TranscriptBatch.objects.get().stored_name == ""
    assert batches.storage().listdir("")[1] == []


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_worker_that_was_killed_is_followed_by_one_that_issues_nothing_twice(
    cycles: list[Cycle], time_machine: TimeMachineFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    time_machine.move_to(noon(TODAY), tick=False)
    batch = batches.ask(cycles=[cycle.pk for cycle in cycles], by=make_clerk(*MAY), at=noon(TODAY))

    def killed(*args: Any, **options: Any) -> Iterator[Made]:
        yield next(write(*args, **options))
        raise SystemExit(9)

    write = bulk.write
    with monkeypatch.context() as patch:
        patch.setattr(bulk, "write", killed)
        work()
    batch.refresh_from_db()
    assert (batch.finished_at, batch.leased_until) == (None, noon(TODAY) + batches.LEASE)
    issued = set(Transcript.objects.values_list("code", flat=True))
    work()
    batch.refresh_from_db()
    assert batch.finished_at is None, "the lease of the killed one is not over"
    time_machine.move_to(noon(TODAY) + batches.LEASE + timedelta(seconds=1), tick=False)
    work()
    batch.refresh_from_db()
    assert (batch.done, batch.failures) == (3, [])
    assert Transcript.objects.count() == 3
    assert issued <= set(Transcript.objects.values_list("code", flat=True))


@pytest.mark.django_db
@pytest.mark.usefixtures("on_today")
def test_who_may_not_issue_them_has_no_such_action(cycles: list[Cycle]) -> None:
    for lacking in MAY[1:]:
        client = client_of(make_clerk(*(permission for permission in MAY if permission != lacking)))
        chosen = {"action": "issue_transcripts", "_selected_action": [str(cycles[0].pk)]}
        assert client.post(page(Cycle), chosen).status_code in (200, 302)
        assert "issue_transcripts" not in client.get(page(Cycle)).text
    assert not TranscriptBatch.objects.exists()


@pytest.mark.django_db
@pytest.mark.usefixtures("on_today")
def test_too_many_are_refused_with_the_number(cycles: list[Cycle], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "MOST", 2)
    client = client_of(make_clerk(*MAY))
    answer = client.post(
        page(Cycle), {"action": "issue_transcripts", "_selected_action": [cycle.pk for cycle in cycles]}
    )
    assert told(client, answer) == "These are more than 2 cycles. Choose fewer, by a filter of the list."
    assert not TranscriptBatch.objects.exists()
    assert not DBTaskResult.objects.exists()


@pytest.mark.django_db
def test_what_stops_the_whole_work_is_told_on_its_page(
    cycles: list[Cycle], staff: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: Any, **options: Any) -> Iterator[Made]:
        raise OSError("No space left on device")
        yield

    monkeypatch.setattr(bulk, "write", broken)
    batch = batches.ask(cycles=[cycles[0].pk], by=staff, at=noon(TODAY))
    batches.make_batch.call(batch.pk)
    batch.refresh_from_db()
    assert batch.failures == [[0, "The work has stopped (No space left on device). Ask for the transcripts again."]]
    assert batch.finished_at is not None


@pytest.mark.django_db
def test_a_file_that_a_killed_worker_left_behind_is_removed_by_the_next(
    cycles: list[Cycle], staff: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def written(cycles: list[int], folder: Path, **options: Any) -> Iterator[Made]:
        (folder / "one.pdf").write_bytes(b"%PDF-")
        yield Made(cycles[0], file="one.pdf")

    def killed(*args: Any, **options: Any) -> str:
        save(*args, **options)
        raise SystemExit(9)

    save = FileSystemStorage.save
    monkeypatch.setattr(bulk, "write", written)
    batch = batches.ask(cycles=[cycles[0].pk], by=staff, at=noon(TODAY))
    with monkeypatch.context() as patch:
        patch.setattr(FileSystemStorage, "save", killed)
        with pytest.raises(SystemExit):
            batches.make_batch.call(batch.pk)
    [left] = batches.storage().listdir("")[1]
    TranscriptBatch.objects.update(leased_until=None)
    batches.make_batch.call(batch.pk)
    batch.refresh_from_db()
    assert batches.storage().listdir("")[1] == [batch.stored_name]
    assert batch.stored_name != left


@pytest.mark.django_db
def test_a_cycle_that_is_due_is_closed_before_its_transcript_is_issued_as_by_its_page(
    cycles: list[Cycle], staff: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(issuing, "pdf", lambda *args, **options: b"%PDF-")
    due = noon(cycles[0].ends_on + timedelta(days=400))
    made = bulk._write_one(cycles[0].pk, folder=tmp_path, by=staff, at=due)
    assert made.file, made.problem
    cycles[0].refresh_from_db()
    assert cycles[0].closed_on == due.date()
