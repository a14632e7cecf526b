"""A route as data: what it asks, what it gives, what a caller must have proved. Nothing is open by accident.

The same table registers the routes with Flask, guards them, validates what comes in, and makes the OpenAPI.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from flask import Flask, Response, request
from pydantic import BaseModel
from werkzeug.exceptions import MethodNotAllowed

from backend.domain.job import Job
from backend.entrypoints import reading
from backend.entrypoints.payloads.base import Nothing
from backend.entrypoints.service import Service
from backend.entrypoints.tokens import UploadToken, WatchToken
from backend.errors import Forbidden, NotFound, TooMany, Unauthenticated
from backend.ports import Person
from backend.usecases.grant_access import has_grant, require_grant
from backend.usecases.read_jobs import read_job

_JOB_ID = re.compile(r"[a-z0-9]{16,40}")


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
    #: An upload token, and still a live grant for its spreadsheet.
    UPLOAD = "upload"
    #: The OIDC token of the queue's service account.
    QUEUE = "queue"
    #: The OIDC token of the scheduler's service account.
    SCHEDULER = "scheduler"


@dataclass(frozen=True, slots=True)
class Call:
    """A guarded and validated request."""

    service: Service
    path: Mapping[str, str]
    body: Any = None
    query: Any = None
    person: Person | None = None
    watcher: WatchToken | None = None
    upload: UploadToken | None = None
    job: Job | None = None
    idempotency_key: str | None = None

    @property
    def who(self) -> Person:
        """The caller of a route whose guard needs one."""
        if self.person is None:
            raise Unauthenticated("This route needs a caller.")
        return self.person

    @property
    def uploads(self) -> UploadToken:
        """The token of a route whose guard needs one."""
        if self.upload is None:
            raise Unauthenticated("This route needs an upload token.")
        return self.upload

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
    #: The largest body; more is refused before it is read.
    body_bytes: int = reading.BODY_BYTES
    #: The handler reads the body itself, by `reading.whole(body_bytes)`: a file.
    file: bool = False
    #: Takes an `Idempotency-Key`: the same key and the same call give the first answer again.
    keyed: bool = False
    #: Asks the Sheets API, whose minute all people and jobs share: counted apart, and less of it.
    sheets: bool = False
    #: Asks the model's provider, who may take seconds.
    provider: bool = False


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
        if request.method != route.method:
            # werkzeug lets HEAD in wherever GET is; it would use up a single-use link.
            raise MethodNotAllowed(valid_methods=[route.method])
        caller = _authenticate(service, route)
        with _seats(service, route, caller):
            return _answer(service, route, caller, path)

    view.__doc__ = route.summary
    return view


def _answer(service: Service, route: Route, caller: Caller | None, path: Mapping[str, str]) -> Response:
    """What comes in is read, its caller's rights are looked at, and the handler runs."""
    query = body = None
    if route.guard is not Guard.PUBLIC:
        query = reading.query(route.query or Nothing)
    if not route.file and route.guard is not Guard.PUBLIC:
        body = reading.body(route.asks, route.body_bytes)
    job = _authorise(service, route, caller, path, query, body)
    if route.sheets and caller is not None:
        service.sheet_requests.count(caller.sub, "sheets")
    person = caller if isinstance(caller, Person) else None
    watcher = caller if isinstance(caller, WatchToken) else None
    upload = caller if isinstance(caller, UploadToken) else None
    key = reading.idempotency_key() if route.keyed else None
    given = route.handler(Call(service, path, body, query, person, watcher, upload, job, key))
    if isinstance(given, Response):
        return given
    if given is None:
        return Response(status=route.status)
    return Response(given.model_dump_json(), status=route.status, content_type="application/json")


def bearer() -> str:
    """The token of the Authorization header; raises `Unauthenticated`."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthenticated("This call needs an Authorization header with a Bearer token.")
    return token.strip()


Caller = Person | WatchToken | UploadToken


def _authenticate(service: Service, route: Route) -> Caller | None:
    """Who calls, counted against their minute; the queue and the scheduler are not counted."""
    caller: Caller
    match route.guard:
        case Guard.PUBLIC:
            return None
        case Guard.QUEUE | Guard.SCHEDULER:
            service.identity.check_caller(bearer(), scheduler=route.guard is Guard.SCHEDULER)
            return None
        case Guard.WATCH:
            caller = service.signer.read_watch_token(bearer())
        case Guard.UPLOAD:
            caller = service.signer.read_upload_token(bearer())
        case _:
            caller = service.identity.person(bearer())
    service.requests.count(caller.sub, "watching" if route.guard is Guard.WATCH else "calls")
    return caller


@contextmanager
def _seats(service: Service, route: Route, caller: Caller | None) -> Iterator[None]:
    """A request holds a thread until its body has come and others have answered: one person holds few."""
    if caller is None:
        yield
        return
    with ExitStack() as held:
        wanted = [service.under_way, *([service.asking] if route.sheets or route.provider else [])]
        if not all(held.enter_context(seats.seat(caller.sub)) for seats in wanted):
            raise TooMany(
                "Several of your requests are still at work. Please wait for them.", retry_after_s=2
            )
        yield


def _authorise(
    service: Service,
    route: Route,
    caller: Caller | None,
    path: Mapping[str, str],
    query: Any,
    body: Any,
) -> Job | None:
    if isinstance(caller, WatchToken):
        if caller.spreadsheet_id != query.spreadsheet_id:
            raise Unauthenticated("This watch token is for another spreadsheet.")
        return None
    if isinstance(caller, UploadToken):
        require_grant(caller.person, caller.spreadsheet_id, documents=service.documents)
        return None
    if caller is None or route.guard is Guard.PERSON:
        return None
    if route.guard is Guard.SPREADSHEET:
        require_grant(caller, _spreadsheet(path, query, body), documents=service.documents)
        return None
    return _job(service, route, caller, path["job_id"])


def _spreadsheet(path: Mapping[str, str], query: Any, body: Any) -> str:
    """The one spreadsheet that the call names, wherever it names it."""
    named = {path.get("spreadsheet_id"), *(getattr(part, "spreadsheet_id", None) for part in (query, body))}
    named.discard(None)
    if len(named) != 1:
        raise Forbidden("This call has to name one spreadsheet.", "no_grant")
    return str(named.pop())


def _job(service: Service, route: Route, person: Person, job_id: str) -> Job:
    """The job, or the same answer for one that does not exist and one that is not theirs."""
    unknown = NotFound(
        "There is no such job, or your proof that you may edit its sheet has run out.", "no_grant"
    )
    if not _JOB_ID.fullmatch(job_id):
        raise unknown
    try:
        job = read_job(service.documents, job_id)
    except NotFound:
        job = None
    # An unknown job costs the same reads as a foreign one: the time of the answer tells them apart no more.
    granted = has_grant(person, job.spreadsheet_id if job else job_id, documents=service.documents)
    theirs = job is not None and route.guard is Guard.JOB_OR_CREATOR and job.created_by == person.sub
    if job is None or not (granted or theirs):
        raise unknown
    return job
