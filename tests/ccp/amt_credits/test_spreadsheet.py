"""Files of credits that a spreadsheet has touched."""

from typing import Any

import pytest

from amtportal.imports import csv_files
from ccp.amt_credits.resource import CreditsResource
from ccp.models import Activity
from tests.support.builders import make_cycle, make_member

pytestmark = [pytest.mark.django_db, pytest.mark.any_database, pytest.mark.usefixtures("on_today", "cycle")]
HEADER = "provider_reference,amt_id,activity_type,title,starts_on,ends_on,points"
GOOD = "00042,7001234,course-seminar-webinar,Safe phlebotomy,2026-03-01,2026-03-02,2.5"


@pytest.fixture
def cycle() -> Any:
    return make_cycle(make_member(amt_id="7001234"))


def load(*lines: str) -> list[str]:
    """Import the file, and return its problems."""
    resource = CreditsResource()
    resource.import_data(csv_files.read_csv("\r\n".join(lines).encode()))
    return [str(problem) for problem in resource.problems]


@pytest.mark.parametrize(
    "again",
    [
        pytest.param(GOOD.replace("00042", "00042\u200b"), id="reference with a zero-width space"),
        pytest.param(GOOD.replace("00042", '="00042"'), id="reference kept as text"),
        pytest.param(GOOD.replace("00042", "０００４２"), id="full-width reference"),
        pytest.param(GOOD.replace("2026-03-01", "3/1/2026 0:00"), id="midnight"),
        pytest.param(GOOD.replace("2.5", "2.50\u00a0"), id="points"),
        pytest.param(GOOD.replace("Safe phle", "Safe\u00a0phle\u00ad"), id="title"),
        pytest.param(GOOD + ",,", id="columns without a name"),
    ],
)
def test_the_same_credit_counts_once(again: str) -> None:
    assert load(HEADER, GOOD) == load("sep=,", HEADER, again) == []
    assert Activity.objects.get().provider_reference == "00042"


def test_a_reference_without_its_zeros_is_not_credited_twice() -> None:
    assert load(HEADER, GOOD) == []
    assert load(HEADER, GOOD.replace("00042", "42")) == [
        "Line 2, provider_reference: “42” differs from “00042”, which is on record, only as a spreadsheet changes "
        "numbers. Write 00042."
    ]
    assert load(HEADER, GOOD.replace("00042", "43")) == []
    assert Activity.objects.count() == 2


def test_a_held_reference_without_its_zeros_is_not_held_twice() -> None:
    assert load(HEADER, GOOD.replace("7001234", "7009999")) == []
    assert "which is on record" in load(HEADER, GOOD.replace("00042", "42"))[0]


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (GOOD.replace("7001234", "7001234.0"), "amt_id: A spreadsheet changed it"),
        (GOOD.replace("00042", "4.2E+12"), "provider_reference: A spreadsheet changed it"),
        (GOOD.replace("Safe", "Safe &amp; sound"), "title: “&amp;” is HTML"),
        (GOOD.replace("Safe", "Saf\ufffd"), "title: “Saf\ufffd phlebotomy” has U+FFFD"),
        (GOOD.replace("2026-03-01", "2026-03-01 14:00"), "starts_on: “2026-03-01 14:00” has a time of day"),
        (GOOD.replace("2026-03-01", "0026-03-01"), "starts_on: Mar 1, 0026 is in the year 26"),
        (GOOD.replace("2026-03-01", "1926-03-01"), "starts_on: Mar 1, 1926 is before Jan 1, 1939"),
    ],
)
def test_a_spoiled_credit_is_refused(row: str, why: str) -> None:
    (problem,) = load(HEADER, row)
    assert why in problem
    assert not Activity.objects.exists()
