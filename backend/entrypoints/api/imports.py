"""A CSV or XLSX file becomes a new tab: looked at first, then written step by step.

The bytes come straight from the page, under a token for one file that the script has asked for: see
"How do a file's bytes reach the api?" in docs/decisions.md.
"""

from __future__ import annotations

import re

from flask import Response

from backend.domain import headers
from backend.domain.recipes import RECIPES
from backend.domain.selection import Layout, layout
from backend.entrypoints import reading, views
from backend.entrypoints.payloads.imports import (
    ImportGiven,
    ImportOf,
    ImportsGiven,
    RowProblem,
    UploadAsked,
    UploadTokenGiven,
    WriteAsked,
)
from backend.entrypoints.payloads.sheets import ColumnGiven
from backend.entrypoints.routing import Call, Guard, Route
from backend.entrypoints.tokens import UPLOAD_S
from backend.errors import NotFound, TooMany
from backend.usecases.import_records import Import, load_import, newest_import
from backend.usecases.read_import import Upload, read_import
from backend.usecases.write_import import BLOCKS_A_STEP, forget_import, write_import

FILE_BYTES = 32 * 1024 * 1024
#: An upload of more steps than these waits between them: jobs share the same writes a minute.
QUICK_STEPS = 10
STEP_EVERY_S = 4

_ID = re.compile(r"[a-z0-9]{16,40}")


def upload_token(call: Call) -> UploadTokenGiven:
    asked: UploadAsked = call.body
    service = call.service
    return UploadTokenGiven(
        upload_token=service.signer.upload_token(call.who, asked.spreadsheet_id, asked.name, asked.sheet),
        upload_url=f"{service.settings.public_url}/api/imports",
        expires_in_s=UPLOAD_S,
    )


def preflight(_call: Call) -> Response:
    """Browsers ask before they send a file to another origin; `cors` answers them."""
    return Response(status=204)


def read(call: Call) -> ImportGiven:
    token = call.uploads
    with call.service.uploading.seat(token.sub) as free:
        if not free:
            raise TooMany("Several files are being read. Please try again in a moment.", retry_after_s=5)
        record = read_import(
            token.person,
            token.spreadsheet_id,
            Upload(reading.whole(FILE_BYTES), token.name, token.sheet),
            token.nonce,
            documents=call.service.documents,
            clock=call.service.clock,
        )
    return _given(record)


def newest(call: Call) -> ImportsGiven:
    found = newest_import(call.service.documents, call.who, call.query.spreadsheet_id)
    return ImportsGiven(imports=[_given(found)] if found else [])


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
    Route("POST", "/api/imports/tokens", Guard.SPREADSHEET, upload_token, "Leave to send one file.",
          asks=UploadAsked, gives=UploadTokenGiven, status=201),
    Route("OPTIONS", "/api/imports", Guard.PUBLIC, preflight, "The browser's question before a file."),
    Route("POST", "/api/imports", Guard.UPLOAD, read, "Reads a CSV or XLSX file; writes nothing yet.",
          gives=ImportGiven, status=201, body_bytes=FILE_BYTES, file=True),
    Route("GET", "/api/imports", Guard.SPREADSHEET, newest, "The caller's newest upload.",
          query=ImportOf, gives=ImportsGiven),
    Route("GET", _IMPORT, Guard.SPREADSHEET, show, "An upload as it stands.",
          query=ImportOf, gives=ImportGiven),
    Route("POST", f"{_IMPORT}/write", Guard.SPREADSHEET, write,
          "Makes the new tab and writes the next rows; again until it is done.",
          query=ImportOf, asks=WriteAsked, gives=ImportGiven, sheets=True),
    Route("DELETE", _IMPORT, Guard.SPREADSHEET, forget, "Cancels an upload, and removes a tab half written.",
          query=ImportOf, status=204, sheets=True),
)  # fmt: skip
