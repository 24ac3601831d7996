"""The statements that are attested to, put on record before anybody is shown them.

Every migration does it, so that no two members who record wait for each other to put the same statement on
record. A wording or language that came without a migration is put on record by the first who attests to it.
"""

from typing import Any

from django.conf import settings
from django.db import connections
from django.utils import translation

from ccp.models import AttestationStatement
from ccp.recording.claims import ATTESTATION


def put_on_record(using: str = "default", **kwargs: Any) -> None:
    """Put the statement on record in each language of the portal."""
    if AttestationStatement._meta.db_table not in connections[using].introspection.table_names():
        return  # the migrations went backward
    for code, _ in settings.LANGUAGES:
        with translation.override(code):
            AttestationStatement.objects.using(using).get_or_create(text=str(ATTESTATION))
