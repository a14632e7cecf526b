"""The ZIP archive of a workbook, opened so that no file can take the process down with it.

What a part inflates to is counted as it comes and not as the archive says; parts are parsed as a stream,
and a document type, without which no entity can be declared, is refused.
"""

from __future__ import annotations

import copy
import io
import posixpath
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from xml.parsers import expat

from backend.errors import Invalid, TooLarge
from backend.files.limits import Limits

_CHUNK = 256 * 1024

Attributes = dict[str, str]


@dataclass(frozen=True, slots=True)
class Relation:
    """One part's reference to another."""

    id: str
    #: The last word of its type: worksheet, sharedStrings, styles, officeDocument, …
    kind: str
    #: The full name of the part it points at.
    target: str


class Package:
    """The parts of one workbook. Every inflated byte of every read counts towards the limits."""

    def __init__(self, data: bytes, *, name: str, limits: Limits) -> None:
        self.name = name
        self._size = len(data)
        self._limits = limits
        self._inflated = 0
        try:
            self._archive = zipfile.ZipFile(io.BytesIO(data))
        except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError) as error:
            raise self.damaged("its archive is incomplete") from error
        # Part names do not mind case (OPC, ECMA-376 part 2); some programs write backslashes.
        self._parts = {_key(info.filename): info for info in self._archive.infolist()}
        if len(self._archive.infolist()) > limits.parts:
            raise TooLarge(
                f'"{name}" has more than {limits.parts:,} parts; no workbook of rows needs that many.'
            )

    def __contains__(self, part: str) -> bool:
        return _key(part) in self._parts

    def size(self, part: str) -> int:
        """Inflated bytes of a part as the archive says; good for progress, not for trust."""
        info = self._parts.get(_key(part))
        return max(info.file_size, 1) if info else 1

    def chunks(self, part: str) -> Iterator[bytes]:
        """The inflated bytes of a part. Raises TooLarge for a bomb and Invalid for a damaged part."""
        try:
            info = copy.copy(self._parts[_key(part)])
        except KeyError:
            raise self.damaged(f"its part {part} is missing") from None
        if info.flag_bits & 0x1:
            raise Invalid(f'"{self.name}" is protected by a password. Remove the password and use that file.')
        # The size that the archive claims would end the reading early; ours ends it.
        info.file_size = self._limits.inflated_bytes + 1
        try:
            with self._archive.open(info) as stream:
                while chunk := stream.read(_CHUNK):
                    self._count(len(chunk))
                    yield chunk
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, ValueError) as error:
            raise self.damaged(f"its part {part} cannot be unpacked") from error

    def parse(
        self,
        part: str,
        *,
        start: Callable[[str, Attributes], None],
        end: Callable[[str], None] | None = None,
        text: Callable[[str], None] | None = None,
        on_bytes: Callable[[int], None] | None = None,
    ) -> None:
        """Runs a part through the handlers, element names without their prefix's namespace.

        `on_bytes` hears how many bytes are behind us. Raises Invalid when the part is no well-formed XML.
        """
        # The separator makes names "namespace name"; handlers compare the part after it.
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = self._refuse_doctype
        parser.StartElementHandler = start
        if end:
            parser.EndElementHandler = end
        if text:
            parser.CharacterDataHandler = text
        behind = 0
        try:
            for chunk in self.chunks(part):
                parser.Parse(chunk, False)
                behind += len(chunk)
                if on_bytes:
                    on_bytes(behind)
            parser.Parse(b"", True)
        except (expat.ExpatError, LookupError, ValueError) as error:
            # The latter two: an encoding is declared that Python does not know, or expat cannot use.
            raise self.damaged(f"its part {part} is not well-formed") from error

    def relations(self, part: str = "") -> list[Relation]:
        """What `part` refers to inside the package; without a part, what the package itself begins with."""
        folder, base = posixpath.split(part)
        relations = posixpath.join(folder, "_rels", f"{base}.rels")
        found: list[Relation] = []

        def start(tag: str, attributes: Attributes) -> None:
            if local(tag) == "Relationship" and attributes.get("TargetMode") != "External":
                # A target that begins with a slash is absolute, and join() keeps it as it is.
                target = posixpath.join(f"/{folder}", attributes.get("Target", ""))
                kind = attributes.get("Type", "").rpartition("/")[2]
                found.append(Relation(attributes.get("Id", ""), kind, posixpath.normpath(target).lstrip("/")))

        if relations in self:
            self.parse(relations, start=start)
        return found

    def damaged(self, what: str) -> Invalid:
        """The error to raise when the workbook cannot be made sense of."""
        return Invalid(
            f'"{self.name}" is a damaged workbook ({what}). '
            "Open it in a spreadsheet program and save it again."
        )

    def _count(self, size: int) -> None:
        self._inflated += size
        limits = self._limits
        over_ratio = (
            self._inflated > limits.inflation_free_bytes and self._inflated > limits.inflation * self._size
        )
        if over_ratio or self._inflated > limits.inflated_bytes:
            raise TooLarge(
                f'"{self.name}" unpacks from {self._size / 1e6:,.1f} MB to more than '
                f"{self._inflated / 1e6:,.0f} MB, more than a workbook of rows needs. "
                "Save its rows as CSV and use that file."
            )

    def _refuse_doctype(self, *_: object) -> None:
        raise self.damaged("it declares a document type, which no spreadsheet program writes")


def local(tag: str) -> str:
    """An element's or attribute's name without its namespace."""
    return tag.rpartition(" ")[2]


def _key(part: str) -> str:
    return part.replace("\\", "/").lower()
