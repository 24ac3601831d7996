"""What a worker reads when it starts: not what only few requests need."""

import subprocess
import sys

import pytest

from tests.support.server import ROOT

LATER = ["weasyprint", "fontTools", "zxcvbn", "icalendar", "segno"]
"""Each takes megabytes and a tenth of a second, and is read with the first request that needs it."""


@pytest.mark.slow
def test_a_worker_starts_without_what_only_few_requests_need() -> None:
    """The modules of each address are read too, as with the first request."""
    program = (
        "import sys, amtportal.wsgi; from django.urls import get_resolver; get_resolver()._populate(); "
        f"print([name for name in {LATER} if name in sys.modules])"
    )
    told = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"
