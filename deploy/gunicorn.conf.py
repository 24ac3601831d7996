"""The web server of a portal that members reach. `make run` has settings of its own: gunicorn_demo.conf.py.

| variable | default | what it is |
| --- | --- | --- |
| WEB_BIND | 127.0.0.1 and PORT, or 8000 | where it listens: an address and port, or unix:/run/amtportal/web.sock |
| WEB_WORKERS | one for each core; 1 on SQLite | processes |
| WEB_THREADS | 4; 8 on SQLite | requests that a process answers at a time |

Each thread keeps one connection to the database: docs/operations.md has figures for 2, 4 and 8 cores.
"""

import gc
import os


def _number(name: str, default: int) -> int:
    told = os.environ.get(name) or str(default)
    if not (told.isdecimal() and 1 <= int(told) <= 512):
        raise SystemExit(f"{name} is {told!r}; write a number from 1 to 512.")
    return int(told)


# Only one request writes to SQLite at a time, and processes would wait for it longer than threads.
_is_shared = os.environ.get("DATABASE_URL", "").startswith("postgres")
# This machine only, unless told otherwise: a public portal runs behind a proxy that uses TLS.
bind = os.environ.get("WEB_BIND") or f"127.0.0.1:{os.environ.get('PORT') or 8000}"

worker_class = "gthread"
workers = _number("WEB_WORKERS", (os.cpu_count() or 1) if _is_shared else 1)
threads = _number("WEB_THREADS", 4 if _is_shared else 8)
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
    """Say where it listens, and what it takes of the database, once the socket is open."""
    most = workers * threads
    print(f"Portal: {bind}, {workers} processes of {threads} threads, up to {most} database connections", flush=True)


def post_worker_init(worker: object) -> None:
    """Warm up, and leave what the portal consists of out of every later search for garbage."""
    from amtportal.warming import warm_up

    warm_up()
    gc.collect()
    gc.freeze()
