"""The outside as the use cases see it: one file, and one Protocol, per outside system.

Each says what it promises and which of our errors (`backend.errors`) it raises; adapters translate and
never sleep. Times are Unix seconds (float, UTC) unless the name says otherwise. Whoever uses a port imports
it from here: `from backend.ports import Documents`.
"""

from __future__ import annotations

from backend.domain.page import Page
from backend.ports.calendar import Calendar
from backend.ports.clock import Clock
from backend.ports.documents import (
    Create,
    Delete,
    Document,
    Documents,
    Found,
    Increment,
    Key,
    Query,
    Replace,
    Write,
)
from backend.ports.identity import Identity, Person
from backend.ports.json import Data, Json
from backend.ports.model import Answer, Model, Prompt, RateLimits
from backend.ports.pages import Pages
from backend.ports.sheets import (
    ALL_COLUMNS,
    ANCHOR_KEY,
    NONCE_KEY,
    Anchor,
    Area,
    Block,
    Cell,
    Entered,
    Nonce,
    Protected,
    Sheets,
    Spreadsheet,
    Strip,
    Tab,
)
from backend.ports.task_queue import Task, TaskQueue
from backend.ports.vault import Vault

__all__ = [
    "ALL_COLUMNS",
    "ANCHOR_KEY",
    "NONCE_KEY",
    "Anchor",
    "Answer",
    "Area",
    "Block",
    "Calendar",
    "Cell",
    "Clock",
    "Create",
    "Data",
    "Delete",
    "Document",
    "Documents",
    "Entered",
    "Found",
    "Identity",
    "Increment",
    "Json",
    "Key",
    "Model",
    "Nonce",
    "Page",
    "Pages",
    "Person",
    "Prompt",
    "Protected",
    "Query",
    "RateLimits",
    "Replace",
    "Sheets",
    "Spreadsheet",
    "Strip",
    "Tab",
    "Task",
    "TaskQueue",
    "Vault",
    "Write",
]
