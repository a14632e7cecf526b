"""How a CSV file is written: its delimiter, line ending and quoting, judged from its first part."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Collection

from backend.files.encoding import Encoding
from backend.files.header_row import choose
from backend.files.table import Dialect

#: In the order of preference where nothing else decides.
DELIMITERS = (",", ";", "\t", "|")
_SAMPLE_BYTES = 128 * 1024
_SAMPLE_RECORDS = 200

_SEP_LINE = re.compile(r"sep=([,;\t|:^~])(?:\r\n|\r|\n|$)", re.I)
_QUOTED = re.compile(r'"[^"]*"')
_LINE_END = re.compile(r"\r\n|\r|\n")


def guess(data: bytes, encoding: Encoding, known: Collection[str]) -> Dialect:
    """The dialect of `data`; `known` holds folded header names, which tell the right delimiter best."""
    sample = data[encoding.mark : encoding.mark + _SAMPLE_BYTES].decode(encoding.codec, "ignore")
    whole = len(data) - encoding.mark <= _SAMPLE_BYTES
    sep = _SEP_LINE.match(sample)
    delimiter, spaced = (
        (sep[1], False)
        if sep
        else max(_candidates(sample), key=lambda way: _score(sample, way[0], way[1], whole, known))
    )
    endings = Counter(_LINE_END.findall(_QUOTED.sub("", sample)))
    return Dialect(
        delimiter=delimiter,
        encoding=encoding.codec,
        bom=encoding.mark > 0,
        line_ending=endings.most_common(1)[0][0] if endings else "\r\n",
        quote_all=_quotes_all(sample, delimiter),
        sep_line=sep is not None,
        spaced=spaced,
    )


def _candidates(sample: str) -> list[tuple[str, bool]]:
    plain = [(delimiter, False) for delimiter in DELIMITERS]
    return plain + [(delimiter, True) for delimiter in DELIMITERS if f'{delimiter} "' in sample]


def _score(
    sample: str, delimiter: str, spaced: bool, whole: bool, known: Collection[str]
) -> tuple[int, bool, float, int]:
    """Known headers found, whether the header is as wide as most rows, how many agree, how wide they are."""
    records = _records(sample, delimiter, spaced, whole)
    widths = Counter(len(record) for record in records if any(record))
    if not widths:
        return 0, False, 0.0, 0
    width, agreeing = widths.most_common(1)[0]
    choice = choose([list(record) for record in records], known)
    hits = choice.hits if choice else 0
    if width == 1:
        return hits, False, 0.0, 1
    header_fits = choice is not None and len(records[choice.index]) == width
    return hits, header_fits, agreeing / widths.total(), width


def _records(sample: str, delimiter: str, spaced: bool, whole: bool) -> list[list[str]]:
    reader = csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter, skipinitialspace=spaced)
    records = [record for _, record in zip(range(_SAMPLE_RECORDS), reader, strict=False)]
    # The last record of a part of a file is most likely cut in two.
    return records if whole or len(records) in (1, _SAMPLE_RECORDS) else records[:-1]


def _quotes_all(sample: str, delimiter: str) -> bool:
    """Whether the first lines have every cell in quotation marks, blank ones aside."""
    bare = _QUOTED.sub('"', sample.replace('""', "")[:4096])
    cells = [cell for line in _LINE_END.split(bare)[:-1] for cell in line.split(delimiter) if cell.strip()]
    return bool(cells) and all(cell.strip().startswith('"') for cell in cells)
