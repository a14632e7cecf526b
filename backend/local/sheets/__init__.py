"""A stand-in for the Google Sheets API v4, held to the published reference and to live answers.

`python -m backend.local.sheets --port N --data DIR [--identity URL]`. From the inside out: cells, grid,
workbook (values, no I/O); a1, fields, schema (the API's little languages); reading, writing, appending,
resource, batch (its methods); storage, library (workbooks on disk and open); api, side_routes (HTTP).

Not here, and answered with 501 where it could be asked for: copying a tab to another workbook, charts,
filters, merges, conditional formats, data validation, named ranges, tables. Formulas are kept as typed; their
values are given, not computed, and their references do not follow moved cells.
"""

from __future__ import annotations

from backend.local.sheets.app import create_app
from backend.local.sheets.faults import SheetsFaults

__all__ = ["SheetsFaults", "create_app"]
