"""The least that Django needs for a page with a session: what the portal's pages are compared with."""

from amtportal.settings import *  # noqa: F403
from tests.benchmarks import clock

clock.stop_if_asked()

ROOT_URLCONF = "tests.benchmarks.floor.urls"
MIDDLEWARE = [
    "tests.benchmarks.counted.middleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",  # allauth does not start without it
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "tests" / "benchmarks" / "floor" / "templates"],  # noqa: F405
    }
]
