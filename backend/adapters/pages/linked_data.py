"""The organisation that a page's JSON-LD describes, as one line of text."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

#: Nodes of one document that are looked at: real ones hold a few dozen.
NODES = 2000

#: schema.org types that are an organisation; most of them end in one of these words.
_ENDINGS = (
    *(
        "organization",
        "business",
        "corporation",
        "store",
        "shop",
        "service",
        "restaurant",
        "agency",
        "company",
    ),
    *(
        "hotel",
        "clinic",
        "dentist",
        "physician",
        "attorney",
        "school",
        "university",
        "dealer",
        "contractor",
        "salon",
    ),
    *(
        "plumber",
        "electrician",
        "bakery",
        "ngo",
        "airline",
        "brand",
        "hospital",
        "pharmacy",
        "lodgingbusiness",
    ),
)
_PLACE = ("addressLocality", "addressRegion", "addressCountry")


def organisation(scripts: list[str]) -> str:
    """`Acme Ltd; also Acme; makes cold stores; in Bergen, NO`, of the first organisation that has a name."""
    for script in scripts:
        for node in _nodes(script):
            if _is_organisation(node):
                said = _described(node)
                if said:
                    return said
    return ""


def _nodes(script: str) -> Iterator[Mapping[str, Any]]:
    try:
        waiting: list[Any] = [json.loads(script, strict=False)]
    except (ValueError, RecursionError):
        return  # a page's broken JSON-LD says nothing; the rest of the page does
    seen = 0
    while waiting and seen < NODES:
        node = waiting.pop(0)
        seen += 1
        if isinstance(node, dict):
            yield node
            waiting.extend(value for value in node.values() if isinstance(value, dict | list))
        elif isinstance(node, list):
            waiting.extend(node[:NODES])


def _is_organisation(node: Mapping[str, Any]) -> bool:
    kinds = node.get("@type")
    names = kinds if isinstance(kinds, list) else [kinds]
    return any(isinstance(name, str) and name.lower().endswith(_ENDINGS) for name in names[:10])


def _described(node: Mapping[str, Any]) -> str:
    name = _text(node.get("name")) or _text(node.get("legalName"))
    if not name:
        return ""
    also = _text(node.get("alternateName"))
    place = _place(node.get("address"))
    parts = [name, f"also {also}" if also else "", _text(node.get("slogan")), _text(node.get("description"))]
    parts.append(f"in {place}" if place else "")
    return "; ".join(part for part in parts if part)


def _text(value: Any) -> str:
    if isinstance(value, list):
        value = next((item for item in value if isinstance(item, str)), "")
    if isinstance(value, dict):
        value = value.get("@value", "")
    return value.strip()[:400] if isinstance(value, str) else ""


def _place(address: Any) -> str:
    if isinstance(address, list):
        address = address[0] if address else None
    if isinstance(address, str):
        return address.strip()[:200]
    if not isinstance(address, dict):
        return ""
    country = address.get("addressCountry")
    known = {**address, "addressCountry": country.get("name") if isinstance(country, dict) else country}
    return ", ".join(text for key in _PLACE if (text := _text(known.get(key))))
