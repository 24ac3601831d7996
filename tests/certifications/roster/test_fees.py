"""Fees that were paid before the portal, and fees that are not asked for."""

import io
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from amtportal.refusals import Refused
from ccp.rollover.verification import VerificationTally, verify
from certifications import cycles, invoices
from certifications.invoice_standing import invoice_standing
from certifications.models import Certification, Cycle, RenewalInvoice
from certifications.roster.resource import RosterResource
from tests.support.builders import TODAY, client_of, invoice_of, make_payment, make_user, noon
from tests.support.rosters import load_roster
from tests.support.staff import make_clerk

pytestmark = pytest.mark.django_db

# Awarded on 5/1/2023: on 3/14/2026 the fees of 5/1/2024 and 5/1/2025 are past due.
ADA = {
    "amt_id": "1001",
    "email": "ada@example.org",
    "first_name": "Ada",
    "last_name": "Lane",
    "credential": "RMA",
    "certificate_number": "A-1",
    "awarded_on": "2023-05-01",
}
DUE = [date(2024, 5, 1), date(2025, 5, 1), date(2026, 5, 1)]


def bring(paid_through: str = "", *, dry_run: bool = False, **changes: str) -> RosterResource:
    resource, _ = load_roster({**ADA, "fees_paid_through": paid_through, **changes}, dry_run=dry_run)
    return resource


def states() -> list[str]:
    """Return each invoice's status and, where it is from before the portal, the day."""
    found = RenewalInvoice.objects.order_by("due_on")
    return [f"{invoice.status} {invoice.before_portal or ''}".strip() for invoice in found]


def differences() -> list[str]:
    return [str(found) for batch in verify(Cycle.objects.all(), VerificationTally()) for found in batch]


@pytest.mark.parametrize(
    ("paid_through", "expected"),
    [
        pytest.param("2024-04-30", ["issued", "issued", "issued"], id="the day before the first is due"),
        pytest.param("2024-05-01", ["paid 2024-05-01", "issued", "issued"], id="the day on which it is due"),
        pytest.param("4/30/2026", ["paid 2026-04-30", "paid 2026-04-30", "issued"], id="up to the last one"),
        pytest.param("", ["issued", "issued", "issued"], id="not said"),
    ],
)
def test_what_was_due_by_that_day_is_paid_before_the_portal(paid_through: str, expected: list[str]) -> None:
    bring(paid_through)
    assert states() == expected
    assert differences() == []
    assert not RenewalInvoice.objects.filter(payments__isnull=False).exists()


def test_it_is_shown_so_and_never_as_overdue() -> None:
    bring("2025-05-01")
    standing = invoice_standing(invoice_of(Cycle.objects.get(), year=2), TODAY, counted=Decimal(0))
    assert (standing.state, standing.state_in_words, standing.overdue) == ("paid", "Paid before the portal", False)
    assert standing.reason == (
        "Paid before AMT used this portal: your annual fees are on record as paid through May 1, 2025. The "
        "portal has no "
        "receipt of it."
    )


def test_the_page_says_so_and_no_receipt_is_printed(on_today: Any) -> None:
    bring("2025-05-01")
    member = Certification.objects.get().member
    assert member.user
    browser, invoice = client_of(member.user), invoice_of(Cycle.objects.get(), year=1)
    page = browser.get(f"/invoices/{invoice.pk}/").text
    assert "Paid before the portal" in page
    assert "paid through May 1, 2025" in page or "paid through May 1, 2025" in page
    assert "Save the receipt" not in page
    assert "Paid before the portal" in browser.get("/invoices/").text
    refused = browser.get(f"/invoices/{invoice.pk}.pdf")
    assert refused.status_code == 403
    assert "no receipt" in refused.text


def test_a_later_day_settles_more_and_an_earlier_one_nothing() -> None:
    bring("2024-05-01")
    assert not bring("2024-05-01").entries[0].changes_certification
    later = bring("2025-05-01", dry_run=True)
    assert later.for_staff() == ["Paid before the portal: 1 invoice."]
    assert states() == ["paid 2024-05-01", "issued", "issued"]
    bring("2025-05-01")
    assert states() == ["paid 2024-05-01", "paid 2025-05-01", "issued"]
    earlier = bring("2024-05-01")
    assert [problem.column for problem in earlier.fee_notes] == ["fees_paid_through"]
    assert "is before May 1, 2025, which is on record, so nothing changes" in earlier.fee_notes[0].sentence
    bring("")
    assert states() == ["paid 2024-05-01", "paid 2025-05-01", "issued"]
    assert differences() == []


def test_the_next_cycle_begins_with_what_is_paid() -> None:
    """Paid through 5/1/2027: of the cycle that begins on 5/1/2026, the first year is paid."""
    bring("2027-05-01")
    certification = Certification.objects.get()
    following = cycles.following(Cycle.objects.get(), date(2026, 5, 2))
    assert following.certification == certification
    statuses = [invoice.status for invoice in invoices.build(following, amount=6000, on=date(2026, 5, 2))]
    assert statuses == ["paid", "issued", "issued"]


def test_an_invoice_with_a_payment_keeps_its_own_story() -> None:
    bring("")
    payment = make_payment(invoice_of(Cycle.objects.get(), year=1))
    bring("2024-05-01")
    assert states() == ["paid", "issued", "issued"]
    invoices.reverse_payment(payment=payment, reason="Returned.", by=make_user(is_staff=True), at=noon(TODAY))
    told = bring("2025-05-01")
    assert states() == ["issued", "paid 2025-05-01", "issued"]
    assert not told.fee_notes  # the row had settled its year already


def test_staff_ask_for_it_after_all_and_the_same_roster_does_not_settle_it_again() -> None:
    bring("2025-05-01")
    staff = make_user(is_staff=True)
    invoice = invoice_of(Cycle.objects.get(), year=2)
    with pytest.raises(Refused, match="was paid before the portal"):
        invoices.void(invoice=invoice, reason="Wrong.")
    with pytest.raises(Refused, match="was paid before the portal"):
        make_payment(invoice)
    with pytest.raises(Refused, match="Say why"):
        invoices.ask_for(invoice=invoice, reason=" ", by=staff, at=noon(TODAY))
    invoices.ask_for(invoice=invoice, reason="The check bounced.", by=staff, at=noon(TODAY))
    bring("2025-05-01")
    assert states() == ["paid 2025-05-01", "issued", "issued"]
    line = invoice.history.get(history_user=staff)
    assert line.history_change_reason == "The check bounced."
    make_payment(invoice)
    assert differences() == []


def test_fees_of_before_a_day_are_not_asked_for() -> None:
    resource, _ = load_roster(ADA, not_asked_before=date(2025, 5, 1))
    assert resource.for_staff() == ["Not asked for: 1 invoice."]
    assert states() == ["void 2025-05-01", "issued", "issued"]
    standing = invoice_standing(RenewalInvoice.objects.order_by("due_on")[0], TODAY, counted=Decimal(0))
    assert (standing.state, standing.state_in_words) == ("void", "Not asked for")
    assert standing.reason.startswith("Not asked for: it fell due before May 1, 2025, before AMT used this portal.")
    assert differences() == []
    bring("2025-05-01")
    assert states() == ["paid 2025-05-01", "paid 2025-05-01", "issued"]
    assert differences() == []


def test_what_the_roster_says_comes_before_what_staff_choose() -> None:
    load_roster({**ADA, "fees_paid_through": "2024-05-01"}, not_asked_before=TODAY)
    assert states() == ["paid 2024-05-01", "issued", "issued"]


def test_a_moved_award_settles_by_the_new_days() -> None:
    bring("2025-05-01")
    bring("2025-05-01", awarded_on="2023-06-01")
    assert states() == ["paid 2025-05-01", "issued", "issued"]
    assert RenewalInvoice.objects.earliest("due_on").due_on == date(2024, 6, 1)
    assert differences() == []


@pytest.mark.parametrize("day", ["0026-05-01", "2046-05-01", "soon", "1/1/1900"])
def test_a_day_that_cannot_be_right_is_refused(day: str) -> None:
    resource = bring(day)
    assert [problem.column for problem in resource.problems] == ["fees_paid_through"]
    assert not Certification.objects.exists()


def run(path: Path, *options: str) -> str:
    path.write_text(",".join(ADA) + "\n" + ",".join(ADA.values()) + "\n", encoding="utf-8")
    stdout = io.StringIO()
    call_command("import_roster", str(path), "--on", TODAY.isoformat(), *options, stdout=stdout)
    return stdout.getvalue()


def test_the_command_shows_the_effect_before_it_is_chosen(tmp_path: Path) -> None:
    path = tmp_path / "roster.csv"
    assert "Overdue from the first day: 2 invoices." in run(path, "--dry-run")
    assert "Not asked for: 2 invoices." in run(path, "--dry-run", "--not-asked-before", TODAY.isoformat())
    with pytest.raises(CommandError, match="is in the future"):
        run(path, "--not-asked-before", "2026-03-15")
    assert not Certification.objects.exists()
    assert "Not asked for: 1 invoice." in run(path, "--not-asked-before", "2025-01-01")
    assert states() == ["void 2025-01-01", "issued", "issued"]


def test_staff_see_and_change_it_in_the_admin(on_today: Any) -> None:
    staff_browser = client_of(make_clerk("view_renewalinvoice", "ask_for_payment"))
    bring("2025-05-01")
    invoice: Any = invoice_of(Cycle.objects.get(), year=1)
    listed = staff_browser.get("/admin/certifications/renewalinvoice/?before-portal=paid").text
    assert "Paid before the portal" in listed
    assert invoice.number in listed
    page = staff_browser.get(f"/admin/certifications/renewalinvoice/{invoice.pk}/change/").text
    assert "The roster says that fees up to May 1, 2025 are paid." in page
    assert "Printable receipt" not in page
    ask = f"/admin/certifications/renewalinvoice/{invoice.pk}/ask/"
    assert "choose this only if the roster was wrong" in staff_browser.get(ask).text.lower()
    staff_browser.post(ask, {"reason": "The check bounced."})
    invoice.refresh_from_db()
    assert (invoice.status, invoice.before_portal) == ("issued", None)
