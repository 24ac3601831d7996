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

CREDITED_BY_AMT = "Credited by AMT"
"""Stands in place of a statement with what nobody attested to (``ccp.amt_credits``)."""


def put_on_record(using: str = "default", **kwargs: Any) -> None:
    """Put on record the statement in each language of the portal, and what stands in place of one."""
    if AttestationStatement._meta.db_table not in connections[using].introspection.table_names():
        return  # the migrations went backward
    texts = [CREDITED_BY_AMT]
    for code, _ in settings.LANGUAGES:
        with translation.override(code):
            texts.append(str(ATTESTATION))
    for text in texts:
        AttestationStatement.objects.using(using).get_or_create(text=text)
