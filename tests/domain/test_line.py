"""The line: priority, then first come; three at once, one on a sheet, live runs in places of their own."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from backend.domain.job import Job, Status
from backend.domain.line import PRIORITIES, Place, next_to_start, numbers_in_line, order

NOW = 1_000.0


def a_job(id: str, **changes: object) -> Job:
    job = Job(
        id=id, spreadsheet_id="book", spreadsheet_title="", sheet_id=int(id), sheet_name="", recipe="case_a",
        recipe_version=1, model="m", provider="p", created_by="ana", email="", created_at=float(id),
    )  # fmt: skip
    return replace(job, **changes)  # type: ignore[arg-type]


def chosen(waiting: list[Job], taken: list[Place] | None = None) -> str | None:
    job = next_to_start(waiting, taken or [], NOW, places=3, live_places=1)
    return job.id if job else None


def taken(*sheets: int, kind: str = "background") -> list[Place]:
    return [Place(f"r{sheet}", f"book:{sheet}", kind) for sheet in sheets]


def test_first_come_first_served() -> None:
    assert chosen([a_job("2"), a_job("1"), a_job("3")]) == "1"


def test_priority_goes_before_age() -> None:
    waiting = [a_job("1", priority="low"), a_job("2"), a_job("3", priority="high")]
    assert chosen(waiting) == "3"
    assert chosen(waiting[:2]) == "2"


def test_a_busy_sheet_lets_the_next_one_pass() -> None:
    assert chosen([a_job("1"), a_job("2")], taken(1)) == "2"


def test_three_places_and_one_for_what_a_person_watches() -> None:
    full = taken(7, 8, 9)
    assert chosen([a_job("1"), a_job("2", kind="live")], full) == "2"
    assert chosen([a_job("2", kind="live")], full + taken(6, kind="live")) is None


def test_who_waits_for_a_time_or_for_another_job_is_passed() -> None:
    assert chosen([a_job("1", run_at=NOW + 1), a_job("2", reason="depends"), a_job("3")]) == "3"
    assert chosen([a_job("1", run_at=NOW)]) == "1"


def test_who_does_not_wait_is_not_started() -> None:
    assert chosen([a_job("1", status=Status.PAUSED), a_job("2", status=Status.RUNNING)]) is None


JOBS = st.lists(
    st.tuples(st.sampled_from(PRIORITIES), st.integers(0, 5), st.booleans()), min_size=1, max_size=12
).map(
    lambda drawn: [
        a_job(str(n), priority=priority, sheet_id=sheet, kind="live" if live else "background")
        for n, (priority, sheet, live) in enumerate(drawn)
    ]
)


@given(JOBS)
def test_who_starts_goes_before_all_others_that_could_have_started(waiting: list[Job]) -> None:
    """The promise, told the other way round: starting one by one until nobody may."""
    places: list[Place] = []
    left = list(waiting)
    while (job := next_to_start(left, places, NOW, places=3, live_places=1)) is not None:
        left.remove(job)
        for other in left:
            if order(other) < order(job):
                same_kind = [p for p in places if (p.kind == "live") == (other.kind == "live")]
                full = len(same_kind) == (1 if other.kind == "live" else 3)
                assert full or other.place in {p.sheet for p in places}
        places.append(Place(job.id, job.place, job.kind))
    assert len({place.sheet for place in places}) == len(places) <= 4


@given(st.lists(st.integers(0, 3), max_size=40))
def test_numbers_in_line_are_those_of_asking_for_each(others: list[int]) -> None:
    """`others` wait ahead of each and behind the one before."""
    ahead = [sum(others[: at + 1]) + at for at in range(len(others))]
    assert numbers_in_line(len(ahead), ahead.__getitem__) == ahead


def test_numbers_of_those_that_wait_one_behind_the_other_take_two_questions() -> None:
    asked: list[int] = []

    def ahead_of(at: int) -> int:
        asked.append(at)
        return 7 + at

    assert numbers_in_line(50, ahead_of) == list(range(7, 57))
    assert sorted(asked) == [0, 49]
