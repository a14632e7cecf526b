"""What a website says, and the text of it that goes to the model: cleaned, marked up, cut at whole words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

#: Characters that no reader sees but a model does: controls, zero-width, bidirectional, variation
#: selectors, tags, fillers, private use, lone surrogates, non-characters. Instructions hide in them.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ud800-\udfff\ue000-\uf8ff\ufdd0-\ufdef\ufe00-\ufe0f"
    "\ufeff\uffa0\ufff0-\uffff\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U0010ffff]"
)
_LINE_ENDS = re.compile("[\x0a-\x0d\x85\u2028\u2029]+")
_SPACES = re.compile(r"[^\S\n]+")
_BLANK_LINES = re.compile(r" ?\n[ \n]*")

#: Most of each part that the model is shown, in characters; the body takes what is left of the budget.
TITLE_CHARS = 200
SITE_NAME_CHARS = 100
DESCRIPTION_CHARS = 500
ORGANISATION_CHARS = 500
HEADINGS_CHARS = 500

#: A page with less body text than this sends the reader on to the site's "about" page.
LITTLE_CHARS = 400
#: Letters and digits without which a page says nothing at all.
NOTHING_CHARS = 20


@dataclass(frozen=True)
class Reading:
    """What one HTML page says, part by part, cleaned and not yet cut."""

    title: str = ""
    description: str = ""
    #: Open Graph's title and description, joined.
    open_graph: str = ""
    site_name: str = ""
    #: JSON-LD Organization: name, what it does, where it is.
    organisation: str = ""
    headings: tuple[str, ...] = ()
    #: One line a block of text.
    body: str = ""
    #: BCP 47 as the page declares it, e.g. `ja` or `en-GB`; empty when it does not.
    language: str = ""
    #: Where the page itself points to for more: its "about" page, the frame that holds its text.
    further: tuple[str, ...] = ()


@dataclass(frozen=True)
class Page:
    """What is kept of a website and shown to the model."""

    requested_url: str
    final_url: str
    #: The addresses whose text is used: the page asked for, and the "about" page where it was needed.
    pages_read: tuple[str, ...]
    title: str
    #: Plain text with its parts named, at most the reader's `max_chars`, ending at a whole word.
    text: str
    language: str


def without_invisible(text: str) -> str:
    """The text without the characters that no reader can see; line ends and spaces stay as they are."""
    return _INVISIBLE.sub("", text)


def clean_text(text: str) -> str:
    """Text that is safe to show and to mark as data: nothing invisible, single spaces, no empty lines."""
    text = _LINE_ENDS.sub("\n", without_invisible(text))
    return _BLANK_LINES.sub("\n", _SPACES.sub(" ", text)).strip()


def trim(text: str, max_chars: int) -> str:
    """At most `max_chars` characters, cut between words.

    Where no space stands in the last fifth (Japanese, Chinese, Thai), the cut falls between two
    characters.
    """
    if len(text) <= max_chars:
        return text
    cut = text[: max_chars + 1]
    end = max(cut.rfind(" "), cut.rfind("\n"))
    if end < max_chars * 4 // 5:
        end = max_chars
    return text[:end].rstrip()


def says_nothing(reading: Reading) -> bool:
    """Is there too little on the page to tell anything about the company?"""
    head = (reading.title, reading.description, reading.open_graph, reading.organisation)
    everything = "".join((*head, *reading.headings, reading.body))[:2000]
    return sum(map(str.isalnum, everything)) < NOTHING_CHARS


def says_little(reading: Reading) -> bool:
    """Is the "about" page worth a second request?"""
    return len(reading.body) < LITTLE_CHARS


def compose(home: Reading, about: Reading | None, max_chars: int) -> str:
    """The text for the model: what names the company first, then its words, within `max_chars`."""
    headings = _distinct(home.headings)
    parts = [
        _part("Title", home.title, TITLE_CHARS),
        _part("Site name", "" if home.site_name in home.title else home.site_name, SITE_NAME_CHARS),
        _part("Description", home.description, DESCRIPTION_CHARS),
        _part("Shared as", _unsaid(home.open_graph, home.title, home.description), DESCRIPTION_CHARS),
        _part("Organisation", home.organisation, ORGANISATION_CHARS),
        _part("Headings", " | ".join(headings), HEADINGS_CHARS),
        _part("Text", _without(home.body, (home.title, *headings)), max_chars),
    ]
    if about is not None:
        parts.append(_part("Further page", _without(about.body, (about.title,)), max_chars))
    return trim("\n".join(part for part in parts if part), max_chars)


def _part(name: str, text: str, max_chars: int) -> str:
    return f"{name}: {trim(text, max_chars)}" if text else ""


def _unsaid(shared: str, *said: str) -> str:
    """Open Graph mostly repeats the title and the description; what stands there already is left out."""
    return " – ".join(part for part in shared.split(" – ") if not any(part in text for text in said))


def _distinct(lines: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(line for line in lines if line))


def _without(body: str, said: Sequence[str]) -> str:
    """The body without the lines that stand above it already, and without a line said twice."""
    known = set(said)
    lines = dict.fromkeys(line for line in body.split("\n") if line not in known)
    return "\n".join(lines)
