"""Files as people send them: as the page does it, step by step into a new tab."""

from __future__ import annotations

import io
from typing import Any

import openpyxl

from tests.entrypoints.house import Caller, House

CSV = (
    b"Company Name,Company Keywords,Company Short Description,Phone,Note\r\n"
    b'Oak Tools,"hammers, nails",Hardware shop in Leeds,+44 113 496 0000,=1+1\r\n'
    b",,,,-2+3\r\n"
    b"Fir Pipes,pipes,Plumbing supplies,-5,@here\r\n"
)


def token_for(caller: Caller, spreadsheet_id: str, name: str = "leads.csv", **options: Any) -> str:
    asked = {"spreadsheet_id": spreadsheet_id, "name": name, **options}
    return str(caller.ask("POST", "/api/imports/tokens", asked)["upload_token"])


def send(caller: Caller, token: str, data: bytes, **headers: str) -> Any:
    """As the page does it: with the token of this one file, and nothing in the address."""
    page = caller.house.somebody(token)
    octets = "application/octet-stream"
    return page.call("POST", "/api/imports", data=data, content_type=octets, headers=headers)


def upload(caller: Caller, sheet: str, data: bytes, name: str = "leads.csv", **options: Any) -> Any:
    return send(caller, token_for(caller, sheet, name, **options), data)


def uploaded(
    caller: Caller, sheet: str, data: bytes, name: str = "leads.csv", **options: Any
) -> dict[str, Any]:
    answer = upload(caller, sheet, data, name, **options)
    assert answer.status_code == 201, answer.text
    given: dict[str, Any] = answer.get_json()
    return given


def step(caller: Caller, sheet: str, import_id: str, **body: Any) -> dict[str, Any]:
    given: dict[str, Any] = caller.ask("POST", f"/api/imports/{import_id}/write?spreadsheet_id={sheet}", body)
    return given


def written(caller: Caller, sheet: str, import_id: str, **body: Any) -> list[dict[str, Any]]:
    """Every answer until it is done."""
    answers = [step(caller, sheet, import_id, **body)]
    while answers[-1]["state"] != "done" and len(answers) < 60:
        answers.append(step(caller, sheet, import_id))
    return answers


def shown(house: House, sheet: str, tab: str, render: str = "UNFORMATTED_VALUE") -> list[list[Any]]:
    path = f"/{sheet}/values/'{tab}'?valueRenderOption={render}"
    rows: list[list[Any]] = house.standins.as_owner("GET", path).get("values", [])
    return rows


def tabs(house: House, sheet: str) -> list[str]:
    found = house.standins.as_owner("GET", f"/{sheet}")["sheets"]
    return [tab["properties"]["title"] for tab in found]


def workbook(*rows: list[Any], title: str = "Leads") -> bytes:
    book = openpyxl.Workbook()
    book.active.title = title
    for row in rows:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def a_large_csv(rows: int = 3_000) -> bytes:
    lines = [f"Company {n},{'word ' * 150}" for n in range(rows)]
    return ("Company Name,Company Short Description\n" + "\n".join(lines)).encode()
