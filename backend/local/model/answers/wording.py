"""How descriptions say what a company does: verbs, nouns, deeds, and what each sort of deed is called."""

from __future__ import annotations

import re

_VERBS = (
    "manufactures|produces|makes|builds|constructs|assembles|processes|refines|mines|designs|develops|sells|"
    "distributes|retails|wholesales|imports|exports|markets|trades|deals|supplies|publishes|explores|acquires|"
    "owns|leases|rents|operates|runs|manages|invests|lends|insures|provides|offers|delivers|renders|researches|"
    "engineers|installs|maintains|repairs|transports|supports|integrates|generates|transmits|cultivates|grows|breeds|"
    "creates|licenses|commercializes|discovers|brews|prints|organizes|hosts|specializes|specialises|focuses|"
    "engages|sources|stocks|underwrites|finances|participates|bakes|serves"
)
_FILLER = r"(?:and|or|also|primarily|mainly|principally|subsequently|then|actively)"
#: "X, together with its subsidiaries, manufactures, markets, and sells WHAT"
ACTS = re.compile(
    rf"\b((?:{_VERBS})(?:\s+for)?(?:,?\s+(?:{_FILLER}\s+)*(?:{_VERBS})(?:\s+for)?)*)\s+"
    r"((?:primarily\s+|principally\s+)?(?:in|on)\s+)?(?!by\b|as\b|through\b|under\b)",
    re.I,
)
_NOUNS = (
    "company|companies|firm|provider|bank|trust|business|group|corporation|manufacturer|producer|supplier|"
    "distributor|retailer|operator|developer|agency|fund|organization|studio|maker|contractor|consultancy|"
    "institution|insurer|broker|enterprise|agent|lender|wholesaler|manager|exchange|platform|chain|university|"
    "hospital|club|port|airport|utility|carrier|airline|foundation|society|cooperative|builder|miner|shipyard|"
    "brewery|publisher|brand|practice|shop|store|restaurant|bakery|school|vehicle|house"
)
IS = re.compile(
    r"\b(?:operates?|serves?|functions?|works|is|was|are)\s+(?:as\s+)?"
    r"(?:an?|one of the|the(?= leading| largest))\s+"
    rf"((?:[^\s.;:(]+\s+){{0,9}}?)({_NOUNS})\b(\s+of\s+)?",
    re.I,
)
#: "(engages in) the research, development, manufacture, and sale of WHAT"
DEED = re.compile(
    r"(?:the\s+|various\s+)?(?:business(?:es)?\s+of\s+)?"
    r"((?:(?!(?:in|for|to|with)\b)[a-z&-]+(?:,\s+and\s+|,\s+|\s+and\s+|\s+)){0,9}?[a-z-]+)\s+of\s+",
    re.I,
)
DEED_WORD = re.compile(
    r"manufactur|produc|fabricat|assembl|develop|design|research|explor|min(?:ing|e)\b|extract|sale|sell|"
    r"distribut|trad|market|retail|wholesal|import|export|provi|supply|construct|operat|management|acqui|"
    r"rental|leas|invest|process|refin|ownership|breed|cultivat|growing|generation|transmission|publish|area|"
    r"field|purchas|breeding|planting|smelting",
    re.I,
)
KINDS = (
    ("explores", re.compile(r"explor|\bmine|mining|extract", re.I)),
    ("makes", re.compile(r"manufactur|makes|builds|assembl|fabricat|construct", re.I)),
    ("produces", re.compile(r"produc|process|refine|brew|bakes|smelt|cultivat|grows", re.I)),
    ("creates", re.compile(r"develop|design|research|engineer|creates|discover", re.I)),
    (
        "sells",
        re.compile(r"sells|sale|sell|distribut|retail|wholesal|import|export|trad|deal|market|suppl", re.I),
    ),
    ("invests", re.compile(r"invest", re.I)),
    ("runs", re.compile(r"operat|\bruns|owns|ownership|acqui|leas|rent|hosts", re.I)),
)
ENDINGS = {
    "explores": "Exploration",
    "makes": "Manufacturing",
    "produces": "Production",
    "creates": "Development",
    "sells": "Distribution",
    "invests": "Investments",
    "runs": "Operators",
    "serves": "Services",
}
#: A word that names a field by itself: "Real Estate", "Wealth Management".
FIELD = re.compile(
    r"(?:estate|management|technology|media|mining|exploration|logistics|banking|insurance|finance|leasing|"
    r"brokerage|entertainment|shipping|power|healthcare)$",
    re.I,
)
WORK = re.compile(r"(?:treatment|ing|ance|ation)$", re.I)
#: Words after which "Services" would say nothing more.
SERVICE = re.compile(
    r"(?:services|solutions|(?<!build)(?<!bear)ing|ance|software|ation|management|estate)$", re.I
)
