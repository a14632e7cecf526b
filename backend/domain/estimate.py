"""What a run will probably cost and how long it will take: learned from bills, else from lengths."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from backend.domain import answers
from backend.domain.money import Price, cost_microusd, likely_tokens
from backend.domain.recipes import RECIPES, Recipe

#: Calls that have to be billed before the bills are believed more than the lengths.
TELLING_CALLS = 20
#: Bills that are kept of a recipe and model: the last ones count.
BILLS_KEPT = 20
#: An answer fills about so much of what its columns allow, on average.
FILLED = 0.5
#: Tokens of a website's text, where it has not been read yet.
PAGE_TOKENS = 700
#: A call's seconds before any was made.
USUAL_CALL_S = 2.0
#: Calls a second that one process makes at most: one core is the wall.
MOST_CALLS_PER_S = 350.0
#: Rows a second that reach the sheet: a flush's rows every five seconds.
ROWS_WRITTEN_PER_S = 500.0
#: From the start of a job to its first call, and from its last answer to its end.
BEGIN_AND_END_S = 6.0


@dataclass(frozen=True, slots=True)
class Range:
    """A middle, and what it will hardly pass on either side."""

    low: int
    mid: int
    high: int


@dataclass(frozen=True, slots=True)
class Bill:
    """What the calls of one batch came to. `likely_in` is what was expected of their prompts."""

    calls: int = 0
    likely_in: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    #: Milliseconds, summed over the calls.
    ms: int = 0

    def __add__(self, other: Bill) -> Bill:
        return Bill(
            self.calls + other.calls,
            self.likely_in + other.likely_in,
            self.tokens_in + other.tokens_in,
            self.tokens_out + other.tokens_out,
            self.ms + other.ms,
        )


@lru_cache(maxsize=64)
def _fixed_tokens(recipe_name: str) -> int:
    """Instructions and schema, which go with every call."""
    recipe = RECIPES[recipe_name]
    return likely_tokens(recipe.instructions) + likely_tokens(json.dumps(answers.schema(recipe))) + 30


def prompt_tokens(recipe: Recipe, user_message: str) -> int:
    """The tokens that one call's prompt will probably be billed as."""
    return _fixed_tokens(recipe.name) + likely_tokens(user_message)


def answer_tokens(recipe: Recipe) -> int:
    """The tokens of a usual answer: its texts, and the JSON around them."""
    texts = sum(round(output.max_chars * FILLED) for output in recipe.outputs)
    frame = sum(len(output.name) + 6 for output in recipe.outputs)
    return round((texts + frame) / 4.2)


def telling(bills: Sequence[Bill]) -> Bill | None:
    """All bills in one, when they are enough to learn from."""
    total = sum(bills, Bill())
    return total if total.calls >= TELLING_CALLS and total.likely_in else None


def cost(recipe: Recipe, price: Price, calls: int, likely_in: int, learned: Bill | None) -> Range:
    """Micro-dollars of `calls` calls whose prompts come to `likely_in` tokens as we count them."""
    if not calls:
        return Range(0, 0, 0)
    if learned is not None:
        tokens_in = round(likely_in * learned.tokens_in / learned.likely_in)
        tokens_out = round(calls * learned.tokens_out / learned.calls)
        low, high = 0.85, 1.2
    else:
        # Which tokenizer counts, and how much the model thinks before it answers, is not known yet.
        tokens_in, tokens_out, low, high = likely_in, calls * answer_tokens(recipe), 0.7, 1.8
    mid = cost_microusd(price, tokens_in, tokens_out)
    return Range(round(mid * low), mid, round(mid * high))


def duration(calls: int, rows: int, in_flight: int, learned: Bill | None) -> Range:
    """Seconds from the start of a run to its end; a provider's rate limit may make it longer."""
    if not rows:
        return Range(0, 0, 0)
    call_s = learned.ms / learned.calls / 1000 if learned else USUAL_CALL_S
    asking = calls / min(MOST_CALLS_PER_S, in_flight / max(call_s, 0.01)) + (call_s if calls else 0)
    mid = BEGIN_AND_END_S + max(asking, rows / ROWS_WRITTEN_PER_S)
    high = 1.5 if learned else 4.0
    return Range(round(mid * 0.7), round(mid), round(mid * high))
