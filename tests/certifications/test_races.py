"""A roster beside those who close cycles: certifications are locked in one order, whatever that of the file."""

from functools import partial

import pytest
from django.db import connection, transaction
from import_export.results import Result

from certifications import chunks, roster_files
from certifications.models import Certification
from certifications.roster import RosterResource
from tests.builders import TODAY, make_certification
from tests.threads import beside, wait_until_somebody_waits

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time"),
]
HEADER = "amt_id,email,first_name,last_name,credential,certificate_number,awarded_on\n"


def imported(content: str) -> Result:
    return RosterResource(on=TODAY).import_data(roster_files.read(content.encode()))


def test_a_roster_locks_certifications_in_the_order_of_their_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both get another number, the later one first. A closing has the first and goes on to the second."""
    monkeypatch.setattr(chunks, "CHUNK", 1)
    first, second = make_certification(), make_certification()
    rows = [
        f"{held.member.amt_id},{held.member.user.email},Ada,Lane,RMA,N-{held.pk},2023-05-01\n"
        for held in (second, first)
    ]
    with transaction.atomic():
        Certification.objects.select_for_update().get(pk=first.pk)
        result = beside(partial(imported, HEADER + "".join(rows)))
        wait_until_somebody_waits()
        Certification.objects.select_for_update().get(pk=second.pk)
    assert not result.result().has_errors()
    assert set(Certification.objects.values_list("certificate_number", flat=True)) == {
        f"N-{first.pk}",
        f"N-{second.pk}",
    }
