"""What the settings of online payment must be, so that a wrong value stops the portal at the start.

A key says by its beginning whether it moves real money. A live key is only for a portal on https,
and goes to the provider itself and nowhere else.
"""

import re
from math import nan
from urllib.parse import urlsplit

PROVIDER = "https://api.stripe.com"
LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1")


def is_live(key: str) -> bool:
    """Return whether a key moves real money."""
    return key.startswith(("sk_live_", "rk_live_"))


def seconds_of(text: str) -> float:
    """Return the number of seconds that was written, or NaN if it is no number, which ``problem`` names."""
    try:
        return float(text)
    except ValueError:
        return nan


def problem(*, key: str, secrets: list[str], api: str, page: str, seconds: float, https: bool) -> str:
    """Return what is wrong with the settings of online payment, and what to write; empty if nothing is.

    No sentence repeats a key or a secret, because they end up in logs.
    """
    if not 1 <= seconds <= 25:  # not a number is neither
        return "PAYMENT_TIMEOUT_SECONDS must be a number from 1 to 25: the provider is asked twice within one request."
    if not key:
        return "PAYMENT_WEBHOOK_SECRETS is set and PAYMENT_SECRET_KEY is not: set both, or none." if secrets else ""
    if not re.fullmatch(r"[sr]k_(live|test)_[A-Za-z0-9_]{8,}", key):
        return "PAYMENT_SECRET_KEY must be a secret key of Stripe: sk_live_…, rk_live_…, sk_test_… or rk_test_…."
    if any(not re.fullmatch(r"whsec_[A-Za-z0-9+/=_]{16,}", secret) for secret in secrets):
        return "Each of PAYMENT_WEBHOOK_SECRETS must begin with whsec_, as Stripe shows it beside the webhook address."
    for name, address in (("PAYMENT_API_URL", api), ("PAYMENT_PAGE_URL", page)):
        parts = urlsplit(address)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.path or parts.query:
            return f"{name} is {address!r}; write only scheme, host and port, such as {PROVIDER}."
        if parts.scheme == "http" and parts.hostname not in LOCAL_HOSTS:
            return f"{name} is {address!r}; only an address on this machine may be http."
    if is_live(key) and api != PROVIDER:
        return f"PAYMENT_SECRET_KEY is live and PAYMENT_API_URL is {api!r}: a live key is only for {PROVIDER}."
    if is_live(key) and not https:
        return "PAYMENT_SECRET_KEY is live, but AMTPORTAL_URL is not https: use a test key here."
    return ""
