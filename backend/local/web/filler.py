"""What makes a page as heavy as real ones: styles, scripts, icons, cards, link lists; made once, cut to size.

The proportions are those of ordinary company sites: about a third styles and scripts, the rest elements
with little text, so that parsing costs what it costs on real pages. The texts say nothing of any company.
"""

from __future__ import annotations

from functools import lru_cache

_LABELS = (
    "Overview", "News", "Events", "Downloads", "Careers", "Press", "Sustainability", "Quality", "References",
    "Partners", "Support", "Locations", "Contact", "Team", "History", "Investors",
)  # fmt: skip
_TEASERS = (
    "Find out more about how we work and what our customers say.",
    "Download the current brochure and all data sheets in one place.",
    "Our team answers your questions from Monday to Friday.",
    "Everything around ordering, delivery and service at a glance.",
    "Subscribe to the newsletter and never miss an update.",
    "Read the latest stories from our workshops and offices.",
)
_ICON = (
    '<svg class="icon" viewBox="0 0 24 24" width="24" height="24" aria-hidden="true"><path d="M12 2a10 10 0 '
    '1 0 0 20 10 10 0 0 0 0-20zm0 4.5a1.5 1.5 0 1 1 0 3 1.5 1.5 0 0 1 0-3zM10.5 11h3v6.5h-3z"></path></svg>'
)
#: Shares of a page's weight.
STYLE_SHARE, SCRIPT_SHARE = 0.15, 0.20


def style(size: int) -> bytes:
    """About `size` bytes of CSS rules, whole rules only."""
    return _cut(_rules(), size, b"}")


def script(size: int) -> bytes:
    """About `size` bytes of a script as bundlers write them, whole statements only."""
    return _cut(_statements(), size, b";")


def cards(size: int, variant: int) -> bytes:
    """About `size` bytes of elements, whole ones only, in one of a few orders."""
    return _cut(_elements(variant % 4), size, b"</article>")


def _cut(text: bytes, size: int, end: bytes) -> bytes:
    while len(text) < size:
        text += text
    at = text.rfind(end, 0, max(size, 0))
    return text[: at + len(end)] if at >= 0 else b""


@lru_cache(maxsize=1)
def _rules() -> bytes:
    return "".join(
        f".c-{number:x}{state}{{display:flex;margin:{number % 7}px {number % 5}px;padding:{number % 11}px;"
        f"color:#{number * 2654435761 % 0xFFFFFF:06x};transition:opacity .{number % 9 + 1}s ease-in-out}}"
        for number in range(1, 600)
        for state in ("", ":hover")
    ).encode()


@lru_cache(maxsize=1)
def _statements() -> bytes:
    return "".join(
        f'!function(e,t){{var n=e["m{number:x}"]=e["m{number:x}"]||[];n.push([t,{number * 7919 % 10007},'
        f'"track-{number}"]);if(n.length>{number % 13}&&t<{number}){{n.shift()}}}}(window,{number});'
        for number in range(1, 900)
    ).encode()


@lru_cache(maxsize=4)
def _elements(variant: int) -> bytes:
    return "".join(_card(number + 37 * variant) for number in range(1, 200)).encode()


def _card(number: int) -> str:
    label, teaser = _LABELS[number % len(_LABELS)], _TEASERS[number % len(_TEASERS)]
    links = "".join(
        f'<li class="nav__item nav__item--{step}"><a class="nav__link" href="/p/{number}/{step}" '
        f'data-track="card-{number}-{step}">{_LABELS[(number + step) % len(_LABELS)]}</a></li>'
        for step in range(1, 6)
    )
    return (
        f'<article class="card card--{number % 9}" id="card-{number}" data-index="{number}">'
        f'<div class="card__media"><picture><source srcset="/img/{number}-480.webp 480w, /img/{number}.webp '
        f'960w" type="image/webp"><img loading="lazy" src="/img/{number}.jpg" alt="" width="480"></picture>'
        f'</div><div class="card__body">{_ICON}<h4 class="card__title">{label}</h4>'
        f'<p class="card__text">{teaser}</p><ul class="nav nav--inline">{links}</ul>'
        f'<button type="button" class="btn btn--ghost" aria-expanded="false">More</button></div></article>'
    )
