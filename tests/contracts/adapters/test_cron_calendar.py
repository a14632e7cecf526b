"""Cron expressions in time zones: what they say, when they come, and what becomes of a changed clock."""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from backend.adapters.cron_calendar import CronCalendar
from backend.errors import Invalid

CALENDAR = CronCalendar()
BERLIN = "Europe/Berlin"


def at(text: str, zone: str = BERLIN) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()


def shown(times: list[float], zone: str = BERLIN) -> list[str]:
    return [f"{datetime.fromtimestamp(time, ZoneInfo(zone)):%Y-%m-%d %H:%M %z}" for time in times]


def test_the_next_times_go_by_the_clock_of_the_zone() -> None:
    times = CALENDAR.next_times("0 7 * * MON-FRI", BERLIN, at("2026-07-03 12:00"), 3)
    assert shown(times) == ["2026-07-06 07:00 +0200", "2026-07-07 07:00 +0200", "2026-07-08 07:00 +0200"]
    assert shown(times, "UTC")[0] == "2026-07-06 05:00 +0000"


def test_an_occurrence_is_not_its_own_next_one() -> None:
    first = CALENDAR.next_times("30 6 * * *", "UTC", at("2026-01-01 00:00", "UTC"), 1)[0]
    assert CALENDAR.next_times("30 6 * * *", "UTC", first, 1) == [first + 86_400]


def test_seven_o_clock_stays_seven_o_clock_when_the_clock_changes() -> None:
    spring = CALENDAR.next_times("0 7 * * *", BERLIN, at("2026-03-28 00:00"), 2)
    assert shown(spring) == ["2026-03-28 07:00 +0100", "2026-03-29 07:00 +0200"]
    assert spring[1] - spring[0] == 23 * 3600
    autumn = CALENDAR.next_times("0 7 * * *", BERLIN, at("2026-10-24 00:00"), 2)
    assert autumn[1] - autumn[0] == 25 * 3600


def test_a_time_that_spring_leaves_out_runs_right_after_it() -> None:
    times = CALENDAR.next_times("30 2 * * *", BERLIN, at("2026-03-28 12:00"), 2)
    assert shown(times) == ["2026-03-29 03:00 +0200", "2026-03-30 02:30 +0200"]


def test_a_time_that_comes_twice_in_autumn_runs_once() -> None:
    times = CALENDAR.next_times("30 2 * * *", BERLIN, at("2026-10-24 12:00"), 2)
    assert shown(times) == ["2026-10-25 02:30 +0200", "2026-10-26 02:30 +0100"]


def test_every_hour_means_every_elapsed_hour() -> None:
    times = CALENDAR.next_times("0 * * * *", BERLIN, at("2026-10-25 00:30"), 4)
    assert [later - sooner for sooner, later in pairwise(times)] == [3600.0] * 3


@pytest.mark.parametrize(
    ("cron", "english"),
    [
        ("0 9 * * 1-5", "At 09:00 on Monday through Friday"),
        ("*/15 * * * *", "Every 15th minute of every hour"),
        ("0 0 1 * *", "At 00:00 on the first day of every month"),
    ],
)
def test_an_expression_is_said_in_english(cron: str, english: str) -> None:
    assert CALENDAR.in_english(cron) == english


@pytest.mark.parametrize(
    "cron", ["", "@daily", "every day", "0 9 * *", "0 0 9 * * *", "61 9 * * *", "0 9 * * XYZ", "0 0 30 2 *"]
)
def test_what_is_no_expression_is_refused_with_an_example(cron: str) -> None:
    with pytest.raises(Invalid, match="Five fields") as refused:
        CALENDAR.next_times(cron, "UTC", 0.0, 1)
    assert "cron" in refused.value.fields


@pytest.mark.parametrize("zone", ["", "Berlin", "Europe/Atlantis", "../../etc/passwd", "/etc/localtime"])
def test_what_is_no_zone_is_refused(zone: str) -> None:
    with pytest.raises(Invalid, match="no time zone") as refused:
        CALENDAR.next_times("0 9 * * *", zone, 0.0, 1)
    assert "time_zone" in refused.value.fields
