"""The bodies of answers, field by field as OpenAI's API reference has them."""

from __future__ import annotations

import json
import secrets
import time
from typing import Any

from backend.local.model.ask import Ask

#: Where no JSON is asked for by a schema, these are the fields.
USUAL = {
    "type": "object",
    "properties": {name: {"type": "string"} for name in ("category", "brand_name", "email_question")},
}


def described(name: str) -> dict[str, Any]:
    """A model as `/v1/models` tells it."""
    return {"id": name, "object": "model", "created": 1_744_316_542, "owned_by": "system"}


def completion(asked: Ask, message: dict[str, Any], finish: str, tokens: int) -> bytes:
    """The answer to a call; `tokens` are those of every choice together."""
    answer = {
        "id": f"chatcmpl-{secrets.token_urlsafe(21)}",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": asked.model,
        "choices": [
            {"index": index, "message": message, "logprobs": None, "finish_reason": finish}
            for index in range(asked.n)
        ],
        "usage": {
            "prompt_tokens": asked.prompt_tokens,
            "completion_tokens": tokens,
            "total_tokens": asked.prompt_tokens + tokens,
            "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
            "completion_tokens_details": {
                "reasoning_tokens": 0,
                "audio_tokens": 0,
                "accepted_prediction_tokens": 0,
                "rejected_prediction_tokens": 0,
            },
        },
        "service_tier": "default",
        "system_fingerprint": "fp_standin",
    }
    return json.dumps(answer, ensure_ascii=False).encode(errors="replace")
