"""A list as a file: made by the worker for the person who asked, with typed cells and no formulas."""

import csv
import io
import re
import zipfile
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import FileSystemStorage
from django.test import Client
from django_tasks_db.models import DBTaskResult
from python_calamine import CalamineWorkbook
from time_machine import TimeMachineFixture

from amtportal.members.models import Member
from ccp.reports.lists import exporting, files
from ccp.reports.lists.base import Column, Money
from ccp.reports.lists.registry import LISTS, address
from ccp.reports.models import FileFormat, ListExport, ListName, ListOpening
from tests.support.builders import TODAY, client_of, noon
from tests.support.staff import make_clerk, page, told

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_today")]

MAY = ("view_lists", "export_lists", "view_listexport")
COLUMNS = [Column(name, name.title(), lambda row, on: "") for name in ("id", "day", "points", "fee", "days", "text")]
HOSTILE = ["=1+1", "+1", "-1+1", "@SUM(A1)", "=cmd|' /C calc'!A0", "\t=1+1", "https://evil.example/", "{=1}"]


@pytest.fixture(autouse=True)
def _own_storage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "storage", lambda: FileSystemStorage(tmp_path / "lists"))


@pytest.fixture
def clerk() -> Client:
    return client_of(make_clerk(*MAY))


def work() -> None:
    """Do what the worker does with every file that was asked for."""
    for key in ListExport.objects.values_list("pk", flat=True):
        exporting.make_file.func(key)


def cells_of(content: io.BytesIO) -> list[list[Any]]:
    """Return the rows of the spreadsheet, with days as days and numbers as floats."""
    return CalamineWorkbook.from_filelike(content).get_sheet_by_index(0).to_python()


def sheet_of(content: io.BytesIO) -> str:
    """Return the sheet as it is written."""
    with zipfile.ZipFile(content) as parts:
        return parts.read("xl/worksheets/sheet1.xml").decode()


def ask(client: Client, name: ListName, file_format: str, query: str = "") -> ListExport:
    answer = client.post(address(name, "export"), {"query": query, "format": file_format})
    assert (answer.status_code, answer["Location"]) == (302, f"{address(name)}?{query}")
    return ListExport.objects.latest("pk")


def download(client: Client, export: ListExport) -> bytes:
    answer: Any = client.get(page(ListExport, "download", export.pk))
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"].startswith("attachment")
    return b"".join(answer.streaming_content)


@pytest.fixture
def short(short: Member) -> Member:
    short.first_name, short.last_name, short.amt_id, short.phone = "Søren", "=1+1", "0012345", "847-555-0134"
    short.save()
    return short


def test_a_spreadsheet_gets_days_as_days_and_identifiers_as_text(clerk: Client, short: Member) -> None:
    export = ask(clerk, ListName.AT_RISK, "xlsx", "credential=RPT&o=ends_on")
    work()
    head, row = cells_of(content := io.BytesIO(download(clerk, export)))
    cells = dict(zip(head, row, strict=True))
    assert cells["AMT ID"] == "0012345"
    assert cells["Name"] == "Søren =1+1"
    assert cells["Cycle ends"] == date(2026, 4, 23)
    assert cells["Points missing"] == 2.0
    assert cells["E-mail"] == short.user.email
    assert 'topLeftCell="A2"' in sheet_of(content), "the head stays in view"


def test_csv_has_every_row_of_the_filter_in_its_order(clerk: Client, short: Member, met: Member) -> None:
    export = ask(clerk, ListName.AT_RISK, "csv", "o=-ends_on")
    work()
    text = download(clerk, export).decode()
    assert text.startswith("\ufeff")
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
    assert [(row["AMT ID"], row["Cycle ends"]) for row in rows] == [
        (met.amt_id, "2026-04-30"),
        ("0012345", "2026-04-23"),
    ]
    export.refresh_from_db()
    assert (export.done, export.total, export.failures) == (2, 2, [])


@pytest.mark.parametrize("text", HOSTILE)
def test_no_cell_is_a_formula_or_a_link(tmp_path: Path, text: str) -> None:
    row = [[text, date(2026, 3, 14), Decimal("2.25"), Money(6050), 7, text]]
    files.write_csv(tmp_path / "list.csv", COLUMNS, row)
    lines = (tmp_path / "list.csv").read_text(encoding="utf-8-sig")
    [_head, written] = list(csv.reader(io.StringIO(lines)))
    assert written[0][0] not in "=+-@\t"
    assert written[1:5] == ["2026-03-14", "2.25", "60.50", "7"]
    files.write_xlsx(tmp_path / "list.xlsx", COLUMNS, row)
    content = io.BytesIO((tmp_path / "list.xlsx").read_bytes())
    assert cells_of(content)[1] == [text, date(2026, 3, 14), 2.25, 60.5, 7.0, text]
    assert not re.search(r"<(f|hyperlink)\b", sheet_of(content))


@pytest.mark.parametrize("name", ListName)
@pytest.mark.parametrize("file_format", FileFormat)
def test_every_list_leaves_the_portal_in_both_formats(
    clerk: Client, short: Member, name: ListName, file_format: FileFormat
) -> None:
    export = ask(clerk, name, file_format)
    work()
    export.refresh_from_db()
    assert export.failures == []
    assert export.done == export.total
    assert export.stored_name


def test_asking_and_downloading_are_on_record(clerk: Client, short: Member) -> None:
    export = ask(clerk, ListName.AT_RISK, "csv", "credential=RPT")
    work()
    download(clerk, export)
    noted = ListOpening.objects.order_by("pk").values_list("deed", "subject", "filtered", "rows")
    assert list(noted) == [
        ("asked", "At risk, CSV", "Credential: RPT", 1),
        ("downloaded", "At risk, CSV", "Credential: RPT", 1),
    ]


def test_only_who_asked_can_download_and_only_for_a_week(short: Member, on_today: TimeMachineFixture) -> None:
    asking = make_clerk(*MAY)
    export = ask(client_of(asking), ListName.AT_RISK, "csv")
    work()
    other = client_of(make_clerk(*MAY))
    assert "There is no file for you" in told(other, other.get(page(ListExport, "download", export.pk)))
    on_today.move_to(noon(TODAY + exporting.KEPT + timedelta(hours=1)))
    clerk = client_of(asking)  # the session of the week before is over
    assert "There is no file for you" in told(clerk, clerk.get(page(ListExport, "download", export.pk)))
    assert ListOpening.objects.count() == 1  # that it was asked for
    exporting.remove_file.func(export.pk)
    export.refresh_from_db()
    assert export.stored_name == ""


def test_a_button_that_is_pressed_twice_makes_one_file(clerk: Client, short: Member) -> None:
    assert ask(clerk, ListName.AT_RISK, "csv") == ask(clerk, ListName.AT_RISK, "csv")
    assert DBTaskResult.objects.count() == 1
    work()
    assert ask(clerk, ListName.AT_RISK, "csv") != ListExport.objects.earliest("pk")


def test_a_file_ranks_all_and_not_only_those_of_the_page(clerk: Client, short: Member, met: Member) -> None:
    object.__setattr__(LISTS[ListName.AT_RISK], "first_only", 1)
    try:
        shown = clerk.get(address(ListName.AT_RISK)).text
        assert "the 1 that end soonest are ranked here" in shown
        assert met.last_name not in shown
        assert ask(clerk, ListName.AT_RISK, "csv").total == 2
    finally:
        object.__setattr__(LISTS[ListName.AT_RISK], "first_only", 20_000)


def test_a_killed_worker_is_followed_by_another(clerk: Client, short: Member) -> None:
    export = ask(clerk, ListName.AT_RISK, "csv")
    DBTaskResult.objects.all().delete()
    exporting.resume()
    assert DBTaskResult.objects.get().args_kwargs["args"] == [export.pk]


def test_a_wrong_filter_or_format_makes_no_file(clerk: Client, short: Member) -> None:
    address_of = address(ListName.AT_RISK, "export")
    assert "not among its choices" in told(clerk, clerk.post(address_of, {"query": "days=40", "format": "csv"}))
    assert clerk.post(address_of, {"query": "", "format": "pdf"}).status_code == 400
    assert clerk.post(address_of, {"query": "a\r\nb", "format": "csv"}).status_code == 400
    assert clerk.post(address_of, {"query": "x" * 501, "format": "csv"}).status_code == 400
    assert not ListExport.objects.exists()
