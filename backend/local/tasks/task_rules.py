"""What a task may be, and the form in which it is kept.

Refusals are worded as recorded from production (see `refusals`) where a recording exists; limits are the
reference's (projects.locations.queues.tasks: Task, HttpRequest).
"""

from __future__ import annotations

import ipaddress
import re
import secrets
from datetime import UTC, datetime
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from backend.local.tasks import queue_rules
from backend.local.tasks.refusals import Refusal, helpful, invalid
from backend.local.tasks.wire import Message

SCHEDULE_HORIZON_S = 720 * 3600
DEADLINE_S = (15, 30 * 60)
DEFAULT_DEADLINE_S = 600
MAX_URL = 2083
MAX_HEADERS = 80 * 1024
#: Bytes of the stored task in protobuf, as measured on production (aertje/cloud-tasks-emulator).
MAX_STORED = 2**20 - 7
USER_AGENT = "Google-Cloud-Tasks"

POST = 1
METHODS = {1: "POST", 2: "GET", 3: "HEAD", 4: "PUT", 5: "DELETE", 6: "PATCH", 7: "OPTIONS"}
WITH_BODY = frozenset({"POST", "PUT", "PATCH"})

_NAME = re.compile(r"(?P<queue>projects/[^/]+/locations/[^/]+/queues/[^/]+)/tasks/(?P<id>.*)")
_ID = re.compile(r"[A-Za-z0-9_-]{1,500}")
_REPLACED = re.compile(r"host|content-length|user-agent|x-google-.*|x-appengine-.*|x-cloudtasks-.*", re.I)


def complete(task: Message, queue: str, now: float) -> Message:
    """The task as it is kept: named, scheduled, every default in; raises Refusal where it breaks a rule."""
    for field in ("create_time", "dispatch_count", "response_count", "first_attempt", "last_attempt", "view"):
        task.ClearField(field)  # output only: what the caller says is ignored
    _check_name(task.name, queue)
    if task.HasField("app_engine_http_request"):
        raise Refusal("UNIMPLEMENTED", "This stand-in dispatches HTTP tasks only: set Task.httpRequest.")
    if not task.HasField("http_request"):
        raise invalid("Task.httpRequest is required.")
    _complete_request(task.http_request)
    _complete_times(task, now)
    if task.HasField("retry_config"):
        queue_rules.check_retries(task.retry_config)
        queue_rules.complete_retries(task.retry_config)
    # Cloud Tasks' own ids are numbers of about 19 digits.
    task.name = task.name or f"{queue}/tasks/{secrets.randbelow(9 * 10**18) + 10**18}"
    if task.ByteSize() > MAX_STORED:
        raise invalid("Task size too large")
    return task


def _check_name(name: str, queue: str) -> None:
    if not name:
        return
    parts = _NAME.fullmatch(name)
    if parts is None:
        raise invalid(
            'Task name must be formatted: "projects/<PROJECT_ID>/locations/<LOCATION_ID>/queues/<QUEUE_ID>'
            '/tasks/<TASK_ID>"'
        )
    if not _ID.fullmatch(parts["id"]):
        raise invalid(
            f'Task ID "{parts["id"]}" can contain only letters ([A-Za-z]), numbers ([0-9]), hyphens (-), or '
            "underscores (_). Task ID must between 1 and 500 characters.",
            helpful("Definition of task ID", ".tasks#Task.FIELDS.name"),
        )
    if parts["queue"] != queue:
        raise invalid(
            f"The queue name from request ('{queue}') must be the same as the queue name in the named task "
            f"('{parts['queue']}')."
        )


def _complete_request(request: Message) -> None:
    _check_address(request)
    request.http_method = request.http_method or POST
    method = METHODS.get(request.http_method)
    if method is None:
        raise invalid(f"HttpRequest.httpMethod {request.http_method} is not a method.")
    if request.body and method not in WITH_BODY:
        raise invalid(f"HttpRequest.body is not allowed with HttpRequest.httpMethod {method}.")
    for header in [name for name in request.headers if _REPLACED.fullmatch(name)]:
        del request.headers[header]
    request.headers["User-Agent"] = USER_AGENT
    if sum(len(name) + len(value) for name, value in request.headers.items()) >= MAX_HEADERS:
        raise invalid("HttpRequest.headers must be smaller than 80KB.")


def _check_address(request: Message) -> None:
    url = request.url
    if not url:
        raise invalid("HttpRequest.url is required.")
    if not url.startswith(("http://", "https://")):
        raise invalid("HttpTarget.url must start with 'http://' or 'https://'.")
    if len(url) > MAX_URL:
        raise invalid(f"HttpRequest.url must be at most {MAX_URL} characters long.")
    kind = request.WhichOneof("authorization_header")
    if kind == "oauth_token":
        raise Refusal("UNIMPLEMENTED", "This stand-in signs OIDC tokens only: set HttpRequest.oidcToken.")
    if kind == "oidc_token":
        if not request.oidc_token.service_account_email:
            raise invalid("OidcToken.serviceAccountEmail is required.")
        if url.startswith("http://") and not _is_this_machine(url):
            # googleapis/nodejs-tasks, issue 353; this machine has no certificate, so it is let off.
            raise invalid(
                "HttpRequest.url must start with 'https://' for request with HttpRequest.authorization_header"
            )


def _complete_times(task: Message, now: float) -> None:
    task.create_time.FromSeconds(int(now))
    now_us = int(now * 1e6)
    if task.schedule_time.ToMicroseconds() > now_us + SCHEDULE_HORIZON_S * 1_000_000:
        # Production shows the time in the zone of its headquarters [recorded].
        shown = datetime.fromtimestamp(task.schedule_time.seconds, UTC).astimezone(
            ZoneInfo("America/Los_Angeles")
        )
        raise invalid(
            f"The Task.scheduleTime, {shown.isoformat()}, is too far in the future. Schedule time must be no "
            "more than 720h in the future."
        )
    task.schedule_time.FromMicroseconds(max(task.schedule_time.ToMicroseconds(), now_us))
    if not task.HasField("dispatch_deadline"):
        task.dispatch_deadline.FromSeconds(DEFAULT_DEADLINE_S)
    task.dispatch_deadline.FromMilliseconds(task.dispatch_deadline.ToMilliseconds())
    shortest, longest = DEADLINE_S
    if not shortest * 1000 <= task.dispatch_deadline.ToMilliseconds() <= longest * 1000:
        raise invalid("Task.dispatchDeadline must be between [15s, 30m].")


def _is_this_machine(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
