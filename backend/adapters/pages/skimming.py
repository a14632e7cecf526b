"""The first pass over a page, in lxml: what no reader looks at goes, and what comes after enough text.

BeautifulSoup builds a Python object for every tag and every attribute (24 ms for a page of 166 KB); what
this pass leaves takes it 2 or 3.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from lxml import etree

#: JSON-LD of one page that is kept, in characters.
LINKED_DATA_CHARS = 100_000
#: Meta tags that are kept; real pages have some thirty.
METAS = 100
#: Characters for each tag of the body that is kept at most: a page of tags without words is no page.
CHARS_PER_TAG = 4
#: Links that are looked at in search of an "about" page.
LINKS = 600
#: Characters of a link's address and of its text that are kept.
LINK_CHARS = 300
#: Pieces of text that decide whether a block is made of links.
PIECES = 500
#: Characters of a block's class and id that are looked at.
NAME_CHARS = 300
#: Text of a block from which on it is content, whatever its name says.
BANNER_CHARS = 1500

_NEVER_READ = (
    *("style", "noscript", "template", "svg", "math", "canvas", "video", "audio", "picture", "img", "map"),
    *("object", "embed", "applet", "iframe", "nav", "select", "textarea", "button", "input", "datalist"),
    *("dialog", "link", "base"),
)
#: Tags that do not end a line: their text belongs to the block around them.
_INLINE = (
    *(
        "a",
        "abbr",
        "b",
        "bdi",
        "bdo",
        "big",
        "cite",
        "code",
        "em",
        "font",
        "i",
        "ins",
        "kbd",
        "label",
        "mark",
    ),
    *("q", "s", "samp", "small", "span", "strong", "sub", "sup", "time", "tt", "u", "var", "wbr", "del"),
)
#: What an element is renamed to before all of them are taken out in one pass over the tree.
_AWAY = "away"
_BLOCKS = (
    *(
        "div",
        "section",
        "aside",
        "ul",
        "ol",
        "li",
        "form",
        "p",
        "span",
        "a",
        "table",
        "td",
        "header",
        "footer",
    ),
)
_AWAY_ROLES = frozenset(("navigation", "menu", "menubar", "search", "dialog", "alertdialog"))
_HIDDEN_STYLE = re.compile(r"(?i)display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0(?![.\d])")
#: The names that tell anything at all, in one search, for most blocks carry none of them.
_TELLING = re.compile(
    "nav|menu|breadcrumb|skip|sitemap|cookie|consent|gdpr|onetrust|usercentr|didomi|ccpa|trust|cmp"
)
_NAVIGATION = re.compile(r"(?:^|[\s_-])(?:nav|navbar|navigation|menu|breadcrumbs?|skip|sitemap)(?:[\s_-]|$)")
_CONSENT = re.compile(
    r"cookie|consent|gdpr|onetrust|usercentrics|didomi|ccpa|truste|(?:^|[\s_-])cmp(?:[\s_-]|$)"
)
_ASKS_CONSENT = re.compile(
    r"(?i)(?:use|using|verwenden|nutzen|utilis|usa)\w{0,6} (?:wir |des |los |las |i )?cookies|consent|privacy"
    r"|datenschutz|accept|agree|akzept|zustimm|aceptar|accett|同意"
)


@dataclass(frozen=True)
class Skimmed:
    """What is left for BeautifulSoup, and the links, which it need not look for."""

    html: str
    #: (href, text) in the order of the page; frames come as (src, "").
    links: tuple[tuple[str, str], ...]
    base: str


def skim(html: str, enough_chars: int) -> Skimmed | None:
    """The page cut to what is read, its body to about `enough_chars`; `None` where there is no document."""
    parser = etree.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, recover=True)
    try:
        root = etree.fromstring(html.encode("utf-8", "replace"), parser)
    except etree.XMLSyntaxError:  # an empty document, or nothing but comments
        return None
    _unpack_frameless(root)
    _gather_body(root)
    links = tuple(_links(root))
    base = next((element.get("href", "") for element in root.iter("base")), "")
    for element in [script for script in root.iter("script") if not _is_linked_data(script)]:
        element.tag = _AWAY
    for element in list(root.iter("meta"))[METAS:]:
        element.tag = _AWAY
    etree.strip_elements(root, _AWAY, *_NEVER_READ, with_tail=False)
    for body in root.iter("body"):
        _cut(body, enough_chars * 2)
    for element in list(_going(root)):
        element.tag = _AWAY
    etree.strip_elements(root, _AWAY, with_tail=False)
    etree.strip_tags(root, *_INLINE)
    for body in root.iter("body"):
        _cut(body, enough_chars)
        for element in body.iter(etree.Element):
            if element.tag != "script":
                element.attrib.clear()
    return Skimmed(etree.tostring(root, encoding="unicode", method="html"), links, base)


def _unpack_frameless(root: etree._Element) -> None:
    """A frameset's page for readers without frames reaches us as raw text; here it becomes the body."""
    if root.find("body") is not None:
        return
    for element in root.iter("noframes"):
        parser = etree.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True)
        inside = etree.fromstring((element.text or "").strip().encode() or b"<p></p>", parser)
        body = inside.find("body") if inside is not None else None
        if body is not None:
            element.text = None
            root.append(body)
            return


def _gather_body(root: etree._Element) -> None:
    """What stands behind the body's end belongs to it, as browsers have it."""
    body = root.find("body")
    if body is not None:
        for late in [child for child in body.itersiblings() if child.tag != "head"]:
            body.append(late)


def _links(root: etree._Element) -> Iterator[tuple[str, str]]:
    for frame in root.iter("frame"):
        yield frame.get("src", ""), ""
    for count, anchor in enumerate(root.iter("a")):
        if count >= LINKS:
            return
        href = anchor.get("href")
        if href:
            yield href[:LINK_CHARS], _text(anchor, LINK_CHARS)


def _is_linked_data(script: etree._Element) -> bool:
    kind = script.get("type", "").partition(";")[0].strip().lower()
    return kind == "application/ld+json" and len(script.text or "") <= LINKED_DATA_CHARS


def _going(root: etree._Element) -> Iterator[etree._Element]:
    """Blocks that go. What stands inside one goes with it and is not looked at: menus nest deeply."""
    walk = etree.iterwalk(root, events=("start",), tag=_BLOCKS)
    for _, element in walk:
        if _goes(element):
            walk.skip_subtree()
            yield element


def _goes(element: etree._Element) -> bool:
    """Is this block navigation, a consent banner, or hidden from readers?"""
    attributes = element.attrib
    if element.tag == "footer" and _is_mostly_links(element):
        return True
    if not attributes:
        return False
    if "hidden" in attributes or attributes.get("aria-hidden") == "true":
        return True
    if attributes.get("role") in _AWAY_ROLES or attributes.get("aria-modal") == "true":
        return True
    style = attributes.get("style")
    if style and _HIDDEN_STYLE.search(style):
        return True
    name = f"{attributes.get('class', '')} {attributes.get('id', '')}"[:NAME_CHARS].lower()
    if _TELLING.search(name) is None:
        return False
    if _CONSENT.search(name):
        text = _text(element, BANNER_CHARS)
        return len(text) < BANNER_CHARS and _ASKS_CONSENT.search(text) is not None
    return _NAVIGATION.search(name) is not None and _is_mostly_links(element)


def _text(element: etree._Element, max_chars: int) -> str:
    text = ""
    for piece in element.itertext():
        text += str(piece)
        if len(text) >= max_chars:
            break
    return text


def _is_mostly_links(element: etree._Element) -> bool:
    # A restaurant's menu carries the same names as a site's; only one of them is made of links.
    everything = sum(len(piece.strip()) for piece in islice(element.itertext(), PIECES))
    anchors = islice(element.iter("a"), PIECES)
    linked = sum(len(piece.strip()) for anchor in anchors for piece in islice(anchor.itertext(), 20))
    return linked * 10 >= everything * 6


def _cut(body: etree._Element, enough_chars: int) -> None:
    """Removes everything that follows the first `enough_chars` characters of the body, or their tags."""
    chars = 0
    for tags, element in enumerate(body.iter(etree.Element)):
        if element.tag != "script":
            chars += len(element.text or "")
        if element is not body:
            chars += len(element.tail or "")
        if chars > enough_chars or tags * CHARS_PER_TAG > enough_chars:
            _remove_after(element, body)
            return


def _remove_after(element: etree._Element, body: etree._Element) -> None:
    for child in list(element):
        element.remove(child)
    while element is not body:
        parent = element.getparent()
        if parent is None:
            return
        for later in list(element.itersiblings()):
            parent.remove(later)
        element = parent
