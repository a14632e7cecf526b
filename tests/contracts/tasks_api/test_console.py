"""The console: its data, and the page itself in Chromium, used as a person uses it."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from playwright.sync_api import Browser, Page, expect

from tests.contracts.tasks_api.conftest import QUEUE, World, a_world

LIVE = QUEUE.replace("background", "live")


def shown(world: World, queue: str | None = None) -> dict[str, Any]:
    parameters = {} if queue is None else {"queue": queue}
    return dict(requests.get(f"{world.url}/_standin/console.json", params=parameters, timeout=5).json())


def test_the_data_names_every_queue_and_the_chosen_ones_tasks(tmp_path: Path) -> None:
    with a_world(tmp_path, queues={QUEUE: 3, LIVE: 1}) as world:
        world.client.pause_queue(name=LIVE)
        world.worker.answers(500)
        world.create("one", path="/work")
        world.until("retry")
        background, live = shown(world)["queues"]
        assert (background["id"], background["running"], background["max_concurrent"]) == (
            "background",
            True,
            3,
        )
        assert (live["id"], live["running"], live["tasks"]) == ("live", False, 0)
        (task,) = shown(world, QUEUE)["tasks"]
        assert (task["id"], task["attempts"], task["answers"]) == ("one", 1, 1)
        assert task["last_answer"] == "INTERNAL(13): HTTP status code 500"
        assert task["due"] == pytest.approx(world.clock.now() + 0.1)
        assert task["url"] == f"{world.worker.url}/work"
        assert "tasks" not in shown(world, f"{QUEUE}-unknown")


def test_a_long_queue_shows_its_first_tasks_and_counts_them_all(world: World) -> None:
    world.client.pause_queue(name=QUEUE)
    body = {"task": {"httpRequest": {"url": "http://127.0.0.1:9/"}}}
    with requests.Session() as session:
        for _ in range(205):
            session.post(f"{world.url}/v2/{QUEUE}/tasks", json=body, timeout=5)
    data = shown(world, QUEUE)
    assert (len(data["tasks"]), data["queues"][0]["tasks"]) == (200, 205)


def test_the_page_holds_everything_it_needs(world: World) -> None:
    page = requests.get(f"{world.url}/_standin/console", timeout=5)
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "/* page.css */" not in page.text
    assert "/* page.js */" not in page.text
    assert "https://" not in page.text
    assert "src=" not in page.text
    assert 'rel="stylesheet"' not in page.text


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    made = chromium.new_page(viewport={"width": 1280, "height": 720})
    complaints: list[str] = []
    made.on("console", lambda message: complaints.append(message.text))
    made.on("pageerror", lambda error: complaints.append(str(error)))
    yield made
    made.close()
    assert complaints == []


@pytest.mark.browser
def test_a_person_sees_and_steers_a_queue(world: World, page: Page) -> None:
    world.client.pause_queue(name=QUEUE)
    for name in ("one", "two", "three"):
        world.create(name)
    page.goto(f"{world.url}/_standin/console")
    row = page.get_by_role("row", name="background")
    expect(row).to_contain_text("Paused")
    page.get_by_role("link", name="background").click()
    expect(page.get_by_role("heading", name="background")).to_be_visible()
    expect(page.get_by_role("row", name="one")).to_contain_text("When resumed")

    page.get_by_role("button", name="Run task two now").click()
    world.until("done")
    assert [request.task for request in world.worker.received] == ["two"]
    expect(page.get_by_role("row", name="two")).to_have_count(0)

    page.get_by_role("button", name="Delete task one").click()
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_role("alert")).to_have_text("Task one is deleted.")
    assert len(world.ledger("deleted")) == 1

    page.get_by_role("button", name="Purge queue").click()
    expect(page.get_by_role("dialog")).to_contain_text("1 task will be deleted. This cannot be undone.")
    page.get_by_role("button", name="Cancel").click()
    assert world.ledger("queue_purged") == []
    page.get_by_role("button", name="Purge queue").click()
    page.get_by_role("button", name="Purge", exact=True).click()
    world.until("queue_purged")
    expect(page.get_by_text("No tasks are waiting in this queue.")).to_be_visible()

    page.get_by_role("button", name="Resume queue").click()
    expect(page.get_by_role("button", name="Pause queue")).to_be_visible()
    world.create("four")
    world.until("done", 2)


@pytest.mark.browser
def test_the_page_follows_what_happens_and_keeps_the_focus(world: World, page: Page) -> None:
    later = datetime.datetime.fromtimestamp(world.clock.now() + 3600, datetime.UTC)
    world.create("scheduled", schedule_time=later)
    page.goto(f"{world.url}/_standin/console#queue={QUEUE}")
    delete = page.get_by_role("button", name="Delete task scheduled")
    delete.focus()
    world.worker.holds()
    world.create("running")
    expect(page.get_by_role("row", name="running")).to_contain_text("Running")
    expect(page.get_by_role("row", name="scheduled")).to_contain_text("in 1 h")
    expect(delete).to_be_focused()
    world.worker.lets_go()
    expect(page.get_by_role("row", name="running")).to_have_count(0)


@pytest.mark.browser
def test_text_of_a_task_stays_text(world: World, page: Page) -> None:
    world.client.pause_queue(name=QUEUE)
    world.create("one", http_request={"url": "http://127.0.0.1:9/<img src=x onerror=alert(1)>"})
    world.create("two", http_request={"url": "http://"})
    page.goto(f"{world.url}/_standin/console#queue={QUEUE}")
    expect(page.get_by_role("row", name="one")).to_be_visible()
    expect(page.get_by_role("row", name="two")).to_contain_text("http://")
    assert page.locator("img").count() == 0


@pytest.mark.browser
@pytest.mark.parametrize("width", [900, 1150, 1400])
def test_nothing_is_cut_off_at_usual_widths(world: World, page: Page, width: int) -> None:
    world.client.pause_queue(name=QUEUE)
    world.create("8f1c2a-job-01J9ZK3T7Q-batch-0-enq-1" + "x" * 400)
    page.set_viewport_size({"width": width, "height": 700})
    page.goto(f"{world.url}/_standin/console#queue={QUEUE}")
    expect(page.get_by_role("button", name="Delete task 8f1c2a")).to_be_in_viewport(ratio=1)
    overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert overflow == 0


@pytest.mark.browser
def test_a_stand_in_that_has_ended_is_said_so(tmp_path: Path, chromium: Browser) -> None:
    with a_world(tmp_path) as world:
        world.worker.holds()
        world.create("one")  # while something runs, the page looks every second
        page = chromium.new_page()
        page.goto(f"{world.url}/_standin/console")
        expect(page.get_by_text("Live", exact=True)).to_be_visible()
    expect(page.get_by_text("No answer from the stand-in. Trying again.")).to_be_visible()
    page.close()
