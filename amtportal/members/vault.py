"""Encryption for what a stolen database must not reveal. The keys are outside it (``MFA_KEYS``).

The first key encrypts, and every key decrypts. To change the key, put the new one first, run
``manage.py renew_encryption``, which encrypts everything again with it, and then remove the old
one.
"""

import base64
import hashlib

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.dispatch import Signal

# Sent with ``renewed`` when everything is encrypted again, to apps that build on this one and keep secrets.
# Each adds to this list whether it could read each of its own.
renewing = Signal()


def _fernet(key: str) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(hashlib.sha256(b"amtportal.vault:" + key.encode()).digest()))


def _keys() -> MultiFernet:
    return MultiFernet([_fernet(key) for key in settings.MFA_KEYS])


def encrypt(text: str) -> str:
    return _keys().encrypt(text.encode()).decode()


def decrypt(encrypted: str) -> str:
    """Return the text. Raises ``InvalidToken`` if no key fits or the value was tampered with."""
    return _keys().decrypt(encrypted.encode()).decode()


def opens(encrypted: str) -> bool:
    """Return whether one of the keys fits."""
    try:
        decrypt(encrypted)
    except InvalidToken:
        return False
    return True


def renewed(encrypted: str) -> str:
    """Return the same text, encrypted with the first key."""
    return _keys().rotate(encrypted.encode()).decode()
