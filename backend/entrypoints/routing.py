"""A route as data: what it asks, what it gives, what a caller must have proved. Nothing is open by accident.

The same table registers the routes with Flask, guards them, validates what comes in, and makes the OpenAPI.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from flask import Flask, Response, request
from pydantic import BaseModel, ValidationError

from backend.domain.job import Job
from backend.entrypoints.service import Service
from backend.errors import Forbidden, Invalid, NotFound, TooLarge, Unauthenticated
from backend.ports import Person
from backend.usecases.grant_access import has_grant, require_grant
from backend.usecases.read_jobs import read_job

BODY_BYTES = 1024 * 1024


class Guard(StrEnum):
    """What a caller must have proved before the handler runs."""

    #: Nothing: liveness, the API's description, links that carry their own signature.
    PUBLIC = "public"
    #: Who they are.
    PERSON = "person"
    #: A live grant for the spreadsheet that the path, the query or the body names.
    SPREADSHEET = "spreadsheet"
    #: A live grant for the spreadsheet of the job that the path names.
    JOB = "job"
    #: The same, or having created the job: for pausing and cancelling one's own.
    JOB_OR_CREATOR = "job_or_creator"
    #: A watch token for the spreadsheet that the query names.
    WATCH = "watch"
    #: The OIDC token of the queue's or the scheduler's service account.
    WORKER = "worker"


@dataclass(frozen=True, slots=True)
class Call:
    """A guarded and validated request."""

    service: Service
    path: Mapping[str, str]
    body: Any = None
    query: Any = None
    person: Person | None = None
    job: Job | None = None

    @property
    def who(self) -> Person:
        """The caller of a route whose guard needs one."""
        if self.person is None:
            raise Unauthenticated("This route needs a caller.")
        return self.person

    @property
    def of(self) -> Job:
        """The job of a route whose guard looked it up."""
        if self.job is None:
            raise NotFound("This route needs a job.")
        return self.job


@dataclass(frozen=True, slots=True)
class Route:
    """One route. `rule` is Flask's; `gives` None means that the handler makes its own response."""

    method: str
    rule: str
    guard: Guard
    handler: Callable[[Call], Any]
    summary: str
    asks: type[BaseModel] | None = None
    query: type[BaseModel] | None = None
    gives: type[BaseModel] | None = None
    status: int = 200


def register(app: Flask, service: Service, routes: Sequence[Route]) -> None:
    """Adds the routes; each endpoint is named by method and rule, and carries its route for the tests."""
    for route in routes:
        app.add_url_rule(
            route.rule,
            endpoint=f"{route.method} {route.rule}",
            view_func=_view(service, route),
            methods=[route.method],
            provide_automatic_options=False,
        )


def _view(service: Service, route: Route) -> Callable[..., Response]:
    def view(**path: str) -> Response:
        person = _authenticate(service, route)
        query = _parse(route.query, dict(request.args)) if route.query else None
        body = _parse_body(route.asks) if route.asks else None
        job = _authorise(service, route, person, path, query, body)
        given = route.handler(Call(service, path, body, query, person, job))
        if isinstance(given, Response):
            return given
        if given is None:
            return Response(status=route.status)
        return Response(given.model_dump_json(), status=route.status, content_type="application/json")

    view.__doc__ = route.summary
    return view


def bearer() -> str:
    """The token of the Authorization header; raises `Unauthenticated`."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthenticated("This call needs an Authorization header with a Bearer token.")
    return token.strip()


def _authenticate(service: Service, route: Route) -> Person | None:
    match route.guard:
        case Guard.PUBLIC | Guard.WATCH:
            return None
        case Guard.WORKER:
            service.identity.check_caller(bearer())
            return None
    return service.identity.person(bearer())


def _authorise(
    service: Service, route: Route, person: Person | None, path: Mapping[str, str], query: Any, body: Any
) -> Job | None:
    if route.guard is Guard.WATCH:
        token = service.signer.read_watch_token(bearer())
        if token.spreadsheet_id != query.spreadsheet_id:
            raise Unauthenticated("This watch token is for another spreadsheet.")
        return None
    if person is None or route.guard is Guard.PERSON:
        return None
    if route.guard is Guard.SPREADSHEET:
        require_grant(person, _spreadsheet(path, query, body), documents=service.documents)
        return None
    return _job(service, route, person, path["job_id"])


def _spreadsheet(path: Mapping[str, str], query: Any, body: Any) -> str:
    for source in (body, query):
        found = getattr(source, "spreadsheet_id", None)
        if isinstance(found, str):
            return found
    if "spreadsheet_id" in path:
        return path["spreadsheet_id"]
    raise Forbidden("This call names no spreadsheet.", "no_grant")


def _job(service: Service, route: Route, person: Person, job_id: str) -> Job:
    """The job, or the same answer for one that does not exist and one that is not theirs."""
    unknown = NotFound(
        "There is no such job, or your proof that you may edit its sheet has run out.", "no_grant"
    )
    try:
        job = read_job(service.documents, job_id)
    except NotFound:
        raise unknown from None
    if route.guard is Guard.JOB_OR_CREATOR and job.created_by == person.sub:
        return job
    if not has_grant(person, job.spreadsheet_id, documents=service.documents):
        raise unknown
    return job


def _parse_body(model: type[BaseModel]) -> BaseModel:
    if request.mimetype != "application/json":
        raise Invalid("The body must be JSON, sent as application/json.")
    if (request.content_length or 0) > BODY_BYTES:
        raise TooLarge(f"The body is larger than {BODY_BYTES // 1024} KB.")
    try:
        return model.model_validate_json(request.get_data() or b"{}")
    except ValidationError as error:
        raise _invalid(error) from error


def _parse(model: type[BaseModel], values: Mapping[str, Any]) -> BaseModel:
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise _invalid(error) from error


def _invalid(error: ValidationError) -> Invalid:
    fields = {".".join(map(str, e["loc"])) or "body": e["msg"] for e in error.errors(include_input=False)}
    first = next(iter(fields.items()))
    return Invalid(f"{first[0]}: {first[1]}", fields)
