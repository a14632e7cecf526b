"""Requests that create, change and delete developer metadata."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from backend.local.sheets import selecting
from backend.local.sheets.batch import masks
from backend.local.sheets.call import Answer
from backend.local.sheets.errors import invalid
from backend.local.sheets.fields import below
from backend.local.sheets.metadata import MAX_CHARACTERS, Location, Metadata, location
from backend.local.sheets.workbook import User, Workbook


def create(workbook: Workbook, body: dict[str, Any], user: User) -> Answer:
    given = body.get("developerMetadata", {})
    number = given.get("metadataId")
    if number is None:
        chance = workbook.chance
        while (number := chance.randrange(1, 2**31)) in workbook.metadata:
            continue
    if number < 1:
        raise invalid("developerMetadata.metadataId must be positive.")
    if number in workbook.metadata:
        raise invalid(f"Developer metadata with ID {number} already exists.")
    if not given.get("metadataKey"):
        raise invalid("developerMetadata.metadataKey must be specified.")
    entry = Metadata(
        number,
        given["metadataKey"],
        given.get("metadataValue"),
        _visibility(given),
        _placed(workbook, given),
        user.project,
    )
    workbook.metadata[number] = entry
    _check_size(workbook, entry.location)
    return {"developerMetadata": entry.json()}


def update(workbook: Workbook, body: dict[str, Any], user: User) -> Answer:
    mask = masks.named(body, "DeveloperMetadata")
    given = body.get("developerMetadata", {})
    selected = {
        entry.id: entry
        for data_filter in body.get("dataFilters", [])
        for entry in selecting.metadata(workbook, data_filter, user)
    }
    changed = []
    for entry in selected.values():
        if below(mask, "metadataKey")[0]:
            if not given.get("metadataKey"):
                raise invalid("developerMetadata.metadataKey must be specified.")
            entry = replace(entry, key=given["metadataKey"])
        if below(mask, "metadataValue")[0]:
            entry = replace(entry, value=given.get("metadataValue"))
        if below(mask, "visibility")[0]:
            entry = replace(entry, visibility=_visibility(given))
        if below(mask, "location")[0]:
            entry = replace(entry, location=_placed(workbook, given))
        workbook.metadata[entry.id] = entry
        _check_size(workbook, entry.location)
        changed.append(entry.json())
    return {"developerMetadata": changed} if changed else {}


def delete(workbook: Workbook, body: dict[str, Any], user: User) -> Answer:
    selected = selecting.metadata(workbook, body.get("dataFilter", {}), user)
    for entry in selected:
        del workbook.metadata[entry.id]
    return {"deletedDeveloperMetadata": [entry.json() for entry in selected]} if selected else {}


def _visibility(given: dict[str, Any]) -> str:
    visibility = given.get("visibility", "")
    if visibility not in ("DOCUMENT", "PROJECT"):
        raise invalid("developerMetadata.visibility must be specified.")
    return str(visibility)


def _placed(workbook: Workbook, given: dict[str, Any]) -> Location:
    """The entry's location, which must exist."""
    place = location(given.get("location", {}))
    if place.sheet_id is not None:
        sheet = workbook.sheet(place.sheet_id)
        sheet.rect(place.bounds())
    return place


def _check_size(workbook: Workbook, place: Location) -> None:
    used = sum(
        len(entry.key) + len(entry.value or "")
        for entry in workbook.metadata.values()
        if entry.location.sheet_id == place.sheet_id
    )
    if used > MAX_CHARACTERS:
        where = "spreadsheet" if place.sheet_id is None else "sheet"
        raise invalid(f"Developer metadata of a {where} is limited to {MAX_CHARACTERS} characters.")
