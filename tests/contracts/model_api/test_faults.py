"""Faults: which calls they meet, and what the client sees of each."""

from __future__ import annotations

import json
import time
from typing import Any

import openai
import pytest

from backend.local.model.faults import FORMULAS
from tests.contracts.model_api.asking import FIELDS, PLATING, Model

ROWS = [{"company_name": f"Acme {number} Ltd"} for number in range(60)]


def outcomes(model: Model, rows: list[dict[str, str]]) -> list[str]:
    found = []
    for row in rows:
        try:
            model.ask(row)
            found.append("ok")
        except openai.OpenAIError as error:
            found.append(type(error).__name__)
    return found


@pytest.mark.parametrize(
    ("fault", "content", "finish"),
    [
        ("content_filter", "", "content_filter"),
        ("empty", "", "stop"),
        ("refusal", None, "stop"),
    ],
)
def test_answers_without_content(fault: str, content: str | None, finish: str, model: Model) -> None:
    model.fails({"fault": fault, "next": 1})
    choice = model.ask().choices[0]
    assert (choice.message.content, choice.finish_reason) == (content, finish)
    assert (choice.message.refusal is not None) == (fault == "refusal")


@pytest.mark.parametrize(("fault", "finish"), [("malformed_json", "stop"), ("truncated", "length")])
def test_content_that_is_no_json(fault: str, finish: str, model: Model) -> None:
    model.fails({"fault": fault, "next": 1})
    choice = model.ask().choices[0]
    assert choice.finish_reason == finish
    with pytest.raises(ValueError, match=r"Expecting|Unterminated"):
        json.loads(choice.message.content or "")


def test_fields_of_another_name(model: Model) -> None:
    model.fails({"fault": "wrong_fields", "next": 1})
    assert set(model.answers()) == {f"the_{name}" for name in FIELDS}


def test_values_longer_than_any_column(model: Model) -> None:
    model.fails({"fault": "too_long", "next": 1})
    assert all(len(value) > 500 for value in model.answers(max_completion_tokens=100).values())


@pytest.mark.parametrize("text", FORMULAS, ids=lambda text: repr(text[:12]))
def test_values_a_spreadsheet_would_run(text: str, model: Model) -> None:
    model.fails({"fault": "formula", "next": 1, "text": text})
    assert set(model.answers(max_completion_tokens=100).values()) == {text}


def test_formulas_are_chosen_by_the_row(model: Model) -> None:
    model.fails({"fault": "formula", "probability": 1})
    found = [model.answers(row)["category"] for row in ROWS]
    assert set(found) == set(FORMULAS)
    assert found == [model.answers(row)["category"] for row in ROWS]


@pytest.mark.parametrize("fault", ["cut", "cut_body"])
def test_a_connection_that_breaks(fault: str, model: Model) -> None:
    model.fails({"fault": fault, "next": 1})
    with pytest.raises(openai.APIConnectionError):
        model.ask()
    assert model.status()["errors"] == {fault: 1}
    assert model.status()["billed_prompt_tokens"] > 0
    assert model.answers()["brand_name"] == "Brightwater Plating"


@pytest.mark.parametrize("fault", ["slow", "slow_headers", "slow_body"])
def test_an_answer_that_drags_but_arrives(fault: str, model: Model) -> None:
    model.fails({"fault": fault, "next": 1, "delay_ms": 200})
    began = time.monotonic()
    assert model.answers()["brand_name"] == "Brightwater Plating"
    assert time.monotonic() - began > 0.19


@pytest.mark.parametrize("fault", ["slow", "slow_headers", "slow_body"])
def test_an_answer_that_drags_past_the_clients_patience(fault: str, model: Model) -> None:
    model.fails({"fault": fault, "next": 1, "delay_ms": 20_000})
    with pytest.raises(openai.APITimeoutError):
        model.ask(timeout=0.3)


def test_a_text_in_the_prompt_poisons_one_row_alone(model: Model) -> None:
    model.fails({"fault": "server_error", "when": ["Acme 7 Ltd", '„Acme“ "9"']})
    rows = [*ROWS[:10], {"company_name": '„Acme“ "9" GmbH'}]
    expected = ["InternalServerError" if number in (7, 10) else "ok" for number in range(11)]
    assert outcomes(model, rows) == expected
    assert outcomes(model, rows) == expected


def test_a_poison_may_wear_off(model: Model) -> None:
    model.fails({"fault": "server_error", "when": ["Brightwater"], "times": 2})
    assert outcomes(model, [PLATING] * 4) == ["InternalServerError"] * 2 + ["ok"] * 2


def test_the_next_calls_fail_and_then_no_more(model: Model) -> None:
    model.fails({"fault": "overloaded", "next": 2}, {"fault": "rate_limited", "next": 1})
    assert outcomes(model, ROWS[:4]) == ["InternalServerError"] * 2 + ["RateLimitError", "ok"]


def test_chance_repeats_whatever_the_order(model: Model) -> None:
    rule = {"fault": "server_error", "probability": 0.4}
    model.fails(rule, seed=3)
    forwards = dict(zip(map(str, ROWS), outcomes(model, ROWS), strict=True))
    assert 10 < sum(outcome != "ok" for outcome in forwards.values()) < 40
    model.http.delete(f"{model.url}/_standin/ledger")  # also forgets how often each prompt was asked
    backwards = dict(zip(map(str, ROWS[::-1]), outcomes(model, ROWS[::-1]), strict=True))
    assert backwards == forwards
    again = dict(zip(map(str, ROWS), outcomes(model, ROWS), strict=True))
    assert again != forwards  # a second try has its own luck
    model.http.delete(f"{model.url}/_standin/ledger")
    model.fails(rule, seed=4)
    assert dict(zip(map(str, ROWS), outcomes(model, ROWS), strict=True)) != forwards


def test_errors_are_counted_by_kind_and_cost_nothing(model: Model) -> None:
    model.fails({"fault": "rate_limited", "next": 2}, {"fault": "server_error", "next": 1})
    outcomes(model, ROWS[:3])
    told = model.status()
    assert told["errors"] == {"rate_limited": 2, "server_error": 1}
    assert (told["calls"], told["ok"], told["billed_prompt_tokens"]) == (3, 0, 0)


@pytest.mark.parametrize(
    "rule",
    [
        {"fault": "cut"},
        {"fault": "cut", "next": 1, "probability": 0.5},
        {"fault": "no such thing", "next": 1},
        {"fault": "cut", "next": 0},
        {"fault": "cut", "next": 1, "times": 1},
        {"fault": "cut", "next": 1, "colour": "red"},
    ],
)
def test_a_rule_that_says_nothing_clear_is_refused(rule: dict[str, Any], model: Model) -> None:
    answer = model.http.put(f"{model.url}/_standin/faults", json={"rules": [rule]})
    assert answer.status_code == 422
    assert outcomes(model, ROWS[:1]) == ["ok"]
