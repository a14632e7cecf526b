"""What a company does, read off its own words: a category, and the phrase a question can use."""

from __future__ import annotations

import re
from dataclasses import dataclass

from backend.local.model.answers import phrase, wording
from backend.local.model.answers.row import EXAMINED, Row


@dataclass(frozen=True, slots=True)
class Trade:
    """`category`: 2 to 4 words in title case; `what`: the same in running text."""

    category: str
    what: str
    kind: str  #: makes, sells, serves, runs, explores, invests, is


def trade(row: Row, name: str) -> Trade:
    """What the row's company does. `name` is its brand, which must not become its category."""
    text = row.text[:EXAMINED].replace("\n", " ")
    for known in (row.name, name):
        if known:
            text = text.replace(known, "")
    tags = _from_tags(row.keywords, text)
    return tags or _from_text(text) or _from_opening(text) or by_keywords(row)


def _from_tags(keywords: str, text: str) -> Trade | None:
    """The first of the keywords where they are a person's own tags (in small letters, the chief one first),
    or where the text is in a language that the rules below do not read."""
    first = _EDGES.sub("", re.split(r"[,;|、,]", keywords[:EXAMINED])[0])
    words = first.split()[: phrase.MOST_WORDS]
    if not words or not (first[0].islower() or (text and not _ENGLISH.search(text))):
        return None
    if len(words) == 1 and words[0].isascii():
        words = phrase.singular(words)
    named = words if len(words) > 1 and words[-1].endswith("s") else [*words, "companies"]
    return Trade(phrase.title(named), _lowered(named), "is")


_EDGES = re.compile(r"^\W+|\W+$")
_ENGLISH = re.compile(r"\b(?:and|the|of|in|for|with|that|from|its)\b", re.IGNORECASE)


def by_keywords(row: Row) -> Trade:
    """The same from the keywords, or from the name where there are none."""
    return _from_keywords(row.keywords) or _from_name(row.name)


def _from_text(text: str) -> Trade | None:
    """The first sentence part that says something; a description says it in its first or second."""
    at = 0
    for _ in range(4):
        named, acts = wording.IS.search(text, at), wording.ACTS.search(text, at)
        if named and (acts is None or named.start() <= acts.start()):
            found, at = _named(named, text), named.end()
        elif acts:
            found, at = _acting(acts, text), acts.end()
        else:
            return None
        if found:
            return found
    return None


_NO_OPENING = frozenset({"does", "did", "intends", "plans", "previously", "currently", "focusses"})


def _from_opening(text: str) -> Trade | None:
    """`Swedish furniture retailer known for …`: a text that opens with what the company is."""
    words = phrase.head(phrase.beginning(text))
    if len(words) < 2 or words[0].lower() in _NO_OPENING or not all(map(str.isascii, words)):
        return None
    nouns = [*words[:-1], phrase.plural(words[-1])]
    return Trade(phrase.title(nouns), _lowered(nouns), "is")


def _named(found: re.Match[str], text: str) -> Trade | None:
    """`operates as a surface treatment company` → Surface Treatment Services."""
    noun = found[2].lower()
    words = phrase.head(phrase.beginning(text[found.end() :] if found[3] else found[1]))
    if not words or phrase.is_general(words):
        return None
    if found[3]:
        return _trade(words, "serves")
    if words[-1].lower() in ("exploration", "mining") and "and" not in words:
        return _trade(words[:-1] or words, "explores")
    if noun in (
        "company",
        "companies",
        "firm",
        "business",
        "group",
        "corporation",
        "organization",
        "enterprise",
    ):
        if len(words) > 1 and wording.FIELD.search(words[-1]):
            return Trade(phrase.title(words), f"{' '.join(words)} companies", "is")
        nouns = [*phrase.last_words(words, 3), "services" if wording.WORK.search(words[-1]) else "companies"]
    elif noun in ("provider", "operator", "developer", "contractor", "platform"):
        return _trade(words, "serves")
    else:
        nouns = [*phrase.last_words(words, 3), phrase.plural(noun)]
    return Trade(phrase.title(nouns), " ".join(nouns), "is")


def _acting(found: re.Match[str], text: str) -> Trade | None:
    """`manufactures and sells home textiles` → Home Textile Manufacturing."""
    acts, rest = found[1], text[found.end() :]
    deed = wording.DEED.match(rest[:160])
    if deed and wording.DEED_WORD.search(deed[1]):
        acts, rest = deed[1], rest[deed.end() :]
    words = phrase.head(phrase.beginning(rest))
    if not words or phrase.is_general(words):
        return None
    kind = next((kind for kind, verbs in wording.KINDS if verbs.search(acts)), "serves")
    if kind == "runs" and found[2]:  # "operates in the television industry" runs no television
        kind = "serves"
    return _trade(words, kind)


def _trade(words: list[str], kind: str) -> Trade:
    """A category of the words and what is done with them, unless they say that already."""
    bare = phrase.without_general_end(words)
    ending = wording.ENDINGS[kind]
    if kind == "explores":
        sought = [word for word in phrase.last_words(bare, 3) if word.lower() not in _GROUND]
        if not sought or (len(sought) == 1 and sought[0].lower() == "natural"):
            sought = ["minerals"]
        what = " ".join(sought)
        return Trade(phrase.title([*phrase.singular(sought), ending]), _ORES.get(what, what), kind)
    if words[-1].lower() in _LAND:
        kind, ending, bare = "serves", "Development", phrase.last_words(bare, 3)
    if kind == "serves":
        one = len(bare) > 1 and "and" not in bare and wording.SERVICE.search(bare[-1])
        named = bare if len(bare) >= phrase.MOST_WORDS or one else [*phrase.singular(bare), ending]
        what = " ".join(named).replace(f" {ending}", f" {ending.lower()}")
        return Trade(phrase.title(named), what, kind)
    if len(bare) == 1 and phrase.is_adjective(bare[0]):
        bare = words
    whole = len(words) >= phrase.MOST_WORDS or (len(words) == phrase.MOST_WORDS - 1 and bare != words)
    named = words if whole else [*phrase.singular(bare), ending]
    return Trade(phrase.title(named), " ".join(words), _ASKED_AS.get(kind, kind))


#: Words for the ground that something is sought in, and for what is built on it.
_GROUND = frozenset(
    {
        "resource",
        "resources",
        "deposit",
        "deposits",
        "targets",
        "claims",
        "potential",
        "exploration",
        "mining",
    }
)
_LAND = frozenset({"property", "properties", "project", "projects", "estate", "estates"})
_ORES = {"mineral": "minerals", "diamond": "diamonds", "precious metal": "precious metals"}
_ASKED_AS = {"creates": "makes", "produces": "makes"}


def _lowered(words: list[str]) -> str:
    """Words written in title case put into running text; capitals and nationalities stay."""
    return " ".join(
        word if word[1:] != word[1:].lower() or word.isupper() or _NATIONAL.search(word) else word.lower()
        for word in words
    )


_NATIONAL = re.compile(r"(?:ish|ese|ian|ean|ican|erman|rench|utch|wiss|Greek)$")


def _from_keywords(keywords: str) -> Trade | None:
    """The last keyword is the most specific one."""
    plain = _BRACKETS.sub(" ", keywords[:EXAMINED]).replace("&", " and ")
    for piece in reversed(re.split(r"[,;|]", plain)):
        words = piece.split()
        if len(words) > phrase.MOST_WORDS and "and" in words[2:]:
            words = words[: words.index("and", 2)]
        words = phrase.last_words(words, phrase.MOST_WORDS)
        if not words or phrase.is_general(words):
            continue
        if len(words) == 1:
            words = [*phrase.singular(words), "companies"]
        asked = words if words[-1].endswith("s") and words[-1] != "Services" else [*words, "companies"]
        return Trade(phrase.title(words), _lowered(asked), "is")
    return None


_BRACKETS = re.compile(r"\([^)]*\)?")


def _from_name(name: str) -> Trade:
    """Nothing but a name: what kind of firm its last words say, else a sort of answer all the same."""
    for word in reversed(re.findall(r"[A-Za-z]{4,}", name)):
        if word.lower() in _IN_NAMES:
            return Trade(_IN_NAMES[word.lower()], _IN_NAMES[word.lower()].lower(), "is")
    return Trade("General Business Services", "general business services", "serves")


_IN_NAMES = {
    "bank": "Commercial Banks",
    "insurance": "Insurance Companies",
    "steel": "Steel Producers",
    "energy": "Energy Companies",
    "mining": "Mining Companies",
    "resources": "Mineral Exploration",
    "pharma": "Pharmaceutical Companies",
    "pharmaceutical": "Pharmaceutical Companies",
    "pharmaceuticals": "Pharmaceutical Companies",
    "software": "Software Companies",
    "technology": "Technology Companies",
    "technologies": "Technology Companies",
    "foods": "Food Producers",
    "food": "Food Producers",
    "hotels": "Hotel Operators",
    "logistics": "Logistics Services",
    "construction": "Construction Contractors",
    "chemical": "Chemical Producers",
    "chemicals": "Chemical Producers",
    "hardware": "Hardware Stores",
    "bakery": "Local Bakeries",
    "dental": "Dental Practices",
    "electronics": "Electronics Manufacturers",
}
