"""A CSV or XLSX file becomes a new tab: looked at first, then written step by step."""

from __future__ import annotations

import re

from backend.domain import headers
from backend.domain.recipes import RECIPES
from backend.domain.selection import Layout, layout
from backend.entrypoints import reading, views
from backend.entrypoints.payloads.imports import ImportGiven, ImportOf, ImportQuery, RowProblem, WriteAsked
from backend.entrypoints.payloads.sheets import ColumnGiven
from backend.entrypoints.routing import Call, Guard, Route
from backend.errors import NotFound
from backend.usecases.import_records import Import, load_import
from backend.usecases.read_import import Upload, read_import
from backend.usecases.write_import import BLOCKS_A_STEP, forget_import, write_import

FILE_BYTES = 32 * 1024 * 1024
#: An upload of more steps than these waits between them: jobs share the same writes a minute.
QUICK_STEPS = 10
STEP_EVERY_S = 4

_ID = re.compile(r"[a-z0-9]{16,40}")


def read(call: Call) -> ImportGiven:
    query: ImportQuery = call.query
    record = read_import(
        call.who,
        query.spreadsheet_id,
        Upload(reading.whole(FILE_BYTES), query.name, query.sheet),
        call.idempotency_key,
        documents=call.service.documents,
        clock=call.service.clock,
    )
    return _given(record)


def show(call: Call) -> ImportGiven:
    record, _ = load_import(call.service.documents, call.who, call.query.spreadsheet_id, _id(call))
    return _given(record)


def write(call: Call) -> ImportGiven:
    service = call.service
    record = write_import(
        call.who,
        call.query.spreadsheet_id,
        _id(call),
        call.body.title,
        documents=service.documents,
        sheets=service.sheets,
        clock=service.clock,
    )
    return _given(record)


def forget(call: Call) -> None:
    service = call.service
    forget_import(
        call.who,
        call.query.spreadsheet_id,
        _id(call),
        documents=service.documents,
        sheets=service.sheets,
    )


def _id(call: Call) -> str:
    if not _ID.fullmatch(call.path["import_id"]):
        raise NotFound("There is no such upload (any more). Choose the file again.")
    return call.path["import_id"]


def _given(record: Import) -> ImportGiven:
    layouts = {name: _layout(record, name) for name in RECIPES}
    rows_written = max(0, record.starts[record.written] - record.lead - 1)
    steps = -(-record.blocks // BLOCKS_A_STEP)
    there = record.state != "read"
    return ImportGiven.model_validate(
        {
            "id": record.id,
            "name": record.name,
            "kind": record.kind,
            "sheet": record.sheet,
            "sheets": list(record.sheets),
            "header_row": record.lead + 1,
            "headers": [
                ColumnGiven(index=index, letter=headers.letter(index), header=text)
                for index, text in enumerate(record.headers)
                if text.strip()
            ],
            "row_count": record.rows,
            "column_count": record.columns,
            "preview": [list(row) for row in record.preview],
            "recipes": [views.recipe_match(name, where) for name, where in layouts.items()],
            "suggested_recipe": headers.suggest(record.headers),
            "notes": list(record.notes),
            "skipped": record.skipped,
            "problems": [RowProblem(row=row, problem=why) for row, why in record.skips],
            "state": record.state,
            "rows_written": rows_written,
            "fraction": round(record.starts[record.written] / record.starts[-1], 3),
            "sheet_id": record.sheet_id if there else None,
            "sheet_name": record.title if there else None,
            "wait_s": STEP_EVERY_S if record.state == "writing" and steps > QUICK_STEPS else 0,
        }
    )


def _layout(record: Import, recipe: str) -> Layout:
    return layout(RECIPES[recipe], [record.headers])


_IMPORT = "/api/imports/<import_id>"

ROUTES = (
    Route("POST", "/api/imports", Guard.SPREADSHEET, read, "Reads a CSV or XLSX file; writes nothing yet.",
          query=ImportQuery, gives=ImportGiven, status=201, body_bytes=FILE_BYTES, file=True,
          keyed=True),
    Route("GET", _IMPORT, Guard.SPREADSHEET, show, "An upload as it stands.",
          query=ImportOf, gives=ImportGiven),
    Route("POST", f"{_IMPORT}/write", Guard.SPREADSHEET, write,
          "Makes the new tab and writes the next rows; again until it is done.",
          query=ImportOf, asks=WriteAsked, gives=ImportGiven, sheets=True),
    Route("DELETE", _IMPORT, Guard.SPREADSHEET, forget, "Cancels an upload, and removes a tab half written.",
          query=ImportOf, status=204, sheets=True),
)  # fmt: skip
