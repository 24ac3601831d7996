"""The local provider cannot drift: its objects have the fields and types of the library's classes."""

import inspect
import json
import types
from typing import Any, ForwardRef, Literal, Union, get_args, get_origin

import pytest
import stripe
import stripe.checkout
from stripe import StripeObject
from stripe.params import RefundCreateParams
from stripe.params.checkout import SessionCreateParams

from certifications.payments import provider as adapter
from deploy.payment_provider import objects, protocol
from tests.support.payment_provider import Provider

CLASSES: dict[str, type] = {
    "checkout.session": stripe.checkout.Session,
    "payment_intent": stripe.PaymentIntent,
    "charge": stripe.Charge,
    "balance_transaction": stripe.BalanceTransaction,
    "refund": stripe.Refund,
    "dispute": stripe.Dispute,
    "payout": stripe.Payout,
    "event": stripe.Event,
}
SESSION = {
    "line_items": [
        {"quantity": 1, "price_data": {"currency": "usd", "unit_amount": 9500, "product_data": {"name": "Fee"}}}
    ],
    "success_url": "http://localhost:8000/",
    "client_reference_id": "a",
    "metadata": {"reference": "a"},
}


def named(name: str, inside: list[type]) -> Any:
    """Return the class of a name that is written as text: one inside an outer class, or one of the library."""
    for owner in reversed(inside):
        if hasattr(owner, name.split(".")[-1]):
            return getattr(owner, name.split(".")[-1])
    module = inspect.getmodule(inside[0])
    return getattr(module, name, None) or getattr(stripe, name, Any)


def faults(value: Any, kind: Any, inside: list[type], path: str) -> list[str]:
    """Return where a value is not of its type. What the library writes as a name is followed."""
    if isinstance(kind, ForwardRef):
        kind = kind.__forward_arg__
    if isinstance(kind, str):
        if not kind.replace(".", "").isidentifier():
            kind = eval(kind, {**vars(stripe), "Literal": Literal, "Any": Any})  # noqa: S307  # the library's own
        else:
            kind = named(kind, inside)
    if kind is Any:
        return []
    origin, parts = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        tried = [faults(value, part, inside, path) for part in parts]
        return [] if not all(tried) else min(tried, key=len)
    if origin is Literal:
        return [] if value in parts else [f"{path}: {value!r} is none of {parts}"]
    if origin is list:
        if not isinstance(value, list):
            return [f"{path}: {value!r} is no list"]
        return [fault for one in value for fault in faults(one, parts[0], inside, f"{path}[]")]
    if origin is not None:  # ListObject[…], UntypedStripeObject[…], Dict[…]
        return [] if isinstance(value, dict) else [f"{path}: {value!r} is no object"]
    if kind is type(None) or kind in (int, str, bool, float):
        return (
            []
            if type(value) is kind or value is kind or (kind is type(None) and value is None)
            else [f"{path}: {value!r} is no {kind.__name__}"]
        )
    if inspect.isclass(kind) and issubclass(kind, StripeObject):
        return faults_of_object(value, kind, [*inside, kind], path)
    return []


def faults_of_object(value: Any, kind: type, inside: list[type], path: str) -> list[str]:
    if not isinstance(value, dict):
        return [f"{path}: {value!r} is no {kind.__name__}"]
    declared = {
        name: one for owner in reversed(kind.__mro__) for name, one in getattr(owner, "__annotations__", {}).items()
    }
    declared = {name: one for name, one in declared.items() if not name.startswith("_") and "ClassVar" not in str(one)}
    if not declared:
        return []
    # A field that the library declares with another name, because Python keeps this one.
    renamed = {python: told for told, python in getattr(kind, "_field_remappings", {}).items()}
    found = [
        f"{path}.{name}: unknown to the library"
        for name in value
        if name not in declared and name not in renamed.values()
    ]
    for name, one in declared.items():
        if name in value:
            found += faults(value[name], one, inside, f"{path}.{name}")
        elif type(None) not in get_args(one):
            found.append(f"{path}.{name} is missing")
    return found


@pytest.fixture
def world(provider: Provider) -> dict[str, list[dict[str, Any]]]:
    """Every kind of object in every state that the provider knows, as it tells them."""
    account = provider.account
    names = [account.open_session(SESSION)["id"] for _ in range(8)]
    for name, way in zip(names, ("card", "card", "decline", "challenge", "bank", "bank_fails", "card"), strict=False):
        account.pay(name, way)
    account.advance_debits()
    account.pay(account.open_session(SESSION)["id"], "bank")
    account.close_session(names[2])
    account.close_session(names[7])
    account.refund({"charge": provider.charge_of(names[0]), "metadata": {"reference": "a"}})
    account.finish_refund(account.refund({"charge": provider.charge_of(names[4])})["id"], failed=True)
    account.close_dispute(account.open_dispute(provider.charge_of(names[1])), won=True)
    account.close_dispute(account.open_dispute(provider.charge_of(names[6])), won=False)
    account.make_payout()
    return {kind: [account.shown(one) for one in account.book.all(kind)] for kind in CLASSES}


@pytest.mark.parametrize("kind", CLASSES)
def test_an_object_is_what_the_library_says(world: dict[str, list[dict[str, Any]]], kind: str) -> None:
    assert world[kind]
    found = {
        fault
        for one in world[kind]
        for fault in faults_of_object(json.loads(json.dumps(one)), CLASSES[kind], [CLASSES[kind]], kind)
    }
    assert not found


def test_a_drifting_object_is_noticed(world: dict[str, list[dict[str, Any]]]) -> None:
    charge = world["charge"][0]
    for changed in (
        charge | {"amount": "9500"},
        charge | {"invoice_item": None},
        {key: value for key, value in charge.items() if key != "currency"},
        charge | {"payment_method_details": {"type": "card", "card": {"last4": 4242}}},
    ):
        assert faults_of_object(changed, stripe.Charge, [stripe.Charge], "charge")


def test_every_state_of_a_charge_is_tried(world: dict[str, list[dict[str, Any]]]) -> None:
    assert {one["status"] for one in world["charge"]} == {"succeeded", "pending", "failed"}
    assert {one["status"] for one in world["checkout.session"]} == {"open", "complete", "expired"}


def test_every_kind_of_event_exists(world: dict[str, list[dict[str, Any]]]) -> None:
    known = set(get_args(stripe.Event.__annotations__["type"]))
    assert {one["type"] for one in world["event"]} <= known


def known_params(kind: Any) -> dict[str, Any]:
    return {
        name: one for owner in reversed(kind.__mro__) for name, one in getattr(owner, "__annotations__", {}).items()
    }


@pytest.mark.parametrize(
    ("params", "kind"), [(protocol.CREATE_SESSION, SessionCreateParams), (protocol.CREATE_REFUND, RefundCreateParams)]
)
def test_a_parameter_that_the_double_takes_exists(params: dict[str, Any], kind: Any) -> None:
    assert set(params) <= set(known_params(kind))


def test_the_protocols_release_is_the_one_of_the_types() -> None:
    """A newer library may know another release. Then the adapter and the double are read against it."""
    assert adapter.API_VERSION == objects.API_VERSION == stripe.api_version
