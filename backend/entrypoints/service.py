"""Everything that routes hand to use cases: the ports, and what the settings say. Made by `bootstrap`."""

from __future__ import annotations

from dataclasses import dataclass

from backend.config import Settings
from backend.domain.lease import LeaseTimes
from backend.entrypoints.seats import Seats
from backend.entrypoints.tokens import Signer
from backend.ports import Calendar, Clock, Documents, Identity, Model, Pages, Sheets, TaskQueue, Vault
from backend.usecases.batch.process import BatchSettings, Process
from backend.usecases.batch.purse import Caps
from backend.usecases.create_job import JobLimits
from backend.usecases.limits import RequestCounter
from backend.usecases.own_key import Tester

DAY_S = 86_400.0
#: Sidebars that one person has open at the same time, and a spare one; more of them are answered at once.
WAITS = 4
#: Requests of a person that a process works at, at the same time.
REQUESTS = 20
#: Requests of a person that ask somebody else, at the same time: a sidebar has up to four.
ASKS = 8
#: Files of a person, and of all, that a process holds and reads at the same time.
UPLOADS, UPLOADS_OF_ALL = 2, 4
#: Rows that one live run takes.
LIVE_ROWS = 100


@dataclass(frozen=True, slots=True)
class Service:
    """The ports of this process. Those that its role does not need are made when first used."""

    settings: Settings
    documents: Documents
    queue: TaskQueue
    sheets: Sheets
    model: Model
    vault: Vault
    pages: Pages
    identity: Identity
    clock: Clock
    calendar: Calendar
    process: Process
    signer: Signer
    requests: RequestCounter
    sheet_requests: RequestCounter
    #: Who waits for news: each holds a thread that others need.
    waiting: Seats
    #: Whose requests are under way at all.
    under_way: Seats
    #: Who waits for the answer of Google or of the model's provider.
    asking: Seats
    #: Whose file is in memory.
    uploading: Seats

    @property
    def job_limits(self) -> JobLimits:
        settings = self.settings
        return JobLimits(
            model=settings.model,
            provider=settings.provider,
            prices=settings.all_prices,
            live_rows=LIVE_ROWS,
            max_waiting=settings.max_waiting_jobs,
            most_rows=settings.max_rows_per_job,
        )

    @property
    def key_tester(self) -> Tester:
        return Tester(self.model, self.settings.model, self.process.runner)

    @property
    def batch_settings(self) -> BatchSettings:
        settings = self.settings
        return BatchSettings(
            in_flight=settings.model_in_flight,
            batch_s=settings.batch_s,
            places=settings.max_running_jobs + settings.live_places,
            model_timeout_s=settings.model_timeout_s,
            most_rows=settings.max_rows_per_job,
            keep_answers_s=settings.answers_days * DAY_S,
            keep_pages_s=settings.pages_days * DAY_S,
            prices=settings.all_prices,
            caps=Caps(settings.user_day_budget_microusd, settings.deployment_day_budget_microusd),
            standin_web=settings.web_standin is not None,
            shared_domains=frozenset(map(str.lower, settings.shared_answer_domains)),
            lease=LeaseTimes(settings.lease_s),
        )
