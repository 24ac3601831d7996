"""Paying an invoice online, from the press of the button to the receipt, against the local provider."""

from dataclasses import replace
from datetime import date, timedelta
from io import BytesIO
from typing import Any

import pytest
from django.conf import settings
from django.core import mail
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pypdf import PdfReader
from time_machine import TimeMachineFixture

from amtportal.history import comparison
from amtportal.members.models import Member, User
from amtportal.refusals import Refused
from ccp.recording import verbs as recording
from certifications import invoices, life
from certifications.models import Payment, RenewalInvoice
from certifications.payments import checkout as checkouts
from certifications.payments import provider as adapter
from certifications.payments import resolving
from certifications.payments.models import Checkout, UnappliedMoney
from tests.support.builders import (
    TODAY,
    client_of,
    cycle_of,
    invoice_of,
    make_payment,
    make_user,
    noon,
)
from tests.support.mail import words_of
from tests.support.pages import certification_figures, read, words
from tests.support.payment_provider import Provider

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_today")]

WEBHOOK = "/payments/webhook/"
HOUR = timedelta(hours=1)


@pytest.fixture
def invoice(met: Member) -> RenewalInvoice:
    """Year 3 of RMA, which is open: 30 points were on record yesterday."""
    return invoice_of(cycle_of(met))


@pytest.fixture
def member(met: Member) -> Client:
    """Return the browser of the member who owes the invoice."""
    return client_of(met)


def press(member: Client, invoice: RenewalInvoice) -> HttpResponse:
    return member.post(f"/invoices/{invoice.pk}/pay/")


def begin(member: Client, invoice: RenewalInvoice) -> Checkout:
    """Press Pay, and return the checkout of the provider's page to which that leads."""
    answer = press(member, invoice)
    found = Checkout.objects.latest("pk")
    assert (answer.status_code, answer.headers["Location"]) == (303, adapter.session(found.session_id).url)
    return found


def come_back(member: Client, found: Checkout) -> str:
    """Return what the invoice says after the way back from the provider's page."""
    answer = member.get(f"/payments/return/{found.idempotency_key}/")
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/invoices/{found.invoice_id}/")
    return words(read(member.get(answer.headers["Location"])).main)


def shown(member: Client) -> str:
    [figures] = certification_figures(member).values()
    return figures["invoice-status"]


def state_of(found: Checkout) -> str:
    return Checkout.objects.get(pk=found.pk).status


def printed(response: HttpResponse) -> str:
    return " ".join(" ".join(page.extract_text().split()) for page in PdfReader(BytesIO(response.content)).pages)


def test_pay_and_land_on_paid(provider: Provider, member: Client, met: Member, invoice: RenewalInvoice) -> None:
    found = begin(member, invoice)
    assert (found.status, found.amount, found.opened_by) == ("open", 5000, met.user)
    assert found.expires_at == noon(TODAY) + HOUR
    provider.pay(found.session_id)
    said = come_back(member, found)
    assert f"Paid. Receipt sent to {met.user.email}. Your next CCP cycle opens on May 1, 2026, once" in said
    assert "$50.00 by card online, ending in 4242, received Mar 14, 2026" in said
    payment = Payment.objects.get()
    assert (payment.amount, payment.method, payment.recorded_by) == (5000, "card-online", None)
    assert payment.charge_id == provider.charge_of(found.session_id)
    found.refresh_from_db()
    assert (found.status, found.payment, found.method) == ("paid", payment, "card")
    assert shown(member) == "paid"


def test_the_receipt_says_what_was_paid_for_and_how(
    provider: Provider, member: Client, invoice: RenewalInvoice
) -> None:
    found = begin(member, invoice)
    provider.pay(found.session_id)
    come_back(member, found)
    [receipt] = mail.outbox
    assert receipt.subject == f"Receipt for {invoice.number}: $50.00"
    assert "$50.00, card online, ending in 4242" in words_of(receipt)
    assert "Year 3 of the CCP cycle May 1, 2023 to Apr 30, 2026" in words_of(receipt)
    assert f"http://localhost:8000/invoices/{invoice.pk}/" in words_of(receipt)
    pdf = printed(member.get(f"/invoices/{invoice.pk}.pdf"))
    assert "$50.00 by card online, ending in 4242, received Mar 14, 2026" in pdf
    assert "year 3 of the CCP cycle" in pdf


def test_every_change_has_its_line(provider: Provider, member: Client, met: Member, invoice: RenewalInvoice) -> None:
    """The member begins, and the rest is what the provider says."""
    found = begin(member, invoice)
    provider.pay(found.session_id)
    come_back(member, found)
    lines = found.history.order_by("history_id").values_list("status", "history_user", "history_date")
    assert list(lines) == [
        ("opening", met.user.pk, noon(TODAY)),
        ("open", None, noon(TODAY)),
        ("paid", None, noon(TODAY)),
    ]
    payment = Payment.objects.get()
    for row in (payment, found.invoice):
        assert row.history.latest("history_id").history_user is None
    tally = comparison.ComparisonTally()
    assert list(comparison.compare(tally)) == []
    assert {Checkout, Payment} <= set(comparison.tracked_models())


def test_a_payment_is_received_on_the_day_in_chicago_on_which_the_card_paid(
    provider: Provider, member: Client, invoice: RenewalInvoice, on_today: TimeMachineFixture
) -> None:
    """Half an hour before midnight, when it is the next day in Greenwich; the portal hears of it after midnight."""
    late = noon(TODAY) + timedelta(hours=11, minutes=30)
    on_today.move_to(late)
    member = client_of(invoice.cycle.certification.member)
    found = begin(member, invoice)
    provider.pay(found.session_id)
    on_today.move_to(late + timedelta(minutes=45))
    assert checkouts.settle(at=late + timedelta(minutes=45)) == (1, [])
    assert Payment.objects.get().received_on == TODAY


def test_a_second_press_leads_to_the_same_page(provider: Provider, member: Client, invoice: RenewalInvoice) -> None:
    first, second = press(member, invoice), press(member, invoice)
    assert first.headers["Location"] == second.headers["Location"]
    assert Checkout.objects.count() == 1
    assert provider.calls.count(("POST", "/v1/checkout/sessions")) == 1


def test_the_way_back_again_and_again_changes_nothing_more(
    provider: Provider, member: Client, invoice: RenewalInvoice
) -> None:
    found = begin(member, invoice)
    provider.pay(found.session_id)
    for _ in range(3):
        come_back(member, found)
    assert (Payment.objects.count(), len(mail.outbox), found.history.count()) == (1, 1, 3)


@pytest.mark.parametrize(
    ("year", "paid", "sentence"),
    [
        (1, [1], "The next renewal invoice of this certification is due on May 1, 2025."),
        (2, [1, 2], "The next renewal invoice of this certification is due on May 1, 2026."),
        (3, [1, 2, 3], "Your next CCP cycle opens on May 1, 2026."),
        (3, [3], "Your next CCP cycle opens on May 1, 2026, once the other invoices of this cycle are paid."),
    ],
)
def test_a_paid_invoice_says_what_follows(met: Member, year: int, paid: list[int], sentence: str) -> None:
    for each in paid:
        make_payment(invoice_of(cycle_of(met), each))
    said = words(read(client_of(met).get(f"/invoices/{invoice_of(cycle_of(met), year).pk}/")).main)
    assert f"This invoice is paid. Nothing more is due. {sentence}" in said


# Who may pay what


def locked(invoice: RenewalInvoice) -> None:
    RenewalInvoice.objects.filter(pk=invoice.pk).update(year=3)
    invoice.cycle.requirement_met_on = None
    invoice.cycle.save()


def upcoming(invoice: RenewalInvoice) -> None:
    RenewalInvoice.objects.filter(pk=invoice.pk).update(due_on=TODAY + timedelta(days=61))


def held(invoice: RenewalInvoice) -> None:
    life.change_status(
        certification=invoice.cycle.certification, to="retired", reason="By mail.", by=make_user(), at=noon(TODAY)
    )


@pytest.mark.parametrize(
    ("arrange", "sentence"),
    [
        pytest.param(locked, "is locked until the day after your CCP requirement is met.", id="locked"),
        pytest.param(upcoming, "cannot be paid before it opens on Mar 15, 2026.", id="upcoming"),
        pytest.param(held, "is locked and cannot be paid. Call AMT if you have a question.", id="held"),
        pytest.param(lambda each: make_payment(each), "is already paid. Nothing more is due.", id="paid"),
        pytest.param(lambda each: invoices.void(invoice=each, reason="Twice."), "is void: there is", id="void"),
    ],
)
def test_only_an_open_invoice_is_paid_and_nothing_is_asked_of_the_provider(
    provider: Provider, member: Client, invoice: RenewalInvoice, arrange: Any, sentence: str
) -> None:
    arrange(invoice)
    said = words(read(press(member, invoice), status=403).main)
    assert sentence in said
    assert "Nothing was charged." in said
    assert (provider.calls, Checkout.objects.count()) == ([], 0)
    assert "Pay $50" not in words(read(member.get(f"/invoices/{invoice.pk}/")).main)


def test_nobody_pays_what_is_not_theirs(
    provider: Provider, invoice: RenewalInvoice, stranger: Member, staff: User
) -> None:
    address = f"/invoices/{invoice.pk}/pay/"
    assert client_of(stranger).post(address).status_code == 404
    for somebody, leads_to in ((staff, "/"), (None, f"/accounts/login/?next={address}")):
        answer = client_of(somebody).post(address)
        assert (answer.status_code, answer.headers["Location"]) == (302, leads_to)
    assert (provider.calls, Checkout.objects.count()) == ([], 0)
    assert "Pay $50" not in words(read(client_of(staff).get(f"/invoices/{invoice.pk}/")).main)


def test_nobody_comes_back_for_somebody_else(
    provider: Provider, member: Client, invoice: RenewalInvoice, stranger: Member
) -> None:
    found = begin(member, invoice)
    assert client_of(stranger).get(f"/payments/return/{found.idempotency_key}/").status_code == 404


def test_after_a_sign_in_the_address_leads_to_the_invoice(member: Client, invoice: RenewalInvoice) -> None:
    assert member.get(f"/invoices/{invoice.pk}/pay/").headers["Location"] == f"/invoices/{invoice.pk}/"


def test_where_nobody_pays_online_there_is_no_button(member: Client, invoice: RenewalInvoice) -> None:
    """Without a key, the portal is as it was before: by check, or by phone."""
    for address in ("/", "/certifications/", f"/invoices/{invoice.pk}/"):
        answer = member.get(address)
        assert "/pay/" not in answer.text
        assert "form-action 'self'" in answer.headers["Content-Security-Policy"].split("; ")
    assert "cannot be paid online now. Pay it by check" in words(read(press(member, invoice), status=403).main)
    assert Client().post(WEBHOOK).status_code == 404


def test_cycles_that_are_due_are_closed_before_it_is_decided(
    provider: Provider, grace: Member, on_today: TimeMachineFixture
) -> None:
    """MLT 2/23/2023 to 2/22/2026 with 42 of 45 points; the grace period ends on 5/23/2026.

    On that day year 2 can still be paid. On the next day the cycle is closed and the invoice is
    held, although no page was opened and no command has run.
    """
    owed = invoice_of(cycle_of(grace, "MLT"), 2)
    on_today.move_to(noon(date(2026, 5, 23)))
    browser = client_of(grace)
    found = begin(browser, owed)
    provider.pay(found.session_id)
    on_today.move_to(noon(date(2026, 5, 24)))
    browser = client_of(grace)
    come_back(browser, found)
    assert UnappliedMoney.objects.get().cause == "held"
    assert press(browser, invoice_of(cycle_of(grace, "MLT"), 1)).status_code == 403


# What can happen on the provider's page


def test_the_window_is_closed_and_no_message_ever_comes(
    provider: Provider, member: Client, invoice: RenewalInvoice
) -> None:
    found = begin(member, invoice)
    provider.pay(found.session_id)
    assert checkouts.settle(at=noon(TODAY)) == (1, [])
    assert (state_of(found), len(mail.outbox)) == ("paid", 1)
    assert checkouts.settle(at=noon(TODAY)) == (0, [])


def test_a_card_is_declined_and_another_one_is_not(provider: Provider, member: Client, invoice: RenewalInvoice) -> None:
    found = begin(member, invoice)
    provider.pay(found.session_id, "decline")
    said = come_back(member, found)
    assert "Nothing was paid yet. Until Mar 14, 2026, 1:00 PM, the button leads you back to the same page." in said
    assert (state_of(found), shown(member)) == ("open", "open")
    assert begin(member, invoice) == found
    provider.pay(found.session_id)
    assert "Paid. Receipt sent to" in come_back(member, found)


def test_a_bank_asks_first_and_then_the_card_pays(provider: Provider, member: Client, invoice: RenewalInvoice) -> None:
    """3-D Secure."""
    found = begin(member, invoice)
    provider.pay(found.session_id, "challenge")
    assert "Nothing was paid yet." in come_back(member, found)
    provider.pay(found.session_id)
    assert "Paid. Receipt sent to" in come_back(member, found)


@pytest.mark.parametrize("way", ["bank", "bank_fails"])
def test_a_bank_debit_is_decided_a_day_later(
    provider: Provider,
    member: Client,
    invoice: RenewalInvoice,
    settings: Any,
    on_today: TimeMachineFixture,
    way: str,
) -> None:
    settings.PAYMENT_BANK_DEBIT = True
    found = begin(member, invoice)
    provider.pay(found.session_id, way)
    assert "Your bank has some days to confirm the payment." in come_back(member, found)
    assert (state_of(found), shown(member)) == ("processing", "processing")
    page = words(read(member.get(f"/invoices/{invoice.pk}/")).main)
    assert "Processing: you paid on Mar 14, 2026, and your bank needs some days to confirm it." in page
    assert "There is nothing to pay now" in page
    assert "paid, waits for your bank" in words(read(member.get("/")).main)
    assert "your bank needs some days" in words(read(press(member, invoice), status=403).main)

    tomorrow = noon(TODAY + timedelta(days=1))
    on_today.move_to(tomorrow)
    provider.account.advance_debits()
    assert checkouts.settle(at=tomorrow) == (1, [])
    if way == "bank":
        payment = Payment.objects.get()
        assert (payment.method, payment.last4) == ("bank-online", "6789")
        assert payment.received_on == TODAY + timedelta(days=1)
        assert "bank debit online, ending in 6789" in words_of(mail.outbox[0])
        return
    found.refresh_from_db()
    member.force_login(found.opened_by)  # a session does not last that long
    assert (found.status, found.failure) == ("failed", "The bank account has insufficient funds.")
    assert (Payment.objects.count(), shown(member)) == (0, "open")
    assert "The payment did not go through, and nothing was paid." in come_back(member, found)
    [told] = mail.outbox
    assert (told.to, told.subject) == ([found.opened_by.email], f"Your bank did not pay {invoice.number}")
    assert f"did not confirm your online payment of $50.00 for {invoice.number}, so nothing was paid" in words_of(told)
    assert begin(member, invoice) != found


def test_a_page_is_closed_after_an_hour_and_another_one_is_opened(
    provider: Provider, member: Client, invoice: RenewalInvoice, on_today: TimeMachineFixture
) -> None:
    first = begin(member, invoice)
    on_today.move_to(noon(TODAY) + HOUR)
    provider.account.expire_what_is_over()
    assert "The time to pay was over, and nothing was paid." in come_back(member, first)
    assert state_of(first) == "expired"
    assert begin(member, invoice) != first


# Money that no invoice can take


@pytest.mark.parametrize(
    ("says", "cause"),
    [
        pytest.param({"amount": 4999}, "amount", id="a cent short"),
        pytest.param({"amount": 5001}, "amount", id="a cent too much"),
        pytest.param({"currency": "eur"}, "currency", id="euros"),
        pytest.param({"livemode": True}, "mode", id="the other mode"),
    ],
)
def test_other_money_pays_nothing_and_is_kept_once(
    provider: Provider, member: Client, invoice: RenewalInvoice, says: dict[str, Any], cause: str
) -> None:
    found = begin(member, invoice)
    provider.pay(found.session_id)
    provider.say(**says)
    for _ in range(2):
        assert "this invoice could not take it. AMT has been told" in come_back(member, found)
    assert checkouts.settle(at=noon(TODAY)) == (0, [])
    kept = UnappliedMoney.objects.get()
    assert (kept.cause, kept.checkout, kept.amount) == (cause, found, says.get("amount", 5000))
    assert kept.charge_id == provider.charge_of(found.session_id)
    assert (state_of(found), shown(member), Payment.objects.count(), mail.outbox) == ("failed", "open", 0, [])


def test_nobody_pays_again_while_money_for_the_invoice_is_kept(
    provider: Provider, member: Client, invoice: RenewalInvoice
) -> None:
    """Staff may still record a check. Once they have resolved the money, the member can pay again."""
    found = begin(member, invoice)
    provider.pay(found.session_id)
    provider.say(amount=4999)
    come_back(member, found)
    again = f"The provider took your payment for {invoice.number}, but the invoice could not take it."
    for address in (f"/invoices/{invoice.pk}/", "/", "/certifications/"):
        said = member.get(address).text
        assert f"/invoices/{invoice.pk}/pay/" not in said
        assert again in said or address == "/"
        assert f"Pay {invoice.number}" not in said
    assert checkouts.why_not_payable(invoice, noon(TODAY)).startswith(again)
    refused = press(member, invoice)
    assert refused.status_code == 403
    assert f"{again} AMT has been told and will call you or send the money back. Do not pay again." in refused.text
    invoices.check_takes(invoice, amount=invoice.amount, on=TODAY, although_held=False)
    kept, clerk = UnappliedMoney.objects.get(), make_user(is_staff=True)
    resolving.explain(money=kept, explanation="Sent back by check.", by=clerk, at=noon(TODAY))
    assert f"/invoices/{invoice.pk}/pay/" in member.get(f"/invoices/{invoice.pk}/").text
    assert press(member, invoice).status_code == 303


@pytest.mark.parametrize(
    ("arrange", "cause"),
    [
        pytest.param(lambda each: make_payment(each), "paid", id="paid by check"),
        pytest.param(lambda each: invoices.void(invoice=each, reason="Twice."), "void", id="void"),
        pytest.param(held, "held", id="held"),
        pytest.param(locked, "locked", id="locked"),
    ],
)
def test_money_for_an_invoice_that_changed_is_kept(
    provider: Provider, member: Client, invoice: RenewalInvoice, arrange: Any, cause: str
) -> None:
    found = begin(member, invoice)
    arrange(invoice)
    provider.pay(found.session_id)
    come_back(member, found)
    assert UnappliedMoney.objects.get().cause == cause
    assert not Payment.objects.exclude(charge_id=None).exists()


def test_late_money_is_taken_if_the_invoice_can_take_it(
    provider: Provider, member: Client, invoice: RenewalInvoice, on_today: TimeMachineFixture
) -> None:
    """The first checkout counts as over, and its money comes when a second page is open already."""
    first = begin(member, invoice)
    provider.pay(first.session_id)
    Checkout.objects.update(status="expired", finished_at=noon(TODAY))
    second = Checkout.objects.create(
        invoice=invoice,
        amount=5000,
        idempotency_key="6f1e0f57-6b1f-4d0a-9c39-0c6e7d1c8a11",
        opened_at=noon(TODAY),
        opened_by=first.opened_by,
        expires_at=noon(TODAY) + HOUR,
    )
    assert "Paid. Receipt sent to" in come_back(member, first)
    on_today.shift(120)
    assert checkouts.settle(at=noon(TODAY) + timedelta(minutes=2)) == (1, [])
    assert (state_of(first), state_of(second), Payment.objects.count()) == ("paid", "expired", 1)


# The provider is away


@pytest.mark.parametrize("fault", [{"kind": "away"}, {"kind": "500"}, {"kind": "slow", "seconds": 1}, {"kind": "lost"}])
def test_while_the_provider_is_away_a_page_says_so_and_nothing_is_half(
    provider: Provider, member: Client, invoice: RenewalInvoice, settings: Any, fault: dict[str, Any]
) -> None:
    settings.PAYMENT_TIMEOUT_SECONDS = 0.2
    provider.fault(**fault)
    answer = press(member, invoice)
    said = words(read(answer, status=503).main)
    assert "Our payment provider does not answer" in said
    assert "Nothing was charged. Wait a minute and try again." in said
    assert "You can also pay by check or money order, or by card at 847-823-5169" in said
    assert answer.headers["Retry-After"] == "60"
    assert Checkout.objects.get().status == "opening"
    assert shown(member) == "open"
    provider.clear_faults()
    settings.PAYMENT_TIMEOUT_SECONDS = 10
    found = begin(member, invoice)
    assert Checkout.objects.count() == 1
    pages = provider.account.book.all("checkout.session")
    assert len([page for page in pages if page["client_reference_id"] == str(found.idempotency_key)]) == 1


def test_on_the_way_back_too_and_nothing_is_lost(
    provider: Provider, member: Client, invoice: RenewalInvoice, settings: Any
) -> None:
    found = begin(member, invoice)
    provider.pay(found.session_id)
    provider.fault("away")
    said = words(read(member.get(f"/payments/return/{found.idempotency_key}/"), status=503).main)
    assert "If you have paid, your money is safe. The portal asks the provider every few minutes" in said
    asked, [sentence] = checkouts.settle(at=noon(TODAY))
    assert (asked, "the payment provider does not answer" in sentence) == (0, True)
    provider.clear_faults()
    assert checkouts.settle(at=noon(TODAY)) == (1, [])
    assert state_of(found) == "paid"


def test_what_a_crash_leaves_halfway_is_finished(
    provider: Provider, member: Client, invoice: RenewalInvoice, on_today: TimeMachineFixture
) -> None:
    """The provider opened its page, and the portal never heard of it."""
    provider.fault("lost", times=2)
    press(member, invoice)
    found = Checkout.objects.get()
    assert checkouts.settle(at=noon(TODAY)) == (0, [])  # the member may wait for the answer just now
    on_today.shift(120)
    assert checkouts.settle(at=noon(TODAY) + timedelta(minutes=2)) == (1, [])
    assert state_of(found) == "open"
    assert found.session_id == "" != Checkout.objects.get().session_id


def test_a_debit_that_the_provider_no_longer_knows_ends_after_30_days(
    provider: Provider, member: Client, invoice: RenewalInvoice, settings: Any
) -> None:
    """The key is now one of another account. The invoice can then be paid again."""
    settings.PAYMENT_BANK_DEBIT = True
    found = begin(member, invoice)
    provider.pay(found.session_id, "bank")
    come_back(member, found)
    provider.reset()
    for days, status in ((29, "processing"), (30, "failed")):
        asked, left = checkouts.settle(at=noon(TODAY + timedelta(days=days)))
        assert (asked, len(left), state_of(found)) == (0, 1, status)
    assert Checkout.objects.get().failure == (
        "The provider does not know its page any more, 30 days after the payment began."
    )
    assert checkouts.settle(at=noon(TODAY + timedelta(days=31))) == (0, [])


def test_a_page_that_the_provider_refuses_was_never_open(
    provider: Provider, member: Client, invoice: RenewalInvoice, settings: Any
) -> None:
    settings.PAYMENT_SECRET_KEY = "sk_test_somebody_else"
    assert press(member, invoice).status_code == 503
    assert Checkout.objects.get().status == "failed"


@pytest.mark.parametrize("who", ["the member", "settle_payments"])
def test_an_answer_that_the_provider_keeps_stops_nobody_for_longer_than_its_page(
    provider: Provider, member: Client, invoice: RenewalInvoice, on_today: TimeMachineFixture, who: str
) -> None:
    """The provider repeats with a key what it answered first, for a day, even that something went wrong."""
    provider.fault("500")
    press(member, invoice)
    first = Checkout.objects.get()
    provider.clear_faults()
    provider.account.book.rows("insert into answers values (?, 'other words', 500, '{}')", str(first.idempotency_key))
    on_today.shift(31 * 60)
    calls = len(provider.calls)
    if who == "settle_payments":
        assert checkouts.settle(at=noon(TODAY) + timedelta(minutes=31)) == (1, [])
        assert (state_of(first), len(provider.calls)) == ("expired", calls)
    assert begin(member, invoice) != first
    assert state_of(first) == "expired"
    assert Checkout.objects.unfinished().count() == 1


def test_a_page_that_the_provider_does_not_know_any_more_stops_nobody(
    provider: Provider, member: Client, invoice: RenewalInvoice, on_today: TimeMachineFixture
) -> None:
    """The key was one of another account, such as a test key before the portal went live."""
    first = begin(member, invoice)
    provider.account.book.forget()
    assert press(member, invoice).status_code == 503, "it may be paid for an hour"
    assert state_of(first) == "open"
    on_today.shift(3600)
    assert begin(member, invoice) != first
    first.refresh_from_db()
    assert (first.status, first.failure[:7]) == ("expired", "No such")


def test_a_wrong_key_ends_no_checkout_that_may_be_paid(
    provider: Provider, member: Client, invoice: RenewalInvoice, settings: Any
) -> None:
    found = begin(member, invoice)
    settings.PAYMENT_SECRET_KEY = "sk_test_somebody_else"
    assert checkouts.settle(at=noon(TODAY) + HOUR)[0] == 0
    assert state_of(found) == "open"


@pytest.mark.parametrize("arrange", [held, locked])
def test_a_page_of_an_invoice_that_cannot_be_paid_any_more_is_closed(
    provider: Provider, member: Client, invoice: RenewalInvoice, arrange: Any
) -> None:
    """Whatever staff did, and although the provider did not answer then."""
    found = begin(member, invoice)
    provider.fault("away")
    arrange(invoice)
    provider.clear_faults()
    assert checkouts.settle(at=noon(TODAY)) == (1, [])
    assert (state_of(found), adapter.session(found.session_id).status) == ("expired", "expired")


def test_an_address_that_the_provider_does_not_take_is_typed_there(
    provider: Provider, member: Client, met: Member, invoice: RenewalInvoice
) -> None:
    User.objects.filter(pk=met.user.pk).update(email="ana@peña.example")
    found = begin(member, invoice)
    provider.pay(found.session_id)
    assert "Paid. Receipt sent to ana@peña.example." in come_back(member, found)


def test_a_second_charge_of_a_checkout_that_is_paid_is_kept(
    provider: Provider, member: Client, invoice: RenewalInvoice
) -> None:
    found = begin(member, invoice)
    provider.pay(found.session_id)
    come_back(member, found)
    session = adapter.session(found.session_id)
    again = replace(session, charge=replace(session.charge, id="ch_again"))
    for _ in range(2):
        checkouts.apply_session(again, at=noon(TODAY))
    assert UnappliedMoney.objects.get().charge_id == "ch_again"
    assert (state_of(found), Payment.objects.count()) == ("paid", 1)


# A checkout that is not finished counts like a payment


def withdraw(member: Member) -> None:
    recording.withdraw(activity=member.activities.get(), by=member.user, at=noon(TODAY))


def test_a_member_who_has_begun_to_pay_cannot_lock_the_invoice_again(
    provider: Provider, member: Client, met: Member, invoice: RenewalInvoice, on_today: TimeMachineFixture
) -> None:
    found = begin(member, invoice)
    with pytest.raises(Refused) as refused:
        withdraw(met)
    assert "you have begun to pay its renewal invoice" in refused.value.sentence
    assert "try again after Mar 14, 2026, 1:00 PM, when the payment page closes" in refused.value.sentence
    answer = member.post(f"/ccp/activities/{met.activities.get().pk}/withdraw/", {"revision": "1"})
    assert "you have begun to pay" in answer.text
    on_today.move_to(noon(TODAY) + HOUR)
    with pytest.raises(Refused, match="AMT is about to learn what came of it"):
        recording.withdraw(activity=met.activities.get(), by=met.user, at=noon(TODAY) + HOUR)
    provider.account.expire_what_is_over()
    checkouts.settle(at=noon(TODAY) + HOUR)
    assert state_of(found) == "expired"
    withdraw(met)
    assert not met.activities.get().is_standing


def test_nor_while_the_bank_decides(
    provider: Provider, member: Client, met: Member, invoice: RenewalInvoice, settings: Any
) -> None:
    settings.PAYMENT_BANK_DEBIT = True
    found = begin(member, invoice)
    provider.pay(found.session_id, "bank")
    come_back(member, found)
    with pytest.raises(Refused, match="your bank is about to pay its renewal invoice"):
        withdraw(met)


def test_a_page_that_nobody_was_shown_stops_nobody_for_longer_than_an_hour(
    provider: Provider, member: Client, met: Member, invoice: RenewalInvoice
) -> None:
    provider.fault("away")
    press(member, invoice)
    with pytest.raises(Refused):
        withdraw(met)
    Checkout.objects.update(expires_at=noon(TODAY))
    withdraw(met)


# What members read


def test_the_pay_button_stands_on_home_my_certifications_the_list_and_the_invoice(
    provider: Provider, member: Client, invoice: RenewalInvoice
) -> None:
    """One press on each leads to the provider's page: on Home for the fee that has been due longest.

    Only these pages may lead there.
    """
    pages = {"/": invoice_of(invoice.cycle, 1)}
    for address in ("/", "/certifications/", "/invoices/", f"/invoices/{invoice.pk}/"):
        answer, paid = member.get(address), pages.get(address, invoice)
        [form] = read(answer).select(f'main form[method=post][action="/invoices/{paid.pk}/pay/"]')
        assert words(form) == f"Pay $50 for {paid.number} By card or wallet, on our payment provider’s page."
        assert f"form-action 'self' {provider.address}" in answer.headers["Content-Security-Policy"].split("; ")
    for address in ("/ccp/activities/", f"/invoices/{invoice_of(invoice.cycle, 1).pk}.pdf"):
        assert provider.address not in member.get(address).headers["Content-Security-Policy"]
    assert "Pay by check or phone" in words(
        read(member.get(f"/invoices/{invoice.pk}/")).select_one("main details.help")
    )


def test_no_page_has_a_field_for_a_card_or_a_script_of_the_provider(
    provider: Provider, member: Client, invoice: RenewalInvoice
) -> None:
    provider.fault("away", times=2)
    pages = [press(member, invoice).text]
    found = begin(member, invoice)
    pages += [member.get(address).text for address in ("/", "/certifications/", f"/invoices/{invoice.pk}/")]
    provider.pay(found.session_id)
    come_back(member, found)
    pages.append(member.get(f"/invoices/{invoice.pk}/").text)
    for page in pages:
        lowered = page.lower()
        assert not [word for word in ("stripe", "cc-number", "cc-csc", "cardnumber", "<iframe") if word in lowered]
        assert not [script for script in lowered.split("<script")[1:] if 'src="http' in script.split(">")[0]]


def test_it_is_whole_in_spanish(provider: Provider, member: Client, invoice: RenewalInvoice) -> None:
    member.cookies[settings.LANGUAGE_COOKIE_NAME] = "es"
    found = begin(member, invoice)
    assert found.language == "es"
    assert provider.session_of(found.idempotency_key)["locale"] == "es"
    provider.pay(found.session_id)
    assert "Paid" not in come_back(member, found)
    assert "Pagad" in words_of(mail.outbox[0])
    assert "Thank you" not in words_of(mail.outbox[0])


def test_invoice_pages_take_at_most_ten_queries(
    provider: Provider, member: Client, invoice: RenewalInvoice, settings: Any
) -> None:
    settings.PAYMENT_BANK_DEBIT = True
    taken = {}

    def count(when: str) -> None:
        for address in ("/", "/certifications/", "/invoices/", f"/invoices/{invoice.pk}/"):
            with CaptureQueriesContext(connection) as captured:
                member.get(address)
            taken[when, address] = len(captured)

    count("open")
    found = begin(member, invoice)
    count("begun")
    provider.pay(found.session_id, "bank")
    come_back(member, found)
    count("processing")
    provider.account.advance_debits()
    come_back(member, found)
    count("paid")
    assert {case: number for case, number in taken.items() if number > 10} == {}
