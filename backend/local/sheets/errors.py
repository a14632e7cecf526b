"""Google's error bodies: `{"error": {"code", "message", "status", "details"?}}`, as one exception.

Messages are Google's own where live answers or the published reference show them; the table in
`tests/contracts/sheets_api` names the source of each.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

TYPES = "type.googleapis.com/google.rpc."
SHEETS_HOST = "sheets.googleapis.com"


class GoogleError(Exception):
    """An answer other than 200; `code` is the HTTP status, `status` the canonical name of the error."""

    def __init__(
        self, code: int, status: str, message: str, details: list[dict[str, Any]] | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.status = status
        self.message = message
        self.details = details

    def body(self) -> dict[str, Any]:
        error: dict[str, Any] = {"code": self.code, "message": self.message, "status": self.status}
        if self.details:
            error["details"] = self.details
        return {"error": error}


def invalid(message: str) -> GoogleError:
    """400 INVALID_ARGUMENT without details: what the spreadsheet itself refuses."""
    return GoogleError(400, "INVALID_ARGUMENT", message)


def malformed(message: str, field: str, description: str | None = None) -> GoogleError:
    """400 INVALID_ARGUMENT with a BadRequest detail: what Google's HTTP layer refuses by itself."""
    violation = {"description": description or message}
    if field:
        violation = {"field": field, **violation}
    return GoogleError(
        400,
        "INVALID_ARGUMENT",
        message,
        [{"@type": TYPES + "BadRequest", "fieldViolations": [violation]}],
    )


def not_found() -> GoogleError:
    return GoogleError(404, "NOT_FOUND", "Requested entity was not found.")


def forbidden() -> GoogleError:
    return GoogleError(403, "PERMISSION_DENIED", "The caller does not have permission")


def unauthenticated(*, missing: bool) -> GoogleError:
    """401 for a request without a token (`missing`) or with one that nobody vouches for."""
    opening = (
        "Request is missing required authentication credential."
        if missing
        else "Request had invalid authentication credentials."
    )
    reason = "CREDENTIALS_MISSING" if missing else "ACCESS_TOKEN_TYPE_UNSUPPORTED"
    return GoogleError(
        401,
        "UNAUTHENTICATED",
        f"{opening} Expected OAuth 2 access token, login cookie or other valid authentication credential. "
        "See https://developers.google.com/identity/sign-in/web/devconsole-project.",
        [
            {
                "@type": TYPES + "ErrorInfo",
                "reason": reason,
                "domain": "googleapis.com",
                "metadata": {"service": SHEETS_HOST},
            }
        ],
    )


def unavailable() -> GoogleError:
    return GoogleError(503, "UNAVAILABLE", "The service is currently unavailable.")


def internal() -> GoogleError:
    return GoogleError(500, "INTERNAL", "Internal error encountered.")


def unimplemented(what: str) -> GoogleError:
    """501: Google does this, the stand-in does not; never a silent success."""
    return GoogleError(501, "UNIMPLEMENTED", f"The Sheets stand-in does not implement {what}.")


@contextmanager
def naming(place: str) -> Iterator[None]:
    """Puts `Invalid <place>: ` before the message of a refusal inside, as Google's batch calls do."""
    try:
        yield
    except GoogleError as error:
        if error.status == "INVALID_ARGUMENT" and not error.details:
            error.message = f"Invalid {place}: {error.message}"
        raise
