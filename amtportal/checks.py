"""What ``manage.py check --deploy`` warns of beside Django's own warnings.

- A connection to another machine (database, cache, mail server, mailbox of reports, scanner) that
  is not encrypted, or whose other side does not prove who it is. A connection that stays on this
  machine needs neither.
- Fonts without which some documents are refused, and the program that reads photos of certificates.
- Online payment on a portal that others reach: a key that moves no money, another provider than the
  real one, and webhooks that nobody could prove.
"""

from collections.abc import Iterator
from shutil import which
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Warning, register

from amtportal import payment_settings
from amtportal.documents import fonts

ENCRYPTED_CACHES = ("rediss", "valkeys")


def is_here(host: str) -> bool:
    """Return whether a host is this machine: a socket in a folder, or a local address."""
    return not host or host.startswith(("/", "127.")) or host in ("localhost", "::1")


def database_problem(database: dict[str, Any]) -> str:
    """Return the problem with the database connection; empty if there is none.

    Below ``verify-full``, libpq's ``sslmode`` does not encrypt, or it trusts whoever answers.
    """
    if database["ENGINE"].endswith("sqlite3") or is_here(database.get("HOST", "")):
        return ""
    if database.get("OPTIONS", {}).get("sslmode") == "verify-full":
        return ""
    return "DATABASE_URL names another machine: add ?sslmode=verify-full&sslrootcert=/path/to/ca.crt to it."


def cache_problem(location: str) -> str:
    """Return the problem with a cache ``location``, which is a URL or only host and port."""
    address = urlsplit(location if "://" in location else f"//{location}")
    if is_here(address.hostname or "") or address.scheme in ENCRYPTED_CACHES:
        return ""
    return "CACHE_URL names another machine: write it with rediss://, or leave it for the table in the database."


def mail_problem(host: str, *, encrypted: bool) -> str:
    if is_here(host) or encrypted:
        return ""
    return "EMAIL_URL names another machine: write it as smtp+tls:// (port 587) or smtp+ssl:// (port 465)."


def reports_problem(address: str) -> str:
    """Return the problem with the mailbox in which mail servers report what they could not deliver."""
    parts = urlsplit(address)
    if parts.scheme != "imap" or is_here(parts.hostname or ""):
        return ""
    return "BOUNCE_MAILBOX names another machine: write it as imaps://."


def scanner_problem(url: str) -> str:
    if not url.startswith("tcp:") or is_here(urlsplit(url).hostname or ""):
        return ""
    return "CLAMAV_URL names another machine, and clamd has no TLS: run it here, or route it through a tunnel."


def _locations() -> Iterator[str]:
    cache: Any
    for cache in settings.CACHES.values():
        if "redis" in cache["BACKEND"] or "memcached" in cache["BACKEND"]:
            location = cache["LOCATION"]
            yield from [location] if isinstance(location, str) else location


@register("security", deploy=True)
def check(**kwargs: Any) -> list[CheckMessage]:
    problems = [database_problem(database) for database in settings.DATABASES.values()]
    problems += [cache_problem(location) for location in _locations()]
    if settings.MAIL_TRANSPORT.endswith("smtp.EmailBackend"):
        problems.append(mail_problem(settings.EMAIL_HOST, encrypted=settings.EMAIL_USE_TLS or settings.EMAIL_USE_SSL))
    problems.append(reports_problem(settings.BOUNCE_MAILBOX))
    problems.append(scanner_problem(settings.CLAMAV_URL))
    return [Warning(problem, id="amtportal.W001") for problem in problems if problem]


@register(deploy=True)
def check_fonts(**kwargs: Any) -> list[CheckMessage]:
    missing = " ".join(fonts.packages_missing())
    if not missing:
        return []
    problem = f"Documents in scripts that the portal's own fonts do not have are refused: apt-get install {missing}"
    return [Warning(problem, id="amtportal.W002")]


@register(deploy=True)
def check_ocr(**kwargs: Any) -> list[CheckMessage]:
    if which("tesseract") is not None:
        return []
    problem = (
        "Photos and scans of certificates are attached but not read, so members type what they say: "
        "apt-get install tesseract-ocr tesseract-ocr-spa"
    )
    return [Warning(problem, id="amtportal.W004")]


def payment_problems(*, key: str, secrets: list[str], api: str) -> Iterator[str]:
    """Return the problems with online payment on a portal that members reach. Off is none."""
    if not key:
        return
    if api != payment_settings.PROVIDER:
        yield f"PAYMENT_API_URL is {api}: members pay nobody there. Unset it."
    elif not payment_settings.is_live(key):
        yield "PAYMENT_SECRET_KEY is a test key: invoices become paid, and no money moves. Use the live key."
    if not secrets:
        yield (
            "PAYMENT_WEBHOOK_SECRETS is empty: payments still become known, but only when the member comes back or "
            "settle_payments runs. Copy the secret of the webhook address from Stripe."
        )


@register(deploy=True)
def check_payments(**kwargs: Any) -> list[CheckMessage]:
    if not settings.HTTPS:
        return []
    problems = payment_problems(
        key=settings.PAYMENT_SECRET_KEY, secrets=settings.PAYMENT_WEBHOOK_SECRETS, api=settings.PAYMENT_API_URL
    )
    return [Warning(problem, id="amtportal.W003") for problem in problems]
