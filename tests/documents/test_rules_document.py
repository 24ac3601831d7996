"""``docs/rules.md`` cannot go stale.

Each of its examples is executed, and each module that it names exists.
"""

import doctest
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "docs" / "rules.md"
RULE_MODULES = [
    "amtportal/dates.py",
    "ccp/amt_credits/credits.py",
    "ccp/recording/claims.py",
    "ccp/counting/credits.py",
    "ccp/amt_credits/resource.py",
    "ccp/recording/eligibility.py",
    "ccp/amt_credits/error_reports.py",
    "ccp/amt_credits/holding.py",
    "ccp/catalogue/term_changes.py",
    "ccp/counting/points.py",
    "ccp/recording/verbs.py",
    "ccp/counting/requirement.py",
    "ccp/rollover/verdicts.py",
    "ccp/counting/terms.py",
    "certifications/cycles.py",
    "certifications/invoices.py",
    "certifications/life.py",
]


def sections() -> list[tuple[str, str]]:
    """Return the headings of the document with the examples up to and including their own.

    Names carry over from one section to the next.
    """
    text = DOCUMENT.read_text(encoding="utf-8")
    found = re.split(r"^## (.+)$", text, flags=re.MULTILINE)
    return [("The words of the examples", found[0]), *zip(found[1::2], found[2::2], strict=True)]


@pytest.mark.parametrize("place", [pytest.param(place, id=heading) for place, (heading, _) in enumerate(sections())])
def test_each_example_says_what_the_rules_answer(place: int) -> None:
    """Run the examples of a section, after those of the sections before it, without a database."""
    report: list[str] = []
    names: dict[str, object] = {}
    runner = doctest.DocTestRunner(verbose=False)
    for heading, text in sections()[: place + 1]:
        examples = doctest.DocTestParser().get_doctest(text, names, heading, str(DOCUMENT), 0)
        runner.run(examples, out=report.append, clear_globs=False)
        names = examples.globs
    assert runner.failures == 0, "".join(report)


def test_the_document_has_sums_to_execute() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    assert len(doctest.DocTestParser().get_examples(text)) > 50
    assert all(block.lstrip().startswith(">>>") for block in re.findall(r"```python\n(.*?)```", text, re.DOTALL))


def test_every_module_that_the_document_names_exists_and_no_rule_is_left_out() -> None:
    named = set(re.findall(r"`((?:amtportal|certifications|ccp)/[a-z_/]+\.py)`", DOCUMENT.read_text(encoding="utf-8")))
    assert {name for name in named if not (ROOT / name).is_file()} == set()
    assert set(RULE_MODULES) <= named
