"""Settings of the AMT Portal, all read from the environment.

A wrong value stops the portal at the start with a sentence that says what to write.

| variable | default | what it is |
| --- | --- | --- |
| ``AMTPORTAL_URL`` | ``http://localhost:8000`` | the public address; anything but this machine must be https |
| ``AMTPORTAL_VAR`` | ``var/`` | folder for the SQLite database, caches, mail and the generated secret key |
| ``DATABASE_URL`` | SQLite in ``AMTPORTAL_VAR`` | ``postgres://…`` in production |
| ``DATABASE_STANDBY_URL`` | none: reports ask the database itself | a read-only standby of it, for reports |
| ``MEDIA_FOLDER`` | ``media`` in ``AMTPORTAL_VAR`` | folder for what members attach; shared by all machines |
| ``NODES`` | ``1`` | how many machines serve the portal or run its commands |
| ``CACHE_URL`` | a table in the database | shared by all processes, for example ``redis://…`` |
| ``EMAIL_URL`` | files in ``AMTPORTAL_VAR/mail`` | ``smtp+tls://user:password@host:587`` in production |
| ``MAIL_PER_MINUTE`` | ``0``: no limit | how many mails all senders together give to the mail server in a minute |
| ``BOUNCE_ADDRESS`` | the address in ``DEFAULT_FROM_EMAIL`` | to which mail servers report mail that comes back |
| ``BOUNCE_MAILBOX`` | none | where these reports arrive: ``maildir:///path``, ``imaps://user:password@host/INBOX`` |
| ``BOUNCE_SOFT_MOST`` | ``5`` | mails that come back for the moment, and then mark an address |
| ``BOUNCE_SOFT_DAYS`` | ``14`` | the days within which they are counted |
| ``OFFICE_EMAIL`` | the address in ``DEFAULT_FROM_EMAIL`` | to which questions and points that AMT owes are mailed |
| ``OFFICE_HOURS`` | ``08:00-17:00`` | when the office answers the phone on weekdays, Central Time; empty: not said |
| ``SECRET_KEY`` | generated once in ``AMTPORTAL_VAR`` | at least 50 characters |
| ``SECRET_KEY_FALLBACKS`` | none | earlier keys, by commas: what they signed stays valid while listed |
| ``MFA_KEYS`` | generated once in ``AMTPORTAL_VAR`` | encrypt second factors' secrets; by commas, the newest first |
| ``BADGE_KEYS`` | generated once in ``AMTPORTAL_VAR`` | sign Open Badges; by commas, the newest first |
| ``MFA_REQUIRED_FOR_STAFF`` | ``True`` with https | staff see nothing without a second factor |
| ``TRUST_PROXY`` | ``False`` | trust what a proxy says about client, scheme and request: see ``docs/operations.md`` |
| ``TRUSTED_PROXY_COUNT`` | ``1`` with ``TRUST_PROXY`` | proxies in a row that each add to ``X-Forwarded-For`` |
| ``CCP_GRACE_DAYS`` | ``90`` | days after a cycle's end in which it still takes records |
| ``AUDIT_SHARE`` | ``10`` | how many of 1,000 cycles of a credential are drawn for an audit |
| ``AUDIT_AT_LEAST`` | ``5`` | how many of a credential are drawn at least |
| ``AUDIT_SPARED_CYCLES`` | ``1`` | for how many cycles after an audit a certification is not drawn again |
| ``AUDIT_NOTIFY_DAYS`` | ``14`` | days in which AMT tells a member who was drawn for an audit |
| ``AUDIT_ANSWER_DAYS`` | ``30`` | days in which the member sends the proof |
| ``AUDIT_EXTENSION_ANSWER_DAYS`` | ``7`` | days in which AMT answers a request for more time |
| ``AUDIT_EXTENSION_MOST_DAYS`` | ``30`` | how many days later than asked for a member can want to send it |
| ``AUDIT_OVERDUE_DAYS`` | ``14`` | days in which proof is still taken after the last day |
| ``AUDIT_REVIEW_DAYS`` | ``30`` | days in which the first reviewer decides |
| ``AUDIT_MORE_DAYS`` | ``14`` | days in which the member sends more proof |
| ``AUDIT_SECOND_REVIEW_DAYS`` | ``14`` | days in which the second reviewer decides |
| ``AUDIT_SECOND_REVIEW_PERCENT`` | ``10`` | how many of 100 passing results are reviewed again |
| ``AUDIT_APPEAL_DAYS`` | ``30`` | days in which the member can appeal |
| ``AUDIT_BOARD_DAYS`` | ``30`` | days in which the appeal board decides |
| ``MAINTENANCE`` | ``False`` | answer every page with "closed for a short while" (503); ``/healthz`` still answers |
| ``LOCK_WAIT_SECONDS`` | ``3`` for pages, ``20`` for commands | PostgreSQL: how long to wait for other writers |
| ``PAYMENT_SECRET_KEY`` | none: nobody pays online | Stripe's secret key, live or test: ``sk_…``, ``rk_…`` |
| ``PAYMENT_WEBHOOK_SECRETS`` | none: the portal asks by itself | ``whsec_…``, by commas: each may sign webhooks |
| ``PAYMENT_API_URL`` | ``https://api.stripe.com`` | another address only for tests and the demo |
| ``PAYMENT_PAGE_URL`` | ``https://checkout.stripe.com`` | the provider's page, if it has a domain of yours |
| ``PAYMENT_BANK_DEBIT`` | ``False`` | members may also pay from a bank account, which takes days |
| ``PAYMENT_TIMEOUT_SECONDS`` | ``10`` | how long to wait for the provider, which is asked twice |
| ``API_WEBHOOKS_INSIDE`` | ``False`` | course systems may be told at ``http`` and private addresses: for tests |
| ``CLAMAV_URL`` | none: files are not scanned | ``tcp://host:3310`` or ``unix:///run/clamav/clamd.ctl`` |
| ``SECURITY_CONTACT`` | none | where to report a weakness (security.txt): ``mailto:…`` or ``https://…`` |
| ``DEBUG`` | ``False`` | for development on this machine only |
"""

import os
from contextlib import suppress
from email.utils import parseaddr
from importlib.util import find_spec
from pathlib import Path
from secrets import token_urlsafe
from tempfile import NamedTemporaryFile
from urllib.parse import urlsplit

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from amtportal import office_hours, payment_settings
from amtportal.uploads import malware

env = environ.Env()
BASE_DIR = Path(__file__).resolve().parent.parent

VAR_DIR = Path(env.str("AMTPORTAL_VAR", default=str(BASE_DIR / "var"))).resolve()
VAR_DIR.mkdir(parents=True, exist_ok=True, mode=0o700)


def _generated_key(name: str) -> str:
    """Return the key of this folder. The first process creates it, and the others read it."""
    path = VAR_DIR / name
    if not path.exists():
        # Written completely under another name and then linked, so that no process reads half a
        # key.
        with NamedTemporaryFile("w", dir=VAR_DIR) as file:
            file.write(token_urlsafe(50))  # no character that is special in an environment variable
            file.flush()
            with suppress(FileExistsError):
                os.link(file.name, path)
    return path.read_text().strip()


SITE_URL = env.str("AMTPORTAL_URL", default="http://localhost:8000").rstrip("/")
_address = urlsplit(SITE_URL)
_LOCAL_HOSTS = ("localhost", "127.0.0.1", "[::1]")
if _address.scheme not in ("http", "https") or not _address.hostname:
    raise ImproperlyConfigured(f"AMTPORTAL_URL is {SITE_URL!r}; write it as https://portal.example.org.")
if _address.path or _address.query or _address.fragment or _address.username is not None:
    raise ImproperlyConfigured(
        f"AMTPORTAL_URL is {SITE_URL!r}; the portal has a host of its own, so write only scheme, host and port, "
        "such as https://portal.example.org."
    )
HTTPS = _address.scheme == "https"
if not HTTPS and _address.hostname not in _LOCAL_HOSTS:
    raise ImproperlyConfigured(
        f"AMTPORTAL_URL is {SITE_URL!r}; a portal that other machines reach must be served over https."
    )
DEBUG = env.bool("DEBUG", default=False)
if DEBUG and HTTPS:
    raise ImproperlyConfigured("DEBUG shows secrets to visitors; unset it, or set AMTPORTAL_URL to this machine.")
GENERATED_KEYS = [name for name in ("SECRET_KEY", "MFA_KEYS", "BADGE_KEYS") if not env.str(name, default="")]
SECRET_KEY = env.str("SECRET_KEY", default="") or _generated_key("secret-key")
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
if any(len(key) < 50 for key in (SECRET_KEY, *SECRET_KEY_FALLBACKS)):
    raise ImproperlyConfigured("SECRET_KEY, and each of SECRET_KEY_FALLBACKS, must have at least 50 characters.")
# These keys protect the database and its dumps, so they are stored separately from them.
MFA_KEYS = env.list("MFA_KEYS", default=[]) or [_generated_key("mfa-key")]
if any(len(key) < 32 for key in MFA_KEYS):
    raise ImproperlyConfigured("Each of MFA_KEYS must have at least 32 characters.")
# Who has one can sign badges in AMT's name: docs/badges.md says how they are changed.
BADGE_KEYS = env.list("BADGE_KEYS", default=[]) or [_generated_key("badge-key")]
if any(len(key) < 32 for key in BADGE_KEYS):
    raise ImproperlyConfigured("Each of BADGE_KEYS must have at least 32 characters.")
ALLOWED_HOSTS = [_address.hostname] if HTTPS else list(_LOCAL_HOSTS)
PUBLIC_HOST = _address.netloc if HTTPS else ""

INSTALLED_APPS = [
    # Our apps come before allauth and the admin, because they override templates of these.
    "amtportal.history",
    "amtportal.members",
    "certifications",
    "certifications.payments",
    "ccp",
    "ccp.notices",
    "ccp.audits",
    "ccp.sharing",
    "ccp.badges",
    "ccp.api",
    "ccp.exports",
    "ccp.desk",
    "ccp.reports",
    "ccp.privacy",
    "amtportal.staff.apps.StaffConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",  # its widgets, which FORM_RENDERER looks for among the installed apps
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    # Only its tables and its token endpoint are used (``ccp.api.tokens``), and none of its pages.
    "allauth.idp.oidc",
    "csp",
    "import_export",
    "simple_history",
    "django_tasks",
    "django_tasks_db",
]

MIDDLEWARE = [
    "amtportal.history.requests.middleware",
    # Before middleware that responds by itself (the redirect to https, static files), so that every
    # response has its headers.
    "amtportal.middleware.headers.HeadersMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "amtportal.middleware.headers.PolicyMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "amtportal.middleware.host.middleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "amtportal.middleware.compression.CompressionMiddleware",
    # Before whatever answers programs with a page.
    "ccp.api.middleware.ApiMiddleware",
    "amtportal.middleware.maintenance.MaintenanceMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "amtportal.middleware.language.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "amtportal.members.sessions.sessions.SessionLimitMiddleware",
    "amtportal.members.sign_in.kept_forms.LoginRequiredMiddleware",
    "amtportal.members.sign_in.answers.AnswersMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "amtportal.members.factors.second_factor.StaffSecondFactorMiddleware",
    "ccp.desk.viewing.ViewingMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
    "amtportal.middleware.retry.TryAgain",
]

# `make dev`: what a page asked of the database, and where its time went. Tests and production never import it.
if DEBUG and "PYTEST_VERSION" not in os.environ and find_spec("debug_toolbar"):
    INSTALLED_APPS.append("debug_toolbar")
    MIDDLEWARE.insert(
        MIDDLEWARE.index("amtportal.middleware.compression.CompressionMiddleware") + 1,
        "debug_toolbar.middleware.DebugToolbarMiddleware",
    )
    INTERNAL_IPS = ["127.0.0.1", "::1"]

ROOT_URLCONF = "amtportal.urls"
# Every path begins at the host's root. Without this, a server or proxy that passes SCRIPT_NAME on would let a
# request put a path in front of every link, also in mail.
FORCE_SCRIPT_NAME = ""
WSGI_APPLICATION = "amtportal.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["django.templatetags.i18n", "amtportal.members.templatetags.portal"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "amtportal.members.context_processors.association",
            ],
        },
    },
]
FORM_RENDERER = "amtportal.form_rendering.Renderer"

if "DATABASE_URL" in env:
    DATABASES = {"default": env.db_url("DATABASE_URL")}
elif HTTPS:
    # A portal whose variables were not read would show members an empty record.
    raise ImproperlyConfigured(
        "DATABASE_URL is not set, so the portal does not know where its records are. Set it to "
        f"postgres://user:password@host/amtportal, or name a file: sqlite:///{VAR_DIR}/amtportal.sqlite3."
    )
else:
    DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": VAR_DIR / "amtportal.sqlite3"}}
# A new connection would cost each request 9 ms, so each worker keeps its own.
DATABASES["default"]["CONN_MAX_AGE"] = None
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
LOCK_WAIT_SECONDS = env.int("LOCK_WAIT_SECONDS", default=20)
if LOCK_WAIT_SECONDS < 1:
    raise ImproperlyConfigured("LOCK_WAIT_SECONDS must be 1 or more.")
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["OPTIONS"] = {
        # With Django's default, DEFERRED, half of the concurrent posts that read and then write
        # fail with "database is locked".
        "transaction_mode": "IMMEDIATE",
        # SQLite gives the lock to waiting connections at random and not in turn: within 3 s, eight
        # busy threads starve one another (docs/operations.md has the figures).
        "timeout": 20,
        # The rollback journal and not WAL, because before SQLite 3.51.3 several processes can
        # corrupt a WAL database. FULL loses nothing that was acknowledged, even if the power fails.
        "init_command": "PRAGMA journal_mode=DELETE; PRAGMA synchronous=FULL;",
    }
else:
    # Compiling a query costs more than any of ours takes, and so do other processes for a page. A
    # row that is looked up by its key costs little on disks of today, or in memory: PostgreSQL's own
    # figure is of disks that turn, and makes it read whole tables.
    _planning = {"jit": "off", "max_parallel_workers_per_gather": "0", "random_page_cost": "1.1"}
    _options = {"lock_timeout": f"{LOCK_WAIT_SECONDS}s", **_planning}
    DATABASES["default"].setdefault("OPTIONS", {})["options"] = " ".join(
        f"-c {name}={value}" for name, value in _options.items()
    )
if "DATABASE_STANDBY_URL" in env:
    # Only reports ask it (ccp.reports.standby). Tests see their own database there.
    _standby = env.db_url("DATABASE_STANDBY_URL")
    if _standby["ENGINE"] != DATABASES["default"]["ENGINE"]:
        raise ImproperlyConfigured("DATABASE_STANDBY_URL must name a standby of the database in DATABASE_URL.")
    DATABASES["standby"] = {**DATABASES["default"], **_standby, "TEST": {"MIRROR": "default"}}
    if DATABASES["standby"]["ENGINE"].endswith("postgresql"):
        _read_only = {**_options, "default_transaction_read_only": "on"}
        DATABASES["standby"]["OPTIONS"] = {
            **_standby.get("OPTIONS", {}),
            "options": " ".join(f"-c {name}={value}" for name, value in _read_only.items()),
        }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# All processes share the default cache, because allauth keeps used codes there. Limits are counted
# in the database (``amtportal.members.tallies``).
_shared_cache = env.cache_url("CACHE_URL", default="dbcache://django_cache")
if _shared_cache["BACKEND"].endswith(".DatabaseCache"):
    _shared_cache["BACKEND"] = "amtportal.cache.DatabaseCache"
    # Django's default of 300 would drop what is still needed.
    _shared_cache.setdefault("OPTIONS", {}).setdefault("MAX_ENTRIES", 100_000)
elif _shared_cache["BACKEND"].endswith(".RedisCache"):
    # A machine that does not answer at all must not keep every request waiting.
    _shared_cache.setdefault("OPTIONS", {}).update(socket_connect_timeout=2, socket_timeout=2)
CACHES = {
    "default": _shared_cache,
    # Finished PDFs by the hash of their content. They are large, and losing them costs little.
    "documents": {
        "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
        "LOCATION": VAR_DIR / "documents",
        "TIMEOUT": 7 * 24 * 3600,
        "OPTIONS": {"MAX_ENTRIES": 5000},
    },
}

AUTH_USER_MODEL = "members.User"
# With Django's own backend as well, a wrong password would be hashed twice.
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "amtportal.members.factors.passwords.LengthValidator"},
    {"NAME": "amtportal.members.factors.passwords.GuessValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"

ACCOUNT_ADAPTER = "amtportal.members.sign_in.adapter.AccountAdapter"
ACCOUNT_FORMS = {
    "login": "amtportal.members.sign_in.forms.LoginForm",
    "reset_password": "amtportal.members.sign_in.forms.AddressForm",
    "reset_password_from_key": "amtportal.members.sign_in.forms.SetPasswordForm",
    "change_password": "amtportal.members.sign_in.forms.ChangePasswordForm",
    "set_password": "amtportal.members.sign_in.forms.FirstPasswordForm",
    "reauthenticate": "amtportal.members.sign_in.forms.ReauthenticateForm",
}
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "amtportal.members.sign_in.links.LinkTokens"  # noqa: S105
# Who has just chosen a password with a mailed link is signed in. A second factor is still asked for.
ACCOUNT_LOGIN_ON_PASSWORD_RESET = True
# The owner gets a mail when the password is changed and when a second factor is added or removed.
ACCOUNT_EMAIL_NOTIFICATIONS = True
# A change of second factors or of the address asks for the password or a factor again, unless it
# was given within this time, so that somebody who finds an open browser cannot make it.
ACCOUNT_REAUTHENTICATION_TIMEOUT = 5 * 60

MFA_ADAPTER = "amtportal.members.factors.second_factor.MFAAdapter"
MFA_SUPPORTED_TYPES = ["webauthn", "totp", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
# Codes of the half minute before and after are accepted too, because the clocks of phones can be
# off.
MFA_TOTP_TOLERANCE = 1
MFA_FORMS = {
    "authenticate": "amtportal.members.factors.forms.CodeForm",
    "reauthenticate": "amtportal.members.factors.forms.CodeAgainForm",
    "activate_totp": "amtportal.members.factors.forms.AppForm",
    "add_webauthn": "amtportal.members.factors.forms.PasskeyForm",
    "edit_webauthn": "amtportal.members.factors.forms.PasskeyNameForm",
}
IDP_OIDC_ADAPTER = "ccp.api.tokens.Adapter"
IDP_OIDC_ACCESS_TOKEN_EXPIRES_IN = 10 * 60
IDP_OIDC_AUTH_METHODS = ["client_secret_basic", "client_secret_post"]
API_WEBHOOKS_INSIDE = env.bool("API_WEBHOOKS_INSIDE", default=DEBUG)
MFA_REQUIRED_FOR_STAFF = env.bool("MFA_REQUIRED_FOR_STAFF", default=HTTPS)
# The limits for each IP address are generous, because a whole hospital or school can share one
# address, and many members sign in during the last week of a cycle. The limits for each account
# stay at allauth's strict defaults.
ACCOUNT_RATE_LIMITS = {
    "login": "300/m/ip",
    # Only failures count here.
    "login_failed": "120/m/ip,5/5m/key",
    "reset_password": "120/m/ip,5/m/key",
    # Estimating the strength of each new password takes up to half a second of processor time.
    "reset_password_from_key": "40/m/ip",
    # So does saying how strong it is while it is typed, which a page asks for after each pause.
    "strength": "120/m/ip",
    # Anyone can check codes and files of transcripts. This is enough for an office that checks its
    # staff one after another.
    "verify": "60/m/ip",
    # Anyone can fetch the files of a draw, of which the largest has some megabytes.
    "draw": "60/m/ip",
    # The guide and the guidance document as PDF, of some hundred kilobytes.
    "manual": "60/m/ip",
    # PDFs for one person and files that staff import: both keep a processor busy for seconds.
    "pdf": "30/m/user",
    "import": "20/m/user",
    # Each press of the Pay button, and each way back from the provider's page, asks the provider.
    "pay": "20/m/user",
    # Files that are attached to activities. Each one is opened in a process of its own.
    "evidence": "20/m/user",
    # Files that are read by the worker, to fill in a form: each takes some seconds of a core.
    "reading": "10/m/user",
    # Mail to addresses that somebody typed: nobody may use the portal to write to many strangers.
    "change_address": "5/h/user",
    # Questions to the office: each is a mail that a person reads. Signed in and signed out count for the IP address.
    "question": "10/h/user",
    "questions": "30/h/ip",
    # Choices about notices: each is a line of history.
    "notices": "30/m/user",
    # Changes of contact details: each is a line of history and a mail.
    "details": "20/h/user",
    # The way out of a mail without a sign-in. A mail provider posts for many members from one address.
    "stop": "300/m/ip",
    # Links that members make for employers, and who opens one.
    "sharing": "30/m/user",
    "share": "60/m/ip",
    "share_pdf": "10/m/ip",
    # The public look-up: enough for an office that checks its staff one after another.
    "look_up": "30/m/ip",
    # Badges that members download, and what programs fetch to verify one.
    "badge": "30/m/user",
    # Tokens of course systems: checking each secret takes some processor time.
    "api_token": "60/m/ip",
    "badge_check": "120/m/ip",
    # Archives of everything about a member: a press of the button, and a download of many megabytes.
    "archive": "20/h/user",
    # Answers to forms that are kept for Back, of several kilobytes each, for a person or an IP address.
    "answer": "60/m/key",
}
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_PREVENT_ENUMERATION = True
# The portal sends no mail to an address that is not on the roster.
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_SESSION_REMEMBER = False
_HOUR = 3600
# Seconds without use, and seconds since the sign-in, after which a session is over (NIST SP
# 800-63B-4).
SESSION_LIMITS = {"member": (24 * _HOUR, 30 * 24 * _HOUR), "staff": (_HOUR, 12 * _HOUR)}
SESSION_ENGINE = "amtportal.members.sessions.store"
SESSION_COOKIE_AGE = 30 * 24 * _HOUR
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_DEFAULT_HTTP_PROTOCOL = _address.scheme

if "EMAIL_URL" in env:
    vars().update(env.email_url("EMAIL_URL"))
    EMAIL_BACKEND = vars()["EMAIL_BACKEND"]
else:
    EMAIL_BACKEND, EMAIL_FILE_PATH = "django.core.mail.backends.filebased.EmailBackend", VAR_DIR / "mail"
# Mail is stored first (amtportal.members.mail.outbox), and the worker sends it with MAIL_TRANSPORT.
MAIL_TRANSPORT, EMAIL_BACKEND = EMAIL_BACKEND, "amtportal.members.mail.outbox.Backend"
MAIL_PER_MINUTE = env.int("MAIL_PER_MINUTE", default=0)
if MAIL_PER_MINUTE < 0:
    raise ImproperlyConfigured("MAIL_PER_MINUTE must be 0, for no limit, or more.")
EMAIL_TIMEOUT = 20
BOUNCE_ADDRESS = env.str("BOUNCE_ADDRESS", default="")
BOUNCE_MAILBOX = env.str("BOUNCE_MAILBOX", default="")
BOUNCE_SOFT_MOST = env.int("BOUNCE_SOFT_MOST", default=5)
BOUNCE_SOFT_DAYS = env.int("BOUNCE_SOFT_DAYS", default=14)
if BOUNCE_SOFT_MOST < 1 or BOUNCE_SOFT_DAYS < 1:
    raise ImproperlyConfigured("BOUNCE_SOFT_MOST and BOUNCE_SOFT_DAYS must be 1 or more.")
if BOUNCE_MAILBOX and not BOUNCE_MAILBOX.startswith(("maildir:///", "imap://", "imaps://")):
    raise ImproperlyConfigured("Write BOUNCE_MAILBOX as maildir:///path or as imaps://user:password@host/INBOX.")
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="AMT Portal <portal@amt.example>")
OFFICE_EMAIL = env.str("OFFICE_EMAIL", default="") or parseaddr(DEFAULT_FROM_EMAIL)[1]
if "@" not in OFFICE_EMAIL:
    raise ImproperlyConfigured("Write OFFICE_EMAIL as an address, such as office@example.org.")
OFFICE_HOURS = office_hours.read(env.str("OFFICE_HOURS", default="08:00-17:00"))

LANGUAGE_CODE = "en-us"
# Each language has its own name for itself, as the language switch shows it.
LANGUAGES = [("en", "English"), ("es", "Español")]
USE_I18N = True
LOCALE_PATHS = [BASE_DIR / "amtportal" / "locale"]
# Numbers and dates have American formats, in Spanish too.
FORMAT_MODULE_PATH = "amtportal.formats"
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
TIME_ZONE = "America/Chicago"
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_MIMETYPES = {".vtt": "text/vtt"}  # WhiteNoise does not know captions
MEDIA_ROOT = Path(env.str("MEDIA_FOLDER", default="") or VAR_DIR / "media").resolve()
MEDIA_IS_SHARED = bool(env.str("MEDIA_FOLDER", default=""))
NODES = env.int("NODES", default=1)
if NODES < 1:
    raise ImproperlyConfigured("NODES is how many machines serve the portal: 1 or more.")
# Work that no page waits for is kept in the database, with what it belongs to, until the worker does it.
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}

STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    # Any storage of django-storages can be used here instead. Only a view that checks who asks
    # serves these files.
    "evidence": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {
            "location": MEDIA_ROOT / "evidence",
            "file_permissions_mode": 0o600,
            "directory_permissions_mode": 0o700,
        },
    },
    # Transcripts that staff asked for at once, until they are removed.
    "transcripts": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {
            "location": MEDIA_ROOT / "transcripts",
            "file_permissions_mode": 0o600,
            "directory_permissions_mode": 0o700,
        },
    },
    # Letters of audits that staff print at once, until they are removed.
    "letters": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {
            "location": MEDIA_ROOT / "letters",
            "file_permissions_mode": 0o600,
            "directory_permissions_mode": 0o700,
        },
    },
    # Lists of members that staff took out as a file, until they are removed.
    "lists": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {
            "location": MEDIA_ROOT / "lists",
            "file_permissions_mode": 0o600,
            "directory_permissions_mode": 0o700,
        },
    },
    # Archives of everything about a member, until they are removed.
    "archives": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {
            "location": MEDIA_ROOT / "archives",
            "file_permissions_mode": 0o600,
            "directory_permissions_mode": 0o700,
        },
    },
    "staticfiles": {"BACKEND": "amtportal.static_files.JoinedFilesStorage"},
}
FILE_UPLOAD_HANDLERS = [
    "amtportal.uploads.limits.Bounded",
    # No file is kept in memory, however small it is.
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 2**20
CLAMAV_URL = env.str("CLAMAV_URL", default="")
if CLAMAV_URL and (problem := malware.address_problem(CLAMAV_URL)):
    raise ImproperlyConfigured(problem)

if not HTTPS and "PAYMENT_SECRET_KEY" not in env:
    # The demo's provider, while it runs for this folder (deploy/payment_provider).
    env.read_env(VAR_DIR / "payment-provider" / "environment")
PAYMENT_SECRET_KEY = env.str("PAYMENT_SECRET_KEY", default="")
PAYMENT_WEBHOOK_SECRETS = env.list("PAYMENT_WEBHOOK_SECRETS", default=[])
PAYMENT_API_URL = env.str("PAYMENT_API_URL", default="https://api.stripe.com").rstrip("/")
PAYMENT_PAGE_URL = env.str(
    "PAYMENT_PAGE_URL",
    # The demo's provider serves its page itself.
    default=PAYMENT_API_URL if urlsplit(PAYMENT_API_URL).hostname in _LOCAL_HOSTS else "https://checkout.stripe.com",
).rstrip("/")
PAYMENT_BANK_DEBIT = env.bool("PAYMENT_BANK_DEBIT", default=False)
PAYMENT_TIMEOUT_SECONDS = payment_settings.seconds_of(env.str("PAYMENT_TIMEOUT_SECONDS", default="10"))
PAYMENT_LIVE = payment_settings.is_live(PAYMENT_SECRET_KEY)
if problem := payment_settings.problem(
    key=PAYMENT_SECRET_KEY,
    secrets=PAYMENT_WEBHOOK_SECRETS,
    api=PAYMENT_API_URL,
    page=PAYMENT_PAGE_URL,
    seconds=PAYMENT_TIMEOUT_SECONDS,
    https=HTTPS,
):
    raise ImproperlyConfigured(problem)

SECURE_SSL_REDIRECT = HTTPS
# Only people are redirected to https. A calendar program is refused instead, because a redirect
# would hide that it sends its secret address without encryption. The load balancer checks the
# health of the portal over http.
SECURE_REDIRECT_EXEMPT = [r"^calendar/.+\.ics$", r"^healthz$"]
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
# Browsers accept a cookie with this prefix only from this host, over https and for every path, so
# that no other host of the domain can set one.
COOKIE_PREFIX = "__Host-" if HTTPS else ""
SESSION_COOKIE_NAME = f"{COOKIE_PREFIX}sessionid"
CSRF_COOKIE_NAME = f"{COOKIE_PREFIX}csrftoken"
LANGUAGE_COOKIE_NAME = f"{COOKIE_PREFIX}language"
MESSAGE_STORAGE = "amtportal.middleware.messages.MessageStorage"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = LANGUAGE_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = LANGUAGE_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "amtportal.members.sign_in.kept_forms.csrf_failure"
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
TRUST_PROXY = env.bool("TRUST_PROXY", default=False)
if TRUST_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
# How many of the last entries of X-Forwarded-For come from our proxies. With 0 the header is not
# read, because anybody can send it.
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", default=1) if TRUST_PROXY else 0
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "connect-src": [SELF],
        "font-src": [SELF],
        "img-src": [SELF, "data:"],  # icons in the style sheets
        "manifest-src": [SELF],
        "media-src": [SELF],  # the clips of the tutorial
        "frame-src": [NONE],
        "worker-src": [NONE],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    },
}

# Browser features that no page of ours needs are off. Passkeys work on our own pages only.
PERMISSIONS_POLICY: dict[str, list[str]] = {
    "accelerometer": [],
    "autoplay": [],
    "browsing-topics": [],
    "camera": [],
    "display-capture": [],
    "encrypted-media": [],
    "geolocation": [],
    "gyroscope": [],
    "hid": [],
    "idle-detection": [],
    "magnetometer": [],
    "microphone": [],
    "midi": [],
    "payment": [],
    "picture-in-picture": [],
    "screen-wake-lock": [],
    "serial": [],
    "usb": [],
    "xr-spatial-tracking": [],
    "fullscreen": ["self"],  # a clip of the tutorial, if its viewer asks for it
    "publickey-credentials-create": ["self"],
    "publickey-credentials-get": ["self"],
}

SECURITY_CONTACT = env.str("SECURITY_CONTACT", default="")
if SECURITY_CONTACT and not SECURITY_CONTACT.startswith(("mailto:", "https://")):
    raise ImproperlyConfigured("Write SECURITY_CONTACT as mailto:security@example.org or as https://….")

SIMPLE_HISTORY_REVERT_DISABLED = True  # History is a record; corrections go through the portal's verbs.
SIMPLE_HISTORY_DATE_INDEX = False  # nobody asks for the lines of a day
IMPORT_EXPORT_USE_TRANSACTIONS = True  # A file is imported completely or not at all.

MAINTENANCE = env.bool("MAINTENANCE", default=False)

CCP_GRACE_DAYS = env.int("CCP_GRACE_DAYS", default=90)
if CCP_GRACE_DAYS < 0:
    raise ImproperlyConfigured("CCP_GRACE_DAYS must be 0 or more.")

AUDIT_SHARE = env.int("AUDIT_SHARE", default=10)
AUDIT_AT_LEAST = env.int("AUDIT_AT_LEAST", default=5)
AUDIT_SPARED_CYCLES = env.int("AUDIT_SPARED_CYCLES", default=1)
if not 0 <= AUDIT_SHARE <= 1000 or AUDIT_AT_LEAST < 1 or AUDIT_SPARED_CYCLES < 0:
    raise ImproperlyConfigured(
        "AUDIT_SHARE is a number of 1,000 from 0 to 1000, AUDIT_AT_LEAST 1 or more, and AUDIT_SPARED_CYCLES 0 or more."
    )


def _days(name: str, default: int) -> int:
    """Return how many days somebody has for a move in an audit."""
    if (days := env.int(name, default=default)) < 1:
        raise ImproperlyConfigured(f"{name} is {days}; write how many days it takes, at least 1.")
    return days


AUDIT_NOTIFY_DAYS = _days("AUDIT_NOTIFY_DAYS", 14)
AUDIT_ANSWER_DAYS = _days("AUDIT_ANSWER_DAYS", 30)
AUDIT_EXTENSION_ANSWER_DAYS = _days("AUDIT_EXTENSION_ANSWER_DAYS", 7)
AUDIT_EXTENSION_MOST_DAYS = _days("AUDIT_EXTENSION_MOST_DAYS", 30)
AUDIT_OVERDUE_DAYS = _days("AUDIT_OVERDUE_DAYS", 14)
AUDIT_REVIEW_DAYS = _days("AUDIT_REVIEW_DAYS", 30)
AUDIT_MORE_DAYS = _days("AUDIT_MORE_DAYS", 14)
AUDIT_SECOND_REVIEW_DAYS = _days("AUDIT_SECOND_REVIEW_DAYS", 14)
AUDIT_APPEAL_DAYS = _days("AUDIT_APPEAL_DAYS", 30)
AUDIT_BOARD_DAYS = _days("AUDIT_BOARD_DAYS", 30)
AUDIT_SECOND_REVIEW_PERCENT = env.int("AUDIT_SECOND_REVIEW_PERCENT", default=10)
if not 0 <= AUDIT_SECOND_REVIEW_PERCENT <= 100:
    raise ImproperlyConfigured("AUDIT_SECOND_REVIEW_PERCENT must be from 0 to 100.")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {
        "request_id": {"()": "amtportal.history.requests.WithRequestId"},
        "secrets": {"()": "amtportal.logs.SecretsLeftOut"},
    },
    "formatters": {
        "line": {
            "()": "amtportal.logs.WithoutSecrets",
            "format": "%(asctime)s %(levelname)s [%(request_id)s] %(name)s: %(message)s",
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "filters": ["request_id"], "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        "django.request": {"filters": ["secrets"]},
        "django.security.csrf": {"filters": ["secrets"]},
        # One line for each request of a course system: which key asked what, and nothing about whom.
        "ccp.api": {"level": "INFO"},
        # The server logs the address of a request that failed, so its lines need our formatter.
        "gunicorn.error": {"handlers": ["console"], "propagate": False},
    },
}
