"""Which address asks for what, with which parameters."""

import json
import re
from typing import Any
from urllib.parse import parse_qsl

from deploy.payment_provider.account import Account, Refused
from deploy.payment_provider.book import Object

LISTED = {
    "/v1/checkout/sessions": "checkout.session",
    "/v1/balance_transactions": "balance_transaction",
    "/v1/charges": "charge",
    "/v1/disputes": "dispute",
    "/v1/events": "event",
    "/v1/payment_intents": "payment_intent",
    "/v1/payouts": "payout",
    "/v1/refunds": "refund",
}
# What a list may be filtered by, beside ``created``, ``limit`` and ``starting_after``.
FILTERS = {
    "checkout.session": {"payment_intent", "status"},
    "balance_transaction": {"payout", "source", "type"},
    "charge": {"payment_intent"},
    "dispute": {"charge"},
    "event": {"type"},
    "payout": {"status"},
    "refund": {"charge", "payment_intent"},
}
# The parameters that the double knows, with those inside them. A test holds that Stripe knows them.
CREATE_SESSION: dict[str, Any] = {
    "adaptive_pricing": {"enabled": None},
    "allowed_payment_method_types": [],
    "cancel_url": None,
    "client_reference_id": None,
    "customer_email": None,
    "expand": [],
    "expires_at": None,
    "line_items": [
        {"quantity": None, "price_data": {"currency": None, "unit_amount": None, "product_data": {"name": None}}}
    ],
    "locale": None,
    "metadata": {},
    "mode": None,
    "payment_intent_data": {"description": None, "metadata": {}},
    "submit_type": None,
    "success_url": None,
}
CREATE_REFUND: dict[str, Any] = {"amount": None, "charge": None, "expand": [], "metadata": {}, "reason": None}
EXPIRE_SESSION: dict[str, Any] = {"expand": []}
METHODS = {"card", "link", "us_bank_account"}


def decoded(text: str) -> dict[str, Any]:
    """Return form parameters as they nest: ``a[b]=1`` and ``a[0]=1``. Values are strings.

    >>> decoded("a[b]=1&c[0][d]=2&c[1][d]=3")
    {'a': {'b': '1'}, 'c': [{'d': '2'}, {'d': '3'}]}
    """
    root: dict[str, Any] = {}
    for key, value in parse_qsl(text, keep_blank_values=True):
        steps = re.findall(r"[^\[\]]+", key)
        inside = root
        for step in steps[:-1]:
            inside = inside.setdefault(step, {})
        inside[steps[-1]] = value
    return {key: _lists(value) for key, value in root.items()}


def _lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if value and all(key.isdigit() for key in value):
        return [_lists(value[key]) for key in sorted(value, key=int)]
    return {key: _lists(inside) for key, inside in value.items()}


def _check(params: dict[str, Any], known: dict[str, Any], path: str = "") -> None:
    """Refuse a parameter that the double does not know, as Stripe does with one that it does not."""
    for key, value in params.items():
        name = f"{path}[{key}]" if path else key
        if key not in known:
            raise Refused(f"Received unknown parameter: {name}", code="parameter_unknown", param=name)
        inside = known[key]
        if isinstance(inside, dict) and inside and isinstance(value, dict):
            _check(value, inside, name)
        elif isinstance(inside, list) and inside:
            for number, one in enumerate(value):
                _check(one, inside[0], f"{name}[{number}]")


def answer(
    account: Account, method: str, path: str, params: dict[str, Any], idempotency_key: str | None
) -> tuple[int, Object]:
    """Return the status and the body with which the provider answers a call."""
    try:
        with account.book.together():
            account.expire_what_is_over()
            if method != "POST" or not idempotency_key:
                return 200, _done(account, method, path, params)
            asked = json.dumps([path, params], sort_keys=True)
            for earlier, status, body in account.book.rows(
                "select asked, status, body from answers where key = ?", idempotency_key
            ):
                if earlier == asked:
                    return status, json.loads(body)
                raise _OtherParameters(idempotency_key)
            try:
                status, body = 200, _done(account, method, path, params)
            except Refused as refused:
                status, body = refused.status, {"error": refused.error}
            account.book.rows(
                "insert into answers values (?, ?, ?, ?)", idempotency_key, asked, status, json.dumps(body)
            )
            return status, body
    except Refused as refused:
        return refused.status, {"error": refused.error}


class _OtherParameters(Refused):
    def __init__(self, key: str) -> None:
        super().__init__(
            "Keys for idempotent requests can only be used with the same parameters they were first used with."
            f" Try using a key other than '{key}' if you meant to execute a different request."
        )
        self.error["type"] = "idempotency_error"


def _done(account: Account, method: str, path: str, params: dict[str, Any]) -> Object:
    expand = tuple(params.get("expand", ()))
    if method == "POST":
        if path == "/v1/checkout/sessions":
            return account.shown(_opened(account, params), expand)
        if path == "/v1/refunds":
            _check(params, CREATE_REFUND)
            return account.shown(account.refund(params), expand)
        if found := re.fullmatch(r"/v1/checkout/sessions/(\w+)/expire", path):
            _check(params, EXPIRE_SESSION)
            return account.shown(account.close_session(found[1]), expand)
    elif path in LISTED:
        return _listed(account, path, params)
    else:
        folder, _, name = path.rpartition("/")
        if folder in LISTED:
            return account.shown(account.find(name, LISTED[folder]), expand)
    raise Refused(f"Unrecognized request URL ({method}: {path}).", status=404)


def _opened(account: Account, params: dict[str, Any]) -> Object:
    _check(params, CREATE_SESSION)
    if params.get("mode") != "payment":
        raise Refused("The double only knows the mode payment.", param="mode")
    for needed in ("line_items", "success_url"):
        if not params.get(needed):
            raise Refused(f"Missing required param: {needed}.", code="parameter_missing", param=needed)
    for method in params.get("allowed_payment_method_types", ()):
        if method not in METHODS:
            raise Refused(f"Invalid allowed_payment_method_types: {method}", param="allowed_payment_method_types")
    return account.open_session(params)


def _listed(account: Account, path: str, params: dict[str, Any]) -> Object:
    kind = LISTED[path]
    known = dict.fromkeys(FILTERS.get(kind, set())) | {
        "created": {"gt": None, "gte": None, "lt": None, "lte": None},
        "expand": [],
        "limit": None,
        "starting_after": None,
    }
    _check(params, known)
    found = account.book.all(kind)
    for key in FILTERS.get(kind, set()) & params.keys():
        field = "_payout" if key == "payout" else key
        found = [one for one in found if one[field] == params[key]]
    created = params.get("created", {})
    found = [
        one
        for one in found
        if ("gt" not in created or one["created"] > int(created["gt"]))
        and ("gte" not in created or one["created"] >= int(created["gte"]))
        and ("lt" not in created or one["created"] < int(created["lt"]))
        and ("lte" not in created or one["created"] <= int(created["lte"]))
    ]
    if after := params.get("starting_after"):
        names = [one["id"] for one in found]
        if after not in names:
            raise Refused(f"No such {kind}: '{after}'", code="resource_missing", param="starting_after")
        found = found[names.index(after) + 1 :]
    limit = int(params.get("limit") or 10)
    if not 1 <= limit <= 100:
        raise Refused("This value must be between 1 and 100.", param="limit")
    inside = tuple(path.removeprefix("data.") for path in params.get("expand", ()))
    return {
        "object": "list",
        "url": path,
        "has_more": len(found) > limit,
        "data": [account.shown(one, inside) for one in found[:limit]],
    }
