"""The API's page says what is, and what a field means stands in the OpenAPI as it does in the code."""

from __future__ import annotations

from backend.entrypoints import openapi
from backend.entrypoints.api import ROUTES
from backend.entrypoints.field_notes import notes
from backend.entrypoints.payloads.base import Payload
from backend.entrypoints.payloads.jobs import JobsAsked
from tests.guards.api_page import PAGE, calls, standing


def test_the_list_of_calls_is_the_routes() -> None:
    assert standing(PAGE.read_text()) == calls(), "run: python -m tests.guards.api_page"


def test_a_comment_above_a_field_is_its_description() -> None:
    described = openapi.document(ROUTES, "")["components"]["schemas"]["JobsAsked"]["properties"]
    assert described["run_at"]["description"] == "Not before this time."
    assert described["fresh"]["description"].startswith("Ask the model anew")  # of the model it inherits from


def test_every_note_is_of_a_field() -> None:
    def kinds(model: type[Payload]) -> list[type[Payload]]:
        return [model, *(kind for below in model.__subclasses__() for kind in kinds(below))]

    strays = {f"{m.__name__}: {set(notes(m)) - set(m.model_fields)}" for m in kinds(Payload)}
    assert {stray for stray in strays if not stray.endswith("set()")} == set()
    assert notes(JobsAsked)


def test_no_two_models_share_a_name() -> None:
    schemas = openapi.document(ROUTES, "")["components"]["schemas"]
    assert [name for name in schemas if "__" in name] == []
