"""What happens at the provider: a page is opened and paid, money goes back, a payout is made."""

from pathlib import Path
from typing import Any

from deploy.payment_provider import objects
from deploy.payment_provider.book import Book, Object

# What the provider keeps of a payment: for cards 2.9 % and 30 cents, for bank debits 0.8 % and at
# most 5 dollars; for a dispute 15 dollars.
DISPUTE_FEE = 1500
DECLINED = ("card_declined", "Your card was declined.")
NOT_AUTHENTICATED = ("authentication_required", "Your bank could not confirm that it is you.")
DEBIT_RETURNED = ("insufficient_funds", "The bank account has insufficient funds.")
WAYS = ("card", "decline", "challenge", "bank", "bank_fails")

# The pages whose time is over.
OVER = """
select id from objects where kind = 'checkout.session'
and json_extract(body, '$.status') = 'open' and json_extract(body, '$.expires_at') <= ?
"""


class Refused(Exception):
    """An answer that is an error of Stripe's."""

    def __init__(self, message: str, *, status: int = 400, code: str | None = None, param: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.error = {"type": "invalid_request_error", "message": message, "code": code, "param": param}


def fee_of(amount: int, method: str) -> int:
    """Return what the provider keeps of a payment, in cents, rounded half up."""
    if method == "us_bank_account":
        return min((amount * 8 + 500) // 1000, 500)
    return (amount * 29 + 500) // 1000 + 30


class Account:
    """AMT's account at the provider. ``says`` changes what it tells of amount, currency and livemode."""

    def __init__(self, path: Path | str, *, page: str) -> None:
        self.book = Book(path)
        self.page = page
        self.says: dict[str, Any] = {}

    # What is told.

    def shown(self, found: Object, expand: tuple[str, ...] = ()) -> Object:
        """Return an object as the provider tells it, with the objects that ``expand`` names inside."""
        told = {key: value for key, value in found.items() if not key.startswith("_")}
        if told.get("url") and told["object"] == "checkout.session":
            told["url"] = f"{self.page}/pay/{told['id']}"  # after a restart it may be elsewhere
        for field, value in self.says.items():
            if field == "amount" and told["object"] == "checkout.session":
                told["amount_total"] = told["amount_subtotal"] = value
            elif field == "amount" and told["object"] in ("payment_intent", "charge"):
                told["amount"] = value
            elif field == "currency" and told["object"] in ("checkout.session", "payment_intent", "charge"):
                told["currency"] = value
            elif field == "livemode" and field in told:
                told["livemode"] = value
        for path in expand:
            field, _, inside = path.partition(".")
            if field not in told:
                raise Refused(f"This property cannot be expanded ({field}).", param="expand")
            if isinstance(told[field], str):
                told[field] = self.shown(self.find(told[field]), (inside,) if inside else ())
        return told

    def find(self, name: str, kind: str | None = None) -> Object:
        found = self.book.get(name)
        if found is None or kind not in (None, found["object"]):
            raise Refused(f"No such {kind or 'object'}: '{name}'", status=404, code="resource_missing", param="id")
        return found

    def _happened(self, kind: str, about: Object) -> None:
        """Write an event, and that it is to be sent."""
        event = self.book.put(objects.event(kind, self.shown(about)))
        self.book.rows("insert into webhooks (event, due_at) values (?, ?)", event["id"], objects.now())

    # What the portal asks.

    def open_session(self, params: dict[str, Any]) -> Object:
        item = params["line_items"][0]
        price = item["price_data"]
        amount, currency = int(price["unit_amount"]) * int(item["quantity"]), price["currency"]
        if amount < 50:
            raise Refused(
                "The Checkout Session's total amount due must add up to at least $0.50 usd", code="amount_too_small"
            )
        if not params.get("customer_email", "").isascii():
            raise Refused("Invalid email address.", code="email_invalid", param="customer_email")
        expires_at = int(params.get("expires_at") or objects.now() + objects.DAY)
        # The half minute is for the way here: a page of exactly 30 minutes is meant to be allowed.
        if not 29.5 * 60 <= expires_at - objects.now() <= objects.DAY + 30:
            raise Refused(
                "The `expires_at` timestamp must be at least 30 minutes and at most 24 hours from now.",
                param="expires_at",
            )
        with self.book.together():
            return self.book.put(objects.session(params, amount=amount, currency=currency))

    def close_session(self, name: str) -> Object:
        session = self.find(name, "checkout.session")
        if session["status"] != "open":
            raise Refused(f'Only Checkout Sessions with a status in ["open"] can be expired: {session["status"]}.')
        return self._expire(session)

    def _expire(self, session: Object) -> Object:
        with self.book.together():
            if session["payment_intent"]:
                intent = self.find(session["payment_intent"])
                self.book.put(intent | {"status": "canceled", "canceled_at": objects.now()})
            session = self.book.put(session | {"status": "expired", "url": None})
            self._happened("checkout.session.expired", session)
        return session

    def expire_what_is_over(self) -> None:
        """Close each page whose time is over."""
        with self.book.together():
            for (name,) in self.book.rows(OVER, objects.now()):
                self._expire(self.find(name))

    def refund(self, params: dict[str, Any]) -> Object:
        charge = self.find(params["charge"], "charge")
        amount = int(params.get("amount") or charge["amount"] - charge["amount_refunded"])
        if charge["status"] != "succeeded":
            raise Refused("This charge has not succeeded and cannot be refunded.", code="charge_not_refundable")
        if charge["refunded"]:
            raise Refused(f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded")
        if charge["disputed"]:
            raise Refused(f"Charge {charge['id']} has been charged back.", code="charge_disputed")
        if amount > charge["amount"] - charge["amount_refunded"]:
            raise Refused("Refund amount is greater than what is left of the charge.", param="amount")
        with self.book.together():
            refund = objects.refund(
                charge, amount=amount, metadata=params.get("metadata", {}), reason=params.get("reason")
            )
            bank = charge["id"].startswith("py")
            line = self._line(refund["id"], "payment_refund" if bank else "refund", "refund", -amount, 0, charge)
            refund = self.book.put(
                refund | {"balance_transaction": line["id"], "status": "pending" if bank else "succeeded"}
            )
            refunded = charge["amount_refunded"] + amount
            charge = self.book.put(charge | {"amount_refunded": refunded, "refunded": refunded == charge["amount"]})
            self._happened("refund.created", refund)
            self._happened("charge.refunded", charge)
        return refund

    # What the payer does on the page.

    def pay(self, name: str, way: str) -> Object:
        """Do what the payer chose and return the session as it is then. A page that is closed stays so."""
        with self.book.together():
            self.expire_what_is_over()
            session = self.find(name, "checkout.session")
            if session["status"] != "open":
                return session
            if session["payment_intent"]:
                intent = self.find(session["payment_intent"])
            else:
                intent = self.book.put(objects.payment_intent(session))
                session = self.book.put(session | {"payment_intent": intent["id"]})
            if way == "challenge":
                self.book.put(intent | {"status": "requires_action"})
            elif way in ("bank", "bank_fails"):
                session = self._debit(session, intent, fails=way == "bank_fails")
            elif way == "card":
                session = self._take(session, intent)
            else:
                self._decline(intent, DECLINED if way == "decline" else NOT_AUTHENTICATED)
            return session

    def _decline(self, intent: Object, failure: tuple[str, str]) -> None:
        charge = self.book.put(objects.charge(intent, method="card", last4="0002", status="failed", failure=failure))
        self._failed(intent, charge)

    def _failed(self, intent: Object, charge: Object) -> None:
        error = {
            "type": "card_error",
            "code": charge["failure_code"],
            "message": charge["failure_message"],
            "charge": charge["id"],
        }
        intent = self.book.put(
            intent | {"status": "requires_payment_method", "latest_charge": charge["id"], "last_payment_error": error}
        )
        self._happened("charge.failed", charge)
        self._happened("payment_intent.payment_failed", intent)

    def _take(self, session: Object, intent: Object) -> Object:
        charge = self._succeed(objects.charge(intent, method="card", last4="4242", status="succeeded"), intent)
        session = self.book.put(session | {"status": "complete", "payment_status": "paid", "url": None})
        self._happened("charge.succeeded", charge)
        self._happened("checkout.session.completed", session)
        return session

    def _debit(self, session: Object, intent: Object, *, fails: bool) -> Object:
        charge = self.book.put(
            objects.charge(intent, method="us_bank_account", last4="6789", status="pending") | {"_fails": fails}
        )
        self.book.put(intent | {"status": "processing", "latest_charge": charge["id"], "last_payment_error": None})
        session = self.book.put(session | {"status": "complete", "url": None})
        self._happened("charge.pending", charge)
        self._happened("checkout.session.completed", session)
        return session

    def _succeed(self, charge: Object, intent: Object) -> Object:
        bank = charge["id"].startswith("py")
        line = self._line(
            charge["id"],
            "payment" if bank else "charge",
            "charge",
            charge["amount"],
            fee_of(charge["amount"], charge["payment_method_details"]["type"]),
            charge,
        )
        charge = self.book.put(
            charge | {"status": "succeeded", "amount_captured": charge["amount"], "balance_transaction": line["id"]}
        )
        intent = self.book.put(
            intent
            | {
                "status": "succeeded",
                "amount_received": charge["amount"],
                "latest_charge": charge["id"],
                "last_payment_error": None,
            }
        )
        self._happened("payment_intent.succeeded", intent)
        return charge

    def _line(self, source: str, kind: str, category: str, amount: int, fee: int, charge: Object) -> Object:
        return self.book.put(
            objects.balance_transaction(
                source=source,
                kind=kind,
                category=category,
                amount=amount,
                fee=fee,
                currency=charge["currency"],
                description=charge["description"],
            )
        )

    # What banks do, some days later.

    def advance_debits(self) -> int:
        """Let the banks answer each debit that is under way, and return how many there were."""
        with self.book.together():
            pending = [charge for charge in self.book.all("charge") if charge["status"] == "pending"]
            for charge in pending:
                intent = self.find(charge["payment_intent"])
                session = next(
                    one for one in self.book.all("checkout.session") if one["payment_intent"] == intent["id"]
                )
                if charge["_fails"]:
                    code, sentence = DEBIT_RETURNED
                    charge = self.book.put(
                        charge | {"status": "failed", "paid": False, "failure_code": code, "failure_message": sentence}
                    )
                    self._failed(intent, charge)
                    self._happened("checkout.session.async_payment_failed", session)
                else:
                    charge = self._succeed(charge, intent)
                    session = self.book.put(session | {"payment_status": "paid"})
                    self._happened("charge.succeeded", charge)
                    self._happened("checkout.session.async_payment_succeeded", session)
            return len(pending)

    def open_dispute(self, charge_id: str, reason: str = "fraudulent") -> str:
        """Let the payer's bank take the money back, until the dispute is decided. Returns its name."""
        with self.book.together():
            charge = self.find(charge_id, "charge")
            dispute = objects.dispute(charge, reason=reason)
            line = self._line(dispute["id"], "adjustment", "dispute", -charge["amount"], DISPUTE_FEE, charge)
            dispute = self.book.put(dispute | {"balance_transactions": [self.shown(line)]})
            self.book.put(charge | {"disputed": True})
            self._happened("charge.dispute.created", dispute)
        return dispute["id"]

    def close_dispute(self, dispute_id: str, *, won: bool) -> None:
        """Decide a dispute: the money comes back if AMT won it, and stays away if not."""
        with self.book.together():
            dispute = self.find(dispute_id, "dispute")
            lines = dispute["balance_transactions"]
            if won:
                charge = self.find(dispute["charge"])
                line = self._line(dispute_id, "adjustment", "dispute_reversal", charge["amount"], 0, charge)
                lines = [*lines, self.shown(line)]
            dispute = self.book.put(dispute | {"status": "won" if won else "lost", "balance_transactions": lines})
            self._happened("charge.dispute.closed", dispute)

    def finish_refund(self, refund_id: str, *, failed: bool = False) -> None:
        """Let the payer's bank take a refund, or send it back."""
        with self.book.together():
            refund = self.find(refund_id, "refund")
            if failed:
                charge = self.find(refund["charge"])
                line = self._line(refund_id, "refund_failure", "refund_failure", refund["amount"], 0, charge)
                refund = refund | {
                    "status": "failed",
                    "failure_reason": "lost_or_stolen_card",
                    "failure_balance_transaction": line["id"],
                }
                self.book.put(charge | {"amount_refunded": 0, "refunded": False})
            else:
                refund = refund | {"status": "succeeded"}
            self.book.put(refund)
            self._happened("refund.failed" if failed else "refund.updated", refund)

    def make_payout(self, arrival: int | None = None) -> str | None:
        """Send all that was not paid out yet to AMT's bank; return the payout's name, if there was any.

        ``arrival`` is midnight in UTC of the day on which the bank has it; in two days if not given.
        """
        with self.book.together():
            lines = [one for one in self.book.all("balance_transaction") if one["_payout"] is None]
            total = sum(line["net"] for line in lines)
            if total <= 0:
                return None
            payout = objects.payout(
                amount=total, currency="usd", arrival=arrival or (objects.now() // objects.DAY + 2) * objects.DAY
            )
            own = objects.balance_transaction(
                source=payout["id"],
                kind="payout",
                category="payout",
                amount=-total,
                fee=0,
                currency="usd",
                description=payout["description"],
            )
            for line in [*lines, own]:
                self.book.put(line | {"_payout": payout["id"], "status": "available"})
            payout = self.book.put(payout | {"balance_transaction": own["id"]})
            self._happened("payout.paid", payout)
        return payout["id"]
