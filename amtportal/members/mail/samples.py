"""Each mail of the portal with made-up data, for staff to look at (``sample_pages``).

An app that sends mail registers a sample of each when it is loaded.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from amtportal.dates import CHICAGO
from amtportal.members.mail import account_mails
from amtportal.members.mail.layout import Content
from amtportal.members.models import Detail

NAME = "Ada Lane"
ADDRESS = "ada@example.org"


@dataclass(frozen=True)
class Sample:
    key: str
    """Its name in the address of the page."""
    title: str
    content: Callable[[], Content]
    """Returns what the mail says, in the active language. It reads no record."""


_samples: dict[str, Sample] = {}


def register(*samples: Sample) -> None:
    """Show these mails to staff, after those that are there. A key that is there already is replaced."""
    _samples.update({sample.key: sample for sample in samples})


def registered() -> dict[str, Sample]:
    """Return every sample by its key, in the order in which they were registered."""
    return dict(_samples)


_LINK = "https://portal.amt.example/accounts/password/reset/key/1-example/"
_CONTEXT = {
    "name": NAME,
    "timestamp": datetime(2026, 3, 14, 14, 5, tzinfo=CHICAGO),
    "ip": "203.0.113.7",
    "user_agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36",
    "password_reset_url": _LINK,
    "activate_url": "https://portal.amt.example/accounts/confirm-email/example/",
    "link": "https://portal.amt.example/accounts/email/example/",
    "seconds": 24 * 3600,
    "to_email": "ada.lane@example.org",
    "deleted_email": ADDRESS,
    "left": 9,
    "codes": 10,
    "details": [Detail.PHONE, Detail.ADDRESS],
    "asked": "Ada Lovelace",
    "before": NAME,
    "answer": "The document does not show both names. Send the marriage certificate, please.",
}
_TITLES = {
    "account/email/activation": "Activate an account",
    "account/email/address_confirm": "Confirm a new address",
    "account/email/email_confirmation": "Confirm an address that was never proved",
    "account/email/password_reset_key": "Reset a password",
    "account/email/details_changed": "Phone number or postal address changed by the member",
    "account/email/email_changed": "Address changed by the member, to the old address",
    "account/email/email_confirm": "Address confirmed",
    "account/email/email_deleted": "Address removed",
    "account/email/new_browser": "Sign-in from a new browser",
    "account/email/password_changed": "Password changed",
    "account/email/password_reset": "Password reset",
    "account/email/password_set": "First password set",
    "mfa/email/codes_refused": "Codes refused behind a right password",
    "mfa/email/factor_removed": "Second factor removed by staff",
    "mfa/email/recovery_code_used": "Recovery code used",
    "mfa/email/recovery_codes_generated": "Recovery codes made",
    "mfa/email/totp_activated": "Authenticator app set up",
    "mfa/email/totp_deactivated": "Authenticator app removed",
    "mfa/email/webauthn_added": "Passkey added",
    "mfa/email/webauthn_removed": "Passkey removed",
}

register(
    *(
        Sample(prefix.rpartition("/")[2].replace("_", "-"), _TITLES[prefix], partial(content, _CONTEXT))
        for prefix, (content, _priority) in account_mails.MAILS.items()
    ),
    Sample("address-changed", "Address changed by AMT, to the old address", account_mails.address_changed_by_amt),
    Sample("name-accepted", "Another name accepted", partial(account_mails.name_accepted, {**_CONTEXT, "answer": ""})),
    Sample("name-declined", "Another name declined", partial(account_mails.name_declined, _CONTEXT)),
)
