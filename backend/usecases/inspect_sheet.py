"""What a tab holds, before anything is run on it: headers, recognised columns, rows, obstacles."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from backend.domain.cells import as_text, is_blank
from backend.domain.headers import Columns, letter
from backend.domain.recipes import RECIPES, Recipe
from backend.domain.selection import HEADER_ROWS, Layout, filter_column, filter_text, layout
from backend.errors import Invalid, NotFound
from backend.ports import Area, Cell, Sheets, Spreadsheet, Tab

#: Rows below the header that tell whether a tab has any data at all.
TOP_ROWS = 200
#: Different values that a filter offers.
MOST_VALUES = 1_000


@dataclass(frozen=True, slots=True)
class Inspected:
    """One tab of a spreadsheet as it stands."""

    spreadsheet: Spreadsheet
    tab: Tab
    layouts: Mapping[str, Layout]
    #: Rows below the header up to the last one that is not blank (bounded by what was read).
    rows: int
    problems: tuple[str, ...]

    @property
    def suggested(self) -> str | None:
        """The recipe that fits: the first usable one."""
        return next((name for name, where in self.layouts.items() if where.columns.problem is None), None)

    @property
    def layout(self) -> Layout:
        """Where the header is, whatever the recipe."""
        return _layout(self.layouts)


def describe_tab(sheets: Sheets, spreadsheet_id: str, sheet_id: int | None) -> tuple[Spreadsheet, Tab]:
    """The spreadsheet and one of its tabs (the first unless told); raises `NotFound`."""
    spreadsheet = sheets.describe(spreadsheet_id)
    return spreadsheet, _tab(spreadsheet, sheet_id)


def _tab(spreadsheet: Spreadsheet, sheet_id: int | None) -> Tab:
    for tab in spreadsheet.tabs:
        if sheet_id is None or tab.id == sheet_id:
            return tab
    raise NotFound("This spreadsheet has no such sheet (any more).")


def inspect_sheet(spreadsheet_id: str, sheet_id: int | None, *, sheets: Sheets) -> Inspected:
    """Two reads, and a third for the number of rows where there are more than the top shows."""
    spreadsheet, tab = describe_tab(sheets, spreadsheet_id, sheet_id)
    (top,) = sheets.read(spreadsheet_id, [_top(tab)])
    (inspected,) = _counted([_inspected(spreadsheet, tab, top)], sheets)
    return inspected


def inspect_tops(spreadsheet_id: str, sheet_ids: Sequence[int], *, sheets: Sheets) -> list[Inspected]:
    """The tops of these tabs, by two calls to the API however many they are; raises `NotFound`.

    Where tops have no rows and their tabs go on below them, a third tells whether any come later.
    """
    spreadsheet = sheets.describe(spreadsheet_id)
    tabs = [_tab(spreadsheet, sheet_id) for sheet_id in sheet_ids]
    tops = sheets.read(spreadsheet_id, [_top(tab) for tab in tabs])
    found = [_inspected(spreadsheet, tab, top) for tab, top in zip(tabs, tops, strict=True)]
    counted = iter(_counted([one for one in found if not one.rows], sheets))
    return [one if one.rows else next(counted) for one in found]


def _counted(found: Sequence[Inspected], sheets: Sheets) -> list[Inspected]:
    """With the number of all rows, where the top does not show them all; by one read."""
    below = [_below(one) for one in found]
    areas = [area for of_one in below for area in of_one]
    grids = iter(sheets.read(found[0].spreadsheet.id, areas) if areas else ())
    return [
        replace(one, rows=max(_last_filled(next(grids)) for _ in of_one)) if of_one else one
        for one, of_one in zip(found, below, strict=True)
    ]


def _below(inspected: Inspected) -> list[Area]:
    """The columns that tell where the rows end, where the tab goes on below its top."""
    tab, first = inspected.tab, inspected.layout.first_row
    if tab.rows <= _top(tab).last_row:
        return []
    return [
        Area(tab.id, first, tab.rows, column, column + 1) for column in _telling_columns(inspected.layouts)
    ]


def _top(tab: Tab) -> Area:
    return Area(tab.id, 0, min(tab.rows, HEADER_ROWS + TOP_ROWS), 0, tab.columns)


def _inspected(spreadsheet: Spreadsheet, tab: Tab, top: list[list[Cell]]) -> Inspected:
    layouts = _layouts(top)
    rows = _last_filled(top[_layout(layouts).first_row :])
    problems = tuple(
        problem
        for name, where in layouts.items()
        if where.columns.problem is None
        for problem in obstacles(RECIPES[name], tab, where.columns, where.headers)
    )
    return Inspected(spreadsheet, tab, layouts, rows, tuple(dict.fromkeys(problems)))


def _layouts(top: list[list[Cell]]) -> dict[str, Layout]:
    return {name: layout(recipe, top[:HEADER_ROWS]) for name, recipe in RECIPES.items()}


def _layout(layouts: Mapping[str, Layout]) -> Layout:
    """That of the first usable recipe: where titles stand above the header, others take them for it."""
    usable = (where for where in layouts.values() if where.columns.problem is None)
    return next(usable, next(iter(layouts.values())))


def _last_filled(grid: list[list[Cell]]) -> int:
    for number in range(len(grid), 0, -1):
        if any(not is_blank(cell) for cell in grid[number - 1]):
            return number
    return 0


def _telling_columns(layouts: Mapping[str, Layout]) -> list[int]:
    """The columns that say where the rows end: the required inputs, else the first."""
    found = {
        where.columns.inputs[column.name]
        for name, where in layouts.items()
        for column in RECIPES[name].inputs
        if column.required and column.name in where.columns.inputs
    }
    return sorted(found) or [0]


def obstacles(recipe: Recipe, tab: Tab, columns: Columns, headers: Sequence[str]) -> list[str]:
    """Protected ranges that the outputs would touch, as sentences. Missing ones go behind the last header."""
    used = max((i + 1 for i, header in enumerate(headers) if header.strip()), default=0)
    missing = len(recipe.outputs) + 1 - len(columns.outputs)  # and the status
    wanted = {*columns.outputs.values(), *range(used, used + missing)}
    sentences = []
    for protected in tab.protected:
        area = protected.area
        if protected.editable or not any(area.first_column <= c < area.last_column for c in wanted):
            continue
        span = f"{letter(area.first_column)} to {letter(area.last_column - 1)}"
        called = f' "{protected.description}"' if protected.description else ""
        sentences.append(
            f"The protected range{called} (columns {span}) does not let us write the results. "
            "Add our service account to its editors, or move it."
        )
    return sentences


def column_values(
    spreadsheet_id: str, sheet_id: int, header: str, *, sheets: Sheets
) -> tuple[list[tuple[str, int]], bool]:
    """A column's different values with their counts, most frequent first; and whether some are left out."""
    _, tab = describe_tab(sheets, spreadsheet_id, sheet_id)
    (top,) = sheets.read(spreadsheet_id, [Area(tab.id, 0, min(tab.rows, HEADER_ROWS), 0, tab.columns)])
    layouts = _layouts(top)
    where = _layout(layouts)
    column = filter_column(header, where.headers)
    if column is None:
        raise Invalid(f'There is no column called "{header}".', {"column": "not found"})
    columns = [column, *(other for other in _telling_columns(layouts) if other != column)]
    areas = [Area(tab.id, where.first_row, tab.rows, at, at + 1) for at in columns]
    grid, *others = sheets.read(spreadsheet_id, areas)
    # Rows without a value count as well, down to the last row that has any input.
    filled = max(_last_filled(each) for each in (grid, *others))
    counts = Counter(filter_text(as_text(row[0])) for row in grid[:filled])
    ordered = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return ordered[:MOST_VALUES], len(ordered) > MOST_VALUES
