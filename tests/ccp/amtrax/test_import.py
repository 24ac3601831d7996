"""CE from AMTrax: what a file of it brings, refuses, leaves out and tells."""

import io
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command

from amtportal.imports import csv_files
from amtportal.refusals import Refused
from ccp.amtrax.resource import AmtraxResource
from ccp.counting import requirement
from ccp.models import Activity
from ccp.recording import verbs as recording
from ccp.rollover.verification import VerificationTally, verify
from ccp.transcripts import contents
from certifications.models import Cycle
from tests.support.builders import (
    TODAY,
    client_of,
    cycle_of,
    make_activity,
    make_amt_credit,
    make_cycle,
    make_member,
    noon,
    set_terms,
)
from tests.support.staff import make_clerk, page, told

pytestmark = pytest.mark.django_db

HEADER = "reference,amt_id,activity_type,title,provider,starts_on,ends_on,points,recorded_on"
COURSE = "X-1,1001,course-seminar-webinar,Phlebotomy update,Lakeshore,2025-06-01,2025-06-02,20,2025-06-10"
QUIZ = "X-2,1001,self-study,Journal quiz,,2025-09-01,,10,2025-09-05"


@pytest.fixture
def cycle() -> Cycle:
    """The cycle of an RMA from 5/1/2023 to 4/30/2026, which needs 30 points."""
    return make_cycle(make_member(amt_id="1001"))


def bring(*rows: str, dry_run: bool = False, at: Any = None, **options: Any) -> AmtraxResource:
    resource = AmtraxResource(at=at or noon(TODAY), **options)
    content = "\n".join([HEADER, *rows]).encode()
    resource.import_data(csv_files.read_csv(content), dry_run=dry_run)
    return resource


def counted(cycle: Cycle) -> Decimal:
    return requirement.counted_points(cycle)


def met_on(cycle: Cycle) -> date | None:
    cycle.refresh_from_db()
    return cycle.requirement_met_on


def differences() -> list[str]:
    return [str(found) for batch in verify(Cycle.objects.all(), VerificationTally()) for found in batch]


def test_the_requirement_is_met_since_the_day_in_the_file(cycle: Cycle) -> None:
    assert not bring(COURSE, QUIZ).problems
    assert counted(cycle) == 30
    assert met_on(cycle) == date(2025, 9, 5)
    assert differences() == []
    entry = Activity.objects.get(provider_reference="X-1")
    assert (entry.source, entry.attested_by, entry.recorded_on) == ("amtrax", None, date(2025, 6, 10))
    assert entry.attestation == "Recorded in AMTrax before AMT used this portal. It was not attested here."


def test_the_order_of_the_rows_makes_no_difference(cycle: Cycle) -> None:
    bring(QUIZ, COURSE)
    assert met_on(cycle) == date(2025, 9, 5)
    assert differences() == []


def test_without_a_day_it_is_met_since_the_day_of_the_import(cycle: Cycle) -> None:
    bring(COURSE, QUIZ.replace("2025-09-05", ""))
    assert met_on(cycle) == TODAY
    assert differences() == []


def test_together_with_what_the_member_recorded_in_the_portal(cycle: Cycle) -> None:
    """15 points on 3/12/2026 and 20 of June: met on 3/12. The quiz of September makes it no earlier."""
    make_activity(cycle, points="15", at=noon(TODAY - timedelta(days=2)))
    bring(COURSE)
    assert met_on(cycle) == TODAY - timedelta(days=2)
    bring(COURSE, QUIZ)
    assert met_on(cycle) == date(2025, 9, 5)
    assert differences() == []


def test_the_same_caps_hold(cycle: Cycle) -> None:
    set_terms("self-study", cap=Decimal(4))
    bring(COURSE, QUIZ)
    assert counted(cycle) == 24
    assert met_on(cycle) is None
    assert differences() == []


def test_a_file_again_changes_nothing_and_other_values_are_refused(cycle: Cycle) -> None:
    bring(COURSE, QUIZ)
    lines = Activity.history.count()
    again = bring(QUIZ, COURSE, at=noon(TODAY + timedelta(days=1)))
    assert (again.problems, [entry.is_new for entry in again.entries]) == ([], [False, False])
    assert Activity.history.count() == lines
    other = bring(COURSE.replace(",20,", ",21,"), QUIZ)
    assert [(problem.line, problem.column) for problem in other.problems] == [(2, "reference")]
    assert "points “20” there and “21” here" in other.problems[0].sentence


@pytest.mark.parametrize(
    ("row", "column", "sentence"),
    [
        (COURSE.replace("1001", "9999"), "amt_id", "No member has the AMT ID 9999. Import the roster first"),
        (
            COURSE.replace("2025-06", "2022-06"),
            "starts_on",
            "No open CCP cycle of 1001 covers Jun 1, 2022 to Jun 2, 2022.",
        ),
        (COURSE.replace("2025-06-10", "2025-06-01"), "recorded_on", "is before Jun 2, 2025, the last day"),
        (COURSE.replace("2025-06-10", "2026-03-15"), "recorded_on", "Mar 15, 2026 is in the future."),
        (COURSE.replace("2025-06-02", "2025-05-02"), "ends_on", "It is before Jun 1, 2025, the first day."),
        (COURSE.replace("course-seminar-webinar", "yoga"), "activity_type", "is not the code of an activity type"),
        (COURSE.replace(",20,", ",20.1,"), "points", "Points come in quarter steps."),
        (COURSE.replace("X-1", ""), "reference", "It is empty, and every row needs it."),
        (QUIZ.replace("X-2", "X-1"), "reference", "X-1 is on line 2 already."),
    ],
)
def test_one_bad_row_stops_the_file(cycle: Cycle, row: str, column: str, sentence: str) -> None:
    good = COURSE if row.startswith("X-1,1001,self-study") else QUIZ
    resource = bring(good, row)
    assert [(problem.line, problem.column) for problem in resource.problems] == [(3, column)]
    assert sentence in resource.problems[0].sentence
    assert not Activity.objects.exists()


def test_rows_of_earlier_cycles_are_left_out_where_staff_say_so(cycle: Cycle) -> None:
    past = COURSE.replace("2025-06", "2022-06")
    resource = bring(past, QUIZ, leave_out_past=True)
    assert not resource.problems
    assert resource.for_staff() == ["1 row of earlier cycles left out."]
    assert "Left out. No open CCP cycle of 1001 covers" in resource.told[0].sentence
    assert counted(cycle) == 10
    partly = bring(COURSE.replace("2025-06-01", "2023-04-30"), leave_out_past=True)
    assert [problem.column for problem in partly.problems] == ["starts_on"]


def test_look_alikes_are_told_and_imported(cycle: Cycle) -> None:
    own = make_activity(cycle, points="5", title="Phlebotomy Update", starts_on=date(2025, 6, 2))
    resource = bring(COURSE, QUIZ, QUIZ.replace("X-2", "X-3"))
    assert [str(problem).partition(". It is imported")[0] for problem in resource.look_alikes] == [
        f"Line 2, title: It looks like {own.reference}: the same activity type and title, and the dates overlap",
        "Line 4, title: It looks like line 3: the same activity type and title, and the dates overlap",
    ]
    assert Activity.objects.count() == 4


def test_a_dry_run_writes_nothing(cycle: Cycle) -> None:
    assert [entry.is_new for entry in bring(COURSE, QUIZ, dry_run=True).entries] == [True, True]
    assert not Activity.objects.exists()
    assert not cycle.history.filter(requirement_met_on__isnull=False).exists()


def test_a_later_withdrawal_takes_the_requirement_away(cycle: Cycle) -> None:
    bring(COURSE)
    own = make_activity(cycle, points="10", at=noon(TODAY))
    assert met_on(cycle) == TODAY
    assert own.member.user
    recording.withdraw(activity=own, by=own.member.user, at=noon(TODAY + timedelta(days=1)))
    assert met_on(cycle) is None
    assert differences() == []


def test_the_member_cannot_change_it_and_sees_where_it_comes_from(cycle: Cycle, on_today: Any) -> None:
    bring(COURSE, QUIZ)
    entry = Activity.objects.get(provider_reference="X-1")
    member = cycle.certification.member
    assert member.user
    with pytest.raises(Refused, match="was recorded in AMTrax before the portal, so only AMT can change it"):
        recording.withdraw(activity=entry, by=member.user, at=noon(TODAY))
    browser = client_of(member)
    shown = browser.get(f"/ccp/activities/{entry.pk}/").text
    assert "Recorded in AMTrax before the portal" in shown
    assert "It was not attested here." in shown
    assert "Report an error" in shown
    assert "Recorded by you" not in shown
    listed = browser.get("/ccp/activities/?source=amtrax").text
    assert "Recorded in AMTrax before the portal" in listed
    assert "Phlebotomy update" in listed
    transcript = browser.get(f"/ccp/transcript/{cycle.pk}/").text
    assert "were not attested in this portal" in transcript
    assert "Recorded in AMTrax before the portal" in browser.get("/ccp/activities/export.csv").getvalue().decode()


def test_the_source_is_on_the_printed_transcript(cycle: Cycle) -> None:
    bring(COURSE)
    printed = contents.of_cycle(Cycle.objects.select_related("certification__credential").get())
    assert printed.has_amtrax_entries
    assert [row.source_in_words for row in printed.sheets[0].rows] == ["Recorded in AMTrax before the portal"]


def test_a_credit_from_amt_may_have_the_same_reference(cycle: Cycle) -> None:
    credited = make_amt_credit(cycle)
    bring(COURSE.replace("X-1", credited.provider_reference))
    assert Activity.objects.filter(provider_reference=credited.provider_reference).count() == 2


def test_the_command_tells_and_sums_up(cycle: Cycle, tmp_path: Path, on_today: Any) -> None:
    path = tmp_path / "amtrax.csv"
    path.write_text("\n".join([HEADER, COURSE, QUIZ, COURSE.replace("X-1", "X-3").replace("2025", "2022")]))
    with pytest.raises(CommandError, match="1 bad line in amtrax"):
        call_command("import_activities", str(path), stderr=io.StringIO())
    stdout = io.StringIO()
    call_command("import_activities", str(path), "--leave-out-past", stdout=stdout)
    assert stdout.getvalue().splitlines()[-1] == "3 rows: 2 recorded, 0 unchanged, 1 left out."
    assert counted(cycle) == 30


def test_staff_import_it_in_the_admin(cycle: Cycle, tmp_path: Path, settings: Any, on_today: Any) -> None:
    settings.MEDIA_ROOT = tmp_path
    desk = client_of(make_clerk("view_activity", "import_entries"))
    assert "Import CE from AMTrax" in desk.get(page(Activity)).text
    content = "\n".join([HEADER, COURSE, COURSE.replace("X-1", "X-3").replace("2025", "2022")]).encode()
    posted = {"format": "0", "resource": "0", "leave_out_past": "on"}
    preview = desk.post(page(Activity, "import"), {**posted, "import_file": SimpleUploadedFile("amtrax.csv", content)})
    assert "1 row of earlier cycles left out." in preview.text
    fields = {field.html_name: field.value() for field in preview.context["confirm_form"]}
    assert "left out" in told(desk, desk.post(page(Activity, "process_import"), fields))
    assert counted(cycle_of(cycle.certification.member)) == 20
