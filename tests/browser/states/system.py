"""What the service says of itself, and the key of one's own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.browser.bench import Bench
from tests.browser.states.setting import BELOW, PROBLEM, States, having

KEY = {"last_four": "WXYZ", "set_at": "2026-11-20T09:00:00Z"}
SPENDING = [
    {"scope": "user", "spent_microusd": 1_240_000, "cap_microusd": 5_000_000},
    {"scope": "deployment", "spent_microusd": 20_000_000, "cap_microusd": 20_000_000},
]
KEY_REFUSED = {
    **PROBLEM,
    "status": 422,
    "detail": "The provider does not take this key for gpt-5-nano (refused).",
    "fields": {"api_key": "refused"},
}


def system(script: str = "", *, scrolled: bool = False, **told: Any) -> Callable[[Bench], None]:
    """The System place, with other words of the service on itself."""
    down = BELOW if scrolled else ""
    return having(
        "const answered = { at: Date.now(), seconds: 0.4 };"
        f"change({{ place: 'system', answered, system: {{ ...state.system, ...told }} }}); {script} {down}",
        told=told,
        key=KEY,
        problem=PROBLEM,
        refused=KEY_REFUSED,
    )


SYSTEM: States = {
    "system": system(),
    "system-caps": system("", spending=SPENDING, standin=False, provider="api.openai.com"),
    "system-no-answer": system("change({ trouble: { system: problem } });"),
    "system-asking": system("change({ system: null, answered: null, busy: { system: true } });"),
    "system-key": system("change({ keyTested: key.set_at });", own_key=KEY),
    "system-key-form": system("change({ keyOpen: true, typedKey: 'sk-0123456789' });"),
    "system-key-refused": system(
        "change({ keyOpen: true, typedKey: 'sk-0123456789', trouble: { 'set key': refused } });", own_key=KEY
    ),
    "system-key-asked": system("change({ asked: 'remove key' });", own_key=KEY),
    "system-key-none-kept": system(keeps_own_keys=False),
    "system-diagnostics": system("change({ diagnosticsOpen: true });", scrolled=True),
}
