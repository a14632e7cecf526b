"""What is sent to the Sheets API: values by range or by anchor, typed values of cells, developer metadata."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from backend.adapters.sheet_ranges import to_grid_range
from backend.ports import ANCHOR_KEY, Area, Block, Entered, Strip, Tab

Wire = dict[str, Any]


def columns_of(cells: Iterable[tuple[Area, Entered]]) -> Iterator[tuple[Area, list[list[Entered]]]]:
    """Single cells gathered into runs down a column, so that undoing a job takes few requests."""
    run: list[list[Entered]] = []
    start: Area | None = None
    for area, entered in sorted(
        cells, key=lambda cell: (cell[0].sheet_id, cell[0].first_column, cell[0].first_row)
    ):
        if start is not None and _follows(area, start, len(run)):
            run.append([entered])
            continue
        if start is not None:
            yield _of_height(start, len(run)), run
        start, run = area, [[entered]]
    if start is not None:
        yield _of_height(start, len(run)), run


def _follows(area: Area, start: Area, length: int) -> bool:
    return (area.sheet_id, area.first_column, area.first_row) == (
        start.sheet_id,
        start.first_column,
        start.first_row + length,
    )


def _of_height(start: Area, rows: int) -> Area:
    return Area(
        start.sheet_id, start.first_row, start.first_row + rows, start.first_column, start.last_column
    )


def update_cells(area: Area, rows: Sequence[Sequence[Entered]]) -> Wire:
    return {
        "updateCells": {
            "range": to_grid_range(area),
            "rows": [{"values": [_cell_data(entered) for entered in row]} for row in rows],
            "fields": "userEnteredValue",
        }
    }


def _cell_data(entered: Entered) -> Wire:
    return {} if entered is None else {"userEnteredValue": entered}


def values_of(block: Block | Strip) -> Wire:
    """A DataFilterValueRange. What a strip's anchor selects begins at the column's first row."""
    if isinstance(block, Block):
        return {
            "dataFilter": {"gridRange": to_grid_range(block.area)},
            "majorDimension": "ROWS",
            "values": block.values,
        }
    return {
        "dataFilter": _metadata(block.metadata_id),
        "majorDimension": "COLUMNS",
        "values": [[*[None] * block.first_row, *block.values]],
    }


def insert_columns(tab: Tab, at_column: int, count: int) -> Wire:
    """Formatted like the column behind them, which is blank; at the grid's end, like the one before."""
    columns = {
        "sheetId": tab.id,
        "dimension": "COLUMNS",
        "startIndex": at_column,
        "endIndex": at_column + count,
    }
    return {"insertDimension": {"range": columns, "inheritFromBefore": at_column >= tab.columns}}


def create_anchor(sheet_id: int, name: str, column: int) -> Wire:
    """Seen by this project alone: it is nobody else's business."""
    location = {
        "dimensionRange": {
            "sheetId": sheet_id,
            "dimension": "COLUMNS",
            "startIndex": column,
            "endIndex": column + 1,
        }
    }
    metadata = {
        "metadataKey": ANCHOR_KEY,
        "metadataValue": name,
        "location": location,
        "visibility": "PROJECT",
    }
    return {"createDeveloperMetadata": {"developerMetadata": metadata}}


def delete_metadata(metadata_id: int) -> Wire:
    return {"deleteDeveloperMetadata": {"dataFilter": _metadata(metadata_id)}}


def _metadata(metadata_id: int) -> Wire:
    return {"developerMetadataLookup": {"metadataId": metadata_id}}
