"""Refusals as Google words them: a google.rpc.Status in JSON under the HTTP status that belongs to its code.

Sentences marked [recorded] are production's own, as the conformance recordings of the public project
aertje/cloud-tasks-emulator keep them (test/conformance/golden/errors.json).
"""

from __future__ import annotations

from typing import Any

#: google.rpc.Code name → HTTP status (google/rpc/code.proto).
HTTP_STATUS = {
    "INVALID_ARGUMENT": 400,
    "FAILED_PRECONDITION": 400,
    "NOT_FOUND": 404,
    "ALREADY_EXISTS": 409,
    "UNIMPLEMENTED": 501,
    "UNAVAILABLE": 503,
}
REFERENCE = "https://cloud.google.com/tasks/docs/reference/rest/v2/projects.locations.queues"


class Refusal(Exception):
    """A call that ends with an error; `status` is a name of google.rpc.Code."""

    def __init__(self, status: str, message: str, details: list[dict[str, Any]] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.details = details or []

    @property
    def http_status(self) -> int:
        return HTTP_STATUS[self.status]

    def body(self) -> dict[str, Any]:
        error: dict[str, Any] = {"code": self.http_status, "message": self.message, "status": self.status}
        return {"error": {**error, "details": self.details} if self.details else error}


def invalid(message: str, details: list[dict[str, Any]] | None = None) -> Refusal:
    return Refusal("INVALID_ARGUMENT", message, details)


def invalid_field(field: str, message: str) -> Refusal:
    """A body that does not fit the message: the field is named in a BadRequest detail."""
    violation = {"field": field, "description": message}
    return invalid(
        message, [{"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": [violation]}]
    )


def helpful(description: str, anchor: str) -> list[dict[str, Any]]:
    """The Help detail that points at a definition in the reference [recorded]."""
    link = {"description": description, "url": f"{REFERENCE}{anchor}"}
    return [{"@type": "type.googleapis.com/google.rpc.Help", "links": [link]}]


def queue_not_found() -> Refusal:
    """[recorded]"""
    return Refusal(
        "NOT_FOUND",
        "Queue does not exist. If you just created the queue, wait at least a minute for the queue to "
        "initialize.",
    )


def not_found() -> Refusal:
    """[recorded]"""
    return Refusal("NOT_FOUND", "Requested entity was not found.")


def task_gone() -> Refusal:
    """[recorded]"""
    return Refusal(
        "NOT_FOUND",
        "The task no longer exists, though a task with this name existed recently. The task either "
        "successfully completed or was deleted.",
    )


def queue_exists() -> Refusal:
    """[recorded]"""
    return Refusal("ALREADY_EXISTS", "Queue already exists")


def queue_existed() -> Refusal:
    """[recorded]"""
    return Refusal(
        "FAILED_PRECONDITION",
        "The queue cannot be created because a queue with this name existed too recently.",
    )


def task_exists() -> Refusal:
    """[recorded]"""
    return Refusal("ALREADY_EXISTS", "Requested entity already exists")


def task_existed() -> Refusal:
    """As quoted in stackkit/laravel-google-cloud-tasks-queue, issue 104."""
    return Refusal(
        "ALREADY_EXISTS",
        "The task cannot be created because a task with this name existed too recently. For more "
        "information about task de-duplication see "
        f"{REFERENCE}.tasks/create#body.request_body.FIELDS.task.",
    )
