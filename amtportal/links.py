"""The portal's absolute addresses: in mail, in calendars, in the QR code of a transcript.

Each begins with ``AMTPORTAL_URL``, whatever host, port, scheme or path a request names: an address
that somebody else reads must not lead where a visitor wanted it to lead.
"""

from urllib.parse import urljoin, urlsplit

from django.conf import settings
from django.utils.http import escape_leading_slashes


def absolute(path: str) -> str:
    """Return the whole address of a path of the portal, which begins with ``/``."""
    address: str = urljoin(f"{settings.SITE_URL}/", escape_leading_slashes(path))
    return address


def host() -> str:
    """Return the name of the portal's host, without the port."""
    return urlsplit(settings.SITE_URL).hostname or "localhost"
