"""Asking the model through OpenAI's client: what is sent, and what comes back."""

from __future__ import annotations

import asyncio
import json

import pytest

from backend.adapters.event_loop import EventLoop
from backend.adapters.openai_model import OpenAIModel
from backend.ports import Answer, RateLimits
from tests.contracts.adapters.asking import COMPLETION, KEY, MODEL, SCHEMA, Asker, a_prompt, an_asker
from tests.contracts.adapters.scripted import Scripted
from tests.contracts.adapters.standin import Standin


def test_an_answer_fits_the_schema_and_says_its_tokens_and_limits(asker: Asker) -> None:
    answer = asker.ask()
    assert set(json.loads(answer.content)) == {"category"}
    assert (answer.refusal, answer.finish_reason) == (None, "stop")
    assert answer.tokens_in > 0
    assert answer.tokens_out > 0
    assert answer.limits.limit_requests == 1_000_000
    assert answer.limits.remaining_requests is not None
    assert answer.limits.remaining_requests < 1_000_000


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


def test_as_many_connections_are_open_as_calls_may_be_in_flight(loop: EventLoop, script: Scripted) -> None:
    """The client opens 100 unless told otherwise, and more calls would wait for each other."""
    script.says(200, COMPLETION)
    script.holds_until(open_calls=150)
    with an_asker(loop, script, in_flight=150) as asker:

        async def all_at_once() -> list[Answer]:
            return await asyncio.gather(*(asker.asking(a_prompt(f"Company {n}")) for n in range(150)))

        assert len(asker.run(all_at_once())) == 150
