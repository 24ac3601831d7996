"""Staff in Chromium: the admin's scripts work, and the security policy stops none of them."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from amtportal.members.models import Member
from ccp.models import Activity
from certifications.models import Certification, Cycle, Payment, RenewalInvoice
from certifications.payments.models import Settlement, SettlementLine, UnappliedMoney
from tests.support.builders import cycle_of, invoice_of, make_user
from tests.support.staff import page as address

pytestmark = [pytest.mark.browser, pytest.mark.ignore_template_errors]

ROSTER = """amt_id,email,first_name,last_name,credential,certificate_number,awarded_on
7001,zoe@example.org,Zoë,O'Neil,RMA,500123,2024-05-01
"""


@pytest.fixture
def desk(member: Member, window: Callable[..., Page]) -> Iterator[Page]:
    """Return a superuser's window.

    Any complaint of the browser fails the test.
    """
    complaints: list[str] = []
    page = window(make_user(email="root@amt.example", is_staff=True, is_superuser=True))
    page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    assert complaints == []


def test_pages_run_all_of_their_scripts(desk: Page, member: Member) -> None:
    cycle, entry = cycle_of(member), member.activities.get()
    open_invoice = invoice_of(cycle, 1)
    for path in (
        "/admin/",
        address(Member),
        address(Member, "change", member.pk),
        address(type(member.user), "change", member.user_id),
        address(Certification, "change", cycle.certification_id),
        address(Cycle, "change", cycle.pk),
        address(RenewalInvoice, "pay", open_invoice.pk),
        address(Activity, "void", entry.pk),
        address(Activity, "history", entry.pk),
    ):
        answer = desk.goto(path)
        assert answer is not None
        assert answer.status == 200, path


def test_member_is_chosen_by_typing_and_the_day_from_the_calendar(desk: Page, member: Member) -> None:
    desk.goto(address(Certification, "add"))
    desk.locator(".select2-selection").click()
    desk.locator(".select2-search__field").fill("lane")
    desk.get_by_role("option", name=str(member)).click()
    desk.get_by_label("Credential").select_option(label="RPT – Registered Phlebotomy Technician")
    desk.get_by_label("Certificate number").fill("500124")
    desk.locator(".field-awarded_on").get_by_role("link", name="Today").click()
    desk.get_by_role("button", name="Save", exact=True).click()
    expect(desk.locator(".messagelist")).to_contain_text("was added")
    assert Cycle.objects.filter(certification__certificate_number="500124", number=1).exists()


def test_roster_is_uploaded_previewed_and_confirmed(desk: Page, tmp_path: Path) -> None:
    file = tmp_path / "roster.csv"
    file.write_text(ROSTER)
    desk.goto(address(Certification))
    desk.get_by_role("link", name="Import roster").click()
    desk.get_by_label("File to import").set_input_files(file)
    desk.get_by_role("button", name="Submit").click()
    expect(desk.get_by_role("cell", name="zoe@example.org")).to_be_visible()
    desk.get_by_role("button", name="Confirm import").click()
    expect(desk.locator(".messagelist")).to_contain_text("1 new")
    assert Member.objects.filter(amt_id="7001").exists()


def test_chosen_entry_is_voided(desk: Page, member: Member) -> None:
    desk.goto(address(Activity))
    desk.locator("#action-toggle").check()
    expect(desk.locator(".action-counter")).to_have_text("1 of 1 selected")
    desk.get_by_label("Action:").select_option(label="Void the selected entries")
    desk.get_by_role("button", name="Go").click()
    desk.get_by_label("Reason").fill("No proof in the audit")
    desk.get_by_role("button", name="Void entries").click()
    expect(desk.locator(".messagelist")).to_contain_text("Voided CE-")
    assert member.activities.get().void_reason == "No proof in the audit"


def test_pages_of_money_are_no_wider_than_a_phone(desk: Page, member: Member) -> None:
    """The names that the provider gives are long, and have no place to break."""
    invoice, now = invoice_of(cycle_of(member), 1), timezone.now()
    charge = "ch_3SabcDEFghiJKLmno0pqrSTUv"
    payment = Payment.objects.create(
        invoice=invoice,
        amount=invoice.amount,
        method="card-online",
        charge_id=charge,
        received_on=now,
        recorded_at=now,
    )
    money = UnappliedMoney.objects.create(
        charge_id=f"{charge}X", amount=4999, currency="usd", received_at=now, cause="amount"
    )
    day = Settlement.objects.create(day=now, reconciled_at=now, differences=f"{charge} is {charge} in {charge}.")
    line = SettlementLine.objects.create(
        settlement=day,
        transaction_id=charge,
        kind="charge",
        source_id=charge,
        amount=5000,
        fee=175,
        net=4825,
        currency="usd",
        created_at=now,
        available_on=now,
    )
    desk.set_viewport_size({"width": 320, "height": 640})
    for path in (
        address(RenewalInvoice, "change", invoice.pk),
        address(Payment, "change", payment.pk),
        address(UnappliedMoney, "refund", money.pk),
        address(UnappliedMoney).replace("unappliedmoney/", "unappliedmoney/look/"),
        address(Settlement, "change", day.pk),
        address(SettlementLine, "change", line.pk),
    ):
        desk.goto(path)
        assert desk.evaluate("document.scrollingElement.scrollWidth") <= 320, path


def test_payment_button_pressed_twice_pays_once(desk: Page, member: Member) -> None:
    invoice = invoice_of(cycle_of(member), 1)
    desk.goto(address(RenewalInvoice, "change", invoice.pk))
    desk.get_by_role("link", name="Record a payment").click()
    desk.get_by_label("Reference").fill("1042")
    desk.get_by_role("button", name="Record payment").dblclick()
    expect(desk.get_by_role("link", name="Reverse payment")).to_be_visible()
    assert Payment.objects.filter(invoice=invoice).count() == 1
