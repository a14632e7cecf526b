"""What becomes of a value that is written: RAW takes it as it is, USER_ENTERED as if typed into the grid.

USER_ENTERED reads formulas (`=…`, and `+…` or `-…` that are no numbers), a leading apostrophe as "text",
TRUE and FALSE, numbers with thousands, `$` and `%`, dates and times of the en_US locale.
"""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Any

from backend.local.sheets import formats
from backend.local.sheets.cells import Cell, Format, Slot, fitting, number, opened, packed, with_value
from backend.local.sheets.errors import invalid

_NUMBER = re.compile(
    r"(?P<sign>[+-])?(?P<dollar>\$)?(?P<digits>\d{1,3}(?:,\d{3})+|\d+)?(?P<fraction>\.\d*)?"
    r"(?P<exponent>[eE][+-]?\d+)?(?P<percent>%)?\Z"
)
_DATES = {
    "%Y-%m-%d": "yyyy-mm-dd",
    "%m/%d/%Y": "m/d/yyyy",
    "%m-%d-%Y": "m-d-yyyy",
    "%b %d, %Y": "mmm d, yyyy",
    "%B %d, %Y": "mmmm d, yyyy",
    "%d %b %Y": "d mmm yyyy",
}
_TIMES = {
    "%H:%M:%S": "h:mm:ss",
    "%H:%M": "h:mm",
    "%I:%M:%S %p": "h:mm:ss AM/PM",
    "%I:%M %p": "h:mm AM/PM",
}
_MAY_BE_DATE = re.compile(r"(?=.*\d)[\dA-Za-z][\dA-Za-z ,:/-]{3,31}\Z")


def raw(slot: Slot, value: Any, row: int, column: int) -> Slot:
    """The slot after writing a JSON value as it is; `""` blanks it."""
    if isinstance(value, str):
        if not isinstance(slot, Cell):  # nearly all of a big write
            return fitting(value) or None
        return with_value(slot, fitting(value) if value else None)
    if isinstance(value, bool):
        return with_value(slot, value)
    if isinstance(value, int | float):
        return with_value(slot, number(value))
    raise _not_scalar(value, row, column)


def typed(slot: Slot, value: Any, row: int, column: int) -> Slot:
    """The slot after typing a JSON value into the grid."""
    if not isinstance(value, str):
        return raw(slot, value, row, column)
    text = fitting(value)
    if text.startswith("'"):
        return with_value(slot, text[1:] or None)
    if formats.number_format(opened(slot).format)[0] == "TEXT":
        return with_value(slot, text or None)
    if len(text) > 1 and text[0] == "=":
        return with_value(slot, None, text)
    found = _number(text) or _moment(text)
    if found is not None:
        return _formatted(slot, *found)
    if text.upper() in ("TRUE", "FALSE"):
        return with_value(slot, text.upper() == "TRUE")
    if len(text) > 1 and text[0] in "+-" and not text[1].isspace():
        return with_value(slot, None, "=" + text)
    return with_value(slot, text or None)


def _formatted(slot: Slot, value: int | float, kind: str, pattern: str) -> Slot:
    """Typing a date or a percentage gives the cell that format, unless it has a number format already."""
    cell = opened(slot)
    format_: Format | None = cell.format
    if kind and "numberFormat" not in (format_ or {}):
        format_ = {**(format_ or {}), "numberFormat": {"type": kind, "pattern": pattern}}
    return packed(Cell(number(value), None, format_, cell.note))


def _number(text: str) -> tuple[int | float, str, str] | None:
    match = _NUMBER.match(text.strip())
    if match is None or not (match["digits"] or (match["fraction"] or "").strip(".")):
        return None
    digits = (match["digits"] or "0").replace(",", "")
    fraction, exponent = match["fraction"] or "", match["exponent"] or ""
    value: int | float = float(digits + fraction + exponent) if fraction or exponent else int(digits)
    if value in (float("inf"), float("-inf")):
        return None
    if match["sign"] == "-":
        value = -value
    decimals = ".00" if len(fraction) > 1 else ""
    if match["percent"]:
        return value / 100, "PERCENT", f"0{decimals}%"
    if match["dollar"]:
        return value, "CURRENCY", f"$#,##0{decimals}"
    if match["exponent"]:
        return value, "SCIENTIFIC", "0.00E+00"
    if "," in (match["digits"] or ""):
        return value, "NUMBER", f"#,##0{decimals}"
    return value, "", ""


def _moment(text: str) -> tuple[int | float, str, str] | None:
    """A date, a time, or both; the year must be in 1900 to 9999."""
    if not _MAY_BE_DATE.match(text):
        return None
    for written, pattern in _DATES.items():
        moment = _parsed(text, written)
        if moment is not None:
            return formats.serial(moment), "DATE", pattern
        for clock, clock_pattern in _TIMES.items() if ":" in text else ():
            moment = _parsed(text, f"{written} {clock}")
            if moment is not None:
                return formats.serial(moment), "DATE_TIME", f"{pattern} {clock_pattern}"
    for clock, clock_pattern in _TIMES.items() if ":" in text else ():
        moment = _parsed("1899-12-30 " + text, "%Y-%m-%d " + clock)
        if moment is not None:
            return formats.serial(moment), "TIME", clock_pattern
    return None


def _parsed(text: str, pattern: str) -> datetime | None:
    try:
        moment = datetime.strptime(text, pattern)
    except ValueError:
        return None
    return moment if moment.year >= 1900 or moment.date() == formats.EPOCH.date() else None


def _not_scalar(value: Any, row: int, column: int) -> Exception:
    kind = "list_value" if isinstance(value, list) else "struct_value"
    return invalid(f"Invalid values[{row}][{column}]: {kind} {json.dumps(value, ensure_ascii=False)[:200]}")
