"""Sessions in the database.

Django takes every failure to save a session for one that was deleted in the meantime, and refuses
the request (400). If the database is to blame, the request is refused as its other failures are
(503: ``amtportal.middleware.retry``).
"""

from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import UpdateError
from django.db import InterfaceError, InternalError, OperationalError


class SessionStore(db.SessionStore):
    def save(self, must_create: bool = False) -> None:
        try:
            super().save(must_create)
        except UpdateError as error:
            cause = error.__context__
            if isinstance(cause, (OperationalError, InternalError, InterfaceError)):
                raise cause from None
            raise
