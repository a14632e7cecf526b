"""The limit: OpenAI's client on aiohttp asking for the same rows, with nothing around it.

`python -m tests.bench.bare URL ROWS IN_FLIGHT MARK` prints one line of JSON: seconds and CPU-seconds from the
first call to the last answer, and how many answers were not what the stand-in says.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time

import openai
from openai import AsyncOpenAI, DefaultAioHttpClient

from tests.bench import truth


async def main(url: str, count: int, in_flight: int, mark: str) -> dict[str, float]:
    prompts = [truth.prompt_of("case_a", row) for row in truth.rows_of("case_a", truth.sheet(count, mark))]
    bodies = [truth.body_of(prompt) for prompt in prompts]
    answers: list[str] = [""] * count
    limits = openai.DEFAULT_CONNECTION_LIMITS.__class__(
        max_connections=in_flight, max_keepalive_connections=in_flight
    )
    http_client = DefaultAioHttpClient(limits=limits, timeout=None)
    async with AsyncOpenAI(
        api_key="offline-stand-in", base_url=f"{url}/v1", max_retries=0, timeout=60, http_client=http_client
    ) as client:
        places = asyncio.Semaphore(in_flight)

        async def ask(number: int) -> None:
            async with places:
                found = await client.chat.completions.create(**bodies[number])  # type: ignore[call-overload]
                answers[number] = found.choices[0].message.content

        began, cpu = time.perf_counter(), time.process_time()
        await asyncio.gather(*map(ask, range(count)))
        seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    wrong = sum(truth.answer_to(prompt) != text for prompt, text in zip(prompts, answers, strict=True))
    return {"seconds": seconds, "cpu_s": cpu, "wrong": wrong}


if __name__ == "__main__":
    address, rows, at_once, word = sys.argv[1:]
    print(json.dumps(asyncio.run(main(address, int(rows), int(at_once), word))))
