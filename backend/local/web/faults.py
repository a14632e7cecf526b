"""How sites misbehave, by host name: switched with `PUT /_standin/faults`.

  {"rules": [{"fault": "not_found", "hosts": ["acme.com"]},
             {"fault": "rate_limited", "retry_after_s": 3, "hosts": ["slow.example"], "next": 2},
             {"fault": "drip", "probability": 0.01}]}

The first rule that applies decides. Without `paths` a rule means every page but robots.txt.
"""

from __future__ import annotations

import random
from argparse import ArgumentTypeError
from collections import Counter
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from backend.local.standin import FaultSwitches
from backend.local.web.companies import bare_host

Fault = Literal[
    "not_found", "server_error", "unauthorized", "forbidden", "rate_limited", "redirect_www",
    "redirect_https", "redirect_loop", "slow", "drip", "huge", "not_html", "empty", "timeout", "cut",
    "robots_disallow", "charset",
]  # fmt: skip
ROBOTS = "/robots.txt"


class Rule(BaseModel):
    """One fault, where it applies, and how."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    fault: Fault
    hosts: tuple[str, ...] = ()  #: none means every host; `www.` makes no difference
    paths: tuple[str, ...] = ()
    next: int | None = Field(default=None, ge=1)  #: the next N requests that reach this rule
    probability: float | None = Field(default=None, ge=0, le=1)
    retry_after_s: int | None = Field(default=None, ge=0)  #: with `rate_limited`
    delay_ms: int = Field(default=30_000, ge=0)  #: `slow`, `drip` and `timeout` take so long
    size_kb: int = Field(default=4096, ge=1)  #: of a `huge` page
    charset: Literal["cp1252", "shift_jis", "iso-8859-1", "euc-kr"] = "cp1252"
    declared_in: Literal["header", "page", "nowhere"] = "header"  #: where `charset` is named

    @model_validator(mode="after")
    def _one_measure(self) -> Rule:
        if self.next is not None and self.probability is not None:
            raise ValueError("give next or probability, not both")
        return self

    def meant_for(self, host: str, path: str) -> bool:
        """`host` without `www.`."""
        if self.hosts and host not in map(bare_host, self.hosts):
            return False
        if self.fault == "robots_disallow":
            return path == ROBOTS
        return path in self.paths if self.paths else path != ROBOTS


def rule(text: str) -> Rule:
    """A rule from the command line, as JSON. Raises `ArgumentTypeError` with what is wrong."""
    try:
        return Rule.model_validate_json(text)
    except ValidationError as error:
        raise ArgumentTypeError(f"no rule: {error.errors()[0]['msg']}") from error


class WebFaults(FaultSwitches):
    """The switches of the web."""

    rules: tuple[Rule, ...] = ()


class Chooser:
    """Says which rule meets a request; counts what `next` has left."""

    def __init__(self, faults: WebFaults) -> None:
        self.faults = faults
        self._left = [rule.next for rule in faults.rules]
        self._asked: Counter[tuple[str, str]] = Counter()

    def rule_for(self, host: str, path: str) -> Rule | None:
        """Chance depends on seed, rule, host, path and how often that was asked: no order matters."""
        before = self._asked[host, path]
        self._asked[host, path] += 1
        for number, rule in enumerate(self.faults.rules):
            if rule.meant_for(host, path) and self._drawn(number, rule, f"{host}{path}/{before}"):
                return rule
        return None

    def _drawn(self, number: int, rule: Rule, what: str) -> bool:
        left = self._left[number]
        if left is not None:
            self._left[number] = max(0, left - 1)
            return left > 0
        if rule.probability is None:
            return True
        return random.Random(f"{self.faults.seed}/{number}/{what}").random() < rule.probability
