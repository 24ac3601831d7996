"""What the documents for developers say.

The commands exist, every document is in the index, and hooks download nothing.
"""

import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.any_database

ROOT = Path(__file__).resolve().parents[2]
INDEX = ROOT / "docs" / "README.md"
LINK = re.compile(r"\]\(([^)#:]+)\)")
PULL_REQUEST = ".github/PULL_REQUEST_TEMPLATE.md"
GUIDES = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/README.md", "docs/operations.md", PULL_REQUEST]


def targets() -> set[str]:
    return set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


@pytest.mark.parametrize("name", GUIDES)
def test_every_make_command_that_is_named_exists(name: str) -> None:
    named = set(re.findall(r"\bmake ([a-z][a-z-]*)(?=[^`]*`)", (ROOT / name).read_text()))
    assert named <= targets()


@pytest.mark.parametrize("name", GUIDES)
def test_links_lead_somewhere(name: str) -> None:
    for target in LINK.findall((ROOT / name).read_text()):
        assert (ROOT / name).parent.joinpath(target).exists(), target


def test_every_file_that_contributing_names_exists() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text()
    named = set(re.findall(r"`((?:amtportal|ccp|certifications|tests|docs|deploy)/[\w/.-]+\.\w+)`", text))
    assert len(named) > 10
    assert {path for path in named if not (ROOT / path).exists()} == set()


def test_the_index_names_every_document_and_every_decision_once() -> None:
    docs = INDEX.parent
    present = sorted(str(path.relative_to(docs)) for path in docs.rglob("*.md") if path != INDEX)
    named = sorted(link for link in LINK.findall(INDEX.read_text()) if not link.startswith("../"))
    assert named == present


@pytest.mark.parametrize("path", sorted((ROOT / "docs/decisions").glob("*.md")), ids=lambda path: path.stem[:4])
def test_a_decision_says_whether_it_holds_and_the_index_agrees(path: Path) -> None:
    """A status that is not plain names the decision that replaces a part.

    The line in the index names it, too.
    """
    number = int(path.stem[:4])
    text = path.read_text()
    assert text.startswith(f"# {number}. ")
    status = re.search(r"^Status: (.+?)\n\n", text, re.MULTILINE | re.DOTALL)
    assert status is not None
    index = " ".join(INDEX.read_text().split())
    line = re.search(rf"\[{number}\. [^]]+\]\(decisions/{re.escape(path.name)}\): ([^[#]+)", index)
    assert line is not None
    replacing = re.findall(r"\[decision\s(\d+)\]\((\d{4})-", status[1])
    assert replacing or status[1] == "accepted."
    for other, start in replacing:
        assert int(other) == int(start)
    assert {other for other, _ in replacing} == set(re.findall(r"\d+", line[1].replace("60 KB", "")))


def test_hooks_are_local_and_call_what_is_installed() -> None:
    text = (ROOT / ".pre-commit-config.yaml").read_text()
    assert set(re.findall(r"repo: (\S+)", text)) == {"local"}
    entries = re.findall(r"entry: (\S+)", text)
    assert len(entries) == text.count("- id: ") == text.count("language: system") > 3
    assert {entry for entry in entries if not (entry.startswith(".venv/bin/") and (ROOT / entry).exists())} == set()
