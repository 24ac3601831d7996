"""Credit from AMT's own courses.

The tests show what a file does, what is wrong with a row, and what the member then sees.
"""

import io
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import tablib
from bs4 import BeautifulSoup
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client
from time_machine import TimeMachineFixture

from amtportal.imports import csv_files
from amtportal.members.models import Member
from ccp.amt_credits.resource import CreditsResource
from ccp.counting import requirement
from ccp.models import Activity, ActivityType, Credit, HeldCredit
from ccp.recording import verbs as recording
from certifications.models import Cycle
from tests.support.builders import (
    TODAY,
    client_of,
    cycle_of,
    make_activity,
    make_cycle,
    make_member,
    make_user,
    noon,
    set_terms,
)
from tests.support.pages import read, submit, words
from tests.support.staff import make_clerk, page, told

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_today")]

HEADER = "provider_reference,amt_id,activity_type,title,starts_on,ends_on,points\n"
GOOD = "W-1,7001234,course-seminar-webinar,Safe phlebotomy,2026-03-01,2026-03-02,2.5\n"
IMPORT, CONFIRM = page(HeldCredit, "import"), page(HeldCredit, "process_import")


@pytest.fixture
def cycle() -> Cycle:
    """RMA 5/1/2023 to 4/30/2026 of Ann, who needs 30 points."""
    return make_cycle(make_member(amt_id="7001234", first_name="Ann", last_name="O'Neil"))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "credits.csv"


def run(file: Path, *rows: str, header: str = HEADER, stderr: io.StringIO | None = None, **options: Any) -> str:
    """Return what the command prints for a file of these rows."""
    file.write_text(header + "".join(rows), encoding="utf-8")
    stdout = io.StringIO()
    call_command("import_credits", str(file), stdout=stdout, stderr=stderr or io.StringIO(), **options)
    return stdout.getvalue()


def problems(*rows: str, header: str = HEADER) -> list[str]:
    """Return what is wrong with a file of these rows, which must have written nothing."""
    before = (Activity.objects.count(), Credit.objects.count(), HeldCredit.objects.count())
    resource = CreditsResource()
    resource.import_data(csv_files.read_csv((header + "".join(rows)).encode()))
    assert (Activity.objects.count(), Credit.objects.count(), HeldCredit.objects.count()) == before
    return [str(problem) for problem in resource.problems]


# What a file does


def test_a_credit_is_recorded_with_its_source_and_counts_at_once(file: Path, cycle: Cycle) -> None:
    assert run(file, GOOD) == "1 row: 1 recorded, 0 held, 0 unchanged; 0 held before now recorded.\n"
    credit = Activity.objects.get()
    assert (credit.source, credit.provider_reference, credit.title) == ("amt", "W-1", "Safe phlebotomy")
    assert (credit.attestation, credit.attested_by) == ("Credited by AMT", None)
    assert (credit.starts_on, credit.ends_on) == (date(2026, 3, 1), date(2026, 3, 2))
    assert requirement.counted_points(cycle) == Decimal("2.5")
    assert (credit.history.count(), credit.credits.get().history.count()) == (1, 1)


def test_the_same_file_again_changes_nothing(file: Path, cycle: Cycle) -> None:
    run(file, GOOD)
    before = (Activity.objects.get().revision, Activity.history.count(), Credit.history.count())
    assert run(file, GOOD) == "1 row: 0 recorded, 0 held, 1 unchanged; 0 held before now recorded.\n"
    assert (Activity.objects.get().revision, Activity.history.count(), Credit.history.count()) == before


def test_a_void_credit_stays_void_when_the_file_comes_again(file: Path, cycle: Cycle) -> None:
    run(file, GOOD)
    recording.void(activity=Activity.objects.get(), reason="Wrong day.", by=make_user(), at=noon(TODAY))
    assert "1 unchanged" in run(file, GOOD)
    assert requirement.counted_points(cycle) == 0


def test_a_credit_counts_in_every_open_cycle_that_covers_it(file: Path, cycle: Cycle) -> None:
    other = make_cycle(cycle.certification.member, credential="RPT", awarded_on=date(2024, 9, 15))
    run(file, GOOD)
    assert requirement.counted_by_cycle([cycle.pk, other.pk]) == {cycle.pk: Decimal("2.5"), other.pk: Decimal("2.5")}


def test_a_type_for_some_credentials_counts_for_these_only(file: Path, cycle: Cycle) -> None:
    rpt = make_cycle(cycle.certification.member, credential="RPT", awarded_on=date(2024, 9, 15))
    ActivityType.objects.get(code="course-seminar-webinar").credentials.set([rpt.certification.credential])
    run(file, GOOD)
    assert requirement.counted_by_cycle([cycle.pk, rpt.pk]) == {cycle.pk: Decimal(0), rpt.pk: Decimal("2.5")}


def test_the_same_caps_hold_as_for_what_members_record(file: Path, cycle: Cycle) -> None:
    """The cap is 5.

    4 recorded on 2/1 and 2.5 credited on 3/1 make 6.5, so 1 of the credit counts.
    """
    kind = ActivityType.objects.get(code="course-seminar-webinar")
    kind.terms.update(cap=Decimal(5))
    make_activity(cycle, points="4", starts_on=date(2026, 2, 1))
    run(file, GOOD)
    credit = Credit.objects.get(activity__source="amt")
    assert (credit.points, credit.cut) == (Decimal(1), "type-cap")
    assert requirement.counted_points(cycle) == 5


def test_a_credit_that_reaches_the_requirement_opens_the_invoice_tomorrow(file: Path, cycle: Cycle) -> None:
    make_activity(cycle, points="27.5")
    run(file, GOOD)
    assert cycle_of(cycle.certification.member).requirement_met_on == TODAY


def test_a_dry_run_says_what_would_happen_and_writes_nothing(file: Path, cycle: Cycle) -> None:
    unknown = GOOD.replace("W-1", "W-2").replace("7001234", "7009999")
    assert run(file, GOOD, unknown, dry_run=True) == (
        "Nothing written; would be 2 rows: 1 recorded, 1 held, 0 unchanged; 0 held before now recorded.\n"
    )
    assert not Activity.objects.exists()
    assert not HeldCredit.objects.exists()


def test_a_file_may_leave_out_title_and_last_day(file: Path, cycle: Cycle) -> None:
    header = "provider_reference,amt_id,activity_type,starts_on,points\n"
    run(file, "W-1,7001234,course-seminar-webinar,3/1/2026,1\n", header=header)
    credit = Activity.objects.get()
    assert (credit.ends_on, credit.heading) == (date(2026, 3, 1), "Course, seminar or webinar")


# Bad rows


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("W-1", "", "Line 2, provider_reference: It is empty"),
        ("W-1", "W" * 61, "Line 2, provider_reference: It has 61 characters; at most 60"),
        ("7001234", "", "Line 2, amt_id: It is empty"),
        ("course-seminar-webinar", "Webinar", "Line 2, activity_type: “Webinar” is not the code of an activity type."),
        ("2026-03-01", "2026-02-30", "Line 2, starts_on: “2026-02-30” is not a day of the calendar."),
        ("2026-03-02", "2026-02-28", "Line 2, ends_on: It is before Mar 1, 2026, the first day."),
        ("2026-03-02", "2026-03-15", "Line 2, ends_on: Mar 15, 2026 is in the future."),
        ("2.5", "two", "Line 2, points: “two” is not a number of points."),
        ("2.5", "0", "Line 2, points: Points must be more than 0."),
        ("2.5", "2.6", "Line 2, points: Points come in quarter steps."),
        ("2.5", "99.25", "Line 2, points: Points for one activity can be at most 99."),
    ],
)
def test_a_bad_row_is_named_with_line_column_and_remedy(cycle: Cycle, old: str, new: str, problem: str) -> None:
    (found,) = problems(GOOD.replace(old, new))
    assert found.startswith(problem)


def test_a_course_that_ends_today_can_be_credited(file: Path, cycle: Cycle) -> None:
    assert "1 recorded" in run(file, GOOD.replace("2026-03-02", "2026-03-14"))


def test_a_type_is_refused_from_the_day_on_which_it_was_retired(cycle: Cycle, on_today: TimeMachineFixture) -> None:
    ActivityType.objects.filter(code="course-seminar-webinar").update(retired_on=TODAY)
    (found,) = problems(GOOD)
    assert found.startswith("Line 2, activity_type: Course, seminar or webinar can no longer be chosen.")
    on_today.move_to(noon(date(2026, 3, 13)))
    assert CreditsResource().import_data(csv_files.read_csv((HEADER + GOOD).encode()), dry_run=True).totals["new"] == 1


def test_a_type_is_refused_until_the_day_on_which_it_begins(cycle: Cycle, on_today: TimeMachineFixture) -> None:
    set_terms("course-seminar-webinar", effective_from=date(2026, 3, 15))
    (found,) = problems(GOOD)
    assert found.startswith("Line 2, activity_type: Course, seminar or webinar can be chosen for what is recorded from")
    on_today.move_to(noon(date(2026, 3, 15)))
    assert CreditsResource().import_data(csv_files.read_csv((HEADER + GOOD).encode()), dry_run=True).totals["new"] == 1


def test_one_bad_row_holds_back_the_whole_file(cycle: Cycle) -> None:
    assert len(problems(GOOD, GOOD.replace("W-1", "W-2").replace("2.5", "0"))) == 1


def test_a_reference_stands_in_a_file_once(cycle: Cycle) -> None:
    assert problems(GOOD, GOOD) == [
        "Line 3, provider_reference: W-1 is on line 2 already. Delete one of the two rows, or correct it."
    ]


@pytest.mark.parametrize("held", [False, True], ids=["recorded", "held"])
@pytest.mark.parametrize(
    ("old", "new", "difference"),
    [
        ("2.5", "3", "points “2.5” there and “3” here"),
        ("7001234", "7005555", "amt_id “7001234” there and “7005555” here"),
        ("2026-03-02", "2026-03-03", "ends_on “3/2/2026” there and “3/3/2026” here"),
        ("Safe", "Safer", "title “Safe phlebotomy” there and “Safer phlebotomy” here"),
    ],
)
def test_other_values_under_a_known_reference_are_a_bad_row(
    file: Path, held: bool, old: str, new: str, difference: str
) -> None:
    if not held:
        make_cycle(make_member(amt_id="7001234"))
    run(file, GOOD)
    (found,) = problems(GOOD.replace(old, new))
    assert found.startswith(f"Line 2, provider_reference: W-1 is on record with other values: {difference}.")


def test_the_command_names_bad_rows_and_fails(file: Path, cycle: Cycle) -> None:
    stderr = io.StringIO()
    with pytest.raises(CommandError, match=r"^1 bad line in credits\.csv\. Nothing was written\."):
        run(file, GOOD.replace("2.5", "0"), stderr=stderr)
    assert stderr.getvalue().startswith("Line 2, points: ")
    with pytest.raises(CommandError, match=r"nowhere\.csv cannot be read"):
        call_command("import_credits", "nowhere.csv")


def test_a_missing_and_an_unknown_column_are_named() -> None:
    assert [found.split(":")[0] for found in problems(GOOD, header=HEADER.replace("points", "credits"))] == [
        "Line 1, credits",
        "Line 1, points",
    ]


def test_a_dataset_made_elsewhere_is_read_as_well(cycle: Cycle) -> None:
    rows = tablib.Dataset(GOOD.strip().split(","), headers=HEADER.strip().split(","))
    CreditsResource().import_data(rows)
    assert Activity.objects.get().provider_reference == "W-1"


# What the member sees


def test_the_member_sees_the_source_and_can_change_nothing(file: Path, cycle: Cycle) -> None:
    run(file, GOOD)
    member, credit = cycle.certification.member, Activity.objects.get()
    browser = client_of(member)
    assert "Credited by AMT" in words(read(browser.get("/ccp/activities/")).select_one("main"))
    text = words(read(browser.get(f"/ccp/activities/{credit.pk}/")).select_one("main"))
    assert "Credited by AMT, reference W-1" in text
    assert "Credited by AMT, so only AMT can change it." in text
    for verb in ("amend", "withdraw"):
        address = f"/ccp/activities/{credit.pk}/{verb}/"
        assert browser.get(address).headers["Location"] == f"/ccp/activities/{credit.pk}/"
        assert address not in browser.get(f"/ccp/activities/{credit.pk}/").text
    browser.post(f"/ccp/activities/{credit.pk}/withdraw/")
    credit.refresh_from_db()
    assert credit.is_standing


# The admin


@pytest.fixture
def desk(tmp_path: Path, settings: Any) -> Client:
    settings.MEDIA_ROOT = tmp_path
    return client_of(make_clerk("view_heldcredit", "import_credits", email="kim@amt.example"))


@pytest.mark.ignore_template_errors
def test_staff_preview_and_confirm_the_same_import(desk: Client, cycle: Cycle) -> None:
    assert IMPORT in desk.get(page(HeldCredit)).text
    content = (HEADER + GOOD + GOOD.replace("W-1", "W-2").replace("7001234", "7009999")).encode()
    upload = {"import_file": SimpleUploadedFile("credits.csv", content), "format": "0", "resource": "0"}
    preview = desk.post(IMPORT, upload)
    assert "Held: No member has the AMT ID 7009999." in preview.text
    assert not Activity.objects.exists()
    form = BeautifulSoup(preview.text, "html.parser").select_one(f'form[action="{CONFIRM}"]')
    assert form is not None
    response = desk.post(CONFIRM, {field["name"]: field["value"] for field in form.select("input[name]")})
    assert told(desk, response) == "2 new, 0 unchanged. 1 credits are held; 0 held before are now recorded."
    assert Activity.objects.get().history.get().history_user.email == "kim@amt.example"
    assert HeldCredit.objects.get().provider_reference == "W-2"


@pytest.mark.ignore_template_errors
def test_the_import_is_for_staff_who_may_add_held_credits() -> None:
    clerk = client_of(make_clerk("view_heldcredit"))
    assert IMPORT not in clerk.get(page(HeldCredit)).text
    assert clerk.get(IMPORT).status_code == 403
    assert clerk.post(CONFIRM).status_code == 403


def test_the_report_page_is_found_from_the_entry(file: Path, cycle: Cycle) -> None:
    run(file, GOOD)
    member: Member = cycle.certification.member
    address = f"/ccp/activities/{Activity.objects.get().pk}/report/"
    assert address in client_of(member).get(address.removesuffix("report/")).text
    assert submit(client_of(member), address, text="Wrong day").status_code == 302
