"""What an XLSX file of one tab holds besides its rows, and how text is written into XML.

Facts: ECMA-376 part 1, §12.3 (parts), §18.8 (styles), §22.9.2.19 (characters that XML cannot hold).
"""

from __future__ import annotations

import re

from backend.files.xlsx_values import DateForm

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_RELATIONS_TYPE = "application/vnd.openxmlformats-package.relationships+xml"
_DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'

SHEET_PART = "xl/worksheets/sheet1.xml"
SHEET_START = f'{_DECLARATION}<worksheet xmlns="{_MAIN}"><sheetData>'
SHEET_END = "</sheetData></worksheet>"

_FORMATS: dict[DateForm, str] = {
    "date": "yyyy-mm-dd",
    "datetime": "yyyy-mm-dd hh:mm:ss",
    "time": "hh:mm:ss",
    "duration": "[hh]:mm:ss",
}
#: Style 0 is the plain one.
STYLE_OF: dict[DateForm, int] = {form: index for index, form in enumerate(_FORMATS, 1)}
#: Numbers below 164 belong to the built-in formats.
_FIRST_FORMAT = 164

_SPECIAL = re.compile("[&<>\r\0-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]|_x(?=[0-9A-Fa-f]{4}_)")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;", "_x": "_x005F_x"}
_UNFIT_IN_TAB_NAME = re.compile(r"[\[\]:*?/\\\0-\x1f\ufffe\uffff]")


def escaped(text: str) -> str:
    """Text as XML holds it; what XML has no form for becomes `_xHHHH_`, half a surrogate pair U+FFFD."""
    return _SPECIAL.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    found = match[0]
    entity = _ENTITIES.get(found)
    if entity:
        return entity
    return "\ufffd" if "\ud800" <= found <= "\udfff" else f"_x{ord(found):04X}_"


def tab_name(wanted: str) -> str:
    """`wanted` as a tab may be called: 31 characters, without []:*?/\\ and apostrophes at its ends."""
    name = _UNFIT_IN_TAB_NAME.sub(" ", wanted).strip(" '")
    # Cut by UTF-16 units, as the format counts.
    name = name.encode("utf-16-le", "replace")[:62].decode("utf-16-le", "ignore").strip(" '")
    return name or "Sheet1"


def frame(tab: str) -> dict[str, str]:
    """Every part besides the sheet: name → XML."""
    quoted = escaped(tab_name(tab)).replace('"', "&quot;")
    return {
        "[Content_Types].xml": _content_types(),
        "_rels/.rels": _relations({"officeDocument": "xl/workbook.xml"}),
        "xl/workbook.xml": (
            f'{_DECLARATION}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>'
            f'<sheet name="{quoted}" sheetId="1" r:id="rId1"/></sheets></workbook>'
        ),
        "xl/_rels/workbook.xml.rels": _relations(
            {"worksheet": "worksheets/sheet1.xml", "styles": "styles.xml"}
        ),
        "xl/styles.xml": _styles(),
    }


def _content_types() -> str:
    overrides = {"workbook": "sheet.main", "worksheets/sheet1": "worksheet", "styles": "styles"}
    return (
        f'{_DECLARATION}<Types xmlns="{_PACKAGE}/content-types">'
        f'<Default Extension="rels" ContentType="{_RELATIONS_TYPE}"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        + "".join(
            f'<Override PartName="/xl/{part}.xml" ContentType="{_SHEET_TYPE}.{kind}+xml"/>'
            for part, kind in overrides.items()
        )
        + "</Types>"
    )


def _relations(targets: dict[str, str]) -> str:
    entries = "".join(
        f'<Relationship Id="rId{i}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
        for i, (kind, target) in enumerate(targets.items(), 1)
    )
    return f'{_DECLARATION}<Relationships xmlns="{_PACKAGE}/relationships">{entries}</Relationships>'


def _styles() -> str:
    numbers = range(_FIRST_FORMAT, _FIRST_FORMAT + len(_FORMATS))
    formats = "".join(
        f'<numFmt numFmtId="{number}" formatCode="{code}"/>'
        for number, code in zip(numbers, _FORMATS.values(), strict=True)
    )
    plain = 'fontId="0" fillId="0" borderId="0"'
    cells = "".join(f'<xf numFmtId="{number}" {plain} xfId="0" applyNumberFormat="1"/>' for number in numbers)
    return (
        f'{_DECLARATION}<styleSheet xmlns="{_MAIN}"><numFmts count="{len(_FORMATS)}">{formats}</numFmts>'
        '<fonts count="1"><font><sz val="11"/><name val="Calibri"/></font></fonts>'
        # The first two fills are reserved by the format.
        '<fills count="2"><fill><patternFill patternType="none"/></fill>'
        '<fill><patternFill patternType="gray125"/></fill></fills>'
        '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
        f'<cellStyleXfs count="1"><xf numFmtId="0" {plain}/></cellStyleXfs>'
        f'<cellXfs count="{len(_FORMATS) + 1}"><xf numFmtId="0" {plain} xfId="0"/>{cells}</cellXfs>'
        '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
    )
