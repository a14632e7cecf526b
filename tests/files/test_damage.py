"""A damaged or hostile file gives a table or a sentence; never a traceback, never the end of the process."""

from __future__ import annotations

import io
import random
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from backend.errors import Invalid, Rejected, TooLarge
from backend.files.limits import Limits
from backend.files.reading import read_table
from backend.files.writing import write_table
from tests.files.tables import a_table

UGLY = Path(__file__).parent / "ugly"
#: Address space, Python's own included: what a bomb would take is a hundred times as much.
MEMORY_BYTES = 512_000_000


def a_workbook(**parts: bytes) -> bytes:
    """A good workbook of ours, with some of its parts replaced; dots and slashes as underscores in names."""
    file = io.BytesIO()
    write_table(file, a_table(["A Co", "https://a.example"]), [], kind="xlsx")
    with zipfile.ZipFile(file) as archive:
        held = {name: archive.read(name) for name in archive.namelist()}
    for name in held:
        held[name] = parts.pop(name.replace("/", "_").replace(".", "_"), held[name])
    assert not parts
    return zipped(held)


def zipped(parts: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return file.getvalue()


def outcome(data: bytes, limits: Limits | None = None) -> str:
    try:
        read_table(data, name="damaged", known_headers=["Company Name"], limits=limits)
    except Rejected as refusal:
        return "refused" if '"damaged"' in str(refusal) else f"refused without its name: {refusal}"
    return "read"


@pytest.mark.parametrize(
    "path", sorted(UGLY.glob("*.xlsx")) + sorted(UGLY.glob("*.csv")), ids=lambda p: p.name
)
def test_flipped_bytes_give_a_table_or_a_sentence(path: Path) -> None:
    chance = random.Random(path.name)
    original = path.read_bytes()
    for _ in range(12):
        data = bytearray(original)
        for _ in range(chance.choice([1, 1, 2, 8])):
            if data:
                data[chance.randrange(len(data))] = chance.randrange(256)
        if chance.random() < 0.3:
            del data[chance.randrange(len(data) + 1) :]
        assert outcome(bytes(data)) in ("read", "refused")


def test_damaged_xml_in_a_sound_archive_gives_a_table_or_a_sentence() -> None:
    chance = random.Random(5)
    with zipfile.ZipFile(io.BytesIO(a_workbook())) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    seen = set()
    for _ in range(400):
        name = chance.choice(list(parts))
        data = bytearray(parts[name])
        at = chance.randrange(len(data))
        data[at : at + chance.choice([0, 1, 3, 30])] = chance.choice(
            [b"", b"<", b"9", b"-1", b'"', b"&#0;", b"\xff", b"99999999999", b"<c>", b"</row>", b"\0"]
        )
        seen.add(outcome(zipped(parts | {name: bytes(data)})))
    assert seen == {"read", "refused"}


def test_a_part_that_inflates_without_end_is_refused() -> None:
    bomb = a_workbook(xl_worksheets_sheet1_xml=b"<worksheet>" + b" " * 40_000_000)
    with pytest.raises(TooLarge, match=r"unpacks from 0\.0 MB to more than"):
        read_table(bomb, name="bomb.xlsx")


def test_a_part_that_is_larger_than_it_says_is_counted_by_what_it_gives() -> None:
    bomb = bytearray(a_workbook(xl_worksheets_sheet1_xml=b"<worksheet>" + b" " * 40_000_000))
    claimed = (40_000_011).to_bytes(4, "little")
    assert bomb.count(claimed) == 2
    lying = bytes(bomb).replace(claimed, (400).to_bytes(4, "little"))
    with pytest.raises(TooLarge, match="unpacks"):
        read_table(lying, name="bomb.xlsx")


def test_honest_workbooks_that_deflate_well_are_read() -> None:
    table = a_table(*[["The same name in every row", "https://same.example"]] * 40_000)
    file = io.BytesIO()
    write_table(file, table, [], kind="xlsx")
    assert len(read_table(file.getvalue(), name="same.xlsx").rows) == 40_000


def test_too_many_cells_are_refused_while_they_are_read() -> None:
    row = b'<row r="1">' + b"<c><v>1</v></c>" * 2_000 + b"</row>"
    sheet = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    many = a_workbook(xl_worksheets_sheet1_xml=sheet + row * 20 + b"</sheetData></worksheet>")
    with pytest.raises(TooLarge, match="more than 10,000 cells"):
        read_table(many, name="many.xlsx", limits=Limits(cells=10_000))
    formatted = a_workbook(
        xl_worksheets_sheet1_xml=sheet + row.replace(b"<v>1</v>", b"") * 60 + b"</sheetData></worksheet>"
    )
    with pytest.raises(TooLarge, match="more than 10,000 cells"):
        read_table(formatted, name="many.xlsx", limits=Limits(cells=10_000))


def test_far_cells_count_by_the_blanks_before_them() -> None:
    row = b'<row><c r="XFD1"><v>1</v></c></row>'
    sheet = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    wide = a_workbook(xl_worksheets_sheet1_xml=sheet + row * 1_000 + b"</sheetData></worksheet>")
    with pytest.raises(TooLarge, match="more than 5,000,000 cells"):
        read_table(wide, name="wide.xlsx")


def test_an_archive_of_very_many_parts_is_refused() -> None:
    parts = {f"xl/media/{i}.png": b"" for i in range(60)} | {"xl/workbook.xml": b"<workbook/>"}
    with pytest.raises(TooLarge, match="more than 50 parts"):
        read_table(zipped(parts), name="parts.xlsx", limits=Limits(parts=50))


@pytest.mark.parametrize("reference", ["1", "!1", "ZZZ1", "AAAA1", "\u00c41", "A" * 9_999, "-5", "A1B2"])
def test_a_cell_with_an_impossible_name_is_refused_at_once(reference: str) -> None:
    sheet = (
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1">'
        f'<c r="{reference}"><v>1</v></c></row></sheetData></worksheet>'
    )
    with pytest.raises(Invalid, match="a cell is called"):
        read_table(a_workbook(xl_worksheets_sheet1_xml=sheet.encode()), name="names.xlsx")


def test_a_locked_archive_is_named_as_one() -> None:
    data = bytearray(a_workbook())
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.find(signature)
        while at >= 0:
            data[at + flags] |= 1
            at = data.find(signature, at + 4)
    with pytest.raises(Invalid, match="protected by a password"):
        read_table(bytes(data), name="locked.xlsx")


HOSTILE = [
    "value-in-the-last-cell.xlsx",
    "texts-counted-in-billions.xlsx",
    "entities-in-the-sheet.xlsx",
    "entities-in-the-texts.xlsx",
    "value-far-to-the-right.xlsx",
]


def test_hostile_workbooks_stay_within_little_memory() -> None:
    program = (
        "import resource, sys\n"
        f"resource.setrlimit(resource.RLIMIT_AS, ({MEMORY_BYTES}, {MEMORY_BYTES}))\n"
        "from pathlib import Path\n"
        "from backend.errors import Rejected\n"
        "from backend.files.reading import read_table\n"
        "for path in map(Path, sys.argv[1:]):\n"
        "    try:\n"
        "        read_table(path, name=path.name)\n"
        "    except Rejected as refusal:\n"
        "        print(refusal)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *(str(UGLY / name) for name in HOSTILE)],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert len(done.stdout.splitlines()) == 3
