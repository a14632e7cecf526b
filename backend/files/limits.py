"""How large a file may be. Checked before the work it would cause, so that no file takes the process down."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on one file; the defaults are those of an upload."""

    #: Bytes of the file itself.
    bytes: int = 20 * 1024 * 1024
    #: Rows below the header.
    rows: int = 200_000
    #: Cells that hold something. A Google spreadsheet takes 10,000,000 in all its tabs.
    cells: int = 5_000_000
    #: Columns of a Google sheet: A to ZZZ.
    columns: int = 18_278
    #: Bytes of a workbook once its parts are inflated.
    inflated_bytes: int = 500_000_000
    #: Inflated bytes per byte of the file. Text deflates by 5 to 50, a bomb by up to 1,032.
    inflation: int = 250
    #: Below this many inflated bytes the ratio does not matter.
    inflation_free_bytes: int = 32_000_000
    #: Parts of a workbook's archive.
    parts: int = 10_000
