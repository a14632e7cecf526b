"""Cloud Tasks v2 as HTTP: the addresses that google-cloud-tasks calls over REST."""

from __future__ import annotations

import asyncio
import base64
import binascii

from aiohttp import web
from aiohttp.typedefs import Handler

from backend.local.tasks import wire
from backend.local.tasks.faults import Luck
from backend.local.tasks.refusals import Refusal, invalid
from backend.local.tasks.service import CloudTasks
from backend.local.tasks.wire import Message

LOCATION = "projects/[^/]+/locations/[^/]+"
QUEUE = f"{LOCATION}/queues/[^/:]+"
TASK = f"{QUEUE}/tasks/[^/:]+"
#: Page sizes, and what an unspecified one means (ListQueuesRequest, ListTasksRequest).
MAX_QUEUES = 9800
MAX_TASKS = 1000
FULL_VIEW = 2


class Routes:
    """The handlers over the service."""

    def __init__(self, service: CloudTasks, luck: Luck) -> None:
        self._service = service
        self._luck = luck

    def add_to(self, app: web.Application) -> None:
        app.middlewares.append(self._answer_refusals)
        router = app.router
        queues, queue = f"/v2/{{parent:{LOCATION}}}/queues", f"/v2/{{name:{QUEUE}}}"
        tasks, task = f"/v2/{{parent:{QUEUE}}}/tasks", f"/v2/{{name:{TASK}}}"
        router.add_get(queues, self.list_queues)
        router.add_post(queues, self.create_queue)
        router.add_get(queue, self.get_queue)
        router.add_patch(queue, self.update_queue)
        router.add_delete(queue, self.delete_queue)
        router.add_post(f"{queue}:pause", self.pause_queue)
        router.add_post(f"{queue}:resume", self.resume_queue)
        router.add_post(f"{queue}:purge", self.purge_queue)
        router.add_get(tasks, self.list_tasks)
        router.add_post(tasks, self.create_task)
        router.add_get(task, self.get_task)
        router.add_delete(task, self.delete_task)
        router.add_post(f"{task}:run", self.run_task)

    # Queues

    async def list_queues(self, request: web.Request) -> web.Response:
        if request.query.get("filter"):
            raise Refusal("UNIMPLEMENTED", "This stand-in lists queues without a filter.")
        page = self._service.queues(
            request.match_info["parent"], _page_start(request), _page_size(request, MAX_QUEUES)
        )
        return _answer(request, wire.queues_page(page.items, _page_token(page.next_after)))

    async def create_queue(self, request: web.Request) -> web.Response:
        queue = wire.read_queue(await request.read())
        return _answer(request, self._service.create_queue(queue, request.match_info["parent"]))

    async def get_queue(self, request: web.Request) -> web.Response:
        return _answer(request, self._service.queue(_name(request)))

    async def update_queue(self, request: web.Request) -> web.Response:
        changes = wire.read_queue(await request.read())
        mask = wire.field_mask(request.query.get("updateMask", ""))
        return _answer(request, self._service.update_queue(_name(request), changes, mask))

    async def delete_queue(self, request: web.Request) -> web.Response:
        await self._service.delete_queue(_name(request))
        return web.json_response({})

    async def pause_queue(self, request: web.Request) -> web.Response:
        return _answer(request, self._service.pause(_name(request)))

    async def resume_queue(self, request: web.Request) -> web.Response:
        return _answer(request, self._service.resume(_name(request)))

    async def purge_queue(self, request: web.Request) -> web.Response:
        return _answer(request, self._service.purge(_name(request)))

    # Tasks

    async def list_tasks(self, request: web.Request) -> web.Response:
        view = _view(request)
        page = self._service.tasks(
            request.match_info["parent"], _page_start(request), _page_size(request, MAX_TASKS)
        )
        shown = [_seen(task, view) for task in page.items]
        return _answer(request, wire.tasks_page(shown, _page_token(page.next_after)))

    async def create_task(self, request: web.Request) -> web.Response:
        wanted = wire.read_create_task(await request.read())
        await asyncio.sleep(self._luck.standin.faults.create_delay_ms / 1000)
        if self._luck.strikes("refuse_create"):
            raise Refusal("UNAVAILABLE", "The service is currently unavailable.")
        task = self._service.create_task(wanted.task, request.match_info["parent"])
        if self._luck.strikes("lose_answer") and request.transport is not None:
            self._luck.standin.ledger.add("answer_lost", task=task.name)
            request.transport.abort()
        return _answer(request, _seen(task, wanted.response_view))

    async def get_task(self, request: web.Request) -> web.Response:
        return _answer(request, _seen(self._service.task(_name(request)).message, _view(request)))

    async def delete_task(self, request: web.Request) -> web.Response:
        self._service.delete_task(_name(request))
        return web.json_response({})

    async def run_task(self, request: web.Request) -> web.Response:
        wanted = wire.read_run_task(await request.read())
        return _answer(request, _seen(self._service.run_task(_name(request)), wanted.response_view))

    @web.middleware
    async def _answer_refusals(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except Refusal as refusal:
            self._luck.standin.ledger.add(
                "refused", call=f"{request.method} {request.path}", status=refusal.status, why=refusal.message
            )
            return web.json_response(refusal.body(), status=refusal.http_status)


def _answer(request: web.Request, message: Message) -> web.Response:
    numbers = request.query.get("$alt", "").endswith("enum-encoding=int")
    return web.json_response(wire.write(message, numbers=numbers))


def _seen(task: Message, view: int) -> Message:
    """The task in the asked view: BASIC, which is the default, leaves the body out."""
    seen = wire.a_task(task.SerializeToString())
    seen.view = FULL_VIEW if view == FULL_VIEW else 1
    if view != FULL_VIEW:
        seen.http_request.ClearField("body")
    return seen


def _name(request: web.Request) -> str:
    return request.match_info["name"]


def _view(request: web.Request) -> int:
    names = {"": 0, "VIEW_UNSPECIFIED": 0, "BASIC": 1, "FULL": 2, "0": 0, "1": 1, "2": 2}
    text = request.query.get("responseView", "")
    if text not in names:
        raise invalid(f"Invalid value at 'response_view' (google.cloud.tasks.v2.Task.View), \"{text}\"")
    return names[text]


def _page_size(request: web.Request, most: int) -> int:
    text = request.query.get("pageSize", "0")
    if not text.isdigit():
        raise invalid(f"Invalid value at 'page_size' (TYPE_INT32), \"{text}\"")
    return min(int(text) or most, most)


def _page_token(name: str) -> str:
    return base64.urlsafe_b64encode(name.encode()).decode()


def _page_start(request: web.Request) -> str:
    try:
        return base64.b64decode(request.query.get("pageToken", ""), altchars=b"-_", validate=True).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise invalid("The page token is invalid.") from error
