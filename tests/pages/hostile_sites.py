"""Sites that mean harm: each is put up in the little internet and says what reading it must end in."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Iterator
from functools import cache

from tests.pages.web import PUBLIC, Exchange, Web, with_robots

#: Puts the site up and gives the host to read.
Setup = Callable[[Web], str]
#: By name: how it is put up, and the class of failure that it must end in.
HOSTILE: dict[str, tuple[Setup, str]] = {}
#: Those that would keep a reader for ever: each must end in `page_timeout`.
SLOW: dict[str, Setup] = {}

PAGE = "<title>A harmless page</title><p>" + "Words that would be read if anything were. " * 20


def _redirects(location: str) -> Setup:
    def setup(web: Web) -> str:
        return web.site(
            "leads-away", lambda exchange: exchange.answer("", "302 Found", headers=[f"Location: {location}"])
        )

    return setup


def _resolving(*answer: str) -> Setup:
    return lambda web: web.resolves("a-name", list(answer))


def _leads_to_name(*answer: str) -> Setup:
    def setup(web: Web) -> str:
        web.resolves("inside", list(answer))
        return _redirects("https://inside.web.example/")(web)

    return setup


def _site(answer: Callable[[Exchange], None]) -> Setup:
    return lambda web: web.site("hostile", answer)


@cache
def bomb(megabytes: int) -> bytes:
    """Zeros, packed: a thousandth of their size."""
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    return b"".join([*(packer.compress(bytes(1 << 20)) for _ in range(megabytes)), packer.flush()])


# ── addresses that are not public, behind a redirect or behind a name ──

for _where in (
    "http://127.0.0.1/",
    "http://10.0.0.1/",
    "http://192.168.1.1/admin",
    "http://169.254.169.254/latest/meta-data/",
    "http://metadata.google.internal/computeMetadata/v1/",
    "http://localhost/",
    "http://[::1]/",
    "http://[::ffff:127.0.0.1]/",
    "http://0177.0.0.1/",
    "http://0x7f.1/",
    "http://2130706433/",
    "http://127.1/",
    "http://①②⑦.⓪.⓪.①/",
    "http://１２７。０。０。１/",
    "//127.0.0.1/",
    "http://web.example:8080/",
    "http://someone@web.example/",
    "ftp://web.example/",
    "file:///etc/passwd",
    "gopher://127.0.0.1:70/",
    "http://[/",
):
    HOSTILE[f"redirects to {_where}"] = (_redirects(_where), "page_refused")

for _answer in (
    ["127.0.0.1"],
    ["10.1.2.3"],
    ["169.254.169.254"],
    ["100.64.0.1"],
    ["0.0.0.0"],
    ["192.0.0.192"],
    ["168.63.129.16"],
    ["224.0.0.1"],
    ["255.255.255.255"],
    ["::1"],
    ["::"],
    ["::ffff:127.0.0.1"],
    ["::127.0.0.1"],
    ["64:ff9b::7f00:1"],
    ["2002:7f00:1::"],
    ["2001:0:7f00:1::"],
    ["fec0::1"],
    ["fe80::1%lo"],
    ["fd00:ec2::254"],
    ["ff02::1"],
    [PUBLIC, "127.0.0.1"],
    ["127.0.0.1", PUBLIC],
    [PUBLIC, "::1"],
    ["not an address"],
):
    HOSTILE[f"resolves to {' and '.join(_answer)}"] = (_resolving(*_answer), "page_refused")
HOSTILE["redirects to a name inside"] = (_leads_to_name("10.0.0.5"), "page_refused")
HOSTILE["redirects with a backslash before the host"] = (
    _redirects("http://nobody.web.example\\@127.0.0.1/"),
    "page_not_found",  # as in a browser, the backslash ends the host
)
HOSTILE["resolves to nothing"] = (_resolving(), "page_not_found")
HOSTILE["does not exist"] = (lambda web: "nobody.web.example", "page_not_found")


# ── too much ──


def _packed(body: bytes, *headers: str) -> Callable[[Exchange], None]:
    return lambda exchange: exchange.answer(body, headers=headers)


def _bomb(packed_again: bool, *headers: str) -> Setup:
    def setup(web: Web) -> str:
        body = bomb(100)
        return web.site("bomb", _packed(gzip.compress(body) if packed_again else body, *headers))

    return setup


def _promised_too_much(exchange: Exchange) -> None:
    exchange.answer("", headers=["Content-Length: 999999999"], length=False)


def _too_long(exchange: Exchange) -> None:
    exchange.answer(PAGE + "x" * 600_000)


def _endless(exchange: Exchange) -> None:
    exchange.answer("", headers=["Transfer-Encoding: chunked"], length=False)
    while True:
        exchange.wire.sendall(b"4000\r\n" + b"x" * 0x4000 + b"\r\n")


def _endless_to_the_end(exchange: Exchange) -> None:
    exchange.answer("", headers=["Connection: close"], length=False)
    while True:
        exchange.wire.sendall(b"<p>more " * 4096)


def _chunk_extensions(exchange: Exchange) -> None:
    exchange.answer("", headers=["Transfer-Encoding: chunked"], length=False)
    while True:
        exchange.wire.sendall(b"1;" + b"x" * 60_000 + b"\r\na\r\n")


def _endless_head(exchange: Exchange) -> None:
    exchange.wire.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        exchange.wire.sendall(b"X-A: " + b"x" * 60_000 + b"\r\n")


def _endless_continue(exchange: Exchange) -> None:
    while True:
        exchange.wire.sendall(b"HTTP/1.1 100 Continue\r\nX-A: b\r\n\r\n" * 1000)


for _name, _answer_with, _class in (
    (
        "2 MB of text in gzip",
        _packed(gzip.compress(b"<p>" + b"x" * 2_000_000), "Content-Encoding: gzip"),
        "page_too_big",
    ),
    (
        "an encoding nobody asked for",
        _packed(b"\x0b\x02\x80abc\x03", "Content-Encoding: br"),
        "page_not_html",
    ),
    ("a page of 600 KB", _too_long, "page_too_big"),
    ("a promise of 1 GB", _promised_too_much, "page_too_big"),
    ("an endless body in chunks", _endless, "page_too_big"),
    ("an endless body until it closes", _endless_to_the_end, "page_too_big"),
    ("endless chunk extensions", _chunk_extensions, "page_too_big"),
    ("an endless head", _endless_head, "page_too_big"),
    ("an endless interim answer", _endless_continue, "page_too_big"),
):
    HOSTILE[_name] = (_site(_answer_with), _class)
HOSTILE["a gzip bomb"] = (_bomb(False, "Content-Encoding: gzip"), "page_too_big")
HOSTILE["a chain of encodings"] = (_bomb(True, "Content-Encoding: gzip, gzip"), "page_not_html")
HOSTILE["two encodings in two headers"] = (
    _bomb(True, "Content-Encoding: gzip", "Content-Encoding: gzip"),
    "page_not_html",
)


# ── too slow ──


def _drip_status(exchange: Exchange) -> None:
    exchange.drip(b"HTTP/1.1 200 OK and on and on ")


def _drip_head(exchange: Exchange) -> None:
    exchange.wire.sendall(b"HTTP/1.1 200 OK\r\n")
    exchange.drip(b"X-A: b\r\n")


def _drip_body(exchange: Exchange) -> None:
    exchange.answer("", length=False, headers=["Content-Length: 100000"])
    exchange.drip(b"<p>slowly</p>")


def _drip_chunks(exchange: Exchange) -> None:
    exchange.answer("", length=False, headers=["Transfer-Encoding: chunked"])
    exchange.drip(b"1\r\na\r\n")


def _drip_gzip(exchange: Exchange) -> None:
    exchange.answer("", length=False, headers=["Content-Encoding: gzip", "Content-Length: 100000"])
    exchange.drip(gzip.compress(b"<p>slowly</p>" * 50))


def _silence(exchange: Exchange) -> None:
    exchange.wire.recv(1)


def _drip_redirect(exchange: Exchange) -> None:
    exchange.wire.sendall(b"HTTP/1.1 302 Found\r\nContent-Length: 5000\r\n")
    exchange.drip(b"Location: /on\r\n")


def _drip_unread_body(exchange: Exchange) -> None:
    exchange.wire.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 5000\r\n\r\n")
    exchange.drip(b"x")


def _drip_robots(exchange: Exchange) -> None:
    exchange.answer("", content_type="text/plain", headers=["Content-Length: 100000"], length=False)
    exchange.drip(b"Disallow: /x\n")


for _name, _answer_with in (
    ("a drip in the status line", _drip_status),
    ("a drip in the head", _drip_head),
    ("a drip in the body", _drip_body),
    ("a drip of chunks", _drip_chunks),
    ("a drip of gzip", _drip_gzip),
    ("a drip in a redirect", _drip_redirect),
    ("a drip in a body nobody reads", _drip_unread_body),
    ("silence", _silence),
    ("a drip in robots.txt", with_robots(_drip_robots)),
):
    SLOW[_name] = _site(_answer_with)


# ── no end ──


def _numbers() -> Iterator[int]:
    number = 0
    while True:
        yield (number := number + 1)


def _endless_redirects(web: Web) -> str:
    numbers = _numbers()
    return web.site(
        "on-and-on",
        lambda exchange: exchange.answer("", "302 Found", headers=[f"Location: /{next(numbers)}"]),
    )


def _redirect_bombs(web: Web) -> str:
    numbers, body = _numbers(), bomb(100)

    def answer(exchange: Exchange) -> None:
        exchange.answer(body, "301 Moved", headers=[f"Location: /{next(numbers)}", "Content-Encoding: gzip"])

    return web.site("packed", answer)


HOSTILE["endless redirects"] = (_endless_redirects, "page_http_error")
HOSTILE["a circle of redirects"] = (_redirects("/"), "page_http_error")
HOSTILE["redirects with bombs for bodies"] = (_redirect_bombs, "page_http_error")


# ── not what a page is ──


def _raw(data: bytes) -> Callable[[Exchange], None]:
    def answer(exchange: Exchange) -> None:
        exchange.wire.sendall(data)
        exchange.wire.close()

    return answer


def _with_type(content_type: str | None, body: bytes) -> Callable[[Exchange], None]:
    return lambda exchange: exchange.answer(body, content_type=content_type)


_MANY_HEADERS = b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: y\r\n" % n for n in range(200)) + b"\r\n"
for _name, _answer_with, _class in (
    ("200 headers", _raw(_MANY_HEADERS), "page_http_error"),
    ("a header of 70 KB", _raw(b"HTTP/1.1 200 OK\r\nX: " + b"y" * 70_000 + b"\r\n\r\n"), "page_http_error"),
    ("no HTTP at all", _raw(b"220 ready for mail\r\n" * 10), "page_http_error"),
    ("HTTP of another age", _raw(b"<html>old times</html>"), "page_http_error"),
    ("nothing", _raw(b""), "page_unreachable"),
    ("half a body", _raw(b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n<p>half"), "page_unreachable"),
    ("a bad chunk", _raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"), "page_unreachable"),
    ("damaged gzip", _raw(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\nnot packed"), "page_http_error"),
    ("a PDF", _with_type("application/pdf", b"%PDF-1.7"), "page_not_html"),
    ("JSON", _with_type("application/json; charset=utf-8", b'{"a": 1}'), "page_not_html"),
    (
        "a picture that says it is HTML",
        _with_type("text/html", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"),
        "page_not_html",
    ),
    ("a file without a type", _with_type(None, b"\x7fELF\x02\x01\x01\0\0\0"), "page_not_html"),
    ("an empty page", _with_type("text/html", b""), "page_no_content"),
    (
        "a page of invisible signs",
        _with_type("text/html; charset=utf-8", "\u200b\u202e\U000e0041".encode() * 9000),
        "page_no_content",
    ),
):
    HOSTILE[_name] = (_site(_answer_with), _class)


# ── what parsers dread: they may end in a page, or in these classes, but in time and small ──

HALF_A_MEGABYTE = 500 * 1024


def _filled(piece: str, before: str = "", after: str = "") -> str:
    return before + piece * ((HALF_A_MEGABYTE - len(before) - len(after)) // len(piece)) + after


DREADED: dict[str, str] = {
    "comments never closed": _filled("<!--"),
    "deep nesting": _filled("<div>"),
    "deep nesting with names": _filled("<div class=nav id=cookie-consent style='display:none'>"),
    "deep links in menus": _filled("<ul class=menu><li><a href=/x>x"),
    "deep tables": _filled("<table><tr><td>"),
    "deep formatting": _filled("<b><i><font>"),
    "deep forms and lists": _filled("<ul><li><select><option>"),
    "hidden blocks": _filled("<p hidden>x</p>y"),
    "attributes without end": _filled(" a=b", "<div"),
    "an attribute of half a megabyte": _filled("x", "<div class='", "'>"),
    "tags never closed": _filled("<a"),
    "less-than signs": _filled("<"),
    "ampersands": _filled("&"),
    "entities": _filled("&amp;&#x202e;&nbsp;"),
    "CDATA": _filled("<![CDATA["),
    "processing instructions": _filled("<?x "),
    "doctypes": _filled("<!DOCTYPE x ["),
    "entity declarations": '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">'
    + "".join(f'<!ENTITY a{n + 1} "{f"&a{n or str()};" * 10}">' for n in range(20))
    + "]><p>&a20;",
    "metas": _filled("<meta name=description content=x>"),
    "metas never closed": _filled("<meta charset "),
    "a refresh of half a megabyte": _filled(" ", "<meta http-equiv=refresh content='0;url=", "'>"),
    "titles": _filled("<title>x"),
    "headings": _filled("<h1>x</h1>"),
    "links to about": _filled("<a href=/about>about us</a>"),
    "a word of half a megabyte": _filled("x", "<p>"),
    "line ends": _filled("\n \u2028\r", "<p>"),
    "blanks": _filled(" ", "<p>a", "b"),
    "deep JSON-LD": _filled("[", "<script type=application/ld+json>", "</script>")[:90_000] + "</script>",
    "wide JSON-LD": "<script type=application/ld+json>["
    + '{"@type":"Organization"},' * 3000
    + "{}]</script>",
    "scripts": _filled("<script>x</script>y"),
    "JSON-LD many times": _filled('<script type="application/ld+json">{"@type":"Organization"}</script>'),
    "svg and math": _filled("<svg><math><style>"),
    "framesets": _filled("<frameset><frame src=main>"),
    "text after scripts": _filled("<style>y</style>x"),
    "quotes": _filled("\"'", "<a href="),
    "combining marks": _filled("\u0301", "<p>a")[: HALF_A_MEGABYTE // 2],
    "charsets": _filled("<meta charset=utf-7>"),
    "high bytes": _filled("\u00e9\u00a4", "<p>")[: HALF_A_MEGABYTE // 2],
}
