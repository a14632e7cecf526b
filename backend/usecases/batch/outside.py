"""What a batch touches outside itself, handed from part to part as one."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from backend.ports import Clock, Documents, Model, Pages, Sheets, TaskQueue, Vault
from backend.usecases.batch.holding import Holding
from backend.usecases.batch.process import BatchSettings, Process
from backend.usecases.batch.sheet_calls import SheetCalls


@dataclass(frozen=True, slots=True)
class Outside:
    """The ports of one batch, the lease it holds, and the process that it runs in."""

    #: Patient ones: their reads wait for a busy store.
    documents: Documents
    queue: TaskQueue
    sheets: Sheets
    model: Model
    vault: Vault
    pages: Pages
    clock: Clock
    process: Process
    settings: BatchSettings
    holding: Holding
    calls: SheetCalls
    #: Set by whoever has something for the control thread.
    wake: threading.Event
