"""One delivery: the request a worker receives for a task, and what its answer (or silence) means."""

from __future__ import annotations

from dataclasses import dataclass
from email.utils import parsedate_to_datetime

from backend.local.tasks.store import StoredTask
from backend.local.tasks.wire import Message

#: HTTP status → google.rpc.Code, for the status of an attempt; other 4xx and 5xx stand below.
_CODES = {
    400: (3, "INVALID_ARGUMENT"),
    401: (16, "UNAUTHENTICATED"),
    403: (7, "PERMISSION_DENIED"),
    404: (5, "NOT_FOUND"),
    409: (10, "ABORTED"),
    416: (11, "OUT_OF_RANGE"),
    429: (8, "RESOURCE_EXHAUSTED"),
    499: (1, "CANCELLED"),
    501: (12, "UNIMPLEMENTED"),
    503: (14, "UNAVAILABLE"),
    504: (4, "DEADLINE_EXCEEDED"),
}
_NO_CONNECTION = (14, "UNAVAILABLE")


@dataclass(frozen=True)
class Outcome:
    """How a delivery ended.

    `status` is the worker's HTTP status; 0 where no connection came about, 504 where the dispatch
    deadline passed. `responded` is whether the worker said anything.
    """

    status: int
    responded: bool
    retry_after_s: float = 0.0
    reason: str = ""

    @property
    def succeeded(self) -> bool:
        return self.responded and 200 <= self.status < 300

    @property
    def overloaded(self) -> bool:
        return self.responded and self.status in (429, 503)


def headers_of(task: StoredTask) -> dict[str, str]:
    """The headers of the attempt that `dispatch_count` counts, as recorded from production.

    The execution count leaves out 5xx answers; the previous response of a deadline is 504.
    """
    message = task.message
    parts = task.name.split("/")
    retries = message.dispatch_count - 1
    headers = {
        **message.http_request.headers,
        "X-CloudTasks-QueueName": parts[5],
        "X-CloudTasks-TaskName": parts[7],
        "X-CloudTasks-TaskRetryCount": str(retries),
        "X-CloudTasks-TaskExecutionCount": str(task.executions),
        "X-CloudTasks-TaskETA": f"{message.schedule_time.ToMicroseconds() / 1e6:.6f}",
    }
    if retries:
        headers["X-CloudTasks-TaskPreviousResponse"] = str(task.previous or 0)
        headers["X-CloudTasks-TaskRetryReason"] = ""
    return headers


def mark_dispatched(task: StoredTask, now: float) -> None:
    """Counts a new attempt; of the first one only its dispatch time is kept, as the reference says."""
    message = task.message
    message.dispatch_count += 1
    if message.dispatch_count == 1:
        _set_time(message.first_attempt.dispatch_time, now)
    message.last_attempt.Clear()
    message.last_attempt.schedule_time.CopyFrom(message.schedule_time)
    _set_time(message.last_attempt.dispatch_time, now)


def mark_failed(task: StoredTask, outcome: Outcome, now: float) -> None:
    """Writes a failed attempt into the task."""
    message = task.message
    task.previous = outcome.status
    if outcome.responded:
        message.response_count += 1
        if outcome.status < 500:
            task.executions += 1
    _set_time(message.last_attempt.response_time, now)
    code, name = code_of(outcome.status)
    message.last_attempt.response_status.code = code
    # The form in which the Cloud Console shows it (googleapis/nodejs-tasks, issue 487).
    message.last_attempt.response_status.message = f"{name}({code}): HTTP status code {outcome.status}"


def code_of(status: int) -> tuple[int, str]:
    if status == 0:
        return _NO_CONNECTION
    if status in _CODES:
        return _CODES[status]
    if 400 <= status < 500:
        return 9, "FAILED_PRECONDITION"
    return (13, "INTERNAL") if status >= 500 else (2, "UNKNOWN")


def retry_after_s(header: str | None, now: float) -> float:
    """Seconds a Retry-After header asks for (RFC 9110: a number, or a date); 0 for none or nonsense."""
    if not header:
        return 0.0
    if header.strip().isdigit():
        return float(header)
    try:
        return max(0.0, parsedate_to_datetime(header).timestamp() - now)
    except ValueError:
        return 0.0


def _set_time(timestamp: Message, seconds: float) -> None:
    timestamp.FromMicroseconds(int(seconds * 1e6))
