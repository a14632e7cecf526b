"""What the offline model says of a company: asked of its own code, past the product's way of keeping rows."""

from __future__ import annotations

import json
from functools import cache

from backend.adapters.openai_model import _body
from backend.domain import answers
from backend.domain.recipes import CASE_A
from backend.domain.rows import Row, inputs_of
from backend.local.model import ask
from backend.local.model.answers import fill, row
from backend.usecases.batch.questions import write_prompt


@cache
def answer(company: tuple[str, str, str]) -> tuple[str, str, str] | None:
    """Category, brand name and question; None for a company that cannot be asked about."""
    inputs = inputs_of(CASE_A, dict(zip((column.name for column in CASE_A.inputs), company, strict=True)))
    if "company_name" not in inputs or len(inputs) < 2:
        return None
    prompt = write_prompt(CASE_A, answers.schema(CASE_A), Row(0, 0, "", inputs), None)
    asked = ask.read(json.dumps(_body(prompt, "gpt-5-nano")).encode())
    number = int.from_bytes(asked.digest[:4], "big")
    values = fill.fill(asked.schema or {}, fill.Answer(row.find(asked.row_text), number))
    first, second, third = (_visible(str(values[output.name])) for output in CASE_A.outputs)
    return first, second, third


def _visible(text: str) -> str:
    """Outputs are one line without control characters."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
