"""Whatever a site does, reading it ends in time, small, with the right class, and reaches nothing else."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil  # type: ignore[import-untyped]
import pytest

from backend.adapters.pages.settings import PagesSettings
from backend.adapters.pages.web_pages import WebPages
from backend.domain.page import Page
from backend.errors import RowFailed
from tests.pages.hostile_sites import DREADED, HOSTILE, PAGE, SLOW
from tests.pages.web import PUBLIC, Exchange, Web, with_robots

#: What each reading may take beyond its deadline, and may grow the processes by, at its peak. The time that
#: threads stood in line for a processor does not count: the machine's other programs took that.
GRACE_S = 1.0
GROWTH_BYTES = 50 * 1024 * 1024

#: Deadlines: long enough for a busy machine, and short where the deadline itself is what is tried.
DEADLINE_S = 4.0
HASTE_S = 0.25


@dataclass
class Reader:
    """One reader in the little internet, and the deadline that it was given."""

    pages: WebPages
    web: Web
    deadline_s: float

    def outcome(self, website: str) -> Page | RowFailed:
        """What reading gives, held to time and memory."""
        with small():
            began, in_line_s = time.monotonic(), _in_line_s()
            try:
                given: Page | RowFailed = self.pages.read(website)
            except RowFailed as failure:
                given = failure
            took_s, in_line_s = time.monotonic() - began, _in_line_s() - in_line_s
            assert took_s - max(0.0, in_line_s) < self.deadline_s + GRACE_S
        return given

    def failure(self, website: str) -> RowFailed:
        given = self.outcome(website)
        assert isinstance(given, RowFailed)
        return given


@pytest.fixture(scope="module")
def readers(certificates: Path) -> Iterator[dict[float, Reader]]:
    """The same readers for the whole module, as in a worker: what one site does must not harm the next."""
    with Web(certificates).running() as web, ExitStack() as stack:
        host = web.site("warm-up", PAGE)
        made = {}
        for deadline_s in (DEADLINE_S, HASTE_S):
            settings = PagesSettings(
                deadline_s=deadline_s, per_host_gap_s=0, host_rest_s=0, parse_processes=1
            )
            pages = WebPages(
                settings, environ={}, resolver=web.resolve, connector=web.connect, ca_file=web.ca_file
            )
            stack.callback(pages.close)
            if deadline_s == DEADLINE_S:
                pages.read(host)
            made[deadline_s] = Reader(pages, web, deadline_s)
        yield made


def _in_a_fresh_web(reader: Reader) -> Iterator[Reader]:
    web = reader.web
    for known in (web.sites, web.names, web.asked, web.looked_up, web.connected):
        known.clear()
    web.before_handshake, web.http, web.https = None, True, True
    web.site("harmless", PAGE)
    reader.pages._robots._kept.clear()
    yield reader
    assert web.canary.hits == 0


@pytest.fixture
def reader(readers: dict[float, Reader]) -> Iterator[Reader]:
    yield from _in_a_fresh_web(readers[DEADLINE_S])


@pytest.fixture
def hasty(readers: dict[float, Reader]) -> Iterator[Reader]:
    yield from _in_a_fresh_web(readers[HASTE_S])


def _in_line_s() -> float:
    """How long our threads, and those of the parsers, were ready to run while others did."""
    waited = 0
    for pid in (os.getpid(), *_children()):
        for thread in Path(f"/proc/{pid}/task").glob("*/schedstat"):
            with suppress(FileNotFoundError, ProcessLookupError):  # it has ended
                waited += int(thread.read_text().split()[1])
    return waited / 1e9


@contextmanager
def small() -> Iterator[None]:
    """Peak memory of this process and its children grows by less than the bound."""
    processes = [psutil.Process(), *map(psutil.Process, _children())]
    before = sum(process.memory_info().rss for process in processes)
    for process in processes:
        Path(f"/proc/{process.pid}/clear_refs").write_text("5")  # starts the peak anew
    yield
    assert sum(map(_peak, processes)) - before < GROWTH_BYTES


def _children() -> set[int]:
    """Listed under the thread that started them; asking for all of the machine's processes takes long."""
    found: set[int] = set()
    for listed in Path("/proc/self/task").glob("*/children"):
        with suppress(
            FileNotFoundError, ProcessLookupError
        ):  # a thread that has ended started none that live
            found.update(map(int, listed.read_text().split()))
    return found


def _peak(process: psutil.Process) -> int:
    try:
        lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0  # a parser that was killed
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM")), 0)


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_site_ends_in_its_class(reader: Reader, name: str, scheme: str) -> None:
    setup, error_class = HOSTILE[name]
    failure = reader.failure(f"{scheme}://{setup(reader.web)}/")
    assert failure.error_class == error_class
    assert failure.message.endswith(".")
    assert all(address == PUBLIC for address, _ in reader.web.connected)


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("name", SLOW)
def test_a_site_that_never_ends_is_ended_at_the_deadline(hasty: Reader, name: str, scheme: str) -> None:
    assert hasty.failure(f"{scheme}://{SLOW[name](hasty.web)}/").error_class == "page_timeout"


@pytest.mark.parametrize("name", DREADED)
def test_what_parsers_dread_harms_nothing(reader: Reader, name: str) -> None:
    given = reader.outcome(reader.web.site("dreaded", DREADED[name]))
    if isinstance(given, Page):
        assert len(given.text) <= 3000
    else:
        assert given.error_class in {"page_no_content", "page_timeout", "page_too_big"}
    assert isinstance(reader.outcome("harmless.web.example"), Page)


@pytest.mark.parametrize(
    "website",
    [
        *(
            "http://127.0.0.1/",
            "http://0177.0.0.1/",
            "http://0x7f.0.0.1/",
            "http://2130706433/",
            "http://127.1/",
        ),
        *("http://①②⑦.⓪.⓪.①/", "http://１２７.0.0.1", "http://127。0。0。1/", "http://[::1]/", "http://0/"),
        *("http://[::ffff:7f00:1]/", "http://[0:0:0:0:0:ffff:127.0.0.1]/", "http://169.254.169.254/"),
        *("http://0.0.0.0/", "http://localhost/", "http://LOCALHOST./", "http://localtest.localhost/"),
        *("http://10.0.0.1/", "http://0x7f000001/"),
    ],
)
def test_loopback_in_any_form_is_refused(reader: Reader, website: str) -> None:
    assert reader.failure(website).error_class == "page_refused"
    assert not reader.web.connected


def test_a_name_is_asked_once_and_connected_where_it_was_checked(reader: Reader) -> None:
    host = reader.web.site("rebinding", PAGE)
    reader.web.resolves("rebinding", [PUBLIC], ["127.0.0.1"])
    assert isinstance(reader.outcome(f"http://{host}/"), Page)
    assert reader.web.looked_up == [host]
    assert set(reader.web.connected) == {(PUBLIC, 80)}
    # The next visit asks anew, and sees the new answer.
    assert reader.failure(f"http://{host}/").error_class == "page_refused"


def test_the_canary_would_tell(reader: Reader) -> None:
    reader.web.connect("127.0.0.1", 80, 1).close()
    _until(lambda: reader.web.canary.hits == 1)
    reader.web.canary.hits = 0


@pytest.mark.parametrize("kind", ["expired", "other", "self"])
def test_a_bad_certificate_is_not_accepted(reader: Reader, kind: str) -> None:
    host = reader.web.site(f"cert-{kind}", PAGE)
    assert reader.failure(f"https://{host}").error_class == "page_bad_tls"
    assert (host, "/") not in reader.web.asked
    reader.web.http = False
    assert reader.failure(host).error_class == "page_bad_tls"


def _drip_record(wire: socket.socket) -> None:
    # A handshake record that announces 16 KB and does not complete them: each byte restarts a read's timeout.
    wire.sendall(b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc")
    Exchange("", "", {}, wire, secure=True).drip(b"\x03")


def _be_silent(wire: socket.socket) -> None:
    while wire.recv(4096):
        pass


def _talk_http(wire: socket.socket) -> None:
    wire.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n" * 10)


@pytest.mark.parametrize("trick", [_drip_record, _be_silent])
def test_a_handshake_that_never_ends_is_ended(hasty: Reader, trick: Callable[[socket.socket], None]) -> None:
    host = hasty.web.site("handshake", PAGE)
    hasty.web.before_handshake = trick
    assert hasty.failure(f"https://{host}/").error_class == "page_timeout"


def test_a_handshake_that_is_none_is_ended(reader: Reader) -> None:
    host = reader.web.site("handshake", PAGE)
    reader.web.before_handshake = _talk_http
    assert reader.failure(f"https://{host}/").error_class == "page_bad_tls"


def test_a_resolver_that_hangs_is_not_waited_for(hasty: Reader) -> None:
    released = threading.Event()
    host = hasty.web.site("slow-name", PAGE)
    hasty.web.names[host] = lambda: [PUBLIC] if released.wait(5) else []
    assert hasty.failure(host).error_class == "page_timeout"
    released.set()


def test_a_bomb_of_a_robots_file_closes_the_site_and_nothing_else(reader: Reader) -> None:
    rules = "User-agent: *\n" + "Disallow: /" + "*a" * 30_000 + "$\n" + "Disallow: /*x*x*x*x*x*y\n" * 9000

    def site(exchange: Exchange) -> None:
        exchange.answer(rules if exchange.path == "/robots.txt" else PAGE)

    given = reader.outcome(f"http://{reader.web.site('rules', with_robots(site))}/{'ax' * 900}")
    assert isinstance(given, Page) or given.error_class == "page_blocked"
    assert isinstance(reader.outcome("harmless.web.example"), Page)


def test_many_hosts_leave_no_descriptor_and_no_thread_behind(reader: Reader) -> None:
    me = psutil.Process()
    names = [reader.web.site(f"one-of-many-{number}", PAGE) for number in range(100)]
    reader.pages.read(f"http://{names[0]}")
    before = me.num_fds()
    for name in names:
        reader.pages.read(f"http://{name}")
    _until(lambda: me.num_fds() <= before + 4)  # the test's own servers close theirs a moment later
    assert not [thread for thread in threading.enumerate() if thread.name == "pages-look-up"]


def test_a_parser_sees_nothing_of_the_environment_and_ends_with_its_reader(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("A_SECRET_OF_THIS_TEST", "x")
    before = _children()
    web = reader.web
    pages = WebPages(
        PagesSettings(parse_processes=1), environ={}, resolver=web.resolve, connector=web.connect
    )
    pages.read("http://harmless.web.example")
    (parser,) = map(psutil.Process, _children() - before)
    assert "A_SECRET_OF_THIS_TEST" not in parser.environ()
    pages.close()
    assert not parser.is_running()


def _until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)
