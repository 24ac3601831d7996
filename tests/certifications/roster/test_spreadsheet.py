"""Rosters that a spreadsheet or another program has touched, from the file to the record."""

import io
from pathlib import Path

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client

from amtportal.members.models import Member, User
from certifications.models import Certification
from tests.support.builders import make_certification, make_member

pytestmark = [pytest.mark.django_db, pytest.mark.any_database, pytest.mark.usefixtures("on_today")]
HEADER = "amt_id,email,first_name,last_name,credential,certificate_number,awarded_on"
ROW = "7700001,ana@real.example,Ana,Ruiz,RMA,Z-1,2024-03-14"


def load(tmp_path: Path, *lines: str, ends: str = "\r\n") -> None:
    file = tmp_path / "roster.csv"
    file.write_bytes((ends.join(lines) + ends).encode())
    call_command("import_roster", str(file), stdout=io.StringIO(), stderr=io.StringIO())


def refused(tmp_path: Path, *lines: str) -> list[str]:
    """Return the problems of a file, which changed nothing."""
    before = list(Member.objects.order_by("pk").values()), list(Certification.objects.order_by("pk").values())
    stderr, file = io.StringIO(), tmp_path / "roster.csv"
    file.write_bytes(("\r\n".join(lines) + "\r\n").encode())
    with pytest.raises(CommandError, match="Nothing was written"):
        call_command("import_roster", str(file), stderr=stderr)
    assert (list(Member.objects.order_by("pk").values()), list(Certification.objects.order_by("pk").values())) == before
    return stderr.getvalue().splitlines()


@pytest.mark.parametrize("email", ["ana@real.example\u200b", "ana@real.example\u200e", "ana@real\u00ad.example"])
def test_a_member_activates_with_the_address_that_is_seen(tmp_path: Path, email: str) -> None:
    load(tmp_path, HEADER, ROW.replace("ana@real.example", email))
    assert User.objects.get().email == "ana@real.example"
    Client().post("/accounts/activate/", {"email": "ana@real.example"})
    assert [sent.to for sent in mail.outbox] == [["ana@real.example"]]


def test_names_are_stored_as_they_are_seen(tmp_path: Path) -> None:
    load(tmp_path, HEADER, ROW.replace("Ana,Ruiz", "Ana\u200b,\u202eRu\u00a0iz\ufeff"))
    assert Member.objects.get().name == "Ana Ru iz"


def test_a_name_that_nobody_sees_is_empty(tmp_path: Path) -> None:
    (problem,) = refused(tmp_path, HEADER, ROW.replace("Ana", "\u200b"))
    assert problem.startswith("Line 2, first_name: It is empty")


def test_identifiers_are_compared_in_one_form(tmp_path: Path) -> None:
    load(tmp_path, HEADER, ROW)
    again = ROW.replace("7700001", "７700001\u200b").replace("Z-1", "Z\u20111")
    load(tmp_path, "\ufeff" + HEADER.replace("amt_id", "amt_id\u200b"), again)
    assert Member.objects.get().amt_id == "7700001"
    assert Certification.objects.get().history.count() == 1


@pytest.mark.parametrize(
    ("written", "column"),
    [
        (ROW.replace("7700001", "7700044.0"), "amt_id"),
        (ROW.replace("7700001", "7.70004E+06"), "amt_id"),
        (ROW.replace("Z-1", "1.23E+05"), "certificate_number"),
        (ROW.replace("Z-1", "123.0"), "certificate_number"),
    ],
)
def test_a_number_that_a_spreadsheet_changed_is_refused(tmp_path: Path, written: str, column: str) -> None:
    (problem,) = refused(tmp_path, HEADER, written)
    assert problem.startswith(f"Line 2, {column}: A spreadsheet changed it to")


def test_a_number_that_a_spreadsheet_kept_as_text_is_read(tmp_path: Path) -> None:
    second = ROW.replace("7700001", "7700002").replace("ana@", "bea@")
    load(tmp_path, HEADER, ROW.replace("Z-1", '="0123"'), second.replace("Z-1", '"=""0124"""'))
    assert set(Certification.objects.values_list("certificate_number", flat=True)) == {"0123", "0124"}


@pytest.fixture
def ana() -> Member:
    """Ana, AMT ID 007700001, RMA 000123, with a ZIP code in Massachusetts."""
    member = make_member(
        amt_id="007700001", first_name="Ana", last_name="Ruiz", postal_code="02134", phone="+18475550100"
    )
    make_certification(member, certificate_number="000123")
    return member


@pytest.mark.parametrize(
    ("column", "spoiled", "stored"),
    [
        ("certificate_number", "123", "000123"),
        ("postal_code", "2134", "02134"),
        ("phone", "18475550100", "+18475550100"),
        ("amt_id", "7700001", "007700001"),
    ],
)
def test_lost_zeros_are_a_conflict_and_no_change(
    tmp_path: Path, ana: Member, column: str, spoiled: str, stored: str
) -> None:
    certification = ana.certifications.get()
    row = {
        "amt_id": ana.amt_id,
        "email": ana.user.email,
        "first_name": "Ana",
        "last_name": "Ruiz",
        "credential": certification.credential.code,
        "certificate_number": "000123",
        "awarded_on": certification.awarded_on.isoformat(),
        "postal_code": "02134",
        "phone": "+18475550100",
    }
    load(tmp_path, ",".join(row), ",".join(row.values()))
    assert ana.history.count() <= 1
    problems = refused(tmp_path, ",".join(row), ",".join({**row, column: spoiled}.values()))
    wanted = f"Line 2, {column}: “{spoiled}” differs from “{stored}”, which is on record, only as a spreadsheet changes"
    assert any(problem.startswith(wanted) for problem in problems), problems


def test_another_number_is_a_change(tmp_path: Path, ana: Member) -> None:
    certification = ana.certifications.get()
    load(
        tmp_path,
        HEADER + ",postal_code",
        f"{ana.amt_id},{ana.user.email},Ana,Ruiz,{certification.credential.code},124,{certification.awarded_on},02135",
    )
    certification.refresh_from_db()
    ana.refresh_from_db()
    assert (certification.certificate_number, ana.postal_code) == ("124", "02135")


@pytest.mark.parametrize(
    ("name", "why"), [("Ren\ufffde", "wrong encoding"), ("O&#39;Brien", "HTML"), ("Nu&ntilde;ez", "HTML")]
)
def test_a_spoiled_name_is_refused(tmp_path: Path, name: str, why: str) -> None:
    (problem,) = refused(tmp_path, HEADER, ROW.replace("Ruiz", name))
    assert problem.startswith("Line 2, last_name: ")
    assert why in problem


@pytest.mark.parametrize("day", ["3/14/2024 0:00", "2024-03-14T00:00:00", "3/14/2024 12:00 AM", "\u200b2024-03-14"])
def test_a_day_at_midnight_is_the_day(tmp_path: Path, day: str) -> None:
    load(tmp_path, HEADER, ROW.replace("2024-03-14", day))
    assert str(Certification.objects.get().awarded_on) == "2024-03-14"


@pytest.mark.parametrize(
    ("day", "why"),
    [
        ("3/14/2024 9:30", "has a time of day"),
        ("0206-03-14", "is in the year 206"),
        ("1926-03-14", "is before Jan 1, 1939"),
        ("45365", "number of a day"),
    ],
)
def test_a_day_that_cannot_be_is_refused(tmp_path: Path, day: str, why: str) -> None:
    (problem,) = refused(tmp_path, HEADER, ROW.replace("2024-03-14", day))
    assert why in problem


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param((HEADER + ",,", ROW + ",,"), id="in header and rows"),
        pytest.param((HEADER + ",,", ROW), id="in the header"),
        pytest.param((HEADER, ROW + ",, "), id="in the rows"),
        pytest.param(("sep=,", HEADER, ROW), id="sep=,"),
        pytest.param(("sep=;", HEADER.replace(",", ";"), ROW.replace(",", ";")), id="sep=;"),
        pytest.param(("\ufeffSEP=,,,,", HEADER, ROW), id="sep=, with empty cells"),
    ],
)
def test_what_a_spreadsheet_adds_around_the_columns_is_nothing(tmp_path: Path, lines: tuple[str, ...]) -> None:
    load(tmp_path, *lines)
    assert Member.objects.get().name == "Ana Ruiz"


def test_a_column_without_a_name_that_holds_something_is_refused(tmp_path: Path) -> None:
    assert refused(tmp_path, HEADER + ",,", ROW + ",,x") == [
        "Line 1: Column 9 has no name. Name it, or delete the column."
    ]


def test_lines_after_a_sep_line_are_counted_as_an_editor_shows_them(tmp_path: Path) -> None:
    (problem,) = refused(tmp_path, "sep=,", HEADER, ROW.replace("RMA", "XYZ"))
    assert problem.startswith("Line 3, credential")
    (problem,) = refused(tmp_path, "sep=,", HEADER.replace("email", "mail"), ROW)[:1]
    assert problem.startswith("Line 2, email")


@pytest.mark.parametrize(("written", "is_mandatory"), [("Y", True), ("n", False), ("N", False), ("y\u200b", True)])
def test_y_and_n_are_yes_and_no(tmp_path: Path, written: str, is_mandatory: bool) -> None:
    load(tmp_path, HEADER + ",ccp_mandatory", f"{ROW},{written}")
    assert Certification.objects.get().ccp_mandatory is is_mandatory
