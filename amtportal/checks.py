"""What ``manage.py check --deploy`` warns of beside Django's own warnings.

- A connection to another machine (database, cache, mail server, mailbox of reports, scanner) that
  is not encrypted, or whose other side does not prove who it is. A connection that stays on this
  machine needs neither.
- Fonts without which some documents are refused, and the program that reads photos of certificates.
- Online payment on a portal that others reach: a key that moves no money, another provider than the
  real one, and webhooks that nobody could prove.

On a portal that others reach, it fails (``amtportal.E…``) for what would lose records, mail or files
without a word: mail that is written into files, SQLite, keys that the portal made by itself, a
folder of uploads that only one of several machines sees, and a database, cache or scanner that does
not answer or is not ready.
"""

from collections.abc import Iterator
from shutil import which
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.cache import cache
from django.core.checks import CheckMessage, Error, Warning, register
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from amtportal import payment_settings
from amtportal.documents import fonts
from amtportal.uploads import malware

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


def mail_is_written_into_files() -> str:
    if not settings.MAIL_TRANSPORT.endswith("filebased.EmailBackend"):
        return ""
    return "EMAIL_URL is not set, so mail goes to files: set it to smtp+tls://user:password@host:587."


def database_is_one_file() -> str:
    if connection.vendor != "sqlite":
        return ""
    return "DATABASE_URL names SQLite, for one process: set it to postgres://user:password@host/amtportal."


def keys_are_made_here() -> str:
    if not settings.GENERATED_KEYS:
        return ""
    names = " and ".join(settings.GENERATED_KEYS)
    return (
        f"Not set: {names}. The portal made its own in {settings.VAR_DIR}, which no other machine has. Set each to "
        "what the file there says, and keep it apart from the database."
    )


def uploads_are_on_one_machine() -> str:
    if settings.NODES == 1 or settings.MEDIA_IS_SHARED:
        return ""
    return (
        f"NODES is {settings.NODES}, and what members attach is in {settings.MEDIA_ROOT}, which only this "
        "machine sees. Set MEDIA_FOLDER to a folder that all of them share."
    )


def database_is_not_ready() -> str:
    """Return what keeps the portal from using its database: it does not answer, or a migration was not run."""
    try:
        executor = MigrationExecutor(connection)
        missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except Exception as error:  # whatever the driver raises is said in a sentence, and the other checks go on
        return f"The database cannot be opened: {str(error).strip()}"
    if not missing:
        return ""
    first = missing[0][0]
    return (
        f"{len(missing)} migrations were not run, the first of them {first.app_label} {first.name}: manage.py migrate."
    )


def cache_is_not_ready() -> str:
    try:
        cache.set("check", "deploy", 10)
        if cache.get("check") == "deploy":
            return ""
        problem = "what was written cannot be read"
    except Exception as error:  # each kind of cache has errors of its own
        problem = str(error).strip()
    return f"The cache does not work: {problem}. Start what CACHE_URL names; for the table: manage.py createcachetable."


def scanner_does_not_answer() -> str:
    try:
        malware.scan([])
    except malware.Unavailable as error:
        return f"The scanner in CLAMAV_URL does not answer, so no file is accepted: {error}"
    return ""


FAILURES = {
    "amtportal.E001": mail_is_written_into_files,
    "amtportal.E002": database_is_one_file,
    "amtportal.E003": keys_are_made_here,
    "amtportal.E004": uploads_are_on_one_machine,
    "amtportal.E005": database_is_not_ready,
    "amtportal.E006": cache_is_not_ready,
    "amtportal.E007": scanner_does_not_answer,
}


@register("operations", deploy=True)
def check_operations(**kwargs: Any) -> list[CheckMessage]:
    if not settings.HTTPS:
        return []
    found = {number: problem() for number, problem in FAILURES.items()}
    return [Error(sentence, id=number) for number, sentence in found.items() if sentence]
