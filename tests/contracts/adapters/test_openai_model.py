"""Asking the model through OpenAI's client: what is sent, what comes back, and what each failure means."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from backend.adapters.event_loop import EventLoop
from backend.adapters.openai_model import OpenAIModel
from backend.errors import PauseJob, RowFailed
from backend.local.model.app import ModelSettings, create_app
from backend.local.model.limits import Allowance
from backend.ports import Answer, Prompt, RateLimits
from tests.contracts.adapters.conftest import Standin
from tests.contracts.adapters.scripted import Scripted
from tests.serving import serving

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


@pytest.fixture
def loop() -> Iterator[EventLoop]:
    made = EventLoop()
    yield made
    made.close()


@pytest.fixture(scope="module")
def running_model() -> Iterator[Standin]:
    with serving(create_app(ModelSettings())) as url:
        yield Standin(url)


@pytest.fixture
def standin(running_model: Standin) -> Standin:
    running_model.forget()
    return running_model


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


@pytest.fixture
def asker(loop: EventLoop, standin: Standin) -> Iterator[Asker]:
    with an_asker(loop, standin) as made:
        yield made


@pytest.fixture
def answered(loop: EventLoop, script: Scripted) -> Iterator[Asker]:
    """The adapter before a server that answers what a test scripts."""
    with an_asker(loop, script) as made:
        yield made


def test_an_answer_fits_the_schema_and_says_its_tokens_and_limits(asker: Asker) -> None:
    answer = asker.ask()
    assert set(json.loads(answer.content)) == {"category"}
    assert (answer.refusal, answer.finish_reason) == (None, "stop")
    assert answer.tokens_in > 0
    assert answer.tokens_out > 0
    assert answer.limits.limit_requests == 1_000_000
    assert answer.limits.remaining_requests is not None
    assert answer.limits.remaining_requests < 1_000_000
    assert answer.limits.reset_requests_s is not None


def test_what_is_sent_is_a_strict_schema_bounded_tokens_and_nothing_of_the_environment(
    answered: Asker, script: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_ORG_ID", "org-of-the-deployment")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "proj-of-the-deployment")
    monkeypatch.setenv("OPENAI_ADMIN_KEY", "sk-admin")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    script.says(200, COMPLETION)
    answered.ask()
    [sent] = script.asked
    assert sent["path"] == "/v1/chat/completions"
    assert sent["headers"]["authorization"] == f"Bearer {KEY}"
    assert not {"openai-organization", "openai-project"} & set(sent["headers"])
    assert json.loads(sent["body"]) == {
        "model": MODEL,
        "messages": [
            {"role": "system", "content": "You say what companies sell."},
            {"role": "user", "content": "Company Name: Acme"},
        ],
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "case_a", "strict": True, "schema": SCHEMA},
        },
        "max_completion_tokens": 400,
        "reasoning_effort": "minimal",
    }


@pytest.mark.parametrize(
    ("model", "effort"),
    [
        ("gpt-5-nano", "minimal"),
        ("gpt-5-2025-08-07", "minimal"),
        ("o4-mini", "low"),
        ("gpt-5.1", None),
        ("gpt-5-chat-latest", None),
        ("gpt-4.1-nano", None),
        ("llama-3", None),
    ],
)
def test_models_that_reason_unasked_are_told_to_reason_little(
    answered: Asker, script: Scripted, model: str, effort: str | None
) -> None:
    """Reasoning counts as completion tokens; gpt-5.1 and later refuse `minimal` with a 400."""
    script.says(200, COMPLETION)
    answered.ask(model=model)
    assert json.loads(script.asked[0]["body"]).get("reasoning_effort") == effort


def test_a_persons_own_key_is_used_for_their_rows_alone(answered: Asker, script: Scripted) -> None:
    script.says(200, COMPLETION)
    answered.ask(api_key="sk-own-987")
    answered.ask()
    keys = [call["headers"]["authorization"] for call in script.asked]
    assert keys == ["Bearer sk-own-987", f"Bearer {KEY}"]


@pytest.mark.parametrize("key", ["", "sk with space", "sk-line\nbreak", "sk-é", None])
def test_what_cannot_be_a_key_is_refused_before_it_is_sent(
    loop: EventLoop, script: Scripted, key: str | None
) -> None:
    paused = Asker(loop, script, api_key=None).pauses(api_key=key)
    assert paused.reason == "key_refused"
    assert not key or key not in paused.message
    assert script.asked == []


def test_the_provider_is_the_address_unless_it_is_the_standins(loop: EventLoop, script: Scripted) -> None:
    assert Asker(loop, script).model.provider == f"{script.url}/v1"
    assert Asker(loop, script, provider="standin").model.provider == "standin"
    assert OpenAIModel(api_key=KEY, in_flight=1).provider == "https://api.openai.com/v1"


def test_a_refusal_and_a_broken_off_answer_are_told_as_they_are(asker: Asker, standin: Standin) -> None:
    standin.switch(rules=[{"fault": "refusal", "next": 1}, {"fault": "truncated", "next": 1}])
    refused, truncated = asker.ask(), asker.ask()
    assert refused.refusal
    assert refused.content == ""
    assert truncated.finish_reason == "length"


@pytest.mark.parametrize(
    ("fault", "reason"), [("insufficient_quota", "quota_gone"), ("invalid_api_key", "key_refused")]
)
def test_what_no_row_can_get_past_pauses_the_job(
    asker: Asker, standin: Standin, fault: str, reason: str
) -> None:
    """The client's own retries would repeat `insufficient_quota`; here it is asked once."""
    standin.switch(rules=[{"fault": fault, "probability": 1.0}])
    paused = asker.pauses()
    assert paused.reason == reason
    assert KEY not in paused.message
    assert paused.__cause__ is not None
    assert len(standin.ledger()) == 1


def test_an_unknown_model_pauses_the_job_and_is_named(asker: Asker) -> None:
    paused = asker.pauses(model="no-such-model")
    assert paused.reason == "model_unknown"
    assert "no-such-model" in paused.message


def test_a_rate_limit_says_how_long_to_wait_and_is_not_waited_for(asker: Asker, standin: Standin) -> None:
    """The client's own retries would obey any Retry-After: 120 s blocked a call for 120 s."""
    standin.switch(rules=[{"fault": "rate_limited", "probability": 1.0, "retry_after_s": 120}])
    began = time.monotonic()
    failed = asker.fails()
    assert time.monotonic() - began < 2
    assert (failed.error_class, failed.transient, failed.delay_s) == ("model_rate_limited", True, 120)
    assert not failed.maybe_billed
    assert len(standin.ledger()) == 1


def test_the_providers_own_limit_is_a_rate_limit(loop: EventLoop) -> None:
    app = create_app(ModelSettings(allowance=Allowance(1, 1_000_000)))
    with serving(app) as url, an_asker(loop, Standin(url)) as asker:
        asker.ask()
        failed = asker.fails()
    assert failed.error_class == "model_rate_limited"
    assert failed.delay_s is not None
    assert 50 < failed.delay_s <= 60


def test_a_request_larger_than_a_minutes_tokens_is_not_tried_again(loop: EventLoop) -> None:
    """It comes as a 429, but no wait would help."""
    app = create_app(ModelSettings(allowance=Allowance(100, 50)))
    with serving(app) as url, an_asker(loop, Standin(url)) as asker:
        failed = asker.fails()
    assert (failed.error_class, failed.transient) == ("too_long", False)


@pytest.mark.parametrize(
    ("fault", "billed"),
    [("server_error", False), ("overloaded", False), ("html", False), ("cut", True), ("cut_body", True)],
)
def test_a_fault_of_the_service_or_the_line_is_worth_another_try(
    asker: Asker, standin: Standin, fault: str, billed: bool
) -> None:
    """A cut connection may have been billed, and is no timeout, although the client calls it one."""
    standin.switch(rules=[{"fault": fault, "probability": 1.0}])
    failed = asker.fails()
    assert (failed.error_class, failed.transient, failed.maybe_billed) == ("model_error", True, billed)
    assert failed.__cause__ is not None
    assert len(standin.ledger()) == 1


@pytest.mark.parametrize("fault", ["slow", "slow_headers", "slow_body"])
def test_a_slow_answer_ends_at_its_time_however_it_comes(asker: Asker, standin: Standin, fault: str) -> None:
    standin.switch(rules=[{"fault": fault, "probability": 1.0, "delay_ms": 1_000}])
    failed = asker.fails(timeout_s=0.1)
    assert (failed.error_class, failed.transient, failed.maybe_billed) == ("model_timeout", True, True)


def test_nobody_listening_is_worth_another_try_and_cost_nothing(loop: EventLoop) -> None:
    with serving(create_app(ModelSettings())) as url:
        pass
    with an_asker(loop, Standin(url)) as asker:
        failed = asker.fails()
    assert (failed.error_class, failed.transient, failed.maybe_billed) == ("model_error", True, False)


def an_error(message: str = "secret words", **facts: Any) -> dict[str, Any]:
    return {
        "error": {"message": message, "type": "invalid_request_error", "param": None, "code": None} | facts
    }


@pytest.mark.parametrize(
    ("status", "body", "error_class", "transient"),
    [
        (400, an_error(code="context_length_exceeded", param="messages"), "too_long", False),
        (400, an_error(code="string_above_max_length", param="messages[1].content"), "too_long", False),
        (413, an_error(), "too_long", False),
        (400, an_error(code="content_filter"), "model_refused", False),
        (400, an_error(code="invalid_prompt"), "model_refused", False),
        (400, an_error("We could not parse the JSON body of your request."), "model_error", False),
        (409, an_error(), "model_error", True),
        (529, an_error(), "model_error", True),
        (418, an_error(), "model_error", False),
    ],
)
def test_what_is_the_rows_own_fails_the_row(
    answered: Asker, script: Scripted, status: int, body: object, error_class: str, transient: bool
) -> None:
    script.says(status, body)
    failed = answered.fails()
    assert (failed.error_class, failed.transient) == (error_class, transient)
    assert "secret" not in failed.message


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (400, an_error(code="unsupported_value", param="reasoning_effort"), "model_unknown"),
        (400, an_error("Invalid parameter", param="response_format"), "model_unknown"),
        (400, an_error("Unrecognized request argument supplied: reasoning_effort"), "model_unknown"),
        (400, an_error(code="invalid_json_schema", param="response_format.json_schema"), "model_unknown"),
        (403, an_error(code="model_not_found"), "model_unknown"),
        (403, an_error(code="unsupported_country_region_territory"), "key_refused"),
        (404, b"<html>no such page</html>", "model_unknown"),
        (429, an_error(code="billing_not_active"), "quota_gone"),
        (400, an_error(code="billing_hard_limit_reached"), "quota_gone"),
    ],
)
def test_what_every_row_would_meet_pauses_the_job(
    answered: Asker, script: Scripted, status: int, body: object, reason: str
) -> None:
    script.says(status, body)
    paused = answered.pauses()
    assert paused.reason == reason
    assert "secret" not in paused.message


@pytest.mark.parametrize("body", [b"", b"<html>Welcome</html>", b"[]", b"{}", b'{"choices": []}', b"\xff"])
def test_a_200_that_is_no_completion_is_worth_another_try(
    answered: Asker, script: Scripted, body: bytes
) -> None:
    script.says(200, body)
    failed = answered.fails()
    assert (failed.error_class, failed.transient, failed.maybe_billed) == ("model_error", True, True)


def test_a_provider_that_does_not_say_its_tokens_is_not_free(answered: Asker, script: Scripted) -> None:
    script.says(200, {"choices": COMPLETION["choices"]})
    answer = answered.ask(a_prompt("word " * 1000))
    assert answer.tokens_in > 1000
    assert answer.tokens_out > 0
    assert answer.limits == RateLimits()


def test_text_that_cannot_be_sent_fails_its_row_alone(answered: Asker, script: Scripted) -> None:
    """A cell may hold half of a surrogate pair, which has no UTF-8."""
    script.says(200, COMPLETION)
    failed = answered.fails(a_prompt("Acme \ud800"))
    assert (failed.error_class, failed.transient) == ("model_error", False)
    assert answered.ask().finish_reason == "stop"


@pytest.mark.parametrize(
    ("headers", "delay_s"),
    [
        ({"retry_after": "7"}, 7),
        ({"retry_after": "7", "retry_after_ms": "6500"}, 6.5),
        ({"retry_after": "86400"}, 3600),
        ({"retry_after": "Wed, 21 Oct 2026 07:28:00 GMT"}, None),
        ({"x_ratelimit_remaining_requests": "0", "x_ratelimit_reset_requests": "1m30.5s"}, 90.5),
        ({"x_ratelimit_remaining_tokens": "0", "x_ratelimit_reset_tokens": "17ms"}, 0.017),
        ({"x_ratelimit_remaining_tokens": "5", "x_ratelimit_reset_tokens": "17ms"}, None),
        ({}, None),
    ],
)
def test_the_wait_is_what_the_headers_say(
    answered: Asker, script: Scripted, headers: dict[str, str], delay_s: float | None
) -> None:
    script.says(429, an_error(type="requests", code="rate_limit_exceeded"), **headers)
    assert answered.fails().delay_s == delay_s


def test_as_many_connections_are_open_as_calls_may_be_in_flight(loop: EventLoop, script: Scripted) -> None:
    """The client opens 100 unless told otherwise, and more calls would wait for each other."""
    script.says(200, COMPLETION)
    script.holds_until(open_calls=150)
    with an_asker(loop, script, in_flight=150) as asker:

        async def all_at_once() -> list[Answer]:
            return await asyncio.gather(*(asker.asking(a_prompt(f"Company {n}")) for n in range(150)))

        assert len(asker.run(all_at_once())) == 150
