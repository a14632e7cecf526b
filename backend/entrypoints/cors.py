"""The one route that pages of other origins may call: progress. It is a convenience, never authentication."""

from __future__ import annotations

import re
from collections.abc import Callable

from flask import Response, request

RULE = "/api/watch"
#: Pages of Apps Script; different for every script, and anybody can own one.
_SCRIPT_PAGE = re.compile(r"https://n-[a-z0-9]+-[0-9a-z]+-script\.googleusercontent\.com")


def opener(own_origin: str | None) -> Callable[[Response], Response]:
    """For `after_request`, so that a page can read a refusal, too; `own_origin` is the workbench's."""

    def open_to_pages(response: Response) -> Response:
        if request.url_rule is None or request.url_rule.rule != RULE:
            return response
        response.headers["Vary"] = "Origin"
        origin = request.headers.get("Origin", "")
        if _SCRIPT_PAGE.fullmatch(origin) or (origin and origin == own_origin):
            response.headers["Access-Control-Allow-Origin"] = origin
            response.headers["Access-Control-Expose-Headers"] = "ETag, Retry-After"
            if request.method == "OPTIONS":
                response.headers["Access-Control-Allow-Methods"] = "GET"
                response.headers["Access-Control-Allow-Headers"] = "Authorization, If-None-Match"
                response.headers["Access-Control-Max-Age"] = "600"
        return response

    return open_to_pages
