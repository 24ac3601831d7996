"""Each model has one admin class, registered once.

No admin class of the portal replaces another one of the portal.
"""

import ast
import inspect
from pathlib import Path

from django.contrib import admin

ROOT = Path(__file__).parents[3]
OURS = ("amtportal", "certifications", "ccp")
SOURCES = [path for folder in OURS for path in sorted((ROOT / folder).rglob("*.py"))]


def _names(node: ast.expr) -> list[str]:
    """Return the models that a call names, which are one of them or a list."""
    parts = node.elts if isinstance(node, ast.List | ast.Tuple) else [node]
    return [ast.unparse(part) for part in parts]


def _calls(name: str) -> list[tuple[Path, str]]:
    """Return each model that is registered or unregistered, with the file.

    The calls are ``admin.register`` and the site's ``register`` and ``unregister``.
    """
    return [
        (path, model)
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in (f"admin.{name}", f"admin.site.{name}")
        for arg in (node.args if ast.unparse(node.func) == "admin.register" else node.args[:1])
        for model in _names(arg)
    ]


def test_each_model_is_registered_once() -> None:
    models = [model for _, model in _calls("register")]
    assert "Member" in models
    assert "Cycle" in models
    assert sorted(models) == sorted(set(models))


def test_only_models_of_others_are_unregistered_each_in_one_place() -> None:
    calls = _calls("unregister")
    # The second one is what the worker is told, the third the keys of the interface.
    places = {"amtportal/members/admin.py", "ccp/admin/transcript_batches.py", "ccp/admin/api.py"}
    assert {str(path.relative_to(ROOT)) for path, _ in calls} == places
    others = [
        "Authenticator",
        "DBTaskResult",
        "EmailAddress",
        "Group",
        "UserSession",
        "oidc_admin.Client",
        "oidc_admin.Token",
    ]
    assert sorted(model for _, model in calls) == others


def test_no_registered_class_extends_another() -> None:
    registered = {type(model_admin) for model_admin in admin.site._registry.values()}
    for model_admin in registered:
        above = set(inspect.getmro(model_admin)[1:]) & registered
        assert not above, f"{model_admin.__name__} extends {above}: give both a base class that is not registered"
