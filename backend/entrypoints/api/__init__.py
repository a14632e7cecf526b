"""The api's routes, one file per noun; `ROUTES` is all of them."""

from __future__ import annotations

from backend.entrypoints.api import access, actions, downloads, jobs, sheets, system, watch
from backend.entrypoints.routing import Route

ROUTES: tuple[Route, ...] = (
    *access.ROUTES,
    *sheets.ROUTES,
    *jobs.ROUTES,
    *actions.ROUTES,
    *downloads.ROUTES,
    *watch.ROUTES,
    *system.ROUTES,
)
