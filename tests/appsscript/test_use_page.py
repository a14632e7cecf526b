"""docs/use.md calls the sidebar's controls as they are called: each label in bold stands on one of them."""

from __future__ import annotations

import re

from tests.appsscript.script import APPSSCRIPT

USE = APPSSCRIPT.parent / "docs" / "use.md"
#: Text in quotes, as the page and the menu show it; a number may be filled in.
QUOTED = re.compile(r"'((?:[^'\\\n]|\\.)*)'|`((?:[^`\\\n]|\\.)*)`")
#: What begins a paragraph is a sentence with its full stop, and no label.
BOLD = re.compile(r"\*\*([^*]+[^*.])\*\*")


def shown() -> list[re.Pattern[str]]:
    """Every text of the sidebar and its menu, with `100` for what is put in when it is drawn."""
    code = [
        path.read_text(encoding="utf-8") for path in sorted(APPSSCRIPT.glob("*.*")) if path.suffix != ".md"
    ]
    texts = {plain or drawn for text in code for plain, drawn in QUOTED.findall(text)}
    return [
        re.compile(r"\d+".join(map(re.escape, re.split(r"\$\{.*\}", text)))) for text in sorted(texts) if text
    ]


def labels() -> list[str]:
    return sorted(set(BOLD.findall(USE.read_text(encoding="utf-8"))))


def test_there_are_labels_to_look_for() -> None:
    assert {"Check", "Queue for background processing", "Run 100 now", "Undo"} <= set(labels())


def test_every_label_in_bold_stands_in_the_sidebar_or_its_menu() -> None:
    texts = shown()
    missing = [label for label in labels() if not any(text.fullmatch(label) for text in texts)]
    assert missing == [], "docs/use.md names what the sidebar does not show"
