"""What the limits use of the internals of allauth, which promises to keep none of them."""

import ast
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
    "get_cache_key": {"request", "app", "action", "rate", "key", "user"},
    "get_ip": {"request"},
    "get_rates": {"app", "action", "config"},
    "handler429": {"request"},
    "respond_429": {"request"},
}
REPLACED = {"consume": limits.consume, "clear": limits.clear}


@pytest.mark.parametrize("name", BORROWED)
def test_allauth_still_has_the_function_with_our_parameters(name: str) -> None:
    parameters = inspect.signature(getattr(ratelimit, name)).parameters
    assert parameters.keys() >= BORROWED[name]
    required = {key for key, parameter in parameters.items() if parameter.default is inspect.Parameter.empty}
    assert required <= BORROWED[name], "we would leave out what it needs"


def test_the_limits_borrow_nothing_else() -> None:
    assert set(re.findall(r"\bratelimit\.(\w+)", inspect.getsource(limits))) == {*BORROWED, *REPLACED}


@pytest.mark.parametrize("name", REPLACED)
def test_what_replaces_a_function_of_allauth_takes_what_it_took(name: str) -> None:
    """Read the source, because the function in memory is replaced already."""
    module = ast.parse(inspect.getsource(ratelimit))
    (original,) = (node for node in module.body if isinstance(node, ast.FunctionDef) and node.name == name)
    took = [argument.arg for argument in (*original.args.args, *original.args.kwonlyargs)]
    assert took == list(inspect.signature(REPLACED[name]).parameters)


@pytest.mark.parametrize("name", REPLACED)
def test_allauth_counts_as_the_portal_does(name: str) -> None:
    assert getattr(ratelimit, name) is REPLACED[name]


def test_one_module_knows_of_them() -> None:
    files = [
        path for name in ("amtportal", "certifications", "ccp") for path in (settings.BASE_DIR / name).rglob("*.py")
    ]
    knowing = [path for path in files if re.search(r"allauth\.core(\.internal)?\b.*\bratelimit", path.read_text())]
    assert knowing == [Path(inspect.getsourcefile(limits) or "")]
