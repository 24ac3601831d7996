"""What is read from the words of a certificate, and what is not.

Each text stands for a certificate. A field with one value is filled in, several are a choice.
"""

import pytest

from tests.support.certificates import read

pytestmark = pytest.mark.any_database

DAY = "2026-03-14"
