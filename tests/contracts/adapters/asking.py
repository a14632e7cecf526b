"""The model adapter on its loop, asked the way the worker asks it."""

from __future__ import annotations

from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from backend.adapters.event_loop import EventLoop
from backend.adapters.openai_model import OpenAIModel
from backend.errors import PauseJob, RowFailed
from backend.ports import Answer, Prompt
from tests.contracts.adapters.scripted import Scripted
from tests.contracts.adapters.standin import Standin

KEY = "sk-deployment-0123456789"
MODEL = "gpt-5-nano"
SCHEMA = {
    "type": "object",
    "properties": {"category": {"type": "string"}},
    "required": ["category"],
    "additionalProperties": False,
}
COMPLETION = {
    "choices": [{"message": {"content": '{"category": "Hardware"}'}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 10, "completion_tokens": 5},
}


def a_prompt(user: str = "Company Name: Acme", **other: Any) -> Prompt:
    return Prompt(
        **{
            "system": "You say what companies sell.",
            "user": user,
            "schema": SCHEMA,
            "schema_name": "case_a",
            "max_tokens_out": 400,
            **other,
        }
    )


class Asker:
    """The adapter on its loop, as the worker has it."""

    def __init__(self, loop: EventLoop, server: Standin | Scripted, **options: Any) -> None:
        self._loop = loop
        usual: dict[str, Any] = {"api_key": KEY, "in_flight": 50, "base_url": f"{server.url}/v1"}
        self.model = OpenAIModel(**(usual | options))

    def ask(self, prompt: Prompt | None = None, **options: Any) -> Answer:
        answer: Answer = self.run(self.asking(prompt, **options))
        return answer

    def fails(self, prompt: Prompt | None = None, **options: Any) -> RowFailed:
        with pytest.raises(RowFailed) as failed:
            self.ask(prompt, **options)
        return failed.value

    def pauses(self, prompt: Prompt | None = None, **options: Any) -> PauseJob:
        with pytest.raises(PauseJob) as paused:
            self.ask(prompt, **options)
        return paused.value

    def asking(self, prompt: Prompt | None = None, **options: Any) -> Coroutine[Any, Any, Answer]:
        usual: dict[str, Any] = {"model": MODEL, "api_key": None, "timeout_s": 5.0}
        return self.model.ask(prompt or a_prompt(), **(usual | options))

    def run(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        return self._loop.submit(coroutine).result(10)


@contextmanager
def an_asker(loop: EventLoop, server: Standin | Scripted, **options: Any) -> Iterator[Asker]:
    made = Asker(loop, server, **options)
    try:
        yield made
    finally:
        made.run(made.model.close())
