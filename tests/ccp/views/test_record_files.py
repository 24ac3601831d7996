"""Files in the Record CE form: they wait for it, whatever else is wrong, and are attached when it is recorded."""

import uuid
from datetime import timedelta
from typing import IO, Any
from unittest.mock import patch

import pytest
from bs4 import BeautifulSoup, Tag
from django.core.files.storage import InMemoryStorage
from django.core.management import call_command
from django.http import HttpResponse
from django.test import Client
from time_machine import TimeMachineFixture

from amtportal.members.models import Member
from amtportal.uploads import kept
from ccp.evidence import attaching as evidence
from ccp.evidence import files as evidence_files
from ccp.evidence import waiting
from ccp.evidence.cleaner import Outcome
from ccp.models import Activity, Evidence, PendingFile
from ccp.recording import verbs as recording
from tests.support.builders import TODAY, client_of, noon
from tests.support.evidence import pdf, picture, sent
from tests.support.pages import error_summary, form_values, read, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_today"), pytest.mark.any_database]

ADDRESS = "/ccp/record/"
ENTRY = {"activity_type": "self-study", "points": "2", "starts_on": "3/1/2026", "attested": "on"}


@pytest.fixture(autouse=True)
def _own_storage(monkeypatch: pytest.MonkeyPatch) -> None:
    own = InMemoryStorage()
    monkeypatch.setattr(kept, "storage", lambda: own)


@pytest.fixture(autouse=True)
def cleaned(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Take each file as it is, and return the kinds of those that were opened.

    What the cleaner's process does has its own tests.
    """
    kinds = []

    def take(kind: str, source: IO[bytes], target: IO[bytes]) -> int:
        kinds.append(kind)
        source.seek(0)
        target.write(source.read())
        return Outcome.CLEAN

    monkeypatch.setattr(evidence_files, "_cleaned", take)
    return kinds


@pytest.fixture
def client(new: Member) -> Client:
    return client_of(new)


@pytest.fixture
def number() -> str:
    return str(uuid.uuid4())


def post(client: Client, number: str, *files: Any, **changes: Any) -> HttpResponse:
    """Post the form with these files and changes. A field of None is not sent."""
    typed = ENTRY | {"submission_id": number, "files": list(files)} | changes
    return client.post(ADDRESS, {name: value for name, value in typed.items() if value is not None})


def listed(page: BeautifulSoup | Tag) -> list[str]:
    """Return the names of the files that wait, as the form lists them."""
    return [words(name) for name in page.select(".waiting-file bdi")]


def names(entry: Activity) -> list[str]:
    return list(Evidence.objects.attached().filter(activity=entry).values_list("original_name", flat=True))


def test_the_form_takes_several_files_at_once_and_offers_the_camera_first(client: Client) -> None:
    form = read(client.get(ADDRESS)).select_one("#entry-form")
    assert form["enctype"] == "multipart/form-data"
    photo, files = form.select("input[type=file]")
    assert (photo["name"], files["name"], files.has_attr("multiple")) == ("photo", "files", True)
    assert photo["accept"] == files["accept"] == "image/*,application/pdf"
    assert form.select(":is(input, select, textarea):not([type=hidden])")[0] is photo
    assert words(form.select_one("label[for=id_photo]")) == "Take a photo or choose a file"


def test_one_submit_records_the_entry_and_attaches_its_files(client: Client, number: str) -> None:
    answer = post(client, number, sent(pdf(), "a.pdf"), sent(picture("PNG"), "b.png"), photo=sent(picture(), "c.jpg"))
    entry = Activity.objects.get()
    assert answer.headers["Location"] == f"/ccp/activities/{entry.pk}/"
    assert sorted(names(entry)) == ["a.pdf", "b.png", "c.jpg"]
    assert not PendingFile.objects.exists()
    page = read(client.get(answer.headers["Location"]))
    assert len(page.select("section[aria-labelledby=evidence] tbody tr")) == 3
    assert client.get(page.select_one("section[aria-labelledby=evidence] tbody a")["href"]).status_code == 200


def test_an_error_elsewhere_keeps_the_files_and_they_are_not_cleaned_a_second_time(
    client: Client, number: str, cleaned: list[str]
) -> None:
    page = read(post(client, number, sent(pdf(), "a.pdf"), sent(picture("PNG"), "b.png"), starts_on=""))
    assert error_summary(page).keys() == {"id_starts_on"}
    assert listed(page) == ["a.pdf", "b.png"]
    assert all(row.select_one("use")["href"].endswith("#check") for row in page.select(".waiting-file"))
    assert not Activity.objects.exists()
    typed = form_values(page) | {"starts_on": "3/1/2026", "attested": "on"}
    client.post(ADDRESS, typed)
    assert names(Activity.objects.get()) == ["a.pdf", "b.png"]
    assert cleaned == ["pdf", "png"]


def test_a_bad_file_gets_its_sentence_and_the_others_stay(client: Client, number: str) -> None:
    page = read(post(client, number, sent(b"PK\3\4" + bytes(100), "a.zip"), sent(pdf(), "b.pdf")))
    told = error_summary(page)
    assert told.keys() == {"id_files"}
    assert told["id_files"].startswith("a.zip: This is a ZIP file")
    assert listed(page) == ["b.pdf"]
    assert page.select_one("[name=points]")["value"] == "2"
    assert not Activity.objects.exists()
    post(client, number)
    assert names(Activity.objects.get()) == ["b.pdf"]


def test_the_same_form_posted_again_attaches_nothing_twice(client: Client, number: str) -> None:
    content = pdf()
    first = post(client, number, sent(content, "a.pdf"))
    again = post(client, number, sent(content, "a.pdf"))
    assert first.headers["Location"] == again.headers["Location"]
    [file] = Evidence.objects.all()
    evidence.remove(evidence=file, by=file.added_by, at=noon(TODAY))
    post(client, number, sent(content, "a.pdf"))
    assert names(Activity.objects.get()) == [], "what the member removed stays removed"


def test_the_same_file_chosen_twice_waits_once(client: Client, number: str) -> None:
    content = pdf()
    post(client, number, sent(content, "a.pdf"), attested=None)
    page = read(post(client, number, sent(content, "b.pdf"), attested=None))
    assert listed(page) == ["a.pdf"]
    folders = kept.storage().listdir("")[0]
    assert sum(len(kept.storage().listdir(folder)[1]) for folder in folders) == 1


def test_a_form_takes_ten_files(client: Client, number: str) -> None:
    files = [sent(pdf(pages), f"{pages}.pdf") for pages in range(1, 12)]
    page = read(post(client, number, *files))
    assert error_summary(page) == {"id_files": "11.pdf: A form takes 10 files. Remove one first."}
    assert len(listed(page)) == 10


def test_remove_takes_out_one_file_and_keeps_everything_that_was_typed(client: Client, number: str) -> None:
    page = read(post(client, number, sent(pdf(), "a.pdf"), sent(picture("PNG"), "b.png"), starts_on="33/33"))
    button = page.select_one(".waiting-files button")
    assert words(button) == "Remove a.pdf"
    page = read(post(client, number, starts_on="33/33", title="Sepsis", **{button["name"]: button["value"]}))
    assert listed(page) == ["b.png"]
    assert error_summary(page) == {}, "nothing is judged by Remove"
    kept = form_values(page)
    assert (kept["starts_on"], kept["title"], kept["points"]) == (["33/33"], ["Sepsis"], ["2"])
    assert (kept["activity_type"], kept["attested"]) == (["self-study"], ["on"])
    assert (kept["submission_id"]) == [number]


def test_nobody_removes_or_gets_the_file_of_another_form_or_member(
    client: Client, number: str, stranger: Member
) -> None:
    post(client, number, sent(pdf(), "a.pdf"), attested=None)
    file = PendingFile.objects.get()
    post(client, str(uuid.uuid4()), attested=None, remove_file=str(file.pk))
    other = client_of(stranger)
    post(other, number, attested=None, remove_file=str(file.pk))
    assert listed(read(post(other, number, attested=None))) == []
    post(other, number)
    assert Evidence.objects.count() == 0
    file.refresh_from_db()
    assert file.removed_at is None


@pytest.mark.parametrize("key", ["", "x", "9" * 30, "-1"])
def test_a_button_of_no_file_changes_nothing(client: Client, number: str, key: str) -> None:
    post(client, number, sent(pdf(), "a.pdf"), attested=None)
    assert listed(read(post(client, number, remove_file=key))) == ["a.pdf"]


def test_a_file_that_cannot_be_attached_does_not_lose_the_entry(client: Client, number: str) -> None:
    with patch.object(evidence, "add_stored", side_effect=OSError("no room")):
        answer = post(client, number, sent(pdf(), "a.pdf"))
    entry = Activity.objects.get()
    told = words(read(client.get(answer.headers["Location"])).select_one(".notices"))
    assert f"{entry.reference} is on record." in told
    assert "a.pdf could not be attached. Attach it here." in told
    assert names(entry) == []
    post(client, number)
    assert names(entry) == ["a.pdf"], "it still waits for its entry"


def test_an_entry_that_cannot_be_recorded_attaches_nothing(client: Client, number: str) -> None:
    with patch.object(recording, "record_at", side_effect=RuntimeError), pytest.raises(RuntimeError):
        post(client, number, sent(pdf(), "a.pdf"))
    assert not Evidence.objects.exists()
    post(client, number)
    assert names(Activity.objects.get()) == ["a.pdf"]


def test_a_form_that_lost_its_number_keeps_its_files_under_the_new_one(client: Client) -> None:
    page = read(post(client, "not a number", sent(pdf(), "a.pdf")))
    assert listed(page) == ["a.pdf"]
    post(client, form_values(page)["submission_id"][0])
    assert names(Activity.objects.get()) == ["a.pdf"]


def test_a_form_whose_number_recorded_something_else_keeps_its_files(client: Client, number: str) -> None:
    post(client, number)
    page = read(post(client, number, sent(pdf(), "a.pdf"), points="3"), 409)
    assert listed(page) == ["a.pdf"]
    client.post(ADDRESS, form_values(page))
    assert names(Activity.objects.get(points=3)) == ["a.pdf"]
    assert names(Activity.objects.get(points=2)) == []


def test_files_wait_for_a_member_who_was_signed_out(client: Client, new: Member, number: str) -> None:
    typed_by = read(client.get(ADDRESS)).select_one("[name=typed_by]")["value"]
    post(client, number, sent(pdf(), "a.pdf"), attested=None)
    client.logout()
    typed = ENTRY | {"submission_id": number, "typed_by": typed_by, "files": sent(picture("PNG"), "b.png")}
    answer = client.post(ADDRESS, typed)
    assert answer.status_code == 302
    told = words(read(client.get(answer.headers["Location"])).select_one(".notices"))
    assert "Files that you had just chosen are not kept. Choose them again." in told
    client.force_login(new.user)
    assert listed(read(client.get(ADDRESS))) == ["a.pdf"]


def test_more_files_than_a_minute_takes_are_told_and_lose_nothing(client: Client, number: str, settings: Any) -> None:
    settings.ACCOUNT_RATE_LIMITS = {**settings.ACCOUNT_RATE_LIMITS, "evidence": "1/m/user"}
    page = read(post(client, number, sent(pdf(), "a.pdf"), sent(picture("PNG"), "b.png")))
    assert error_summary(page)["id_files"].startswith("b.png: That is a lot of files")
    assert listed(page) == ["a.pdf"]


def test_too_many_files_of_forms_that_were_never_submitted_are_refused(
    client: Client, number: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "MOST_WAITING", 1)
    post(client, str(uuid.uuid4()), sent(pdf(), "a.pdf"), attested=None)
    page = read(post(client, number, sent(pdf(2), "b.pdf")))
    assert error_summary(page)["id_files"].startswith("Too many of your files wait")


def remove(client: Client, number: str) -> None:
    post(client, number, attested=None, remove_file=str(PendingFile.objects.latest("pk").pk))


def test_files_that_were_removed_fill_the_storage_too(
    client: Client, number: str, on_today: TimeMachineFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until they are deleted: 24 hours after they were removed."""
    monkeypatch.setattr(waiting, "MOST_WAITING", 2)
    for pages in (1, 2):
        post(client, number, sent(pdf(pages), f"{pages}.pdf"), attested=None)
        remove(client, number)
    page = read(post(client, number, sent(pdf(3), "3.pdf")))
    assert error_summary(page)["id_files"].startswith("Too many of your files wait")
    assert listed(page) == []
    assert PendingFile.objects.count() == 2
    on_today.move_to(noon(TODAY) + timedelta(hours=23, minutes=59), tick=False)
    assert error_summary(read(post(client_of(Member.objects.get()), number, sent(pdf(3), "3.pdf"))))
    on_today.move_to(noon(TODAY) + timedelta(hours=24), tick=False)
    page = read(post(client_of(Member.objects.get()), number, sent(pdf(3), "3.pdf"), attested=None))
    assert "3.pdf" in listed(page)


def test_a_file_that_was_removed_takes_a_place_when_it_comes_back(
    client: Client, number: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evidence, "MOST_FILES", 1)
    again = sent(first := pdf(), "a.pdf")
    post(client, number, again, attested=None)
    remove(client, number)
    post(client, number, sent(pdf(2), "b.pdf"), attested=None)
    page = read(post(client, number, sent(first, "a.pdf"), attested=None))
    assert error_summary(page)["id_files"] == "A form takes 1 file. Remove one first."
    assert listed(page) == ["b.pdf"]
    assert listed(read(post(client, number, sent(pdf(2), "b.pdf"), attested=None))) == ["b.pdf"], "it waits already"


def test_a_file_that_nobody_submits_is_deleted_after_a_day_and_is_no_alarm_before(
    client: Client, new: Member, number: str, on_today: TimeMachineFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    post(client, number, sent(pdf(), "a.pdf"), attested=None)
    name = PendingFile.objects.get().stored_name
    on_today.move_to(noon(TODAY) + timedelta(hours=23), tick=False)
    with patch.object(type(kept.storage()), "get_modified_time", return_value=noon(TODAY)):
        call_command("clean_evidence", "--remove")
    assert capsys.readouterr().out.startswith("1 files, 0 deleted that members removed, 0 that no row needs")
    assert kept.storage().exists(name)
    on_today.move_to(noon(TODAY) + timedelta(hours=24), tick=False)
    assert listed(read(post(client_of(new), number, attested=None))) == []
    call_command("clean_evidence")
    assert "1 deleted whose Record CE form was not submitted." in capsys.readouterr().out
    assert not kept.storage().exists(name)
    assert not PendingFile.objects.exists()


def test_what_was_attached_is_not_deleted_with_what_was_not(
    client: Client, number: str, on_today: TimeMachineFixture
) -> None:
    post(client, number, sent(pdf(), "a.pdf"))
    on_today.move_to(noon(TODAY) + timedelta(days=2), tick=False)
    call_command("clean_evidence")
    assert kept.storage().exists(Evidence.objects.get().stored_name)


def test_the_form_that_amends_an_entry_takes_no_files(client: Client, number: str) -> None:
    entry = post(client, number).headers["Location"]
    assert read(client.get(f"{entry}amend/")).select("#entry-form input[type=file]") == []


def test_a_repeat_says_which_of_its_files_is_not_attached(client: Client, number: str) -> None:
    post(client, number)
    again = post(client, number, sent(b"MZ", "run.exe"))
    assert again.status_code == 302
    told = words(read(client.get(again.headers["Location"])).main)
    assert "This is not a PDF" in told
