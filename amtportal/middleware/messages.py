"""The cookie of messages, under the name that browsers guard: other hosts of the domain cannot set it (``__Host-``)."""

from django.conf import settings
from django.contrib.messages.storage.cookie import CookieStorage
from django.contrib.messages.storage.fallback import FallbackStorage
from django.contrib.messages.storage.session import SessionStorage


class MessageCookie(CookieStorage):
    cookie_name = f"{settings.COOKIE_PREFIX}messages"


class MessageStorage(FallbackStorage):
    """Django's own: a cookie, and the session for what does not fit."""

    storage_classes = (MessageCookie, SessionStorage)
