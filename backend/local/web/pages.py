"""A company's pages: the shapes that real sites have, from the company's own words.

Title, description, Open Graph, JSON-LD Organization, a cookie banner before the header, the headline inside
the header, navigation, sections, a footer, scripts; brought to the weight asked for with `filler`.
"""

from __future__ import annotations

import html
import json
import zlib
from functools import lru_cache

from backend.local.web import filler
from backend.local.web.companies import Company

#: Search engines show about so many characters of a description; sites keep to it.
DESCRIPTION_CHARACTERS = 155
_NAVIGATION = (("/", "Home"), ("/products", "Products"), ("/about", "About us"), ("/contact", "Contact"))
_BANNER = (
    '<div id="cookie-banner" class="cookie-consent" role="dialog" aria-label="Cookie settings">'
    "<p>We use cookies to give you the best experience on our website. By clicking “Accept all” you agree "
    "to the storing of cookies on your device.</p><button>Accept all</button><button>Only necessary</button>"
    '<a href="/privacy">Privacy policy</a></div>'
)


def home(company: Company, host: str, size: int, charset: str = "utf-8", *, declared: bool = True) -> bytes:
    """The home page, about `size` bytes long; the words alone where they weigh more already."""
    said = company.sentences()
    topics = "".join(f"<li>{html.escape(topic)}</li>" for topic in company.topics())
    sections = "".join(
        f'<section class="section"><h2>{title}</h2><p>{html.escape(" ".join(part))}</p></section>'
        for title, part in (
            ("What we do", said[1:3]),
            ("Our products and services", said[3:5]),
            ("Company", said[5:]),
        )
        if part
    )
    hero = (
        f'<div class="hero"><h1>{html.escape(company.name)}</h1><p class="hero__claim">'
        f"{html.escape(said[0] if said else company.name)}</p></div>"
    )
    body = f'<main id="content">{sections}<section class="section"><h2>Topics</h2><ul>{topics}</ul></section>'
    return _page(company, host, "", hero, body, size, charset, declared)


def about(company: Company, host: str, size: int, charset: str = "utf-8", *, declared: bool = True) -> bytes:
    """The page that tells the whole story in one place."""
    paragraphs = "".join(f"<p>{html.escape(sentence)}</p>" for sentence in company.sentences())
    hero = f'<div class="hero"><h1>About {html.escape(company.name)}</h1></div>'
    return _page(
        company, host, "About us – ", hero, f'<main id="content">{paragraphs}', size, charset, declared
    )


def missing(company: Company) -> bytes:
    name = html.escape(company.name)
    return (
        f"<!doctype html><html lang=en><title>Page not found – {name}</title><h1>404</h1><p>This page has "
        f'moved or never was. <a href="/">Back to {name}</a></p></html>'
    ).encode()


def robots(host: str, *, disallow: bool) -> bytes:
    rule = "Disallow: /" if disallow else "Disallow: /admin/\nDisallow: /cart/"
    return f"User-agent: *\n{rule}\n\nSitemap: https://{host}/sitemap.xml\n".encode()


def _page(
    company: Company,
    host: str,
    before_title: str,
    hero: str,
    body: str,
    size: int,
    charset: str,
    declared: bool,
) -> bytes:
    name = html.escape(company.name)
    said = company.sentences()
    claim = html.escape(_short(" ".join(said)) or company.name, quote=True)
    organization = {
        "@context": "https://schema.org",
        "@type": "Organization",
        "name": company.name,
        "url": f"https://{host}/",
        "description": _short(company.description),
        "logo": f"https://{host}/logo.svg",
    }
    meta = f'<meta charset="{charset}">' if declared else ""
    head = (
        f'<!doctype html>\n<html lang="en"><head>{meta}<title>{before_title}{name}'
        f"{' | ' + html.escape(company.topics()[-1]) if company.topics() else ''}</title>"
        f'<meta name="description" content="{claim}"><meta name="viewport" content="width=device-width">'
        f'<meta property="og:title" content="{name}"><meta property="og:type" content="website">'
        f'<meta property="og:description" content="{claim}"><meta property="og:site_name" content="{name}">'
        f'<link rel="canonical" href="https://{host}/"><script type="application/ld+json">'
        f"{json.dumps(organization, ensure_ascii=False).replace('<', chr(92) + 'u003c')}</script><style>"
    )
    links = "".join(f'<li><a href="{path}">{label}</a></li>' for path, label in _NAVIGATION)
    top = (
        f'</style></head><body class="page">{_BANNER}<header class="site-header"><a class="logo" href="/">'
        f'{name}</a><nav aria-label="Main"><ul>{links}</ul></nav>{hero}</header>{body}'
    )
    foot = (
        f'</main><footer class="site-footer"><p>© {name}. All rights reserved.</p><ul><li><a href="/imprint">'
        'Imprint</a></li><li><a href="/privacy">Privacy policy</a></li></ul></footer><script>'
    )
    words = [part.encode(charset, errors="xmlcharrefreplace") for part in (head, top, foot)]
    room = (size - sum(map(len, words))) // 1024
    style, cards, script = _weight(room, zlib.crc32(host.encode()) % 4)
    return b"".join((words[0], style, words[1], cards, words[2], script, b"</script></body></html>\n"))


@lru_cache(maxsize=256)
def _weight(kilobytes: int, variant: int) -> tuple[bytes, bytes, bytes]:
    """Styles, cards and scripts of a page, in whole kilobytes so that few are ever made."""
    room = max(0, kilobytes) * 1024
    style, script = int(room * filler.STYLE_SHARE), int(room * filler.SCRIPT_SHARE)
    return filler.style(style), filler.cards(room - style - script, variant), filler.script(script)


def _short(text: str) -> str:
    if len(text) <= DESCRIPTION_CHARACTERS:
        return text
    return text[:DESCRIPTION_CHARACTERS].rsplit(" ", 1)[0] + "…"
