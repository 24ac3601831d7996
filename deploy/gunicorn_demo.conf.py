"""The web server of `make run`: one process with eight threads, on this machine only."""

import os
import runpy
from pathlib import Path

globals().update(runpy.run_path(str(Path(__file__).with_name("gunicorn.conf.py"))))

_port = os.environ.get("PORT") or "8000"
bind, workers, threads = f"127.0.0.1:{_port}", 1, 8


def when_ready(server: object) -> None:
    """Print the address only now: the socket is open, so a person who follows it gets an answer."""
    print(f"\nCtrl-C stops the portal.\nPortal: http://localhost:{_port}/", flush=True)
