"""A new e-mail address, which is the sign-in: asked for in the portal, and in force once a link sent there was used.

- The link works for a day, once, for the account that asked, and only for whoever is signed in to it: if the address
  was mistyped, whoever gets the mail can do nothing with it. Until it is used nothing is stored and nothing changes.
- The old address is told. Other links that were sent to it are void from then on, as they are made for the address.
- The roster's address is kept beside it: as long as the roster still says the same, the member's own choice stands.
"""

from allauth.account.adapter import get_adapter
from allauth.account.models import EmailAddress
from cryptography.fernet import InvalidToken
from django.core import signing
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.urls import reverse

from amtportal.history import events
from amtportal.members import vault
from amtportal.members.models import Member, User

VALID_SECONDS = 24 * 3600
_SALT = "amtportal.addresses"


class Void(Exception):
    """The account has another address since the link was made."""


class Taken(Exception):
    """The address is on record for another account."""


def token(user: User, email: str) -> str:
    """What the link carries, encrypted: the log of a proxy is not to name two addresses."""
    return vault.encrypt(signing.dumps([user.pk, user.email, email], salt=_SALT)).rstrip("=")


def read_token(text: str, user: User) -> str | None:
    """The new address that the link is for; None where it is too old, was used, or is another account's."""
    try:
        signed = vault.decrypt(text + "=" * (-len(text) % 4))
        pk, present, email = signing.loads(signed, salt=_SALT, max_age=VALID_SECONDS)
    except (InvalidToken, signing.BadSignature):
        return None
    return str(email) if (pk, present) == (user.pk, user.email) else None


def ask(request: HttpRequest, *, user: User, email: str) -> None:
    """Send the link to the new address, whether or not another account has it: the answer tells nobody."""
    link = request.build_absolute_uri(reverse("address-confirm", args=[token(user, email)]))
    get_adapter().send_mail("account/email/address_confirm", email, {"link": link})
    events.note(events.Kind.ADDRESS_ASKED, user)


def change(*, user: User, email: str) -> None:
    """Make it the address of the account, and tell the old one; what was done meanwhile is not done again.

    ``user``: with the address for which the link was made. Raises ``Taken``, and ``Void``.
    """
    try:
        with transaction.atomic():
            present = User.objects.select_for_update().get(pk=user.pk)
            if present.email == email:
                return
            if present.email != user.email:
                raise Void
            _change(present, email)
    except IntegrityError:  # an address is there once, and verified once
        raise Taken from None


def _change(user: User, email: str) -> None:
    old, user.email = user.email, email
    user.save(update_fields=["email"])
    EmailAddress.objects.filter(user=user).delete()
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    member = Member.objects.filter(user=user).first()
    if member:
        on_roster = member.roster_email or old
        member.roster_email = "" if email == on_roster else on_roster
        member.save(update_fields=["roster_email"])
    events.note(events.Kind.ADDRESS_CHANGED, user)
    get_adapter().send_notification_mail("account/email/email_changed", user, {"to_email": email}, email=old)
