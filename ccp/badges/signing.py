"""Signing with the portal's badge keys. No other module knows how: this one alone imports PyJWT.

The keys are Ed25519, made of the texts in ``BADGE_KEYS``. The first signs; the public half of each is
published, so that what an earlier one signed can be verified while it is listed. A signature of
Ed25519 depends on nothing but the key and the content: the same badge is the same file.
"""

import base64
import hashlib
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings
from django.urls import reverse

from amtportal import links

ALGORITHM = "EdDSA"


def sign(content: Mapping[str, Any]) -> str:
    """Return the content as a JWT, signed with the first key."""
    key = settings.BADGE_KEYS[0]
    header = {"kid": key_address(thumbprint(key))}
    return jwt.encode(dict(content), _private(key), algorithm=ALGORITHM, headers=header)


def public_keys() -> list[dict[str, str]]:
    """Return every public key as a JWK (RFC 8037), the one that signs first."""
    return [_public(key) for key in settings.BADGE_KEYS]


def public_key(name: str) -> dict[str, str] | None:
    """Return the public key with this thumbprint; None if the portal does not have it."""
    return next((_public(key) for key in settings.BADGE_KEYS if thumbprint(key) == name), None)


def key_address(name: str) -> str:
    """Return the address of a public key, by which badges name it (``kid``)."""
    return links.absolute(reverse("badge-key", args=[name]))


@lru_cache
def _private(key: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(b"amtportal.badges:" + key.encode()).digest())


@lru_cache
def _point(key: str) -> str:
    return _base64(_private(key).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))


@lru_cache
def thumbprint(key: str) -> str:
    """Return the name of the public key: the SHA-256 of its members (RFC 7638)."""
    members = f'{{"crv":"Ed25519","kty":"OKP","x":"{_point(key)}"}}'
    return _base64(hashlib.sha256(members.encode()).digest())


def _public(key: str) -> dict[str, str]:
    return {
        "kty": "OKP",
        "crv": "Ed25519",
        "x": _point(key),
        "kid": key_address(thumbprint(key)),
        "alg": ALGORITHM,
        "use": "sig",
    }


def _base64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
