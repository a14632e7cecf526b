"""The error tree. Each class answers one question: what should the caller do?

RowmillError
├── Rejected        change something and ask again (an HTTP 4xx)
│   ├── Invalid         a field is wrong: 422, with the fields named
│   ├── Unauthenticated who are you? 401
│   ├── Forbidden       we know you; this needs a grant or an owner: 403
│   ├── NotFound        there is no such thing that you may see: 404
│   ├── NotAllowed      the thing's state does not allow this move: 409
│   ├── TooLarge        send less: 413
│   ├── Unsupported     send it as another type: 415
│   └── TooMany         later: 429, with `retry_after_s`
├── RowFailed       this row fails, with its class; its neighbours go on
├── PauseJob        the job cannot go on until a person acts; says what to do
├── TryLater        nothing is wrong with the request; again after `delay_s`
├── Conflict        a commit lost its race: read again and decide again
└── Misconfigured   the process must not start; every problem is named at once

Adapters translate what their libraries raise into these, keep the cause, and never sleep.
"""

from __future__ import annotations

from collections.abc import Mapping


class RowmillError(Exception):
    """The base: its message is a sentence that a person may read."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class Rejected(RowmillError):
    """The request cannot be done as it was asked."""

    status = 400
    title = "Bad request"


class Invalid(Rejected):
    """A field of the request is wrong; `fields` says which and why."""

    status = 422
    title = "Invalid request"

    def __init__(self, message: str, fields: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.fields = dict(fields or {})


class Unauthenticated(Rejected):
    """No identity, or one that does not hold."""

    status = 401
    title = "Not signed in"


class Forbidden(Rejected):
    """The identity holds; the right is missing. `code` lets the sidebar choose its next step."""

    status = 403
    title = "Not allowed"

    def __init__(self, message: str, code: str = "forbidden") -> None:
        super().__init__(message)
        self.code = code


class NotFound(Rejected):
    """Unknown, or not yours to see: the two answer alike. `code` may say what would help."""

    status = 404
    title = "Not found"

    def __init__(self, message: str, code: str | None = None) -> None:
        super().__init__(message)
        self.code = code


class NotAllowed(Rejected):
    """The state of the thing does not allow this move."""

    status = 409
    title = "Not possible now"


class TooLarge(Rejected):
    """The body or the selection is over a limit, which the message names."""

    status = 413
    title = "Too large"


class Unsupported(Rejected):
    """The body's type is not one that the route takes."""

    status = 415
    title = "Unsupported type"


class TooMany(Rejected):
    """Too many requests; `retry_after_s` says when the next one may come."""

    status = 429
    title = "Too many requests"

    def __init__(self, message: str, retry_after_s: int) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class RowFailed(RowmillError):
    """One row cannot be answered. `error_class` is a key of `domain.failures.FAILURES`.

    `transient` failures are tried again (after `delay_s`, where the other side named one). `maybe_billed`
    is true when the call may have been charged all the same (it was sent, and no answer came).
    """

    def __init__(
        self,
        error_class: str,
        message: str,
        *,
        transient: bool = False,
        delay_s: float | None = None,
        maybe_billed: bool = False,
    ) -> None:
        super().__init__(message)
        self.error_class = error_class
        self.transient = transient
        self.delay_s = delay_s
        self.maybe_billed = maybe_billed


class PauseJob(RowmillError):
    """The job stops here until a person acts. `reason` is a key of `domain.job.REASONS`."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class TryLater(RowmillError):
    """An outside system is busy or out of reach; the same call is worth repeating after `delay_s`.

    `maybe_applied` is true when the call may have had its effect all the same (a timed-out write).
    """

    def __init__(self, message: str, *, delay_s: float = 1.0, maybe_applied: bool = False) -> None:
        super().__init__(message)
        self.delay_s = delay_s
        self.maybe_applied = maybe_applied


class Conflict(RowmillError):
    """Somebody else's commit came first; nothing of this one was applied."""


class Misconfigured(RowmillError):
    """Settings are missing or wrong; `problems` names every one of them."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("Rowmill cannot start:\n" + "\n".join(f"  - {problem}" for problem in problems))
        self.problems = problems
