"""What the limits use of the internals of allauth, which promises to keep none of them."""

import inspect
import re
from pathlib import Path

import pytest
from allauth.core.internal import ratelimit
from django.conf import settings

from amtportal.members import limits

pytestmark = pytest.mark.any_database

# The parameters that the portal fills in, by function.
BORROWED = {
    "consume": {"request", "app", "action", "limit_get", "user"},
    "get_ip": {"request"},
    "handler429": {"request"},
    "respond_429": {"request"},
}


@pytest.mark.parametrize("name", BORROWED)
def test_allauth_still_has_the_function_with_our_parameters(name: str) -> None:
    parameters = inspect.signature(getattr(ratelimit, name)).parameters
    assert parameters.keys() >= BORROWED[name]
    required = {key for key, parameter in parameters.items() if parameter.default is inspect.Parameter.empty}
    assert required <= BORROWED[name], "we would leave out what it needs"


def test_the_limits_borrow_nothing_else() -> None:
    assert set(re.findall(r"\bratelimit\.(\w+)", inspect.getsource(limits))) == set(BORROWED)


def test_one_module_knows_of_them() -> None:
    files = [
        path for name in ("amtportal", "certifications", "ccp") for path in (settings.BASE_DIR / name).rglob("*.py")
    ]
    knowing = [path for path in files if re.search(r"allauth\.core(\.internal)?\b.*\bratelimit", path.read_text())]
    assert knowing == [Path(inspect.getsourcefile(limits) or "")]
