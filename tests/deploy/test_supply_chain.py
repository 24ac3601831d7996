"""What the portal is made of.

Every package is locked by its hash, none is older than the fix of its last known vulnerability, and
no file that is kept holds a secret.
"""

import json
import re
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name
from packaging.version import Version

pytestmark = pytest.mark.any_database

PROJECT = Path(__file__).resolve().parents[2]
LOCKS = ["requirements.txt", "requirements-dev.txt", "deploy/uv-requirements.txt"]
PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==(\S+)", re.MULTILINE)
# Older versions have known vulnerabilities.
AT_LEAST = {"django": "5.2.14", "weasyprint": "70", "django-allauth": "65.14.2"}


@pytest.mark.parametrize("lock", LOCKS)
def test_every_locked_package_has_hashes(lock: str) -> None:
    text = (PROJECT / lock).read_text()
    starts = [found.start() for found in PIN.finditer(text)]
    assert starts
    for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
        entry = text[start:end]
        assert re.search(r"--hash=sha256:[0-9a-f]{64}\b", entry), entry.splitlines()[0]


def test_nothing_is_installed_without_its_hash() -> None:
    installs = [
        line
        for script in ("deploy/setup.sh", "Makefile")
        for line in (PROJECT / script).read_text().replace("\\\n", "").splitlines()
        if re.search(r"\b(pip install|pip sync)\b", line) and not line.lstrip().startswith("#")
    ]
    assert installs
    assert [line for line in installs if "--require-hashes" not in line] == []


@pytest.mark.parametrize("name", AT_LEAST)
def test_no_package_is_older_than_its_last_known_hole(name: str) -> None:
    least = Version(AT_LEAST[name])
    locked = dict(PIN.findall((PROJECT / "requirements.txt").read_text()))
    assert Version(locked[name]) >= least
    assert Version(metadata.version(name)) >= least
    declared = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]["dependencies"]
    [line] = [line for line in declared if re.split(r"[\[><=]", line)[0].lower() == name]
    floor = re.search(r">=([\d.]+)", line)
    assert floor is not None
    assert Version(floor[1]) >= least


def test_every_locked_package_is_there_because_something_asks_for_it() -> None:
    """``# via`` in the lock file names the packages that ask for a package.

    It leads from each package to one that the project itself names.
    """
    text = (PROJECT / "requirements.txt").read_text()
    own = "amtportal"
    askers = {
        entry[1]: set(re.findall(r"^    #(?: via|  ) +([a-z0-9._-]+)", entry[2], re.MULTILINE))
        for entry in re.finditer(r"^([a-z0-9._-]+)(?:\[.*?\])?==(.*?)(?=^[a-z0-9]|\Z)", text, re.MULTILINE | re.DOTALL)
    }
    assert list(askers) == [name for name, _ in PIN.findall(text)]
    declared = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]["dependencies"]
    direct = {canonicalize_name(re.split(r"[\[><=]", line)[0]) for line in declared}
    assert {name for name, asking in askers.items() if own in asking} == direct
    reached = {own}
    while more := {name for name, asking in askers.items() if asking & reached} - reached:
        reached |= more
    assert reached == {own, *askers}


# The bill of materials


def bill_of_materials(var: Path, *more: str) -> str:
    """Return the file as `make sbom` writes it, after the setup, with these options more."""
    plan = subprocess.run(
        ["make", "--dry-run", "sbom", f"AMTPORTAL_VAR={var}"], cwd=PROJECT, capture_output=True, text=True, check=True
    ).stdout.replace("\\\n", "")
    [command] = [line for line in plan.splitlines() if "cyclonedx" in line]
    command = " ".join([command.replace(".venv/bin/python", sys.executable), *more])
    subprocess.run(command, shell=True, cwd=PROJECT, check=True)  # noqa: S602
    return (var / "sbom.cdx.json").read_text()


def test_the_bill_of_materials_names_every_locked_package(tmp_path: Path) -> None:
    written = bill_of_materials(tmp_path)
    bill = json.loads(written)
    assert (bill["bomFormat"], bill["specVersion"], bill["version"]) == ("CycloneDX", "1.6", 1)
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    own = bill["metadata"]["component"]
    assert (own["type"], own["name"], own["version"]) == ("application", project["name"], project["version"])
    locked = PIN.findall((PROJECT / "requirements.txt").read_text())
    assert sorted((part["name"], part["version"]) for part in bill["components"]) == sorted(locked)
    refs = [part["bom-ref"] for part in bill["components"]]
    assert len(set(refs)) == len(refs)
    for part in bill["components"]:
        assert part["purl"] == f"pkg:pypi/{part['name']}@{part['version']}"
        [source] = part["externalReferences"]
        assert {digest["alg"] for digest in source["hashes"]} == {"SHA-256"}
    # What was found valid is not held against the schema again.
    assert bill_of_materials(tmp_path, "--no-validate") == written, "the same lock file gives the same bill"


# Secrets

SECRETS = {
    "private key": r"-----BEGIN [A-Z ]*PRIVATE KEY",
    "AWS key": r"\b(AKIA|ASIA)[0-9A-Z]{16}\b",
    "GitHub token": r"\b(gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{22,})",
    "Slack token": r"\bxox[abprs]-[A-Za-z0-9-]{10,}",
    "Stripe key": r"\b[rs]k_(live|test)_[A-Za-z0-9]{16,}",
    "Google key": r"\bAIza[0-9A-Za-z_-]{35}\b",
    "JSON web token": r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.",
    "password in an address": r"\b[a-z+]{3,}://[^\s/:@'\"`{$<]+:(?!password@|secret@|\.\.\.)[^\s/@'\"`{$<]{3,}@",
    "Django's secret key": r"\b(django-[i]nsecure-|SECRET_KEY\s*=\s*['\"][^'\"]{20,})",
}


def kept_files() -> list[Path]:
    """Return the files under version control.

    If the project came without its history, they are all files but those that are made.
    """
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=PROJECT, capture_output=True)
    if listed.returncode == 0 and listed.stdout:
        return [PROJECT / name for name in listed.stdout.decode().split("\0") if name]
    made = {".venv", ".tools", "var", ".git", "node_modules", "test-results", "screenshots"}
    return [path for path in PROJECT.rglob("*") if not made & set(path.relative_to(PROJECT).parts)]


def secrets_in(text: str) -> list[str]:
    return [kind for kind, pattern in SECRETS.items() if re.search(pattern, text)]


@pytest.mark.slow
def test_no_secret_stands_in_a_file_that_is_kept() -> None:
    found = {
        str(path.relative_to(PROJECT)): kinds
        for path in kept_files()
        if path.is_file() and (kinds := secrets_in(path.read_bytes().decode("utf-8", "replace")))
    }
    assert found == {}


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("private key", "-----BEGIN RSA " + "PRIVATE KEY-----"),
        ("AWS key", "AKIA" + "Q" * 16),
        ("GitHub token", "ghp_" + "a" * 36),
        ("Stripe key", "sk_live_" + "a1" * 10),
        ("password in an address", "postgres://portal:" + "hunter22@db.example/portal"),
        ("Django's secret key", "SECRET_KEY = '" + "k" * 50 + "'"),
    ],
    ids=lambda value: value.replace(" ", "-") if len(value) < 30 else "",
)
def test_secrets_are_recognised(kind: str, text: str) -> None:
    assert secrets_in(text) == [kind]


def test_files_that_hold_secrets_are_not_kept() -> None:
    names = {path.name for path in kept_files()}
    assert not {name for name in names if name == "secret-key" or name.endswith((".pem", ".key", ".sqlite3", ".env"))}
