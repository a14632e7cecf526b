"""A good answer: its shape, its usage, its determinism, and the schema it fills."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
import pytest
from openai import AsyncOpenAI, DefaultAioHttpClient

from backend.local.model import tokens
from tests.contracts.model_api.asking import FIELDS, PLATING, Model, messages, schema


def test_an_answer_has_every_field_of_the_reference(model: Model) -> None:
    """Source: OpenAI API reference, The chat completion object."""
    answer = model.ask()
    told = answer.model_dump()
    assert told["object"] == "chat.completion"
    assert told["id"].startswith("chatcmpl-")
    assert told["model"] == "gpt-5-nano"
    assert told["system_fingerprint"] == "fp_standin"
    assert told["service_tier"] == "default"
    choice = answer.choices[0]
    assert (choice.index, choice.finish_reason, choice.logprobs) == (0, "stop", None)
    assert (choice.message.role, choice.message.refusal) == ("assistant", None)
    assert answer.usage is not None
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens
    assert answer.usage.prompt_tokens_details is not None
    assert answer.usage.completion_tokens_details is not None
    assert answer.usage.completion_tokens_details.reasoning_tokens == 0


def test_the_headers_are_those_of_the_api(model: Model) -> None:
    """Source: OpenAI API reference, Debugging requests; guide, Rate limits in headers."""
    raw = model.client.chat.completions.with_raw_response.create(
        model="gpt-5-nano", messages=messages(PLATING)
    )
    assert raw.headers["x-request-id"].startswith("req_")
    assert int(raw.headers["openai-processing-ms"]) >= 0
    assert raw.headers["openai-version"] == "2020-10-01"
    for unit in ("requests", "tokens"):
        limit = int(raw.headers[f"x-ratelimit-limit-{unit}"])
        assert 0 < int(raw.headers[f"x-ratelimit-remaining-{unit}"]) < limit
        assert raw.headers[f"x-ratelimit-reset-{unit}"].endswith(("ms", "s"))


def test_a_company_is_answered_in_its_own_words(model: Model) -> None:
    assert model.answers() == {
        "category": "Surface Treatment Services",
        "brand_name": "Brightwater Plating",
        "email_question": model.answers()["email_question"],
    }
    question = model.answers()["email_question"]
    assert "surface treatment" in question
    assert "Porto, Portugal" in question
    assert "Brightwater" not in question


def test_the_same_row_gets_the_same_answer_from_another_server(start: Callable[..., Model]) -> None:
    assert start().answers() == start(latency_ms=5, jitter=0.5, seed=9).answers()


def test_a_random_delimiter_changes_neither_answer_nor_fate(model: Model) -> None:
    first = model.answers(messages=messages(PLATING, "data-aaaa1111"))
    assert model.answers(messages=messages(PLATING, "data-bbbb2222")) == first
    assert model.status()["distinct_prompts"] == 1


def test_a_page_is_read_where_there_is_no_description(model: Model) -> None:
    page = "Contoso | Home\nContoso provides cloud backup services for dentists. Located in Leeds, England."
    values = model.answers({"company_name": "CONTOSO PLC", "page_text": page})
    assert values["category"] == "Cloud Backup Services"
    assert values["brand_name"] == "Contoso"
    assert "Leeds, England" in values["email_question"]


@pytest.mark.parametrize(
    ("node", "fits"),
    [
        ({"type": "string", "maxLength": 12}, lambda v: 0 < len(v) <= 12),
        ({"type": "string", "minLength": 80}, lambda v: len(v) >= 80),
        ({"type": "string", "enum": ["b2b", "b2c"]}, lambda v: v in ("b2b", "b2c")),
        ({"type": ["string", "null"]}, lambda v: isinstance(v, str)),
        ({"anyOf": [{"type": "integer", "minimum": 3}, {"type": "null"}]}, lambda v: v == 3),
        ({"type": "boolean"}, lambda v: v is False),
        ({"type": "array", "items": {"type": "string"}, "minItems": 2}, lambda v: len(v) == 2),
        ({"const": "x", "type": "string"}, lambda v: v == "x"),
    ],
)
def test_every_schema_is_filled_within_its_limits(
    node: dict[str, Any], fits: Callable[[Any], bool], model: Model
) -> None:
    values = model.answers(response_format=schema(category=node, company_size={"type": "string"}))
    assert set(values) == {"category", "company_size"}
    assert fits(values["category"])
    assert values["company_size"]


def test_a_schema_that_names_itself_ends(model: Model) -> None:
    node = {
        "type": "object",
        "properties": {
            "label": {"type": "string"},
            "next": {"anyOf": [{"$ref": "#/$defs/n"}, {"type": "null"}]},
        },
        "required": ["label", "next"],
        "additionalProperties": False,
    }
    asked = schema(chain={"$ref": "#/$defs/n"})
    asked["json_schema"]["schema"]["$defs"] = {"n": node}
    assert model.answers(response_format=asked)["chain"]["label"]


def test_several_choices_cost_as_many_answers(model: Model) -> None:
    one, two = model.ask(), model.ask(n=2)
    assert len(two.choices) == 2
    assert one.usage is not None
    assert two.usage is not None
    assert two.usage.completion_tokens == 2 * one.usage.completion_tokens


def test_an_answer_over_its_limit_is_cut_and_says_so(model: Model) -> None:
    answer = model.ask(max_completion_tokens=5)
    assert answer.choices[0].finish_reason == "length"
    assert answer.usage is not None
    assert answer.usage.completion_tokens == 5
    with pytest.raises(ValueError, match=r"Unterminated|Expecting"):
        json.loads(answer.choices[0].message.content or "")


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("company", 2),
        ("the steel", 2),
        ("12345", 2),
        ("製造業", 3),
        ("завод", 3),
        ("Grüße, Köln!", 4),
        ("a{}[]b", 4),
    ],
)
def test_tokens_are_counted_by_the_documented_rule(text: str, count: int) -> None:
    assert tokens.count(text) == count


def test_usage_counts_prompt_schema_and_answer(model: Model) -> None:
    asked = messages(PLATING)
    answer = model.ask(messages=asked)
    assert answer.usage is not None
    bare = sum(tokens.count(message["content"]) for message in asked)
    assert answer.usage.prompt_tokens == bare + tokens.count(json.dumps(schema())) + 3 * 2 + 3
    assert answer.usage.completion_tokens == tokens.count(answer.choices[0].message.content or "")


def test_the_bill_is_the_price_table_times_the_usage(start: Callable[..., Model]) -> None:
    model = start(prices={"gpt-5-nano": (50_000, 400_000), "*": (1_000_000, 1_000_000)})
    used = [model.ask().usage, model.ask(model="gpt-4o-mini").usage]
    assert used[0] is not None
    assert used[1] is not None
    millionths = used[0].prompt_tokens * 50_000 + used[0].completion_tokens * 400_000
    millionths += used[1].total_tokens * 1_000_000
    told = model.status()
    assert told["billed_microusd"] == -(-millionths // 1_000_000)
    assert told["billed_prompt_tokens"] == used[0].prompt_tokens + used[1].prompt_tokens


def test_hundreds_of_calls_are_in_flight_at_once(start: Callable[..., Model]) -> None:
    model = start(latency_ms=400)

    async def ask_all() -> list[str]:
        limits = httpx2.Limits(max_connections=300, max_keepalive_connections=300)
        async with AsyncOpenAI(
            api_key="sk-x",
            base_url=f"{model.url}/v1",
            max_retries=0,
            http_client=DefaultAioHttpClient(limits=limits, timeout=20),
        ) as client:
            answers = await asyncio.gather(
                *(
                    client.chat.completions.create(
                        model="gpt-5-nano",
                        messages=messages({"company_name": f"Acme {number} Ltd"}),  # type: ignore[arg-type]
                    )
                    for number in range(300)
                )
            )
        return [json.loads(answer.choices[0].message.content or "")["brand_name"] for answer in answers]

    # In a thread of its own: a browser's test in the same process leaves a running loop in this one.
    with ThreadPoolExecutor(1) as thread:
        said = thread.submit(asyncio.run, ask_all()).result()
    assert said == [f"Acme {number}" for number in range(300)]
    told = model.status()
    assert told["max_in_flight"] > 150
    assert (told["calls"], told["ok"], told["in_flight"]) == (300, 300, 0)


def test_the_ledger_holds_each_call_from_its_arrival(start: Callable[..., Model]) -> None:
    model = start(latency_ms=20)
    answer = model.ask()
    (entry,) = model.ledger()
    assert answer.usage is not None
    assert entry["status"] == 200
    assert entry["outcome"] == "ok"
    assert entry["prompt_tokens"] == answer.usage.prompt_tokens
    assert 0.015 < entry["ended"] - entry["at"] < 2
    assert len(entry["prompt"]) == 64
    assert "Brightwater" not in json.dumps(entry)
    model.ask({"company_name": "Other"})
    assert [later["n"] for later in model.ledger(after=entry["n"])] == [entry["n"] + 1]
    model.http.delete(f"{model.url}/_standin/ledger")
    assert model.status()["calls"] == 0


def test_fields_asked_for_are_the_products(model: Model) -> None:
    assert tuple(model.answers()) == FIELDS
