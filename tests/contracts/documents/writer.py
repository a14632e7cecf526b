"""A process of its own that commits to a SQLite store and says what was acknowledged; tests kill it.

`python -m tests.contracts.documents.writer FILE NAME COMMITS KILOBYTES [FILE_SIZE_LIMIT]` commits numbered
pairs of documents and a count of them, and prints a number once its commit has returned. It ends when nobody
reads it any more, and prints the sentence of what stopped it.
"""

from __future__ import annotations

import resource
import sys
from pathlib import Path

from backend.adapters.sqlite_documents import SqliteDocuments
from backend.errors import TryLater
from backend.ports import Create, Increment
from tests.contracts.documents.shelf import EXPIRING, QUERIES, HandClock, thing


def main(path: str, name: str, commits: str, kilobytes: str, size_limit: str = "0") -> None:
    store = SqliteDocuments(Path(path), queries=QUERIES, expiring=EXPIRING, clock=HandClock())
    if int(size_limit):
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(size_limit), int(size_limit)))
    print("open", flush=True)
    for n in range(int(commits)):
        filling = {"kind": name, "rank": n, "text": "x" * (int(kilobytes) * 500)}
        left, right = Create(thing(f"{name}-{n}-left"), filling), Create(thing(f"{name}-{n}-right"), filling)
        try:
            store.commit([left, Increment(thing("sum"), {name: 1}), right])
        except TryLater as error:
            print(error, flush=True)
            return
        print(n, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
