"""Check that the lock files agree with pyproject.toml, without the network. `make lock` fixes what it finds.

Each direct dependency must be locked at a version that pyproject.toml allows, nothing else may be
locked as a direct dependency, both files must agree on every version, and neither may contain an
address to download from.
"""

import re
import sys
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PROJECT = Path(__file__).resolve().parent.parent
ENTRY = re.compile(r"^([a-z0-9._-]+)(?:\[.*?\])?==([^ ;\\]+)(.*?)(?=^[a-z0-9]|\Z)", re.MULTILINE | re.DOTALL)


def entries(text: str) -> tuple[set[tuple[str, str]], dict[str, set[str]]]:
    """Return all (name, version) pairs of a lock file, and the versions of direct dependencies."""
    pins, direct = set(), {}
    for name, version, rest in ENTRY.findall(text):
        pins.add((name, version))
        if "amtportal (pyproject.toml)" in rest:
            direct.setdefault(name, set()).add(version)
    return pins, direct


def problems(declared: list[str], direct: dict[str, set[str]], filename: str) -> list[str]:
    wanted = {canonicalize_name(requirement.name): requirement for requirement in map(Requirement, declared)}
    found = [f"{filename} does not lock {name}" for name in wanted.keys() - direct.keys()]
    found += [f"{filename} locks {name}, no longer in pyproject.toml" for name in direct.keys() - wanted]
    found += [
        f"{filename} locks {name} {version}, but pyproject.toml says {wanted[name]}"
        for name in wanted.keys() & direct.keys()
        for version in direct[name]
        if version not in wanted[name].specifier
    ]
    return sorted(found)


def main() -> int:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    run_text = (PROJECT / "requirements.txt").read_text()
    dev_text = (PROJECT / "requirements-dev.txt").read_text()
    run_pins, run_direct = entries(run_text)
    dev_pins, dev_direct = entries(dev_text)
    dependencies = project["dependencies"]
    found = problems(dependencies, run_direct, "requirements.txt")
    found += problems(dependencies + project["optional-dependencies"]["dev"], dev_direct, "requirements-dev.txt")
    found += [f"requirements-dev.txt lacks {name} {version}" for name, version in sorted(run_pins - dev_pins)]
    if "://" in run_text + dev_text:
        found.append("a lock file holds an address")
    for problem in found:
        print(f"{problem}: run `make lock`", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
