"""A certificate that is chosen in Record CE is read, and fills in the form; the member checks and attests."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import IO, Any

import pytest
from bs4 import BeautifulSoup
from django.http import HttpResponse
from django.test import Client
from django_tasks_db.models import DBTaskResult
from time_machine import TimeMachineFixture

from amtportal.members.models import Member
from ccp.evidence import files as evidence_files
from ccp.evidence.cleaner import Outcome
from ccp.models import Activity, Evidence, PendingFile, Reading
from ccp.reading.found import Candidate, Found
from ccp.reading.reading import Unreadable, Why
from ccp.recording import readings
from tests.support.builders import TODAY, client_of, noon
from tests.support.evidence import CROP, pdf, sent
from tests.support.pages import error_summary, form_values, read, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_today"), pytest.mark.any_database]

ADDRESS, FILES = "/ccp/record/", "/ccp/record/files/"
FOUND = {
    "activity_type": ("course-seminar-webinar",),
    "title": ("Sepsis in the laboratory",),
    "provider": ("ABC College",),
    "quantity": ("3",),
    "points": ("3",),
    "starts_on": ("2026-03-01",),
}


def found(unit: str = "hour", **changes: tuple[str, ...]) -> Found:
    """Return what is found, with these candidates instead."""
    candidates = {
        name: tuple(Candidate(value, f"“{value}”", CROP) for value in values)
        for name, values in (FOUND | changes).items()
        if values
    }
    return Found(candidates, unit)


@pytest.fixture(autouse=True)
def _taken_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    def take(kind: str, source: IO[bytes], target: IO[bytes]) -> int:
        source.seek(0)
        target.write(source.read())
        return Outcome.CLEAN

    monkeypatch.setattr(evidence_files, "_cleaned", take)


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> Callable[[Found | Exception], None]:
    """Let the engine find this, or fail."""

    def says(what: Found | Exception) -> None:
        def answer(content: IO[bytes], kind: str, **_: Any) -> Found:
            assert content.read(4) == b"%PDF"
            if isinstance(what, Exception):
                raise what
            return what

        monkeypatch.setattr(readings.engine, "read", answer)

    says(found())
    return says


@pytest.fixture
def client(new: Member) -> Client:
    return client_of(new)


@pytest.fixture
def number() -> str:
    return str(uuid.uuid4())


def work() -> None:
    """Do what the worker does when it comes to the readings that were asked for."""
    for task in DBTaskResult.objects.ready():
        readings.read_file.call(*task.args_kwargs["args"])
        task.delete()


def choose(client: Client, number: str, **typed: str) -> HttpResponse:
    """Choose a certificate and press "Read it", as without JavaScript."""
    return client.post(ADDRESS, {**typed, "submission_id": number, "photo": sent(pdf(), "proof.pdf"), "read": "1"})


def press(client: Client, number: str, button: str = "show_read", value: str = "1", **typed: str) -> BeautifulSoup:
    return read(client.post(ADDRESS, {**typed, "submission_id": number, button: value}))


def ask(client: Client, number: str, **typed: str) -> dict[str, Any]:
    """Ask how far the reading is, as the script does."""
    answer = client.post(FILES, {**typed, "submission_id": number})
    assert answer.status_code == 200
    told: dict[str, Any] = answer.json()
    return told


def filled(told: dict[str, Any]) -> dict[str, str]:
    return {field["name"]: field["fill"] for field in told["fields"] if field["fill"] is not None}


def marked(page: BeautifulSoup) -> set[str]:
    return {mark["data-read"] for mark in page.select(".read-beside")}


def state(page: BeautifulSoup) -> str:
    return words(page.select_one("#reading-state"))


def test_read_it_keeps_what_was_typed_and_tells_that_the_file_is_read(
    client: Client, number: str, reads: Callable[..., None]
) -> None:
    page = read(choose(client, number, title="My title", attested="on"))
    assert state(page) == "Reading proof.pdf. You can go on typing. Show what was read"
    assert [words(name) for name in page.select(".waiting-file bdi")] == ["proof.pdf"]
    assert page.select_one("[name=title]")["value"] == "My title"
    assert error_summary(page) == {}
    assert not Activity.objects.exists()


def test_what_was_read_fills_in_the_empty_fields_and_is_marked(
    client: Client, number: str, reads: Callable[..., None]
) -> None:
    choose(client, number)
    work()
    page = press(client, number, title="My title", attested="on")
    shown = form_values(page)
    assert (shown["title"], shown["provider"]) == (["My title"], ["ABC College"])
    assert (shown["activity_type"], shown["quantity"], shown["points"]) == (["course-seminar-webinar"], ["3"], [""])
    assert (shown["starts_on"], shown["ends_on"]) == (["3/1/2026"], [""])
    assert "attested" not in shown, "the member attests to what was filled in, not to what was there before"
    assert marked(page) == {"activity_type", "provider", "quantity", "starts_on"}
    mark = page.select_one("#id_provider_read")
    assert words(mark) == "Read from your file. Check it."
    assert page.select_one("[name=provider]")["aria-describedby"] == "id_provider_helptext id_provider_read"
    assert mark.img["alt"] == "Your file says: “ABC College”"
    picture = client.get(mark.img["src"])
    assert (picture.content, picture.headers["Content-Type"]) == (CROP, "image/png")
    assert "no-store" in picture.headers["Cache-Control"]


def test_choose_read_check_attest_submit_records_it_with_its_evidence(
    client: Client, number: str, reads: Callable[..., None]
) -> None:
    choose(client, number)
    work()
    typed = form_values(press(client, number)) | {"attested": "on"}
    answer = client.post(ADDRESS, typed)
    entry = Activity.objects.get()
    assert answer.headers["Location"] == f"/ccp/activities/{entry.pk}/"
    assert (entry.points, entry.quantity, entry.title) == (3, 3, "Sepsis in the laboratory")
    assert Evidence.objects.get(activity=entry).original_name == "proof.pdf"
    assert not Reading.objects.exists(), "nothing that was read is kept"


def test_a_mark_goes_when_the_value_changes_and_stays_when_it_is_written_otherwise(
    client: Client, number: str, reads: Callable[..., None]
) -> None:
    choose(client, number)
    work()
    page = read(client.post(ADDRESS, {"submission_id": number, "provider": "XYZ", "starts_on": "March 1, 2026"}))
    assert marked(page) == {"starts_on"}


def test_two_candidates_are_a_choice_and_nothing_is_filled_in_by_itself(
    client: Client, number: str, reads: Callable[..., None]
) -> None:
    reads(found(starts_on=("2026-03-01", "2026-03-02")))
    choose(client, number)
    work()
    page = press(client, number)
    assert form_values(page)["starts_on"] == [""]
    choice = page.select_one("#id_starts_on_read")
    assert [words(button) for button in choice.select("button")] == ["Mar 1, 2026", "Mar 2, 2026"]
    assert len(choice.select("img")) == 2
    assert "Where something is offered, choose what is right." in state(page)
    second = choice.select("button")[1]
    typed = {name: values[0] for name, values in form_values(page).items()}
    page = press(client, number, second["name"], second["value"], **(typed | {"title": "Mine"}))
    assert (form_values(page)["starts_on"], form_values(page)["title"]) == (["3/2/2026"], ["Mine"])
    assert words(page.select_one("#id_starts_on_read")) == "Read from your file. Check it."


def test_one_doubtful_candidate_is_offered_and_fills_in_nothing(
    client: Client, number: str, reads: Callable[..., None]
) -> None:
    doubtful = Candidate("Sepsis in the laboratory", "Sepsis", CROP, is_sure=False)
    reads(Found({"title": (doubtful,)}))
    choose(client, number)
    work()
    page = press(client, number)
    assert form_values(page)["title"] == [""]
    offer = page.select_one("#id_title_read")
    assert "This may be it. Choose it if it is:" in words(offer)
    [button] = offer.select("button")
    page = press(client, number, button["name"], button["value"])
    assert form_values(page)["title"] == ["Sepsis in the laboratory"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("starts_on", "2020-01-01"),  # before the cycle
        ("starts_on", "2026-03-15"),  # tomorrow
        ("quantity", "500"),
        ("activity_type", "no-such-type"),
        ("activity_type", "employment"),  # not offered any more
    ],
)
def test_what_the_form_would_refuse_is_not_filled_in(
    client: Client, number: str, reads: Callable[..., None], field: str, value: str
) -> None:
    reads(found(**{field: (value,)}))
    choose(client, number)
    work()
    told = ask(client, number)
    assert field not in filled(told)
    assert "provider" in filled(told)


@pytest.mark.parametrize(
    ("typed", "changes", "amount"),
    [
        ({}, {}, {"quantity": "3"}),
        ({}, {"activity_type": ()}, {"quantity": "3 contact hours"}),
        ({"activity_type": "written-work"}, {}, {"points": "3"}),
        ({"activity_type": "course-ceu"}, {}, {"points": "3"}),
        ({"points": "2"}, {}, {}),
        ({"quantity": "2"}, {}, {}),
        ({}, {"quantity": ()}, {"points": "3"}),
    ],
    ids=[
        "of its type",
        "no type yet",
        "type without unit",
        "type of another unit",
        "points",
        "quantity",
        "only points",
    ],
)
def test_the_amount_fills_in_the_one_field_that_the_type_takes(
    client: Client,
    number: str,
    reads: Callable[..., None],
    typed: dict[str, str],
    changes: dict[str, tuple[str, ...]],
    amount: dict[str, str],
) -> None:
    reads(found(**changes))
    choose(client, number)
    work()
    told = filled(ask(client, number, **typed))
    assert {name: value for name, value in told.items() if name in ("quantity", "points")} == amount


def test_a_script_sends_the_file_and_asks_until_it_is_read(
    client: Client, number: str, reads: Callable[..., None]
) -> None:
    told = client.post(FILES, {"submission_id": number, "photo": sent(pdf(), "proof.pdf")}).json()
    assert (told["waiting"], told["fields"], told["problems"]) == (True, [], {})
    assert "Reading" in told["state"]
    assert "proof.pdf" in told["files"]
    assert DBTaskResult.objects.get().priority == readings.FIRST, "somebody looks at the page"
    work()
    told = ask(client, number, title="Mine")
    assert told["waiting"] is False
    assert filled(told) == {
        "activity_type": "course-seminar-webinar",
        "provider": "ABC College",
        "quantity": "3",
        "starts_on": "3/1/2026",
    }
    assert all("Read from your file. Check it." in field["beside"] for field in told["fields"] if field["fill"])
    told = client.post(FILES, {"submission_id": number, "remove_file": str(PendingFile.objects.get().pk)}).json()
    assert (told["files"].strip(), told["fields"], told["state"].strip()) == ("", [], "")


def test_a_bad_file_is_told_to_the_script(client: Client, number: str) -> None:
    told = client.post(FILES, {"submission_id": number, "photo": sent(b"MZ" + bytes(50), "a.exe")}).json()
    assert told["problems"]["photo"][0].startswith("This is not a PDF")
    assert not Reading.objects.exists()


@pytest.mark.parametrize("problem", [Unreadable(Why.NOTHING), RuntimeError("broken")])
def test_a_file_that_cannot_be_read_is_attached_all_the_same(
    client: Client, number: str, reads: Callable[..., None], problem: Exception
) -> None:
    reads(problem)
    choose(client, number)
    work()
    page = press(client, number, title="Mine")
    assert state(page) == "We could not read proof.pdf. It is attached; type the rest in."
    assert form_values(page)["title"] == ["Mine"]
    assert len(page.select(".waiting-file")) == 1


def test_without_a_worker_the_page_says_so_and_gives_up_after_two_minutes(
    client: Client, number: str, reads: Callable[..., None], on_today: TimeMachineFixture
) -> None:
    choose(client, number)
    on_today.move_to(noon(TODAY) + readings.LATE_AFTER, tick=False)
    told = ask(client, number)
    assert "takes longer than usual: wait, or type the rest in." in told["state"]
    assert told["waiting"]
    on_today.move_to(noon(TODAY) + readings.GIVEN_UP_AFTER, tick=False)
    told = ask(client, number)
    assert "has not been read yet. It is attached; type the rest in." in told["state"]
    assert not told["waiting"]
    work()  # the worker comes all the same
    assert state(press(client, number)) == "We read proof.pdf. Check what is filled in."


def test_a_worker_that_was_killed_is_followed_by_another(
    client: Client, number: str, reads: Callable[..., None], on_today: TimeMachineFixture
) -> None:
    assert readings.LEASE.total_seconds() > readings.engine.WAIT_SECONDS, "two never read the same file"
    choose(client, number)
    reading = Reading.objects.get()
    Reading.objects.update(begun_at=noon(TODAY))
    readings.read_file.call(reading.pk)
    assert Reading.objects.get().state == "waiting", "somebody is at it"
    DBTaskResult.objects.all().delete()
    readings.resume()
    assert [task.run_after for task in DBTaskResult.objects.all()] == [noon(TODAY) + readings.LEASE]
    on_today.move_to(noon(TODAY) + readings.LEASE, tick=False)
    work()
    assert Reading.objects.get().state == "done"


def test_a_file_is_read_once_and_not_when_the_entry_was_recorded_at_once(
    client: Client, number: str, reads: Callable[..., None]
) -> None:
    client.post(FILES, {"submission_id": number, "photo": sent(content := pdf(), "a.pdf")})
    client.post(FILES, {"submission_id": number, "photo": sent(content, "a.pdf")})
    assert DBTaskResult.objects.count() == 1
    entry = {"activity_type": "self-study", "points": "2", "starts_on": "3/1/2026", "attested": "on"}
    client.post(ADDRESS, {**entry, "submission_id": str(uuid.uuid4()), "photo": sent(pdf(2), "b.pdf")})
    assert DBTaskResult.objects.count() == 1
    assert Activity.objects.get().evidence.count() == 1


def test_a_file_whose_form_was_submitted_before_it_was_asked_for_is_not_read(client: Client, number: str) -> None:
    client.post(FILES, {"submission_id": number, "files": sent(pdf(), "a.pdf")})
    file = PendingFile.objects.get()
    entry = {"activity_type": "self-study", "points": "2", "starts_on": "3/1/2026", "attested": "on"}
    client.post(ADDRESS, {**entry, "submission_id": number})
    assert readings.ask(file=file, at=noon(TODAY)) is None
    assert not DBTaskResult.objects.exists()


def test_the_limit_of_readings_leaves_the_file_attached(
    client: Client, number: str, reads: Callable[..., None], settings: Any
) -> None:
    settings.ACCOUNT_RATE_LIMITS = {**settings.ACCOUNT_RATE_LIMITS, "reading": "1/m/user"}
    choose(client, str(uuid.uuid4()))
    page = read(choose(client, number))
    assert state(page) == "We could not read proof.pdf. It is attached; type the rest in."
    assert DBTaskResult.objects.count() == 1


def test_read_it_without_a_file_says_what_is_missing(client: Client, number: str) -> None:
    page = press(client, number, "read", title="Mine")
    assert error_summary(page) == {"id_photo": "Choose a photo or a file first."}
    assert form_values(page)["title"] == ["Mine"]


def test_an_old_page_that_asks_for_what_was_read_leads_to_the_entry(
    client: Client, number: str, reads: Callable[..., None]
) -> None:
    choose(client, number)
    entry = {"activity_type": "self-study", "points": "2", "starts_on": "3/1/2026", "attested": "on"}
    client.post(ADDRESS, {**entry, "submission_id": number})
    recorded = Activity.objects.get()
    answer = client.post(ADDRESS, {"submission_id": number, "show_read": "1"}, follow=True)
    assert answer.redirect_chain[-1][0] == f"/ccp/activities/{recorded.pk}/"
    assert f"This form has been submitted: {recorded.reference} is on record." in words(read(answer).main.parent)


def test_an_old_page_whose_file_is_gone_says_so(
    client: Client, new: Member, number: str, reads: Callable[..., None], on_today: TimeMachineFixture
) -> None:
    choose(client, number)
    on_today.move_to(noon(TODAY) + timedelta(hours=24), tick=False)
    page = press(client_of(new), number, title="Mine")
    assert error_summary(page) == {"id_photo": "No file of this form is being read any more. Choose the file again."}
    assert form_values(page)["title"] == ["Mine"]


def test_nobody_else_sees_what_was_read(
    client: Client, number: str, stranger: Member, reads: Callable[..., None], on_today: TimeMachineFixture
) -> None:
    choose(client, number)
    work()
    file = PendingFile.objects.get()
    crop = f"{FILES}{file.pk}/title/0.png"
    other = client_of(stranger)
    assert client.get(crop).status_code == 200
    assert other.get(crop).status_code == 404
    assert (ask(other, number)["fields"], ask(other, number)["files"].strip()) == ([], "")
    for address in ("title/1.png", "title/9.png", "points/1.png", "reading/0.png"):
        assert client.get(f"{FILES}{file.pk}/{address}").status_code == 404
    assert client.post(FILES, {"submission_id": "x"}).status_code == 404
    PendingFile.objects.update(added_at=noon(TODAY) - timedelta(days=1))
    assert client.get(crop).status_code == 404
