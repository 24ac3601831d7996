"""The process that lays out documents: who can reach it, and how it ends."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from amtportal.documents import layout, process
from amtportal.documents.process import ROOT, Engine, EngineAway, EngineLate
from amtportal.members.models import Member
from tests.support.builders import client_of, cycle_of
from tests.support.pages import read
from tests.support.threads import at_once
from tests.support.waiting import wait_until

PAGE = '<!DOCTYPE html><html lang="en-US"><title>A</title><p>Here</html>'


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """Return an engine of this test, whose documents are their own HTML."""
    monkeypatch.setattr(process, "MODULE", "tests.support.echoing_engine")
    engine = Engine()
    yield engine
    engine.end()


def laid_out(engine: Engine, html: str) -> str:
    return engine.lay_out(html, ())[0].decode()


def pid_of(engine: Engine) -> int:
    assert engine._process
    return engine._process.pid


def is_there(pid: int) -> bool:
    """Return whether there is such a process, be it one that has ended and that nobody asked about."""
    return Path(f"/proc/{pid}").exists()


def test_one_process_lays_out_many(engine: Engine) -> None:
    assert laid_out(engine, "first") == "first"
    pid = pid_of(engine)
    long = "second " * 100_000  # more than a pipe holds
    assert laid_out(engine, long) == long
    assert pid_of(engine) == pid


def test_threads_get_their_own(engine: Engine) -> None:
    asked = [f"{number} " * 20_000 for number in range(8)]
    assert at_once(*[partial(laid_out, engine, html) for html in asked], database=False) == asked


def test_it_has_none_of_our_secrets_and_connections(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "x" * 50)
    laid_out(engine, "any")
    there = Path(f"/proc/{pid_of(engine)}")
    names = {variable.partition("=")[0] for variable in (there / "environ").read_text().split("\0") if variable}
    assert names <= {"FONTCONFIG_FILE", "MALLOC_ARENA_MAX", "LC_CTYPE"}
    held = {int(file.name): os.readlink(file) for file in (there / "fd").iterdir()}
    assert held.keys() == {0, 1, 2}
    assert held[0].startswith("pipe:")
    assert held[1].startswith("pipe:")


def test_the_engine_does_not_load_django() -> None:
    loads = "import sys, amtportal.documents.engine; print('django' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", loads], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_one_that_was_killed_is_followed_by_another(engine: Engine) -> None:
    laid_out(engine, "first")
    pid = pid_of(engine)
    os.kill(pid, signal.SIGKILL)
    assert laid_out(engine, "second") == "second"
    assert pid_of(engine) != pid
    assert not is_there(pid)


def test_a_document_that_kills_it_is_not_tried_for_ever(engine: Engine) -> None:
    laid_out(engine, "first")
    with pytest.raises(EngineAway, match="3"):
        laid_out(engine, "die")
    assert laid_out(engine, "second") == "second"


def test_one_that_hangs_is_given_up(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    laid_out(engine, "first")
    pid = pid_of(engine)
    os.kill(pid, signal.SIGSTOP)
    with monkeypatch.context() as patched:
        patched.setattr(process, "MOST_SECONDS", 0.05)
        with pytest.raises(EngineLate):
            laid_out(engine, "late")
    assert not is_there(pid)
    assert laid_out(engine, "second") == "second"


def test_an_answer_that_nobody_waited_for_is_never_given_to_another(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(pipe: object) -> bytes:
        raise KeyboardInterrupt

    laid_out(engine, "first")
    with monkeypatch.context() as patched:
        patched.setattr(process, "receive", interrupted)
        with pytest.raises(KeyboardInterrupt):
            laid_out(engine, "of another person")
    assert laid_out(engine, "mine") == "mine"


def test_it_ends_when_nothing_was_laid_out_for_a_while(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "IDLE_SECONDS", 0.05)
    laid_out(engine, "first")
    wait_until(lambda: engine._process is None, "end of the idle process")
    assert laid_out(engine, "second") == "second"


def test_a_copy_of_the_process_leaves_the_engine_alone(engine: Engine) -> None:
    """A process that was forked has the same pipes: it would read the answers to the other one."""
    laid_out(engine, "first")
    assert engine._process
    started = engine._process
    pipes = [os.dup(pipe.fileno()) for pipe in (started.stdin, started.stdout) if pipe]
    engine.forget()
    assert laid_out(engine, "second") == "second"
    assert pid_of(engine) != started.pid
    assert is_there(started.pid)
    for pipe in pipes:
        os.close(pipe)
    os.waitpid(started.pid, 0)  # with the last pipe it has ended


def test_it_ends_with_the_process_that_started_it_however_that_ends() -> None:
    script = (
        "from amtportal.documents.fonts import all_fonts\n"
        "from amtportal.documents.process import engine\n"
        f"engine.lay_out({PAGE!r}, all_fonts().own[:1])\n"
        "print(engine._process.pid, flush=True)\n"
        "input()"
    )
    command = [sys.executable, "-c", script]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as parent:
        assert parent.stdout
        pid = int(parent.stdout.readline())
        assert is_there(pid)
        parent.kill()
    wait_until(lambda: not is_there(pid) or _has_ended(pid), "end of the engine")


def _has_ended(pid: int) -> bool:
    """Return whether it waits for whoever is the parent of orphans on this machine to notice."""
    return ") Z " in Path(f"/proc/{pid}/stat").read_text()


@pytest.mark.any_database
@pytest.mark.django_db
@pytest.mark.usefixtures("on_today")
def test_while_it_is_away_a_page_says_so_and_leads_back(met: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    client, address = client_of(met), f"/ccp/transcript/{cycle_of(met).pk}.pdf"
    client.raise_request_exception = False
    monkeypatch.setattr(process, "MODULE", "no_such_module")
    monkeypatch.setattr(layout, "engine", Engine())
    answer = client.get(address)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "10")
    assert read(answer, 503).select_one("main a")["href"] == address
