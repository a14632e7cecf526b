"""The api's routes, one file per noun; `ROUTES` is all of them."""

from __future__ import annotations

from backend.entrypoints.api import (
    access,
    actions,
    downloads,
    estimates,
    imports,
    jobs,
    key,
    schedules,
    sheets,
    stats,
    system,
    watch,
)
from backend.entrypoints.routing import Route

ROUTES: tuple[Route, ...] = (
    *access.ROUTES,
    *sheets.ROUTES,
    *estimates.ROUTES,
    *jobs.ROUTES,
    *actions.ROUTES,
    *downloads.ROUTES,
    *watch.ROUTES,
    *key.ROUTES,
    *imports.ROUTES,
    *schedules.ROUTES,
    *stats.ROUTES,
    *system.ROUTES,
)
