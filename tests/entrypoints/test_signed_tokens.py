"""Watch tokens and download links: for one purpose, one spreadsheet or job, a short time; and CORS."""

from __future__ import annotations

from dataclasses import replace

import pytest

from backend.entrypoints import api
from backend.entrypoints.routing import Guard, Route
from backend.entrypoints.tokens import LINK_S, WATCH_S, Signer
from backend.errors import NotFound, Unauthenticated
from backend.ports import Create, Person
from backend.usecases.job_changes import load_job, replace_job
from backend.usecases.records import chunks_key
from tests.entrypoints.conftest import MakeHouse
from tests.entrypoints.house import SECRET, Caller, House
from tests.entrypoints.samples import a_request
from tests.entrypoints.test_every_route import called

SCRIPT_PAGE = "https://n-7xk2abcd-0lu-script.googleusercontent.com"
FOREIGN = (
    "https://evil.example",
    "https://n-7xk2abcd-0lu-script.googleusercontent.com.evil.example",
    "https://evil.example/n-7xk2abcd-0lu-script.googleusercontent.com",
    "http://n-7xk2abcd-0lu-script.googleusercontent.com",
    "https://n-7xk2abcd-0lu-scriptXgoogleusercontent.com",
    "https://N-7XK2-0LU-SCRIPT.googleusercontent.com",
    "https://script.googleusercontent.com",
    "https://n-7xk2abcd-0lu-script.googleusercontent.com:444",
    "https://a@n-7xk2abcd-0lu-script.googleusercontent.com",
    "null",
    "http://127.0.0.1:8081",
)


class AtTime:
    """`time.time` as the signer sees it."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self._patch = patch

    def passes(self, seconds: float) -> None:
        import time

        ahead = time.time() + seconds
        self._patch.setattr("itsdangerous.timed.time.time", lambda: ahead)


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> AtTime:
    return AtTime(monkeypatch)


@pytest.fixture
def watcher(house: House, alice: Caller, sheet: str) -> Caller:
    return house.somebody(alice.prove(sheet))


def watch(
    caller: Caller, sheet: str, origin: str | None = None, method: str = "GET"
) -> tuple[int, str | None]:
    headers = {"Origin": origin} if origin else {}
    answer = caller.call(method, f"/api/watch?spreadsheet_id={sheet}", headers=headers)
    return answer.status_code, answer.headers.get("Access-Control-Allow-Origin")


def test_a_watch_token_shows_its_spreadsheet_and_no_other(house: House, watcher: Caller, sheet: str) -> None:
    assert watch(watcher, sheet)[0] == 200
    assert watch(watcher, house.a_sheet())[0] == 401


def test_a_watch_token_ends(house: House, watcher: Caller, sheet: str, later: AtTime) -> None:
    later.passes(WATCH_S + 1)
    assert watch(watcher, sheet)[0] == 401


@pytest.mark.parametrize(
    "route", [r for r in api.ROUTES if r.guard not in (Guard.PUBLIC, Guard.WATCH)], ids=called
)
def test_a_watch_token_opens_no_other_route(watcher: Caller, sheet: str, route: Route) -> None:
    asked = a_request(route, sheet)
    assert watcher.call(asked.method, asked.path, asked.body).status_code == 401


def test_an_id_token_does_not_watch(alice: Caller, sheet: str) -> None:
    alice.prove(sheet)
    assert watch(alice, sheet)[0] == 401


def test_an_address_that_is_set_with_a_slash_at_its_end_leads_there_all_the_same(
    make_house: MakeHouse,
) -> None:
    own = "https://workbench.example"
    house = make_house(public_url="https://api.example.com/", watch_origin=f"{own}/")
    alice, sheet = house.sign_in("alice"), house.a_sheet()
    watcher = house.somebody(alice.prove(sheet))
    given = alice.ask("POST", "/api/access/watch-tokens", {"spreadsheet_id": sheet})
    assert given["watch_url"] == "https://api.example.com/api/watch"
    seen = watcher.call("GET", f"/api/watch?spreadsheet_id={sheet}", headers={"Origin": own})
    assert seen.headers["Access-Control-Allow-Origin"] == own


def test_keys_rotate() -> None:
    old, new = Signer([SECRET]), Signer([SECRET + "-new", SECRET])
    assert new.read_watch_token(old.watch_token("alice", "x")).sub == "alice"
    assert Signer([SECRET + "-new"]).read_watch_token(new.watch_token("alice", "x")).sub == "alice"
    with pytest.raises(Unauthenticated):
        Signer([SECRET + "-new"]).read_watch_token(old.watch_token("alice", "x"))


def test_kinds_of_tokens_are_not_taken_for_each_other() -> None:
    signer = Signer([SECRET])
    with pytest.raises(Unauthenticated):
        signer.read_watch_token(signer.link("a" * 20, "csv"))
    with pytest.raises(NotFound):
        signer.read_link(signer.watch_token("alice", "x"))
    upload = signer.upload_token(Person("alice", "alice@example.com", "script"), "x", "a.csv", None)
    with pytest.raises(Unauthenticated):
        signer.read_watch_token(upload)
    with pytest.raises(Unauthenticated):
        signer.read_upload_token(signer.watch_token("alice", "x"))


@pytest.mark.parametrize("token", ["", "x", "WyJhIiwiYiJd.x.y", "é", "a" * 5_000, "WyJhIl0.ZkX9.AAAA"])
def test_what_is_no_token_of_ours_is_refused(token: str) -> None:
    with pytest.raises(Unauthenticated):
        Signer([SECRET]).read_watch_token(token)


def test_a_page_of_a_script_may_watch_and_reads_a_refusal_too(
    house: House, watcher: Caller, sheet: str
) -> None:
    assert watch(watcher, sheet, SCRIPT_PAGE) == (200, SCRIPT_PAGE)
    assert watch(house.somebody("old"), sheet, SCRIPT_PAGE) == (401, SCRIPT_PAGE)
    assert watch(watcher, sheet, "http://127.0.0.1:8080") == (200, "http://127.0.0.1:8080")
    answer = house.somebody(None).call("OPTIONS", "/api/watch", headers={"Origin": SCRIPT_PAGE})
    assert (answer.status_code, answer.headers["Access-Control-Allow-Origin"]) == (204, SCRIPT_PAGE)
    assert answer.headers["Access-Control-Allow-Headers"] == "Authorization, If-None-Match"
    assert answer.headers["Vary"] == "Origin"
    assert "Access-Control-Allow-Credentials" not in answer.headers


@pytest.mark.parametrize("origin", FOREIGN)
def test_pages_of_other_origins_are_told_nothing(watcher: Caller, sheet: str, origin: str) -> None:
    for method in ("GET", "OPTIONS"):
        assert watch(watcher, sheet, origin, method)[1] is None


#: What pages may call: progress, and the bytes of an upload.
OPEN_TO_PAGES = {"GET /api/watch", "OPTIONS /api/watch", "POST /api/imports", "OPTIONS /api/imports"}


@pytest.mark.parametrize("route", [r for r in api.ROUTES if called(r) not in OPEN_TO_PAGES], ids=called)
def test_no_other_route_is_open_to_any_page(alice: Caller, sheet: str, route: Route) -> None:
    asked = a_request(route, sheet)
    questions = [] if f"OPTIONS {route.rule}" in OPEN_TO_PAGES else ["OPTIONS"]
    for method in (asked.method, *questions):
        answer = alice.call(method, asked.path, asked.body, headers={"Origin": SCRIPT_PAGE})
        assert not [name for name, _ in answer.headers if name.startswith("Access-Control")]


def test_a_link_downloads_once(alice: Caller, sheet: str, house: House) -> None:
    alice.prove(sheet)
    job = alice.queue(sheet)["id"]
    nobody, path = house.somebody(None), _link(alice, job)
    assert nobody.call("HEAD", path).status_code == 405  # a look at a link does not use it up
    assert nobody.call("GET", path).status_code == 409  # nor does a job that has read no rows yet
    _freeze(house, job)
    got = nobody.call("GET", path)
    assert (got.status_code, got.text.startswith("\ufeffRow,")) == (200, True), got.text
    again = nobody.call("GET", path)
    assert again.status_code == 404
    assert "used already" in again.get_json()["detail"]


def _freeze(house: House, job_id: str) -> None:
    """As the first batch of a job over an empty tab leaves it."""
    job, version = load_job(house.documents, job_id)
    chunks = Create(
        chunks_key(job_id, "1"), {"job_id": job_id, "starts": [], "output_chunks": 0, "added": []}
    )
    house.documents.commit([replace_job(replace(job, freeze="1", total=0), version), chunks])


def test_a_link_ends_and_cannot_be_changed(alice: Caller, sheet: str, house: House, later: AtTime) -> None:
    alice.prove(sheet)
    path, nobody = _link(alice, alice.queue(sheet)["id"]), house.somebody(None)
    payload, when, signature = path.rpartition("/")[2].split(".")
    for changed in (f"{payload}x.{when}.{signature}", f"{payload}.{when}x.{signature}", f"{payload}.{when}."):
        assert nobody.call("GET", f"/api/downloads/{changed}").status_code == 404
    later.passes(LINK_S + 1)
    assert nobody.call("GET", path).status_code == 404


def _link(caller: Caller, job: str) -> str:
    url: str = caller.ask("POST", f"/api/jobs/{job}/downloads/csv")["url"]
    return url.removeprefix("http://127.0.0.1:8081")
