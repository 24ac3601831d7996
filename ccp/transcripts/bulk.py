"""Transcripts of many cycles at once, on all cores.

Each is issued exactly as its page issues it, so a run that was killed and is started again issues
nothing twice: the same record has one issue, and a document that was laid out before comes from the
cache. Processes and not threads do the work, because each has an engine of its own for its documents.
"""

import ctypes
import logging
import os
import signal
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from django.db import connections
from django.db.models import QuerySet
from django.utils import translation

from amtportal.documents import fonts
from amtportal.documents import layout as documents
from amtportal.documents.process import engine
from amtportal.members.models import User
from ccp.rollover import catching_up
from ccp.transcripts import contents as transcripts
from ccp.transcripts import issuing
from certifications.models import Cycle

PR_SET_PDEATHSIG = 1

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Made:
    """What became of the transcript of a cycle, given by key: its file, or why there is none."""

    cycle: int
    file: str = ""
    problem: str = ""


def closed_in(year: int, *, credential: str, visible_to: User) -> QuerySet[Cycle]:
    """Return the cycles of that credential that were closed in that year and that the person may see."""
    cycles = Cycle.objects.visible_to(visible_to).filter(closed_on__year=year)
    return cycles.filter(certification__credential__code=credential).order_by("pk")


def write(
    cycles: Sequence[int], folder: Path, *, by: User, at: datetime, processes: int | None = None
) -> Iterator[Made]:
    """Issue the transcript of each cycle, given by key, and write its PDF into the folder.

    A file that is there is replaced as a whole. ``processes``: one for each core unless given.
    """
    cores = processes or os.cpu_count() or 1
    make = partial(_write_one, folder=folder, by=by, at=at)
    if not cycles or cores == 1:
        yield from map(make, cycles)
        return
    # A connection that two processes share would break: each opens its own. The process that starts
    # the others has one thread: a lock that another thread holds would stay locked in them.
    connections.close_all()
    engine.end()
    with ProcessPoolExecutor(
        min(cores, len(cycles)), mp_context=get_context("fork"), initializer=_end_with_the_parent
    ) as pool:
        yield from pool.map(make, cycles)


def _end_with_the_parent() -> None:
    """Have this process killed when the one that started it ends, however it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _write_one(key: int, *, folder: Path, by: User, at: datetime) -> Made:
    try:
        with translation.override("en"):
            return Made(key, file=_make(key, folder=folder, by=by, at=at))
    except documents.TooLong:
        return Made(key, problem="its document would be too long")
    except fonts.Unprintable as reason:
        return Made(key, problem=f"no font has {reason}")
    except Exception as error:  # one record stops only itself
        logger.exception("The transcript of cycle %s could not be made.", key)
        return Made(key, problem=f"it could not be made ({error})")


def _make(key: int, *, folder: Path, by: User, at: datetime) -> str:
    cycles = Cycle.objects.select_related("certification__credential", "certification__member").filter(pk=key)
    cycle = cycles.get()
    if catching_up.catch_up(cycle.certification.member, at=at, shown=[cycle]):
        cycle = cycles.get()
    contents = transcripts.of_cycle(cycle)
    issue = issuing.issue(contents=contents, by=by, at=at)
    content = issuing.pdf(issue, contents, at=at)
    # A member may have several cycles of a credential that were closed in one year.
    name = issuing.filename(issue, contents).replace(".pdf", f"-cycle-{cycle.number}.pdf")
    half_written = folder / f".{name}.{os.getpid()}"
    half_written.write_bytes(content)
    half_written.replace(folder / name)
    return name
