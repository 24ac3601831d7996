"""Every command that a document names can be typed as it stands, in the folder of the project."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import get_commands, load_command_class

pytestmark = pytest.mark.any_database

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted(
    str(path.relative_to(ROOT))
    for path in [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / ".github").glob("*.md")]
    if path.name != "CHANGELOG.md"  # it tells of the past
)
PYTHON = ".venv/bin/python "
FILE = re.compile(r"(?<![\w./-])((?:deploy|docs|tests|amtportal|certifications|ccp|\.venv|\.ci)/[\w./@-]*\w)")


def code(name: str) -> list[str]:
    """Return what stands in code: the lines of blocks, and what is between backquotes."""
    text = (ROOT / name).read_text()
    blocks = re.findall(r"^```\w*\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    inline = re.findall(r"`([^`]+)`", re.sub(r"^```\w*\n.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL))
    return [line for block in blocks for line in block.splitlines()] + [" ".join(words.split()) for words in inline]


def typed(name: str) -> list[list[str]]:
    """Return the words of each command of ``manage.py`` that the document names, without ``manage.py``."""
    found = [
        re.sub(r"[\[\]]", "", line.partition("manage.py ")[2].partition(" #")[0])
        for line in code(name)
        if "manage.py " in line and "COMMAND" not in line
    ]
    return [shlex.split(words.removesuffix(' "') if words.count('"') % 2 else words) for words in found]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_manage_is_run_by_the_python_that_has_django(name: str) -> None:
    for line in code(name):
        before, found, _ = line.partition("manage.py ")
        assert not found or before.endswith(PYTHON), line
        assert not re.match(r"(?:[A-Z_]+=\S+ )*(?:python3?|gunicorn|pytest|ruff|mypy|django-admin) [^>]", line), line


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_command_of_manage_and_its_options_exist(name: str) -> None:
    for command, *words in typed(name):
        app = get_commands().get(command)
        assert app is not None, command
        parser = (load_command_class(app, command) if isinstance(app, str) else app).create_parser("manage.py", command)
        for word in words:
            if word.startswith("-"):
                assert word in parser._option_string_actions, f"{command} {word}"


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_file_that_a_command_names_exists(name: str) -> None:
    """The list of controls names tests from the folder of tests, which its own test checks."""
    if name == "docs/asvs.md":
        pytest.skip("tests/documents/test_security_documents.py")
    for line in code(name):
        for path in FILE.findall(line.replace(f"{PYTHON}", "")):
            assert (ROOT / path).exists(), line


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_variable_that_make_is_given_is_read(name: str) -> None:
    read = (ROOT / "Makefile").read_text() + "".join(path.read_text() for path in (ROOT / "deploy").glob("*.sh"))
    for line in code(name):
        if re.match(r"(?:[A-Z_]+=\S+ )*make ", line):
            for variable in re.findall(r"\b([A-Z_]{3,})=", line):
                assert variable in read, line


def test_the_readme_names_how_members_come_in() -> None:
    commands = typed("README.md")
    assert ["import_roster", "roster.csv", "--dry-run"] in commands
    assert ["import_roster", "roster.csv"] in commands
    assert sum(map(len, map(typed, DOCUMENTS))) > 30


def test_a_python_without_django_says_what_to_type() -> None:
    run = subprocess.run(
        [sys.executable, "-S", "-E", "manage.py", "import_roster", "roster.csv", "--dry-run"],
        cwd=ROOT, capture_output=True, text=True, check=False,
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
    )  # fmt: skip
    assert run.returncode == 1
    assert run.stderr.startswith("This Python has no Django. Type .venv/bin/python manage.py ")
    assert "Traceback" not in run.stderr


@pytest.mark.slow
def test_the_command_of_the_readme_runs_as_it_is_written(tmp_path: Path) -> None:
    """Here with a file that is not there: the command itself says so."""
    line = next(line for line in code("README.md") if "import_roster roster.csv --dry-run" in line)
    run = subprocess.run(
        shlex.split(line.replace("roster.csv", str(tmp_path / "roster.csv"))),
        cwd=ROOT, env=os.environ | {"AMTPORTAL_VAR": str(tmp_path)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 1
    assert "roster.csv" in run.stderr
    assert "Traceback" not in run.stderr
