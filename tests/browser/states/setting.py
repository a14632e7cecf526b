"""How a state is set in the page, and the problem that many of them show."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tests.browser.bench import Bench

States = dict[str, Callable[[Bench], None]]

#: Whatever was to be drawn is drawn, and whatever moved stands still.
SETTLED = """
const frame = () => new Promise(requestAnimationFrame);
const still = () => Promise.allSettled(document.getAnimations().map((moving) => moving.finished));
return frame().then(frame).then(still).then(() => null);
"""

#: In the next frame, when what was changed has been drawn.
BELOW = "requestAnimationFrame(() => (document.querySelector('.place').scrollTop = 1e6));"


def put(desk: Bench, script: str, **values: Any) -> None:
    """Sets the page's state; each value is there under its name."""
    given = "".join(f"const {name} = {json.dumps(value)};" for name, value in values.items())
    desk.evaluate(f"{given} {script}")
    desk.evaluate(SETTLED)


def having(script: str = "", **values: Any) -> Callable[[Bench], None]:
    """The page once the script has run in it."""

    def bring_about(desk: Bench) -> None:
        put(desk, script, **values)

    return bring_about


LONG = 'It\'s "odd" 📈 and far longer than the sidebar could ever show in one line of text'

PROBLEM = {
    "status": 503,
    "code": "unreachable",
    "title": "Rowmill does not answer just now",
    "detail": "The service is starting or busy (503). Your jobs go on without the sidebar.",
    "fields": None,
    "trace": "4bf92f3577b34da6",
}
