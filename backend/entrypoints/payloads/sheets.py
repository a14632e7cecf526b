"""What a spreadsheet holds, and what each recipe recognises in it."""

from __future__ import annotations

from backend.entrypoints.payloads.base import Asked, Given, Header, RecipeName, SheetId


class TabGiven(Given):
    id: int
    title: str
    rows: int
    columns: int


class ColumnGiven(Given):
    index: int
    #: As the person sees it: A, B, …, AA.
    letter: str
    header: str


class InputGiven(Given):
    name: str
    label: str
    required: bool
    #: The column that serves it, or null.
    column: ColumnGiven | None
    #: Headers that would be recognised.
    accepted: list[str]


class OutputGiven(Given):
    name: str
    header: str
    #: Where it stands, or null: it will be added behind the last column.
    column: ColumnGiven | None


class RecipeMatch(Given):
    recipe: RecipeName
    title: str
    description: str
    #: Whether it reads the company's website.
    reads_website: bool
    inputs: list[InputGiven]
    outputs: list[OutputGiven]
    usable: bool
    #: Why it is not usable, in a sentence that names the headers found and those accepted.
    problem: str | None


class SheetGiven(Given):
    spreadsheet_id: str
    title: str
    tabs: list[TabGiven]
    #: The tab looked at (query `sheet_id`, else the first).
    sheet_id: int
    sheet_name: str
    headers: list[ColumnGiven]
    #: Rows below the header up to the last one that is not blank.
    row_count: int
    recipes: list[RecipeMatch]
    suggested_recipe: RecipeName | None
    #: What stands in the way (a protected range that the outputs touch), as sentences.
    problems: list[str]


class ValueCount(Given):
    value: str
    count: int


class ColumnValuesGiven(Given):
    header: str
    values: list[ValueCount]
    #: True when there were more different values than are listed.
    truncated: bool


class SheetQuery(Asked):
    sheet_id: SheetId | None = None


class ValuesQuery(Asked):
    sheet_id: SheetId
    column: Header
