"""From what people type into a Website cell to the address that may be asked, and on to the next one.

Everything here looks at text alone. Whether a name's machines are public is seen after it is resolved
(`adapters/pages/addresses.py`).
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from urllib.parse import quote, urljoin

from backend.domain.page import without_invisible
from backend.errors import RowFailed

#: Characters of a cell that are looked at, and candidates in it that are tried.
CELL_CHARS = 4000
CANDIDATES = 20
#: The longest path and query that is asked for; browsers and servers agree up to about here.
TARGET_CHARS = 2000

_DEFAULT_PORTS = {"http": 80, "https": 443}
#: Suffixes that name machines of a private network (RFC 6761, 6762, 8375, and what routers hand out).
_PRIVATE_SUFFIXES = (
    "localhost",
    "local",
    "localdomain",
    "internal",
    "intranet",
    "corp",
    "home",
    "lan",
    "private",
    "home.arpa",
)
_NOTHING = re.compile(
    r"(?i)n\.?\s?/?\s?a\.?|#n/a|none|nil|null|no|no website|not available|unknown|tbd|\?+|[-–—_.]+"
)
#: `https:/acme.com`, `http;//`, `https//`, `http: acme.com` at the start of a candidate.
_LOOSE_SCHEME = re.compile(r"(?i)(?:^|(?<=[\s,;|(<\"\[]))(https?)\s*(?:[:;]\s*[/\\]*|[/\\]{2,})\s*(?=\S)")
_SPACE_IN_NAME = re.compile(r"(?i)(?<=\bwww\.)\s+|(?<=\w)\s+(?=\.[a-z]{2,}\b)")
_BETWEEN = re.compile(r"[\s;|<>\"]+|\]\(|,(?=\s|$|https?:|(?:[\w-]+\.)+[\w-]+)")
_AROUND = "()[]{}'`“”‘’«».,:;!*"
_SCHEME = re.compile(r"(?i)([a-z][a-z0-9+.-]*):(//)?(.*)", re.DOTALL)
#: Schemes that people and pages write without slashes; anything else before a colon is a host.
_BARE_SCHEMES = ("mailto", "tel", "javascript", "data", "file", "ftp", "blob", "about", "view-source")
_DOTS = re.compile("[\u3002\uff0e\uff61]")
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
_TOP_LABEL = re.compile(r"[a-z]{2,63}|xn--[a-z0-9-]{1,59}")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_BYTE = re.compile(r"0|[1-9][0-9]{0,2}")


@dataclass(frozen=True, slots=True)
class Address:
    """A web address in one spelling: lower-case ASCII host, quoted path, no fragment, no user."""

    scheme: str
    host: str
    port: int
    #: Path and query, beginning with `/`.
    target: str
    #: Did a person write the scheme? Without one https is tried first and http serves as well.
    scheme_given: bool = True

    @property
    def authority(self) -> str:
        """What the Host header says."""
        return self.host if self.port == _DEFAULT_PORTS[self.scheme] else f"{self.host}:{self.port}"

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.authority}{self.target}"

    @property
    def robots(self) -> Address:
        """Where the host keeps its robots.txt."""
        return replace(self, target="/robots.txt")

    def other_scheme(self) -> Address | None:
        """http for https and the reverse; `None` where a port was typed."""
        if self.port != _DEFAULT_PORTS[self.scheme]:
            return None
        other = "http" if self.scheme == "https" else "https"
        return replace(self, scheme=other, port=_DEFAULT_PORTS[other])


def address_of(website: str) -> Address:
    """The first usable address in a cell.

    Raises `RowFailed` (`page_none`, `page_bad_url`, `page_refused`).
    """
    cell = without_invisible(website)[:CELL_CHARS].strip()
    if not cell:
        raise RowFailed("page_none", "The Website cell is empty.")
    if _NOTHING.fullmatch(cell):
        raise RowFailed("page_bad_url", f"“{cell}” says that there is no website.")
    failure: RowFailed | None = None
    for candidate in _candidates(cell):
        try:
            return _typed(candidate)
        except RowFailed as error:
            if failure is None or error.error_class == "page_refused":
                failure = error
    raise failure or _not_an_address(cell)


def page_key(website: str) -> str:
    """What equal sites have in common, whatever the spelling: host and path, without scheme or fragment.

    Raises as `address_of` does.
    """
    address = address_of(website)
    port = "" if address.port in _DEFAULT_PORTS.values() else f":{address.port}"
    return f"{address.host}{port}{'' if address.target == '/' else address.target}"


def page_host(website: str) -> str:
    """Whose turn reading a cell's address takes: one page of a host is read at a time.

    Raises as `address_of` does.
    """
    return address_of(website).host


def follow(here: Address, location: str) -> Address:
    """Where a redirect or a link leads; raises `RowFailed` (`page_refused`) where it must not be followed."""
    try:
        there = urljoin(here.url, _tidy(location))
        match = _SCHEME.fullmatch(there)
        if match is None or match[1].lower() not in _DEFAULT_PORTS or not match[2]:
            raise _refused(f"The website leads to “{_short(location)}”, which is no web address.")
        return _address(match[1].lower(), match[3], scheme_given=True)
    except (RowFailed, ValueError) as error:
        reason = error.message if isinstance(error, RowFailed) else "it is malformed."
        raise _refused(f"The website leads to an address that is not read: {reason}") from error


def same_site(one: Address, other: Address) -> bool:
    """Do two addresses belong to one website? `www.` makes no difference."""
    return one.host.removeprefix("www.") == other.host.removeprefix("www.")


def _candidates(cell: str) -> list[str]:
    text = _SPACE_IN_NAME.sub("", _LOOSE_SCHEME.sub(r"\1://", cell))
    pieces = map(_unwrapped, _BETWEEN.split(text))
    return [piece for piece in pieces if piece][:CANDIDATES]


def _unwrapped(piece: str) -> str:
    """Without the quotes, brackets and stops around it, but with a bracket that the path itself opened."""
    inside = piece.strip(_AROUND)
    if inside.count("(") == inside.count(")") + 1 and f"{inside})" in piece:
        return f"{inside})"
    return inside


def _typed(candidate: str) -> Address:
    match = _SCHEME.fullmatch(candidate)
    scheme, rest, given = "https", candidate.lstrip("/"), False
    if match is not None and (match[2] or match[1].lower() in _BARE_SCHEMES):
        scheme, rest, given = match[1].lower(), match[3], True
        while (again := _SCHEME.fullmatch(rest)) is not None and again[2]:  # http://https://acme.com
            scheme, rest = again[1].lower(), again[3]
    if scheme == "mailto" or (not given and "@" in re.split(r"[/?#]", rest)[0]):
        raise RowFailed("page_bad_url", f"“{_short(rest)}” is an e-mail address, not a website.")
    if scheme not in _DEFAULT_PORTS:
        raise _refused(f"Only http and https addresses are read, not “{_short(candidate)}”.")
    if not given and "." not in _host_text(rest) and _host_text(rest) != "localhost":
        raise _not_an_address(candidate)
    return _address(scheme, rest, scheme_given=given)


def _address(scheme: str, rest: str, *, scheme_given: bool) -> Address:
    authority, target = _split(_tidy(rest))
    if "@" in authority:
        raise _refused("Addresses with a user name or password are not read.")
    if "[" in authority or authority.count(":") > 1:
        raise _refused(f"“{_short(authority)}” is a machine's number, not the name of a website.")
    name, colon, port_text = authority.partition(":")
    port = _port(port_text) if colon and port_text else _DEFAULT_PORTS[scheme]
    if len(target) > TARGET_CHARS:
        raise RowFailed("page_bad_url", f"The address is longer than {TARGET_CHARS:,} characters.")
    return Address(scheme, _host(name), port, target, scheme_given)


def _tidy(text: str) -> str:
    """As browsers read it: no control characters, and a backslash is a slash."""
    return without_invisible(text).replace("\t", "").replace("\n", "").strip().replace("\\", "/")


def _split(rest: str) -> tuple[str, str]:
    head = re.split(r"[/?#]", rest, maxsplit=1)[0]
    tail = rest[len(head) :].partition("#")[0]
    if not tail.startswith("/"):
        tail = f"/{tail}"
    return head, quote(tail, safe="/?%:@!$&'()*+,;=-._~", errors="replace")


def _host_text(rest: str) -> str:
    return _DOTS.sub(".", re.split(r"[/\\?#:]", rest, maxsplit=1)[0]).strip(".").lower()


def _host(name: str) -> str:
    """The name in lower-case ASCII; raises `page_bad_url` or `page_refused`."""
    mapped = unicodedata.normalize("NFKC", _DOTS.sub(".", name).lower()).lower().removesuffix(".")
    try:
        labels = [_ascii(label) for label in mapped.split(".")]
    except UnicodeError as error:
        raise _not_an_address(name) from error
    host = ".".join(labels)
    if not all(_LABEL.fullmatch(label) for label in labels) or len(host) > 253:
        raise _not_an_address(name)
    if len(labels) == 1 or any(host == suffix or host.endswith(f".{suffix}") for suffix in _PRIVATE_SUFFIXES):
        raise _refused(f"“{_short(host)}” names a machine of a private network.")
    if _NUMBER.fullmatch(labels[-1]):
        # A resolver reads 0177.1, 0x7f.1 and 127.1 as 127.0.0.1; only four plain decimals mean what they say.
        if len(labels) != 4 or not all(_BYTE.fullmatch(label) and int(label) < 256 for label in labels):
            raise _refused(f"“{_short(host)}” is a machine's number in an unusual form.")
    elif not _TOP_LABEL.fullmatch(labels[-1]):
        raise _not_an_address(name)
    return host


def _ascii(label: str) -> str:
    """One label as IDNA 2008 writes it: `ß` and final sigma stay what they are, as browsers have it."""
    if label.isascii():
        return label
    if not all(unicodedata.category(character)[0] in "LMN" or character == "-" for character in label):
        raise UnicodeError("a sign that no name holds")
    return f"xn--{label.encode('punycode').decode('ascii')}"


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise _not_an_address(text)
    if len(text) > 5 or int(text) not in _DEFAULT_PORTS.values():
        raise _refused(f"Only the ports 80 and 443 are read, not {_short(text)}.")
    return int(text)


def _not_an_address(text: str) -> RowFailed:
    return RowFailed("page_bad_url", f"“{_short(text)}” is not a web address, like “example.com”.")


def _refused(sentence: str) -> RowFailed:
    return RowFailed("page_refused", sentence)


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:59]}…"
