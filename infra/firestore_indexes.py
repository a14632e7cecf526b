"""What of firestore.indexes.json a database lacks: one line of words for gcloud each.

Usage: firestore_indexes.py composite|ttl|field FILE < what gcloud lists as JSON
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from typing import Any

Entry = dict[str, Any]


def lacking(kind: str, wanted: Entry, listed: list[Entry]) -> Iterator[str]:
    """Words for `indexes composite create`, `fields ttls update` or `indexes fields update`."""
    overrides = wanted.get("fieldOverrides", [])
    if kind == "composite":
        have = {(_collection(index), *_fields(index["fields"])) for index in listed}
        for index in wanted["indexes"]:
            collection, fields = index["collectionGroup"], _fields(index["fields"])
            if (collection, *fields) not in have:
                configs = " ".join(
                    f"--field-config=field-path={path},order={order}" for path, order in fields
                )
                yield f"--collection-group={collection} --query-scope=collection {configs}"
    elif kind == "ttl":
        live = {_place(field) for field in listed if field.get("ttlConfig")}
        for words in _words((o for o in overrides if o.get("ttl")), live):
            yield f"{words} --enable-ttl"
    else:
        bare = {_place(field) for field in listed if not field.get("indexConfig", {}).get("indexes")}
        for words in _words((o for o in overrides if o.get("indexes") == []), bare):
            yield f"{words} --disable-indexes"


def _words(overrides: Iterable[Entry], have: set[tuple[str, str]]) -> Iterator[str]:
    for override in overrides:
        if (override["collectionGroup"], override["fieldPath"]) not in have:
            yield f"{override['fieldPath']} --collection-group={override['collectionGroup']}"


def _fields(fields: list[Entry]) -> tuple[tuple[str, str], ...]:
    # Google adds the document's name at the end by itself.
    return tuple((f["fieldPath"], f["order"].lower()) for f in fields if f["fieldPath"] != "__name__")


def _collection(listed: Entry) -> str:
    """From `projects/P/databases/D/collectionGroups/C/…`."""
    return str(listed["name"].split("/")[5])


def _place(listed: Entry) -> tuple[str, str]:
    return _collection(listed), listed["name"].split("/")[7]


if __name__ == "__main__":
    with open(sys.argv[2], encoding="utf-8") as file:
        declared = json.load(file)
    for line in lacking(sys.argv[1], declared, json.load(sys.stdin)):
        print(line)
