"""A child process that outlives its parent holds ports and files: the lifeline ends it.

The parent keeps the write end of a pipe; every child inherits the read end and watches it from a
thread. However the parent dies, kill -9 included, the kernel closes the pipe and the child ends.
"""

from __future__ import annotations

import os
import signal
import threading

ENVIRONMENT_NAME = "ROWMILL_LIFELINE_FD"
#: Seconds a child has to end by itself after SIGTERM before it is ended hard.
GRACE_S = 3.0


def watch() -> None:
    """Starts watching the lifeline named by the environment; without one, does nothing."""
    fd = os.environ.get(ENVIRONMENT_NAME)
    if fd is None:
        return
    threading.Thread(target=_wait_for_end, args=(int(fd),), name="lifeline", daemon=True).start()


def _wait_for_end(fd: int) -> None:
    while os.read(fd, 1):
        continue
    hard_end = threading.Timer(GRACE_S, os._exit, args=(1,))
    hard_end.daemon = True
    hard_end.start()
    os.kill(os.getpid(), signal.SIGTERM)
