"""The sidebar by keyboard alone: where the focus is, and that it shows."""

from __future__ import annotations

from typing import Any

from tests.browser.bench import Bench

_FOCUSED = """
const e = document.activeElement;
const labelled = e.labels && e.labels[0] ? e.labels[0].textContent : e.textContent;
return [(e.getAttribute('aria-label') || labelled).trim(), getComputedStyle(e).outlineStyle];
"""


def focused(desk: Bench) -> str:
    """The name of the control that has the focus."""
    return str(_focused(desk)[0])


def tab_to(desk: Bench, name: str) -> None:
    """Presses Tab until the control of that name has the focus, and sees that the focus shows."""
    passed = []
    for _ in range(60):
        desk.page.keyboard.press("Tab")
        found, ring = _focused(desk)
        passed.append(found)
        if found == name:
            assert ring != "none", f"no focus ring on {name}"
            return
    raise AssertionError(f"{name} cannot be reached with Tab, only {passed}")


def _focused(desk: Bench) -> Any:
    return desk.evaluate(_FOCUSED)
