"""One's own key for the model: set, tested, removed; only its last four characters are ever shown."""

from __future__ import annotations

from backend.entrypoints import views
from backend.entrypoints.payloads.key import KeyAsked, KeyGiven
from backend.entrypoints.routing import Call, Guard, Route
from backend.usecases import own_key


def put(call: Call) -> KeyGiven:
    service = call.service
    state = own_key.set_key(
        call.who,
        call.body.api_key,
        documents=service.documents,
        vault=service.vault,
        tester=service.key_tester,
        clock=service.clock,
    )
    return given(state)


def remove(call: Call) -> None:
    own_key.remove_key(call.who, documents=call.service.documents)


def test(call: Call) -> KeyGiven:
    service = call.service
    state = own_key.test_key(
        call.who, documents=service.documents, vault=service.vault, tester=service.key_tester
    )
    return given(state)


def given(state: own_key.KeyState) -> KeyGiven:
    return KeyGiven(last_four=state.last_four, set_at=views.at(state.set_at))


ROUTES = (
    Route(
        "PUT",
        "/api/key",
        Guard.PERSON,
        put,
        "Keeps the caller's own model key, once the provider has taken it.",
        asks=KeyAsked,
        gives=KeyGiven,
        provider=True,
    ),
    Route("DELETE", "/api/key", Guard.PERSON, remove, "Removes the caller's own model key.", status=204),
    Route(
        "POST",
        "/api/key/test",
        Guard.PERSON,
        test,
        "Tests the caller's own model key by a call that costs nothing.",
        gives=KeyGiven,
        provider=True,
    ),
)
