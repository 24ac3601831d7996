"""Which database reports ask: the standby if the settings name one, so that a count slows nobody down."""

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS

STANDBY = "standby"


def alias() -> str:
    return STANDBY if STANDBY in settings.DATABASES else DEFAULT_DB_ALIAS
