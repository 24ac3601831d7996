"""A sign-in with an address that has no account hashes as often as one with an account.

allauth hashes the password once. For an account, a password that NFKC changes is hashed twice
(``User.check_password``), so that the time of the answer would tell who is on the roster.
"""

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.auth.hashers import make_password

from amtportal.members.models import User


def replace_hashing() -> None:
    """Let allauth's backend compare the password with that of an account that has none."""
    AuthenticationBackend._mitigate_timing_attack = _compare


def _compare(backend: Any, password: str) -> None:
    User(password=make_password(None)).check_password(password)
