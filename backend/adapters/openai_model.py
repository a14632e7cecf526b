"""A model behind OpenAI's chat completions, through OpenAI's own client on aiohttp.

The client is used by its general `post`, which returns the answer as it came: building the typed answer
would cost as much CPU again as the whole call (docs/decisions.md has the numbers).
"""

from __future__ import annotations

import asyncio
import functools
import json
import re
from collections.abc import Awaitable
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from backend.adapters import openai_headers
from backend.domain.money import most_tokens
from backend.errors import PauseJob, RowFailed
from backend.ports import Answer, Prompt, RateLimits

if TYPE_CHECKING:
    import httpx2
    import openai

OPENAI_URL = "https://api.openai.com/v1"
#: Seconds that an unused connection is kept; shorter than any server on the way keeps it.
KEEP_S = 30.0

#: What may stand in a header; anything else is no key, and must not reach an error message on its way.
_KEY = re.compile(r"[\x21-\x7e]+")
#: Models that reason unless told not to, which would use up the answer's tokens. Later ones (gpt-5.1 on) do
#: not reason by default, and refuse `minimal`.
_EFFORTS = (
    (re.compile(r"gpt-5(-mini|-nano)?(-\d{4}-\d{2}-\d{2})?"), "minimal"),
    (re.compile(r"o\d(-mini)?(-\d{4}-\d{2}-\d{2})?"), "low"),
)


class OpenAIModel:
    """`backend.ports.Model`. Its connections belong to the event loop of the first `ask`: use one loop."""

    def __init__(
        self,
        *,
        api_key: str | None,
        in_flight: int,
        base_url: str = OPENAI_URL,
        provider: str | None = None,
    ) -> None:
        """`api_key` is the deployment's own; `in_flight` bounds the calls, and so the connections.

        `provider` is what an answer's key names; the address, unless it is the stand-in's.
        """
        self._api_key = api_key
        self._in_flight = in_flight
        self._base_url = base_url.rstrip("/")
        self._provider = provider or self._base_url

    @property
    def provider(self) -> str:
        return self._provider

    async def ask(self, prompt: Prompt, *, model: str, api_key: str | None, timeout_s: float) -> Answer:
        """One call, sent once. `timeout_s` bounds it from the first byte sent to the last one read."""
        headers = _authorization(api_key or self._api_key)
        call = self._client.post(
            self._base_url + "/chat/completions",
            cast_to=self._raw,
            body=_body(prompt, model),
            options={"headers": headers},
        )
        response = await self._answered(call, model, timeout_s)
        try:
            return _answer(json.loads(response.content), prompt, openai_headers.limits(response.headers.raw))
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            raise RowFailed(
                "model_error",
                "The model's service answered something that is no answer.",
                transient=True,
                maybe_billed=True,
            ) from error

    async def check(self, *, model: str, api_key: str, timeout_s: float) -> None:
        """Asks what the model is: free of charge, and refused to a key that is unknown or may not use it."""
        headers = _authorization(api_key)
        address = f"{self._base_url}/models/{quote(model, safe='')}"
        call = self._client.get(address, cast_to=self._raw, options={"headers": headers})
        await self._answered(call, model, timeout_s)

    async def prepare(self) -> None:
        """Imports and makes the client, half a second that the first row would wait for otherwise."""
        self._client  # noqa: B018 - made when first looked at

    async def close(self) -> None:
        """Closes the connections; on the loop that used them."""
        if "_client" in self.__dict__:
            await self._client.close()

    async def _answered(
        self, call: Awaitable[httpx2.Response], model: str, timeout_s: float
    ) -> httpx2.Response:
        """The answer as it came, or the error of ours that its absence means."""
        import aiohttp
        import openai

        try:
            async with asyncio.timeout(timeout_s):
                return await call
        except TimeoutError as error:
            raise RowFailed(
                "model_timeout",
                f"The model did not answer within {timeout_s:g} s.",
                transient=True,
                maybe_billed=True,
            ) from error
        except openai.APIStatusError as error:
            from backend.adapters import openai_errors

            raise openai_errors.of_answer(error, model) from error
        except UnicodeEncodeError as error:
            raise RowFailed("model_error", "The row holds characters that cannot be sent.") from error
        # The client reports a cut connection as a timeout of its own; its timeouts are off, ours is above.
        except (openai.APIError, aiohttp.ClientError) as error:
            raise RowFailed(
                "model_error",
                "The connection to the model was cut or refused.",
                transient=True,
                maybe_billed=not _never_connected(error),
            ) from error

    @property
    def _raw(self) -> type[httpx2.Response]:
        import httpx2

        return httpx2.Response

    @functools.cached_property
    def _client(self) -> openai.AsyncOpenAI:
        import httpx2
        import openai

        connections = httpx2.Limits(
            max_connections=self._in_flight,
            max_keepalive_connections=self._in_flight,
            keepalive_expiry=KEEP_S,
        )
        client = openai.AsyncOpenAI(
            # Each call carries its own key; this one is never sent.
            api_key="unused",
            base_url=self._base_url,
            max_retries=0,
            timeout=None,
            http_client=openai.DefaultAioHttpClient(limits=connections, timeout=None),
        )
        # The client takes both from the environment, and would send them along with other people's keys.
        client.organization = client.project = None
        return client


def _never_connected(error: BaseException | None) -> bool:
    """Whether a failed call did not even reach the other side: aiohttp says so at the root of the causes."""
    import aiohttp

    while error is not None:
        if isinstance(error, aiohttp.ClientConnectorError):
            return True
        error = error.__cause__
    return False


def _authorization(key: str | None) -> dict[str, str]:
    if not key or not _KEY.fullmatch(key):
        raise PauseJob("key_refused", "There is no usable key for the model. Set one, then resume.")
    return {"Authorization": f"Bearer {key}"}


def _body(prompt: Prompt, model: str) -> dict[str, Any]:
    body: dict[str, Any] = {
        "model": model,
        "messages": [
            {"role": "system", "content": prompt.system},
            {"role": "user", "content": prompt.user},
        ],
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": prompt.schema_name, "strict": True, "schema": prompt.schema},
        },
        "max_completion_tokens": prompt.max_tokens_out,
    }
    effort = _effort(model)
    if effort is not None:
        body["reasoning_effort"] = effort
    return body


@functools.lru_cache(maxsize=64)
def _effort(model: str) -> str | None:
    return next((effort for names, effort in _EFFORTS if names.fullmatch(model)), None)


def _answer(body: dict[str, Any], prompt: Prompt, limits: RateLimits) -> Answer:
    choice = body["choices"][0]
    message = choice["message"]
    content = message.get("content") or ""
    usage = body.get("usage") or {}
    tokens_in, tokens_out = usage.get("prompt_tokens"), usage.get("completion_tokens")
    if tokens_in is None or tokens_out is None:
        # A provider that does not say what it used must not look free to the budget.
        tokens_in = most_tokens(prompt.system) + most_tokens(prompt.user)
        tokens_out = most_tokens(content)
    return Answer(
        content=content,
        refusal=message.get("refusal"),
        finish_reason=choice.get("finish_reason") or "",
        tokens_in=int(tokens_in),
        tokens_out=int(tokens_out),
        limits=limits,
    )
