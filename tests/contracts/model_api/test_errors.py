"""Each error body, as the real client raises it. `source` names where the expectation comes from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import openai
import pytest

from tests.contracts.model_api.asking import Model, messages, schema

GUIDE = "OpenAI guide, Error codes"
REFERENCE = "OpenAI API reference, Create chat completion"
OUTPUTS = "OpenAI guide, Structured model outputs, Supported schemas"


@dataclass
class Case:
    name: str
    raises: type[openai.APIStatusError]
    status: int
    type: str | None
    code: str | None
    says: str
    source: str
    param: str | None = None
    rules: list[dict[str, Any]] = field(default_factory=list)
    switches: dict[str, Any] = field(default_factory=dict)
    asked: dict[str, Any] = field(default_factory=dict)


def bad(name: str, says: str, source: str, param: str | None, code: str | None, **asked: Any) -> Case:
    return Case(
        name,
        openai.BadRequestError,
        400,
        "invalid_request_error",
        code,
        says,
        source,
        param=param,
        asked=asked,
    )


def strict(**changes: Any) -> dict[str, Any]:
    """The usual format with its schema changed; None takes a key away."""
    made = schema()
    inner = made["json_schema"]["schema"]
    inner.update(changes)
    made["json_schema"]["schema"] = {key: value for key, value in inner.items() if value is not None}
    return made


KEY = "sk-test-abcdefgh1234"
CASES = [
    Case("a refused key", openai.AuthenticationError, 401, "invalid_request_error", "invalid_api_key",
         "Incorrect API key provided: sk-test-", GUIDE, switches={"refused_keys": [KEY]}),
    Case("a key refused by chance", openai.AuthenticationError, 401, "invalid_request_error",
         "invalid_api_key", "Incorrect API key", GUIDE, rules=[{"fault": "invalid_api_key", "next": 1}]),
    Case("a key without quota", openai.RateLimitError, 429, "insufficient_quota", "insufficient_quota",
         "You exceeded your current quota", GUIDE, switches={"keys_without_quota": [KEY]}),
    Case("too many requests", openai.RateLimitError, 429, "requests", "rate_limit_exceeded",
         "Rate limit reached for gpt-5-nano", "openai/codex issue 88",
         rules=[{"fault": "rate_limited", "next": 1}]),
    Case("an error of the server", openai.InternalServerError, 500, "server_error", None,
         "The server had an error while processing your request", GUIDE,
         rules=[{"fault": "server_error", "next": 1}]),
    Case("an overloaded server", openai.InternalServerError, 503, "server_error", None,
         "currently overloaded", GUIDE, rules=[{"fault": "overloaded", "next": 1}]),
    Case("an unknown model", openai.NotFoundError, 404, "invalid_request_error", "model_not_found",
         "The model `llama-3` does not exist or you do not have access to it.", GUIDE,
         asked={"model": "llama-3"}),
    bad("no model", "you must provide a model parameter", "transitive-bullshit/agentic issue 530", None, None,
        model=""),
    bad("no messages", "empty array", REFERENCE, "messages", "empty_array", messages=[]),
    bad("messages that are none", "expected an array of objects", REFERENCE, "messages", "invalid_type",
        messages="hello"),
    bad("a role nobody has", "Invalid value: 'king'", REFERENCE, "messages[0].role", "invalid_value",
        messages=[{"role": "king", "content": "x"}]),
    bad("a message without content", "Invalid type for 'messages[0].content'", REFERENCE,
        "messages[0].content", "invalid_type", messages=[{"role": "user"}]),
    bad("an argument nobody knows", "Unrecognized request argument supplied: top_k",
        "xlinx/sd-webui-decadetw-auto-prompt-llm issue 29", None, None, extra_body={"top_k": 1}),
    bad("a stream", "organization must be verified to stream", "lobehub/lobehub issue 9385", "stream",
        "unsupported_value", stream=True),
    bad("max_tokens on a reasoning model", "Use 'max_completion_tokens' instead.",
        "tailcallhq/forgecode issue 1081", "max_tokens", "unsupported_parameter", max_tokens=10),
    bad("a temperature on a reasoning model", "Only the default (1) value is supported.",
        "OpenAI guide, Reasoning models", "temperature", "unsupported_value", temperature=0.2),
    bad("no choices at all", "integer below minimum value", REFERENCE, "n", "integer_below_min_value", n=0),
    bad("a limit that is no number", "expected an integer, but got a string", REFERENCE,
        "max_completion_tokens", "invalid_type", extra_body={"max_completion_tokens": "ten"}),
    bad("an unknown format", "Supported values are", REFERENCE, "response_format.type", "invalid_value",
        response_format={"type": "xml"}),
    bad("JSON without the word", "must contain the word 'json'", REFERENCE, "messages", None,
        response_format={"type": "json_object"}, messages=[{"role": "user", "content": "Hello"}]),
    bad("a format without schema", "Missing required parameter: 'response_format.json_schema'", REFERENCE,
        "response_format.json_schema", "missing_required_parameter", response_format={"type": "json_schema"}),
    bad("a schema's name with blanks", "string does not match pattern", REFERENCE,
        "response_format.json_schema.name", "invalid_value",
        response_format={"type": "json_schema", "json_schema": {"name": "a row", "schema": {}}}),
    bad("open objects", "In context=(), 'additionalProperties' is required to be supplied and to be false.",
        OUTPUTS + "; agentscope-java issue 2548", "response_format", None,
        response_format=strict(additionalProperties=None)),
    bad("optional fields", "Missing 'email_question'.", OUTPUTS + "; the-llm-council issue 9",
        "response_format", None, response_format=strict(required=["category", "brand_name"])),
    bad("a required field too many", "Extra required key 'state' supplied.", "SamSaffron/term-llm PR 180",
        "response_format", None,
        response_format=strict(required=["category", "brand_name", "email_question", "state"])),
    bad("no list of required fields", "to be an array including every key in properties", OUTPUTS,
        "response_format", None, response_format=strict(required=None)),
    bad("a root that is no object", "schema must be a JSON Schema of 'type: \"object\"'", OUTPUTS,
        "response_format", None, response_format=strict(type="array")),
    bad("a nested open object", "In context=('properties', 'inner')", OUTPUTS, "response_format", None,
        response_format=schema(inner={"type": "object", "properties": {}})),
    bad("a keyword of JSON Schema that is not supported", "'allOf' is not permitted", OUTPUTS,
        "response_format", None, response_format=schema(category={"allOf": [{"type": "string"}]})),
    bad("a list of anything", "array schema missing items", OUTPUTS, "response_format", None,
        response_format=schema(tags={"type": "array"})),
    bad("a field of no type", "schema must have a 'type' key", OUTPUTS, "response_format", None,
        response_format=schema(category={})),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_client_raises_what_the_api_answers(case: Case, model: Model) -> None:
    model.fails(*case.rules, **case.switches)
    with pytest.raises(case.raises) as caught:
        model.ask(**case.asked)
    error = caught.value
    assert type(error) is case.raises
    assert error.status_code == case.status
    assert (error.type, error.code, error.param) == (case.type, case.code, case.param)
    assert case.says in error.message
    assert error.request_id is not None
    assert error.request_id.startswith("req_")
    assert error.body is not None
    assert set(error.body) == {"message", "type", "param", "code"}


def test_a_call_without_a_key_is_told_how_to_send_one(model: Model) -> None:
    answer = model.http.post(f"{model.url}/v1/chat/completions", json={})
    assert answer.status_code == 401
    assert "You didn't provide an API key" in answer.json()["error"]["message"]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff\xfe", b"nonsense"])
def test_a_body_that_is_no_json_object_is_refused(body: bytes, model: Model) -> None:
    answer = model.http.post(
        f"{model.url}/v1/chat/completions", data=body, headers={"Authorization": f"Bearer {KEY}"}
    )
    assert answer.status_code == 400
    assert answer.json()["error"]["message"].startswith("We could not parse the JSON body of your request.")


def test_an_unknown_address_answers_in_the_same_shape(model: Model) -> None:
    answer = model.http.get(f"{model.url}/v1/completely/else")
    assert answer.status_code == 404
    assert answer.json()["error"]["message"] == "Invalid URL (GET /v1/completely/else)"


def test_a_page_from_a_gateway_is_an_error_of_the_server(model: Model) -> None:
    model.fails({"fault": "html", "next": 1})
    with pytest.raises(openai.InternalServerError) as caught:
        model.ask()
    assert caught.value.status_code == 502
    assert "Bad Gateway" in str(caught.value.response.text)


def test_listing_models_tests_a_key_without_spending(model: Model) -> None:
    assert "gpt-5-nano" in [found.id for found in model.client.models.list()]
    assert model.client.models.retrieve("gpt-5-mini").owned_by == "system"
    with pytest.raises(openai.NotFoundError):
        model.client.models.retrieve("llama-3")
    model.fails(refused_keys=[KEY])
    with pytest.raises(openai.AuthenticationError):
        model.client.models.list()
    assert model.status()["calls"] == 0


def test_no_error_shows_the_whole_key(model: Model) -> None:
    model.fails(refused_keys=[KEY])
    with pytest.raises(openai.AuthenticationError) as caught:
        model.ask()
    assert KEY not in str(caught.value)
    assert model.ledger()[0]["key_end"] == "1234"
    assert KEY not in str(model.ledger())


def test_retry_after_is_sent_where_the_rule_names_one(model: Model) -> None:
    model.fails(
        {"fault": "rate_limited", "next": 1, "retry_after_s": 120}, {"fault": "rate_limited", "next": 1}
    )
    waits = []
    for _ in range(2):
        with pytest.raises(openai.RateLimitError) as caught:
            model.ask()
        waits.append(caught.value.response.headers.get("retry-after"))
        assert caught.value.response.headers["x-ratelimit-remaining-requests"] == "0"
    assert waits == ["120", None]


def test_messages_may_come_in_parts(model: Model) -> None:
    whole = messages({"company_name": "Acme Ltd"})[1]["content"]
    asked = [{"role": "user", "content": [{"type": "text", "text": whole}]}]
    assert model.answers(messages=asked)["brand_name"] == "Acme"
