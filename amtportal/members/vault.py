"""What a stolen database must not tell is encrypted with keys that stand outside of it (``MFA_KEYS``).

The first key encrypts and every key decrypts: a new key is put in front, ``manage.py renew_encryption`` writes
everything anew with it, and then the old one can go.
"""

import base64
import hashlib

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


def _fernet(key: str) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(hashlib.sha256(b"amtportal.vault:" + key.encode()).digest()))


def _keys() -> MultiFernet:
    return MultiFernet([_fernet(key) for key in settings.MFA_KEYS])


def encrypt(text: str) -> str:
    return _keys().encrypt(text.encode()).decode()


def decrypt(encrypted: str) -> str:
    """The text. A value that no key fits, or that was tampered with, raises ``InvalidToken``."""
    return _keys().decrypt(encrypted.encode()).decode()


def opens(encrypted: str) -> bool:
    """Whether one of the keys fits."""
    try:
        decrypt(encrypted)
    except InvalidToken:
        return False
    return True


def renewed(encrypted: str) -> str:
    """The same text, encrypted with the first key."""
    return _keys().rotate(encrypted.encode()).decode()
