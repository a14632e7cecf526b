"""Logs are one JSON line each: a sentence, a machine's name for it, ids, the trace; and never a secret."""

from __future__ import annotations

import json
import logging
import re
import sys
import threading
import traceback
from collections.abc import Sequence
from types import TracebackType
from typing import Any

from flask import g, has_request_context

log = logging.getLogger(__name__)

#: What looks like a key, a token or an address of a person. Better one line too many made unreadable.
_SECRETS = r"""
      \bsk-[A-Za-z0-9_-]{6,}                                # OpenAI's keys, and those of its likes
    | \b(?:gsk|xai|AIza)[A-Za-z0-9_-]{20,}                  # other providers' keys
    | \bya29\.[A-Za-z0-9._-]+                               # Google access tokens
    | \beyJ[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_-]+\.?[A-Za-z0-9_-]*   # JSON web tokens
    | \b(?:Wy[I-L]|W1[s-v]|eJ)[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+   # our own signed tokens
    | (?i:(?<=bearer\s)|(?<=bearer\s\s))[^\s"',]+
    | -----BEGIN[ A-Z]*PRIVATE\ KEY-----[\s\S]*?(?:-----END[ A-Z]*PRIVATE\ KEY-----|$)
    | \b[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}
"""
#: Makes Error Reporting take a line that has no stack, by the place in `context.reportLocation`.
REPORTED = "type.googleapis.com/google.devtools.clouderrorreporting.v1beta1.ReportedErrorEvent"
#: Attributes that every record has; what is left is what the caller added.
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class Redactor:
    """Blots out what looks like a secret or an e-mail address, and the secrets that are known."""

    def __init__(self, known: Sequence[str] = ()) -> None:
        exact = "".join(f"|{re.escape(secret)}" for secret in known)
        self._pattern = re.compile(_SECRETS + exact, re.VERBOSE)

    def __call__(self, value: Any) -> Any:
        """The same in text, keys and items of what is logged; numbers stay."""
        if isinstance(value, str):
            return self._pattern.sub("[redacted]", value)
        if isinstance(value, dict):
            return {self(str(name)): self(item) for name, item in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [self(item) for item in value]
        if value is None or isinstance(value, bool | int | float):
            return value
        return self(str(value))


class JsonLines(logging.Formatter):
    """`severity` and `message` are the names that Cloud Logging and Error Reporting look for.

    With a `project`, the lines of a request name its trace in full, which is how Cloud Logging puts them
    beneath Cloud Run's own line for that request.
    """

    def __init__(self, known: Sequence[str] = (), project: str | None = None) -> None:
        super().__init__()
        self._redacted = Redactor(known)
        self._project = project

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {"severity": record.levelname, "message": record.getMessage()}
        for name, value in vars(record).items():
            if name not in _STANDARD and value is not None:
                line[name] = value
        if self._project and has_request_context() and (trace := g.get("trace")):
            line["logging.googleapis.com/trace"] = f"projects/{self._project}/traces/{trace}"
        if record.exc_info:
            line["stack_trace"] = "".join(traceback.format_exception(*record.exc_info))
        elif record.levelno >= logging.ERROR:
            line["@type"] = REPORTED
            line["context"] = {"reportLocation": _place(record)}
        return json.dumps(self._redacted(line), ensure_ascii=False)


def _place(record: logging.LogRecord) -> dict[str, str | int]:
    """Where a line was logged: what groups errors that have no stack."""
    return {
        "filePath": record.pathname,
        "lineNumber": record.lineno,
        "functionName": record.funcName or "<module>",
    }


def configure(known: Sequence[str] = (), project: str | None = None) -> None:
    """Everything that is logged goes to standard output, one line each; `known` secrets never do."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonLines(known, project))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    # Libraries below that tell every request tell addresses and ids that are nobody's business.
    for name in ("httpx2", "openai", "googleapiclient", "google", "urllib3", "asyncio"):
        logging.getLogger(name).setLevel(logging.WARNING)


def log_what_nobody_caught() -> None:
    """Python would print it as it is, with whatever stands in it; so it becomes a line like the others."""

    def told(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
        # Without an error there is nothing to tell but its kind.
        found = (kind, error or kind(), trace)
        log.critical("Nobody caught this.", exc_info=found, extra={"action": "uncaught"})

    sys.excepthook = told
    threading.excepthook = lambda caught: told(caught.exc_type, caught.exc_value, caught.exc_traceback)
    logging.captureWarnings(True)
