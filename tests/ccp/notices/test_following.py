"""Receipts are on record like other notices, and a merge carries what a member was told along."""

from datetime import timedelta

import pytest

from amtportal.members.models import Member, OutgoingMail
from ccp import merging
from ccp.notices.models import Notice, NoticeKind, NoticeMail, Preference
from certifications import invoices
from certifications.models import Payment
from certifications.payments import receipts
from certifications.payments.models.checkouts import CheckoutStatus
from tests.support.builders import TODAY, begin_checkout, cycle_of, invoice_of, make_member, make_user, noon
from tests.support.notices import make_mail

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_today")]
DAY = timedelta(days=1)


def test_a_receipt_is_on_record_with_its_text(met: Member) -> None:
    invoice = invoice_of(cycle_of(met))
    checkout = begin_checkout(invoice, language="en")
    payment = invoices.record_online_payment(
        invoice=invoice,
        method=Payment.Method.CARD_ONLINE,
        charge_id="ch_1",
        last4="4242",
        received_on=TODAY,
        at=noon(TODAY),
    )
    checkout.status, checkout.payment = CheckoutStatus.PAID, payment
    receipts.send(payment, checkout)
    (notice,) = Notice.objects.filter(member=met)
    assert (notice.kind, notice.subject, notice.anchor_on) == ("payment-received", f"payment-{payment.pk}", TODAY)
    assert notice.mail
    assert (notice.mail.at_once, notice.mail.state, notice.mail.language) == (True, "sent", "en")
    assert notice.mail.subject.startswith("Receipt for INV-")
    assert "Thank you." in notice.mail.text
    assert OutgoingMail.objects.count() == 1


def test_a_refused_debit_is_on_record(met: Member) -> None:
    checkout = begin_checkout(invoice_of(cycle_of(met)), language="es")
    receipts.send_failure(checkout)
    (notice,) = Notice.objects.filter(member=met)
    assert (notice.kind, notice.subject) == ("payment-failed", f"checkout-{checkout.pk}")
    assert notice.mail
    assert notice.mail.language == "es"


def test_a_merge_carries_along_what_the_other_was_told() -> None:
    kept, emptied = make_member(), make_member()
    both = [make_mail(member, NoticeKind.MONTHLY_SUMMARY) for member in (kept, emptied)]
    alone = make_mail(emptied, NoticeKind.GRACE, on=TODAY - DAY)
    choice = Preference.objects.create(member=emptied, language="es")
    merging.merge(kept=kept, emptied=emptied, reason="One person.", by=make_user(is_staff=True), at=noon(TODAY))
    assert set(NoticeMail.objects.filter(member=kept)) == {*both, alone}
    assert NoticeMail.objects.get(pk=both[1].pk).at_once
    assert not NoticeMail.objects.get(pk=alone.pk).at_once
    assert list(Notice.objects.filter(member=kept).order_by("kind").values_list("kind", flat=True)) == [
        "grace",
        "monthly-summary",
    ]
    choice.refresh_from_db()
    assert choice.member == kept
    assert choice.history.count() == 2
