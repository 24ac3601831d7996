"""What is written to the log: each line has its request's id, and no line has a secret address.

Some addresses are secret because they open a page without anything else: a calendar, the code of a
transcript, a link for an employer, and links that were sent by mail. The way back from a payment
names its checkout, which only its member opens. A course system names a member in the address that
it asks. If a log line about a refusal or an error contains such an address, the secret in it is
replaced.
"""

import logging
import re

_SECRET = re.compile(
    r"(/calendar/|/verify/|/share/(?=[\w-]{20})|/payments/return/|/notices/stop/|/accounts/(?:confirm-email|email|password/reset/key)/|[?&]code=|/api/v1/(?:members|credits)/|[?&]last_name=)[^/?&\"'\n]+"
)


def without_secrets(text: str) -> str:
    return _SECRET.sub(r"\1***", text)


class WithoutSecrets(logging.Formatter):
    """Removes secrets from the complete line just before it is written, tracebacks included."""

    def format(self, record: logging.LogRecord) -> str:
        return without_secrets(super().format(record))


class SecretsLeftOut(logging.Filter):
    """Removes secrets in the loggers that log addresses.

    This way, other handlers that an operator adds do not get the secrets either.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = without_secrets(record.getMessage()), ()
        return True
