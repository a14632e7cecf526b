"""The bench's bookkeeping: goals, ratios, the report's form, what /proc says, what counts as right."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
import time

import pytest

from backend.domain.recipes import CASE_A
from tests.bench import truth, usage
from tests.bench.case_a import busiest_minute
from tests.bench.figures import BEGIN, END, Figure, Goal, percentile, replace_section, section, table


@pytest.mark.parametrize(
    ("goal", "value", "limit", "ok"),
    [
        (Goal(at_least=20_000), 20_000, None, True),
        (Goal(at_least=20_000), 19_999, None, False),
        (Goal(at_most=100), 100, None, True),
        (Goal(at_most=100), 100.1, None, False),
        (Goal(at_least=20_000, ratio_at_least=0.8), 21_000, 25_000, True),
        (Goal(at_least=20_000, ratio_at_least=0.8), 21_000, 30_000, False),
        (Goal(ratio_at_most=1.4), 1.4, 1.0, True),
        (Goal(ratio_at_most=1.4), 1.5, 1.0, False),
        (Goal(ratio_at_most=1.4), 1.0, None, False),
        (Goal(at_most=100), math.nan, None, False),
        (Goal(), 3, None, None),
    ],
)
def test_a_figure_holds_when_all_of_its_goal_does(
    goal: Goal, value: float, limit: float | None, ok: bool | None
) -> None:
    assert Figure("rows", value, "rows/min", goal, limit).ok is ok


def test_the_ratio_is_the_value_for_each_of_the_limit() -> None:
    assert Figure("rows", 20, "rows/min", limit=25).ratio == 0.8
    assert Figure("rows", 20, "rows/min").ratio is None


def test_a_figure_in_the_report_has_these_fields_and_is_json() -> None:
    figure = Figure("rows", 20_000.123, "rows/min", Goal(20_000, ratio_at_least=0.8), 25_000, note="how")
    data = json.loads(json.dumps(figure.to_data(), allow_nan=False))
    assert data == {
        "name": "rows",
        "value": 20_000,
        "unit": "rows/min",
        "goal": "≥ 20,000 and ≥ 0.8 × limit",
        "limit": 25_000,
        "ratio": 0.8,
        "ok": True,
        "note": "how",
    }
    missing = Figure("nothing", math.nan, "s", Goal(at_most=1)).to_data()
    assert (missing["value"], missing["ok"]) == (None, False)


@pytest.mark.parametrize(
    ("values", "expected"), [([5], 5), (list(range(1, 101)), 95), ([3, 1, 2], 3), ([1] * 19 + [9], 1)]
)
def test_a_percentile_is_one_of_the_values(values: list[float], expected: float) -> None:
    assert percentile(values, 0.95) == expected


def test_a_percentile_of_nothing_is_no_number() -> None:
    assert math.isnan(percentile([], 0.95))


def test_the_table_says_which_goals_do_not_hold() -> None:
    lines = table([Figure("fast", 5, "s", Goal(at_most=1)), Figure("told", 0.25, "s")]).splitlines()
    assert [cell.strip() for cell in lines[2].strip("|").split("|")] == [
        "fast", "5", "s", "≤ 1", "–", "–", "**no**",
    ]  # fmt: skip
    assert len({len(line) for line in lines}) == 1


def test_the_page_keeps_what_people_wrote_around_the_section() -> None:
    text = section([Figure("fast", 5, "s", note="so")], {"cores": 2}, {"python": "3.11"}, "2026-01-02")
    page = f"# Title\n\n{BEGIN}\nold\n{END}\n\nWhere time goes.\n"
    renewed = replace_section(page, text)
    assert renewed == f"# Title\n\n{BEGIN}\n{text}\n{END}\n\nWhere time goes.\n"
    assert replace_section(renewed, text) == renewed
    with pytest.raises(ValueError, match="bench:begin"):
        replace_section("# Title\n", text)


def test_calls_are_counted_in_the_minute_with_most_of_them() -> None:
    assert busiest_minute([]) == 0
    assert busiest_minute([0, 59.9, 60, 119, 121]) == 3


def test_the_cpu_of_children_counts_and_other_processes_do_not() -> None:
    spin = "import time; t = time.process_time()\nwhile time.process_time() - t < 0.15: pass\n"
    shell = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {spin!r}]); input()"
    with subprocess.Popen([sys.executable, "-c", shell], stdin=subprocess.PIPE) as process:
        deadline = time.monotonic() + 20
        while usage.cpu_s(process.pid) < 0.15:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        assert usage.family(process.pid)[0] == process.pid
        assert os.getpid() not in usage.family(process.pid)
        assert 1 < usage.memory_mb(process.pid) < 500
        process.communicate(b"\n")


def test_the_rows_of_a_sheet_are_all_different_and_so_are_those_of_another_mark() -> None:
    count = 6_100
    asked = [
        tuple(row.inputs.items())
        for mark in ("one", "two")
        for row in truth.rows_of("case_a", truth.sheet(count, mark))
    ]
    assert len(set(asked)) == len(asked) == 2 * count


def test_the_truth_about_a_row_is_every_output_and_its_status() -> None:
    row = next(truth.rows_of("case_a", truth.sheet(1)))
    cells = truth.cells_of("case_a", row)
    assert set(cells) == {output.header for output in CASE_A.outputs} | {"Status"}
    assert all(cells.values())
    assert cells == truth.cells_of("case_a", row), "the delimiter is another one each time"
