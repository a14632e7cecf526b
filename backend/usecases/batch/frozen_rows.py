"""The rows of a job as they were accepted, read back chunk by chunk."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from typing import Any

from backend.domain.job import Job
from backend.domain.rows import Row
from backend.errors import NotFound
from backend.ports import Documents, Key
from backend.usecases.records import chunk_key, chunks_key, outputs_key


class FrozenRows:
    """Reads the chunks of a finished freeze."""

    def __init__(self, documents: Documents, job: Job) -> None:
        if job.freeze is None or job.total is None:
            raise NotFound("The rows of this job have not been read yet.")
        self._documents, self._job_id, self._freeze = documents, job.id, job.freeze
        index = documents.get(chunks_key(job.id, job.freeze))
        if index is None:
            raise NotFound("The rows of this job are not kept any more.")
        self.total = job.total
        self.starts: list[int] = index.data["starts"]
        self._output_chunks: int = index.data["output_chunks"]
        #: Headers of output columns that the freeze added: nothing can have stood in them.
        self.added: frozenset[str] = frozenset(index.data.get("added", ()))
        self._accepted: dict[str, tuple[int, ...]] | None = None
        self._outputs: dict[str, Mapping[str, str]] = {}
        #: The chunk that was asked for last, and what is sent of its rows.
        self._newest: tuple[int, dict[int, Mapping[str, str]]] = (-1, {})

    @property
    def chunks(self) -> int:
        return len(self.starts)

    def bounds(self, chunk: int) -> tuple[int, int]:
        """The half-open range of row indexes of a chunk."""
        end = self.starts[chunk + 1] if chunk + 1 < len(self.starts) else self.total
        return self.starts[chunk], end

    def chunk_of(self, index: int) -> int:
        return bisect_right(self.starts, index) - 1

    def rows(self, chunk: int) -> list[Row]:
        return [
            Row(entry["i"], entry["p"], entry["f"], entry["c"])
            for entry in self._data(self._key(chunk))["rows"]
        ]

    def inputs(self, index: int) -> Mapping[str, str]:
        """What is sent of one row."""
        chunk = self.chunk_of(index)
        if chunk != self._newest[0]:
            self._newest = (chunk, {row.index: row.inputs for row in self.rows(chunk)})
        return self._newest[1][index]

    def accepted(self) -> Mapping[str, tuple[int, ...]]:
        """The indexes of the rows of each fingerprint; read once, when first asked for."""
        return self._all()

    def outputs_before(self, fingerprint: str) -> Mapping[str, str]:
        """What stood in the output cells beside a fingerprint at the freeze; empty when nothing did."""
        self._all()
        return self._outputs.get(fingerprint, {})

    def _all(self) -> dict[str, tuple[int, ...]]:
        if self._accepted is not None:
            return self._accepted
        found: dict[str, tuple[int, ...]] = {}
        for chunk in range(self.chunks):
            for entry in self._data(self._key(chunk))["rows"]:
                if entry["f"]:
                    found[entry["f"]] = (*found.get(entry["f"], ()), entry["i"])
        for chunk in range(self._output_chunks):
            self._outputs.update(self._data(outputs_key(self._job_id, self._freeze, chunk))["outputs"])
        self._accepted = found
        return found

    def _key(self, chunk: int) -> Key:
        return chunk_key(self._job_id, self._freeze, chunk)

    def _data(self, key: Key) -> dict[str, Any]:
        document = self._documents.get(key)
        if document is None:
            raise NotFound("The rows of this job are not kept any more.")
        return document.data
