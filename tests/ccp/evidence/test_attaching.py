"""The rules of evidence.

They say until when to keep documents, what may be attached and removed, and what is left behind.
"""

import hashlib
import stat
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import storages
from django.core.management import call_command
from django.utils import timezone
from pytest_django.fixtures import Settings
from time_machine import TimeMachineFixture

from amtportal.members.models import Member
from amtportal.refusals import Refused
from amtportal.settings import STORAGES
from amtportal.uploads import kept
from ccp.evidence import attaching as evidence
from ccp.models import Activity, Evidence
from ccp.recording import verbs as recording
from ccp.transcripts import contents as transcripts
from tests.support.builders import TODAY, cycle_of, make_activity, make_amt_credit, make_cycle, make_user, noon
from tests.support.evidence import attach, pdf, picture

ENDS_ON = date(2026, 4, 30)


# Until when


@pytest.mark.parametrize(
    ("ends_on", "closed_on", "on", "until"),
    [
        # The member moves to the next cycle on 5/1/2026, and the audit is drawn in January 2027.
        pytest.param(ENDS_ON, None, date(2024, 1, 1), date(2027, 12, 31), id="long before the end"),
        pytest.param(ENDS_ON, date(2026, 5, 1), date(2027, 3, 1), date(2027, 12, 31), id="closed on the next day"),
        # The member moves to the next cycle on 1/1/2026, and the audit is drawn in January 2027,
        # not in January 2026.
        pytest.param(date(2025, 12, 31), None, TODAY, date(2027, 12, 31), id="ends with the year"),
        pytest.param(date(2025, 12, 30), date(2025, 12, 31), TODAY, date(2026, 12, 31), id="moved on the last day"),
        # The grace period and a late payment lead into the next year, so the audit is drawn in
        # January 2028.
        pytest.param(ENDS_ON, date(2027, 1, 2), date(2027, 2, 1), date(2028, 12, 31), id="closed in the next year"),
        pytest.param(ENDS_ON, None, date(2026, 12, 31), date(2027, 12, 31), id="open on the last day of the year"),
        pytest.param(ENDS_ON, None, date(2027, 1, 1), date(2028, 12, 31), id="still open in the next year"),
    ],
)
def test_documents_are_kept_until_the_year_of_the_audit_is_over(
    ends_on: date, closed_on: date | None, on: date, until: date
) -> None:
    assert evidence.keep_until(ends_on=ends_on, closed_on=closed_on, on=on) == until


@pytest.mark.django_db
def test_an_entry_of_two_cycles_is_kept_for_the_later_one(two: Member) -> None:
    """RMA ends on 4/30/2026, and RPT on 9/14/2027."""
    assert evidence.keep_all_until([cycle_of(two), cycle_of(two, "RPT")], TODAY) == date(2028, 12, 31)
    assert evidence.keep_all_until([], TODAY) is None


# Attaching


@pytest.fixture
def entry(db: None) -> Activity:
    return make_activity(make_cycle())


def stored() -> list[str]:
    storage = kept.storage()
    try:
        folders, _ = storage.listdir("")
    except FileNotFoundError:
        return []
    return [f"{folder}/{name}" for folder in folders for name in storage.listdir(folder)[1]]


@pytest.fixture(autouse=True)
def folder(settings: Settings, tmp_path: Path) -> Path:
    """Files go where an operator keeps them, which here is a folder."""
    options = {**settings.STORAGES["evidence"]["OPTIONS"], "location": tmp_path / "evidence"}
    backend = "django.core.files.storage.FileSystemStorage"
    settings.STORAGES = {**settings.STORAGES, "evidence": {"BACKEND": backend, "OPTIONS": options}}
    return tmp_path / "evidence"


def test_a_file_is_kept_under_a_random_name_that_only_the_service_can_read(entry: Activity, folder: Path) -> None:
    file = attach(entry, name="my certificate.png")
    path = folder / file.stored_name
    assert len(path.name) == 64
    assert "certificate" not in str(path)
    assert [stat.S_IMODE(place.stat().st_mode) for place in (path, path.parent)] == [0o600, 0o700]
    assert file.size == path.stat().st_size
    assert (file.added_by, file.added_at) == (entry.member.user, noon(TODAY))
    assert Evidence.history.get().history_type == "+"


def test_files_lie_outside_of_what_is_served(settings: Settings) -> None:
    location = STORAGES["evidence"]["OPTIONS"]["location"]
    assert location == settings.MEDIA_ROOT / "evidence"
    assert not location.is_relative_to(settings.STATIC_ROOT)
    assert not settings.MEDIA_URL.strip("/"), "there is no address for uploads"


def test_the_same_file_is_kept_once_on_an_entry(entry: Activity) -> None:
    first = attach(entry)
    assert attach(entry, name="another name.png") == first
    assert Evidence.objects.count() == len(stored()) == 1
    other = make_activity(cycle_of(entry.member), points="1")
    assert attach(other) != first, "another entry has its own"


def test_what_was_removed_can_be_attached_again(entry: Activity) -> None:
    first = attach(entry)
    evidence.remove(evidence=first, by=entry.member.user, at=noon(TODAY))
    assert attach(entry) != first
    assert Evidence.objects.count() == 2


@pytest.mark.slow
def test_an_entry_has_at_most_ten_files(entry: Activity) -> None:
    for pages in range(1, 11):
        attach(entry, pdf(pages), name=f"{pages}.pdf")
    with pytest.raises(Refused, match=r"This entry has 10 files, and cannot have more\."):
        attach(entry)
    assert Evidence.objects.count() == len(stored()) == 10
    evidence.remove(evidence=Evidence.objects.all()[0], by=entry.member.user, at=noon(TODAY))
    attach(entry)


def test_what_amt_credited_needs_no_evidence(entry: Activity) -> None:
    with pytest.raises(Refused, match="so it needs no evidence"):
        attach(make_amt_credit(cycle_of(entry.member)))
    assert stored() == []


def test_a_file_without_its_row_is_deleted(entry: Activity, monkeypatch: pytest.MonkeyPatch) -> None:
    """The database fails after the file was written."""

    def fail(**fields: object) -> None:
        assert len(stored()) == 1
        raise OSError("no space")

    monkeypatch.setattr(Evidence.objects, "create", fail)
    with pytest.raises(OSError, match="no space"):
        attach(entry)
    assert stored() == []


def test_a_file_that_two_attach_at_once_is_kept_once(entry: Activity, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other file was first, after this request had looked.

    The request looks again under the lock.
    """
    first = attach(entry)
    looked = evidence._attached
    answers = iter([lambda *_: None])
    monkeypatch.setattr(evidence, "_attached", lambda *args: next(answers, looked)(*args))
    assert attach(entry) == first
    assert len(stored()) == 1


def test_a_closed_cycle_takes_evidence_because_the_audit_comes_later(
    entry: Activity, on_today: TimeMachineFixture
) -> None:
    on_today.move_to(noon(ENDS_ON + timedelta(days=200)))
    assert attach(entry).is_attached


# Removing


def test_the_row_of_a_removed_file_says_who_and_when(entry: Activity) -> None:
    file = attach(entry)
    later = noon(TODAY + timedelta(days=1))
    evidence.remove(evidence=file, by=entry.member.user, at=later)
    evidence.remove(evidence=file, by=make_user(), at=noon(TODAY + timedelta(days=2)))  # again: nothing happens
    file.refresh_from_db()
    assert (file.removed_by, file.removed_at) == (entry.member.user, later)
    assert list(Evidence.history.values_list("history_type", flat=True)) == ["~", "+"]
    assert not Evidence.objects.visible_to(entry.member.user).exists()


@pytest.mark.parametrize("reason", ["", "No proof."], ids=["withdrawn", "voided"])
def test_what_is_attached_to_an_entry_that_no_longer_stands_stays(entry: Activity, reason: str) -> None:
    file = attach(entry)
    by = make_user(is_staff=True) if reason else entry.member.user
    if reason:
        recording.void(activity=entry, reason=reason, by=by, at=noon(TODAY))
    else:
        recording.withdraw(activity=entry, by=by, at=noon(TODAY))
    entry.refresh_from_db()
    with pytest.raises(Refused, match="What is attached to it stays"):
        evidence.remove(evidence=file, by=entry.member.user, at=noon(TODAY))
    with pytest.raises(Refused, match="nothing can be attached to it"):
        attach(entry, pdf())
    assert stored() == [file.stored_name]


def test_evidence_is_no_part_of_a_transcript(entry: Activity) -> None:
    cycle = cycle_of(entry.member)
    before = transcripts.content_hash(transcripts.of_cycle(cycle))
    attach(entry)
    assert transcripts.content_hash(transcripts.of_cycle(cycle)) == before


def test_another_storage_of_django_can_take_the_files(entry: Activity, settings: Settings) -> None:
    settings.STORAGES = {
        **settings.STORAGES,
        "evidence": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    }
    file = attach(entry, picture())
    with storages["evidence"].open(file.stored_name) as kept:
        assert kept.read().startswith(b"\xff\xd8")


# Cleaning up


def clean(capsys: pytest.CaptureFixture[str], *options: str) -> str:
    call_command("clean_evidence", *options)
    return capsys.readouterr().out


def orphan(folder: Path) -> Path:
    path = folder / "ab" / ("ab" + "0" * 62)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"left behind")
    return path


def test_nothing_attached_is_nothing_to_clean(db: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert clean(capsys).startswith("0 files, 0 deleted that members removed, 0 that no row needs")


def test_a_file_without_a_row_is_named_and_removed_on_request(
    entry: Activity, folder: Path, time_machine: TimeMachineFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file is removed after an hour. Until then its row may be on its way."""
    file, left = attach(entry), orphan(folder)
    assert clean(capsys).startswith("2 files, 0 deleted that members removed, 0 that no row needs found")
    time_machine.move_to(timezone.now() + timedelta(hours=2))
    told = clean(capsys)
    assert told.splitlines() == [
        f"ab/{left.name}",
        "2 files, 0 deleted that members removed, 1 that no row needs found; --remove removes them, "
        "1 as they were kept, 0 whose digest is kept from now on, 0 that are not as they were kept, "
        "0 rows without a file.",
    ]
    assert left.exists()
    clean(capsys, "--remove")
    assert stored() == [file.stored_name]
    assert clean(capsys).startswith("1 files, 0 deleted that members removed, 0 that no row needs")


def test_the_file_of_what_was_removed_is_deleted_a_day_later(
    entry: Activity,
    time_machine: TimeMachineFixture,
    capsys: pytest.CaptureFixture[str],
    django_capture_on_commit_callbacks: Any,
) -> None:
    """The file is kept until then.

    A backup whose database calls it attached may still be copying the files.
    """
    kept, file = attach(entry, pdf()), attach(entry)
    with django_capture_on_commit_callbacks(execute=True):
        evidence.remove(evidence=file, by=entry.member.user, at=noon(TODAY))
    time_machine.move_to(noon(TODAY) + timedelta(days=1), tick=False)
    assert clean(capsys).startswith("2 files, 0 deleted")
    assert len(stored()) == 2
    time_machine.move_to(noon(TODAY) + timedelta(days=1, seconds=1))
    assert clean(capsys).startswith("2 files, 1 deleted that members removed, 0 that no row needs")
    assert stored() == [kept.stored_name]


def test_a_file_that_cannot_be_deleted_now_does_not_stop_the_others(
    entry: Activity,
    time_machine: TimeMachineFixture,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    for file in (attach(entry), attach(entry, pdf())):
        evidence.remove(evidence=file, by=entry.member.user, at=noon(TODAY))
    monkeypatch.setattr(type(kept.storage()), "delete", lambda *_: (_ for _ in ()).throw(OSError("read-only")))
    time_machine.move_to(noon(TODAY) + timedelta(days=2))
    assert clean(capsys).startswith("2 files, 0 deleted")
    assert caplog.text.count("could not be deleted.") == 2


def failed(capsys: pytest.CaptureFixture[str]) -> tuple[str, str]:
    """Return what the command prints where it fails: its tally, and its errors."""
    with pytest.raises(SystemExit) as ended:
        call_command("clean_evidence")
    assert ended.value.code == 1
    told = capsys.readouterr()
    return told.out, told.err


def test_a_row_without_its_file_is_named_and_is_a_failure(
    entry: Activity, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = attach(entry)
    (folder / file.stored_name).unlink()
    tally, errors = failed(capsys)
    assert errors == f"Evidence {file.pk} of {entry.reference} lacks its file {file.stored_name}.\n"
    assert tally.endswith("1 rows without a file.\n")


@pytest.mark.parametrize("change", ["swapped", "one bit", "cut off", "empty"])
def test_a_file_that_is_not_the_one_that_was_kept_is_named_and_is_a_failure(
    change: str, entry: Activity, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whether it was swapped or damaged, whoever reads it would read something else."""
    file, other = attach(entry), attach(entry, pdf())
    path = folder / file.stored_name
    kept = path.read_bytes()
    assert file.stored_sha256 == hashlib.sha256(kept).hexdigest()
    bytes_now = {
        "swapped": (folder / other.stored_name).read_bytes(),
        "one bit": kept[:-1] + bytes([kept[-1] ^ 1]),
        "cut off": kept[: len(kept) // 2],
        "empty": b"",
    }[change]
    path.write_bytes(bytes_now)
    tally, errors = failed(capsys)
    assert errors == (
        f"Evidence {file.pk} of {entry.reference}: its file {file.stored_name} is not the one that was kept "
        f"({len(bytes_now):,} bytes and SHA-256 {hashlib.sha256(bytes_now).hexdigest()}, "
        f"kept were {len(kept):,} and {file.stored_sha256}).\n"
    )
    assert "1 as they were kept, 0 whose digest is kept from now on, 1 that are not as they were kept" in tally


def test_a_file_that_cannot_be_read_is_named_and_is_a_failure(
    entry: Activity, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = attach(entry)
    path = folder / file.stored_name
    path.unlink()
    path.mkdir()
    assert f"its file {file.stored_name} cannot be read: Is a directory." in failed(capsys)[1]


def test_files_attached_before_there_were_digests_get_theirs_once(
    entry: Activity, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = [attach(entry), attach(entry, pdf())]
    digests = {file.pk: file.stored_sha256 for file in files}
    Evidence.objects.update(stored_sha256="")
    assert "0 as they were kept, 2 whose digest is kept from now on" in clean(capsys)
    assert dict(Evidence.objects.values_list("pk", "stored_sha256")) == digests
    line = Evidence.history.latest()
    assert (line.history_user, line.history_change_reason) == (None, "Digest of the file as it was found")
    assert line.stored_sha256 == digests[line.id]
    assert "2 as they were kept, 0 whose digest is kept from now on" in clean(capsys)
    Evidence.objects.update(stored_sha256="")
    (folder / files[0].stored_name).write_bytes(b"other")
    assert "kept were" in failed(capsys)[1], "the size alone tells"
