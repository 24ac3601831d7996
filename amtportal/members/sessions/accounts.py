"""The account of a session, read together with its member: nearly every page needs both.

The backend keeps allauth's path, because each session names the backend that opened it: with
another path, everybody would be signed out.
"""

from allauth.account.auth_backends import AuthenticationBackend
from django.db.models import QuerySet

from amtportal.members.models import User
from amtportal.prepared import prepared


@prepared
def _accounts(key: int) -> QuerySet[User]:
    return User.objects.filter(pk=key).select_related("member")


def _get_user(self: AuthenticationBackend, user_id: int) -> User | None:
    for account in _accounts(user_id):
        if self.user_can_authenticate(account):
            return account
    return None


def replace_reading() -> None:
    """Let the backend read the account of a session by ``_get_user``."""
    AuthenticationBackend.get_user = _get_user
