"""Developer metadata: a key and a value tied to a row, a column, a tab or the whole spreadsheet.

It follows inserted, deleted and moved rows and columns, and dies with what it is tied to. Sorting leaves it
at its row number: Google does not document sorting, so nothing may depend on it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from backend.local.sheets.a1 import Bounds
from backend.local.sheets.errors import invalid

Kind = Literal["ROW", "COLUMN", "SHEET", "SPREADSHEET"]

#: Characters of keys and values together, per spreadsheet and per tab (Sheets API usage limits).
MAX_CHARACTERS = 30_000


@dataclass(frozen=True, slots=True)
class Location:
    """`sheet_id` is None for the spreadsheet; `index` is the row's or column's, else None."""

    kind: Kind
    sheet_id: int | None = None
    index: int | None = None

    def bounds(self) -> Bounds:
        if self.kind == "ROW" and self.index is not None:
            return Bounds(top=self.index, bottom=self.index + 1)
        if self.kind == "COLUMN" and self.index is not None:
            return Bounds(left=self.index, right=self.index + 1)
        return Bounds()

    def meets(self, other: Location) -> bool:
        """Whether two locations share a cell; the spreadsheet shares one with everything."""
        if self.sheet_id is None or other.sheet_id is None:
            return True
        if self.sheet_id != other.sheet_id:
            return False
        return self.kind != other.kind or self.index == other.index

    def json(self) -> dict[str, Any]:
        if self.kind == "SPREADSHEET":
            return {"locationType": self.kind, "spreadsheet": True}
        if self.index is None:
            return {"locationType": self.kind, "sheetId": self.sheet_id}
        return {
            "locationType": self.kind,
            "dimensionRange": {
                "sheetId": self.sheet_id,
                "dimension": self.kind + "S",
                "startIndex": self.index,
                "endIndex": self.index + 1,
            },
        }


def location(given: dict[str, Any]) -> Location:
    """Reads a DeveloperMetadataLocation; exactly one of spreadsheet, sheetId, dimensionRange is needed."""
    named = [name for name in ("spreadsheet", "sheetId", "dimensionRange") if name in given]
    if len(named) != 1:
        raise invalid("developerMetadata.location must name exactly one location.")
    if named == ["spreadsheet"]:
        return Location("SPREADSHEET")
    if named == ["sheetId"]:
        return Location("SHEET", given["sheetId"])
    dimension = given["dimensionRange"]
    start, end = dimension.get("startIndex", 0), dimension.get("endIndex")
    kind = {"ROWS": "ROW", "COLUMNS": "COLUMN"}.get(dimension.get("dimension", ""))
    if kind is None or end is None or end != start + 1:
        raise invalid("developerMetadata.location.dimensionRange must represent a single row or column.")
    return Location("ROW" if kind == "ROW" else "COLUMN", dimension.get("sheetId", 0), start)


@dataclass(frozen=True, slots=True)
class Metadata:
    id: int
    key: str
    value: str | None
    visibility: str
    location: Location
    #: The project that made it; PROJECT visibility shows it to this project alone.
    project: str

    def json(self) -> dict[str, Any]:
        answer: dict[str, Any] = {"metadataId": self.id, "metadataKey": self.key}
        if self.value is not None:
            answer["metadataValue"] = self.value
        return {**answer, "location": self.location.json(), "visibility": self.visibility}

    def visible_to(self, project: str) -> bool:
        return self.visibility == "DOCUMENT" or self.project == project

    def matches(self, lookup: dict[str, Any]) -> bool:
        """Whether every field of a DeveloperMetadataLookup agrees."""
        for name, own in (
            ("metadataId", self.id),
            ("metadataKey", self.key),
            ("metadataValue", self.value),
            ("visibility", self.visibility),
            ("locationType", self.location.kind),
        ):
            if name in lookup and lookup[name] != own:
                return False
        if "metadataLocation" not in lookup:
            return True
        wanted = location(lookup["metadataLocation"])
        if lookup.get("locationMatchingStrategy") == "EXACT_LOCATION":
            return wanted == self.location
        return wanted.meets(self.location)


def inside(entry: Metadata, sheet_id: int, bounds: Bounds) -> bool:
    """Whether the entry is tied to a row, column or tab that a range touches."""
    place = entry.location
    if place.sheet_id != sheet_id:
        return False
    if place.index is None:
        return True
    start, end = (bounds.top, bounds.bottom) if place.kind == "ROW" else (bounds.left, bounds.right)
    return (start or 0) <= place.index and (end is None or place.index < end)
