"""The recorded activities as CSV: what a spreadsheet reads, and what it must not compute."""

import csv
import io
from datetime import date

import pytest
from django.http import StreamingHttpResponse
from django.test import Client

from amtportal.members.models import Member, User
from ccp.recording import verbs as recording
from certifications.models import Cycle
from tests.support.builders import TODAY, chicago, client_of, cycle_of, make_activity, make_cycle, noon, set_terms
from tests.support.pages import read

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_today"), pytest.mark.any_database]
ADDRESS = "/ccp/activities/export.csv"


def exported(client: Client, **query: str) -> list[dict[str, str]]:
    """Return the lines of the file, by the names of the columns, as Excel reads it."""
    answer = client.get(ADDRESS, query)
    assert isinstance(answer, StreamingHttpResponse)
    content = b"".join(answer)
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def test_an_entry_is_a_line_with_what_counted_for_each_certification_and_why_it_was_cut(two: Member) -> None:
    """4 points count for both.

    Under a cap of 5, 2 more for RPT count 1 there. They are not claimed for RMA.
    """
    set_terms(cap=5)
    make_activity(
        cycle_of(two, "RPT"),
        title="Sangre: niños y café",
        provider="Søren’s school",
        points="2",
        starts_on=date(2026, 3, 2),
        ends_on=date(2026, 3, 4),
        at=chicago(2026, 3, 14, 23, 55),
    )
    newest, oldest = exported(client_of(two))
    assert list(newest.items()) == [
        ("Reference", two.activities.get(title__startswith="Sangre").reference),
        ("Activity type", "Course, seminar or webinar"),
        ("Category", "Professional Education"),
        ("Title", "Sangre: niños y café"),
        ("Provider", "Søren’s school"),
        ("Start date", "2026-03-02"),
        ("End date", "2026-03-04"),
        ("Points claimed", "2"),
        ("RMA points counted", ""),
        ("RMA why not all counts", ""),
        ("RPT points counted", "1"),
        ("RPT why not all counts", "Over the most that this activity type can count for in one cycle."),
        ("Recorded at (Central Time)", "2026-03-14 23:55"),
        ("Source", "Recorded by the member"),
        ("State", "On record"),
    ]
    assert (oldest["RMA points counted"], oldest["RPT points counted"], oldest["RPT why not all counts"]) == (
        "4",
        "4",
        "",
    )


def test_the_file_is_an_attachment_with_the_amt_id_and_the_day(met: Member) -> None:
    answer = client_of(met).get(ADDRESS)
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    name = f"ce-activities-{met.amt_id}-2026-03-14.csv"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{name}"'


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "|", "%"])
def test_no_text_is_a_formula(met: Member, start: str) -> None:
    met.activities.update(title=f"{start}cmd' /C calc'!A0")
    (line,) = exported(client_of(met))
    assert line["Title"] == f"'{start}cmd' /C calc'!A0".replace("|", r"\|")


def test_a_formula_starts_no_program(met: Member) -> None:
    """``|`` in a formula calls another program."""
    met.activities.update(title="=cmd|' /C calc'!A0")
    (line,) = exported(client_of(met))
    assert line["Title"] == r"'=cmd\|' /C calc'!A0"


@pytest.mark.parametrize("text", ["", "Course", "1=1", "é=", " =1", "'=1", "One | two"])
def test_other_text_stays_as_it_is(met: Member, text: str) -> None:
    met.activities.update(title=text)
    (line,) = exported(client_of(met))
    assert line["Title"] == text


def test_what_a_member_typed_is_computed_nowhere(met: Member) -> None:
    link = '=HYPERLINK("http://evil.example";"Click")'
    make_activity(cycle_of(met), title=link, provider="@SUM(1,2)", points="1", starts_on=date(2026, 3, 2))
    line = exported(client_of(met))[0]
    assert (line["Title"], line["Provider"]) == (f"'{link}", "'@SUM(1,2)")


def test_commas_quotes_and_lines_stay_in_their_cell(met: Member) -> None:
    met.activities.update(title='One, "two"; three', provider="Line\r\nbreak")
    (line,) = exported(client_of(met))
    assert (line["Title"], line["Provider"]) == ('One, "two"; three', "Line\r\nbreak")


def test_states_are_told(met: Member, staff: User) -> None:
    gone, void = (make_activity(cycle_of(met), points="1", starts_on=date(2026, 3, n)) for n in (2, 3))
    recording.withdraw(activity=gone, by=met.user, at=noon(TODAY))
    recording.void(activity=void, reason="No proof.", by=staff, at=noon(TODAY))
    assert [line["State"] for line in exported(client_of(met))] == ["Void", "Withdrawn", "On record"]


def test_the_filters_and_the_sort_of_the_list_hold_and_pages_do_not(met: Member) -> None:
    for number in range(3):
        make_activity(cycle_of(met), points="0.25", title=f"Course {number}", starts_on=date(2026, 3, 2))
    make_activity(cycle_of(met), kind="presentation", title="Talk", points="1")
    client = client_of(met)
    assert len(exported(client)) == 5
    assert [line["Title"] for line in exported(client, category="instructional-presentations")] == ["Talk"]
    by_title = [line["Title"] for line in exported(client, sort="title", category="professional-education", page="2")]
    assert by_title == ["Course 0", "Course 1", "Course 2", ""]
    page = read(client.get("/ccp/activities/", {"sort": "title", "category": "professional-education"}))
    assert page.select_one("main .list-sum a")["href"] == f"{ADDRESS}?category=professional-education&sort=title"


def test_each_member_has_their_own(met: Member, short: Member, stranger: Member) -> None:
    assert [line["Reference"] for line in exported(client_of(short))] == [short.activities.get().reference]
    assert exported(client_of(stranger)) == []


def test_a_closed_cycle_keeps_its_certification_to_one_pair_of_columns(met: Member) -> None:
    """Two cycles of RMA, and MLT without an entry."""
    Cycle.objects.filter(pk=cycle_of(met).pk).update(
        closed_on=date(2026, 5, 1), outcome="compliant", points_at_close=30
    )
    make_cycle(met, credential="MLT", awarded_on=date(2025, 1, 1))
    (line,) = exported(client_of(met))
    assert [name for name in line if name.endswith("counted")] == ["MLT points counted", "RMA points counted"]
    assert (line["RMA points counted"], line["MLT points counted"]) == ("30", "")
