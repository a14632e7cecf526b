"""One request to the API, taken apart: what every method gets."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from backend.local.sheets.errors import invalid
from backend.local.sheets.fields import Mask
from backend.local.sheets.render import Options
from backend.local.sheets.workbook import User

Answer = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Call:
    """`place` holds what the path names (`range`, `metadataId`), `query` each parameter's values."""

    place: dict[str, str] = field(default_factory=dict)
    query: dict[str, list[str]] = field(default_factory=dict)
    body: dict[str, Any] = field(default_factory=dict)
    user: User = field(default_factory=User)
    mask: Mask | None = None

    def word(self, name: str, default: str = "") -> str:
        return self.query.get(name, [default])[-1] or default

    def flag(self, name: str) -> bool:
        return self.word(name).lower() in ("true", "1")

    def rendering(self) -> Options:
        """How a read wants its values: from the query of a GET or the body of a POST."""
        return _options(self._given, "valueRenderOption", "dateTimeRenderOption", "majorDimension")

    def response_rendering(self, major: str) -> Options:
        """How a write wants the values that it repeats in its answer."""
        options = _options(self._given, "responseValueRenderOption", "responseDateTimeRenderOption", "")
        return Options(options.value, options.dates, major)

    def wants_values_back(self) -> bool:
        return self.flag("includeValuesInResponse") or bool(self.body.get("includeValuesInResponse"))

    def input_option(self) -> str:
        option = self._given("valueInputOption")
        if option in ("", "INPUT_VALUE_OPTION_UNSPECIFIED"):
            raise invalid("'valueInputOption' is required but not specified")
        return option

    def _given(self, name: str) -> str:
        return self.word(name) or str(self.body.get(name, ""))


def _options(given: Any, value: str, dates: str, major: str) -> Options:
    wanted = given(major) if major else ""
    return Options(
        given(value) or "FORMATTED_VALUE",
        given(dates) or "SERIAL_NUMBER",
        "COLUMNS" if wanted == "COLUMNS" else "ROWS",
    )
