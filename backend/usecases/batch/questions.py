"""Questions to the model and what became of them: the prompt, its worst price, the rows' results."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Any

from backend.domain import answers, results
from backend.domain.money import Price, bound_tokens, cost_microusd
from backend.domain.recipes import Recipe
from backend.domain.results import Result
from backend.domain.rows import Row
from backend.errors import RowFailed
from backend.ports import Prompt

#: More than the schema and the chat's own framing, which are sent with every call (some 1,300 bytes).
FRAME_TOKENS = 2_000


@dataclass(frozen=True, slots=True)
class About:
    """What stands beside a row's own inputs: its website's text, from where and when."""

    page_text: str | None = None
    page_url: str | None = None
    page_at: float | None = None
    #: What is to be said beside the answer: that the website could not be read.
    remark: str | None = None


ALONE = About()


@dataclass(slots=True)
class Question:
    """One call to be made, and the rows that share its answer (the first of them is the one asked about)."""

    key: str
    rows: list[Row]
    prompt: Prompt
    about: About = ALONE
    #: The most that one try can cost; reserved before it starts.
    worst_microusd: int = 0
    #: Tokens that the prompt will probably have; bills are held against it to learn from.
    likely_in: int = 0
    tries: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    cost_microusd: int = 0
    #: Reserved for tries that were made: what the settlement gives back.
    reserved_microusd: int = 0
    began: float = 0.0
    #: How long each call took, tries that failed included.
    calls_ms: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Paid:
    """An answer, and what it has cost whoever asked."""

    outputs: tuple[str, ...]
    cost_microusd: int


@dataclass(frozen=True, slots=True)
class Asked:
    """A question that has ended: with outputs, with a failure, or `left`."""

    question: Question
    outputs: tuple[str, ...] = ()
    failure: RowFailed | None = None
    ms: int = 0
    #: Another job of this process was asking the same and paid so much.
    shared: Paid | None = None
    #: Nothing came of it and its rows stay open, but what it cost is settled.
    left: bool = False


def write_prompt(recipe: Recipe, schema: dict[str, Any], row: Row, page_text: str | None) -> Prompt:
    """One row's prompt; the delimiter around the data is drawn anew each time."""
    return Prompt(
        system=recipe.instructions,
        user=answers.user_message(recipe, row.inputs, page_text, f"data-{secrets.token_hex(8)}"),
        schema=schema,
        schema_name=recipe.name,
        max_tokens_out=answers.MAX_TOKENS_OUT,
    )


def worst_call_microusd(prompt: Prompt, price: Price) -> int:
    """The most that one call can cost: a bound of its tokens in, and the most allowed out."""
    return cost_microusd(
        price,
        bound_tokens(prompt.system) + bound_tokens(prompt.user) + FRAME_TOKENS,
        prompt.max_tokens_out,
    )


def to_results(asked: Asked, now: float) -> list[Result]:
    """A result for each row of the question: the first pays, the others are told for nothing."""
    question = asked.question
    price = asked.shared.cost_microusd if asked.shared else question.cost_microusd
    found: list[Result] = []
    for position, row in enumerate(question.rows):
        first = position == 0
        facts: dict[str, Any] = {
            "tries": question.tries if first else 0,
            "tokens_in": question.tokens_in if first else 0,
            "tokens_out": question.tokens_out if first else 0,
            "cost_microusd": question.cost_microusd if first else 0,
            "ms": asked.ms,
            "page_url": question.about.page_url,
            "page_at": question.about.page_at,
        }
        if asked.failure is not None:
            found.append(results.failed(row, asked.failure.error_class, asked.failure.message, now, **facts))
        else:
            found.append(
                Result(
                    row.index,
                    row.place,
                    row.fingerprint,
                    "done",
                    asked.outputs,
                    sentence=question.about.remark,
                    cached=asked.shared is not None or not first,
                    saved_microusd=0 if first and asked.shared is None else price,
                    at=now,
                    **facts,
                )
            )
    return found
