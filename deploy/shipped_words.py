"""Write ccp/catalogue/shipped_words.py: the shipped rows' texts, marked for translation."""

import json
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HEAD = '''"""What members read in the shipped rows, marked for translation. `make messages` writes this file.

The rows are in ``catalogue.json`` and ``certifications/credentials.json``; pages show them by the filter
``translated``. What staff write in the place of a shipped text is shown as they wrote it.
"""

# fmt: off
# ruff: noqa: E501
from django.utils.translation import gettext_noop

WORDS = (
'''
READ = ("name", "guidance", "documents")


def texts(rows: list[dict]) -> list[str]:
    """Return every text of the rows and of the rows within them, in order."""
    result = []
    for row in rows:
        result += [row[field] for field in READ if row.get(field)]
        result += texts(row.get("formerly", []))
        result += texts(row.get("activity_types", []))
    return result


def module() -> str:
    """Return the text of the module."""
    rows = [
        row
        for path in ("certifications/credentials.json", "ccp/catalogue.json")
        for row in json.loads((ROOT / path).read_text(encoding="utf-8"))
    ]
    lines = [f"    gettext_noop({json.dumps(text, ensure_ascii=False)}),\n" for text in dict.fromkeys(texts(rows))]
    return f"{HEAD}{''.join(lines)})\n"


if __name__ == "__main__":
    (ROOT / "ccp/catalogue/shipped_words.py").write_text(module(), encoding="utf-8")
