"""What is written to the log: a line names its request, and no address that is a secret.

Whoever has such an address needs nothing else: a calendar, a transcript's code, and links that were sent by mail. Of a
line that names one, a refusal or an error, the secret is left out.
"""

import logging
import re

_SECRET = re.compile(
    r"(/calendar/|/verify/|/accounts/(?:confirm-email|email|password/reset/key)/|[?&]code=)[^/?&\"'\n]+"
)


class WithoutSecrets(logging.Formatter):
    """Works on the line as it is written, so that no way to a message goes around it."""

    def format(self, record: logging.LogRecord) -> str:
        return _SECRET.sub(r"\1***", super().format(record))
