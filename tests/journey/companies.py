"""Real companies to test with: read where they lie, never copied."""

from __future__ import annotations

import csv
from functools import cache

from tests.companies import companies_file

INPUTS = ("Company Name", "Company Keywords", "Company Short Description")


@cache
def companies() -> tuple[tuple[str, str, str], ...]:
    """Name, keywords and description of every company of the file."""
    with companies_file().open(newline="", encoding="utf-8") as file:
        return tuple(
            (row["Company Name"], row["Company Keywords"], row["Company Short Description"])
            for row in csv.DictReader(file)
        )


def distinct(rows: list[tuple[str, ...]]) -> int:
    """How many different questions rows are, counted without the product's code."""
    return len({tuple(" ".join(cell.split()) for cell in row) for row in rows})
