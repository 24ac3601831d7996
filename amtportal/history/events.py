"""Security events: sign-ins, sign-outs, passwords, second factors, addresses. Each adds one row.

Signals from Django and allauth announce most of them. Code that does something without such a
signal calls ``note`` itself.
"""

from typing import Any

from allauth.account import signals as allauth_signals
from allauth.account.authentication import get_authentication_records
from allauth.mfa import signals as mfa_signals
from allauth.mfa.models import Authenticator
from django.contrib.auth import signals
from django.http import HttpRequest

from amtportal import clean
from amtportal.history.models import SecurityEvent

Kind = SecurityEvent.Kind
_LONGEST = 100


def note(kind: str, user: Any = None, *, detail: str = "", typed: str = "") -> None:
    """Record an event for the account, or for the text that was typed as the address of one."""
    SecurityEvent.objects.create(kind=kind, user=user, detail=detail[:_LONGEST], email=address_in(typed))


def address_in(typed: str) -> str:
    """Return the typed text if it can be an e-mail address, else an empty string.

    This way a password that was typed into the wrong field is not stored.
    """
    # PostgreSQL does not accept NUL in text.
    return clean.email(typed)[:254] if "@" in typed and "\0" not in typed else ""


def listen() -> None:
    signals.user_login_failed.connect(_refused, dispatch_uid="history-refused")
    signals.user_logged_in.connect(_signed_in, dispatch_uid="history-signed-in")
    allauth_signals.authentication_step_completed.connect(_confirmed, dispatch_uid="history-confirmed")
    mfa_signals.authenticator_used.connect(_factor_used, dispatch_uid="history-factor-used")
    for signal, kind in (
        (signals.user_logged_out, Kind.SIGNED_OUT),
        (allauth_signals.password_set, Kind.PASSWORD_SET),
        (allauth_signals.password_changed, Kind.PASSWORD_CHANGED),
        (allauth_signals.password_reset, Kind.PASSWORD_RESET),
        (mfa_signals.authenticator_added, Kind.FACTOR_ADDED),
        (mfa_signals.authenticator_removed, Kind.FACTOR_REMOVED),
        (mfa_signals.authenticator_reset, Kind.CODES_RENEWED),
        (mfa_signals.authentication_failed, Kind.CODE_REFUSED),
    ):
        signal.connect(_writer(kind), weak=False, dispatch_uid=f"history-{kind}")


def _writer(kind: str) -> Any:
    def write(user: Any, **kwargs: Any) -> None:
        if user is not None:  # it is None when a session that had already ended is signed out
            note(kind, user, detail=getattr(kwargs.get("authenticator"), "type", ""))

    return write


def _refused(credentials: dict[str, Any], **kwargs: Any) -> None:
    note(Kind.REFUSED, typed=str(credentials.get("email") or credentials.get("username") or ""))


def _signed_in(request: HttpRequest, user: Any, **kwargs: Any) -> None:
    """Record the sign-in with the factors that were used, in their order."""
    factors = [record.get("type", record["method"]) for record in get_authentication_records(request, user)]
    note(Kind.SIGNED_IN, user, detail=", ".join(dict.fromkeys(factors)))


def _confirmed(user: Any, method: str, reauthenticated: bool = False, **kwargs: Any) -> None:
    if reauthenticated:
        note(Kind.CONFIRMED, user, detail=kwargs.get("type", method))


def _factor_used(user: Any, authenticator: Any, **kwargs: Any) -> None:
    if authenticator.type == Authenticator.Type.RECOVERY_CODES:
        note(Kind.CODE_USED, user)
