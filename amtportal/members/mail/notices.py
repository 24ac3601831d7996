"""Mail to the owner about changes to the account, in addition to allauth's mail."""

from collections.abc import Iterable

from django.core.mail import EmailMessage, get_connection
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from amtportal.members.models import User


def address_changed(moved: Iterable[tuple[User, str]]) -> None:
    """Tell the owners of activated accounts that AMT changed the e-mail address.

    The mail goes to the old address, which ``moved`` has with each account, because its reader may
    have lost the account to somebody else. The mail does not name the new address, because that may
    belong to another person.
    """
    text = render_to_string("account/email/address_changed_message.txt").strip()
    subject = _("The e-mail address of your account was changed")
    mails = [EmailMessage(subject, text, to=[old]) for user, old in moved if user.has_usable_password()]
    get_connection().send_messages(mails)
