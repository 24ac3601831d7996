"""The table of kinds in ``docs/notices.md`` is the one in the code."""

import re
from pathlib import Path

from ccp.notices import due
from ccp.notices.kinds import KINDS, is_optional
from ccp.notices.models import NoticeKind

DOCUMENT = (Path(__file__).resolve().parents[3] / "docs" / "notices.md").read_text()


def rows() -> list[list[str]]:
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in re.findall(r"^\| `.*$", DOCUMENT, re.M)]


def test_the_table_of_the_document_is_that_of_the_code() -> None:
    assert rows() == [
        [
            f"`{kind}`",
            "optional" if is_optional(kind) else "duty",
            ", ".join(map(str, rule.before)),
            rule.anchor,
            rule.holds,
        ]
        for kind, rule in KINDS.items()
    ]


def test_every_kind_has_its_rule_and_a_reader_learns_why() -> None:
    assert set(KINDS) == set(NoticeKind)
    assert all(str(rule.why) for rule in KINDS.values())


def test_the_document_has_the_days_of_the_code() -> None:
    assert f"is due for {due.LATE} days" in DOCUMENT
    assert f"the last {due.BEFORE} days" in DOCUMENT
