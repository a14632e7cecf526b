"""The queue that calls the worker."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from backend.ports.json import Data


@dataclass(frozen=True, slots=True)
class Task:
    """A call to one of the worker's routes. `name` is unique for ever: a used one counts as enqueued."""

    #: Which queue: one's own places for what a person watches, so that it never waits behind a batch.
    queue: Literal["background", "live"]
    name: str
    path: str
    body: Data
    #: Unix seconds, at most 30 days ahead; None is now.
    run_at: float | None = None


class TaskQueue(Protocol):
    """At-least-once delivery to the worker, with nothing promised about order or duplicates."""

    def enqueue(self, task: Task) -> None:
        """Raises `TryLater`, with `maybe_applied` after a timeout; a used name is success."""
        ...
