"""Errors as application/problem+json (RFC 9457). Only messages of ours leave the house."""

from __future__ import annotations

import json
import logging
import math
import secrets

from flask import Flask, Response
from werkzeug.exceptions import HTTPException

from backend.entrypoints.payloads.base import Problem
from backend.errors import Conflict, Forbidden, Invalid, NotFound, Rejected, RowmillError, TooMany, TryLater

log = logging.getLogger(__name__)


def problem(status: int, title: str, detail: str, **more: object) -> Response:
    """A problem document; None values are left out."""
    body = Problem.model_validate(
        {"type": "about:blank", "title": title, "status": status, "detail": detail, **more}
    )
    return Response(
        json.dumps(body.model_dump(exclude_none=True), ensure_ascii=False),
        status=status,
        content_type="application/problem+json",
    )


def register(app: Flask) -> None:
    """Every error that a route lets out becomes a problem document."""
    app.register_error_handler(Rejected, _rejected)
    app.register_error_handler(Conflict, _conflict)
    app.register_error_handler(TryLater, _later)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _unexpected)


def _rejected(error: Rejected) -> Response:
    code = error.code if isinstance(error, Forbidden | NotFound) else None
    fields = error.fields or None if isinstance(error, Invalid) else None
    response = problem(error.status, error.title, error.message, code=code, fields=fields)
    if isinstance(error, TooMany):
        response.headers["Retry-After"] = str(error.retry_after_s)
    if error.status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def _conflict(_error: Conflict) -> Response:
    return problem(409, "Changed meanwhile", "This changed at the same moment. Please try again.")


def _later(error: TryLater) -> Response:
    response = problem(503, "Busy", error.message)
    response.headers["Retry-After"] = str(max(1, math.ceil(error.delay_s)))
    return response


def _http(error: HTTPException) -> Response:
    status = error.code or 500
    response = problem(status, error.name, error.description or error.name)
    # What werkzeug knows besides (Allow on a 405) stays.
    for name, value in error.get_headers():
        if name not in ("Content-Type", "Content-Length"):
            response.headers[name] = value
    return response


def _unexpected(error: Exception) -> Response:
    trace_id = secrets.token_hex(8)
    title = "Unexpected" if isinstance(error, RowmillError) else "Our mistake"
    log.exception("A request failed unexpectedly.", extra={"action": "request_failed", "trace_id": trace_id})
    detail = f"Something went wrong on our side. It is in the log as {trace_id}."
    return problem(500, title, detail, trace_id=trace_id)
