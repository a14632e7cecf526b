"""Logs are one JSON line each: a sentence, a machine's name for it, ids, the trace; and never a secret."""

from __future__ import annotations

import json
import logging
import re
import sys
import traceback
from typing import Any

from flask import g, has_request_context

#: What looks like a key, a token or an address of a person. Better one line too many made unreadable.
_SECRETS = re.compile(
    r"""
      \bsk-[A-Za-z0-9_-]{6,}                                # OpenAI keys
    | \bya29\.[A-Za-z0-9._-]+                               # Google access tokens
    | \beyJ[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_-]+\.?[A-Za-z0-9_-]*   # JSON web tokens
    | (?<=Bearer\s)[^\s"',]+
    | -----BEGIN[ A-Z]*PRIVATE\ KEY-----[\s\S]*?(?:-----END[ A-Z]*PRIVATE\ KEY-----|$)
    | \b[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}
    """,
    re.VERBOSE,
)
#: Attributes that every record has; what is left is what the caller added.
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def redacted(text: str) -> str:
    """The text with everything that looks like a secret or an e-mail address blotted out."""
    return _SECRETS.sub("[redacted]", text)


class JsonLines(logging.Formatter):
    """`severity` and `message` are the names that Cloud Logging and Error Reporting look for."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {"severity": record.levelname, "message": redacted(record.getMessage())}
        for name, value in vars(record).items():
            if name not in _STANDARD and value is not None:
                line[name] = redacted(value) if isinstance(value, str) else value
        if has_request_context() and (trace := g.get("trace")):
            line["logging.googleapis.com/trace"] = trace
        if record.exc_info:
            line["stack_trace"] = redacted("".join(traceback.format_exception(*record.exc_info)))
        return json.dumps(line, ensure_ascii=False, default=str)


def configure(level: int = logging.INFO) -> None:
    """Everything that is logged goes to standard output, one line each."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    # Libraries below that tell every request tell addresses and ids that are nobody's business.
    for name in ("httpx2", "openai", "googleapiclient", "google", "urllib3", "asyncio"):
        logging.getLogger(name).setLevel(logging.WARNING)
