"""The ledger of calls and what they add up to: the witness of what was asked, when, and what it cost.

A call is entered when it arrives, so a client that went away before its answer is counted too: OpenAI
bills such calls. Entries are small objects rather than dictionaries; 200,000 of them take about 80 MB.
"""

from __future__ import annotations

import re
import time
from argparse import ArgumentTypeError
from collections import Counter, deque
from collections.abc import Mapping
from typing import Any

from backend.local.standin import LEDGER_ENTRIES, Ledger


class Call:
    """One request. Times are Unix seconds; `ended` stays None while it is in flight."""

    __slots__ = (
        "began", "completion_tokens", "ended", "in_flight", "key_end", "kind", "model", "n", "prompt",
        "prompt_tokens", "status",
    )  # fmt: skip

    def __init__(self, n: int, key_end: str, in_flight: int) -> None:
        self.n = n
        self.began = time.time()
        self.ended: float | None = None
        self.prompt = b""
        self.model = ""
        self.status = 0
        self.kind = ""
        self.prompt_tokens = 0
        self.completion_tokens = 0
        self.key_end = key_end
        self.in_flight = in_flight

    def entry(self) -> dict[str, Any]:
        return {
            "n": self.n,
            "at": self.began,
            "kind": "call",
            "ended": self.ended,
            "prompt": self.prompt.hex(),
            "model": self.model,
            "status": self.status,
            "outcome": self.kind,
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": self.completion_tokens,
            "key_end": self.key_end,
            "in_flight": self.in_flight,
        }


#: Micro-dollars per million prompt and completion tokens, by model; `*` prices every other model.
PriceTable = Mapping[str, tuple[int, int]]


def parse_price(text: str) -> tuple[str, tuple[int, int]]:
    """A line of the table from `MODEL=PROMPT/COMPLETION`, e.g. `gpt-5-nano=50000/400000`."""
    found = re.fullmatch(r"(.+)=(\d+)/(\d+)", text)
    if found is None:
        raise ArgumentTypeError(f"{text!r} is no price; write MODEL=PROMPT/COMPLETION, e.g. *=50000/400000")
    return found[1], (int(found[2]), int(found[3]))


class Calls(Ledger):
    """The calls in order of arrival, the newest 200,000 kept, and running totals over all."""

    def __init__(self, prices: PriceTable) -> None:
        super().__init__()
        self._prices = prices
        self._calls: deque[Call] = deque(maxlen=LEDGER_ENTRIES)
        self._number = 0
        self.clear()

    def clear(self) -> None:
        """Forgets entries and totals; calls in flight stay counted as in flight."""
        self._calls.clear()
        self._asked: Counter[bytes] = Counter()
        self._outcomes: Counter[str] = Counter()
        self._cost = 0
        self._tokens = [0, 0]
        self._total = 0
        self.in_flight: int = getattr(self, "in_flight", 0)
        self._most_in_flight = self.in_flight

    def begin(self, key: str) -> Call:
        self._number += 1
        self._total += 1
        self.in_flight += 1
        self._most_in_flight = max(self._most_in_flight, self.in_flight)
        call = Call(self._number, key[-4:], self.in_flight)
        self._calls.append(call)
        return call

    def name(self, call: Call, prompt: bytes, model: str) -> int:
        """Says what the call asks; returns how often this prompt was asked before."""
        call.prompt = prompt
        call.model = model
        before = self._asked[prompt]
        self._asked[prompt] = before + 1
        return before

    def bill(self, call: Call, prompt_tokens: int, completion_tokens: int) -> None:
        call.prompt_tokens = prompt_tokens
        call.completion_tokens = completion_tokens
        self._tokens[0] += prompt_tokens
        self._tokens[1] += completion_tokens
        # In millionths of a micro-dollar: nothing is rounded call by call.
        price = self._prices.get(call.model) or self._prices.get("*") or (0, 0)
        self._cost += price[0] * prompt_tokens + price[1] * completion_tokens

    def end(self, call: Call, status: int, kind: str) -> None:
        call.ended = time.time()
        call.status = status
        call.kind = kind
        self.in_flight -= 1
        self._outcomes[kind] += 1

    def after(self, number: int) -> list[dict[str, Any]]:
        newest_first = []
        for call in reversed(self._calls):
            if call.n <= number:
                break
            newest_first.append(call.entry())
        return newest_first[::-1]

    def __len__(self) -> int:
        return self._total

    def totals(self) -> dict[str, Any]:
        """`billed_microusd` is rounded up once, over all calls."""
        errors = {kind: count for kind, count in self._outcomes.items() if kind != "ok"}
        return {
            "calls": self._total,
            "ok": self._outcomes["ok"],
            "errors": dict(sorted(errors.items())),
            "in_flight": self.in_flight,
            "max_in_flight": self._most_in_flight,
            "distinct_prompts": len(self._asked),
            "billed_prompt_tokens": self._tokens[0],
            "billed_completion_tokens": self._tokens[1],
            "billed_microusd": -(-self._cost // 1_000_000),
        }
