"""A user may ask so much in a minute, over all instances together; others are not slowed by it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace

import pytest
import requests

from backend.app import create_app
from backend.entrypoints import api
from backend.entrypoints.api.watch import WAIT_S
from backend.entrypoints.routing import Guard, Route
from backend.entrypoints.seats import Seats
from backend.entrypoints.service import ASKS, UPLOADS, UPLOADS_OF_ALL, WAITS
from backend.usecases.limits import BLOCKS, RequestCounter
from tests.entrypoints.conftest import MakeHouse
from tests.entrypoints.house import Caller, House
from tests.entrypoints.samples import a_request
from tests.entrypoints.test_every_route import called, send

MINUTE = 60


def a_house(make_house: MakeHouse) -> House:
    """Ten requests a minute, and a minute that has just begun."""
    house = make_house(requests_per_minute=10)
    house.clock.ahead_s -= house.clock.now() % MINUTE
    return house


def another_instance(house: House) -> House:
    counter = RequestCounter(house.documents, house.clock, house.service.settings.requests_per_minute)
    service = replace(house.service, requests=counter)
    return replace(house, service=service, app=create_app(service))


def status(caller: Caller, path: str = "/api/system") -> int:
    return caller.call("GET", path).status_code


def test_the_eleventh_request_of_a_minute_is_refused_with_a_time(make_house: MakeHouse) -> None:
    house = a_house(make_house)
    alice = house.sign_in("alice")
    assert [status(alice) for _ in range(10)] == [200] * 10
    refused = alice.call("GET", "/api/system")
    assert refused.status_code == 429
    assert refused.get_json()["title"] == "Too many requests"
    wait_s = int(refused.headers["Retry-After"])
    assert 1 <= wait_s <= MINUTE
    assert status(house.sign_in("bob")) == 200
    house.clock.passes(wait_s)
    assert status(alice) == 200


def test_instances_count_together(make_house: MakeHouse) -> None:
    one = a_house(make_house)
    two = another_instance(one)
    token = one.sign_in("alice").token
    answers = [status(house.somebody(token)) for _ in range(8) for house in (one, two)]
    assert answers == [200] * 10 + [429] * 6


def test_requests_at_once_are_counted_each(make_house: MakeHouse) -> None:
    house = a_house(make_house)
    token = house.sign_in("alice").token
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: status(house.somebody(token)), range(40)))
    assert answers.count(200) <= 10
    assert set(answers) <= {200, 429, 503}
    assert answers.count(200) >= 8


def test_refused_requests_count_too_and_watching_apart_from_them(make_house: MakeHouse) -> None:
    house = a_house(make_house)
    alice, sheet = house.sign_in("alice"), house.a_sheet()
    watcher = house.somebody(alice.prove(sheet))  # two requests
    assert [status(alice, "/api/jobs/unknown") for _ in range(9)] == [404] * 8 + [429]
    watched = [status(watcher, f"/api/watch?spreadsheet_id={sheet}") for _ in range(11)]
    assert watched == [200] * 10 + [429]


def test_a_person_waits_in_so_many_requests_and_holds_no_more_threads(make_house: MakeHouse) -> None:
    house = make_house()
    waited: dict[str, float] = {}
    sheet = house.a_sheet()
    watchers = {name: house.somebody(house.sign_in(name).prove(sheet)) for name in ("alice", "bob")}
    sub = house.service.signer.read_watch_token(watchers["alice"].token or "").sub
    path = f"/api/watch?spreadsheet_id={sheet}"
    with ExitStack() as held:
        assert [held.enter_context(house.service.waiting.seat(sub)) for _ in range(WAITS)] == [True] * WAITS
        for name, watcher in watchers.items():
            tag = watcher.call("GET", path).headers["ETag"]
            before = house.clock.slept_s
            assert watcher.call("GET", path, headers={"If-None-Match": tag}).status_code == 304
            waited[name] = house.clock.slept_s - before
    assert waited["alice"] == 0
    assert waited["bob"] > WAIT_S / 2
    with house.service.waiting.seat(sub) as free_again:
        assert free_again


ASKING = [route for route in api.ROUTES if route.sheets or route.provider]


@pytest.mark.parametrize("route", ASKING, ids=called)
def test_so_many_requests_of_a_person_ask_others_at_once_and_no_more(at_work: AtWork, route: Route) -> None:
    """Each holds a thread for as long as Google or the provider takes, and often a sheet in memory."""
    asked = a_request(route, at_work.sheet)
    refused = send(at_work.alice, asked)
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "2")
    assert "still at work" in refused.get_json()["detail"]
    assert send(at_work.bob, asked).status_code != 429


@dataclass(frozen=True)
class AtWork:
    """All of Alice's seats are taken, and none of Bob's."""

    alice: Caller
    bob: Caller
    sheet: str


@pytest.fixture(scope="module")
def at_work(make_house: MakeHouse) -> Iterator[AtWork]:
    house = make_house()
    alice, bob, sheet = house.sign_in("alice"), house.sign_in("bob"), house.a_sheet()
    for caller in (alice, bob):
        caller.prove(sheet)
    sub = house.service.identity.person(alice.token or "").sub
    with ExitStack() as held:
        assert all(held.enter_context(house.service.asking.seat(sub)) for _ in range(ASKS))
        yield AtWork(alice, bob, sheet)


def test_so_many_files_are_in_memory_at_once_and_no_more(make_house: MakeHouse) -> None:
    """A file is refused before it is read; what stands in a process's memory has an end."""
    house = make_house()
    alice, sheet = house.sign_in("alice"), house.a_sheet()
    alice.prove(sheet)
    sub = house.service.identity.person(alice.token or "").sub
    token = alice.ask("POST", "/api/imports/tokens", {"spreadsheet_id": sheet, "name": "a.csv"})[
        "upload_token"
    ]

    def sent() -> tuple[int, str | None]:
        file = {"data": b"Company Name\nOak\n", "content_type": "application/octet-stream"}
        answer = house.somebody(token).call("POST", "/api/imports", **file)
        return answer.status_code, answer.headers.get("Retry-After")

    for others in ([sub] * UPLOADS, [f"somebody {n}" for n in range(UPLOADS_OF_ALL)]):
        with ExitStack() as held:
            assert all(held.enter_context(house.service.uploading.seat(other)) for other in others)
            assert sent() == (429, "5")
    assert sent() == (201, None)


def test_a_seat_that_was_not_given_is_not_given_back() -> None:
    seats = Seats(each=1, all=2)
    with (
        seats.seat("a") as first,
        seats.seat("a") as second,
        seats.seat("b") as third,
        seats.seat("c") as fourth,
    ):
        assert (first, second, third, fourth) == (True, False, True, False)
    with seats.seat("a") as again, seats.seat("c") as other:
        assert (again, other) == (True, True)


def test_what_asks_google_sheets_is_counted_apart_and_less_of_it_is_allowed(make_house: MakeHouse) -> None:
    """One person must not use up the minute in which all jobs read and write."""
    house = make_house(sheet_requests_per_minute=10)
    house.clock.ahead_s -= house.clock.now() % MINUTE
    alice, sheet = house.sign_in("alice"), house.a_sheet()
    alice.prove(sheet)  # one of the ten
    assert [status(alice, f"/api/sheets/{sheet}") for _ in range(10)] == [200] * 9 + [429]
    refused = alice.call("GET", f"/api/sheets/{sheet}")
    assert "10 requests that ask Google Sheets in a minute" in refused.get_json()["detail"]
    assert 1 <= int(refused.headers["Retry-After"]) <= MINUTE
    assert status(alice, f"/api/jobs?spreadsheet_id={sheet}") == 200
    bob = house.sign_in("bob")
    bob.prove(sheet)
    assert status(bob, f"/api/sheets/{sheet}") == 200


def test_jobs_over_many_tabs_ask_google_twice_however_many_they_are(make_house: MakeHouse) -> None:
    house = make_house()
    alice, sheet = house.sign_in("alice"), house.a_sheet()
    ids = [0, *range(101, 120)]
    add = [{"duplicateSheet": {"sourceSheetId": 0, "newSheetId": id}} for id in ids[1:]]
    house.standins.as_owner("POST", f"/{sheet}:batchUpdate", {"requests": add})
    alice.prove(sheet)
    before = len(asked_of_google(house, sheet))
    body = {"spreadsheet_id": sheet, "sheet_ids": ids, "recipe": "case_a", "mode": "all"}
    jobs = alice.ask("POST", "/api/jobs", body)["jobs"]
    assert [job["sheet_id"] for job in jobs] == ids
    assert len(asked_of_google(house, sheet)) - before == 2
    gone = alice.call("POST", "/api/jobs", body | {"sheet_ids": [0, 999]})
    assert (gone.status_code, gone.get_json()["fields"]) == (422, {"sheet_ids": "not there"})


def asked_of_google(house: House, sheet: str) -> list[str]:
    entries = requests.get(f"{house.standins.sheets}/_standin/ledger", timeout=10).json()["entries"]
    return [text for entry in entries if sheet in (text := json.dumps(entry))]


@pytest.mark.parametrize("route", [r for r in api.ROUTES if not r.sheets], ids=called)
def test_no_other_route_asks_google_sheets(seen: Seen, route: Route) -> None:
    """Whatever it does, it does without the port."""
    asked = a_request(route, seen.sheet, seen.job)
    caller = seen.watcher if route.guard is Guard.WATCH else seen.alice
    assert send(caller, asked).status_code != 500


@pytest.mark.parametrize("route", [r for r in api.ROUTES if r.sheets], ids=called)
def test_each_route_that_asks_google_sheets_is_refused_without_a_call_left(seen: Seen, route: Route) -> None:
    assert send(seen.used_up, a_request(route, seen.sheet, seen.job)).status_code == 429


@dataclass(frozen=True)
class Seen:
    """Alice in a deployment that has lost its spreadsheets, and in one where her minute is used up."""

    alice: Caller
    used_up: Caller
    watcher: Caller
    sheet: str
    job: str


@pytest.fixture(scope="module")
def seen(make_house: MakeHouse) -> Seen:
    house = make_house(sheet_requests_per_minute=10)
    alice, sheet = house.sign_in("alice"), house.a_sheet()
    token = alice.prove(sheet)
    job = alice.queue(sheet)["id"]
    without = replace(house.service, sheets=None)  # type: ignore[arg-type]
    house.clock.ahead_s += MINUTE - house.clock.now() % MINUTE
    for _ in range(10):
        house.service.sheet_requests.count(house.service.identity.person(alice.token or "").sub, "sheets")
    blind = replace(house, service=without, app=create_app(without))
    return Seen(blind.somebody(alice.token), alice, blind.somebody(token), sheet, job)


def test_what_nobody_signed_is_not_counted_against_anybody(make_house: MakeHouse) -> None:
    house = a_house(make_house)
    forged = house.somebody(house.standins.id_token("alice@example.com", flaw="hs256_public_key"))
    assert {status(forged) for _ in range(20)} == {401}
    assert status(house.sign_in("alice")) == 200


def test_most_requests_cost_the_store_nothing(make_house: MakeHouse) -> None:
    """A block at a time: of 600 a minute, every thirtieth asks the store."""
    house = make_house(requests_per_minute=600)
    counted = CountingDocuments(house)
    counter = RequestCounter(counted, house.clock, 600)  # type: ignore[arg-type]
    for _ in range(90):
        counter.count("alice")
    assert 3 <= counted.commits <= 4  # four where a minute begins on the way
    assert BLOCKS == 20


class CountingDocuments:
    """The real store, with the commits counted."""

    def __init__(self, house: House) -> None:
        self._documents = house.documents
        self.get = self._documents.get
        self.commits = 0

    def commit(self, writes: object) -> object:
        self.commits += 1
        return self._documents.commit(writes)  # type: ignore[arg-type]
