"""Cell values and errors reach the page as text: there is no way in it to hand markup or code in."""

from __future__ import annotations

import re

from tests.appsscript.script import APPSSCRIPT

MARKUP = re.compile(
    r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|srcdoc|DOMParser|createContextualFragment"
    r"|\beval\(|new Function|setTimeout\(\s*['\"`]|javascript:"
)
#: Template tags that print unescaped: our own files alone, by a name that stands there.
PRINTED = re.compile(r"<\?!=(.*?)\?>")


def test_the_page_has_no_door_for_markup() -> None:
    for path in APPSSCRIPT.glob("*.*"):
        assert MARKUP.findall(path.read_text(encoding="utf-8")) == [], path.name


def test_only_our_own_files_are_printed_unescaped() -> None:
    for path in APPSSCRIPT.glob("*.html"):
        for printed in PRINTED.findall(path.read_text(encoding="utf-8")):
            assert re.fullmatch(r" include_\('Sidebar\w+'\) ", printed), (path.name, printed)


def test_the_page_loads_nothing_from_elsewhere() -> None:
    for path in APPSSCRIPT.glob("*.html"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"<(script|link|img|iframe)[^>]+(src|href)=|@import|url\(", text), path.name
