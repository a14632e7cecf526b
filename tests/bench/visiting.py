"""People who look on: one who asks the api again and again, one whose sidebar waits for news."""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from types import TracebackType
from typing import Self

import requests

from backend.local.person import Person
from tests.bench.figures import Figure, Goal, percentile
from tests.bench.scene import Run, Scene

#: Between two calls of somebody who keeps looking.
PAUSE_S = 0.05


class _Looking:
    """A thread that looks on while the block runs, signed in by itself."""

    def __init__(self, scene: Scene, run: Run) -> None:
        self._run = run
        self._stack = scene.stack
        self._person = Person(scene.stack)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, name="looking on", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join(60)

    def _look(self) -> None:
        raise NotImplementedError


class Visitor(_Looking):
    """Calls one route after another; `ms` has what each answer took."""

    def __init__(self, scene: Scene, run: Run) -> None:
        super().__init__(scene, run)
        job = f"/api/jobs/{run.job['id']}"
        self.paths = (
            f"/api/jobs?spreadsheet_id={run.spreadsheet}",
            job,
            f"{job}/rows",
            f"{job}/events",
            "/api/system",
        )
        self.ms: list[float] = []

    def _look(self) -> None:
        while not self._over.is_set():
            path = self.paths[len(self.ms) % len(self.paths)]
            began = time.perf_counter()
            self._person.ask("GET", path)
            self.ms.append((time.perf_counter() - began) * 1_000)
            self._over.wait(PAUSE_S)


class Sidebar(_Looking):
    """Waits for news by the watch route, as the open sidebar does; `seen` has (time, rows answered)."""

    def __init__(self, scene: Scene, run: Run) -> None:
        super().__init__(scene, run)
        body = {"spreadsheet_id": run.spreadsheet}
        given = self._person.ask("POST", "/api/access/watch-tokens", body)
        self._headers = {"Authorization": f"Bearer {given['watch_token']}"}
        self._url = given["watch_url"]
        self.seen: list[tuple[float, int]] = []

    def _look(self) -> None:
        tag = ""
        session = requests.Session()
        session.trust_env = False
        query = {"spreadsheet_id": self._run.spreadsheet}
        while not self._over.is_set():
            headers = {**self._headers, "If-None-Match": tag}
            answer = session.get(self._url, params=query, headers=headers, timeout=60)
            answer.raise_for_status()
            tag = answer.headers["ETag"]
            if answer.status_code == 304:
                continue
            found = answer.json()
            counts = next(job["counts"] for job in found["jobs"] if job["id"] == self._run.job["id"])
            rows = sum(counts[state] for state in ("answered", "done", "failed", "skipped"))
            self.seen.append((time.time(), rows))
            if rows >= self._run.rows:
                return
            self._over.wait(found["poll_s"])


def visible(scene: Scene, rows: int) -> list[Figure]:
    """From a result's commit to the watch answer that counts it."""
    run = scene.queue(scene.a_sheet(rows, "visible"))
    with Sidebar(scene, run) as sidebar:
        scene.follow([run])
    scene.check(run)
    waits: list[float] = []
    counted = 0
    for at, committed in commits(scene, run.job["id"]):
        counted += committed
        seen_at = next((seen_at for seen_at, seen in sidebar.seen if seen >= counted), None)
        if seen_at is not None:
            waits.append(seen_at - at)
    return [
        Figure(
            "Commit to visible by the watch route, p95",
            percentile(waits, 0.95),
            "s",
            Goal(at_most=1.0),
            note=f"{len(waits)} commits of results; over HTTP, to the answer that counts them, without a "
            "browser: none is installed",
        )
    ]


def commits(scene: Scene, job_id: str) -> list[tuple[float, int]]:
    """(when, rows) of each commit of results, in order. The time is that of the newest result in it."""
    store = sqlite3.connect(f"file:{scene.stack.settings.data / 'rowmill.db'}?mode=ro", uri=True)
    try:
        found = store.execute(
            "SELECT data FROM documents WHERE collection = 'results' AND id LIKE ? ORDER BY id",
            (f"{job_id}.%",),
        ).fetchall()
    finally:
        store.close()
    batches = [json.loads(data)["rows"] for (data,) in found]
    return [(max(row["at"] for row in batch), len(batch)) for batch in batches if isinstance(batch, list)]
