"""The cookie for messages, with the prefix ``__Host-``: other hosts of the domain cannot set it."""

from django.conf import settings
from django.contrib.messages.storage.cookie import CookieStorage
from django.contrib.messages.storage.fallback import FallbackStorage
from django.contrib.messages.storage.session import SessionStorage


class MessageCookie(CookieStorage):
    cookie_name = f"{settings.COOKIE_PREFIX}messages"


class MessageStorage(FallbackStorage):
    """Django's storage with our cookie: the cookie first, and the session for what does not fit."""

    storage_classes = (MessageCookie, SessionStorage)
