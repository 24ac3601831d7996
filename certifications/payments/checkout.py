"""Paying an invoice on the provider's page: from the press of the button to the payment.

A checkout goes through these states, and never back:

| state | what it means | what follows |
| --- | --- | --- |
| opening | It is on record; the provider has not told its page yet. | open, failed, expired |
| open | The member can pay on the provider's page, for an hour. | paid, processing, expired |
| processing | The member has paid from a bank account, and the bank has some days to decide. | paid, failed |
| paid | The invoice has its payment. | |
| failed | The provider or the bank refused, or no invoice could take the money (``UnappliedMoney``). | paid |
| expired | The provider's page is closed, and nothing was paid there. | paid |

- A checkout is committed before the provider is called, and no lock and no transaction is held
  meanwhile. Whatever ends halfway is finished by the next press of the button or by
  ``settle_payments``.
- A page that the provider has not told while it could still be opened was shown to nobody. Its
  checkout is over, so that neither an answer that the provider keeps with the key nor a page that it
  no longer knows stops the member for longer.
- What the provider says is always asked of it, whoever brings the news: a webhook, the member who
  comes back, or ``settle_payments``. ``apply_session`` then makes it so; to repeat it changes nothing.
- Money that comes late is taken if the invoice can take it. Money that no invoice can take is kept
  as ``UnappliedMoney``, which staff resolve.

Locks are taken in this order: the cycle, the invoice, the checkout.
"""

import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, QuerySet, Subquery, Sum
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from amtportal import links
from amtportal.after_commit import after_commit
from amtportal.dates import day_of
from amtportal.formatting import format_day, format_moment
from amtportal.history.lines import sign
from amtportal.members.models import User
from amtportal.refusals import Refused
from certifications import invoices
from certifications.invoice_standing import HeldMoney, why_kept
from certifications.models import Certification, Cycle, Payment, RenewalInvoice, RenewalInvoiceQuerySet
from certifications.payments import provider, receipts
from certifications.payments.asking import ask_about_each
from certifications.payments.models import Checkout, UnappliedMoney
from certifications.payments.models.checkouts import CheckoutStatus as Status
from certifications.payments.models.unapplied import UnappliedCause as Cause
from certifications.payments.signals import about_to_decide

logger = logging.getLogger(__name__)

LIFETIME = timedelta(minutes=60)
"""How long the provider's page takes a payment. The provider allows 30 minutes to 24 hours."""
ANSWERED = timedelta(minutes=1)
"""After this time nobody waits any more for the provider's answer to a press of the button."""
CURRENCY = "usd"
BANK_DEBITS = ("us_bank_account",)
NEVER_TOLD = "The provider never told its page."
DECIDED = timedelta(days=30)
"""A bank debit is decided within some days. After this time, one that the provider does not know is over."""
NOT_KNOWN = "The provider does not know its page any more, 30 days after the payment began."
NOTHING_NEW = "Nothing new"

Told = Callable[[str], object]

_ORDER = (Status.OPENING, Status.OPEN, Status.PROCESSING)


def with_processing(queryset: RenewalInvoiceQuerySet) -> RenewalInvoiceQuerySet:
    """Add ``processing_since``: when the payment began that the member's bank has not decided yet, or None.

    ``money_kept`` says whether money came for the invoice that it could not take, and that staff have
    not resolved yet. ``held_amount``, ``held_number``, ``held_on`` and ``held_method`` are of the money
    that AMT holds for it until it opens: the sum in US cents, of how many, and the day and method of one.
    """
    waiting = Checkout.objects.filter(invoice=OuterRef("pk"), status=Status.PROCESSING)
    kept = UnappliedMoney.objects.unresolved().filter(checkout__invoice=OuterRef("pk"))
    held = UnappliedMoney.objects.early().filter(invoice=OuterRef("pk"))
    together = held.order_by().values("invoice")
    return queryset.annotate(
        processing_since=Subquery(waiting.values("opened_at")[:1]),
        money_kept=Exists(kept),
        held_amount=Subquery(together.annotate(total=Sum("amount")).values("total")),
        held_number=Subquery(together.annotate(number=Count("pk")).values("number")),
        held_on=Subquery(held.values("received_on")[:1]),
        held_method=Subquery(held.values("method")[:1]),
    )


def status_of(session: provider.Session) -> Status:
    """Return the state of the checkout of that page."""
    charge = session.charge
    if session.is_paid and charge and charge.status == "succeeded":
        return Status.PAID
    if session.status == "complete":
        return Status.FAILED if charge and charge.status == "failed" else Status.PROCESSING
    return Status.EXPIRED if session.status == "expired" else Status.OPEN


def why_not_payable(invoice: RenewalInvoice, at: datetime) -> str:
    """Return why the member cannot pay the invoice online now, as a sentence; empty if it can be paid.

    The invoice's cycle and certification must be loaded.
    """
    state = invoices.state_of(invoice, day_of(at))
    values = {"number": invoice.number}
    if not provider.is_on():
        return _("%(number)s cannot be paid online now. Pay it by check or by phone.") % values
    if state == "paid":
        return _("%(number)s is already paid. Nothing more is due.") % values
    if state == "void":
        return _("%(number)s is void: there is nothing to pay.") % values
    if invoices.held_by(invoice, state):
        return _("%(number)s is locked and cannot be paid. Call AMT if you have a question.") % values
    if state == "locked":
        return _("%(number)s is locked until the day after your CCP requirement is met.") % values
    if state == "upcoming":
        opens_on = invoices.opening_of(invoice).opens_on
        assert opens_on is not None
        return _("%(number)s cannot be paid before it opens on %(day)s.") % {**values, "day": format_day(opens_on)}
    if UnappliedMoney.objects.unresolved().filter(checkout__invoice=invoice).exists():
        return why_kept(invoice)
    if held := UnappliedMoney.objects.early().filter(invoice=invoice).first():
        shown = HeldMoney(held.amount, 1, held.method, held.day).in_words(day_of(at))
        return " ".join([shown, _("It is applied within a day: do not pay again.")])
    return ""


def why_unapplied(session: provider.Session, charge: provider.Charge, invoice: RenewalInvoice, at: datetime) -> str:
    """Return why the invoice cannot take the money, as a ``Cause``; empty if it can.

    The invoice's cycle and certification must be loaded.
    """
    if session.is_live != provider.is_live():
        return Cause.MODE
    if charge.currency.lower() != CURRENCY:
        return Cause.CURRENCY
    if charge.amount != invoice.amount:
        return Cause.AMOUNT
    state = invoices.state_of(invoice, day_of(at))
    if state in ("paid", "void"):
        return Cause.PAID if state == "paid" else Cause.VOID
    if invoices.held_by(invoice, state):
        return Cause.HELD
    return "" if state == "open" else Cause.LOCKED


def start(*, invoice: RenewalInvoice, by: User, at: datetime, language: str) -> provider.Session:
    """Return the provider's page on which the member can pay the invoice.

    As long as the page is open, a second press leads to the same page. Raises ``Refused`` with the
    reason if the invoice cannot be paid; then nothing is asked of the provider. Raises
    ``ProviderAway`` and ``ProviderRefused``.
    """
    _catch_up(invoice, at)
    for _try in range(3):
        checkout = _begin(invoice, by, at, language)
        try:
            session = _page_of(checkout, at)
        except provider.ProviderRefused:
            if checkout.opened_at < at and Checkout.objects.get(pk=checkout.pk).is_finished:
                continue  # that was an earlier one, and a new one begins
            raise
        apply_session(session, at=at)
        if session.status == "open":
            return session
        # It was paid or it is over: the invoice is paid now, or a new checkout begins.
    raise provider.ProviderAway("The provider closes each page as soon as it is opened.")


def apply_session(session: provider.Session, *, at: datetime, told: Told | None = None) -> Checkout | None:
    """Make it so that the portal says what the provider says of one of its pages.

    Return the checkout as it is then, or None if the page is of no checkout. To repeat it changes
    nothing. ``told`` is called in the same transaction with what was done.
    """
    checkout = _checkout_of(session)
    if checkout is None:
        _apply_unknown(session, at, told)
        return None
    _catch_up(checkout.invoice, at)
    return _apply(session, checkout, at, told)


def close(*, invoice: RenewalInvoice, at: datetime, before: Callable[[], object] | None = None) -> None:
    """Close the provider's page of the invoice, if one is open, before staff change the invoice.

    What was paid there at the last moment is applied. Raises ``Refused`` with a sentence for staff
    while the money may still come: the bank has not decided, or the provider cannot be asked.
    ``before``: what staff are about to do. It is tried and rolled back, so that the page stays open
    if that is refused.
    """
    may_be_paid = list(Checkout.objects.payable(at).filter(invoice=invoice))
    if may_be_paid and before:
        with transaction.atomic():
            before()
            transaction.set_rollback(True)
    for checkout in may_be_paid:
        try:
            closed = apply_session(provider.expire_session(_page_of(checkout, at).id), at=at)
        except provider.ProviderAway as away:
            if at < checkout.expires_at:
                raise Refused(
                    f"The member may be paying {invoice.number} online, and the payment provider does not answer. "
                    f"Try again after {format_moment(checkout.expires_at)}."
                ) from away
        except provider.ProviderRefused:
            logger.warning("The provider refuses to close the page of checkout %s.", checkout.pk)
        else:
            if closed and closed.status == Status.PROCESSING:
                raise Refused(
                    f"The member has paid {invoice.number} from a bank account on "
                    f"{format_day(day_of(closed.opened_at))}, and the bank has not decided yet. Wait until it has."
                )


def settle(*, at: datetime) -> tuple[int, list[str]]:
    """Ask the provider about every checkout that is not finished, and make it so.

    Return how many were asked about, and a sentence for each that could not be.
    """

    def ask(checkout: Checkout) -> None:
        if checkout.was_never_shown(at):
            _end(checkout, Status.EXPIRED, NEVER_TOLD, at)
            return
        session = _page_of(checkout, at)
        if session.status == "open" and why_not_payable(checkout.invoice, at):
            session = provider.expire_session(session.id)
        apply_session(session, at=at)

    waiting = Checkout.objects.unfinished().select_related("invoice__cycle__certification").order_by("pk")
    return ask_about_each(waiting.exclude(status=Status.OPENING, opened_at__gt=at - ANSWERED), ask)


def under_way(cycle: Cycle, at: datetime) -> Checkout | None:
    """Return the checkout whose money may still come for the cycle's last invoice, or None."""
    return Checkout.objects.payable(at).filter(invoice__cycle=cycle, invoice__year=invoices.LAST_YEAR).first()


def close_of_cycle(cycle: Cycle, *, at: datetime) -> None:
    """Close the provider's page of the cycle's last invoice before staff lock it again.

    Raises ``Refused`` as ``close`` does.
    """
    if checkout := under_way(cycle, at):
        close(invoice=checkout.invoice, at=at)


def close_of_certification(certification: Certification, *, at: datetime) -> None:
    """Close the provider's pages of a certification before it leaves force, as far as possible now.

    Nothing waits for that: money that comes all the same is kept as unapplied.
    """
    unfinished = Checkout.objects.unfinished().filter(invoice__cycle__certification=certification)
    for checkout in unfinished.select_related("invoice"):
        with suppress(Refused):
            close(invoice=checkout.invoice, at=at)


def _catch_up(invoice: RenewalInvoice, at: datetime) -> None:
    """Have the member's cycles closed that are due, before it is decided what the invoice can take."""
    about_to_decide.send(sender=Checkout, member=invoice.cycle.certification.member, at=at)


@transaction.atomic
def _begin(invoice: RenewalInvoice, by: User, at: datetime, language: str) -> Checkout:
    """Return the invoice's unfinished checkout, or else a new one."""
    invoice = invoices.locked(invoice)
    if reason := why_not_payable(invoice, at):
        raise Refused(reason)
    checkout = Checkout.objects.unfinished().select_for_update().filter(invoice=invoice).first()
    if checkout and checkout.was_never_shown(at):
        _finish(checkout, Status.EXPIRED, at, failure=NEVER_TOLD)
        checkout = None
    if checkout is None:
        checkout = Checkout(
            invoice=invoice,
            amount=invoice.amount,
            currency=CURRENCY,
            idempotency_key=uuid4(),
            opened_at=at,
            opened_by=by,
            expires_at=at + LIFETIME,
            language=language,
        )
        sign(checkout, by=by, at=at)
        checkout.save()
    elif checkout.status == Status.PROCESSING:
        raise Refused(
            _("You have paid %(number)s already, and your bank needs some days to confirm it. Do not pay it again.")
            % {"number": invoice.number}
        )
    checkout.invoice = invoice
    return checkout


def _page_of(checkout: Checkout, at: datetime) -> provider.Session:
    """Return the provider's page of the checkout, and open it if that was not done yet.

    A page that the provider refuses to open never was: its checkout has failed. One whose time is
    over and that the provider does not know has expired; one that was paid from a bank account has
    failed if it is not known after 30 days.
    """
    if checkout.session_id:
        try:
            return provider.session(checkout.session_id)
        except provider.UnknownThere as unknown:
            if checkout.status == Status.OPEN and checkout.expires_at <= at:
                _end(checkout, Status.EXPIRED, str(unknown), at)
            elif checkout.status == Status.PROCESSING and checkout.opened_at + DECIDED <= at:
                _end(checkout, Status.FAILED, NOT_KNOWN, at)
            raise
    invoice = checkout.invoice
    come_back = links.absolute(reverse("payment-return", args=[checkout.idempotency_key]))
    with translation.override(checkout.language):
        product = _("Annual fee, %(code)s, year %(year)s (%(number)s)") % {
            "code": invoice.cycle.certification.credential.code,
            "year": invoice.year,
            "number": invoice.number,
        }
    try:
        return provider.open_session(
            key=checkout.idempotency_key,
            amount=checkout.amount,
            currency=checkout.currency,
            product=product,
            email=checkout.opened_by.email,
            language=checkout.language,
            expires_at=checkout.expires_at,
            return_url=come_back,
            cancel_url=come_back,
        )
    except provider.ProviderRefused as refused:
        _end(checkout, Status.FAILED, str(refused), at)
        raise


@transaction.atomic
def _end(checkout: Checkout, status: Status, failure: str, at: datetime) -> None:
    """End a checkout of which the provider tells nothing, unless it has gone on in the meantime."""
    before = checkout.status
    invoices.locked(checkout.invoice)
    checkout = Checkout.objects.select_for_update().get(pk=checkout.pk)
    if checkout.status == before:
        _finish(checkout, status, at, failure=failure)


def _checkout_of(session: provider.Session) -> Checkout | None:
    with suppress(ValueError):
        return (
            Checkout.objects.select_related("invoice__cycle__certification__member")
            .filter(idempotency_key=UUID(session.reference))
            .first()
        )
    return None


@transaction.atomic
def _apply(session: provider.Session, checkout: Checkout, at: datetime, told: Told | None) -> Checkout:
    invoice = invoices.locked(checkout.invoice)
    checkout = Checkout.objects.select_for_update().get(pk=checkout.pk)
    checkout.invoice = invoice
    status, charge = status_of(session), session.charge
    if checkout.status == Status.OPENING:
        checkout.session_id, checkout.expires_at = session.id, session.expires_at
    if status == Status.PAID and charge:
        done = _take(session, charge, checkout, at)
    elif checkout.is_finished or (status in _ORDER and _ORDER.index(status) <= _ORDER.index(checkout.status)):
        done = NOTHING_NEW
    elif status in _ORDER:
        checkout.status = status
        checkout.method = charge.method if charge else ""
        _save(checkout, at)
        done = f"{checkout}: {status.label.lower()}"
    else:
        was_waiting = checkout.status == Status.PROCESSING
        _finish(checkout, status, at, charge=charge, failure=charge.failure if charge else "")
        if was_waiting:
            receipts.send_failure(checkout)
        done = f"{checkout}: {status.label.lower()}"
    if told:
        told(done)
    return checkout


def _take(session: provider.Session, charge: provider.Charge, checkout: Checkout, at: datetime) -> str:
    """Let the invoice take the money, or keep it as unapplied. Return what was done."""
    if _is_known(charge):
        return NOTHING_NEW
    invoice = checkout.invoice
    if cause := why_unapplied(session, charge, invoice, at):
        _keep(session, charge, Cause(cause), checkout)
        if not checkout.is_finished:
            _finish(checkout, Status.FAILED, at, charge=charge, failure=Cause(cause).label)
        return f"{invoice.number}: money kept as unapplied. {Cause(cause).label}"
    was_waiting = checkout.status == Status.PROCESSING
    checkout.payment = payment = invoices.record_online_payment(
        invoice=invoice,
        method=Payment.Method.BANK_ONLINE if charge.method in BANK_DEBITS else Payment.Method.CARD_ONLINE,
        charge_id=charge.id,
        last4=charge.last4,
        received_on=day_of(at if was_waiting else charge.created_at),
        at=at,
    )
    _finish(checkout, Status.PAID, at, charge=charge)
    receipts.send(payment, checkout)
    after_commit(_close_others, invoice, at)
    return f"{invoice.number} is paid"


@transaction.atomic
def _apply_unknown(session: provider.Session, at: datetime, told: Told | None) -> None:
    """Keep what was paid on a page that is of no checkout."""
    done = NOTHING_NEW
    charge = session.charge
    if status_of(session) == Status.PAID and charge and not _is_known(charge):
        _keep(session, charge, Cause.UNKNOWN, None)
        done = f"{charge.id}: money kept as unapplied. {Cause.UNKNOWN.label}"
    if told:
        told(done)


def _is_known(charge: provider.Charge) -> bool:
    return (
        UnappliedMoney.objects.filter(charge_id=charge.id).exists()
        or Payment.objects.filter(charge_id=charge.id).exists()
    )


def _keep(session: provider.Session, charge: provider.Charge, cause: Cause, checkout: Checkout | None) -> None:
    kept = UnappliedMoney(
        charge_id=charge.id,
        session_id=session.id,
        checkout=checkout,
        amount=charge.amount,
        currency=charge.currency,
        method=charge.method,
        received_at=charge.created_at,
        cause=cause,
    )
    sign(kept, by=None)
    kept.save()
    logger.warning("Charge %s is kept as unapplied money: %s.", charge.id, cause.label)


def _finish(
    checkout: Checkout,
    status: Status,
    at: datetime,
    *,
    charge: provider.Charge | None = None,
    failure: str = "",
) -> None:
    checkout.status, checkout.finished_at, checkout.failure = status, at, failure[:300]
    checkout.method = charge.method if charge else checkout.method
    _save(checkout, at)


def _save(checkout: Checkout, at: datetime) -> None:
    sign(checkout, by=None, at=at)
    checkout.save()


def _close_others(invoice: RenewalInvoice, at: datetime) -> None:
    """Close any other page of an invoice that is paid now. ``settle`` repeats what fails here."""
    others: QuerySet[Checkout] = Checkout.objects.unfinished().filter(invoice=invoice)
    for checkout in others.exclude(session_id=""):
        with suppress(provider.ProviderAway, provider.ProviderRefused):
            apply_session(provider.expire_session(checkout.session_id), at=at)
