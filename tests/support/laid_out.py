"""Lays out documents in a process as the portal does, and watches it: ``python -m tests.support.laid_out``.

It reads a list of HTML as JSON. For each document it writes a line of JSON: what was opened and
connected to during the layout, as Python sees it; how many files the PDF carries and to which
addresses it links; the seconds of processor time; and the most memory that the process has used, in
MB.
"""

import json
import os
import subprocess
import sys
import time
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from amtportal.documents.process import FONTCONFIG, ROOT

WATCHED = ("open", "socket.", "subprocess.", "os.system", "os.exec", "os.posix_spawn", "urllib.", "http.", "ftplib.")
WARM_UP = '<!DOCTYPE html><html lang="en-US"><title>A</title><p>Plain <b>bold</b> 東京</p><svg viewBox="0 0 1 1"></svg>'


def lay_out_elsewhere(*documents: str) -> list[dict[str, Any]]:
    """What the process reported about each document."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.laid_out"],
        input=json.dumps(documents),
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "FONTCONFIG_FILE": str(FONTCONFIG)},
        timeout=1200,
        check=True,
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


def most_memory() -> int:
    """Return the peak memory of this program alone, in MB.

    ``ru_maxrss`` is not used, because it begins with what the process that started this one had in
    use.
    """
    status = Path("/proc/self/status").read_text()
    [kilobytes] = (line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(kilobytes) // 1024


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "amtportal.settings")
    import django

    django.setup()
    import pikepdf
    from weasyprint.urls import FatalURLFetchingError, URLFetcher

    from amtportal.documents import engine
    from amtportal.documents import layout as documents

    wanted = json.load(sys.stdin)
    if "TESTS_LET_DOCUMENTS_FETCH" in os.environ:
        engine.NothingFetched = lambda: URLFetcher(timeout=1)  # type: ignore[assignment,misc]
    documents.engine = SimpleNamespace(lay_out=engine.lay_out)  # in this process
    documents.lay_out(WARM_UP)  # modules and fonts are read once
    reached: list[str] = []

    def watch(event: str, args: tuple[Any, ...]) -> None:
        if event.startswith(WATCHED):
            reached.append(f"{event} {args[:2]}")

    sys.addaudithook(watch)
    for html in wanted:
        reached.clear()
        told: dict[str, Any] = {"attachments": 0, "links": []}
        before = time.process_time()
        try:
            made = documents.lay_out(html)
        except (FatalURLFetchingError, documents.TooLong, ValueError) as refusal:
            told["refused"] = type(refusal).__name__
            made = b""
        told["seconds"] = time.process_time() - before
        told["reached"] = list(reached)
        told["memory"] = most_memory()
        if made:
            with pikepdf.open(BytesIO(made)) as pdf:
                told["attachments"] = len(pdf.attachments)
                told["pages"] = len(pdf.pages)
                annotations = [one for leaf in pdf.pages for one in leaf.get("/Annots", [])]
                told["links"] = [str(one.A.URI) for one in annotations if "/A" in one and "/URI" in one.A]
        print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main()
