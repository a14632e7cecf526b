"""Where the bytes come from: a path, an open file or bytes, with one clear sentence when they do not."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import BinaryIO

from backend.errors import Invalid, TooLarge
from backend.files.limits import Limits

Source = Path | bytes | BinaryIO


def load(source: Source, *, name: str, limits: Limits) -> bytes:
    """All bytes of `source`, at least one and at most `limits.bytes`.

    Raises Invalid when there is no such file, it cannot be read or it is empty, TooLarge beyond the limit.
    """
    if isinstance(source, bytes):
        data = source
    elif isinstance(source, Path):
        data = _from_path(source, name, limits)
    else:
        data = source.read(limits.bytes + 1)
    if len(data) > limits.bytes:
        raise _too_large(name, limits)
    if not data:
        raise Invalid(
            f'"{name}" is empty (0 bytes). Choose a CSV or XLSX file with a header row and rows below it.'
        )
    return data


def _from_path(path: Path, name: str, limits: Limits) -> bytes:
    try:
        facts = path.stat()
        if stat.S_ISDIR(facts.st_mode):
            raise Invalid(f'"{name}" is a folder. Name the CSV or XLSX file inside it.')
        if not stat.S_ISREG(facts.st_mode):
            # A pipe would be waited on for ever, a device read without end.
            raise Invalid(
                f'"{name}" is not a regular file. Save the rows as a CSV or XLSX file and name that.'
            )
        if facts.st_size > limits.bytes:
            raise _too_large(name, limits)
        with path.open("rb") as file:
            return file.read(limits.bytes + 1)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise Invalid(f'There is no file "{name}". Check the path and the spelling.') from error
    except PermissionError as error:
        raise Invalid(f'"{name}" may not be read by this user. Change its permissions or copy it.') from error
    except (OSError, ValueError) as error:
        # ValueError: a NUL character in the path.
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise Invalid(f'"{name}" cannot be read: {reason}.') from error


def _too_large(name: str, limits: Limits) -> TooLarge:
    return TooLarge(
        f'"{name}" is larger than {limits.bytes / 1024 / 1024:,.0f} MB. '
        "Split it into several files of fewer rows."
    )
