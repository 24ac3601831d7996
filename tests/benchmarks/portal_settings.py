"""The portal's own settings, with its queries counted and with limits that a benchmark does not reach."""

from amtportal.settings import *  # noqa: F403
from amtportal.settings import ACCOUNT_RATE_LIMITS, MIDDLEWARE
from tests.benchmarks import clock

clock.stop_if_asked()

MIDDLEWARE = ["tests.benchmarks.counted.middleware", *MIDDLEWARE]
# The limits are counted as always.
ACCOUNT_RATE_LIMITS |= {"pdf": "1000000/m/user", "verify": "1000000/m/ip"}
STORAGES = {  # nothing needs to be collected first
    **STORAGES,  # noqa: F405
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
