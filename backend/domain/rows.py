"""A row as it was accepted: its place, its fingerprint, and what the model will be told of it."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from backend.domain.recipes import DESCRIPTION, KEYWORDS, Recipe

#: A chunk of frozen rows has to fit into a document of 1 MiB, with room for JSON's escapes.
CHUNK_ROWS = 250
CHUNK_CHARS = 200_000


@dataclass(frozen=True, slots=True)
class Row:
    """`index` counts the accepted rows from 0; `place` is the zero-based row of the grid at the freeze."""

    index: int
    place: int
    fingerprint: str
    #: Input name → text, trimmed and cut to what is sent.
    inputs: Mapping[str, str]


def fingerprint(cells: Sequence[str]) -> str:
    """80 bits that stand for a row's input cells exactly as they were read, in the recipe's order.

    An all-blank row has the empty fingerprint: such rows cannot be told apart, so they are never looked
    for elsewhere.
    """
    if not any(cells):
        return ""
    return hashlib.sha256(
        json.dumps(list(cells), ensure_ascii=False).encode("utf-8", "surrogatepass")
    ).hexdigest()[:20]


def normalised(text: str, max_chars: int) -> str:
    """What is sent of a cell, and what makes two rows equal: NFC, single spaces, cut at a word."""
    words = " ".join(unicodedata.normalize("NFC", text).split())
    if len(words) <= max_chars:
        return words
    cut = words[: max_chars + 1].rsplit(" ", 1)[0]
    return cut if len(cut) <= max_chars else words[:max_chars]


def inputs_of(recipe: Recipe, cells: Mapping[str, str]) -> dict[str, str]:
    """Normalised inputs that are not blank, by name."""
    sent = {column.name: normalised(cells.get(column.name, ""), column.max_chars) for column in recipe.inputs}
    return {name: text for name, text in sent.items() if text}


def why_skipped(recipe: Recipe, inputs: Mapping[str, str]) -> str | None:
    """Why a row cannot be asked about, for `⏭️ Skipped (…)`; None when it can."""
    if not inputs:
        return "no inputs"
    for column in recipe.inputs:
        if column.required and column.name not in inputs and column.name != recipe.website:
            return f"no {column.header}"
    if recipe.website is None and not any(name in inputs for name in recipe.any_of):
        return "no " + " or ".join(recipe.input(name).header for name in recipe.any_of)
    return None


def can_fall_back(inputs: Mapping[str, str]) -> bool:
    """Whether a row whose website cannot be read says enough by itself."""
    return any(column.name in inputs for column in (KEYWORDS, DESCRIPTION))


def chunks(rows: Iterator[Row]) -> Iterator[list[Row]]:
    """Plans the documents that frozen rows are kept in: at most `CHUNK_ROWS` and `CHUNK_CHARS` each."""
    chunk: list[Row] = []
    chars = 0
    for row in rows:
        size = sum(len(text) for text in row.inputs.values())
        if chunk and (len(chunk) >= CHUNK_ROWS or chars + size > CHUNK_CHARS):
            yield chunk
            chunk, chars = [], 0
        chunk.append(row)
        chars += size
    if chunk:
        yield chunk
