"""Spreadsheets through Google's own client for the Sheets API v4, as one service account.

Tabs are addressed by their numeric id (GridRange and DataFilter), so a renamed tab is found all the same.
"""

from __future__ import annotations

import functools
import http.client
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import google.auth.exceptions
import httplib2
from googleapiclient.errors import HttpError

from backend.adapters import sheets_answers, sheets_errors
from backend.adapters.google_connection import Connections
from backend.adapters.sheet_ranges import to_grid_range
from backend.adapters.sheets_api import SheetsApi
from backend.adapters.sheets_errors import BeyondGrid
from backend.adapters.sheets_requests import (
    columns_of,
    create_anchor,
    delete_metadata,
    insert_columns,
    update_cells,
    values_of,
)
from backend.errors import Forbidden, Invalid, RowmillError, TryLater
from backend.ports import NONCE_KEY, Anchor, Area, Block, Cell, Entered, Nonce, Spreadsheet, Strip, Tab

#: What the service account's credentials need.
SCOPES = ["https://www.googleapis.com/auth/spreadsheets"]

_DESCRIBED = (
    "properties.title,sheets(properties(sheetId,title,sheetType,gridProperties(rowCount,columnCount)),"
    "protectedRanges(range,unprotectedRanges,description,warningOnly,requestingUserCanEdit))"
)
_ANCHORED = (
    "sheets(properties(sheetId,gridProperties(rowCount,columnCount)),"
    "data(startRow,startColumn,rowData.values.formattedValue,"
    "columnMetadata.developerMetadata(metadataId,metadataKey,metadataValue)))"
)
_READ = "valueRanges(valueRange(range,values),dataFilters)"
_ENTERED = (
    "sheets(properties(sheetId,gridProperties(rowCount,columnCount)),"
    "data(startRow,startColumn,rowData.values.userEnteredValue))"
)

#: Seconds that the second of two calls has at least, when the first one took nearly all.
LEAST_TIMEOUT_S = 1.0

T = TypeVar("T")
Wire = dict[str, Any]


class GoogleSheets:
    """`backend.ports.Sheets` over HTTP. Connections are made when first needed and kept."""

    def __init__(
        self, credentials: Any, *, service_account: str, endpoint: str | None = None, timeout_s: float = 30
    ) -> None:
        """`service_account` is the address sheets are shared with; `endpoint` None means Google's own."""
        self._service_account = service_account
        self._endpoint = endpoint
        self._timeout_s = timeout_s
        self._connections = Connections(credentials)

    def describe(self, spreadsheet_id: str) -> Spreadsheet:
        answer = self._call(lambda api: api.spreadsheets.get(spreadsheetId=spreadsheet_id, fields=_DESCRIBED))
        tabs = tuple(
            sheets_answers.tab(sheet) for sheet in answer.get("sheets", ()) if sheets_answers.has_grid(sheet)
        )
        return Spreadsheet(spreadsheet_id, answer["properties"]["title"], tabs)

    def read(
        self, spreadsheet_id: str, areas: Sequence[Area], *, timeout_s: float = 30
    ) -> list[list[list[Cell]]]:
        """An area outside the grid comes back as no rows."""
        return self._within_grid(areas, timeout_s, functools.partial(self._read, spreadsheet_id))

    def entered(
        self, spreadsheet_id: str, areas: Sequence[Area], *, timeout_s: float = 30
    ) -> list[list[list[Entered]]]:
        """An area outside the grid comes back as no rows."""
        return self._within_grid(areas, timeout_s, functools.partial(self._entered, spreadsheet_id))

    def write(self, spreadsheet_id: str, blocks: Sequence[Block | Strip], *, timeout_s: float = 30) -> None:
        if not blocks:
            return
        self._call(
            lambda api: api.values.batchUpdateByDataFilter(
                spreadsheetId=spreadsheet_id,
                body={"valueInputOption": "RAW", "data": [values_of(block) for block in blocks]},
                fields="totalUpdatedCells",
            ),
            timeout_s,
            writes=True,
        )

    def anchors(
        self, spreadsheet_id: str, area: Area, *, timeout_s: float = 30
    ) -> tuple[list[list[str]], list[Anchor]]:
        answer = self._call(
            lambda api: api.spreadsheets.getByDataFilter(
                spreadsheetId=spreadsheet_id,
                body={"dataFilters": [{"gridRange": to_grid_range(area)}]},
                fields=_ANCHORED,
            ),
            timeout_s,
        )
        return sheets_answers.shown_grid(answer, area), sheets_answers.anchors(answer)

    def set_anchors(
        self,
        spreadsheet_id: str,
        sheet_id: int,
        columns: Mapping[str, int],
        remove: Sequence[int],
        *,
        timeout_s: float = 30,
    ) -> None:
        self._update(
            spreadsheet_id,
            [
                *(delete_metadata(metadata_id) for metadata_id in remove),
                *(create_anchor(sheet_id, name, column) for name, column in columns.items()),
            ],
            timeout_s,
        )

    def restore(
        self, spreadsheet_id: str, cells: Sequence[tuple[Area, Entered]], *, timeout_s: float = 30
    ) -> None:
        self._update(spreadsheet_id, [update_cells(*run) for run in columns_of(cells)], timeout_s)

    def add_columns(
        self,
        spreadsheet_id: str,
        tab: Tab,
        header_row: int,
        at_column: int,
        headers: Sequence[str],
        *,
        timeout_s: float = 30,
    ) -> None:
        end = at_column + len(headers)
        area = Area(tab.id, header_row, header_row + 1, at_column, end)
        named = update_cells(area, [[{"stringValue": header} for header in headers]])
        try:
            self._update(spreadsheet_id, [insert_columns(tab, at_column, len(headers)), named], timeout_s)
        except (Invalid, Forbidden):
            if end > tab.columns:
                raise
            # The workbook has no room for more cells, or the tab is protected but for columns that are blank.
            self._update(spreadsheet_id, [named], timeout_s)

    def add_tab(
        self,
        spreadsheet_id: str,
        sheet_id: int,
        title: str,
        rows: int,
        columns: int,
        *,
        timeout_s: float = 30,
    ) -> None:
        properties = {
            "sheetId": sheet_id,
            "title": title,
            "gridProperties": {"rowCount": rows, "columnCount": columns},
        }
        self._update(spreadsheet_id, [{"addSheet": {"properties": properties}}], timeout_s)

    def remove_tab(self, spreadsheet_id: str, sheet_id: int, *, timeout_s: float = 30) -> None:
        self._update(spreadsheet_id, [{"deleteSheet": {"sheetId": sheet_id}}], timeout_s)

    def nonces(self, spreadsheet_id: str) -> list[Nonce]:
        lookup = {"metadataKey": NONCE_KEY, "locationType": "SPREADSHEET", "visibility": "DOCUMENT"}
        answer = self._call(
            lambda api: api.metadata.search(
                spreadsheetId=spreadsheet_id,
                body={"dataFilters": [{"developerMetadataLookup": lookup}]},
                fields="matchedDeveloperMetadata.developerMetadata(metadataId,metadataValue)",
            )
        )
        found = (match["developerMetadata"] for match in answer.get("matchedDeveloperMetadata", ()))
        return [Nonce(entry["metadataId"], entry.get("metadataValue", "")) for entry in found]

    def remove_nonces(self, spreadsheet_id: str, metadata_ids: Sequence[int]) -> None:
        self._update(
            spreadsheet_id,
            [delete_metadata(metadata_id) for metadata_id in metadata_ids],
            self._timeout_s,
        )

    def close(self) -> None:
        """Closes the connections that nobody uses right now."""
        self._connections.close()

    def _within_grid(
        self,
        areas: Sequence[Area],
        timeout_s: float,
        read: Callable[[Sequence[Area], float], list[list[list[T]]]],
    ) -> list[list[list[T]]]:
        """What `read` gives for the areas as far as the grid has them.

        Google refuses a read that names cells outside the grid and says how large the grid is. Then, and
        only then, a second call reads what lies inside: rows were deleted since the areas were chosen.
        """
        ends = time.monotonic() + timeout_s
        try:
            return read(areas, timeout_s) if areas else []
        except BeyondGrid as error:
            if error.rows is None or error.columns is None or len({area.sheet_id for area in areas}) > 1:
                raise
            clipped = [sheets_answers.inside(area, error.rows, error.columns) for area in areas]
        left = [area for area in clipped if area]
        grids = iter(read(left, max(ends - time.monotonic(), LEAST_TIMEOUT_S)) if left else [])
        return [next(grids) if area else [] for area in clipped]

    def _read(self, spreadsheet_id: str, areas: Sequence[Area], timeout_s: float) -> list[list[list[Cell]]]:
        body = {
            "dataFilters": [{"gridRange": to_grid_range(area)} for area in areas],
            "majorDimension": "ROWS",
            "valueRenderOption": "UNFORMATTED_VALUE",
            "dateTimeRenderOption": "FORMATTED_STRING",
        }
        answer = self._call(
            lambda api: api.values.batchGetByDataFilter(
                spreadsheetId=spreadsheet_id, body=body, fields=_READ
            ),
            timeout_s,
        )
        return sheets_answers.grids(answer, areas)

    def _entered(
        self, spreadsheet_id: str, areas: Sequence[Area], timeout_s: float
    ) -> list[list[list[Entered]]]:
        body = {"dataFilters": [{"gridRange": to_grid_range(area)} for area in areas]}
        answer = self._call(
            lambda api: api.spreadsheets.getByDataFilter(
                spreadsheetId=spreadsheet_id, body=body, fields=_ENTERED
            ),
            timeout_s,
        )
        return sheets_answers.entered_grids(answer, areas)

    def _update(self, spreadsheet_id: str, requests: Sequence[Wire], timeout_s: float) -> None:
        """One atomic `spreadsheets.batchUpdate`."""
        if requests:
            self._call(
                lambda api: api.spreadsheets.batchUpdate(
                    spreadsheetId=spreadsheet_id, body={"requests": requests}, fields="spreadsheetId"
                ),
                timeout_s,
                writes=True,
            )

    @functools.cached_property
    def _api(self) -> SheetsApi:
        return SheetsApi(self._endpoint)

    def _call(
        self,
        request: Callable[[SheetsApi], Any],
        timeout_s: float | None = None,
        *,
        writes: bool = False,
    ) -> Wire:
        """The one way to the API: sends the request once and translates what goes wrong."""
        prepared = request(self._api)
        try:
            with self._connections.lend(timeout_s or self._timeout_s) as connection:
                try:
                    return _wire(prepared.execute(http=connection, num_retries=0))
                except HttpError as error:
                    refused = error
        except google.auth.exceptions.GoogleAuthError as error:
            raise TryLater(
                f"No access token could be had for {self._service_account}. Check its credentials.",
                delay_s=sheets_errors.ERROR_DELAY_S,
            ) from error
        except (ConnectionRefusedError, httplib2.ServerNotFoundError) as error:
            raise _out_of_reach("cannot be reached", maybe_applied=False) from error
        except TimeoutError as error:
            raise _out_of_reach("did not answer in time", maybe_applied=writes) from error
        except (OSError, http.client.HTTPException, httplib2.HttpLib2Error, ValueError) as error:
            raise _out_of_reach("broke its answer off", maybe_applied=writes) from error
        raise self._translated(refused, writes) from refused

    def _translated(self, error: HttpError, writes: bool) -> RowmillError:
        return sheets_errors.of_answer(error, service_account=self._service_account, wrote=writes)


def _wire(answer: object) -> Wire:
    """The answer, which the client hands over as text where it is no JSON."""
    if not isinstance(answer, dict):
        raise ValueError("the answer is no JSON object")
    return answer


def _out_of_reach(what: str, *, maybe_applied: bool) -> TryLater:
    return TryLater(
        f"Google Sheets {what}.", delay_s=sheets_errors.ERROR_DELAY_S, maybe_applied=maybe_applied
    )
