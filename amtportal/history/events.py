"""Security events: sign-ins, sign-outs, passwords, second factors, addresses. Each leaves one row.

Django and allauth tell of most of them; whoever does what they do not know of notes it (``note``).
"""

from typing import Any

from allauth.account import signals as allauth_signals
from allauth.account.authentication import get_authentication_records
from allauth.mfa import signals as mfa_signals
from allauth.mfa.models import Authenticator
from django.contrib.auth import signals
from django.http import HttpRequest

from amtportal.history.models import SecurityEvent

Kind = SecurityEvent.Kind
_LONGEST = 100


def note(kind: str, user: Any = None, *, detail: str = "", typed: str = "") -> None:
    """Write down what happened to the account, or to whatever was typed as the address of one."""
    SecurityEvent.objects.create(kind=kind, user=user, detail=detail[:_LONGEST], email=address_in(typed))


def address_in(typed: str) -> str:
    """What was typed, if it can be an address: a password typed into the wrong field is not kept."""
    # PostgreSQL takes no NUL.
    return typed.strip().lower()[:254] if "@" in typed and "\0" not in typed else ""


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
    def write(user: Any, **told: Any) -> None:
        if user is not None:  # a session that had ended can be signed out, too
            note(kind, user, detail=getattr(told.get("authenticator"), "type", ""))

    return write


def _refused(credentials: dict[str, Any], **told: Any) -> None:
    note(Kind.REFUSED, typed=str(credentials.get("email") or credentials.get("username") or ""))


def _signed_in(request: HttpRequest, user: Any, **told: Any) -> None:
    """By which factors, one after the other."""
    given = [record.get("type", record["method"]) for record in get_authentication_records(request, user)]
    note(Kind.SIGNED_IN, user, detail=", ".join(dict.fromkeys(given)))


def _confirmed(user: Any, method: str, reauthenticated: bool = False, **told: Any) -> None:
    if reauthenticated:
        note(Kind.CONFIRMED, user, detail=told.get("type", method))


def _factor_used(user: Any, authenticator: Any, **told: Any) -> None:
    if authenticator.type == Authenticator.Type.RECOVERY_CODES:
        note(Kind.CODE_USED, user)
