"""Random edits through Google's client against a grid as simple as can be; then the journal replays them."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from googleapiclient.errors import HttpError
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from backend.local.sheets import resource, shifting
from backend.local.sheets.library import Library
from backend.local.sheets.workbook import User
from tests.contracts.sheets_api.conftest import SheetsServer, client_of, sheets_server
from tests.contracts.sheets_api.plain_grid import PlainGrid

HEIGHT, WIDTH = 9, 8
NAMES = (f"tag-{number}" for number in count())

#: One edit: what to do to the plain grid, and the same as a request to the API.
Edit = tuple[Callable[[PlainGrid], bool], Callable[[Any, str], Any]]

places = st.integers(0, 7)
counts = st.integers(1, 3)
cells = st.sampled_from([None, "", "a", "B", "b", "=1", "'x", 0, 3, -2, True, False])


def batch(**request: Any) -> Callable[[Any, str], Any]:
    return lambda sheets, book: sheets.batchUpdate(spreadsheetId=book, body={"requests": [request]})


def lines(rows: bool, start: int, many: int) -> dict[str, Any]:
    dimension = "ROWS" if rows else "COLUMNS"
    return {"sheetId": 0, "dimension": dimension, "startIndex": start, "endIndex": start + many}


def area_of(top: int, bottom: int, left: int, right: int) -> dict[str, Any]:
    return {
        "sheetId": 0,
        "startRowIndex": top,
        "endRowIndex": bottom,
        "startColumnIndex": left,
        "endColumnIndex": right,
    }


@st.composite
def writes(draw: st.DrawFn) -> Edit:
    top, left = draw(places), draw(places)
    values = draw(st.lists(st.lists(cells, min_size=1, max_size=3), min_size=1, max_size=3))
    text = f"Tab!{chr(65 + left)}{top + 1}"
    body = {"valueInputOption": "RAW", "data": [{"range": text, "values": values}]}
    return (
        lambda grid: grid.write(top, left, values),
        lambda sheets, book: sheets.values().batchUpdate(spreadsheetId=book, body=body),
    )


@st.composite
def blanks(draw: st.DrawFn) -> Edit:
    top, left, high, wide = draw(places), draw(places), draw(counts), draw(counts)
    body = {"dataFilters": [{"gridRange": area_of(top, top + high, left, left + wide)}]}
    return (
        lambda grid: grid.blank(top, top + high, left, left + wide),
        lambda sheets, book: sheets.values().batchClearByDataFilter(spreadsheetId=book, body=body),
    )


@st.composite
def inserts(draw: st.DrawFn) -> Edit:
    rows, start, many = draw(st.booleans()), draw(places), draw(counts)
    return (
        lambda grid: grid.insert(rows, start, many),
        batch(insertDimension={"range": lines(rows, start, many)}),
    )


@st.composite
def deletes(draw: st.DrawFn) -> Edit:
    rows, start, many = draw(st.booleans()), draw(places), draw(counts)
    return (
        lambda grid: grid.delete(rows, start, many),
        batch(deleteDimension={"range": lines(rows, start, many)}),
    )


@st.composite
def appends(draw: st.DrawFn) -> Edit:
    rows, many = draw(st.booleans()), draw(counts)
    dimension = "ROWS" if rows else "COLUMNS"
    return (
        lambda grid: grid.append(rows, many),
        batch(appendDimension={"sheetId": 0, "dimension": dimension, "length": many}),
    )


@st.composite
def moves(draw: st.DrawFn) -> Edit:
    rows, start, many, goal = draw(st.booleans()), draw(places), draw(counts), draw(places)
    return (
        lambda grid: grid.move(rows, start, many, goal),
        batch(moveDimension={"source": lines(rows, start, many), "destinationIndex": goal}),
    )


@st.composite
def sorts(draw: st.DrawFn) -> Edit:
    top, left, column, descending = draw(places), draw(places), draw(places), draw(st.booleans())
    spec = {"dimensionIndex": column, "sortOrder": "DESCENDING" if descending else "ASCENDING"}
    area = {"sheetId": 0, "startRowIndex": top, "startColumnIndex": left}
    return (
        lambda grid: grid.sort(top, left, column, descending),
        batch(sortRange={"range": area, "sortSpecs": [spec]}),
    )


@st.composite
def cuts(draw: st.DrawFn) -> Edit:
    top, left, high, wide, row, column = (
        draw(part) for part in (places, places, counts, counts, places, places)
    )
    area = (top, top + high, left, left + wide)
    goal = {"sheetId": 0, "rowIndex": row, "columnIndex": column}
    return lambda grid: grid.cut(area, row, column), batch(
        cutPaste={"source": area_of(*area), "destination": goal}
    )


@st.composite
def ties(draw: st.DrawFn) -> Edit:
    return tie(draw(st.booleans()), draw(places))


def tie(rows: bool, index: int) -> Edit:
    name = next(NAMES)
    location = {"dimensionRange": lines(rows, index, 1)}
    entry = {"metadataKey": name, "visibility": "DOCUMENT", "location": location}
    return (
        lambda grid: grid.tie(rows, index, name),
        batch(createDeveloperMetadata={"developerMetadata": entry}),
    )


edits = st.lists(
    st.one_of(
        writes(), writes(), blanks(), inserts(), deletes(), appends(), moves(), sorts(), cuts(), ties()
    ),
    min_size=6,
    max_size=14,
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("random")


@pytest.fixture(scope="module")
def world(folder: Path) -> Any:
    with sheets_server(folder) as server, client_of(server.url) as sheets:
        yield server, sheets


def small_book(server: SheetsServer, sheets: Any) -> str:
    book = server.book()
    size = {"rowCount": HEIGHT, "columnCount": WIDTH}
    update = {
        "properties": {"sheetId": 0, "gridProperties": size},
        "fields": "gridProperties(rowCount,columnCount)",
    }
    batch(updateSheetProperties=update)(sheets, book).execute()
    return book


def state(sheets: Any, book: str) -> tuple[list[list[Any]], int, int, dict[str, tuple[str, int]]]:
    """Values, size, and where each tag is, as the API tells it."""
    values = (
        sheets.values().get(spreadsheetId=book, range="Tab", valueRenderOption="UNFORMATTED_VALUE").execute()
    )
    size = sheets.get(spreadsheetId=book, fields="sheets.properties.gridProperties").execute()
    grid = size["sheets"][0]["properties"]["gridProperties"]
    found = (
        sheets.developerMetadata()
        .search(spreadsheetId=book, body={"dataFilters": [{"developerMetadataLookup": {}}]})
        .execute()
    )
    tags = {}
    for match in found.get("matchedDeveloperMetadata", []):
        entry = match["developerMetadata"]
        place = entry["location"]["dimensionRange"]
        tags[entry["metadataKey"]] = (place["dimension"], place["startIndex"])
    return values.get("values", []), grid["rowCount"], grid["columnCount"], tags


def accepted(request: Any) -> bool:
    """Whether the API did it; a refusal is a 400, anything else is an error of the stand-in."""
    try:
        request.execute()
    except HttpError as error:
        if error.resp.status != 400:
            raise
        return False
    return True


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(script=edits)
def test_random_edits_do_what_they_do_to_a_plain_grid(script: list[Edit], world: Any, folder: Path) -> None:
    server, sheets = world
    book = small_book(server, sheets)
    grid = PlainGrid(HEIGHT, WIDTH)
    tagged = [tie(True, index) for index in range(HEIGHT)] + [tie(False, index) for index in range(WIDTH)]
    for plainly, request in tagged + script:
        assert accepted(request(sheets, book)) == plainly(grid)
    values, height, width, tags = state(sheets, book)
    assert repr(values) == repr(grid.shown())  # True is not 1 here
    assert (height, width) == (grid.height, grid.width)
    names = {name: ("ROWS", at) for at, tied in enumerate(grid.row_names) for name in tied}
    names |= {name: ("COLUMNS", at) for at, tied in enumerate(grid.column_names) for name in tied}
    assert tags == names
    replayed = Library(folder)
    whole = resource.build(replayed.read(book), None, None, User(), grid_data=True)
    replayed.close()
    assert whole == sheets.get(spreadsheetId=book, includeGridData=True).execute()


@given(st.integers(1, 9), st.data())
def test_an_index_goes_where_its_line_goes(size: int, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, size - 1))
    end = data.draw(st.integers(start + 1, size))
    to = data.draw(st.integers(0, size))
    many = end - start
    lines_ = list(range(size))
    part = lines_[start:end]
    rest = [line for line in lines_ if line not in part]
    before = len([line for line in rest if line < to])
    for shift, after in (
        (shifting.inserted(start, many), lines_[:start] + [None] * many + lines_[start:]),
        (shifting.deleted(start, end), rest),
        (shifting.moved(start, end, to), rest[:before] + part + rest[before:]),
    ):
        for line in lines_:
            assert shift(line) == (after.index(line) if line in after else None)


@given(
    start=st.integers(0, 6),
    length=st.integers(1, 4),
    at=st.integers(0, 9),
    many=st.integers(1, 4),
    to=st.integers(0, 12),
)
@example(start=2, length=3, at=0, many=2, to=4)
def test_a_range_holds_what_is_left_of_it_and_no_more(
    start: int, length: int, at: int, many: int, to: int
) -> None:
    """After any shift a range begins and ends with lines that were in it; only lines between may be new."""
    inside = range(start, start + length)
    for shift in (
        shifting.inserted(at, many),
        shifting.deleted(at, at + many),
        shifting.moved(at, at + many, to),
    ):
        left = sorted(place for index in inside if (place := shift(index)) is not None)
        now = shifting.side(start, start + length, shift)
        assert now == ((left[0], left[-1] + 1) if left else None)
