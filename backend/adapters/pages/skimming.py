"""The first pass over a page, in lxml: what no reader looks at goes, the words of its body come out.

BeautifulSoup builds Python objects for every tag: 24 ms for a page of 166 KB. It gets what lxml leaves of it:
a head, and the headings.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice

from lxml import etree

from backend.adapters.pages.blocks import going

#: JSON-LD of one page that is kept, in characters.
LINKED_DATA_CHARS = 100_000
#: Meta tags that are kept; real pages have some thirty.
METAS = 100
#: Headings of a page that are looked at.
HEADINGS = 30
#: Characters for each tag of the body that is kept at most: a page of tags without words is no page.
CHARS_PER_TAG = 4

_NEVER_READ = (
    *("script", "style", "noscript", "template", "svg", "math", "canvas", "video", "audio", "picture", "img"),
    *("map", "object", "embed", "applet", "iframe", "nav", "select", "textarea", "button", "input"),
    *("datalist", "dialog", "link", "base"),
)
#: Tags that do not end a line: their text belongs to the block around them.
_INLINE = (
    *("a", "abbr", "b", "bdi", "bdo", "big", "cite", "code", "del", "em", "font", "i", "ins", "kbd", "label"),
    *("mark", "q", "s", "samp", "small", "span", "strong", "sub", "sup", "time", "tt", "u", "var", "wbr"),
)
#: What an element is renamed to before all of them are taken out in one pass over the tree.
_AWAY = "away"
#: What is left of the body in the end: headings, and what some pages put there instead of into the head.
_LEFT = ("h1", "h2", "title", "meta")


@dataclass(frozen=True)
class Skimmed:
    """The parts of a page."""

    #: A small document for BeautifulSoup: the head, and the headings as the body.
    html: str
    #: The body's words, one line a block of text.
    text: str
    #: Its JSON-LD scripts.
    linked_data: list[str]


def skim(html: str, enough_chars: int) -> Skimmed | None:
    """The page cut to what is read, its body to about `enough_chars`; `None` where there is no document."""
    root = tree(html)
    if root is None:
        return None
    _gather_body(root)
    linked_data = [script.text or "" for script in root.iter("script") if _is_linked_data(script)]
    for meta in list(root.iter("meta"))[METAS:]:
        meta.tag = _AWAY
    etree.strip_elements(root, _AWAY, *_NEVER_READ, with_tail=False)
    text = ""
    body = root.find("body")
    if body is not None:
        text = _words(body, enough_chars)
        left = list(islice(body.iter(*_LEFT), METAS + HEADINGS))
        for element in left:
            element.tail = None
        # Moved before their body goes: lxml frees no tree from which an element is taken out afterwards.
        etree.SubElement(root, "body").extend(left)
        root.remove(body)
    return Skimmed(etree.tostring(root, encoding="unicode", method="html"), text, linked_data)


def tree(html: str) -> etree._Element | None:
    """The document's root; `None` where there is none: an empty page, or nothing but comments."""
    parser = etree.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, recover=True)
    try:
        root = etree.fromstring(html.encode("utf-8", "replace"), parser)
    except etree.XMLSyntaxError:
        return None
    _unpack_frameless(root)
    return root


def _words(body: etree._Element, enough_chars: int) -> str:
    _cut(body, enough_chars * 2)
    for element in list(going(body)):
        element.tag = _AWAY
    etree.strip_elements(body, _AWAY, with_tail=False)
    etree.strip_tags(body, *_INLINE)
    _cut(body, enough_chars)
    return "\n".join(map(str, body.itertext()))


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


def _is_linked_data(script: etree._Element) -> bool:
    kind = script.get("type", "").partition(";")[0].strip().lower()
    return kind == "application/ld+json" and len(script.text or "") <= LINKED_DATA_CHARS


def _cut(body: etree._Element, enough_chars: int) -> None:
    """Removes everything that follows the first `enough_chars` characters of the body, or their tags."""
    chars = 0
    for tags, element in enumerate(body.iter(etree.Element)):
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
