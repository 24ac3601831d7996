"""Second factors in tests: an app that shows codes, and members and staff who have one."""

import time

from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from django.http import HttpResponse
from django.test import Client

from amtportal.members.models import User

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def code(secret: str = SECRET, *, steps: int = 0) -> str:
    """What the app shows now, or so many half minutes later."""
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + steps))


def give_app(user: User, secret: str = SECRET) -> list[str]:
    """Set up the app for that account. Returns the recovery codes."""
    TOTP.activate(user, secret)
    return RecoveryCodes.activate(user).generate_codes()


def confirm(client: Client, password: str) -> HttpResponse:
    """Give the password once more, as is asked before a second factor is changed."""
    return client.post("/accounts/reauthenticate/", {"password": password})
