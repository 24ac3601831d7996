"""Signing and sending, and how it goes wrong when it is told to."""

import hmac
import json
from dataclasses import dataclass
from hashlib import sha256

from deploy.payment_provider import objects
from deploy.payment_provider.account import Account

WRONG_SECRET = "whsec_" + "0" * 32
# How long to wait before sending again what was not answered with 2xx, in seconds, and how often.
PAUSES = (1, 2, 4, 8, 16, 32, 64, 128, 256)


@dataclass
class Manner:
    """How webhooks are sent. The default is what the provider does on a good day."""

    copies: int = 1
    never: bool = False
    late: float = 0  # in seconds
    newest_first: bool = False
    wrong_secret: bool = False
    held: bool = False  # nothing is sent until this ends


@dataclass(frozen=True)
class Webhook:
    number: int
    body: bytes
    signature: str


def signature(body: bytes, secret: str, at: int) -> str:
    signed = hmac.new(secret.encode(), f"{at}.".encode() + body, sha256).hexdigest()
    return f"t={at},v1={signed}"


def due(account: Account, secret: str, manner: Manner) -> list[Webhook]:
    """Return the webhooks to send now, in the order of sending."""
    if manner.held or manner.never:
        return []
    with account.book.together():
        account.expire_what_is_over()
        order = "desc" if manner.newest_first else "asc"
        rows = account.book.rows(
            f"select id, event from webhooks where not sent and due_at <= ? order by id {order}",  # noqa: S608
            objects.now() - manner.late,
        )
        webhooks = []
        for number, name in rows:
            body = json.dumps(account.shown(account.find(name)), indent=2).encode()
            signed = signature(body, WRONG_SECRET if manner.wrong_secret else secret, objects.now())
            webhooks += [Webhook(number, body, signed)] * manner.copies
    return webhooks


def answered(account: Account, webhook: Webhook, status: int) -> None:
    """Note how the portal answered: what it did not take is sent again later, and at last given up."""
    with account.book.together():
        if 200 <= status < 300:
            account.book.rows("update webhooks set sent = 1 where id = ?", webhook.number)
            return
        for (tries,) in account.book.rows("select tries from webhooks where id = ?", webhook.number):
            given_up = tries >= len(PAUSES)
            account.book.rows(
                "update webhooks set tries = tries + 1, sent = ?, due_at = ? where id = ?",
                int(given_up),
                objects.now() + (0 if given_up else PAUSES[tries]),
                webhook.number,
            )
