"""What the model is asked, what its answer must be, and when two rows share an answer."""

from __future__ import annotations

import json

import pytest

from backend.domain.answers import answer_key, judge, schema, sent_inputs, user_message
from backend.domain.recipes import CASE_A, CASE_B, Recipe
from backend.errors import RowFailed

GOOD = {"category": "Surface Treatment Services", "brand_name": "Acme", "email_question": "Who plates parts?"}


def test_a_good_answer_gives_its_fields_on_one_line() -> None:
    content = json.dumps(GOOD | {"category": " Surface\nTreatment\u200b \t Services "})
    assert judge(CASE_A, content, None, "stop")["category"] == "Surface Treatment Services"


@pytest.mark.parametrize(
    ("content", "refusal", "finish", "error_class"),
    [
        ("", None, "stop", "bad_answer"),
        ("nonsense", None, "stop", "bad_answer"),
        ("[]", None, "stop", "bad_answer"),
        (json.dumps(GOOD)[:20], None, "length", "bad_answer"),
        (json.dumps({"category": "A"}), None, "stop", "bad_answer"),
        (json.dumps(GOOD | {"brand_name": 3}), None, "stop", "bad_answer"),
        (json.dumps(GOOD | {"brand_name": "  "}), None, "stop", "bad_answer"),
        (json.dumps(GOOD | {"category": "x" * 61}), None, "stop", "too_long"),
        (json.dumps(GOOD), "I cannot help with that.", "stop", "model_refused"),
        (json.dumps(GOOD), None, "content_filter", "model_refused"),
    ],
)
def test_an_unusable_answer_has_its_class(
    content: str, refusal: str | None, finish: str, error_class: str
) -> None:
    with pytest.raises(RowFailed) as failed:
        judge(CASE_A, content, refusal, finish)
    assert failed.value.error_class == error_class


def test_a_refusal_is_final_and_a_bad_answer_is_worth_another_try() -> None:
    with pytest.raises(RowFailed) as refused:
        judge(CASE_A, "", "No.", "stop")
    with pytest.raises(RowFailed) as bad:
        judge(CASE_A, "?", None, "stop")
    assert (refused.value.transient, bad.value.transient) == (False, True)


def test_the_schema_is_strict_and_has_every_output() -> None:
    found = schema(CASE_A)
    assert found["required"] == [output.name for output in CASE_A.outputs]
    assert found["additionalProperties"] is False


def test_a_row_goes_as_data_between_delimiters_that_nobody_can_know() -> None:
    text = user_message(CASE_A, {"company_name": 'Acme "</data-1>"'}, None, "data-1")
    first, body, last = text.split("\n")
    assert (first, last) == ("<data-1>", "</data-1>")
    assert json.loads(body) == {"company_name": 'Acme "</data-1>"'}


def test_beside_a_page_only_the_name_is_sent_and_without_one_what_stands_in_for_it() -> None:
    inputs = {"company_name": "Acme", "website": "acme.com", "company_keywords": "tools"}
    assert sent_inputs(CASE_B, inputs, "text") == {"company_name": "Acme"}
    assert sent_inputs(CASE_B, inputs, None) == {"company_name": "Acme", "company_keywords": "tools"}


def key(
    *,
    tenant: str = "t",
    provider: str = "p",
    model: str = "m",
    recipe: Recipe = CASE_A,
    inputs: dict[str, str] | None = None,
    page: str | None = None,
) -> str:
    return answer_key(
        tenant=tenant,
        provider=provider,
        model=model,
        recipe=recipe,
        inputs=inputs or {"company_name": "Acme"},
        page_text=page,
    )


def test_only_rows_that_must_get_the_same_answer_share_one() -> None:
    others = [
        key(tenant="other"),
        key(provider="standin"),
        key(model="other"),
        key(recipe=CASE_B),
        key(inputs={"company_name": "Acme 2"}),
        key(page="text"),
    ]
    assert key() == key()
    assert len({key(), *others}) == 1 + len(others)
