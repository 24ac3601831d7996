"""Sign-ins, sign-outs and passwords. Django and allauth tell of them; each leaves one row."""

from typing import Any

from allauth.account import signals as allauth_signals
from django.contrib.auth import signals

from amtportal.history.models import SecurityEvent

Kind = SecurityEvent.Kind


def listen() -> None:
    signals.user_login_failed.connect(_refused, dispatch_uid="history-refused")
    for signal, kind in (
        (signals.user_logged_in, Kind.SIGNED_IN),
        (signals.user_logged_out, Kind.SIGNED_OUT),
        (allauth_signals.password_set, Kind.PASSWORD_SET),
        (allauth_signals.password_changed, Kind.PASSWORD_CHANGED),
        (allauth_signals.password_reset, Kind.PASSWORD_RESET),
    ):
        signal.connect(_writer(kind), weak=False, dispatch_uid=f"history-{kind}")


def _writer(kind: str) -> Any:
    def write(user: Any, **told: Any) -> None:
        if user is not None:  # a session that had ended can be signed out, too
            SecurityEvent.objects.create(kind=kind, user=user)

    return write


def _refused(credentials: dict[str, Any], **told: Any) -> None:
    typed = str(credentials.get("email") or credentials.get("username") or "")
    # PostgreSQL takes no NUL; a password typed into the wrong field is no address and is not kept.
    email = typed.strip().lower()[:254] if "@" in typed and "\0" not in typed else ""
    SecurityEvent.objects.create(kind=Kind.REFUSED, email=email)
