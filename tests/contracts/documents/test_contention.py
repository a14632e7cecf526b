"""Many writers at once: every loser is told, every winner counts once, and nobody waits for long."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from backend.errors import Conflict, TryLater
from backend.ports import Create, Increment, Replace
from tests.contracts.documents.conftest import OpenStore
from tests.contracts.documents.shelf import Store, commit_surely, put, read, thing

THREADS = 4
EACH = 10


def at_once(work: Callable[[int], int]) -> list[int]:
    """What `work` returns in each of the threads, which start together."""
    start = threading.Barrier(THREADS)

    def run(number: int) -> int:
        start.wait(10)
        return work(number)

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(run, range(THREADS)))


def test_increments_beside_creates_lose_nothing(store: Store) -> None:
    def work(number: int) -> int:
        return sum(
            commit_surely(
                store, [Create(thing(f"r{number}-{n}"), {}), Increment(thing("sum"), {"done": n, "all": 1})]
            )
            for n in range(EACH)
        )

    assert at_once(work) == [EACH] * THREADS
    assert read(store, thing("sum")).data == {"done": THREADS * sum(range(EACH)), "all": THREADS * EACH}


def test_compare_and_set_loses_nothing(store: Store) -> None:
    put(store, thing("slots"), taken=[])

    def take(name: str) -> bool:
        document = read(store, thing("slots"))
        if name in document.data["taken"]:
            return True
        try:
            store.commit(
                [Replace(document.key, document.version, {"taken": [*document.data["taken"], name]})]
            )
        except (Conflict, TryLater):
            return False
        return True

    def work(number: int) -> int:
        attempts = 0
        for n in range(EACH):
            attempts += 1
            while not take(f"{number}-{n}"):
                attempts += 1
        return attempts

    attempts = at_once(work)
    taken = read(store, thing("slots")).data["taken"]
    assert sorted(taken) == sorted(f"{number}-{n}" for number in range(THREADS) for n in range(EACH))
    # Somebody wins every round, so nobody needs more attempts than there are wins.
    assert max(attempts) <= THREADS * EACH * 2


def test_one_of_many_creates_wins(store: Store) -> None:
    def work(number: int) -> int:
        return sum(commit_surely(store, [Create(thing(f"t{n}"), {"by": number})]) for n in range(EACH))

    wins = at_once(work)
    assert sum(wins) == EACH
    winners = [read(store, thing(f"t{n}")).data["by"] for n in range(EACH)]
    assert [winners.count(number) for number in range(THREADS)] == wins


def test_who_has_read_a_part_of_a_commit_reads_the_rest_of_it(open_store: OpenStore) -> None:
    # Read after read, for on Firestore the answers to one `get_many` need not be of one moment.
    writing, reading = open_store("main"), open_store("main")
    put(writing, thing("a"), n=0)
    put(writing, thing("b"), n=0)
    done = threading.Event()
    seen: list[tuple[int, int]] = []

    def watch() -> None:
        while not done.is_set():
            seen.append((read(reading, thing("a")).data["n"], read(reading, thing("b")).data["n"]))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        for n in range(1, 30):
            documents = [read(writing, thing(name)) for name in "ba"]
            writing.commit([Replace(d.key, d.version, {"n": n}) for d in documents])
    finally:
        done.set()
        watcher.join(20)
    assert seen
    assert all(b >= a for a, b in seen)
