"""Spoils an answer the way a model or its safety net does now and then."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from backend.local.model import tokens
from backend.local.model.faults import FORMULAS, Rule


def message(rule: Rule, values: Any, number: int) -> tuple[str | None, str | None, str]:
    """The content, the refusal and the finish reason of a spoiled answer; `number` varies it by prompt."""
    return _SPOILS[rule.fault](rule, values, number)


def _refusal(_rule: Rule, _values: Any, _number: int) -> tuple[str | None, str | None, str]:
    return None, "I'm sorry, I can't assist with that request.", "stop"


def _content_filter(_rule: Rule, _values: Any, _number: int) -> tuple[str | None, str | None, str]:
    return "", None, "content_filter"


def _malformed(_rule: Rule, values: Any, _number: int) -> tuple[str | None, str | None, str]:
    text = _text(values)
    return f"Sure! Here is the JSON:\n```json\n{text.replace(':', ' =>', 1)}\n```", None, "stop"


def _truncated(_rule: Rule, values: Any, _number: int) -> tuple[str | None, str | None, str]:
    text = _text(values)
    return tokens.cut(text, max(1, tokens.count(text) // 2)), None, "length"


def _wrong_fields(_rule: Rule, values: Any, _number: int) -> tuple[str | None, str | None, str]:
    other = {f"the_{key}": value for key, value in values.items()} if isinstance(values, dict) else [values]
    return _text(other), None, "stop"


def _too_long(_rule: Rule, values: Any, _number: int) -> tuple[str | None, str | None, str]:
    return _text(_mapped(values, lambda text: f"{text or 'text'} " * 100)), None, "stop"


def _empty(_rule: Rule, _values: Any, _number: int) -> tuple[str | None, str | None, str]:
    return "", None, "stop"


def _formula(rule: Rule, values: Any, number: int) -> tuple[str | None, str | None, str]:
    text = rule.text if rule.text is not None else FORMULAS[number % len(FORMULAS)]
    return _text(_mapped(values, lambda _: text)), None, "stop"


def _mapped(values: Any, change: Callable[[str], str]) -> Any:
    if isinstance(values, dict):
        return {key: _mapped(value, change) for key, value in values.items()}
    return change(values) if isinstance(values, str) else values


def _text(values: Any) -> str:
    return values if isinstance(values, str) else json.dumps(values, ensure_ascii=False)


_SPOILS: dict[str, Callable[[Rule, Any, int], tuple[str | None, str | None, str]]] = {
    "refusal": _refusal,
    "content_filter": _content_filter,
    "malformed_json": _malformed,
    "truncated": _truncated,
    "wrong_fields": _wrong_fields,
    "too_long": _too_long,
    "empty": _empty,
    "formula": _formula,
}
SPOILS = frozenset(_SPOILS)
