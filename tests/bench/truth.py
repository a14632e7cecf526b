"""Rows of the shared table of companies, and what the offline model answers for each: the bench's truth.

The answers come from the stand-in's own rules, called directly: so every row that was timed is compared,
without asking anybody while the clock runs.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from functools import cache

from backend.domain import answers, results, selection
from backend.domain.recipes import RECIPES, Recipe
from backend.domain.results import Result
from backend.domain.rows import Row
from backend.local.model import ask
from backend.local.model.answers import fill
from backend.local.model.answers import row as answer_row
from backend.ports import Prompt
from backend.usecases.batch.questions import write_prompt
from tests.companies import companies_file

MODEL = "gpt-5-nano"


@cache
def _table() -> tuple[list[str], list[list[str]]]:
    with companies_file().open(newline="", encoding="utf-8") as file:
        headers, *rows = csv.reader(file)
    return headers, rows


def sheet(count: int, mark: str = "") -> list[list[str]]:
    """A header and `count` rows that are all different. Another mark makes other rows of the same companies.

    Equal rows would cost one call: what is to be timed must differ, in the description's first words (long
    ones are cut at their end).
    """
    headers, rows = _table()
    described = headers.index("Company Short Description")
    made: list[list[str]] = [list(headers)]
    for number in range(count):
        lap, at = divmod(number, len(rows))
        row = list(rows[at])
        words = " ".join(word for word in (mark, str(lap) if lap else "") if word)
        if words:
            row[described] = f"Ref. {words}. {row[described]}"
        made.append(row)
    return made


def rows_of(case: str, table: list[list[str]]) -> Iterator[Row]:
    """The rows as a job accepts them."""
    recipe = RECIPES[case]
    where = selection.layout(recipe, table[: selection.HEADER_ROWS])
    for place, cells in enumerate(table[1:], 1):
        yield selection.accepted(recipe, place - 1, selection.found(recipe, where, place, cells, None))


def prompt_of(case: str, row: Row, page_text: str | None = None) -> Prompt:
    recipe = RECIPES[case]
    return write_prompt(recipe, answers.schema(recipe), row, page_text)


def body_of(prompt: Prompt) -> dict[str, object]:
    """The call as OpenAI's API has it."""
    schema = {"name": prompt.schema_name, "strict": True, "schema": prompt.schema}
    return {
        "model": MODEL,
        "messages": [
            {"role": "system", "content": prompt.system},
            {"role": "user", "content": prompt.user},
        ],
        "response_format": {"type": "json_schema", "json_schema": schema},
        "max_completion_tokens": prompt.max_tokens_out,
        "reasoning_effort": "minimal",
    }


def answer_to(prompt: Prompt) -> str:
    """What the stand-in answers: a JSON text."""
    asked = ask.read(json.dumps(body_of(prompt)).encode())
    found = answer_row.find(asked.row_text)
    filled = fill.fill(asked.schema or {}, fill.Answer(found, int.from_bytes(asked.digest[:4], "big")))
    return json.dumps(filled, ensure_ascii=False)


def cells_of(case: str, row: Row, page_text: str | None = None, remark: str | None = None) -> dict[str, str]:
    """Header → text that has to stand in the sheet beside the row."""
    recipe = RECIPES[case]
    fields = answers.judge(recipe, answer_to(prompt_of(case, row, page_text)), None, "stop")
    result = Result(row.index, row.place, row.fingerprint, "done", tuple(fields.values()), sentence=remark)
    written = results.cells(recipe, result)
    return {_header(recipe, name): text for name, text in written.items()}


def _header(recipe: Recipe, name: str) -> str:
    return next((output.header for output in recipe.outputs if output.name == name), "Status")
