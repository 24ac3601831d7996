"""The payment provider behind a few functions, so that a second provider is one more module.

The provider is Stripe, with its hosted page (Checkout). The member leaves the portal for that page
and comes back, so that no card number ever reaches the portal. All amounts are in the smallest unit
of the currency, which is cents for US dollars.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal, cast
from urllib.parse import urlsplit
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings

if TYPE_CHECKING:
    import stripe
    import stripe.checkout

logger = logging.getLogger(__name__)

# The release of the provider's protocol for which this module is written. It is the one whose types
# the library of that release has, which a test holds.
API_VERSION = "2026-10-28.endive"
# How many times a call is repeated of which nobody knows whether it arrived.
RETRIES = 1
# A message is refused when it was signed longer ago.
SIGNATURE_SECONDS = 5 * 60
# No page is opened that would close sooner.
SHORTEST_PAGE = timedelta(minutes=30)
# A page lives for a day at most, so a page that is still open was opened after that.
LONGEST_PAGE = timedelta(days=1)
# A line of the book is paid out within this time.
LONGEST_PAYOUT = timedelta(days=30)


class ProviderAway(Exception):
    """The provider did not answer in time, or answered that it cannot now. To ask again is safe."""


class ProviderRefused(Exception):
    """The provider understood the call and refuses it. To ask again does not help."""


class UnknownThere(ProviderRefused):
    """The provider knows nothing of that name, for example because the key is now one of another account."""


class BadSignature(Exception):
    """A message says that it comes from the provider, and does not."""


@dataclass(frozen=True, slots=True)
class Charge:
    """Money that the provider took, or tried to take."""

    id: str
    status: Literal["succeeded", "pending", "failed"]
    amount: int
    currency: str
    method: str  # what the provider calls it: card, link, us_bank_account
    last4: str  # empty if the provider does not give it
    created_at: datetime
    failure: str  # the provider's sentence; empty unless the charge failed
    session_id: str = ""  # what was paid for, if the provider says it


@dataclass(frozen=True, slots=True)
class Session:
    """The provider's page for one checkout, and what was paid there.

    ``reference`` is the checkout's idempotency key, as it was given when the page was opened.
    """

    id: str
    url: str  # empty once the page is closed
    status: Literal["open", "complete", "expired"]
    is_paid: bool
    amount: int
    currency: str
    reference: str
    is_live: bool
    expires_at: datetime
    charge: Charge | None


@dataclass(frozen=True, slots=True)
class Event:
    """What the provider told: which kind of object changed, and the object's name."""

    id: str
    kind: str
    object_id: str
    is_live: bool
    created_at: datetime
    amount: int | None
    currency: str
    status: str


@dataclass(frozen=True, slots=True)
class RefundState:
    """A refund. ``reference`` is the key with which the portal asked for it; empty if it did not."""

    id: str
    status: Literal["pending", "succeeded", "failed"]
    charge_id: str
    amount: int
    currency: str
    failure: str
    created_at: datetime
    reference: str


@dataclass(frozen=True, slots=True)
class DisputeState:
    id: str
    charge_id: str
    status: str
    reason: str
    amount: int
    currency: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class BalanceTransaction:
    """One line of the provider's book: what it took or gave, its fee, and the payout that carries it."""

    id: str
    kind: str  # what the provider calls it in reports: charge, refund, dispute, payout
    source_id: str
    amount: int
    fee: int
    net: int
    currency: str
    created_at: datetime
    available_on: date
    payout_id: str
    deposited_on: date | None


def is_on() -> bool:
    """Return whether members can pay online. Without a key, they pay by check or by phone."""
    return bool(settings.PAYMENT_SECRET_KEY)


def is_live() -> bool:
    """Return whether the key moves real money. What the provider says of other money is not ours."""
    return bool(settings.PAYMENT_LIVE)


def page_origin() -> str:
    """Return scheme and host of the provider's page, which a form that leads there must name."""
    address = urlsplit(settings.PAYMENT_PAGE_URL)
    return f"{address.scheme}://{address.netloc}"


def open_session(
    *,
    key: UUID,
    amount: int,
    currency: str,
    product: str,
    email: str,
    language: str,
    expires_at: datetime,
    return_url: str,
    cancel_url: str,
) -> Session:
    """Open the provider's page for one checkout, or return the page that this key has opened already.

    ``return_url`` may hold ``{CHECKOUT_SESSION_ID}``, which the provider fills in. ``expires_at``
    is 30 minutes to 24 hours ahead.
    Raises ``ProviderAway`` and ``ProviderRefused``, as all functions here do.
    """
    import stripe

    reference = {"reference": str(key)}
    params: stripe.params.checkout.SessionCreateParams = {
        "mode": "payment",
        "client_reference_id": str(key),
        "line_items": [
            {
                "quantity": 1,
                "price_data": {
                    "currency": currency,
                    "unit_amount": amount,
                    "product_data": {"name": product},
                },
            }
        ],
        "allowed_payment_method_types": ["card", "link", "us_bank_account"]
        if settings.PAYMENT_BANK_DEBIT
        else ["card", "link"],
        # The invoice is in US dollars, and so is what is paid, wherever the member is.
        "adaptive_pricing": {"enabled": False},
        "customer_email": email,
        "locale": "es" if language.startswith("es") else "en",
        "submit_type": "pay",
        "expires_at": int(expires_at.timestamp()),
        "success_url": return_url,
        "cancel_url": cancel_url,
        "metadata": reference,
        "payment_intent_data": {"description": product, "metadata": reference},
    }
    with _told():
        sessions = _client().v1.checkout.sessions
        try:
            found = sessions.create(params, {"idempotency_key": str(key)})
        except stripe.IdempotencyError:
            # The key has opened a page with other words, for example in another language.
            earlier = _session_of(key, opened_since=expires_at - LONGEST_PAGE)
            if earlier is None:
                raise
            found = earlier
        except stripe.InvalidRequestError as error:
            if error.code != "email_invalid":
                raise
            # The portal knows addresses that the provider does not take. The payer types another one there.
            del params["customer_email"]
            found = sessions.create(params, {"idempotency_key": f"{key}-without-address"})
        return _session(found)


def session(session_id: str) -> Session:
    """Return a page as it is now, with its charge."""
    with _told():
        return _session(_client().v1.checkout.sessions.retrieve(session_id, {"expand": [CHARGE_OF_SESSION]}))


def expire_session(session_id: str) -> Session:
    """Close a page, so that nothing can be paid there any more, and return it as it is then.

    A page that is complete or closed already is returned as it is.
    """
    import stripe

    with _told():
        try:
            return _session(_client().v1.checkout.sessions.expire(session_id, {"expand": [CHARGE_OF_SESSION]}))
        except stripe.InvalidRequestError:
            return session(session_id)


def charge(charge_id: str) -> Charge:
    with _told():
        sessions = _client().v1.checkout.sessions
        found = _client().v1.charges.retrieve(charge_id)
        intent = _id(found.payment_intent)
        paid_for = sessions.list({"payment_intent": intent, "limit": 1}).data if intent else []
        return _charge(found, session_id=paid_for[0].id if paid_for else "")


def refund(*, charge_id: str, amount: int, key: UUID) -> RefundState:
    """Send money back, or return the refund that this key has started already."""
    with _told():
        return _refund(
            _client().v1.refunds.create(
                {"charge": charge_id, "amount": amount, "metadata": {"reference": str(key)}},
                {"idempotency_key": str(key)},
            )
        )


def refund_state(refund_id: str) -> RefundState:
    with _told():
        return _refund(_client().v1.refunds.retrieve(refund_id))


def refunds_of(charge_id: str) -> list[RefundState]:
    """Return every refund of a charge, also those that somebody gave at the provider itself."""
    with _told():
        return [_refund(found) for found in _client().v1.refunds.list({"charge": charge_id, "limit": 100}).data]


def dispute_state(dispute_id: str) -> DisputeState:
    with _told():
        found = _client().v1.disputes.retrieve(dispute_id)
        return DisputeState(
            id=found.id,
            charge_id=_id(found.charge),
            status=found.status,
            reason=found.reason,
            amount=found.amount,
            currency=found.currency,
            created_at=_instant(found.created),
        )


def balance_transactions(day: date) -> Iterator[BalanceTransaction]:
    """Return every line of the provider's book of that day in Chicago, the earliest first.

    A line that no payout carries yet has no ``payout_id`` and no ``deposited_on``.
    """
    chicago = ZoneInfo(settings.TIME_ZONE)
    begin = datetime.combine(day, time.min, chicago)
    end = datetime.combine(day + timedelta(days=1), time.min, chicago)
    with _told():
        listed = _client().v1.balance_transactions.list(
            {"created": {"gte": int(begin.timestamp()), "lt": int(end.timestamp())}, "limit": 100}
        )
        lines = list(listed.auto_paging_iter())
        payouts = _payouts({line.id for line in lines}, begin) if lines else {}
    for line in reversed(lines):
        payout = payouts.get(line.id)
        yield BalanceTransaction(
            id=line.id,
            kind=line.reporting_category,
            source_id=_id(line.source),
            amount=line.amount,
            fee=line.fee,
            net=line.net,
            currency=line.currency,
            created_at=_instant(line.created),
            # The provider gives days as midnight in UTC.
            available_on=_instant(line.available_on).date(),
            payout_id=payout.id if payout else "",
            deposited_on=_instant(payout.arrival_date).date() if payout else None,
        )


def event(body: bytes, signature: str) -> Event:
    """Return what a message says, once its signature is proven. Raises ``BadSignature``.

    Any of the secrets in use may have signed it, so that a secret can be replaced while messages
    arrive.
    """
    import stripe

    if not signature.isascii():
        raise BadSignature("The signature is not readable.")
    for secret in settings.PAYMENT_WEBHOOK_SECRETS:
        try:
            found = _client().construct_event(body, signature, secret, SIGNATURE_SECONDS)
        except stripe.SignatureVerificationError:
            continue
        except ValueError as error:  # no UTF-8 or no JSON, which the provider never sends
            raise BadSignature("The message is not readable.") from error
        about: Any = found.data.object
        return Event(
            id=found.id,
            kind=found.type,
            object_id=getattr(about, "id", None) or "",
            is_live=found.livemode,
            created_at=_instant(found.created),
            amount=getattr(about, "amount_total", getattr(about, "amount", None)),
            currency=getattr(about, "currency", None) or "",
            status=getattr(about, "status", None) or "",
        )
    raise BadSignature("No secret in use has signed this message.")


CHARGE_OF_SESSION = "payment_intent.latest_charge"


@lru_cache(maxsize=4)
def _client_of(key: str, address: str, seconds: float) -> "stripe.StripeClient":
    # The package takes 0.4 s to import, and most commands never ask the provider.
    import stripe

    stripe.enable_telemetry = False
    return stripe.StripeClient(
        key,
        base_addresses={"api": address},
        stripe_version=API_VERSION,
        max_network_retries=RETRIES,
        http_client=stripe.RequestsClient(timeout=seconds),
    )


def _client() -> "stripe.StripeClient":
    if not is_on():
        raise ProviderRefused("Paying online is off: PAYMENT_SECRET_KEY is empty.")
    return _client_of(settings.PAYMENT_SECRET_KEY, settings.PAYMENT_API_URL, settings.PAYMENT_TIMEOUT_SECONDS)


@contextmanager
def _told() -> Iterator[None]:
    """Turn what the library raises into the two answers that the portal knows, and log them."""
    import stripe

    try:
        yield
    except stripe.InvalidRequestError as error:
        logger.error("The payment provider refused a call: %s", error)
        kind = UnknownThere if error.code == "resource_missing" else ProviderRefused
        raise kind(str(error.user_message or error)) from error
    except (
        stripe.AuthenticationError,
        stripe.CardError,
        stripe.IdempotencyError,
        stripe.PermissionError,
    ) as error:
        logger.error("The payment provider refused a call: %s", error)
        raise ProviderRefused(str(error.user_message or error)) from error
    except stripe.StripeError as error:
        logger.warning("The payment provider is away: %s", error)
        raise ProviderAway(str(error.user_message or error)) from error
    except (AttributeError, TypeError) as error:
        logger.exception("The payment provider's answer lacks something.")
        raise ProviderAway(f"The answer lacks something: {error}") from error


def _id(found: Any) -> str:
    """Return the name of an object that is given by name, as a whole, or not at all."""
    return found if isinstance(found, str) else found.id if found is not None else ""


def _instant(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _session_of(key: UUID, *, opened_since: datetime) -> "stripe.checkout.Session | None":
    """Return the open page of a key among those that were opened since an instant."""
    listed = _client().v1.checkout.sessions.list(
        {"created": {"gte": int(opened_since.timestamp())}, "status": "open", "limit": 100}
    )
    return next((one for one in listed.auto_paging_iter() if one.client_reference_id == str(key)), None)


def _session(found: "stripe.checkout.Session") -> Session:
    paid: Any = found.payment_intent
    taken = None if paid is None or isinstance(paid, str) else paid.latest_charge
    return Session(
        id=found.id,
        url=found.url or "",
        status=cast(Literal["open", "complete", "expired"], found.status),
        is_paid=found.payment_status == "paid",
        amount=found.amount_total or 0,
        currency=found.currency or "",
        reference=found.client_reference_id or "",
        is_live=found.livemode,
        expires_at=_instant(found.expires_at),
        charge=None if taken is None else _charge(taken, session_id=found.id),
    )


def _charge(found: "stripe.Charge", *, session_id: str) -> Charge:
    details: Any = found.payment_method_details
    method = details.type if details else ""
    return Charge(
        id=found.id,
        status=cast(Literal["succeeded", "pending", "failed"], found.status),
        amount=found.amount,
        currency=found.currency,
        method=method,
        last4=getattr(getattr(details, method, None), "last4", None) or "",
        created_at=_instant(found.created),
        failure=found.failure_message or "",
        session_id=session_id,
    )


_REFUND_STATUS: dict[str | None, Literal["pending", "succeeded", "failed"]] = {
    "succeeded": "succeeded",
    "failed": "failed",
    "canceled": "failed",
}


def _refund(found: "stripe.Refund") -> RefundState:
    return RefundState(
        id=found.id,
        status=_REFUND_STATUS.get(found.status, "pending"),
        charge_id=_id(found.charge),
        amount=found.amount,
        currency=found.currency,
        failure=getattr(found, "failure_reason", None) or "",  # told only of a refund that failed
        created_at=_instant(found.created),
        reference=getattr(found.metadata, "reference", None) or "",
    )


def _payouts(lines: set[str], since: datetime) -> "dict[str, stripe.Payout]":
    """Return the payout of each line, by the line's id, as far as one carries it.

    A line does not name its payout, but a payout names its lines. The payouts that began earliest
    are asked first, and no more than needed.
    """
    listed = _client().v1.payouts.list(
        {
            "created": {"gte": int(since.timestamp()), "lt": int((since + LONGEST_PAYOUT).timestamp())},
            "limit": 100,
        }
    )
    carried: dict[str, stripe.Payout] = {}
    for payout in reversed(list(listed.auto_paging_iter())):
        if len(carried) == len(lines):
            break
        if payout.status in ("failed", "canceled"):
            continue
        of_payout = _client().v1.balance_transactions.list({"payout": payout.id, "limit": 100})
        carried |= {line.id: payout for line in of_payout.auto_paging_iter() if line.id in lines}
    return carried
