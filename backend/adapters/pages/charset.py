"""Bytes of a page to text: the byte order mark, UTF-8 where it fits, the declared charset, a guess."""

from __future__ import annotations

import codecs
import re

from charset_normalizer import from_bytes

#: Bytes in which a page must declare its charset (1,024 in the HTML standard; real pages come later).
DECLARED_WITHIN = 4096
#: Bytes that a guess looks at: enough for a language, few enough to take milliseconds.
GUESSED_FROM = 8192

_IN_META = re.compile(rb"""(?i)<meta[^>]{0,200}?charset\s*=\s*["']?\s*([a-z0-9_:.-]{1,40})""")
_IN_XML = re.compile(rb"""(?i)^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([a-z0-9_:.-]{1,40})""")
_IN_HEADER = re.compile(r"""(?i)charset\s*=\s*["']?\s*([a-z0-9_:.-]{1,40})""")
_TAG = re.compile(rb"<[^<>]{0,500}>")
_HIGH = bytes(range(128, 256))
_SEVEN_BIT_JAPANESE = (b"\x1b$", b"\x1b(")

#: What browsers understand by a label (WHATWG Encoding), where Python's codec of that name knows less.
_AS_BROWSERS = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "shift_jis": "cp932",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "euc_kr": "cp949",
    "big5": "big5hkscs",
}
#: What a page without a declaration may be in: one charset for each family of languages, no look-alikes.
_GUESSABLE = [
    *("cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "cp874", "koi8_r"),
    *("cp932", "euc_jp", "gb18030", "big5", "cp949"),
]
#: Codecs that pages are written in. Others that Python has (punycode, idna, unicode_escape, zlib …) are
#: no charsets, and some take quadratic time.
_CHARSETS = re.compile(
    r"utf-8|utf-16(-[lb]e)?|cp125[0-8]|cp874|cp866|cp932|cp949|gb18030|big5hkscs|euc_jp|iso2022_jp"
    r"|koi8-[ru]|iso8859-\d{1,2}|mac-roman|mac-cyrillic|johab|hz"
)


def to_text(body: bytes, content_type: str = "") -> str:
    """The page's text; never fails, what cannot be decoded becomes U+FFFD. `content_type` is the header."""
    for mark, name in (
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ):
        if body.startswith(mark):
            return body[len(mark) :].decode(name, "replace")
    declared = _declared(body, content_type)
    if not any(mark in body for mark in _SEVEN_BIT_JAPANESE):
        try:
            return body.decode("utf-8")
        except UnicodeDecodeError as error:
            if declared is None and error.start > len(body) - 4:
                return body.decode("utf-8", "replace")
    return body.decode(declared or _guessed(body), "replace")


def _declared(body: bytes, content_type: str) -> str | None:
    head = body[:DECLARED_WITHIN]
    in_page = _IN_META.search(head) or _IN_XML.search(head)
    in_header = _IN_HEADER.search(content_type)
    for label in (in_header and in_header[1], in_page and in_page[1].decode("ascii")):
        name = _codec(label) if label else None
        # A header that says utf-8 has just been proved wrong; a byte-wide charset in the page may be right.
        if name is not None and name != "utf-8":
            return name
    return None


def _codec(label: str) -> str | None:
    label = {
        "x-sjis": "shift_jis",
        "windows-31j": "shift_jis",
        "x-gbk": "gbk",
        "ks_c_5601-1987": "euc_kr",
    }.get(label.lower(), label)
    try:
        name = codecs.lookup(label).name
    except LookupError:
        return None
    name = _AS_BROWSERS.get(name, name)
    return name if _CHARSETS.fullmatch(name) else None


def _guessed(body: bytes) -> str:
    # The part with most bytes above ASCII tells most; it is looked for in steps, not byte by byte.
    pieces = [body[at : at + GUESSED_FROM] for at in range(0, len(body), GUESSED_FROM)]
    sample = max(pieces, key=lambda piece: len(piece) - len(piece.translate(None, _HIGH)), default=b"")
    matches = from_bytes(_TAG.sub(b" ", sample), steps=3, chunk_size=1024, cp_isolation=_GUESSABLE)
    best = matches.best()
    if best is None or any(match.encoding == "cp1252" and match.chaos <= best.chaos for match in matches):
        return "cp1252"  # where several fit equally, the most frequent one
    return _codec(best.encoding) or "cp1252"
