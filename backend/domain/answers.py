"""What the model is asked, what its answer must be, and why an answer is unusable otherwise."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from backend.domain.recipes import Recipe
from backend.errors import RowFailed

#: Tokens an answer may have: the longest allowed outputs, with room for a model that thinks first.
MAX_TOKENS_OUT = 1_000


def schema(recipe: Recipe) -> dict[str, Any]:
    """The strict JSON schema of a recipe's answer."""
    return {
        "type": "object",
        "properties": {
            output.name: {"type": "string", "description": output.description} for output in recipe.outputs
        },
        "required": [output.name for output in recipe.outputs],
        "additionalProperties": False,
    }


def sent_inputs(recipe: Recipe, inputs: Mapping[str, str], page_text: str | None) -> dict[str, str]:
    """The inputs that go to the model. A website's address never does: its text speaks for it.

    Beside a page's text go the required inputs alone; the others stand in where there is no page.
    """
    sent = {name: text for name, text in inputs.items() if name != recipe.website}
    if page_text is None:
        return sent
    return {name: text for name, text in sent.items() if recipe.input(name).required}


def user_message(recipe: Recipe, inputs: Mapping[str, str], page_text: str | None, delimiter: str) -> str:
    """One row as data. `delimiter` is random for each call, so that no page can know how the data ends."""
    company = sent_inputs(recipe, inputs, page_text)
    if page_text is not None:
        company["page_text"] = page_text
    return f"<{delimiter}>\n{json.dumps(company, ensure_ascii=False)}\n</{delimiter}>"


def judge(recipe: Recipe, content: str, refusal: str | None, finish_reason: str) -> dict[str, str]:
    """The outputs by name, or `RowFailed` (`model_refused`, `bad_answer`, `too_long`).

    Outputs are single-line text without control characters, whatever the model wrote.
    """
    if refusal or finish_reason == "content_filter":
        raise RowFailed("model_refused", "The model declined to answer for this row.")
    if finish_reason == "length":
        raise RowFailed("bad_answer", "The model's answer was cut off.", transient=True)
    try:
        answer = json.loads(content)
    except ValueError as error:
        raise RowFailed("bad_answer", "The model's answer is not JSON.", transient=True) from error
    if not isinstance(answer, dict):
        raise RowFailed("bad_answer", "The model's answer is not an object.", transient=True)
    return {
        output.name: _field(answer, output.name, output.header, output.max_chars) for output in recipe.outputs
    }


def _field(answer: Mapping[str, Any], name: str, header: str, max_chars: int) -> str:
    value = answer.get(name)
    if not isinstance(value, str):
        raise RowFailed("bad_answer", f"The model's answer has no text for {header}.", transient=True)
    text = " ".join("".join(c if c.isprintable() else " " for c in value).split())
    if not text:
        raise RowFailed("bad_answer", f"The model left {header} empty.", transient=True)
    if len(text) > max_chars:
        raise RowFailed(
            "too_long",
            f"The model's {header} has {len(text):,} characters; {max_chars} are allowed.",
            transient=True,
        )
    return text


def answer_key(
    *,
    tenant: str,
    provider: str,
    model: str,
    recipe: Recipe,
    inputs: Mapping[str, str],
    page_text: str | None,
) -> str:
    """The name an answer is kept by: equal for rows that must get the same answer, and for no others."""
    parts = [tenant, provider, model, recipe.name, recipe.version, sorted(inputs.items()), page_text]
    text = json.dumps(parts, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:40]


def tenant(created_by: str, email: str, shared_domains: frozenset[str]) -> str:
    """Whose answers may be shared: a configured domain's, else the user's own. Never shown, only hashed."""
    domain = email.rpartition("@")[2].lower()
    owner = f"domain:{domain}" if domain in shared_domains else f"user:{created_by}"
    return hashlib.sha256(owner.encode()).hexdigest()[:16]
