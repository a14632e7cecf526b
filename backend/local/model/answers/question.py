"""The question a customer would ask an assistant in order to find firms like this one, never naming it."""

from __future__ import annotations

import re

from backend.local.model.answers.row import Row
from backend.local.model.answers.trade import Trade, by_keywords

_PLACE = re.compile(r"(?:[Hh]eadquartered|[Bb]ased|[Ll]ocated|office is) in ((?:St\. )?[^.;()\n]{2,80})")
#: How much of a text's end may hold the place: descriptions end with it.
_TAIL = 1500

#: For each kind of trade, ways to ask; {what} is a phrase in running text, {there} " in PLACE" or nothing.
_WAYS = {
    "makes": (
        "Which manufacturers of {what}{there} can you recommend?",
        "Who makes reliable {what}{there}?",
        "Where can I order {what} directly from the producer{there}?",
    ),
    "sells": (
        "Where can I buy {what}{there}?",
        "Which suppliers of {what}{there} are worth contacting?",
        "Who are the best distributors of {what}{there}?",
    ),
    "serves": (
        "Which companies{there} offer {what}?",
        "Who provides {what}{there} for a firm like mine?",
        "Can you suggest good providers of {what}{there}?",
    ),
    "runs": (
        "Which companies run {what}{there}?",
        "Who are the main operators of {what}{there}?",
    ),
    "explores": (
        "Which companies explore for {what}{there}?",
        "Who is active in exploration of {what}{there}?",
    ),
    "invests": (
        "Which firms{there} invest in {what}?",
        "Who are the main investors in {what}{there}?",
    ),
    "is": (
        "Which {what}{there} would you recommend?",
        "What are the best {what}{there}?",
        "Can you suggest some well-regarded {what}{there}?",
    ),
}


def question(row: Row, trade: Trade, brand: str, number: int) -> str:
    """One question; `number` chooses among the ways to ask it."""
    place = place_of(row)
    there = f" in {place}" if place and not _names(place, brand) else ""
    what = trade.what
    if _names(what, brand):
        trade = by_keywords(row)
        what = trade.what
    if _names(what, brand):
        what, trade = "companies in this field", Trade("", "", "is")
    ways = _WAYS[trade.kind]
    return ways[number % len(ways)].format(what=what, there=there)


def place_of(row: Row) -> str:
    """The place a text gives at its end, at most three parts; empty where it gives none."""
    for text in (row.description, row.page):
        places = _PLACE.findall(text[:_TAIL] + " " + text[-_TAIL:] if len(text) > 2 * _TAIL else text)
        if places:
            parts = dict.fromkeys(part.strip() for part in places[-1].split(",")[:3])
            return ", ".join(part for part in parts if part[:1].isupper() or part.startswith("the "))
    return ""


def _names(text: str, brand: str) -> bool:
    """Whether the brand stands in the text as words of its own."""
    text, brand = text.lower(), brand.lower()
    at = text.find(brand) if brand else -1
    while at >= 0:
        around = text[at - 1 : at] + text[at + len(brand) : at + len(brand) + 1]
        if not any(map(str.isalnum, around)):
            return True
        at = text.find(brand, at + 1)
    return False
