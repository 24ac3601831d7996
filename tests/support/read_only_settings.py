"""The portal's settings with the cache of the deployment, for a database that is read-only for a while."""

from amtportal.settings import CACHES as DEPLOYED
from tests.support.drill_settings import *  # noqa: F403
from tests.support.drill_settings import CACHES, MIDDLEWARE

CACHES["default"] = DEPLOYED["default"]
MIDDLEWARE = ["tests.support.read_only.while_file", *MIDDLEWARE]
