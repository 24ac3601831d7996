"""The payment provider behind a few functions, so that a second provider is one more module.

The provider is Stripe, with its hosted page (Checkout). The member leaves the portal for that page
and comes back, so that no card number ever reaches the portal. All amounts are in the smallest unit
of the currency, which is cents for US dollars.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from uuid import UUID


class ProviderAway(Exception):
    """The provider did not answer in time, or answered that it cannot now. To ask again is safe."""


class ProviderRefused(Exception):
    """The provider understood the call and refuses it. To ask again does not help."""


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
    id: str
    status: Literal["pending", "succeeded", "failed"]
    charge_id: str
    amount: int
    currency: str
    failure: str


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
    kind: str
    source_id: str
    amount: int
    fee: int
    net: int
    currency: str
    created_at: datetime
    available_on: date
    payout_id: str
    deposited_on: date | None


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

    ``return_url`` may hold ``{CHECKOUT_SESSION_ID}``, which the provider fills in.
    Raises ``ProviderAway`` and ``ProviderRefused``, as all functions here do.
    """
    raise NotImplementedError


def session(session_id: str) -> Session:
    """Return a page as it is now, with its charge."""
    raise NotImplementedError


def expire_session(session_id: str) -> Session:
    """Close a page, so that nothing can be paid there any more, and return it as it is then.

    A page that is complete or closed already is returned as it is.
    """
    raise NotImplementedError


def charge(charge_id: str) -> Charge:
    raise NotImplementedError


def refund(*, charge_id: str, amount: int, key: UUID) -> RefundState:
    """Send money back, or return the refund that this key has started already."""
    raise NotImplementedError


def refund_state(refund_id: str) -> RefundState:
    raise NotImplementedError


def dispute_state(dispute_id: str) -> DisputeState:
    raise NotImplementedError


def balance_transactions(day: date) -> Iterator[BalanceTransaction]:
    """Return every line of the provider's book of that day in Chicago."""
    raise NotImplementedError


def event(body: bytes, signature: str) -> Event:
    """Return what a message says, once its signature is proven. Raises ``BadSignature``."""
    raise NotImplementedError
