"""gunicorn's settings, by role, from the environment: the same file on Cloud Run and on one machine.

  ROLE             api, worker or all: decides the number of threads
  THREADS          requests answered at the same time by a process
  WEB_CONCURRENCY  processes; one, unless set: Cloud Run adds instances, and SQLite wants one writer
  BIND             address and port; else PORT on all interfaces, as Cloud Run has it
  GUNICORN_TIMEOUT_S  a process that gives no sign of life for so long is replaced

Every line that is said is JSON in the form that Cloud Logging reads, without secrets: gunicorn's own lines
and what nobody caught, too.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import sys
from types import FrameType
from typing import Any

from backend.entrypoints import logs


def _number(name: str, default: int) -> int:
    value = os.environ.get(name) or str(default)
    if value.isascii() and value.isdigit():
        return int(value)
    sentence = f"Rowmill cannot start: {name} has to be a whole number, not {value!r}."
    raise SystemExit(json.dumps({"severity": "CRITICAL", "message": sentence}))


_ROLE = os.environ.get("ROLE", "all")
#: Settings that are secret, so that a line which quotes one is made unreadable before they are even checked.
_SECRETS = [
    secret.strip()
    for name in ("OPENAI_API_KEY", "SIGNING_KEYS", "ENCRYPTION_KEYS")
    for secret in os.environ.get(name, "").split(",")
    if secret.strip()
]

worker_class = "gthread"
workers = _number("WEB_CONCURRENCY", 1)
#: An open sidebar waits in a thread for news; a worker needs some for a batch, the sweep and a probe.
threads = _number("THREADS", 8 if _ROLE == "worker" else 64)
bind = os.environ.get("BIND", f"0.0.0.0:{_number('PORT', 8080)}")
timeout = _number("GUNICORN_TIMEOUT_S", 240)
#: Cloud Run kills 10 s after SIGTERM; what has not ended by then has to be given back before.
graceful_timeout = 8
#: Longer than the front end keeps its idle connections would, so that it never writes into a closed one.
keepalive = 75
#: How long a thread may keep the interpreter while others want it. The model's event loop would hold it for
#: Python's usual 5 ms at each of the dozen times that answering a request has to ask for it again.
SWITCH_S = 0.001
#: When Python looks for circles of garbage: after so many new objects, so many of those looks, so many of
#: these. Three jobs hold a million objects that live on, and with Python's usual 700, 10 and 10 a look at all
#: of them stopped every thread for 0.3 s, thirty times in 40 s.
GARBAGE = (20_000, 20, 20)
#: Where the workers' signs of life are written: a disk may stall, memory does not.
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108
#: Nothing steers gunicorn through a socket in a home directory that may not exist.
control_socket_disable = True
#: Cloud Run writes a line for each request already, with its trace.
accesslog = None

logconfig_dict = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "backend.entrypoints.logs.JsonLines", "known": _SECRETS}},
    "handlers": {
        "stdout": {"class": "logging.StreamHandler", "stream": "ext://sys.stdout", "formatter": "json"}
    },
    "root": {"level": "INFO", "handlers": ["stdout"]},
    "loggers": {
        "gunicorn.error": {"level": "INFO", "handlers": [], "propagate": True},
        "gunicorn.access": {"level": "WARNING", "handlers": [], "propagate": False},
    },
}


def on_starting(_server: Any) -> None:
    """Started by the local command, gunicorn ends with it, however that one ends."""
    logs.log_what_nobody_caught()
    _watch_lifeline()


def post_fork(_server: Any, _worker: Any) -> None:
    """Threads do not survive a fork: each process watches for itself."""
    _watch_lifeline()
    sys.setswitchinterval(SWITCH_S)
    gc.set_threshold(*GARBAGE)


def _watch_lifeline() -> None:
    if "ROWMILL_LIFELINE_FD" in os.environ:
        from backend.local import lifeline

        lifeline.watch()


def post_worker_init(worker: Any) -> None:
    """SIGTERM first tells the application, which gives its batches back, and then stops gunicorn.

    The application offers a function without arguments as `extensions["stop"]`; it only sets a flag.
    """
    stop = getattr(worker.wsgi, "extensions", {}).get("stop")
    if stop is None:
        return
    gunicorns = signal.getsignal(signal.SIGTERM)

    def on_sigterm(number: int, frame: FrameType | None) -> None:
        stop()
        if callable(gunicorns):
            gunicorns(number, frame)

    signal.signal(signal.SIGTERM, on_sigterm)
