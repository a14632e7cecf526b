"""Whose site stands at which host name, and what it says of itself."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

#: Column of a file → field of a company.
_COLUMNS = {
    "company name": "name",
    "website": "website",
    "company short description": "description",
    "company keywords": "keywords",
}
_HOST = re.compile(r"^\s*(?:https?://)?(?:[^/@\s]*@)?([^/:?#\s]+)", re.IGNORECASE)
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[^a-z\s])|(?<=[。！？])")


@dataclass(frozen=True, slots=True)
class Company:
    """What its site is made of; every field but the name may be empty."""

    name: str
    description: str = ""
    keywords: str = ""

    def sentences(self) -> list[str]:
        return [sentence for sentence in _SENTENCE.split(self.description.strip()) if sentence]

    def topics(self) -> list[str]:
        return [topic.strip() for topic in self.keywords.split(",") if topic.strip()]


def bare_host(address: str) -> str:
    """`HTTP://www.Acme.com:80/x` → `acme.com`; empty where there is no host."""
    found = _HOST.match(address)
    return found[1].lower().rstrip(".").removeprefix("www.") if found else ""


def of_host_name(host: str) -> Company:
    """A company nobody told of, made from its host's words: `blue-widgets.co.uk` → Blue Widgets."""
    label = host.split(".")[0] or "example"
    words = [word for word in re.split(r"[-_\d]+", label) if word] or [label]
    name = " ".join(words).title()
    return Company(
        name,
        f"{name} offers products and services around {' '.join(words).lower()}. "
        "We advise private and business customers and deliver on time. Ask us for an offer.",
        ", ".join(words),
    )


class Directory:
    """The companies by host name."""

    def __init__(self) -> None:
        self._by_host: dict[str, Company] = {}

    def add(self, rows: Iterable[Mapping[str, str]]) -> int:
        """Takes rows with `website`, `name`, `keywords`, `description`, any but the website left out;
        returns how many had a usable website."""
        added = 0
        for row in rows:
            host = bare_host(row.get("website") or "")
            if "." not in host:
                continue
            name = row.get("name") or of_host_name(host).name
            self._by_host[host] = Company(name, row.get("description") or "", row.get("keywords") or "")
            added += 1
        return added

    def add_file(self, path: Path) -> int:
        """The same from a CSV file with the usual headers, any subset. Raises OSError and UnicodeError."""
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            fields = {
                header: field
                for header in reader.fieldnames or ()
                if (field := _COLUMNS.get(header.strip().lower()))
            }
            return self.add({field: row[header] or "" for header, field in fields.items()} for row in reader)

    def clear(self) -> None:
        self._by_host.clear()

    def at(self, host: str) -> Company:
        """Whose site answers at a host name, with or without `www.`."""
        bare = bare_host(host)
        return self._by_host.get(bare) or of_host_name(bare)

    def __len__(self) -> int:
        return len(self._by_host)
