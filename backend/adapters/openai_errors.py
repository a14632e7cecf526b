"""What the model's refusals mean to us: this row, the whole job, or again later.

Codes and types are those of OpenAI's guide "Error codes"; providers with the same API use them too.
"""

from __future__ import annotations

import re

import openai

from backend.adapters.openai_headers import asked_delay_s
from backend.errors import PauseJob, RowFailed

_NO_CREDIT = frozenset({"insufficient_quota", "billing_hard_limit_reached", "billing_not_active"})
_TOO_LONG = frozenset({"context_length_exceeded", "string_above_max_length"})
_REFUSED = frozenset({"content_filter", "content_policy_violation", "invalid_prompt"})
#: A 400 about what is the same in every row's request: the next row would fail alike.
_SAME_FOR_ALL = frozenset(
    {"unsupported_parameter", "unsupported_value", "unknown_parameter", "model_not_found"}
)
_PARTS_OF_ALL = ("model", "response_format", "max_completion_tokens", "reasoning_effort")
_UNKNOWN_ARGUMENT = re.compile(r"unrecognized request argument", re.IGNORECASE)
#: Sent with a 429, but no wait helps: the request alone is larger than a minute's tokens.
_REQUEST_TOO_LARGE = re.compile(r"^(error code: \d+ - )?request too large", re.IGNORECASE)


def of_answer(error: openai.APIStatusError, model: str) -> RowFailed | PauseJob:
    """The error of ours that an answer other than 2xx means. Its words never hold the provider's."""
    status, code = error.status_code, error.code or error.type or ""
    if code in _NO_CREDIT or error.type in _NO_CREDIT:
        return PauseJob("quota_gone", "The model account has no credit left. Top it up, then resume.")
    if status == 401:
        return PauseJob("key_refused", "The model's key was refused. Set a valid key, then resume.")
    if status == 404 or code == "model_not_found":
        return PauseJob("model_unknown", f"{model} is not available to this key. Choose another model.")
    if status == 403:
        return PauseJob("key_refused", f"The model's key may not use {model}. Allow it, or set another key.")
    if status == 413 or code in _TOO_LONG or (status == 429 and _REQUEST_TOO_LARGE.search(error.message)):
        return RowFailed("input_too_long", "The row's text is longer than the model takes.")
    if status == 429:
        delay_s = asked_delay_s(error.response.headers)
        return RowFailed(
            "model_rate_limited", "The model's rate limit was reached.", transient=True, delay_s=delay_s
        )
    if status in (400, 422):
        return _of_bad_request(error, code, model)
    transient = status >= 500 or status in (408, 409, 425)
    return RowFailed(
        "model_error",
        f"The model's service answered with an error ({status}).",
        transient=transient,
        delay_s=asked_delay_s(error.response.headers) if transient else None,
    )


def _of_bad_request(error: openai.APIStatusError, code: str, model: str) -> RowFailed | PauseJob:
    if code in _REFUSED:
        return RowFailed("model_refused", "The provider's content filter refused the row's text.")
    part = (error.param or "").split(".")[0]
    if code in _SAME_FOR_ALL or part in _PARTS_OF_ALL or _UNKNOWN_ARGUMENT.search(error.message):
        return PauseJob(
            "model_unknown",
            f"{model} does not take what Rowmill asks for (an answer that fits a JSON schema). "
            "Choose another model.",
        )
    return RowFailed("model_error", f"The model's service refused the request ({error.status_code}).")
