"""A wrong setting of online payment stops the portal with a sentence; a doubtful one is warned of."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from amtportal import payment_settings
from amtportal.checks import payment_problems

pytestmark = pytest.mark.any_database

ROOT = Path(__file__).resolve().parents[2]
TEST, LIVE = "sk_test_0123456789", "rk_live_0123456789"
SECRET = "whsec_0123456789abcdef"
STRIPE, PAGE = payment_settings.PROVIDER, "https://checkout.stripe.com"
SOUND: dict[str, Any] = {
    "key": TEST,
    "secrets": [SECRET],
    "api": STRIPE,
    "page": PAGE,
    "seconds": 10,
    "https": True,
}


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"key": LIVE},
        {"key": "", "secrets": []},
        {"secrets": [SECRET, "whsec_/+=fedcba9876543210"]},
        {"secrets": []},
        {"https": False, "api": "http://localhost:18000", "page": "http://localhost:18000"},
        {"page": "https://pay.example.org"},
    ],
)
def test_sound_settings_start_the_portal(changed: dict[str, Any]) -> None:
    assert not payment_settings.problem(**(SOUND | changed))


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"key": "pk_live_0123456789"}, "secret key"),
        ({"key": "sk_live_"}, "secret key"),
        ({"key": ""}, "set both, or none"),
        ({"secrets": ["we_0123456789abcdef"]}, "whsec_"),
        ({"secrets": [SECRET, ""]}, "whsec_"),
        ({"api": "http://api.example.org"}, "may be http"),
        ({"api": "api.stripe.com"}, "scheme"),
        ({"api": STRIPE + "/v1"}, "scheme"),
        ({"page": "checkout.stripe.com"}, "scheme"),
        ({"key": LIVE, "https": False}, "test key"),
        ({"key": LIVE, "api": "http://localhost:18000"}, "only for"),
        ({"key": LIVE, "api": "https://api.stripe.com.example.org"}, "only for"),
        ({"seconds": 0}, "from 1 to 25"),
        ({"seconds": 26}, "from 1 to 25"),
        ({"seconds": payment_settings.seconds_of("abc")}, "must be a number from 1 to 25"),
        ({"seconds": payment_settings.seconds_of(""), "key": "", "secrets": []}, "must be a number"),
    ],
)
def test_a_wrong_one_stops_it_and_says_what_to_write(changed: dict[str, Any], says: str) -> None:
    problem = payment_settings.problem(**(SOUND | changed))
    assert says in problem
    assert "0123456789" not in problem, "a key or a secret would be in the log"


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"PAYMENT_SECRET_KEY": LIVE}, "use a test key here"),
        ({"PAYMENT_TIMEOUT_SECONDS": "abc"}, "ImproperlyConfigured: PAYMENT_TIMEOUT_SECONDS must be a number"),
    ],
)
def test_the_portal_stops(wrong: dict[str, str], says: str) -> None:
    environment = os.environ | wrong
    run = subprocess.run(
        [sys.executable, "-c", "import amtportal.settings"], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert run.returncode
    assert says in run.stderr
    assert LIVE not in run.stderr


@pytest.mark.parametrize(
    ("key", "secrets", "api", "warned"),
    [
        ("", [], STRIPE, []),
        (LIVE, [SECRET], STRIPE, []),
        (LIVE, [], STRIPE, ["PAYMENT_WEBHOOK_SECRETS"]),
        (TEST, [SECRET], STRIPE, ["PAYMENT_SECRET_KEY"]),
        (TEST, [SECRET], "http://localhost:18000", ["PAYMENT_API_URL"]),
    ],
)
def test_what_would_surprise_amt_in_production_is_warned_of(
    key: str, secrets: list[str], api: str, warned: list[str]
) -> None:
    assert [problem.split()[0] for problem in payment_problems(key=key, secrets=secrets, api=api)] == warned
