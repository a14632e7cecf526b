"""Numbers as a person sees them: the general format, and the patterns of number and date formats.

Understood: `0 # , . % E+00`, quoted text, `$`, and the date letters `y m d h s` with AM/PM; another pattern
is shown in the general format. The locale is en_US. Dates are serial numbers: days since 1899-12-30.
"""

from __future__ import annotations

import math
import re
from datetime import datetime, timedelta

from backend.local.sheets.cells import Cell, Format

EPOCH = datetime(1899, 12, 30)
DATE_TYPES = frozenset({"DATE", "TIME", "DATE_TIME"})

#: What Google shows when a format names a type without a pattern (en_US).
_DEFAULT_PATTERNS = {
    "NUMBER": "#,##0.00",
    "PERCENT": "0.00%",
    "CURRENCY": "$#,##0.00",
    "SCIENTIFIC": "0.00E+00",
    "DATE": "m/d/yyyy",
    "TIME": "h:mm:ss AM/PM",
    "DATE_TIME": "m/d/yyyy h:mm:ss",
}
_MONTHS = tuple(datetime(2000, month, 1).strftime("%B") for month in range(1, 13))
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_DATE_PART = re.compile(r'"([^"]*)"|\\(.)|(AM/PM|am/pm|A/P|a/p)|(y+|m+|M+|d+|h+|H+|s+)|(\.0+)|(.)')
_NUMBER = re.compile(r"[#0,]+(?:\.[#0]+)?")


def number_format(format_: Format | None) -> tuple[str, str]:
    """Type and pattern of a cell's format; empty strings when it has none."""
    given = (format_ or {}).get("numberFormat", {})
    kind = given.get("type", "")
    return kind, given.get("pattern") or _DEFAULT_PATTERNS.get(kind, "")


def is_date(cell: Cell) -> bool:
    return cell.format is not None and number_format(cell.format)[0] in DATE_TYPES


def shown(cell: Cell) -> str:
    """The text in the grid: what FORMATTED_VALUE answers."""
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, str):
        return value
    kind, pattern = number_format(cell.format)
    if not pattern or pattern in ("@", "General"):
        return general(value)
    if kind in DATE_TYPES:
        return _date(value, pattern)
    return _number(value, pattern)


def general(value: int | float) -> str:
    """A number without a format: whole, or with at most ten significant digits."""
    if abs(value) >= 1e15 or (value and abs(value) < 1e-9):
        mantissa, exponent = f"{value:.5E}".split("E")
        return f"{mantissa.rstrip('0').rstrip('.')}E{exponent[0]}{int(exponent[1:]):02d}"
    if isinstance(value, int) or value.is_integer():
        return str(int(value))
    text = f"{value:.10g}"
    if "e" in text:
        text = f"{value:.14f}".rstrip("0")
    return text


def _number(value: int | float, pattern: str) -> str:
    pattern = pattern.split(";")[0]
    scientific = re.search(r"E\+?0+", pattern)
    if scientific:
        digits = len(pattern[: scientific.start()].partition(".")[2])
        return f"{value:.{digits}E}"
    if "%" in pattern:
        value = value * 100
    match = _NUMBER.search(re.sub(r'"[^"]*"', lambda quoted: "\0" * len(quoted[0]), pattern))
    if match is None:
        return general(value)
    whole, _, fraction = match[0].partition(".")
    text = f"{abs(value):{',' if ',' in whole else ''}.{len(fraction)}f}"
    optional = len(fraction) - len(fraction.rstrip("#"))
    while optional and text.endswith("0"):
        text, optional = text[:-1], optional - 1
    text = text.rstrip(".").zfill(whole.count("0")) if fraction else text.zfill(whole.count("0"))
    before, after = pattern[: match.start()], pattern[match.end() :]
    sign = "-" if value < 0 and float(text.replace(",", "") or 0) else ""
    return sign + before.replace('"', "") + text + after.replace('"', "")


def _date(value: int | float, pattern: str) -> str:
    moment = EPOCH + timedelta(milliseconds=round(value * 86_400_000))
    parts = [match.groups() for match in _DATE_PART.finditer(pattern)]
    half_day = any(part[2] for part in parts)
    text = ""
    for place, (quoted, escaped, ampm, letters, fraction, other) in enumerate(parts):
        if letters:
            text += _letters(letters, moment, _is_minute(parts, place), half_day)
        elif ampm:
            name = "AM" if moment.hour < 12 else "PM"
            text += name if ampm.isupper() else name.lower()
        elif fraction:
            text += f".{moment.microsecond:06d}"[: len(fraction)]
        else:
            text += quoted or escaped or other or ""
    return text


def _is_minute(parts: list[tuple[str, ...]], place: int) -> bool:
    """`m` is minutes right after hours or right before seconds, else a month."""
    before = next((part[3] for part in reversed(parts[:place]) if part[3]), "")
    after = next((part[3] for part in parts[place + 1 :] if part[3]), "")
    return before[:1].lower() == "h" or after[:1] == "s"


def _letters(letters: str, moment: datetime, minute: bool, half_day: bool) -> str:
    count, kind = len(letters), letters[0].lower()
    if kind == "y":
        return f"{moment.year:04d}" if count > 2 else f"{moment.year % 100:02d}"
    if kind == "m" and minute and count <= 2:
        return f"{moment.minute:0{count}d}"
    if kind == "m":
        name = _MONTHS[moment.month - 1]
        return (f"{moment.month:0{count}d}", name[:3], name, name[:1])[max(count, 2) - 2 if count < 6 else 2]
    if kind == "d":
        name = _DAYS[moment.weekday()]
        return f"{moment.day:0{count}d}" if count <= 2 else name[:3] if count == 3 else name
    if kind == "h":
        hour = (moment.hour + 11) % 12 + 1 if half_day else moment.hour
        return f"{hour:0{min(count, 2)}d}"
    return f"{moment.second:0{min(count, 2)}d}"


def serial(moment: datetime) -> int | float:
    """The serial number of a date and time."""
    days = (moment - EPOCH) / timedelta(days=1)
    whole = math.floor(days)
    return whole if days == whole else days
