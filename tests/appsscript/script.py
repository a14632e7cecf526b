"""The sidebar's script outside Google: the real .gs files in Node, over services that record their calls."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
APPSSCRIPT = HERE.parents[1] / "appsscript"


@dataclass
class Ran:
    """What a function gave, and what it asked of Google's services on the way."""

    result: Any
    threw: str | None
    asked: list[dict[str, Any]]

    def of(self, what: str) -> list[dict[str, Any]]:
        return [entry for entry in self.asked if entry["what"] == what]

    @property
    def data(self) -> Any:
        assert "problem" not in self.result, self.result
        return self.result["data"]

    @property
    def problem(self) -> Any:
        return self.result["problem"]


class Engine:
    """One Node process; every run has a context of its own in it. It ends with its standard input."""

    def __init__(self, node: str) -> None:
        self._process = subprocess.Popen(
            [node, str(HERE / "run_script.mjs")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def run(self, asked: dict[str, Any]) -> Ran:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        ran = json.loads(self._process.stdout.readline())
        return Ran(ran.get("result"), ran.get("threw"), ran["asked"])

    def end(self) -> None:
        self._process.communicate(timeout=10)


@dataclass
class Script:
    """The script as loaded, and the world around it; each run starts afresh, as an execution does."""

    engine: Engine
    files: list[str]
    world: dict[str, Any] = field(default_factory=dict)

    def connected(self, *answers: tuple[int, Any] | str, **world: Any) -> Script:
        """An address is set, and the service there answers these, in order; at a text, Google throws it."""
        properties = {"document": {"BACKEND_URL": "https://rowmill.example"}}
        return self.within(properties=properties, answers=answers, **world)

    def within(self, **world: Any) -> Script:
        return Script(self.engine, self.files, world)

    def run(self, name: str, *arguments: Any) -> Ran:
        call = {"name": name, "arguments": arguments}
        return self.engine.run({"files": self.files, "call": call, "world": self.world})
