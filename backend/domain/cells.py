"""A cell's value: what it is as text, when it is blank, how long it may be, whether it could be a formula."""

from __future__ import annotations

#: Characters a cell of Google Sheets holds; one longer cell fails the whole request it travels in.
#: https://support.google.com/docs/answer/37603
CELL_LIMIT = 50_000

#: What a spreadsheet program may take for the start of a formula (OWASP, "CSV Injection"), and the
#: full-width and small forms of these signs, which some programs fold into them.
FORMULA_STARTS = frozenset("=+-@" + "＝＋－＠" + "﹦﹢﹣﹫")
#: Control characters that some importers drop or split at, so that what follows starts the cell.
CONTROL_STARTS = frozenset("\t\r\n\0")
#: Seen by nobody and not removed by `str.strip`: NUL, the soft hyphen, zero-width spaces and joiners,
#: direction marks, the byte order mark, the fillers of Hangul and the blank of Braille.
INVISIBLE = frozenset(
    "\0\u00ad\u061c\u180e\u200b\u200c\u200d\u200e\u200f\u2060\u2061\u2062\u2063\u2064\ufeff"
    "\u115f\u1160\u3164\uffa0\u2800"
)

_GUARD = "'"
_CUT = "…"
#: Floats hold every integer up to here, so a whole number below it is written without its ".0".
_EXACT_INTEGERS = 2.0**53


def inert(text: str) -> str:
    """`text` so that no spreadsheet takes it for a formula, wherever it is pasted or exported to.

    An apostrophe goes in front of text whose first visible character is `=`, `+`, `-`, `@` or a form of
    them, and of text that starts with a tab or a line break. Guarded text stays as it is.
    """
    if not text:
        return text
    if text[0] in CONTROL_STARTS:
        return _GUARD + text
    for character in text:
        if character in FORMULA_STARTS:
            return _GUARD + text
        if not (character.isspace() or character in INVISIBLE):
            return text
    return text


def capped(text: str, limit: int = CELL_LIMIT) -> str:
    """`text`, cut to `limit` characters, the last of them an ellipsis where something was cut.

    Counted in UTF-16 units, as spreadsheets count: an emoji is two. `inert` may add one character, so text
    that goes through both is capped one shorter first: `inert(capped(text, limit - 1))`.
    """
    if utf16_length(text) <= limit:
        return text
    # utf-16-le has two bytes a unit; "ignore" drops the half of a pair that the cut would leave.
    kept = text.encode("utf-16-le", "surrogatepass")[: 2 * (limit - len(_CUT))]
    return kept.decode("utf-16-le", "ignore") + _CUT


def utf16_length(text: str) -> int:
    """The number of UTF-16 units of `text`."""
    if text.isascii():
        return len(text)
    return len(text) + sum(character > "\uffff" for character in text)


def is_blank(value: object) -> bool:
    """Whether a person sees nothing in the cell: empty, or made of spaces and invisible characters alone."""
    if value is None:
        return True
    return isinstance(value, str) and not _visible(value)


def as_text(value: object) -> str:
    """The cell as text: whole numbers without ".0", booleans as TRUE and FALSE, an empty cell as ""."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float) and abs(value) < _EXACT_INTEGERS and value == int(value):
        return str(int(value))
    return str(value)


def _visible(text: str) -> str:
    rest = text.strip()
    # Most cells show something at their first character; only the others pay for the walk.
    if not rest or rest[0] not in INVISIBLE:
        return rest
    return "".join(character for character in rest if character not in INVISIBLE).strip()
