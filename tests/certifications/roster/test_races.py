"""A roster import while people record and cycles are closed.

Locks are taken in one order, whatever the order of the file.
"""

from datetime import date
from functools import partial
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from import_export.results import Result
from pytest_django.fixtures import Settings

from amtportal import chunks
from amtportal.imports import csv_files
from amtportal.members.models import Member
from certifications import invoices
from certifications.models import Certification, Credential, Cycle, RenewalInvoice
from certifications.roster.resource import RosterResource
from tests.support.builders import TODAY, client_of, invoice_of, make_activity, make_certification, make_cycle
from tests.support.staff import make_clerk, page, told
from tests.support.threads import beside, wait_until_somebody_waits

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time"),
]
HEADER = "amt_id,email,first_name,last_name,credential,certificate_number,awarded_on\n"


def rows(*certifications: Certification, number: str = "", awarded_on: str = "2023-05-01") -> str:
    return HEADER + "".join(
        f"{held.member.amt_id},{held.member.user.email},Ada,Lane,RMA,{number}{held.certificate_number},{awarded_on}\n"
        for held in certifications
    )


def imported(content: str) -> Result:
    return RosterResource(on=TODAY).import_data(csv_files.read_csv(content.encode()))


def lock(row: Certification | Cycle) -> None:
    type(row).objects.select_for_update().get(pk=row.pk)


@pytest.fixture(autouse=True)
def _one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks, "CHUNK", 1)


def test_a_roster_locks_certifications_in_the_order_of_their_keys() -> None:
    """Both certifications get another number, the later one first.

    A closing has locked the first and goes on to the second.
    """
    first, second = make_certification(), make_certification()
    with transaction.atomic():
        lock(first)
        result = beside(partial(imported, rows(second, first, number="N-")))
        wait_until_somebody_waits()
        lock(second)
    assert not result.result().has_errors()
    assert all(held.certificate_number.startswith("N-") for held in Certification.objects.all())


def test_a_roster_locks_cycles_in_the_order_of_their_keys() -> None:
    """Both awards turn out to be of another day, the later one first."""
    first, second = make_cycle(), make_cycle()
    with transaction.atomic():
        lock(first)
        result = beside(partial(imported, rows(second.certification, first.certification, awarded_on="2023-05-02")))
        wait_until_somebody_waits()
        lock(second)
    assert not result.result().has_errors()
    assert {cycle.starts_on for cycle in Cycle.objects.all()} == {date(2023, 5, 2)}


def test_a_member_records_while_a_roster_that_changes_the_member_is_imported() -> None:
    """A roster takes minutes.

    The entry refers to the member, and is held up only by a change of the member's key.
    """
    cycle = make_cycle()
    member = cycle.certification.member
    with transaction.atomic():
        assert not imported(rows(cycle.certification).replace("Lane", "Lovelace")).has_errors()
        recorded = beside(partial(make_activity, cycle), "lock_timeout = '500ms'")
        assert recorded.result().member == member
    assert Member.objects.get().last_name == "Lovelace"


def test_of_two_of_the_staff_who_void_an_invoice_at_once_one_is_told_that_it_was_void(on_today: object) -> None:
    """The other transaction's reason stands, and so the second one reads that reason."""
    invoice = invoice_of(make_cycle())
    clerk = client_of(make_clerk("view_renewalinvoice", "issue_invoice_again", "void_invoice"))
    with transaction.atomic():
        invoices.void(invoice=invoice, reason="Moved away.")
        answer = beside(partial(clerk.post, page(RenewalInvoice, "void", invoice.pk), {"reason": "Sent twice."}))
        wait_until_somebody_waits()
    assert told(clerk, answer.result()) == f"{invoice.number} is already void: Moved away."


@pytest.mark.parametrize("locked", ["the credentials, as another import has", "a cycle, as a member who records has"])
def test_a_roster_that_waits_too_long_for_another_one_or_for_a_lock_is_told_so(
    locked: str, tmp_path: Path, settings: Settings
) -> None:
    """No traceback for the operator and no page of ours broken for the clerk: nothing was written, try again."""
    settings.MEDIA_ROOT = tmp_path
    settings.LOCK_WAIT_SECONDS = 0.1
    certification = make_cycle().certification
    content = rows(certification, awarded_on="2023-06-02")
    file = tmp_path / "roster.csv"
    file.write_text(content)
    desk = client_of(make_clerk("view_certification", "import_roster"))
    desk.raise_request_exception = False  # what the middleware could not settle becomes a page

    def load() -> str:
        try:
            call_command("import_roster", str(file), verbosity=0)
        except CommandError as error:
            return str(error)
        return "imported"

    def upload() -> tuple[int, str]:
        sent = SimpleUploadedFile("roster.csv", content.encode())
        answer = desk.post(page(Certification, "import"), {"import_file": sent, "format": "0", "resource": "0"})
        return answer.status_code, answer.text

    with transaction.atomic():
        if locked.startswith("a cycle"):
            lock(certification.cycles.get())
        else:
            list(Credential.objects.select_for_update().order_by("pk"))
        told_operator = beside(load, "lock_timeout = '200ms'").result()
        status, text = beside(upload, "lock_timeout = '200ms'").result()
    assert "The database is busy or gone" in told_operator
    assert "Nothing was written. Try again." in told_operator
    assert (status, "Traceback" in text) == (503, False)
    assert "Nothing was" in text
