"""The production server behind `make run`: one process, eight threads.

It is meant for one machine and SQLite, where only one request writes at a time anyway.
"""

import gc
import os

port = os.environ.get("PORT", "8000")
# This machine only: a public portal runs behind a proxy that uses TLS.
bind = f"127.0.0.1:{port}"

worker_class = "gthread"
workers = 1
threads = 8
# A transcript of many pages takes seconds on a slow machine; the other threads answer in the meantime.
timeout = 60
# Ctrl-C and a restart let a submission that is being written finish.
graceful_timeout = 20

# No header may say under which path or scheme the portal is served. Gunicorn would believe SCRIPT_NAME and
# X-Forwarded-Proto from any program on this machine, and so from everybody behind a proxy that passes them on.
# TRUST_PROXY says whether the portal reads X-Forwarded-Proto.
forwarder_headers = ""
secure_scheme_headers: dict[str, str] = {}

# Nothing uses it, and it would write outside the project.
control_socket_disable = True
# The worker shows that it is alive by touching a file. In memory, a busy disk cannot make it look dead.
worker_tmp_dir = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108  (gunicorn makes its own file)

# No line for each request: it would name members' pages. Errors still show.
accesslog = None
loglevel = "warning"


def when_ready(server: object) -> None:
    """Print the address only now: the socket is open, so a person who follows it gets an answer."""
    print(f"\nCtrl-C stops the portal.\nPortal: http://localhost:{port}/", flush=True)


def post_worker_init(worker: object) -> None:
    """Leave what the portal consists of out of every later search for garbage: it stays as long as the worker."""
    gc.collect()
    gc.freeze()
