"""The JSON on the wire ↔ Google's published messages, by the rules of proto JSON.

Enumerations come as numbers or names; unknown fields are refused, as Google's front end refuses them.
"""

from __future__ import annotations

import json
import re
from typing import Any

from google.cloud.tasks_v2.types import (
    CreateTaskRequest,
    ListQueuesResponse,
    ListTasksResponse,
    Queue,
    RunTaskRequest,
    Task,
)
from google.protobuf import json_format
from google.protobuf.field_mask_pb2 import FieldMask

from backend.local.tasks.refusals import invalid, invalid_field

#: A protobuf message; Google's generated classes carry no types.
Message = Any

_UNKNOWN = re.compile(r'has no field named "(?P<name>[^"]+)" at "[^".]+\.?(?P<path>[^"]*)"')
_FIELD = re.compile(r"Failed to parse (\w+) field: ")


def read_queue(body: bytes) -> Message:
    return _read(body, Queue.pb()())


def read_create_task(body: bytes) -> Message:
    return _read(body, CreateTaskRequest.pb()())


def read_run_task(body: bytes) -> Message:
    return _read(body, RunTaskRequest.pb()())


def a_queue(stored: bytes = b"") -> Message:
    return Queue.pb().FromString(stored)


def a_task(stored: bytes = b"") -> Message:
    return Task.pb().FromString(stored)


def queues_page(queues: list[Message], next_page_token: str) -> Message:
    return ListQueuesResponse.pb()(queues=queues, next_page_token=next_page_token)


def tasks_page(tasks: list[Message], next_page_token: str) -> Message:
    return ListTasksResponse.pb()(tasks=tasks, next_page_token=next_page_token)


def field_mask(text: str) -> Message:
    """An `updateMask` parameter: camelCase paths between commas; a path of no queue is refused."""
    mask = FieldMask()
    try:
        mask.FromJsonString(text)
    except ValueError as error:
        raise invalid_field("update_mask", f"Invalid value at 'update_mask': {text!r}") from error
    for path in mask.paths:
        if not mask_is_valid(path):
            raise invalid_field("update_mask", f"Invalid field path in update_mask: {path}")
    return mask


def mask_is_valid(path: str) -> bool:
    return bool(FieldMask(paths=[path]).IsValidForDescriptor(Queue.pb().DESCRIPTOR))


def write(message: Message, *, numbers: bool) -> dict[str, Any]:
    """The answer's JSON; `numbers` writes enumerations as numbers (`$alt=json;enum-encoding=int`)."""
    return dict(json_format.MessageToDict(message, use_integers_for_enums=numbers))


def _read(body: bytes, message: Message) -> Message:
    try:
        value = json.loads(body or b"{}")
    except ValueError as error:
        raise invalid("Invalid JSON payload received. Unexpected end of string or token.") from error
    if not isinstance(value, dict):
        raise invalid("Invalid JSON payload received. The root of the body must be an object.")
    try:
        return json_format.ParseDict(value, message)
    except json_format.ParseError as error:
        raise _unreadable(str(error)) from error


def _unreadable(words: str) -> Exception:
    unknown = _UNKNOWN.search(words)
    if unknown is not None:
        path = _snake(unknown["path"])
        place = f" at '{path}'" if path else ""
        return invalid_field(
            path,
            f'Invalid JSON payload received. Unknown name "{unknown["name"]}"{place}: Cannot find field.',
        )
    path = _snake(".".join(_FIELD.findall(words)))
    return invalid_field(path, f"Invalid value at '{path}': {_FIELD.sub('', words).rstrip('.')}")


def _snake(path: str) -> str:
    return re.sub(r"(?<=[a-z0-9])([A-Z])", lambda found: f"_{found[1].lower()}", path)
