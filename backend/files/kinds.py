"""What a file really is, told by its content and never by its name alone."""

from __future__ import annotations

import io
import json
import re
import zipfile

from backend.errors import Invalid
from backend.files.table import Kind

_SAVE_AS = "Open it in a spreadsheet program, save it as XLSX or CSV, and use that file."

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
#: Streams of an OLE container are named in UTF-16.
_ENCRYPTED_STREAM = "EncryptedPackage".encode("utf-16-le")
_XLS_STREAMS = ("Workbook".encode("utf-16-le"), "Book".encode("utf-16-le"))

#: First bytes → what a person calls such a file.
_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"%PDF-", "a PDF document"),
    (b"\x89PNG", "a picture (PNG)"),
    (b"\xff\xd8\xff", "a picture (JPEG)"),
    (b"GIF8", "a picture (GIF)"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ\x00", "an xz archive"),
    (b"SQLite format 3\x00", "an SQLite database"),
    (b"PAR1", "a Parquet file"),
    (b"{\\rtf", "an RTF document"),
    (b"\x7fELF", "a program"),
    (b"MZ\x90\x00", "a program"),
)

_HTML = re.compile(
    rb"(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|meta|body|table|style|div)[\s>]", re.I | re.S
)
_WORKBOOK_PART = re.compile(r"xl/workbook\d*\.xml", re.I)
_BYTE_ORDER_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")


def recognise(data: bytes, *, name: str) -> Kind:
    """The kind of `data`. Raises Invalid, naming what was found and what to do, for anything else."""
    if data.startswith(_OLE):
        raise Invalid(_ole_sentence(data, name))
    for signature, found in _SIGNATURES:
        if data.startswith(signature):
            raise Invalid(f'"{name}" is {found}, not a table. Use a CSV or XLSX file.')
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        _require_workbook(data, name)
        return "xlsx"
    _refuse_markup(data, name)
    return "csv"


def _ole_sentence(data: bytes, name: str) -> str:
    if _ENCRYPTED_STREAM in data:
        return (
            f'"{name}" is protected by a password. Remove the password in Excel, save it, and use that file.'
        )
    if any(stream in data for stream in _XLS_STREAMS):
        return f'"{name}" is a workbook of the old format (.xls). {_SAVE_AS}'
    return f'"{name}" is a document of an old Office format, not a table. {_SAVE_AS}'


def _require_workbook(data: bytes, name: str) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = {part.replace("\\", "/") for part in archive.namelist()}
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError) as error:
        raise Invalid(
            f'"{name}" is a damaged workbook or archive: it is incomplete. Download or save it again.'
        ) from error
    # Some exports number it: xl/workbook2.xml.
    if any(_WORKBOOK_PART.fullmatch(part) for part in parts):
        return
    raise Invalid(_archive_sentence(parts, name))


def _archive_sentence(parts: set[str], name: str) -> str:
    if "xl/workbook.bin" in parts:
        return f'"{name}" is a binary workbook (.xlsb). {_SAVE_AS}'
    if "content.xml" in parts and "mimetype" in parts:
        return f'"{name}" is an OpenDocument file (.ods or the like). {_SAVE_AS}'
    if "Index/Document.iwa" in parts or "Index.zip" in parts:
        return f'"{name}" is an Apple Numbers or Pages file. Export it as XLSX or CSV, and use that file.'
    if any(part.startswith("word/") for part in parts):
        return f'"{name}" is a Word document, not a table. Use a CSV or XLSX file.'
    if any(part.startswith("ppt/") for part in parts):
        return f'"{name}" is a PowerPoint presentation, not a table. Use a CSV or XLSX file.'
    held = sorted(part for part in parts if not part.endswith("/"))
    listing = (
        f" (it holds {', '.join(held[:3])}{', …' if len(held) > 3 else ''})" if held else " (it is empty)"
    )
    return f'"{name}" is a ZIP archive without a workbook{listing}. Unpack it and use a CSV or XLSX file.'


def _refuse_markup(data: bytes, name: str) -> None:
    start = data[:4096]
    if start.startswith(_BYTE_ORDER_MARKS[1:]):
        start = start.replace(b"\0", b"")[2:]
    start = start.removeprefix(_BYTE_ORDER_MARKS[0]).lstrip()
    if _HTML.match(start):
        raise Invalid(f'"{name}" is a web page (HTML), whatever its name says. {_SAVE_AS}')
    if start.startswith(b"<?xml"):
        if b"urn:schemas-microsoft-com:office:spreadsheet" in data[:4096]:
            raise Invalid(f'"{name}" is an XML spreadsheet of Excel 2003. {_SAVE_AS}')
        if _HTML.search(start):
            raise Invalid(f'"{name}" is a web page (HTML), whatever its name says. {_SAVE_AS}')
        raise Invalid(f'"{name}" is an XML document, not a table. Use a CSV or XLSX file.')
    if start.startswith((b"{", b"[")) and _is_json(data):
        raise Invalid(f'"{name}" is JSON, not a table. Use a CSV or XLSX file.')


def _is_json(data: bytes) -> bool:
    text = data[:1_000_000].decode("utf-8-sig", "replace").lstrip()
    try:
        value, end = json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError):
        # Longer than what was looked at, or cut off: its first brackets tell.
        return text.startswith(('[{"', '{"', "[\n", "{\n"))
    return isinstance(value, dict | list) and text[end : end + 1] in ("", "\r", "\n")
