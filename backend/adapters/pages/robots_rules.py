"""What a robots.txt says about one address, by protego."""

from __future__ import annotations

from protego import Protego


def judge(body: bytes, url: str, robot: str) -> tuple[bool, float | None]:
    """May `robot` read it, and with what pause in seconds between two requests?"""
    rules = Protego.parse(body.decode("utf-8", "replace"))
    return rules.can_fetch(url, robot), rules.crawl_delay(robot)
