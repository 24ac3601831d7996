"""How a member changes the e-mail address, with which people sign in.

The member asks for the change in the portal. It takes effect when a link sent to the new address is
used.

- The link works once, within a day, for the account that asked, and only while somebody is signed
  in to that account. If the address was mistyped, the person who gets the mail can do nothing with
  it. Until the link is used, nothing is stored and nothing changes.
- The old address gets a mail about the change. Other links that were sent to the old address stop
  working, because they were made for that address.
- The roster's address is stored as well. As long as the roster still has the same address, the
  member's own choice is kept.
"""

from allauth.account.adapter import get_adapter
from allauth.account.models import EmailAddress
from cryptography.fernet import InvalidToken
from django.core import signing
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from amtportal.history import events
from amtportal.links import absolute
from amtportal.members import vault
from amtportal.members.mail import bounces
from amtportal.members.models import Member, User
from amtportal.members.sign_in import links

VALID_SECONDS = 24 * 3600
_SALT = "amtportal.addresses"


class Dead(Exception):
    """The link does not work. The text says why."""


class Void(Exception):
    """The account's address has changed since the link was made."""


class Taken(Exception):
    """The address is on record for another account."""


def token(user: User, email: str) -> str:
    """Return the link's token, encrypted so that a proxy's log does not show the two addresses."""
    return vault.encrypt(signing.dumps([user.pk, user.email, email], salt=_SALT)).rstrip("=")


def read_token(text: str, user: User) -> str:
    """Return the new address that the link is for.

    Raises ``Dead`` if the link is too old, was used already, or is not for this account.
    """
    try:
        signed = vault.decrypt(text + "=" * (-len(text) % 4))
        pk, present, email = signing.loads(signed, salt=_SALT, max_age=VALID_SECONDS)
    except signing.SignatureExpired:
        raise Dead(links.too_old(1)) from None
    except (InvalidToken, signing.BadSignature):
        raise Dead(not_for(user)) from None
    if (pk, email) == (user.pk, user.email):
        raise Dead(_("It was used before: you sign in with %(email)s now.") % {"email": email})
    if (pk, present) != (user.pk, user.email):
        raise Dead(not_for(user))
    return str(email)


def not_for(user: User) -> str:
    """Return the sentence for a link that is not, or no longer, for this account."""
    words = _(
        "It is not complete, your address has changed since it was sent, or it is for an account other than %(email)s."
    )
    return words % {"email": user.email}


def ask(*, user: User, email: str) -> None:
    """Send the link to the new address, even if another account has it.

    This way, nobody learns from the answer which addresses have an account.
    """
    link = absolute(reverse("address-confirm", args=[token(user, email)]))
    get_adapter().send_mail("account/email/address_confirm", email, {"link": link, "seconds": VALID_SECONDS})
    events.note(events.Kind.ADDRESS_ASKED, user)


def change(*, user: User, email: str) -> None:
    """Change the address of the account and tell the old one. Do nothing if it was changed already.

    ``user`` has the address for which the link was made. Raises ``Taken`` and ``Void``.
    """
    try:
        with transaction.atomic():
            present = User.objects.select_for_update().get(pk=user.pk)
            if present.email == email:
                return
            if present.email != user.email:
                raise Void
            _change(present, email)
    except IntegrityError:  # each address exists once, and is verified once
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
    bounces.proved(email, by=user, at=timezone.now())
    events.note(events.Kind.ADDRESS_CHANGED, user)
    get_adapter().send_notification_mail("account/email/email_changed", user, {"to_email": email}, email=old)
