"""A file that cannot be had is named in one sentence that says what to do."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.errors import Invalid, TooLarge
from backend.files.limits import Limits
from backend.files.reading import read_table


def refusal(path: Path) -> str:
    with pytest.raises(Invalid) as refused:
        read_table(path, name=path.name)
    return str(refused.value)


def test_a_missing_file(tmp_path: Path) -> None:
    assert refusal(tmp_path / "no.csv") == 'There is no file "no.csv". Check the path and the spelling.'


def test_a_path_through_a_file(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("x")
    assert refusal(tmp_path / "rows.csv" / "no.csv").startswith('There is no file "no.csv"')


def test_a_folder(tmp_path: Path) -> None:
    (tmp_path / "rows").mkdir()
    assert refusal(tmp_path / "rows") == '"rows" is a folder. Name the CSV or XLSX file inside it.'


def test_a_pipe_is_refused_and_not_waited_on(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert refusal(tmp_path / "pipe").startswith('"pipe" is not a regular file.')


def test_a_file_of_somebody_else(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("x")
    path.chmod(0)
    with without_root():
        sentence = refusal(path)
    assert sentence == '"rows.csv" may not be read by this user. Change its permissions or copy it.'


@contextlib.contextmanager
def without_root() -> Iterator[None]:
    """Nothing is unreadable to root, which tests in a container often are."""
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(user)


def test_a_name_that_no_system_takes() -> None:
    assert refusal(Path("x" * 5_000)).endswith("cannot be read: File name too long.")
    assert "cannot be read" in refusal(Path("nul\0byte"))


def test_a_large_file_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    with path.open("wb") as file:
        file.truncate(10**12)
    with pytest.raises(TooLarge, match="larger than 20 MB"):
        read_table(path, name="rows.csv")


def test_an_endless_stream_is_read_up_to_the_limit() -> None:
    with Path("/dev/zero").open("rb") as endless, pytest.raises(TooLarge, match="larger than 1 MB"):
        read_table(endless, name="rows.csv", limits=Limits(bytes=1024 * 1024))
