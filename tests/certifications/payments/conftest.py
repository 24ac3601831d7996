"""The tests of payments calculate with a fee of $50.00."""

import pytest

from certifications.models import Credential


@pytest.fixture(autouse=True)
def _fee_of_fifty_dollars(request: pytest.FixtureRequest) -> None:
    """Set the fee of an RMA, for tests that use the database."""
    if request.node.get_closest_marker("django_db"):
        request.getfixturevalue("transactional_db" if "transactional_db" in request.fixturenames else "db")
        rma = Credential.objects.get(code="RMA")
        rma.annual_fee = 5000
        rma.save()
