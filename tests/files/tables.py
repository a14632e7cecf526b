"""Builders of tables and of the values that Hypothesis fills them with."""

from __future__ import annotations

import datetime as dt
from typing import Any

from hypothesis import strategies as st

from backend.files.table import Cell, Dated, Dialect, Row, Table


def a_table(*rows: Row, headers: tuple[str, ...] = ("Company Name", "Website"), **facts: Any) -> Table:
    """A table of these rows, as if read from a CSV file."""
    defaults: dict[str, Any] = {"name": "rows.csv", "kind": "csv", "lines": range(2, 2 + len(rows))}
    return Table(headers=headers, rows=[list(row) for row in rows], **{**defaults, **facts})


#: Not halves of surrogate pairs, which no file can hold, nor controls, of which a small file holds few.
characters = st.characters(exclude_categories=["Cs", "Cc"])
texts = st.one_of(
    st.text(characters, max_size=12),
    # The characters that quoting, escaping and line counting are about.
    st.text("\",;\t|\r\n'=+-@ \ufeffxé😀<&>_0041", max_size=12),
    st.sampled_from(
        ["_x0041_", "_x005F_x000D_", "sep=;", "\r", "\r\n", '"', '""', " ", "a\rb", "]]>", "&amp;", "\x0b"]
    ),
)
headers = st.lists(
    st.text("abcdefgh ", min_size=1, max_size=6).map(lambda name: f"h{name}"), min_size=2, max_size=5
)
dates = st.one_of(
    st.dates(min_value=dt.date(1900, 3, 1)).map(lambda day: Dated(day.isoformat())),
    st.datetimes(min_value=dt.datetime(1900, 3, 1))
    .map(lambda moment: moment.replace(microsecond=0))
    .filter(lambda moment: moment.time() != moment.time().min)
    .map(lambda moment: Dated(moment.isoformat(sep=" "))),
    st.times().map(lambda time: Dated(time.isoformat("seconds"))),
    st.integers(86_400, 10_000_000).map(
        lambda s: Dated(f"{s // 3600:02d}:{s // 60 % 60:02d}:{s % 60:02d}"),
    ),
)
cells: st.SearchStrategy[Cell] = st.one_of(
    st.none(),
    texts.filter(bool),
    st.booleans(),
    st.integers(-(2**53), 2**53),
    st.floats(allow_nan=False, allow_infinity=False).filter(lambda value: not value.is_integer()),
    dates,
)


@st.composite
def csv_tables(draw: st.DrawFn) -> Table:
    """Tables whose cells are text, in any dialect that this package reads."""
    names = tuple(draw(headers))
    extra = draw(st.integers(0, 2))
    rows = draw(
        st.lists(st.lists(texts, min_size=len(names), max_size=len(names) + extra), min_size=1, max_size=6)
    )
    encoding = draw(st.sampled_from(["utf-8", "utf-16-le", "utf-16-be"]))
    dialect = Dialect(
        delimiter=draw(st.sampled_from(",;\t|")),
        encoding=encoding,
        bom=encoding != "utf-8" or draw(st.booleans()),
        line_ending=draw(st.sampled_from(["\r\n", "\n", "\r"])),
        quote_all=draw(st.booleans()),
        sep_line=draw(st.booleans()),
    )
    return a_table(*rows, headers=names, dialect=dialect)


@st.composite
def xlsx_tables(draw: st.DrawFn) -> Table:
    """Tables whose cells are what a workbook stores: text, numbers, booleans and dates."""
    names = tuple(draw(headers))
    rows = draw(st.lists(st.lists(cells, min_size=len(names), max_size=len(names)), min_size=1, max_size=6))
    return a_table(
        *rows, headers=names, kind="xlsx", name="rows.xlsx", sheet_name=draw(st.sampled_from(["T", "A & B"]))
    )
