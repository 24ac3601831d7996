"""Imports point one way: what a member does knows what a member holds, which knows who the member is; never back."""

import ast
from pathlib import Path

ROOT = Path(__file__).parent.parent
# Each layer may import from those before it, and from itself.
LAYERS = [
    (
        "amtportal.middleware.messages",
        "amtportal.dates",
        "amtportal.formatting",
        "amtportal.refusals",
        "amtportal.uploads.digests",
        "amtportal.documents.layout",
        "amtportal.middleware.headers",
        "amtportal.middleware.language",
        "amtportal.formats",
        "amtportal.guide_pictures",
        "amtportal.middleware.host",
        "amtportal.logs",
        "amtportal.uploads.malware",
        "amtportal.palette",
        "amtportal.settings",
        "amtportal.checks",
        "amtportal.middleware.retry",
        "amtportal.uploads.limits",
    ),
    ("amtportal.history", "amtportal.members", "amtportal.staff"),
    ("certifications",),
    ("ccp",),
    (
        "amtportal.views.site",
        "amtportal.views.public",
        "amtportal.urls",
        "amtportal.wsgi",
        "amtportal.middleware.maintenance",
    ),
]


def layer_of(module: str) -> int | None:
    """The layer of one of our modules; None for what is not ours."""
    fits = (n for n, names in enumerate(LAYERS) if any(f"{module}.".startswith(f"{name}.") for name in names))
    return next(fits, None)


def imported(source: Path) -> set[str]:
    """Every module that the file imports, at the top or inside a function."""
    found = set()
    for node in ast.walk(ast.parse(source.read_text())):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{source}: imports are written in full"
            found |= {f"{node.module}.{name.name}" for name in node.names}
    return found


def test_imports_point_one_way() -> None:
    files = [path for name in ("amtportal", "certifications", "ccp") for path in (ROOT / name).rglob("*.py")]
    for path in files:
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        if module == "amtportal":
            continue
        layer = layer_of(module)
        assert layer is not None, f"{module} has no layer: add it to LAYERS"
        upwards = {name for name in imported(path) if (layer_of(name) or 0) > layer}
        assert not upwards, f"{module} imports {', '.join(sorted(upwards))} from a layer above it"
    assert len(files) > 30
