"""Drives a generator of steps without blocking: calls go to the thread of Sheets, the rest to a callback."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

from backend.usecases.batch.sheet_calls import Call, SheetCalls


class Stepper:
    """At most one generator at a time. `on_note` is called with every step that is not a `Call`."""

    def __init__(self, calls: SheetCalls, on_note: Callable[[Any], None]) -> None:
        self._calls = calls
        self._on_note = on_note
        self._steps: Generator[Any, Any, Any] | None = None
        self._next: Call | None = None
        self.result: Any = None

    @property
    def busy(self) -> bool:
        return self._steps is not None

    def start(self, steps: Generator[Any, Any, Any]) -> None:
        self._steps, self._next, self.result = steps, None, None
        self._advance(lambda: next(steps))

    def step(self) -> None:
        """Goes on as far as it can without waiting. What a step raised ends the generator and comes out."""
        steps = self._steps
        if steps is None:
            return
        if self._next is not None:
            if self._calls.may(self._next.kind):
                self._calls.start(self._next.kind, self._next.make)
                self._next = None
            return
        ended = self._calls.ended()
        if ended is None:
            return
        error = ended.exception()
        if error is not None:
            self._advance(lambda: steps.throw(error))
        else:
            self._advance(lambda: steps.send(ended.result()))

    def _advance(self, resume: Callable[[], Any]) -> None:
        steps = self._steps
        try:
            step = resume()
            while not isinstance(step, Call):
                self._on_note(step)
                step = next(steps) if steps is not None else None
            self._next = step
            self.step()
        except StopIteration as end:
            self._steps, self.result = None, end.value
        except BaseException:
            self._steps = None
            raise
