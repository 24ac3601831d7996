"""Read a certificate: the file that ``ccp.evidence.cleaner`` wrote, a PDF or a picture.

Another process opens it (``ccp.reading.child``). Its memory, its time and what it may write are
limited, and it reaches no network. It knows neither settings nor the database; what it answers is
checked here before anybody uses it.

The rules that need no account are kept here too: a day in the future, an end before its start, and
more points than one activity can have are no candidates.
"""

import json
import logging
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import Enum
from pathlib import Path
from typing import IO

from django.conf import settings

from amtportal import clean
from amtportal.dates import today
from amtportal.plausible import EARLIEST_RECORD
from amtportal.uploads.kept import FileKind
from ccp.models.catalogue import ActivityUnit
from ccp.reading.child import MOST_ANSWER, Outcome
from ccp.reading.found import Candidate, Found
from certifications.quarters import MOST, in_quarter_steps

WAIT_SECONDS = 120  # of the clock; seconds of the processor are limited by the process itself
HUNDREDTH = Decimal("0.01")
# The most of each unit that makes no more points than one activity can have. No certificate names
# another unit.
MOST_OF_UNIT: Mapping[str, Decimal] = {
    ActivityUnit.HOUR: MOST,
    ActivityUnit.CEU: MOST / 10,
    ActivityUnit.SEMESTER_HOUR: MOST,
    ActivityUnit.QUARTER_HOUR: MOST,
}
logger = logging.getLogger(__name__)


class Why(Enum):
    """Why a file could not be read."""

    TOO_LONG = "too long"  # it took too much time or memory
    NOTHING = "nothing found"  # no words, or none that a form asks for
    NO_OCR = "no OCR"  # it is a picture, and tesseract is not installed
    FAILED = "failed"


class Unreadable(Exception):
    """Nothing was read from the file."""

    def __init__(self, why: Why) -> None:
        super().__init__(why.value)
        self.why = why


def read(content: IO[bytes], kind: FileKind, *, on: date | None = None) -> Found:
    """Return what was found on the certificate. ``on`` is today unless it is given.

    Raises ``Unreadable`` if nothing was found, and says why.
    """
    found = plausible(_answer(content, kind), on or today())
    if not found:
        raise Unreadable(Why.NOTHING)
    return found


def _answer(content: IO[bytes], kind: FileKind) -> Found:
    """Return what the process answers. Raises ``Unreadable`` if it does not."""
    with tempfile.TemporaryFile() as source, tempfile.TemporaryFile() as target:
        content.seek(0)
        while chunk := content.read(64 * 2**10):
            source.write(chunk)
        source.seek(0)
        outcome = _run(kind, source, target)
        if outcome != Outcome.READ:
            raise Unreadable(WHY.get(outcome, Why.FAILED))
        target.seek(0)
        try:
            answer = json.loads(target.read(MOST_ANSWER))
            found = Found.from_json(answer["found"])
            is_apart = answer["is_apart"]
        except (ValueError, LookupError, TypeError):
            logger.exception("What was read from a certificate has another form.")
            raise Unreadable(Why.FAILED) from None
    if not is_apart:
        logger.warning("A certificate was read by a process that may not leave the network of this machine.")
    return found


WHY = {
    Outcome.NOTHING: Why.NOTHING,
    Outcome.NO_OCR: Why.NO_OCR,
    Outcome.TOO_LONG: Why.TOO_LONG,
    -signal.SIGXCPU: Why.TOO_LONG,
    -signal.SIGKILL: Why.TOO_LONG,
}


def _run(kind: FileKind, source: IO[bytes], target: IO[bytes]) -> int:
    """Return the exit status of the process. It and what it started are ended after a while."""
    process = subprocess.Popen(  # noqa: S603  (our own module, and a kind of our own)
        [sys.executable, "-m", "ccp.reading.child", kind.value],
        stdin=source,
        stdout=target,
        stderr=subprocess.DEVNULL,
        cwd=Path(settings.BASE_DIR),
        env={"MALLOC_ARENA_MAX": "1", "OMP_THREAD_LIMIT": "1", "PATH": os.defpath},
        start_new_session=True,
    )
    try:
        return process.wait(WAIT_SECONDS)
    except subprocess.TimeoutExpired:
        return -signal.SIGKILL
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def plausible(found: Found, on: date) -> Found:
    """Return what is found without the candidates that no form of the day ``on`` takes."""
    kept: dict[str, tuple[Candidate, ...]] = {}
    for name, candidates in found.candidates.items():
        checked = (_checked(candidate, name, found.unit, on) for candidate in candidates)
        kept[name] = tuple(candidate for candidate in checked if candidate is not None)
        if name in ("quantity", "points") and len(kept[name]) == 1 < len(candidates):
            kept[name] = (replace(kept[name][0], is_sure=False),)  # what is left of a choice may be misread, too
    return Found(_in_order(kept), found.unit if kept.get("quantity") else "")


def _checked(candidate: Candidate, name: str, unit: str, on: date) -> Candidate | None:
    """Return the candidate as the form takes it, or None if it does not."""
    value = candidate.value
    if name in ("starts_on", "ends_on"):
        return candidate if _is_past(value, on) else None
    if name in ("quantity", "points"):
        number = _number(value)
        if number is None or number <= 0 or number % HUNDREDTH:
            return None
        if name == "points" and (number > MOST or not in_quarter_steps(number)):
            return None
        if name == "quantity" and number > MOST_OF_UNIT.get(unit, 0):
            return None
        return candidate
    line = clean.line(value)
    return replace(candidate, value=line) if line and not clean.unprintable(line) else None


def _is_past(value: str, on: date) -> bool:
    try:
        return EARLIEST_RECORD <= date.fromisoformat(value) <= on
    except ValueError:
        return False


def _number(value: str) -> Decimal | None:
    try:
        number = Decimal(value)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _in_order(kept: Mapping[str, tuple[Candidate, ...]]) -> dict[str, tuple[Candidate, ...]]:
    """Return the candidates without an end that lies before every start."""
    starts = [candidate.value for candidate in kept.get("starts_on", ())]
    ends = tuple(candidate for candidate in kept.get("ends_on", ()) if not starts or candidate.value >= min(starts))
    return {name: candidates for name, candidates in {**kept, "ends_on": ends}.items() if candidates}
