"""The Flask application: routes of the role, errors, headers. gunicorn runs `backend.app:serve()`."""

from __future__ import annotations

import logging
import re
import secrets

from flask import Flask, Response, g, request
from gunicorn.arbiter import Arbiter

from backend.bootstrap import bootstrap, warm_up
from backend.config import load
from backend.entrypoints import api, cors, logs, problems, routing, tasks
from backend.entrypoints.api import system
from backend.entrypoints.service import Service
from backend.errors import Misconfigured

log = logging.getLogger(__name__)

_TRACE = re.compile(r"[0-9a-f]{32}")


def create_app(service: Service) -> Flask:
    """The application of one process; the role says which routes exist at all."""
    app = Flask("rowmill", static_folder=None)
    # A redirect could be followed by the task queue, which must never happen.
    app.url_map.strict_slashes = False
    app.url_map.redirect_defaults = False
    app.url_map.merge_slashes = False
    app.before_request(_remember_trace)
    app.after_request(_close_doors)
    app.after_request(cors.opener(service.settings.watch_origin))
    problems.register(app)
    # gunicorn calls this on SIGTERM, before it stops: batches give their jobs back within seconds.
    app.extensions["stop"] = service.process.ending.set
    if service.settings.role == "worker":
        routing.register(app, service, [*tasks.ROUTES, system.HEALTH])
    elif service.settings.role == "api":
        routing.register(app, service, api.ROUTES)
    else:
        routing.register(app, service, [*api.ROUTES, *tasks.ROUTES])
    return app


def serve() -> Flask:
    """For gunicorn: settings from the environment, ports for this process.

    What keeps it from starting is one line of the log, which names every problem; gunicorn would print it
    twice, once as it is.
    """
    try:
        settings = load()
        logs.configure(settings.secrets, settings.google_cloud_project)
        service = bootstrap(settings)
        warm_up(service)
        return create_app(service)
    except Misconfigured as error:
        log.critical(error.message, extra={"action": "not_started"})
    except Exception:
        log.critical("Rowmill cannot start.", exc_info=True, extra={"action": "not_started"})
    raise SystemExit(Arbiter.WORKER_BOOT_ERROR)


def _remember_trace() -> None:
    """Cloud Run names the request's trace; elsewhere we draw one."""
    found = _TRACE.match(request.headers.get("X-Cloud-Trace-Context", ""))
    g.trace = found.group() if found else secrets.token_hex(16)


#: No answer is a page, is kept by a browser or a proxy, is embedded elsewhere or is asked for without TLS.
_DOORS = {
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=31536000",
}


def _close_doors(response: Response) -> Response:
    for name, value in _DOORS.items():
        response.headers.setdefault(name, value)
    return response
