"""A spreadsheet for one test: made through the stand-in's door, edited as its owner through Google's API."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import requests

from backend.ports import Area
from tests.contracts.adapters.conftest import ROBOT
from tests.contracts.adapters.standin import Standin

OWNER = "owner@example.com"


@dataclass(frozen=True)
class Workbook:
    """Its address, and what the people in it do."""

    standin: Standin
    id: str
    tab_id: int

    def area(self, first_row: int, last_row: int, first_column: int = 0, last_column: int = 4) -> Area:
        return Area(self.tab_id, first_row, last_row, first_column, last_column)

    def does(self, request: dict[str, Any]) -> dict[str, Any]:
        """One request of `spreadsheets.batchUpdate`, as the owner."""
        return dict(self._owner("POST", ":batchUpdate", {"requests": [request]})["replies"][0])

    def shows(self, cells: str) -> list[list[Any]]:
        """The values of a range of the first tab, as they are shown."""
        found: list[list[Any]] = self._owner("GET", f"/values/{cells}").get("values", [])
        return found

    def formula(self, cell: str) -> Any:
        return self._owner("GET", f"/values/{cell}?valueRenderOption=FORMULA")["values"][0][0]

    def types(self, cell: str, value: object) -> None:
        """Types into a cell as a person does."""
        self._owner("PUT", f"/values/{cell}?valueInputOption=USER_ENTERED", {"values": [[value]]})

    def stops_sharing(self) -> None:
        self._people("DELETE", {"email": ROBOT})

    def lets_only_look(self) -> None:
        self._people("PUT", {"email": ROBOT, "role": "viewer"})

    def has_proof(self, value: str, **other: Any) -> int:
        """Leaves a proof of edit, as the sidebar's script does; returns its id."""
        entry = {
            "metadataKey": "rowmill_proof",
            "metadataValue": value,
            "visibility": "DOCUMENT",
            "location": {"spreadsheet": True},
            **other,
        }
        reply = self.does({"createDeveloperMetadata": {"developerMetadata": entry}})
        return int(reply["createDeveloperMetadata"]["developerMetadata"]["metadataId"])

    def finds(self, data_filter: dict[str, Any]) -> list[Any]:
        """The developer metadata that another program finds."""
        found = self._owner("POST", "/developerMetadata:search", {"dataFilters": [data_filter]})
        return list(found.get("matchedDeveloperMetadata", []))

    def _people(self, method: str, body: dict[str, Any]) -> None:
        url = f"{self.standin.url}/_standin/workbooks/{self.id}/editors"
        requests.request(method, url, json=body, timeout=5).raise_for_status()

    def _owner(self, method: str, rest: str, body: object = None) -> dict[str, Any]:
        url = f"{self.standin.url}/_standin/as-owner/v4/spreadsheets/{self.id}{rest}"
        answer = requests.request(method, url, json=body, headers={"X-Standin-User": OWNER}, timeout=5)
        assert answer.ok, answer.text
        return dict(answer.json())


def a_workbook(standin: Standin, *rows: list[Any], title: str = "Companies", grid: int = 0) -> Workbook:
    """Shared with our service account; `grid` cuts or grows the tab to so many rows by 6 columns."""
    made = standin.post(
        "/_standin/workbooks",
        {
            "title": title,
            "owner": OWNER,
            "editors": [ROBOT],
            "tabs": [{"title": "Leads", "rows": [list(row) for row in rows]}],
        },
    )
    facts = requests.get(f"{standin.url}/_standin/workbooks/{made['id']}", timeout=5).json()
    workbook = Workbook(standin, made["id"], facts["tabs"][0]["id"])
    size = {"rowCount": grid or max(len(rows), 1), "columnCount": 6}
    properties = {"sheetId": workbook.tab_id, "gridProperties": size}
    workbook.does(
        {
            "updateSheetProperties": {
                "properties": properties,
                "fields": "gridProperties(rowCount,columnCount)",
            }
        }
    )
    return workbook
