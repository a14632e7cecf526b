"""Noun phrases: cut out of a sentence, shortened to their head, put into title case."""

from __future__ import annotations

import re

#: A category has 2 to 4 words.
MOST_WORDS = 4
_END = re.compile(
    r"(?:^|\s+)(?:in|for|to|under|with|through|throughout|worldwide|globally|internationally|primarily|mainly|"
    r"which|that|across|from|including|comprising|consisting|used|such|based|on|at|by|within|using|via|as|"
    r"where|who|whose|known|serving|selling|making|offering|operating|located|is|are|was|were|has|have|around|between|among|into|both|focused|"
    r"together|through|principally|directly|outside|throughout|about|of)(?![\w-])"
    r"|[.;:()\[\]\"“”|]|\s[-–—]\s|,\s+(?:as well|including|such|which|together|primarily)\b"
    r"|\s+and\s+(?:provides?|offers?|sells?|related|other|markets|services|distributes|operates|its|their)\b"
)
_LEAD = re.compile(
    r"^(?:(?:an?|the|its|their|our|various|other|range|variety|of|wide|broad|full|diversified|integrated|"
    r"portfolio|series|lines?|leading|new|high[- ]quality|quality|innovative|and|or|also|all|certain|several|"
    r"many|different|related|international|global|independent|own|types|kinds|family|suite|primarily|"
    r"mainly|number|set|comprehensive|specialized|advanced|publicly|listed|traded|owned|principal|domestic|"
    r"multinational|active|leader|world|world's|largest|major|premier|select|some|two|three|\d+|"
    r"end-to-end|full-service|fully|vertically|multi|key|varied|active|junior|senior|early|stage|"
    r"developing|exploring|extracting|identifying|acquiring|providing|managing|discovering|delivering|creating|producing|making|[\w-]+-based|"
    r"development[- ]stage|exploration[- ]stage|investment holding|holding|parent)[\s,]+)+",
    re.IGNORECASE,
)
_ADJECTIVE = re.compile(r"(?:al|ic|ive|ous|ar|ed|able|shore|liquid|solid|wireless)$")
_SPLIT = re.compile(r",\s+(?:and\s+|or\s+)?|\s+(?:and|or)\s+|\s*&\s*")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_GENERAL = _words(
    "product products service services solution solutions business businesses company companies activity "
    "activities operation operations segment segments project projects property properties item items range "
    "brands industry industries sector sectors customers clients subsidiaries portfolio assets interests "
    "area areas field fields things portfolios group holding investment concession concessions"
)
_SMALL = _words("and or of for the in de du la")
_PLURALS = {"ies": "y", "sses": "ss", "shes": "sh", "ches": "ch", "xes": "x", "buses": "bus", "gases": "gas"}
_ODD = _words(
    "news series apparatus gas glass steel logistics electronics analytics cosmetics plastics "
    "ceramics lens bus process business goods sports robotics optics telecommunications communications "
    "securities genetics diagnostics therapeutics graphics fitness wellness class"
)


def beginning(text: str) -> str:
    """The noun phrase that `text` begins with, without articles and praise; may be empty."""
    text = text[:160]
    text = _LEAD.sub("", text.lstrip(" ,") + " ", count=1).lstrip(" ,")
    end = _END.search(text)
    return (text[: end.start()] if end else text).strip(" ,-'’@+=#*•·&%/")


def head(text: str) -> list[str]:
    """Its words, few enough for a category: of a list the first part, completed where it is one word that
    cannot stand alone (`industrial, pure, and medicinal gases` → industrial gases)."""
    parts = [words for part in _SPLIT.split(text) if (words := _LEAD.sub("", part + " ").split())]
    if not parts:
        return []
    first, last = parts[0], parts[-1]
    if len(first) == 1 and len(parts) > 1:
        if is_general(first):
            return last_words(parts[1], MOST_WORDS)
        if len(parts) == 2 and len(last) <= 2:
            return [*first, "and", *last]
        longer = next((words for words in parts[1:] if len(words) > 1), None)
        if longer and (is_adjective(first[0]) or not first[0].endswith("s")):
            first = [*first, longer[-1]]
    return last_words(first, MOST_WORDS)


def last_words(words: list[str], number: int) -> list[str]:
    """The last of them, without an "and" left hanging at the front."""
    words = words[-number:]
    return words[1:] if len(words) > 1 and words[0].lower() in _SMALL else words


def is_adjective(word: str) -> bool:
    """Whether a word, by its ending, wants a noun after it."""
    return _ADJECTIVE.search(word) is not None


def is_general(words: list[str]) -> bool:
    """Whether nothing specific is said: `products`, `various services`."""
    return all(word.lower() in _GENERAL for word in words)


def without_general_end(words: list[str]) -> list[str]:
    """`chemical products` → `chemical`; what is left must say something."""
    shorter = list(words)
    while len(shorter) > 1 and shorter[-1].lower() in _GENERAL:
        shorter.pop()
    return shorter if shorter[-1].lower() not in ("and", "or") else words


def singular(words: list[str]) -> list[str]:
    """The last word in the singular, as the first part of a compound has it."""
    last = words[-1]
    if (
        last.lower() in _ODD
        or not last.endswith("s")
        or last.endswith(("ss", "us", "is", "'s", "’s"))
        or last.isupper()
    ):
        return words
    for ending, instead in _PLURALS.items():
        if last.endswith(ending):
            return [*words[:-1], last[: -len(ending)] + instead]
    return [*words[:-1], last[:-1]]


def plural(word: str) -> str:
    if word.endswith("y") and not word.endswith(("ay", "ey", "oy")):
        return word[:-1] + "ies"
    return word if word.endswith("s") else word + "s"


def title(words: list[str]) -> str:
    """Title case; what is written in capitals stays."""
    return " ".join(
        word.lower() if number and word.lower() in _SMALL else _titled(word)
        for number, word in enumerate(words)
    )


def _titled(word: str) -> str:
    if any(letter.isupper() for letter in word):
        return word
    return "-".join(part[:1].upper() + part[1:] for part in word.split("-"))
