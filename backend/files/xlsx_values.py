"""What stands in a workbook's cells: shared texts, number formats that mean dates, escaped characters.

Facts: ECMA-376 part 1, §18.3.1.4 (c), §18.8.30 (numFmt), §18.17.4 (dates), §22.9.2.19 (ST_Xstring).
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Literal

from backend.files.table import Cell, Dated
from backend.files.xlsx_package import Attributes, Package, local

DateForm = Literal["date", "datetime", "time", "duration"]

_BUILT_IN: dict[int, DateForm] = {
    **dict.fromkeys((14, 15, 16, 17, *range(27, 32), *range(34, 37), *range(50, 59)), "date"),
    **dict.fromkeys((18, 19, 20, 21, 32, 33, 45, 47), "time"),
    22: "datetime",
    46: "duration",
}
#: Quoted words, escaped characters, fillers and [Red], [$-409], [>100]: none of them formats a date part.
_LITERALS = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?![hms]+\])[^\]]*\]', re.I)
_ELAPSED = re.compile(r"\[[hms]+\]", re.I)

_EPOCH_1900 = dt.datetime(1899, 12, 30)
_EPOCH_1904 = dt.datetime(1904, 1, 1)
#: The 1900 system counts a 29 February 1900 that never was; before it, serials are one day off.
_LEAP_BUG_SERIAL = 60
#: 31 December 9999, the last day that spreadsheets know.
_LAST_SERIAL = 2_958_466

_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
_SURROGATES = re.compile("[\ud800-\udfff]")


def unescaped(text: str) -> str:
    """Text with its `_xHHHH_` escapes (characters that XML cannot hold) turned back."""
    if "_x" not in text:
        return text
    plain = _ESCAPE.sub(lambda match: chr(int(match[1], 16)), text)
    if _SURROGATES.search(plain):
        # Two escaped halves make one character; a half alone makes none.
        return plain.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return plain


def shared_texts(package: Package, part: str) -> list[str]:
    """The shared string table: runs of rich text joined, phonetic hints left out."""
    texts: list[str] = []
    pieces: list[str] = []
    inside = phonetic = False

    def start(tag: str, _: Attributes) -> None:
        nonlocal inside, phonetic
        name = local(tag)
        if name == "t":
            inside = not phonetic
        elif name == "si":
            pieces.clear()
        elif name == "rPh":
            phonetic = True

    def end(tag: str) -> None:
        nonlocal inside, phonetic
        name = local(tag)
        if name == "t":
            inside = False
        elif name == "si":
            texts.append(unescaped("".join(pieces)))
        elif name == "rPh":
            phonetic = False

    def text(data: str) -> None:
        if inside:
            pieces.append(data)

    if part in package:
        package.parse(part, start=start, end=end, text=text)
    return texts


def date_styles(package: Package, part: str) -> dict[str, DateForm]:
    """Cell style index (as it is written) → which kind of date it shows; other styles are absent."""
    custom: dict[int, DateForm | None] = {}
    styles: dict[str, DateForm] = {}
    path: list[str] = []
    position = 0

    def start(tag: str, attributes: Attributes) -> None:
        nonlocal position
        name = local(tag)
        if name == "numFmt" and path[-1:] == ["numFmts"]:
            custom[_number(attributes.get("numFmtId"))] = date_form(attributes.get("formatCode", ""))
        elif name == "xf" and path[-1:] == ["cellXfs"]:
            number = _number(attributes.get("numFmtId"))
            form = custom[number] if number in custom else _BUILT_IN.get(number)
            if form:
                styles[str(position)] = form
            position += 1
        path.append(name)

    def end(_: str) -> None:
        path.pop()

    if part in package:
        package.parse(part, start=start, end=end)
    return styles


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else -1


def date_form(code: str) -> DateForm | None:
    """Which kind of date a number format shows, or None for a plain number."""
    positive = _LITERALS.sub("", code).split(";")[0].lower()
    if positive == "general":
        return None
    if _ELAPSED.search(positive):
        return "duration"
    has_day = any(letter in positive for letter in "yd") or (
        "m" in positive and not any(letter in positive for letter in "hs")
    )
    has_time = any(letter in positive for letter in "hs")
    if has_day:
        return "datetime" if has_time else "date"
    return "time" if has_time else None


def number(text: str) -> Cell:
    """A stored number: whole ones as int, others as float; what is no finite number stays text."""
    try:
        value = float(text)
    except ValueError:
        return text
    if value != value or value in (float("inf"), float("-inf")):
        return text
    # 2**53: beyond it, a float no longer tells neighbouring integers apart.
    return int(value) if value.is_integer() and abs(value) <= 2**53 else value


def dated(text: str, form: DateForm, *, from_1904: bool) -> Cell:
    """A stored number under a date format, as ISO text; a number that is no date stays a number."""
    value = number(text)
    if not isinstance(value, int | float) or not 0 <= value < _LAST_SERIAL:
        return value
    if form == "duration":
        return Dated(_clock(round(value * 86_400)))
    if form == "time" and value < 1:
        return Dated(_clock(round(value * 86_400) % 86_400))
    days = value if from_1904 or value >= _LEAP_BUG_SERIAL else value + 1
    # Rounded to the second: a serial carries about 15 digits, which is some microseconds of noise.
    moment = (_EPOCH_1904 if from_1904 else _EPOCH_1900) + dt.timedelta(seconds=round(days * 86_400))
    if form == "date" and moment.time() == dt.time():
        return Dated(moment.date().isoformat())
    return Dated(moment.isoformat(sep=" "))


def _clock(seconds: int) -> str:
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
