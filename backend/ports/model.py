"""The provider of the language model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from backend.ports.json import Json


@dataclass(frozen=True, slots=True)
class Prompt:
    """One row's question, as it is sent."""

    system: str
    user: str
    #: A strict JSON schema (draft 2020-12 subset of the provider) that the answer must fit.
    schema: Mapping[str, Json]
    schema_name: str
    max_tokens_out: int


@dataclass(frozen=True, slots=True)
class RateLimits:
    """What `x-ratelimit-*` said; None where the provider said nothing."""

    limit_requests: int | None = None
    limit_tokens: int | None = None
    remaining_requests: int | None = None
    remaining_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What the model said, unjudged."""

    content: str
    refusal: str | None
    #: The provider's word: "stop", "length", "content_filter", …
    finish_reason: str
    tokens_in: int
    tokens_out: int
    limits: RateLimits = field(default_factory=RateLimits)


class Model(Protocol):
    """One provider of chat completions, whoever's key is used.

    Raises `RowFailed` (`model_rate_limited`, `model_timeout`, `model_error` are transient; `bad_answer`
    and others are not) and `PauseJob` (`key_refused`, `quota_gone`, `model_unknown`).
    """

    @property
    def provider(self) -> str:
        """The address asked, or "standin": part of an answer's key, so the two never mix."""
        ...

    async def ask(self, prompt: Prompt, *, model: str, api_key: str | None, timeout_s: float) -> Answer:
        """`api_key` None uses the deployment's own."""
        ...

    async def check(self, *, model: str, api_key: str, timeout_s: float) -> None:
        """Whether the key may use the model, by a call that costs nothing; raises as `ask` does."""
        ...
