"""OpenAI's error bodies, `{"error": {"message", "type", "param", "code"}}`, as its API words them.

Sources: OpenAI's guide "Error codes" for the classes, and answers of the live API quoted in public issue
threads for the wording; tests/contracts/model_api names one for each.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

INVALID = "invalid_request_error"


@dataclass(eq=False)
class ApiError(Exception):
    """An answer that is not a completion. `kind` is the word the ledger counts it under."""

    status: int
    message: str
    type: str | None
    code: str | None = None
    param: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    kind: str = "bad_request"

    def body(self) -> bytes:
        error = {"message": self.message, "type": self.type, "param": self.param, "code": self.code}
        return json.dumps({"error": error}, indent=2).encode()


def bad_request(message: str, param: str | None = None, code: str | None = None) -> ApiError:
    return ApiError(400, message, INVALID, code, param)


def no_key() -> ApiError:
    return ApiError(
        401,
        "You didn't provide an API key. You need to provide your API key in an Authorization header using "
        "Bearer auth (i.e. Authorization: Bearer YOUR_KEY), or as the password field (with blank username) "
        "if you're accessing the API from your browser and are prompted for a username and password. You "
        "can obtain an API key from https://platform.openai.com/account/api-keys.",
        INVALID,
        kind="invalid_api_key",
    )


def invalid_key(key: str) -> ApiError:
    masked = f"{key[:8]}{'*' * max(len(key) - 12, 4)}{key[-4:]}" if len(key) > 12 else "*" * len(key)
    return ApiError(
        401,
        f"Incorrect API key provided: {masked}. You can find your API key at "
        "https://platform.openai.com/account/api-keys.",
        INVALID,
        "invalid_api_key",
        kind="invalid_api_key",
    )


def insufficient_quota() -> ApiError:
    return ApiError(
        429,
        "You exceeded your current quota, please check your plan and billing details. For more information "
        "on this error, read the docs: https://platform.openai.com/docs/guides/error-codes/api-errors.",
        "insufficient_quota",
        "insufficient_quota",
        kind="insufficient_quota",
    )


def model_not_found(model: str) -> ApiError:
    return ApiError(
        404,
        f"The model `{model}` does not exist or you do not have access to it.",
        INVALID,
        "model_not_found",
        kind="model_not_found",
    )


def unknown_url(method: str, path: str) -> ApiError:
    return ApiError(404, f"Invalid URL ({method} {path})", INVALID, kind="unknown_url")


def rate_limited(
    model: str, unit: str, limit: int, used: int, requested: int, wait: str, headers: Mapping[str, str]
) -> ApiError:
    """`unit` is `requests` or `tokens`; `wait` is a duration as the headers write them."""
    short = "RPM" if unit == "requests" else "TPM"
    return ApiError(
        429,
        f"Rate limit reached for {model} in organization org-standin on {unit} per min ({short}): "
        f"Limit {limit}, Used {used}, Requested {requested}. Please try again in {wait}. Visit "
        "https://platform.openai.com/account/rate-limits to learn more.",
        unit,
        "rate_limit_exceeded",
        headers=headers,
        kind="rate_limited",
    )


def request_too_large(model: str, limit: int, requested: int) -> ApiError:
    return ApiError(
        429,
        f"Request too large for {model} in organization org-standin on tokens per min (TPM): "
        f"Limit {limit}, Requested {requested}. The input or output tokens must be reduced in order to run "
        "successfully. Visit https://platform.openai.com/account/rate-limits to learn more.",
        "tokens",
        "rate_limit_exceeded",
        kind="rate_limited",
    )


def server_error() -> ApiError:
    return ApiError(
        500,
        "The server had an error while processing your request. Sorry about that!",
        "server_error",
        kind="server_error",
    )


def overloaded() -> ApiError:
    return ApiError(
        503,
        "That model is currently overloaded with other requests. You can retry your request, or contact us "
        "through our help center at help.openai.com if the error persists.",
        "server_error",
        kind="overloaded",
    )


class _HtmlError(ApiError):
    """What a gateway in front of the API answers: a page."""

    def body(self) -> bytes:
        return (
            b"<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"
        )


def of_fault(fault: str, model: str, key: str, headers: Mapping[str, str]) -> ApiError | None:
    """The error of a fault that is answered with one, carrying `headers`; None for any other fault."""
    makers: dict[str, Callable[[], ApiError]] = {
        "rate_limited": lambda: rate_limited(model, "requests", 500, 500, 1, "120ms", {}),
        "insufficient_quota": insufficient_quota,
        "invalid_api_key": lambda: invalid_key(key),
        "server_error": server_error,
        "overloaded": overloaded,
        "html": lambda: _HtmlError(502, "Bad Gateway", None, kind="html"),
    }
    if fault not in makers:
        return None
    error = makers[fault]()
    error.headers = headers
    return error
