"""Sending a message to an address that staff entered, and to nothing else.

The address is https. It must not lead into the network of the portal: its name is looked up once,
every address that it has must be public, and the connection is made to the address that was looked
at. Redirects are not followed. ``API_WEBHOOKS_INSIDE`` lifts this for tests on one machine.
"""

import ipaddress
import socket
import ssl
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

SECONDS = 10
"""How long a course system may take to answer."""
MOST_READ = 64 * 1024
# Addresses of IPv6 that stand for one of IPv4, which may be private.
_TRANSLATED = [ipaddress.ip_network(network) for network in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16")]

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def problem_with_address(url: str) -> str:
    """Return why nothing can be sent to the address, as a sentence; empty if it can. The name is not looked up."""
    if not url.isascii() or not url.isprintable() or " " in url or len(url) > 300:
        return "Write the address in plain letters, such as https://courses.example.org/amt."
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "This is not an address. Write it like https://courses.example.org/amt."
    schemes = ("https", "http") if settings.API_WEBHOOKS_INSIDE else ("https",)
    if parts.scheme not in schemes or not parts.hostname or port == 0:
        return "Write the address with https, like https://courses.example.org/amt."
    if parts.username is not None or parts.fragment:
        return "Leave the user name and the part after # out of the address."
    try:
        literal = ipaddress.ip_address(parts.hostname)
    except ValueError:
        return ""
    return "" if is_allowed(literal) else "This address is not on the public internet. Enter one that is."


def is_allowed(address: Address) -> bool:
    """Return whether messages may go to this address: it is public, or a setting allows all."""
    if settings.API_WEBHOOKS_INSIDE:
        return True
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return is_allowed(address.ipv4_mapped)
        if any(address in network for network in _TRANSLATED):
            return False
    return address.is_global and not address.is_multicast


def post(url: str, body: bytes, headers: dict[str, str]) -> str:
    """Send the body. Return why it was not taken, in a few words; empty if it was."""
    if problem := problem_with_address(url):
        return problem
    parts = urlsplit(url)
    try:
        connection = _connection(parts, _look_up(parts))
    except OSError as error:
        return f"The name cannot be looked up: {type(error).__name__}."
    except _NotPublic:
        return "Its name leads to an address that is not on the public internet."
    target = f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}"
    try:
        connection.request("POST", target, body=body, headers=headers)
        answer = connection.getresponse()
        answer.read(MOST_READ)
    except (OSError, HTTPException) as error:
        return f"It could not be reached: {type(error).__name__}."
    finally:
        connection.close()
    return "" if 200 <= answer.status < 300 else f"It answered {answer.status}."


class _NotPublic(Exception):
    """A name has an address to which nothing may be sent."""


def _look_up(parts: SplitResult) -> tuple[str, int]:
    """Return the address and port to connect to. Raises ``OSError`` and ``_NotPublic``."""
    assert parts.hostname
    port = parts.port or (443 if parts.scheme == "https" else 80)
    found = socket.getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)
    addresses = [str(one[4][0]).partition("%")[0] for one in found]
    if not addresses or not all(is_allowed(ipaddress.ip_address(address)) for address in addresses):
        raise _NotPublic
    return addresses[0], port


def _connection(parts: SplitResult, where: tuple[str, int]) -> HTTPConnection:
    """Return a connection to this address that asks for the host of the URL, and checks its certificate."""
    host, port = parts.hostname or "", where[1]
    if parts.scheme == "http":
        plain = HTTPConnection(host, port, timeout=SECONDS)
        plain._create_connection = _to(where)  # type: ignore[attr-defined]
        return plain
    secure = HTTPSConnection(host, port, timeout=SECONDS, context=ssl.create_default_context())
    secure._create_connection = _to(where)  # type: ignore[attr-defined]
    return secure


def _to(where: tuple[str, int]) -> Any:
    def connect(named: Any, *args: Any, **kwargs: Any) -> socket.socket:
        return socket.create_connection(where, *args, **kwargs)

    return connect
