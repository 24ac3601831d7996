"""What the security documents claim.

The tests that they name exist, and every control is listed once.
"""

import ast
import re
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]
DOCS = TESTS.parent / "docs"
NAMED = re.compile(r"`([a-z0-9_/]+\.py)(?:::(test_\w+))?`")
ROW = re.compile(r"^\| ((?:\d+\.\d+(?:\.\d+)?(?:[,–] ?)?)+) \| ([12, ]+) \| (.+?) \| (.+?) \| (.*?) ?\|$", re.MULTILINE)


def names_in(path: Path) -> set[str]:
    return {node.name for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef)}


@pytest.fixture(scope="module")
def table() -> str:
    return (DOCS / "asvs.md").read_text()


def test_every_test_that_is_named_exists(table: str) -> None:
    named = [found for found in NAMED.findall(table) if (TESTS / found[0]).parent.exists() and "test_" in found[0]]
    assert len(named) > 80
    missing = [
        f"{path}::{name}"
        for path, name in named
        if not (TESTS / path).is_file() or (name and name not in names_in(TESTS / path))
    ]
    assert missing == []


def test_every_line_of_the_tables_is_a_control(table: str) -> None:
    lines = [line for line in table.splitlines() if line.startswith("| ") and line[2].isdigit()]
    assert len(lines) == len(ROW.findall(table)) > 100


def test_no_control_stands_there_twice(table: str) -> None:
    numbers = [number for row in ROW.findall(table) for number in re.findall(r"\d+\.\d+\.\d+", row[0])]
    assert len(numbers) == len(set(numbers)) > 120


def test_a_control_is_shown_or_said_not_to_be_met(table: str) -> None:
    """If a control is the operator's, the document that says how is named."""
    empty = [row[0] for row in ROW.findall(table) if not row[4]]
    said = [row[0] for row in ROW.findall(table) if not row[4] and "not met yet" in row[3]]
    assert empty == said


@pytest.mark.parametrize("name", ["SECURITY.md", "threat-model.md", "asvs.md"])
def test_links_of_the_documents_lead_somewhere(name: str) -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", (DOCS / name).read_text()):
        assert (DOCS / target).exists(), target
