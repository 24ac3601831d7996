"""What the provider tells the portal by itself (webhooks).

A message is a hint. Its signature proves who sent it, and then the provider is asked for the object
that it names. The event is stored in the transaction of its effect, so that after a crash either
both are there or the provider sends it again.
"""

from collections.abc import Callable
from datetime import datetime

from certifications.payments import checkout, disputes, provider, refunds
from certifications.payments.models import ProviderEvent

MOST_BYTES = 256 * 1024
Told = Callable[[str], object]
Handler = Callable[[str, datetime, Told], object]


class Misdirected(Exception):
    """The message is about test money and the portal takes real money, or the other way round."""


def _apply_checkout(session_id: str, at: datetime, told: Told) -> None:
    checkout.apply_session(provider.session(session_id), at=at, told=told)


def _apply_refund(refund_id: str, at: datetime, told: Told) -> None:
    refunds.apply_state(provider.refund_state(refund_id), at=at, told=told)


def _apply_dispute(dispute_id: str, at: datetime, told: Told) -> None:
    disputes.apply_state(provider.dispute_state(dispute_id), at=at, told=told)


# What is done about each kind of event. A handler asks the provider for the object, makes it so, and
# says in the same transaction what was done. Events of other kinds are not wanted.
HANDLERS: dict[str, Handler] = {
    "checkout.session.completed": _apply_checkout,
    "checkout.session.async_payment_succeeded": _apply_checkout,
    "checkout.session.async_payment_failed": _apply_checkout,
    "checkout.session.expired": _apply_checkout,
    "refund.created": _apply_refund,
    "refund.updated": _apply_refund,
    "refund.failed": _apply_refund,
    "charge.dispute.created": _apply_dispute,
    "charge.dispute.updated": _apply_dispute,
    "charge.dispute.closed": _apply_dispute,
}


def receive(*, body: bytes, signature: str, at: datetime) -> None:
    """Do what follows from a message. An event that was handled before changes nothing.

    Raises ``BadSignature`` and ``Misdirected`` for a message that is not for this portal, and
    ``ProviderAway`` or ``ProviderRefused`` if the provider does not tell the object now.
    """
    event = provider.event(body, signature)
    if event.is_live != provider.is_live():
        raise Misdirected(f"Event {event.id} is of the provider's {'live' if event.is_live else 'test'} mode.")
    handler = HANDLERS.get(event.kind)
    if handler is None or ProviderEvent.objects.filter(event_id=event.id).exists():
        return

    def told(effect: str) -> None:
        # Under the lock of what it is about, somebody may have been faster.
        if not ProviderEvent.objects.filter(event_id=event.id).exists():
            ProviderEvent.objects.create(
                event_id=event.id,
                kind=event.kind,
                object_id=event.object_id,
                amount=event.amount,
                currency=event.currency,
                status=event.status,
                created_at=event.created_at,
                received_at=at,
                effect=effect[:100],
            )

    handler(event.object_id, at, told)
