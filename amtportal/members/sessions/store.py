"""Sessions in the database.

Django takes every failure to save a session for one that was deleted in the meantime, and refuses
the request (400). If the database is to blame, the request is refused as its other failures are
(503: ``amtportal.middleware.retry``).
"""

from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.models import Session
from django.db import InterfaceError, InternalError, OperationalError
from django.db.models import QuerySet
from django.utils import timezone

from amtportal.prepared import prepared


@prepared
def _stored(key: str) -> QuerySet[Session]:
    return Session.objects.filter(session_key=key)


class SessionStore(db.SessionStore):
    def _get_session_from_db(self) -> Session | None:
        """Return the session; None, and no longer its key, if there is none or if it has expired."""
        for session in _stored(self.session_key or ""):
            if session.expire_date > timezone.now():
                return session
        self._session_key = None
        return None

    def save(self, must_create: bool = False) -> None:
        try:
            super().save(must_create)
        except UpdateError as error:
            cause = error.__context__
            if isinstance(cause, (OperationalError, InternalError, InterfaceError)):
                raise cause from None
            raise
