"""A figure with its goal and its limit; and of many: a table, `bench.json`, a section of a page."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

BEGIN, END = "<!-- bench:begin -->", "<!-- bench:end -->"


@dataclass(frozen=True, slots=True)
class Goal:
    """What a figure has to reach; None for what is not asked. Without any of them it is only reported."""

    at_least: float | None = None
    at_most: float | None = None
    ratio_at_least: float | None = None
    ratio_at_most: float | None = None

    @property
    def text(self) -> str:
        parts = [
            f"{sign} {number(bound)}{of}"
            for sign, bound, of in (
                ("≥", self.at_least, ""),
                ("≤", self.at_most, ""),
                ("≥", self.ratio_at_least, " × limit"),
                ("≤", self.ratio_at_most, " × limit"),
            )
            if bound is not None
        ]
        return " and ".join(parts) or "reported"

    def holds(self, value: float, ratio: float | None) -> bool | None:
        """None where nothing is asked. What cannot be told (no number, no limit) does not hold."""
        verdicts = [
            _compare(number, bound, at_least)
            for number, bound, at_least in (
                (value, self.at_least, True),
                (value, self.at_most, False),
                (ratio, self.ratio_at_least, True),
                (ratio, self.ratio_at_most, False),
            )
            if bound is not None
        ]
        return all(verdicts) if verdicts else None


def _compare(value: float | None, bound: float, at_least: bool) -> bool:
    if value is None or math.isnan(value):
        return False
    return value >= bound if at_least else value <= bound


@dataclass(frozen=True, slots=True)
class Figure:
    """`limit` is what the same machine could do at best, measured in the same run; None where none is."""

    name: str
    value: float
    unit: str
    goal: Goal = field(default_factory=Goal)
    limit: float | None = None
    #: How it was measured, where the name does not say it all.
    note: str = ""

    @property
    def ratio(self) -> float | None:
        return self.value / self.limit if self.limit else None

    @property
    def ok(self) -> bool | None:
        return self.goal.holds(self.value, self.ratio)

    def to_data(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "value": _rounded(self.value),
            "unit": self.unit,
            "goal": self.goal.text,
            "limit": _rounded(self.limit),
            "ratio": _rounded(self.ratio),
            "ok": self.ok,
            "note": self.note,
        }


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that `share` of all are not above (nearest rank); NaN of nothing."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else math.nan


def number(value: float | None) -> str:
    """As people read it: thousands with commas, three digits that count."""
    if value is None or math.isnan(value):
        return "–"
    if abs(value) >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.3g}"


def _rounded(value: float | None) -> float | None:
    return None if value is None or math.isnan(value) else float(f"{value:.5g}")


def table(figures: Sequence[Figure]) -> str:
    """For the terminal and for a page: Markdown, columns in line."""
    rows = [["figure", "value", "unit", "goal", "limit", "ratio", "holds"]]
    rows += [
        [
            one.name,
            number(one.value),
            one.unit,
            one.goal.text,
            number(one.limit),
            number(one.ratio),
            {True: "yes", False: "**no**", None: "–"}[one.ok],
        ]
        for one in figures
    ]
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = ["| " + " | ".join(map(str.ljust, row, widths)) + " |" for row in rows]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def section(
    figures: Sequence[Figure], machine: Mapping[str, Any], versions: Mapping[str, str], when: str
) -> str:
    """What stands between the markers of docs/performance.md."""
    notes = [f"- {one.name}: {one.note}" for one in figures if one.note]
    where = ", ".join(f"{name} {value}" for name, value in machine.items())
    made = ", ".join(f"{name} {value}" for name, value in versions.items())
    return "\n".join([f"Measured {when}; {where}; {made}.", "", table(figures), "", *notes])


def replace_section(page: str, text: str) -> str:
    """The page with everything between its markers replaced; ValueError without markers."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the page has no {BEGIN} … {END}")
    return f"{before}{BEGIN}\n{text}\n{END}{after}"
