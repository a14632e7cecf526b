"""Everything that jobs meet, in one process: the real use cases over a real store and a faked outside.

A `World` creates, delivers, sweeps and moves as the routes do, and lets fate strike at any call to the
store, the sheet, the model or the queue. A struck process is dead: no call of it has an effect any more.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

from backend.domain.job import Job, Status
from backend.domain.lease import LeaseTimes
from backend.domain.line import Place
from backend.errors import Conflict, NotAllowed, RowFailed, TryLater
from backend.ports import Documents, Person, Query, Task
from backend.usecases import move_job
from backend.usecases.admit_jobs import admit_jobs
from backend.usecases.batch.process import BatchSettings, Process
from backend.usecases.batch.purse import Caps
from backend.usecases.create_job import JobLimits, Wish, create_jobs
from backend.usecases.records import SLOTS, job_from_data, job_key, places_from_data, progress_key
from backend.usecases.run_batch import BatchReport, run_batch
from backend.usecases.sweep import sweep
from tests.fakes import FakeClock, FakeModel, FakePages, FakeQueue, FakeSheets, FakeVault, QuickRunner

BOOK = "book"
HEADER = ["Company Name", "Company Keywords", "Company Short Description"]
PLACES, LIVE_PLACES = 3, 1
ANA = Person("ana", "ana@example.com", "a-script")


class Killed(BaseException):
    """kill -9: no handler of the product may see it as an error."""


@dataclass
class Fate:
    """What happens at the `nth` call (from 1) to a port; `port` is one of PORTS."""

    port: str
    nth: int
    #: "before" and "after": the process dies there. "busy" and "doubt": the store is out of reach, the
    #: second time having applied the commit. "meanwhile": somebody else acts first.
    how: str = "before"
    meanwhile: Callable[[], None] = lambda: None
    calls: int = 0
    dead: bool = False

    def meets(self, port: str, call: Callable[[], Any]) -> Any:
        if self.dead:
            raise Killed
        self.calls += port == self.port
        if port != self.port or self.calls != self.nth:
            return call()
        if self.how == "meanwhile":
            self.meanwhile()
            return call()
        if self.how == "busy":
            raise TryLater("It is busy.")
        if self.how in ("after", "doubt"):
            call()
        if self.how == "doubt":
            raise TryLater("It did not answer in time.", maybe_applied=True)
        self.dead = True
        raise Killed


#: Calls that fate can strike at: of the store commits and reads, of the sheet writes and looks.
PORTS = ("commit", "read", "write", "look", "enqueue", "model")
_PORT_OF = {
    **dict.fromkeys(("get", "get_many", "query", "count", "sum"), "read"),
    **dict.fromkeys(("write", "restore", "add_columns"), "write"),
    **dict.fromkeys(("describe", "entered"), "look"),
    "commit": "commit",
    "enqueue": "enqueue",
}


class Mortal:
    """A port in the hands of one process, which fate may end at any call."""

    def __init__(self, port: Any, fate: Fate, names: Mapping[str, str] = _PORT_OF) -> None:
        self._port, self._fate, self._names = port, fate, names

    def __getattr__(self, name: str) -> Any:
        what = getattr(self._port, name)
        port = self._names.get(name)
        if port is None:
            return what
        return lambda *args, **named: self._fate.meets(port, lambda: what(*args, **named))


class World:
    """One deployment: a store, a queue, spreadsheets, a model, and processes that come and go."""

    def __init__(self, documents: Documents, clock: FakeClock, runner: QuickRunner, **settings: Any) -> None:
        self.documents, self.clock = documents, clock
        self.queue, self.sheets, self.model = FakeQueue(), FakeSheets(), FakeModel()
        self.pages = FakePages()
        self.model_name = "a-model"
        #: Set when the machine asks its processes to end.
        self.ending = threading.Event()
        self.settings = replace(_SETTINGS, **settings)
        self._runner = runner
        self._threads = ThreadPoolExecutor(1)

    def close(self) -> None:
        self._threads.shutdown()

    # ── what people and the machinery do ───────────────────────────────────────────────────────────

    def has_rows(self, sheet_id: int, *names: str, book: str = BOOK) -> None:
        """A tab with these companies; an empty name has no inputs."""
        rows = [[name, "word" if name else "", ""] for name in names]
        self.sheets.has_tab(book, sheet_id, [HEADER, *rows])

    def create(self, *sheet_ids: int, person: Person = ANA, key: str | None = None, **wish: Any) -> list[str]:
        """The ids of the new jobs; nothing starts before `admit`."""
        asked = Wish(
            wish.pop("book", BOOK), sheet_ids, wish.pop("recipe", "case_a"), **{"mode": "all", **wish}
        )
        return create_jobs(
            person,
            asked,
            key,
            documents=self.documents,
            sheets=self.sheets,
            clock=self.clock,
            limits=JobLimits(self.model_name, "fake", {}),
        )

    def admit(self, fate: Fate | None = None) -> list[str]:
        documents, queue = self._ports(fate)
        return admit_jobs(
            documents=documents, queue=queue, clock=self.clock, places=PLACES, live_places=LIVE_PLACES
        )

    def sweep(self, fate: Fate | None = None) -> None:
        """A sweep and an admission, as the route has it. The store may be out of reach."""
        documents, queue = self._ports(fate)
        try:
            sweep(documents=documents, queue=queue, clock=self.clock, times=self.settings.lease)
            self.admit(fate)
        except (Killed, TryLater):
            return

    def deliver(self, task: Task, fate: Fate | None = None) -> BatchReport | None:
        """One delivery, in a process of its own; None when it died."""
        fate = fate or Fate("none", 0)
        documents, queue = self._ports(fate)
        model = _MortalModel(self.model, fate)
        try:
            report = run_batch(
                task.body["job_id"],
                task.body["enqueue_no"],
                documents=documents,
                queue=queue,
                sheets=Mortal(self.sheets, fate, {**_PORT_OF, "read": "look"}),
                model=model,
                vault=FakeVault(),
                pages=self.pages,
                clock=self.clock,
                process=Process(self._runner, self._threads, ending=self.ending),
                settings=self.settings,
                trace_id="trace",
            )
            if report.outcome not in ("ignored", "more", "lease_lost", "store_busy"):
                self.sweep(fate)
        except Killed:
            return None
        return report

    def deliver_next(self, fate: Fate | None = None) -> BatchReport | None:
        return self.deliver(self.queue.tasks.pop(0), fate)

    def move(self, name: str, job_id: str, *args: Any, person: Person = ANA) -> str | None:
        """What the move did; None when it is not allowed now."""
        try:
            moved = getattr(move_job, name)(person, job_id, *args, documents=self.documents, clock=self.clock)
        except (NotAllowed, Conflict):
            return None
        return str(moved.did)

    def run_until_quiet(self, rounds: int = 200) -> None:
        """Time passes and everything is delivered, until no job can go on by itself."""
        for _ in range(rounds):
            self.sweep()
            while due := [t for t in self.queue.tasks if t.run_at is None or t.run_at <= self.clock.now()]:
                self.queue.tasks.remove(due[0])
                self.deliver(due[0])
            jobs = self.jobs()
            paused = any(job.status is Status.PAUSED for job in jobs)
            if all(
                job.ended or job.status is Status.PAUSED or (paused and job.reason == "depends")
                for job in jobs
            ):
                return
            self.clock.advance(60)
        raise AssertionError(f"still not quiet: {[(j.id, j.status, j.reason) for j in self.jobs()]}")

    # ── what can be seen ───────────────────────────────────────────────────────────────────────────

    def jobs(self) -> list[Job]:
        found = self.documents.query(Query("jobs", ("spreadsheet_id",), ("-created_at",)),
                                     {"spreadsheet_id": BOOK}, limit=500)  # fmt: skip
        return [job_from_data(document.data) for document in found.documents]

    def job(self, job_id: str) -> Job:
        document = self.documents.get(job_key(job_id))
        assert document is not None
        return job_from_data(document.data)

    def counts(self, job_id: str) -> dict[str, int]:
        document = self.documents.get(progress_key(job_id))
        return dict(document.data) if document else {}

    def places(self) -> list[Place]:
        document = self.documents.get(SLOTS)
        return places_from_data(document.data) if document else []

    def column(self, sheet_id: int, header: str) -> dict[str, str]:
        """The cells of a column by the company of their row."""
        head, *rows = self.sheets.tab(BOOK, sheet_id)
        at = head.index(header)
        return {str(row[0]): str(row[at]) for row in rows}

    def _ports(self, fate: Fate | None) -> tuple[Any, Any]:
        if fate is None:
            return self.documents, self.queue
        return Mortal(self.documents, fate), Mortal(self.queue, fate)


class _MortalModel:
    """A call that dies takes the process with it: its thread finds that out at its next step."""

    provider = "fake"

    def __init__(self, model: FakeModel, fate: Fate) -> None:
        self._model, self._fate = model, fate

    async def ask(self, *args: Any, **named: Any) -> Any:
        try:
            self._fate.meets("model", lambda: None)
        except Killed:
            await asyncio.sleep(1_000_000)
        except TryLater:
            raise RowFailed("model_error", "The model's service had an error.", transient=True) from None
        return await self._model.ask(*args, **named)


_SETTINGS = BatchSettings(
    in_flight=8,
    batch_s=120.0,
    places=1,
    model_timeout_s=45.0,
    most_rows=1_000,
    keep_answers_s=86_400.0,
    keep_pages_s=86_400.0,
    prices={},
    caps=Caps(),
    standin_web=True,
    lease=LeaseTimes(),
)
