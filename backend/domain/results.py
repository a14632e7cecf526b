"""What was found for a row, and how it looks in the sheet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from backend.domain.cells import CELL_LIMIT, capped, inert
from backend.domain.recipes import Recipe
from backend.domain.rows import Row

#: Terminal states of a row, in the order in which people are told of them.
ROW_STATES = ("done", "failed", "skipped", "stale", "gone", "cancelled")


@dataclass(frozen=True, slots=True)
class Result:
    """One row's result; `status` is `done`, `failed` or `skipped`. It never changes once committed."""

    index: int
    place: int
    fingerprint: str
    status: str
    outputs: tuple[str, ...] = ()
    error_class: str | None = None
    sentence: str | None = None
    cached: bool = False
    tries: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    cost_microusd: int = 0
    #: What the answer would have cost again, where it was known already.
    saved_microusd: int = 0
    #: Milliseconds from the first try to the end of the last.
    ms: int = 0
    #: The website's final address, and when the text that was used was read there.
    page_url: str | None = None
    page_at: float | None = None
    at: float = 0.0


def skipped(row: Row, why: str, at: float) -> Result:
    return Result(row.index, row.place, row.fingerprint, "skipped", sentence=why, at=at)


def failed(row: Row, error_class: str, sentence: str, at: float, **facts: Any) -> Result:
    return Result(
        row.index,
        row.place,
        row.fingerprint,
        "failed",
        error_class=error_class,
        sentence=sentence,
        at=at,
        **facts,
    )


def status_text(result: Result) -> str:
    """The Status cell; the only place where an error is shown in the sheet."""
    match result.status:
        case "done":
            return f"✅ Complete ({result.sentence})" if result.sentence else "✅ Complete"
        case "skipped":
            return f"⏭️ Skipped ({result.sentence})"
    return f"❌ Error: {result.sentence}"


def cells(recipe: Recipe, result: Result) -> dict[str, str]:
    """Output name (and "status") → text to be written; outputs that have nothing to say are absent."""
    written = {"status": capped(status_text(result), CELL_LIMIT)}
    if result.status == "done":
        for output, text in zip(recipe.outputs, result.outputs, strict=True):
            written[output.name] = inert(capped(text, CELL_LIMIT - 1))
    return written


def deltas(results: list[Result]) -> dict[str, int]:
    """What a commit of results adds to the progress document.

    `answered` counts rows that are answered and not yet settled in the sheet.
    """
    counts = {
        "answered": len(results),
        "cached": sum(1 for result in results if result.cached),
        "tokens_in": sum(result.tokens_in for result in results),
        "tokens_out": sum(result.tokens_out for result in results),
        "model_calls": sum(result.tries for result in results),
        "cost_microusd": sum(result.cost_microusd for result in results),
        "saved_microusd": sum(result.saved_microusd for result in results),
    }
    for result in results:
        if result.error_class:
            counts[f"f_{result.error_class}"] = counts.get(f"f_{result.error_class}", 0) + 1
    return {name: by for name, by in counts.items() if by}


_FIELDS = (
    "index", "place", "fingerprint", "status", "outputs", "error_class", "sentence", "cached", "tries",
    "tokens_in", "tokens_out", "cost_microusd", "saved_microusd", "ms", "page_url",
    "page_at", "at",
)  # fmt: skip


def to_data(result: Result) -> dict[str, Any]:
    """Compact: fields that say nothing are left out."""
    values = {name: getattr(result, name) for name in _FIELDS}
    values["outputs"] = list(result.outputs)
    return {name: value for name, value in values.items() if value not in (None, 0, False, [])} | {
        "index": result.index
    }


def from_data(data: dict[str, Any]) -> Result:
    return Result(**{"place": 0, "fingerprint": "", **data, "outputs": tuple(data.get("outputs", ()))})
