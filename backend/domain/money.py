"""Tokens and money, in whole units: tokens, and micro-dollars (a millionth of a US dollar)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_WIDE = re.compile("[\u2e80-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Price:
    """Micro-dollars per million tokens."""

    tokens_in: int
    tokens_out: int


def cost_microusd(price: Price, tokens_in: int, tokens_out: int) -> int:
    """Rounded up, so that a sum of parts never shows less than the whole."""
    return -(-(tokens_in * price.tokens_in + tokens_out * price.tokens_out) // 1_000_000)


def most_tokens(text: str) -> int:
    """An upper bound without a tokenizer: characters / 2.5, or / 1.5 where the script is not Latin."""
    wide = _wide(text)
    return -(-wide * 2 // 3) + -(-(len(text) - wide) * 2 // 5)


def bound_tokens(text: str) -> int:
    """What no tokenizer passes: a token of a byte-level vocabulary stands for one byte at least."""
    return len(text.encode("utf-8", "surrogatepass"))


def likely_tokens(text: str) -> int:
    """The middle of an estimate: about 4.2 characters a token in Latin prose, one per CJK character."""
    wide = _wide(text)
    return wide + round((len(text) - wide) / 4.2)


def _wide(text: str) -> int:
    """Characters of scripts that tokenizers cut finely: everything from the CJK radicals on."""
    if text.isascii():
        return 0
    return len(_WIDE.findall(text))


def price_of(model: str, prices: Mapping[str, Price]) -> Price | None:
    """The price of a model, dated versions (`name-2026-01-01`) included; None when it is not in the table."""
    if model in prices:
        return prices[model]
    dated = [name for name in prices if model.startswith(name + "-20")]
    return prices[max(dated, key=len)] if dated else None
