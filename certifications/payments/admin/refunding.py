"""The page on which staff give a refund, of a payment or of unapplied money."""

from django.http import HttpRequest
from django.utils import timezone

from amtportal.members.access import account_of
from amtportal.refusals import Refused
from amtportal.staff.actions import ActionPage, AlreadyDone
from amtportal.staff.forms import ReadBy, ReasonForm
from certifications.payments import refunds
from certifications.payments.amounts import money as in_words
from certifications.payments.models import Refund


def refund_page(request: HttpRequest, money: refunds.Money, facts: list[tuple[str, object]]) -> ActionPage:
    """Return the page that says what a refund means, asks for the reason, and gives it."""
    return ActionPage(
        title="Refund what was paid online",
        button="Refund",
        form=ReasonForm(request.POST or None, read_by=ReadBy.MEMBER_ON_REQUEST, help_text="For example: paid twice."),
        facts=facts,
        warning=refunds.why_not_refundable(money) or refunds.meaning(money),
        act=lambda typed: _give(request, money, typed["reason"]),
    )


def _give(request: HttpRequest, money: refunds.Money, reason: str) -> str:
    by = account_of(request)
    try:
        refund = refunds.give(money=money, reason=reason, by=by, at=timezone.now())
    except Refused:
        given = refunds.of(money).filter(reason=reason, requested_by=by).exclude(status=Refund.Status.FAILED)
        if given.exists():
            raise AlreadyDone("The refund is given, once.") from None
        raise
    amount = in_words(refund.amount, refund.currency)
    if refund.status == Refund.Status.OPENING:
        return f"The payment provider does not answer now. The refund of {amount} is on record and is asked for again."
    if refund.status == Refund.Status.PENDING:
        return f"{amount} is on its way back: {reason}"
    return f"Refunded {amount}: {reason}"
