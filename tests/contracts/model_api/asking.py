"""Asks the model stand-in the way the product does."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import requests
from openai import OpenAI
from openai.types.chat import ChatCompletion

FIELDS = ("category", "brand_name", "email_question")
PLATING = {
    "company_name": "Brightwater Plating Co., Ltd.",
    "company_keywords": "Materials, Chemicals",
    "company_short_description": "Brightwater Plating Co., Ltd. operates as a surface treatment company in "
    "Portugal. It was founded in 1987 and is headquartered in Porto, Portugal.",
}


def schema(**properties: dict[str, Any]) -> dict[str, Any]:
    """A strict response format; three plain strings unless told otherwise."""
    fields = properties or {name: {"type": "string"} for name in FIELDS}
    return {
        "type": "json_schema",
        "json_schema": {
            "name": "row",
            "strict": True,
            "schema": {
                "type": "object",
                "properties": fields,
                "required": list(fields),
                "additionalProperties": False,
            },
        },
    }


def messages(row: dict[str, str], delimiter: str = "data-7f3a9c") -> list[dict[str, Any]]:
    text = json.dumps(row, ensure_ascii=False)
    return [
        {"role": "system", "content": f"Fill the columns. The row stands between {delimiter} tags, as JSON."},
        {"role": "user", "content": f"The row:\n<{delimiter}>\n{text}\n</{delimiter}>"},
    ]


@dataclass
class Model:
    """A running stand-in, with verbs."""

    url: str
    client: OpenAI
    http: requests.Session

    def ask(self, row: dict[str, str] | None = None, **more: Any) -> ChatCompletion:
        arguments = {
            "model": "gpt-5-nano",
            "messages": messages(PLATING if row is None else row),
            "response_format": schema(),
            **more,
        }
        answer: ChatCompletion = self.client.chat.completions.create(**arguments)
        return answer

    def answers(self, row: dict[str, str] | None = None, **more: Any) -> dict[str, Any]:
        """The values of one answer."""
        content = self.ask(row, **more).choices[0].message.content
        assert content is not None
        values: dict[str, Any] = json.loads(content)
        return values

    def fails(self, *rules: dict[str, Any], seed: int = 0, **switches: Any) -> None:
        answer = self.http.put(
            f"{self.url}/_standin/faults", json={"seed": seed, "rules": list(rules), **switches}
        )
        assert answer.status_code == 200, answer.text

    def status(self) -> dict[str, Any]:
        found: dict[str, Any] = self.http.get(f"{self.url}/_standin/status").json()
        return found

    def ledger(self, after: int = 0) -> list[dict[str, Any]]:
        entries: list[dict[str, Any]] = self.http.get(f"{self.url}/_standin/ledger?after={after}").json()[
            "entries"
        ]
        return entries
