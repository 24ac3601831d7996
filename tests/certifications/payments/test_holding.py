"""Checks that came before their invoice opened: held, applied on the day, moved, sent back, never lost."""

import io
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.test import Client

from amtportal.members.models import User
from amtportal.refusals import Refused
from ccp.rollover.payment_file import CaughtUpPaymentsResource
from ccp.rollover.verification import VerificationTally, verify
from certifications import invoices
from certifications.models import Certification, Cycle, Payment, RenewalInvoice
from certifications.payments import holding
from certifications.payments.checkout import why_not_payable, with_processing
from certifications.payments.models import UnappliedMoney
from tests.support.builders import TODAY, client_of, invoice_of, make_cycle, make_member, make_user, noon
from tests.support.staff import page, submit, told

pytestmark = [pytest.mark.django_db, pytest.mark.ignore_template_errors, pytest.mark.usefixtures("on_today")]
LOOK = "/admin/payments/unappliedmoney/look/"
DAY = timedelta(days=1)


@pytest.fixture
def clerk() -> User:
    return make_user(email="kim@amt.example", is_staff=True, is_superuser=True)


@pytest.fixture
def desk(clerk: User) -> Client:
    return client_of(clerk)


@pytest.fixture
def cycle() -> Cycle:
    """The cycle of an RMA from 5/1/2023 without points: the invoice of year 3 is locked."""
    return make_cycle(make_member(amt_id="1001"))


@pytest.fixture
def locked(cycle: Cycle) -> RenewalInvoice:
    return invoice_of(cycle)


def hold(invoice: RenewalInvoice, by: User, **changes: object) -> UnappliedMoney:
    values = {"amount": invoice.amount, "method": "check", "reference": "4711", "received_on": TODAY - DAY}
    held = holding.receive(invoice=invoice, by=by, at=noon(TODAY), **values | changes)  # type: ignore[arg-type]
    assert isinstance(held, UnappliedMoney)
    return held


def open_it(invoice: RenewalInvoice) -> RenewalInvoice:
    """Open the invoice as of today, by the rules: the requirement was met yesterday."""
    Cycle.objects.filter(pk=invoice.cycle_id).update(requirement_met_on=TODAY - DAY)
    invoices.keep_openings(cycle=invoice.cycle_id)
    return RenewalInvoice.objects.get(pk=invoice.pk)


def where(of: RenewalInvoice) -> tuple[int, int, int]:
    """Return how many cents of an invoice's checks are paid, wait, and went back: each is in one place."""
    money = UnappliedMoney.objects.filter(invoice=of)
    paid = sum(Payment.objects.filter(invoice=of, reversed_at=None).values_list("amount", flat=True))
    return (
        paid,
        sum(money.unresolved().values_list("amount", flat=True)),
        sum(money.filter(resolution="refunded").values_list("amount", flat=True)),
    )


def run() -> str:
    said = io.StringIO()
    call_command("apply_held_money", stdout=said)
    return said.getvalue().strip()


def test_a_check_for_a_locked_invoice_is_held_and_told_and_applied_once(
    desk: Client, locked: RenewalInvoice, django_capture_on_commit_callbacks: object
) -> None:
    address = page(RenewalInvoice, "pay", locked.pk)
    assert "AMT holds the money, and the portal applies it on the day when the invoice opens." in desk.get(address).text
    typed = {"amount": "50.00", "method": "check", "reference": "4711", "received_on": "2026-03-13"}
    assert told(desk, submit(desk, address, **typed)).startswith(f"AMT holds $50.00 for {locked.number}.")
    assert told(desk, desk.post(address, typed)) == f"AMT holds the payment for {locked.number}, once."
    assert where(locked) == (0, 5000, 0)
    assert "already, received on Mar 13, 2026" in desk.post(address, typed | {"reference": "4712"}).text

    account = locked.cycle.certification.member.user
    assert account
    for shown in (f"/invoices/{locked.pk}/", "/certifications/"):
        assert "AMT holds your check of $50 of Fri Mar 13. It is applied the day your invoice opens." in (
            client_of(account).get(shown).text
        )
    assert run() == "0 applied ($0.00), 0 left."
    open_it(locked)
    assert "It is applied within a day: do not pay again." in client_of(account).get(f"/invoices/{locked.pk}/").text
    assert run() == "1 applied ($50.00), 0 left."
    assert run() == "0 applied ($0.00), 0 left."
    payment = Payment.objects.get()
    assert (payment.method, payment.reference, payment.received_on) == ("check", "4711", TODAY - DAY)
    assert payment.recorded_by
    assert payment.recorded_by.email == "kim@amt.example"
    assert where(locked) == (5000, 0, 0)
    assert RenewalInvoice.objects.get(pk=locked.pk).status == "paid"
    assert Payment.history.latest().history_user is None
    kept = UnappliedMoney.objects.get()
    assert (kept.resolution, kept.applied_to, kept.resolved_by) == ("applied", locked, None)
    Cycle.objects.update(requirement_met_on=None)
    invoices.keep_openings()
    assert [str(found) for batch in verify(Cycle.objects.all(), VerificationTally()) for found in batch] == []


def test_what_opens_the_invoice_applies_the_check_at_once(
    clerk: User, locked: RenewalInvoice, django_capture_on_commit_callbacks: object
) -> None:
    hold(locked, clerk)
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        open_it(locked)
    assert where(locked) == (5000, 0, 0)


@pytest.mark.parametrize(
    ("opens_in", "applied"), [pytest.param(1, 0, id="tomorrow"), pytest.param(0, 1, id="today"), pytest.param(-1, 1)]
)
def test_it_is_applied_from_the_day_on_which_the_invoice_opens(
    clerk: User, cycle: Cycle, opens_in: int, applied: int
) -> None:
    invoice = invoice_of(cycle)
    held = hold(invoice, clerk)
    Cycle.objects.update(requirement_met_on=TODAY + timedelta(days=opens_in - 1))
    RenewalInvoice.objects.filter(pk=invoice.pk).update(opens_on=TODAY + timedelta(days=opens_in))
    assert holding.apply_waiting(at=noon(TODAY)).number == applied
    assert (held in UnappliedMoney.objects.waiting(TODAY)) is not bool(applied)


def test_it_is_sent_back(desk: Client, clerk: User, locked: RenewalInvoice) -> None:
    held = hold(locked, clerk)
    address = page(UnappliedMoney, "refund", held.pk)
    assert "the portal only notes that you do" in desk.get(address).text
    assert "Say why" in desk.post(address, {"reason": ""}).text
    assert told(desk, submit(desk, address, reason="The member asks.")) == "Sent $50.00 back: The member asks."
    assert told(desk, desk.post(address, {"reason": "The member asks."})) == "The money is sent back, once."
    assert "resolved already" in desk.post(address, {"reason": "Another."}).text
    open_it(locked)
    assert run() == "0 applied ($0.00), 0 left."
    assert where(locked) == (0, 0, 5000)


def test_it_is_moved_to_another_invoice_open_or_not(desk: Client, clerk: User, locked: RenewalInvoice) -> None:
    other = make_cycle(make_member(amt_id="1002"))
    waits, is_open = invoice_of(other), invoice_of(other, year=1)
    held = hold(locked, clerk)
    address = page(UnappliedMoney, "apply", held.pk)
    assert "AMT holds it for" in desk.post(address, {"invoice": locked.number}).text
    assert told(desk, submit(desk, address, invoice=waits.number)).startswith(
        f"AMT holds $50.00 for {waits.number} now"
    )
    assert (where(locked), where(waits)) == ((0, 0, 0), (0, 5000, 0))
    assert told(desk, submit(desk, address, invoice=is_open.number)) == f"Applied $50.00: {is_open.number} is paid."
    assert (
        told(desk, desk.post(address, {"invoice": is_open.number}))
        == f"The money is applied to {is_open.number}, once."
    )
    assert Payment.objects.get().invoice == is_open


@pytest.mark.parametrize(
    ("ends", "why"),
    [
        pytest.param(lambda each: invoices.void(invoice=each, reason="Twice."), "The invoice is void", id="void"),
        pytest.param(
            lambda each: Certification.objects.update(status="lapsed"), "The invoice is held", id="not in force"
        ),
        pytest.param(
            lambda each: Cycle.objects.update(
                ends_on=TODAY - DAY,
                closed_on=TODAY,
                outcome="non-compliant",
                points_at_close=0,
                mandatory_at_close=True,
            ),
            "The invoice is held",
            id="closed",
        ),
    ],
)
def test_money_whose_invoice_does_not_open_any_more_is_to_be_looked_at(
    desk: Client, clerk: User, locked: RenewalInvoice, ends: object, why: str
) -> None:
    held = hold(locked, clerk)
    assert not UnappliedMoney.objects.to_look_at(TODAY).exists()
    assert f"{held.paid_for} of " in desk.get(LOOK).text
    ends(locked)  # type: ignore[operator]
    assert list(UnappliedMoney.objects.to_look_at(TODAY)) == [held]
    assert f"{why}, {locked.number}." in desk.get(LOOK).text
    assert run() == "0 applied ($0.00), 0 left."
    assert where(locked) == (0, 5000, 0)
    account = locked.cycle.certification.member.user
    assert account
    told = client_of(account).get(f"/invoices/{locked.pk}/").text
    assert "AMT holds your check of $50 of Fri Mar 13. AMT will call you or send the money back." in told


def test_what_the_invoice_did_not_take_stays_and_is_named(clerk: User, locked: RenewalInvoice) -> None:
    hold(locked, clerk)
    open_it(locked)
    RenewalInvoice.objects.filter(pk=locked.pk).update(amount=6000)
    assert f"{locked.number} is for $60.00." in run()
    assert where(locked) == (0, 5000, 0)
    assert UnappliedMoney.objects.to_look_at(TODAY + DAY).exists()


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"amount": 4999}, "is for $50.00"),
        ({"received_on": TODAY + DAY}, "in the future"),
        ({"received_on": TODAY - timedelta(days=3000)}, "is too early for an invoice"),
    ],
)
def test_what_is_not_right_is_not_held(
    clerk: User, locked: RenewalInvoice, changes: dict[str, object], says: str
) -> None:
    with pytest.raises(Refused, match=says.replace("$", r"\$")):
        hold(locked, clerk, **changes)
    assert not UnappliedMoney.objects.exists()


@pytest.mark.usefixtures("provider")
def test_nobody_pays_online_what_amt_holds_a_check_for(clerk: User, locked: RenewalInvoice) -> None:
    hold(locked, clerk, method="money-order")
    open_it(locked)
    invoice = with_processing(RenewalInvoice.objects).select_related("cycle__certification").get(pk=locked.pk)
    assert "AMT holds your money order of $50 of Fri Mar 13." in why_not_payable(invoice, noon(TODAY))
    with pytest.raises(Refused, match="AMT holds"):
        hold(invoice, clerk, reference="4712")


def bring(*rows: str) -> CaughtUpPaymentsResource:
    from amtportal.imports import csv_files

    resource = CaughtUpPaymentsResource(at=noon(TODAY))
    content = "\n".join(["invoice,amount,method,reference,received_on", *rows]).encode()
    resource.import_data(csv_files.read_csv(content), file_name="checks.csv")
    return resource


def test_a_file_holds_what_came_too_early_and_a_repeat_changes_nothing(clerk: User, locked: RenewalInvoice) -> None:
    row = f"{locked.number},50.00,check,88,2026-03-13"
    assert (bring(row).problems, where(locked)) == ([], (0, 5000, 0))
    again = bring(row)
    assert ([entry.is_new for entry in again.entries], where(locked)) == ([False], (0, 5000, 0))
    assert "AMT holds $50.00" in str(bring(row.replace("88", "89")).problems[0])
    open_it(locked)
    assert run() == "1 applied ($50.00), 0 left."
    again = bring(row)
    assert ([entry.is_new for entry in again.entries], where(locked)) == ([False], (5000, 0, 0))
    assert (Payment.objects.get().recorded_by, Payment.objects.get().file_name) == (None, "checks.csv")


def test_a_row_that_was_sent_back_stays_so(clerk: User, locked: RenewalInvoice) -> None:
    row = f"{locked.number},50.00,check,88,2026-03-13"
    bring(row)
    holding.send_back(money=UnappliedMoney.objects.get(), reason="Asked.", by=clerk, at=noon(TODAY))
    assert "it was refunded since" in str(bring(row).reversed_since[0])
    assert where(locked) == (0, 0, 5000)


def test_the_desk_counts_only_what_staff_have_to_look_at(desk: Client, clerk: User) -> None:
    cycle = make_cycle(make_member(amt_id="1003"))
    hold(invoice_of(cycle), clerk)
    assert "unapplied money" not in desk.get("/admin/").text
    member = cycle.certification.member
    assert "AMT holds your check" in desk.get(f"/admin/members/member/{member.pk}/money/").text
