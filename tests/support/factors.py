"""Second factors in tests: an app that shows codes, and people who have a second factor."""

import secrets
import time

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from allauth.mfa.webauthn.internal.auth import WebAuthn
from allauth.usersessions.models import UserSession
from cryptography.hazmat.primitives.asymmetric import ec
from django.http import HttpResponse
from django.test import Client
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import Aaguid, AttestationObject, AttestedCredentialData, AuthenticatorData, CollectedClientData

from amtportal.members.models import Member, User
from tests.support.builders import PASSWORD, client_of, make_member, make_user

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 "
    "Mobile/15E148 Safari/604.1"
)


def code(secret: str = SECRET, *, steps: int = 0) -> str:
    """Return the code that the app shows now, or this many half minutes later."""
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + steps))


def give_app(user: User, secret: str = SECRET) -> list[str]:
    """Set up the app for that account and return the recovery codes."""
    TOTP.activate(user, secret)
    return RecoveryCodes.activate(user).generate_codes()


def give_passkey(user: User, name: str = "Phone", *, alone: bool = True) -> Authenticator:
    """Return a passkey that is on record but on no device.

    ``alone``: the passkey signs in without the password.
    """
    key = ES256.from_cryptography_key(ec.generate_private_key(ec.SECP256R1()).public_key())
    held = AttestedCredentialData.create(Aaguid.NONE, secrets.token_bytes(16), key)
    flags = AuthenticatorData.FLAG.UP | AuthenticatorData.FLAG.UV | AuthenticatorData.FLAG.AT
    attested = AttestationObject.create("none", AuthenticatorData.create(bytes(32), flags, 0, held), {})
    answered = CollectedClientData.create(CollectedClientData.TYPE.CREATE, bytes(32), "http://localhost")
    number = websafe_encode(held.credential_id)
    credential = {
        "id": number,
        "rawId": number,
        "type": "public-key",
        "response": {"clientDataJSON": websafe_encode(answered), "attestationObject": websafe_encode(attested)},
        "clientExtensionResults": {"credProps": {"rk": alone}},
    }
    passkey: Authenticator = WebAuthn.add(user, name, credential).instance
    return passkey


def make_careful(email: str = "cara@example.org") -> Member:
    """Return a member with an app, two passkeys and recovery codes.

    The member is signed in with two more browsers.
    """
    user = make_user(email=email, password=PASSWORD)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    member = make_member(user=user, first_name="Cara", last_name="Careful")
    give_app(user)
    give_passkey(user, "Phone")
    give_passkey(user, "W" * 60, alone=False)
    for number, user_agent in enumerate((IPHONE, "x" * 200)):
        session = client_of(member).session.session_key
        UserSession.objects.create(user=user, session_key=session, ip=f"2001:db8:85a3::{number}", user_agent=user_agent)
    return member


def confirm(client: Client, password: str) -> HttpResponse:
    """Give the password again, which the portal asks for before a second factor is changed."""
    return client.post("/accounts/reauthenticate/", {"password": password})
