"""Which encoding a text file is in: its mark, else what its bytes allow, else what reads like words.

UTF-8 and UTF-16 prove themselves. Among the older encodings nothing does, so Windows' Western European one
is taken unless the text it gives looks wrong; only then charset-normalizer is asked.
"""

from __future__ import annotations

import codecs
import re
from collections import Counter
from dataclasses import dataclass

from charset_normalizer import from_bytes

from backend.errors import Invalid

_MARKS: tuple[tuple[bytes, str], ...] = (
    (codecs.BOM_UTF8, "utf-8"),
    # Before UTF-16: its mark begins with that of UTF-16.
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SAMPLE = 64 * 1024
#: What charset-normalizer chooses from once the Western reading has been ruled out.
_OTHERS = [
    *("cp932", "euc_jp", "gb18030", "big5", "euc_kr"),
    *("cp1251", "koi8_r", "cp1250", "mac_roman", "cp1253", "cp1254", "cp1255", "cp1256", "cp874"),
]
_WESTERN = "cp1252"
#: How Central European text looks when it is read as Western: some of each of the first two groups of
#: letters, none of the third. No Western language has them together.
_CENTRAL_EUROPEAN = (
    ("ø", "èìùò", "åæ"),  # ř beside č, ě, ů, ň: Czech
    ("šž", "èæð", "øå"),  # š, ž beside č, ć, đ: Slovene, Croatian
    ("õ", "áéíóú", "ãçä"),  # ő beside á, é: Hungarian
    ("þº", "ãâî", "ðö"),  # ţ, ş beside ă: Romanian
)

_HIGH_RUN = re.compile(rb"[\x80-\xff]+")
#: What Western text hardly ever holds: stray signs, a capital amid small letters, a fraction inside a word.
_UNWESTERN = re.compile(
    "[ƒ‚ˆ˜‡¤¦¬¯¸¨\x80-\x9f]|(?<=[a-zà-ÿ])[À-ÖØ-ÞŠŽŸŒ]|(?<=[a-zà-ÿ])[¹³¿¾¼½£¥ª](?=[a-zà-ÿ])"
)
_MULTIBYTE = re.compile(rb"[\xc2-\xf4][\x80-\xbf]+")
_ESCAPED = re.compile("[\udc80-\udcff]")
_CONTROLS = re.compile(rb"[\x01-\x08\x0e-\x19\x1c-\x1f\x7f]")

#: Name of the error handler that reads a byte which is no UTF-8 as Windows' Western European character.
REPAIR = "rowmill-repair"


@dataclass(frozen=True, slots=True)
class Encoding:
    """How to decode a file: a codec, the length of the mark before the text, what to do with bad bytes."""

    codec: str
    mark: int = 0
    errors: str = "strict"
    #: A sentence when some bytes had to be guessed.
    note: str | None = None


def detect(data: bytes, *, name: str) -> Encoding:
    """The encoding of `data`; decoding with it never fails. Raises Invalid for what is no text."""
    codecs.register_error(REPAIR, _repair)
    for mark, codec in _MARKS:
        if data.startswith(mark):
            return _marked(data, codec, len(mark))
    sample = data[:_SAMPLE]
    zeros = sample.count(0)
    is_utf8 = _decodes(data, "utf-8")
    if zeros * 5 > len(sample) or (zeros and not is_utf8):
        utf16 = _unmarked_utf16(data)
        if utf16:
            return Encoding(utf16)
    # Text that is UTF-8 throughout may hold a few control characters; rubbish rarely is UTF-8.
    controls = len(_CONTROLS.findall(sample)) + zeros
    if controls > (64 + len(sample) // 10 if is_utf8 else 4 + len(sample) // 50):
        raise Invalid(
            f'"{name}" is neither text nor a workbook (it holds binary data). Use a CSV or XLSX file.'
        )
    if is_utf8:
        return Encoding("utf-8")
    bad, good = _count_utf8(data)
    return _damaged_utf8(bad, mark=0) if good >= 10 * bad else Encoding(_older(data))


def _marked(data: bytes, codec: str, mark: int) -> Encoding:
    if _decodes(data[mark:], codec):
        return Encoding(codec, mark)
    if codec == "utf-8":
        return _damaged_utf8(_count_utf8(data)[0], mark=mark)
    return Encoding(codec, mark, "replace", "Some characters of the file are damaged and shown as \ufffd.")


def _unmarked_utf16(data: bytes) -> str | None:
    """UTF-16 shows by where the zero bytes of its ASCII characters stand: all odd or all even."""
    sample = data[:_SAMPLE]
    odd, even = sample[1::2].count(0), sample[::2].count(0)
    codec, stray = ("utf-16-le", even) if odd > even else ("utf-16-be", odd)
    # A few stray zeros in another encoding would not give line ends when read in pairs.
    plausible = stray * 20 <= odd + even and re.search("[\r\n]", sample.decode(codec, "ignore"))
    return codec if plausible and _decodes(data, codec) else None


def _count_utf8(data: bytes) -> tuple[int, int]:
    """Bytes that are not UTF-8, and characters beyond ASCII that are."""
    bad = len(_ESCAPED.findall(data.decode("utf-8", "surrogateescape")))
    return bad, len(_MULTIBYTE.findall(data))


def _damaged_utf8(bad: int, *, mark: int) -> Encoding:
    """UTF-8 with a few bad bytes, as when files of two encodings were joined."""
    plural = "s of the file are" if bad > 1 else " of the file is"
    note = f"{bad:,} byte{plural} not UTF-8 and read as Western European (Windows-1252)."
    return Encoding("utf-8", mark, REPAIR, note)


def _repair(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    bad = error.object[error.start : error.end]
    return bad.decode(_WESTERN, "replace"), error.end


def _older(data: bytes) -> str:
    sample = _lines_with_high_bytes(data)
    # Latin-1 gives every byte a character, so there always is an answer.
    candidates = [_WESTERN, "cp1250", "latin-1"]
    if not _reads_western(sample):
        guess = from_bytes(sample, cp_isolation=_OTHERS).best()
        candidates[:0] = [guess.encoding] if guess else []
    elif _is_central_european(sample):
        candidates[:0] = ["cp1250"]
    return next(codec for codec in candidates if _decodes(data, codec))


def _lines_with_high_bytes(data: bytes) -> bytes:
    first = next(_HIGH_RUN.finditer(data)).start()
    begin = data.rfind(b"\n", 0, first) + 1
    window = data[max(begin, first - _SAMPLE) : first + 8 * _SAMPLE]
    return b"\n".join(line for line in window.split(b"\n") if not line.isascii())[:_SAMPLE]


def _reads_western(sample: bytes) -> bool:
    runs = [len(run) for run in _HIGH_RUN.findall(sample)]
    in_long_runs = sum(length for length in runs if length >= 3)
    if in_long_runs * 10 > sum(runs) * 3:
        return False  # whole words without a plain letter: another script
    text = sample.decode(_WESTERN, "replace").replace("\ufffd", "\x81")
    return len(_UNWESTERN.findall(text)) * 10 <= sum(runs)


def _is_central_european(sample: bytes) -> bool:
    counts = Counter(sample.decode(_WESTERN, "replace").lower())
    # A foreign name or two in a long list decides nothing.
    enough = sum(count for letter, count in counts.items() if letter > "\x7f") / 20

    def some(letters: str) -> bool:
        return sum(counts[letter] for letter in letters) >= enough

    return any(
        some(first) and some(second) and not some(absent) for first, second, absent in _CENTRAL_EUROPEAN
    )


def _decodes(data: bytes, codec: str) -> bool:
    try:
        data.decode(codec)
    except UnicodeDecodeError:
        return False
    return True
