"""What a company does, read off its own words: a category, and the phrase a question can use."""

from __future__ import annotations

import re
from dataclasses import dataclass

from backend.local.model.answers import phrase
from backend.local.model.answers.row import EXAMINED, Row

_VERBS = (
    "manufactures|produces|makes|builds|constructs|assembles|processes|refines|mines|designs|develops|sells|"
    "distributes|retails|wholesales|imports|exports|markets|trades|supplies|publishes|explores|acquires|owns|"
    "leases|rents|operates|runs|manages|invests|lends|insures|provides|offers|delivers|renders|researches|"
    "engineers|installs|maintains|repairs|services|transports|generates|transmits|cultivates|grows|breeds|"
    "creates|licenses|commercializes|discovers|brews|prints|organizes|hosts|specializes|focuses|engages|"
    "processes|sources|stocks|underwrites|finances"
)
_FILLER = r"(?:and|or|also|primarily|mainly|principally|subsequently|then|actively)"
#: "X, together with its subsidiaries, manufactures, markets, and sells WHAT"
_ACTS = re.compile(rf"\b({_VERBS})((?:,?\s+(?:{_FILLER}\s+)*(?:{_VERBS}))*)\s+(?:in\s+|on\s+)?(?!by\b)", re.I)
_IS = re.compile(
    r"\b(?:operates?|serves?|functions?|works|is|was|are)\s+(?:as\s+)?(?:an?|one of the)\s+"
    r"((?:[^\s.;:(]+\s+){1,9}?)(company|companies|firm|provider|bank|trust|business|group|corporation|"
    r"manufacturer|producer|supplier|distributor|retailer|operator|developer|agency|fund|organization|studio|"
    r"maker|contractor|consultancy|institution|insurer|broker|enterprise|agent|lender|wholesaler)\b(\s+of\s+)?",
    re.I,
)
#: "(engages in) the research, development, manufacture, and sale of WHAT"
_DEED = re.compile(
    r"(?:the\s+|various\s+)?(?:business(?:es)?\s+of\s+)?"
    r"((?:[a-z&-]+(?:,\s+and\s+|,\s+|\s+and\s+|\s+)){0,9}[a-z-]+)\s+of\s+",
    re.I,
)
_DEED_WORD = re.compile(
    r"manufactur|produc|fabricat|assembl|develop|design|research|explor|min(?:ing|e)\b|extract|sale|sell|"
    r"distribut|trad|market|retail|wholesal|import|export|provi|supply|construct|operat|management|acqui|"
    r"rental|leas|invest|process|refin|ownership|breed|cultivat|growing|generation|transmission|publish",
    re.I,
)
_KINDS = (
    ("explores", re.compile(r"explor|\bmine|mining|extract", re.I)),
    (
        "makes",
        re.compile(r"manufactur|produc|makes|builds|assembl|fabricat|process|refine|brew|construct", re.I),
    ),
    ("creates", re.compile(r"develop|design|research|engineer|creates|discover", re.I)),
    ("sells", re.compile(r"sells|sale|sell|distribut|retail|wholesal|import|export|trad|market|suppl", re.I)),
    ("invests", re.compile(r"invest", re.I)),
    ("runs", re.compile(r"operat|\bruns|owns|ownership|acqui|leas|rent|hosts", re.I)),
)
#: A word that names a field by itself: "Real Estate", "Wealth Management".
_FIELD = re.compile(
    r"(?:estate|management|technology|media|mining|exploration|logistics|banking|insurance|"
    r"finance|leasing|brokerage|entertainment|retail|shipping|energy|power|healthcare)$",
    re.I,
)
_WORK = re.compile(r"(?:treatment|ing|ance|ation)$", re.I)


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
    return _from_text(text) or _from_keywords(row.keywords) or _from_name(row.name)


def _from_text(text: str) -> Trade | None:
    """The first sentence part that says something; a description says it in its first or second."""
    at = 0
    for _ in range(4):
        named, acts = _IS.search(text, at), _ACTS.search(text, at)
        first = min((m for m in (named, acts) if m), key=lambda m: m.start(), default=None)
        if first is None:
            return None
        found = _from_name_of_trade(first, text) if first is named else _from_acts(first, text)
        if found:
            return found
        at = first.end()
    return None


def _from_name_of_trade(found: re.Match[str], text: str) -> Trade | None:
    """`operates as a surface treatment company` → Surface Treatment Services."""
    noun = found[2].lower()
    said = phrase.beginning(found[1])
    if found[3]:
        said = phrase.beginning(text[found.end() :])
    words = phrase.head(said)
    if not words or phrase.is_general(words):
        return None
    what = " ".join(words)
    if noun in ("provider", "operator", "developer", "contractor") or found[3]:
        return _trade(words, "Services", "serves")
    if noun in (
        "company",
        "firm",
        "business",
        "group",
        "corporation",
        "organization",
        "enterprise",
        "companies",
    ):
        if _FIELD.search(what) and len(words) > 1:
            return Trade(phrase.title(words), what.lower(), "is")
        ending = "Services" if _WORK.search(what) else "Companies"
        return Trade(phrase.title([*words, ending]), f"{_running(words)} {ending.lower()}", "is")
    nouns = [*words, phrase.plural(noun)]
    return Trade(phrase.title(nouns), _running(nouns), "is")


def _from_acts(found: re.Match[str], text: str) -> Trade | None:
    """`manufactures and sells home textiles` → Home Textiles Manufacturing."""
    acts, rest = found[0], text[found.end() :]
    deed = _DEED.match(rest[:160])
    if deed and _DEED_WORD.search(deed[1]):
        acts, rest = deed[1], rest[deed.end() :]
    said = phrase.beginning(rest)
    words = phrase.head(said)
    if not words or phrase.is_general(words):
        return None
    kind = next((kind for kind, verbs in _KINDS if verbs.search(acts)), "serves")
    return _trade(words, _ENDINGS[kind], "makes" if kind == "creates" else kind)


_ENDINGS = {
    "explores": "Exploration",
    "makes": "Manufacturing",
    "creates": "Development",
    "sells": "Distribution",
    "invests": "Investments",
    "runs": "Operators",
    "serves": "Services",
}


def _trade(words: list[str], ending: str, kind: str) -> Trade:
    """A category of the words and what is done with them, unless they say that already."""
    bare = phrase.without_general_end(words)
    what = _running(words)
    if _says(words[-1], ending):
        return Trade(phrase.title(words if len(words) > 1 else ["Professional", *words]), what, kind)
    if len(words) == phrase.MOST_WORDS - 1 and bare != words:
        return Trade(phrase.title(words), what, kind)
    named = bare if ending == "Services" else phrase.singular(bare)
    return Trade(phrase.title([*named, ending]), what, kind)


def _says(word: str, ending: str) -> bool:
    return word.lower().rstrip("s") == ending.lower().rstrip("s") or (
        ending == "Services"
        and bool(re.search(r"(?:services|solutions|ing|ment|ance|ware|tion)$", word, re.I))
    )


def _running(words: list[str]) -> str:
    """Running text: lower case but for what is written in capitals."""
    return " ".join(w if w[1:] != w[1:].lower() or w.isupper() else w.lower() for w in words)


def _from_keywords(keywords: str) -> Trade | None:
    """The last keyword is the most specific one."""
    for piece in reversed(re.split(r"[,;|]", keywords[:EXAMINED])):
        words = piece.replace("&", " and ").replace("(", " ").replace(")", " ").split()
        if not words or phrase.is_general(words):
            continue
        words = words[-(phrase.MOST_WORDS) :]
        if words[0].lower() in ("and", "or"):
            words = words[1:]
        if len(words) == 1:
            words = [*phrase.singular(words), "Companies"]
        return Trade(phrase.title(words), _running(words), "is")
    return None


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
