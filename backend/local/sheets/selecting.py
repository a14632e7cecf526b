"""DataFilters: which ranges, and which developer metadata, a request selects."""

from __future__ import annotations

from typing import Any

from backend.local.sheets.a1 import Bounds, from_grid_range
from backend.local.sheets.errors import invalid
from backend.local.sheets.metadata import Metadata, inside
from backend.local.sheets.workbook import Sheet, User, Workbook

Selected = tuple[Sheet, Bounds]


def ranges(workbook: Workbook, data_filter: dict[str, Any], user: User) -> list[Selected]:
    """The ranges a filter selects: one for a range, one for each entry a metadata lookup finds."""
    kind, criterion = _criterion(data_filter)
    if kind == "a1Range":
        return [workbook.range(criterion)]
    if kind == "gridRange":
        return [(workbook.sheet(criterion.get("sheetId", 0)), from_grid_range(criterion))]
    selected: list[Selected] = []
    for entry in metadata(workbook, data_filter, user):
        place = entry.location
        if place.sheet_id is None:
            selected += [(sheet, Bounds()) for sheet in workbook.sheets]
        else:
            selected.append((workbook.sheet(place.sheet_id), place.bounds()))
    return selected


def metadata(workbook: Workbook, data_filter: dict[str, Any], user: User) -> list[Metadata]:
    """The entries a filter selects; one with a range selects what is tied to its rows, columns and tab."""
    kind, criterion = _criterion(data_filter)
    visible = [entry for entry in workbook.metadata.values() if entry.visible_to(user.project)]
    if kind == "developerMetadataLookup":
        return [entry for entry in visible if entry.matches(criterion)]
    (sheet, bounds), *_ = ranges(workbook, data_filter, user)
    return [entry for entry in visible if inside(entry, sheet.id, bounds)]


def echoed(data_filter: dict[str, Any]) -> dict[str, Any]:
    """The filter as Google repeats it in an answer: zero fields of a GridRange are left out."""
    if "gridRange" not in data_filter:
        return data_filter
    return {"gridRange": {name: value for name, value in data_filter["gridRange"].items() if value != 0}}


def _criterion(data_filter: dict[str, Any]) -> tuple[str, Any]:
    if len(data_filter) != 1:
        raise invalid("A DataFilter must specify exactly one of developerMetadataLookup, a1Range, gridRange.")
    return next(iter(data_filter.items()))
