"""What an owner is told about the account, beside what allauth tells."""

from collections.abc import Iterable

from django.core.mail import EmailMessage, get_connection
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from amtportal.members.models import User


def address_changed(moved: Iterable[tuple[User, str]]) -> None:
    """Tell those whose account is activated that AMT changed its address: at the old one, which is given.

    Whoever reads there may have lost the account to somebody else. The new address is not named: it may be another's.
    """
    text = render_to_string("account/email/address_changed_message.txt").strip()
    subject = _("The e-mail address of your account was changed")
    mails = [EmailMessage(subject, text, to=[old]) for user, old in moved if user.has_usable_password()]
    get_connection().send_messages(mails)
