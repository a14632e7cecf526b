"""Cron expressions by cronsim, which treats changes of the clock as Debian's cron does.

A time that a change to summer time leaves out runs right after it; one that comes twice in autumn runs
once. Expressions that name every so many minutes or every hour go by elapsed time.
"""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from backend.errors import Invalid

_FIELDS = (
    'Five fields: minute, hour, day of month, month, weekday. "0 7 * * MON-FRI" is 7:00 on working days.'
)


class CronCalendar:
    """`backend.ports.Calendar`."""

    def next_times(self, cron: str, zone: str, after: float, count: int) -> list[float]:
        start = datetime.fromtimestamp(after, UTC).astimezone(_zone(zone))
        return [at.timestamp() for at in itertools.islice(_parsed(cron, start), count)]

    def in_english(self, cron: str) -> str:
        return str(_parsed(cron, datetime.fromtimestamp(0, UTC)).explain())


def _parsed(cron: str, start: datetime) -> CronSim:
    # cronsim would take a sixth field for seconds; nothing here is that quick.
    if len(cron.split()) != 5:
        raise Invalid(f'"{cron}" is no cron expression. {_FIELDS}', {"cron": "five fields"})
    try:
        return CronSim(cron, start)
    except CronSimError as error:
        raise Invalid(f'"{cron}" is no cron expression: {error}. {_FIELDS}', {"cron": str(error)}) from error


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, LookupError) as error:
        raise Invalid(
            f'"{name}" is no time zone. Use a name such as Europe/Berlin or UTC.', {"time_zone": "unknown"}
        ) from error
