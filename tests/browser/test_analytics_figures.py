"""The figures that the page shows against the stores' own sums, through the real api and the real page.

Each example is a past of its own in the stack's store; the page reads it, and what it has drawn is compared.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from playwright.sync_api import Browser, expect

from backend.adapters.sqlite_documents import SqliteDocuments
from backend.domain.stats import hour_of
from backend.ports import Delete
from backend.usecases.records import EXPIRING, QUERIES, STATS
from tests.browser.bench import Bench, new_workbook, share, some_companies
from tests.contracts.documents.shelf import HandClock
from tests.history import History, Sums, some_steps, total
from tests.stack import LocalStack

pytestmark = pytest.mark.browser

ELSEWHERE = "another-spreadsheet-0123456789"
WORDS = {"model_timeout": "Model took too long", "page_blocked": "Website closed to programs"}
#: The least height of a bar, in percent: the page says why.
LEAST_BAR = 5.0

#: What the page has drawn, and what it was made from.
DRAWN = """
const text = (node) => node.textContent.trim();
const all = (selector) => [...document.querySelectorAll(selector)];
const number = (node, name) => Number.parseFloat(node.getAttribute(name));
return {
  seen: { now: state.stats.seen.now, row_s: state.stats.seen.row_s },
  quiet: text(document.querySelector('main')).includes('Nothing in the last'),
  tiles: all('.tiles .big').map(text),
  charts: all('figure').map((chart) => ({
    total: text(chart.querySelector('strong')),
    label: chart.querySelector('svg').getAttribute('aria-label'),
    heights: [...chart.querySelectorAll('.value')].map((bar) => number(bar, 'height')),
    feet: [...chart.querySelectorAll('.value')].map((bar) => number(bar, 'height') + number(bar, 'y')),
    titles: [...chart.querySelectorAll('title')].map((title) => title.textContent.split(': ')[1]),
  })),
  table: all('[aria-label="Charts"] tbody tr').map((row) => [...row.querySelectorAll('td')].map(text)),
  failed: all('[aria-label="What failed"] li').map((li) => [...li.querySelectorAll('span span')].map(text)),
  saved: all('[aria-label="Saved"] p').map(text),
};
"""


@pytest.fixture(scope="module")
def desk(chromium: Browser, stack: LocalStack) -> Iterator[Bench]:
    """One page that looks at its analytics for all examples."""
    context = chromium.new_context(locale="en-US", timezone_id="Europe/London")
    workbook = new_workbook(stack, {"Companies": some_companies(3)})
    share(stack, workbook)
    made = Bench(context.new_page(), stack, workbook)
    made.page.on("pageerror", lambda error: made.errors.append(str(error)))
    made.opened()
    made.press("Jobs")
    made.press("Analytics")
    expect(made.button("Refresh the figures")).to_be_visible(timeout=20_000)
    yield made
    context.close()
    assert made.errors == []


# What fails is told as it was found: looking for a smaller example on a real page takes over five minutes.
@settings(max_examples=15, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(hours=st.sampled_from([24, 720]), data=st.data())
def test_every_figure_is_the_stores_own_sum(desk: Bench, hours: int, data: st.DataObject) -> None:
    # Steps may reach further back than the page looks.
    steps = data.draw(some_steps(longest_s=hours * 3_600 / 6))
    clock = HandClock()
    path = desk.stack.data / "rowmill.db"
    with closing(SqliteDocuments(path, queries=QUERIES, expiring=EXPIRING, clock=clock)) as store:
        forget(store, desk.workbook)
        clock.time = time.time() - sum(step.after_s for step in steps)
        history = History(store, clock, (desk.workbook, ELSEWHERE))
        for step in steps:
            history.take(step)
        by_hour = history.by_hour(desk.workbook)
    compare(drawn(desk, hours), hours, by_hour)


def test_a_share_is_rounded_down_and_no_further(desk: Bench) -> None:
    for part, whole in ((29, 50), (57, 100), (999, 1_000), (1_000, 1_000), (0, 7), (0, 0)):
        assert desk.evaluate(f"return percent({part}, {whole})") == percent(part, whole)


def forget(store: SqliteDocuments, spreadsheet: str) -> None:
    found = store.query(STATS, {"spreadsheet_id": spreadsheet}, limit=1_000).documents
    store.commit([Delete(document.key, document.version) for document in found])


def drawn(desk: Bench, hours: int) -> dict[str, Any]:
    """Reads this span anew and gives what the page shows of it."""
    desk.evaluate("window.before = state.stats.seen;")
    if desk.label("Time").input_value() == str(hours):
        desk.press("Refresh the figures")
    else:
        desk.label("Time").select_option(str(hours))
    fresh = "state.stats.seen && state.stats.seen !== window.before && !state.busy.stats && !drawing"
    desk.wait_until(lambda: desk.evaluate(f"return Boolean({fresh})"))
    found: dict[str, Any] = desk.evaluate(DRAWN)
    return found


def compare(found: dict[str, Any], hours: int, by_hour: dict[int, Sums]) -> None:
    step = 1 if hours == 24 else 24
    last = hour_of(datetime.fromisoformat(found["seen"]["now"]).timestamp()) // step
    numbers = range(last - hours // step + 1, last + 1)
    points = [total([sums for hour, sums in by_hour.items() if hour // step == n]) for n in numbers]
    whole = total(points)
    assert found["quiet"] == (not whole.answered and not sum(whole.rows.values()))
    if found["quiet"]:
        assert found["charts"] == []
        return
    tried = whole.rows["done"] + whole.rows["failed"]
    assert found["tiles"][0] == (percent(whole.rows["done"], tried) if tried else "–")
    series = [
        [point.rows["done"] for point in points],
        [point.rows["failed"] for point in points],
        [point.added["cost_microusd"] for point in points],
    ]
    for chart, values, said in zip(found["charts"], series, (count, count, money), strict=True):
        assert chart["total"] == said(sum(values))
        assert chart["titles"] == list(map(said, values))
        assert f": {said(sum(values))}. Most in " in chart["label"]
        most = max(values)
        assert f": {said(most)}, " in chart["label"] if most else chart["label"].endswith(": none.")
        expected = [100 * value / most if value else 0.0 for value in values]
        assert chart["heights"] == pytest.approx([max(LEAST_BAR, high) if high else 0.0 for high in expected])
        assert chart["feet"] == pytest.approx([100.0] * len(values))
    busy = [row for row in zip(*series, strict=True) if any(row)]
    assert found["table"] == [[count(a), count(b), money(c)] for a, b, c in reversed(busy)]
    errors = sorted(whole.errors.items(), key=lambda pair: (-pair[1], pair[0]))
    assert found["failed"] == [[WORDS[name], f"{n:,} row{'' if n == 1 else 's'}"] for name, n in errors]
    if whole.cached:
        share_of = percent(whole.cached, whole.answered)
        rows = f"{whole.answered:,} row{'' if whole.answered == 1 else 's'}"
        saved = money(whole.added["saved_microusd"])
        assert found["saved"] == [f"{whole.cached:,} of {rows} ({share_of}), about {saved}"]
    row_s = found["seen"]["row_s"]
    assert row_s["count"] == len(whole.row_ms)
    if whole.row_ms:
        median = sorted(whole.row_ms)[math.ceil(len(whole.row_ms) / 2) - 1] / 1_000
        assert row_s["p50"] == pytest.approx(median, rel=0.1, abs=0.001)


def count(value: int) -> str:
    return f"{value:,}"


def percent(part: int, whole: int) -> str:
    return f"{part * 100 // whole if whole else 0}%"


def money(microusd: int) -> str:
    """As the page says it: in cents, or with two digits of what is less than one."""
    if 0 < microusd < 10_000:
        unit = 10 ** max(0, len(str(microusd)) - 2)
        return f"${rounded(microusd, unit) / 1e6:.6f}".rstrip("0")
    return f"${rounded(microusd, 10_000) / 1e6:,.2f}"


def rounded(value: int, unit: int) -> int:
    """Halves go up."""
    return (value + unit // 2) // unit * unit
