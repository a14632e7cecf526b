"""Tasks through Google's own client for Cloud Tasks v2.

In production it speaks gRPC; with an `endpoint` it speaks the same API as JSON over plain HTTP, which is
what the stand-in on one machine understands.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

from backend.errors import TryLater
from backend.ports import Task

if TYPE_CHECKING:
    from google.cloud import tasks_v2

#: Seconds that creating a task may take (the client's own default is 20 s, which a lease does not have).
CREATE_TIMEOUT_S = 10.0
#: Seconds to wait when the queue is busy or out of reach.
BUSY_DELAY_S = 2.0
#: Seconds to wait for what only the operator can mend: a queue or a permission that is missing.
OPERATOR_DELAY_S = 60.0
#: The smaller of the two limits that Cloud Tasks' pages name for a body.
MAX_BODY_BYTES = 100_000


class CloudTasksQueue:
    """`backend.ports.TaskQueue`: one POST to the worker for each task, signed by the queue."""

    def __init__(
        self,
        *,
        project: str,
        location: str,
        queues: Mapping[Literal["background", "live"], str],
        worker_url: str,
        invoker_email: str,
        audience: str,
        dispatch_deadline_s: int,
        endpoint: str | None = None,
    ) -> None:
        """`queues` maps our two queues to their ids; `endpoint` is `host:port` of a stand-in, or None."""
        self._parents = {
            queue: f"projects/{project}/locations/{location}/queues/{queue_id}"
            for queue, queue_id in queues.items()
        }
        self._worker_url = worker_url.rstrip("/")
        self._oidc_token = {"service_account_email": invoker_email, "audience": audience}
        self._dispatch_deadline = timedelta(seconds=dispatch_deadline_s)
        self._endpoint = endpoint

    def enqueue(self, task: Task) -> None:
        import requests
        from google.api_core import exceptions as refusals
        from google.auth.exceptions import GoogleAuthError

        parent = self._parents[task.queue]
        request = {"parent": parent, "task": self._on_the_wire(parent, task)}
        try:
            self._client.create_task(request=request, retry=None, timeout=CREATE_TIMEOUT_S)
        except refusals.Aborted as error:  # a Conflict to the library, but not a used name
            raise TryLater("The task queue is busy.", delay_s=BUSY_DELAY_S) from error
        except refusals.Conflict:
            return
        except (refusals.TooManyRequests, GoogleAuthError) as error:
            raise TryLater("The task queue takes no task right now.", delay_s=BUSY_DELAY_S) from error
        except (
            refusals.NotFound,
            refusals.Forbidden,
            refusals.Unauthorized,
            refusals.FailedPrecondition,
        ) as error:
            raise TryLater(
                f"The task queue {parent} cannot be used: it does not exist, is switched off, or we may not "
                "add to it. Its operator has to run the set-up again.",
                delay_s=OPERATOR_DELAY_S,
            ) from error
        except (refusals.ServerError, refusals.Cancelled, requests.RequestException) as error:
            raise TryLater(
                "The task queue did not say whether it took the task.",
                delay_s=BUSY_DELAY_S,
                maybe_applied=True,
            ) from error

    def close(self) -> None:
        """Closes the connections, if there are any."""
        if "_client" in self.__dict__:
            self._client.transport.close()  # type: ignore[no-untyped-call]

    def _on_the_wire(self, parent: str, task: Task) -> dict[str, Any]:
        body = json.dumps(dict(task.body), separators=(",", ":")).encode()
        if len(body) > MAX_BODY_BYTES:
            raise ValueError(f"The body of task {task.name} has {len(body)} bytes; send ids, not data.")
        wire: dict[str, Any] = {
            "name": f"{parent}/tasks/{task.name}",
            "dispatch_deadline": self._dispatch_deadline,
            "http_request": {
                "http_method": "POST",
                "url": self._worker_url + task.path,
                # Cloud Tasks sets none by itself.
                "headers": {"Content-Type": "application/json"},
                "body": body,
                # The audience would be the URL with its path, which the worker does not accept.
                "oidc_token": self._oidc_token,
            },
        }
        if task.run_at is not None:
            wire["schedule_time"] = datetime.fromtimestamp(task.run_at, UTC)
        return wire

    @functools.cached_property
    def _client(self) -> tasks_v2.CloudTasksClient:
        from google.cloud import tasks_v2

        if self._endpoint is None:
            return tasks_v2.CloudTasksClient()
        from google.auth.credentials import AnonymousCredentials
        from google.cloud.tasks_v2.services.cloud_tasks.transports import CloudTasksRestTransport

        anonymous = AnonymousCredentials()  # type: ignore[no-untyped-call]
        transport = CloudTasksRestTransport(host=self._endpoint, url_scheme="http", credentials=anonymous)
        return tasks_v2.CloudTasksClient(transport=transport)
