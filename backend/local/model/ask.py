"""A request to `/v1/chat/completions`: read, checked as OpenAI checks it, and known by a hash of its prompt.

Parsed by hand: a model class for each request would cost more than the answer does.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from backend.local.model import limits, schema, tokens
from backend.local.model.refusals import bad_request, model_not_found

#: Models by name, and families by how their names begin (OpenAI's page "Models").
MODELS = (
    "gpt-5-nano", "gpt-5-mini", "gpt-5", "gpt-4.1-nano", "gpt-4.1-mini", "gpt-4.1", "gpt-4o-mini", "gpt-4o",
    "o3-mini", "o4-mini",
)  # fmt: skip
FAMILIES = ("gpt-", "o1", "o3", "o4", "chatgpt-")
#: Families that reason: they refuse `max_tokens` and any temperature but 1 (guide "Reasoning models").
REASONING = ("gpt-5", "o1", "o3", "o4")
#: Arguments of the API reference, "Create chat completion"; any other is refused.
_ARGUMENTS = (
    "audio frequency_penalty function_call functions logit_bias logprobs max_completion_tokens max_tokens "
    "messages metadata modalities model moderation n parallel_tool_calls prediction presence_penalty "
    "prompt_cache_key prompt_cache_retention reasoning_effort response_format safety_identifier seed "
    "service_tier stop store stream stream_options temperature tool_choice tools top_logprobs top_p user "
    "verbosity web_search_options"
)
ARGUMENTS = frozenset(_ARGUMENTS.split())
ROLES = frozenset({"developer", "system", "user", "assistant", "tool", "function"})
#: The error OpenAI gives for a body that is no JSON.
_NO_JSON = (
    "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP "
    "library correctly. The OpenAI API expects a JSON payload, but what was sent was not valid JSON. If you "
    "have trouble figuring out how to fix this, please contact us through our help center at "
    "help.openai.com.)"
)
#: The product marks a row's text as data between tags that end in random letters and digits.
_DELIMITER = re.compile(r"<([a-z]+[-_][0-9A-Za-z]{4,64})>")


@dataclass(frozen=True, slots=True)
class Ask:
    """One request that the API would take."""

    model: str
    prompt: str  #: every message's text, joined by line breaks
    row_text: str  #: the last user message: where the row stands
    digest: bytes  #: SHA-256 of the model, the messages and the format, 32 bytes
    schema: dict[str, Any] | None  #: the JSON schema asked for, if one was
    wants_json: bool  #: `json_object` or `json_schema`
    n: int
    max_completion_tokens: int | None
    prompt_tokens: int
    estimate: int  #: tokens the limits charge beforehand


def known(model: str) -> bool:
    return model in MODELS or model.startswith(FAMILIES)


def read(body: bytes) -> Ask:
    """The request in `body`. Raises `ApiError` 400 or 404."""
    try:
        asked = json.loads(body)
    except ValueError:
        raise bad_request(_NO_JSON) from None
    if not isinstance(asked, dict):
        raise bad_request(_NO_JSON)
    model = asked.get("model")
    if not isinstance(model, str) or not model:
        raise bad_request("you must provide a model parameter")
    if not known(model):
        raise model_not_found(model)
    _check_arguments(asked, model)
    texts = _texts(asked.get("messages"))
    prompt = "\n".join(texts)
    format_text = json.dumps(asked["response_format"]) if asked.get("response_format") is not None else ""
    wanted, wants_json = _format(format_text)
    if wants_json and wanted is None and "json" not in prompt.lower():
        raise bad_request(
            "'messages' must contain the word 'json' in some form, to use 'response_format' of type "
            "'json_object'.",
            "messages",
        )
    most = asked.get("max_completion_tokens") or asked.get("max_tokens")
    characters = len(prompt) + len(format_text)
    return Ask(
        model=model,
        prompt=prompt,
        row_text=texts[-1],
        digest=_digest(model, prompt, texts[-1], format_text),
        schema=wanted,
        wants_json=wants_json,
        n=asked.get("n") or 1,
        max_completion_tokens=most,
        prompt_tokens=_prompt_tokens(texts, format_text),
        estimate=max(most or 0, characters // limits.CHARACTERS_PER_TOKEN),
    )


def _check_arguments(asked: dict[str, Any], model: str) -> None:
    for name in asked:
        if name not in ARGUMENTS:
            raise bad_request(f"Unrecognized request argument supplied: {name}")
    if asked.get("stream"):
        raise bad_request(
            "Your organization must be verified to stream this model. Please go to: "
            "https://platform.openai.com/settings/organization/general and click on Verify Organization. If "
            "you just verified, it can take up to 15 minutes for access to propagate.",
            "stream",
            "unsupported_value",
        )
    for name in ("n", "max_completion_tokens", "max_tokens"):
        value = asked.get(name)
        if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
            raise bad_request(
                f"Invalid type for '{name}': expected an integer, but got {_type(value)} instead.",
                name,
                "invalid_type",
            )
        if value is not None and value < 1:
            raise bad_request(
                f"Invalid '{name}': integer below minimum value. Expected a value >= 1, but got {value} "
                "instead.",
                name,
                "integer_below_min_value",
            )
    if not model.startswith(REASONING):
        return
    if asked.get("max_tokens") is not None:
        raise bad_request(
            "Unsupported parameter: 'max_tokens' is not supported with this model. Use "
            "'max_completion_tokens' instead.",
            "max_tokens",
            "unsupported_parameter",
        )
    if asked.get("temperature") not in (None, 1):
        raise bad_request(
            f"Unsupported value: 'temperature' does not support {asked['temperature']} with this model. Only "
            "the default (1) value is supported.",
            "temperature",
            "unsupported_value",
        )


def _texts(messages: Any) -> list[str]:
    if messages is None:
        raise bad_request("Missing required parameter: 'messages'.", "messages", "missing_required_parameter")
    if not isinstance(messages, list):
        raise bad_request(
            f"Invalid type for 'messages': expected an array of objects, but got {_type(messages)} instead.",
            "messages",
            "invalid_type",
        )
    if not messages:
        raise bad_request(
            "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty "
            "array instead.",
            "messages",
            "empty_array",
        )
    return [_text(message, number) for number, message in enumerate(messages)]


def _text(message: Any, number: int) -> str:
    where = f"messages[{number}]"
    if not isinstance(message, dict):
        raise bad_request(
            f"Invalid type for '{where}': expected an object, but got {_type(message)} instead.",
            where,
            "invalid_type",
        )
    role = message.get("role")
    if role is None:
        raise bad_request(
            f"Missing required parameter: '{where}.role'.", f"{where}.role", "missing_required_parameter"
        )
    if role not in ROLES:
        names = "', '".join(sorted(ROLES))
        raise bad_request(
            f"Invalid value: '{role}'. Supported values are: '{names}'.", f"{where}.role", "invalid_value"
        )
    content = message.get("content")
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "\n".join(part.get("text", "") for part in content if isinstance(part, dict))
    raise bad_request(
        f"Invalid type for '{where}.content': expected one of a string or array of objects, but got "
        f"{_type(content)} instead.",
        f"{where}.content",
        "invalid_type",
    )


def _type(value: Any) -> str:
    names = {bool: "a boolean", int: "an integer", float: "a decimal number", str: "a string"}
    return names.get(
        type(value), "null" if value is None else "an array" if type(value) is list else "an object"
    )


@lru_cache(maxsize=256)
def _format(format_text: str) -> tuple[dict[str, Any] | None, bool]:
    """The JSON schema asked for and whether the answer must be JSON; checked once for each format."""
    if not format_text:
        return None, False
    response_format = json.loads(format_text)
    schema.check_format(response_format)
    kind = response_format["type"]
    return (response_format["json_schema"]["schema"] if kind == "json_schema" else None), kind != "text"


def _digest(model: str, prompt: str, row_text: str, format_text: str) -> bytes:
    """A random delimiter around the row does not make another prompt of it."""
    if found := _DELIMITER.search(row_text, 0, 1000):
        prompt = prompt.replace(found[1], "delimiter")
    return hashlib.sha256(f"{model}\n{prompt}\n{format_text}".encode(errors="surrogatepass")).digest()


def _prompt_tokens(texts: list[str], format_text: str) -> int:
    each = sum(tokens.count_repeated(text) for text in texts[:-1]) + tokens.count(texts[-1])
    return (
        each
        + tokens.count_repeated(format_text)
        + tokens.TOKENS_PER_MESSAGE * len(texts)
        + tokens.TOKENS_PER_PROMPT
    )
