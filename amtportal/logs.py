"""What is written to the log: a line names its request, and no address that is a secret.

Whoever has such an address needs nothing else: a calendar, a transcript's code, and links that were sent by mail. Of a
line that names one, a refusal or an error, the secret is left out.
"""

import logging
import re

_SECRET = re.compile(
    r"(/calendar/|/verify/|/accounts/(?:confirm-email|email|password/reset/key)/|[?&]code=)[^/?&\"'\n]+"
)


def without_secrets(text: str) -> str:
    return _SECRET.sub(r"\1***", text)


class WithoutSecrets(logging.Formatter):
    """Works on the line as it is written, so that no way to a message, and no trace, goes around it."""

    def format(self, record: logging.LogRecord) -> str:
        return without_secrets(super().format(record))


class SecretsLeftOut(logging.Filter):
    """For the loggers that name addresses: whatever other handler an operator adds is not told either."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = without_secrets(record.getMessage()), ()
        return True
