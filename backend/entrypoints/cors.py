"""The two routes that pages of other origins may call: progress, and the bytes of an upload.

It is a convenience, never authentication: both need a token that only the sidebar's script can ask for.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from flask import Response, request

#: Rule → the method and the headers of its calls.
OPEN = {
    "/api/watch": ("GET", "Authorization, If-None-Match"),
    "/api/imports": ("POST", "Authorization, Content-Type"),
}
#: Pages of Apps Script; different for every script, and anybody can own one.
_SCRIPT_PAGE = re.compile(r"https://n-[a-z0-9]+-[0-9a-z]+-script\.googleusercontent\.com")


def opener(own_origin: str | None) -> Callable[[Response], Response]:
    """For `after_request`, so that a page can read a refusal, too; `own_origin` is the workbench's."""

    def open_to_pages(response: Response) -> Response:
        rule = request.url_rule.rule if request.url_rule else ""
        # The list of one's uploads stands under the same rule, and is for the script alone.
        if rule not in OPEN or request.method not in (OPEN[rule][0], "OPTIONS"):
            return response
        response.headers["Vary"] = "Origin"
        origin = request.headers.get("Origin", "")
        if _SCRIPT_PAGE.fullmatch(origin) or (origin and origin == own_origin):
            response.headers["Access-Control-Allow-Origin"] = origin
            response.headers["Access-Control-Expose-Headers"] = "ETag, Retry-After"
            if request.method == "OPTIONS":
                method, headers = OPEN[rule]
                response.headers["Access-Control-Allow-Methods"] = method
                response.headers["Access-Control-Allow-Headers"] = headers
                response.headers["Access-Control-Max-Age"] = "600"
        return response

    return open_to_pages
