"""Do the tests notice when a rule is wrong?

Each rule is changed in one place at a time, and its tests must fail.

    make mutate                        every rule module (an hour or more)
    make mutate MODULES=ccp/counting/points.py  one of them, or several in quotes
    make mutate SAMPLE=40              at most 40 mutants of each, the same ones every time

A changed module is a mutant. A mutant that no test notices has survived, and is shown as a
difference. Either a test is missing, or the change makes no difference that anyone could see.
Cosmic Ray makes the mutants. The tests of the module run on each mutant, in a copy of the project,
until one fails. The run itself fails if fewer than 90 % are killed.

Some changes are left out, because they are not likely mistakes and would only flatter the figure:
other bit operators, ``is`` in place of ``==``, ``date | None`` in an annotation, and the marks in a
function's list of parameters.
"""

import difflib
import importlib
import os
import random
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names

ROOT = Path(__file__).resolve().parents[2]
LEAST = 90  # percent
# The tests of each rule module: the fewest that know the rule, with the quickest first.
TESTS = {
    "amtportal/dates.py": ["amtportal/test_dates.py"],
    "amtportal/written_days.py": ["amtportal/test_written_days.py"],
    "certifications/cycles.py": ["certifications/test_cycles.py", "certifications/test_cycles_grace.py"],
    "certifications/invoices.py": [
        "certifications/test_invoices.py",
        "certifications/test_invoices_whole.py",
        "certifications/test_invoice_states.py",
    ],
    "certifications/awards.py": ["certifications/test_awards.py"],
    "certifications/life.py": ["certifications/test_life.py"],
    "certifications/probations.py": ["certifications/test_probations.py"],
    "certifications/revocations.py": ["certifications/test_revocations.py"],
    "amtportal/members/rights.py": ["amtportal/members/test_rights.py"],
    "ccp/counting/points.py": ["ccp/counting/test_points.py", "ccp/recording/test_claims.py"],
    "ccp/counting/requirement.py": ["ccp/counting/test_requirement.py"],
    "ccp/recording/amounts.py": ["ccp/recording/test_amounts.py"],
    "ccp/recording/claims.py": ["ccp/recording/test_claims.py"],
    "ccp/counting/terms.py": ["ccp/counting/test_terms.py"],
    "ccp/recording/duplicates.py": ["ccp/recording/test_duplicates.py"],
    "ccp/standing/ledger.py": ["ccp/standing/test_ledger.py"],
    "ccp/rollover/verdicts.py": [
        "ccp/rollover/test_closing.py",
        "ccp/rollover/test_runs.py::test_a_past_day_is_judged_by_what_was_on_record_then",
    ],
    "ccp/rollover/closing.py": [
        "ccp/rollover/test_closing.py",
        "ccp/rollover/test_runs.py::test_a_second_run_changes_nothing",
        "ccp/rollover/test_runs.py::test_a_bad_row_stops_only_itself",
        "ccp/rollover/test_runs.py::test_a_past_day_is_judged_by_what_was_on_record_then",
        "ccp/rollover/test_runs.py::test_the_last_line_is_a_tally",
    ],
}
OF_EVERY_MODULE = ["documents/test_rules_document.py", "test_values.py"]
NO_MISTAKES = re.compile(
    r"Variable(Replacer|Inserter)|BinaryOperator_(BitOr_\w+|\w+_(Pow|Mod|RShift|LShift|BitOr|BitAnd|BitXor))$"
    r"|ComparisonOperator_(?!Is)\w+_Is(Not)?$"
)
# What every run of the tests imports. It is imported once, and each run is a fork that has it.
HEAVY = ["pytest", "pytest_django.plugin", "django.test", "django.contrib.admin", "hypothesis.strategies"]
HEAVY += ["weasyprint", "pikepdf", "pypdf", "bs4", "html5lib", "tablib", "time_machine", "dateutil.relativedelta"]


def mutants(source: str) -> Iterator[str]:
    """Yield the module with one change, for every change that can be made."""
    for name in operator_names():
        if NO_MISTAKES.search(name):
            continue
        operator = get_operator(name)()
        places = [node for node in ast_nodes(get_ast(source)) for _ in operator.mutation_positions(node)]
        for occurrence, node in enumerate(places):
            changed = mutate_code(source, operator, occurrence)
            if changed and changed != source and not (node.parent and node.parent.type == "parameters"):
                yield changed


def sample(every: list[str], module: str) -> list[str]:
    """Return as many of them as ``SAMPLE`` asks for, drawn at random.

    The module's name is the seed.
    """
    number = min(int(os.environ.get("SAMPLE") or len(every)), len(every))
    return random.Random(module).sample(every, number) if number < len(every) else every


def copy_of_the_project(to: Path) -> None:
    """Copy the project without ignored files and without its caches."""
    leave = shutil.ignore_patterns(".*", "var", "__pycache__", "test-results", "screenshots")
    shutil.copytree(ROOT, to, ignore=leave)


def passes(tree: Path, tests: list[str], seconds: float | None) -> bool:
    """Return whether the tests pass in the copy.

    They run in their own process, which has this many seconds.
    """
    child = os.fork()
    if child == 0:
        os.setsid()
        silent = os.open(tree.parent / "output", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(silent, 1), os.dup2(silent, 2)
        status = 99
        try:
            status = _run_tests(tree, tests)
        finally:
            os._exit(status)
    ends = time.monotonic() + seconds if seconds else None
    while True:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return status == 0
        if ends and time.monotonic() > ends:
            os.killpg(child, 9)
            os.waitpid(child, 0)
            return False
        time.sleep(0.01)


def _run_tests(tree: Path, tests: list[str]) -> int:
    import pytest

    os.chdir(tree)
    sys.path.insert(0, str(tree))
    without = [f"-pno:{plugin}" for plugin in ("randomly", "cacheprovider", "playwright", "xdist")]
    imported_before = "-Wignore::pytest.PytestAssertRewriteWarning"
    options = ["-x", "-q", "--tb=line", "--hypothesis-seed=0", imported_before, *without]
    return int(pytest.main([*options, *(f"tests/{test}" for test in tests)], plugins=[QuickestFirst()]))


class QuickestFirst:
    """Puts tests that need no database before those that do."""

    def pytest_collection_modifyitems(self, items: list) -> None:
        items.sort(key=lambda item: item.get_closest_marker("django_db") is not None or "db" in item.fixturenames)

    pytest_collection_modifyitems.pytest_impl = {"trylast": True}  # type: ignore[attr-defined]


def judge(module: str, room: Path) -> tuple[int, int]:
    """Return how many mutants of the module there are, and how many of them survive."""
    tree = room / "project"
    tests = [*OF_EVERY_MODULE, *TESTS[module]]
    _write_bytecode(True)
    began = time.monotonic()
    if not passes(tree, tests, None):
        sys.exit(f"The tests of {module} fail as it is:\n{(room / 'output').read_text()}")
    _write_bytecode(False)
    patience = 10 + 5 * (time.monotonic() - began)
    source = (tree / module).read_text()
    drawn = sample(list(mutants(source)), module)
    print(f"== {module}: {len(drawn)} mutants", flush=True)
    survived = 0
    for mutant in drawn:
        (tree / module).write_text(mutant)
        if passes(tree, tests, patience):
            survived += 1
            lines = difflib.unified_diff(source.splitlines(), mutant.splitlines(), module, "survived", lineterm="", n=1)
            print(*lines, sep="\n", flush=True)
    (tree / module).write_text(source)
    return len(drawn), survived


def _write_bytecode(yes: bool) -> None:
    """Do not write bytecode of mutants: two of the same second and size would be confused."""
    sys.dont_write_bytecode = not yes
    os.environ["PYTHONDONTWRITEBYTECODE"] = "" if yes else "1"


def main(modules: list[str]) -> int:
    rows = []
    with tempfile.TemporaryDirectory(prefix="mutate-") as folder:
        room = Path(folder)
        (room / "var/static").mkdir(parents=True)
        os.environ.update(AMTPORTAL_VAR=str(room / "var"), AMTPORTAL_URL="http://localhost:8000")
        for name in ("DATABASE_URL", "CACHE_URL", "EMAIL_URL", "DEBUG"):
            os.environ.pop(name, None)
        copy_of_the_project(room / "project")
        for name in HEAVY:
            importlib.import_module(name)
        for module in modules or TESTS:
            rows.append((module, *judge(module, room)))
            print(_row(*rows[-1]), flush=True)
    rows.append(("all", sum(row[1] for row in rows), sum(row[2] for row in rows)))
    print(f"{'module':<30} {'mutants':>8} {'killed':>8} {'survived':>8} {'percent':>8}")
    for row in rows:
        print(_row(*row))
    return int(any(100 * (found - survived) < LEAST * found for _, found, survived in rows))


def _row(module: str, found: int, survived: int) -> str:
    killed = found - survived
    return f"{module:<30} {found:>8} {killed:>8} {survived:>8} {100 * killed / found:>7.1f}%"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
