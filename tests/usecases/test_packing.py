"""What a look saw comes back as it was, whatever stood in its cells."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from backend.usecases.batch.packing import pack, unpack
from backend.usecases.batch.seen import Seen

CELLS = st.text() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False)
ROWS = st.builds(Seen, st.text(), st.dictionaries(st.integers(0, 30), CELLS))


@given(st.lists(ROWS))
def test_rows_come_back(rows: list[Seen]) -> None:
    assert unpack(pack(rows)) == rows


def test_of_nothing_comes_nothing() -> None:
    assert unpack(b"") == []
