"""What the portal is made of, as a bill of materials in CycloneDX 1.6, written from the lock file: `make sbom`.

Asks no network. The same lock file always gives the same bill, byte for byte: each package with its version, the
SHA-256 of every file that may be installed, its licence where the package is installed here, and what asks for it.
"""

import json
import re
import sys
import tomllib
import uuid
from importlib import metadata
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name

PROJECT = Path(__file__).resolve().parent.parent
ENTRY = re.compile(r"^([a-z0-9._-]+)(?:\[.*?\])?==([^ ;\\]+)(.*?)(?=^[a-z0-9]|\Z)", re.MULTILINE | re.DOTALL)
HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")
ASKED_BY = re.compile(r"^    #(?: via|  ) +(\S+)", re.MULTILINE)


def purl(name: str, version: str) -> str:
    return f"pkg:pypi/{canonicalize_name(name)}@{version}"


def licence(name: str) -> list[dict[str, Any]]:
    """The licence expression, if the installed package states one."""
    try:
        stated = metadata.metadata(name).get("License-Expression")
    except metadata.PackageNotFoundError:
        return []
    return [{"expression": stated}] if stated else []


def bill(lock: str, project: dict[str, Any]) -> dict[str, Any]:
    """The bill of materials of a lock file's text."""
    entries = [(name, version, rest) for name, version, rest in ENTRY.findall(lock)]
    own = purl(project["name"], project["version"])
    refs = {name: purl(name, version) for name, version, _ in entries}
    needs: dict[str, list[str]] = {own: [], **{ref: [] for ref in refs.values()}}
    components = []
    for name, version, rest in entries:
        component: dict[str, Any] = {
            "type": "library",
            "bom-ref": refs[name],
            "name": name,
            "version": version,
            "purl": refs[name],
            "hashes": [{"alg": "SHA-256", "content": digest} for digest in HASH.findall(rest)],
        }
        if stated := licence(name):
            component["licenses"] = stated
        components.append(component)
        for asker in ASKED_BY.findall(rest):
            needs[refs.get(asker.partition("[")[0], own)].append(refs[name])
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, lock)}",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": own,
                "name": project["name"],
                "version": project["version"],
                "purl": own,
            }
        },
        "components": components,
        "dependencies": [{"ref": ref, "dependsOn": sorted(set(needed))} for ref, needed in needs.items()],
    }


def main() -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    json.dump(bill((PROJECT / "requirements.txt").read_text(), project), sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main()
