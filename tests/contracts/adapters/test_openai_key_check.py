"""Testing a key: one call that costs nothing, and the same errors as asking."""

from __future__ import annotations

import pytest

from backend.errors import PauseJob, RowFailed
from tests.contracts.adapters.asking import MODEL, Asker
from tests.contracts.adapters.scripted import Scripted
from tests.contracts.adapters.standin import Standin

OWN = "sk-somebodys-own-9876543210"


def check(asker: Asker, model: str = MODEL, key: str = OWN, timeout_s: float = 5.0) -> None:
    asker.run(asker.model.check(model=model, api_key=key, timeout_s=timeout_s))


def test_a_good_key_passes_without_a_completion(asker: Asker, standin: Standin) -> None:
    check(asker)
    assert standin.ledger() == []


def test_the_users_key_is_sent_and_the_deployments_is_not(answered: Asker, script: Scripted) -> None:
    script.says(200, {"id": MODEL, "object": "model"})
    check(answered, model="ft:gpt-5-nano:us")
    [sent] = script.asked
    assert (sent["path"], sent["body"]) == ("/v1/models/ft:gpt-5-nano:us", b"")
    assert sent["headers"]["authorization"] == f"Bearer {OWN}"


def test_a_refused_key_and_an_unknown_model_are_told_apart(asker: Asker, standin: Standin) -> None:
    standin.switch(refused_keys=[OWN])
    with pytest.raises(PauseJob) as refused:
        check(asker)
    standin.switch()
    with pytest.raises(PauseJob) as unknown:
        check(asker, model="no-such-model")
    assert (refused.value.reason, unknown.value.reason) == ("key_refused", "model_unknown")
    assert OWN not in refused.value.message


def test_a_provider_that_is_busy_says_nothing_about_the_key(answered: Asker, script: Scripted) -> None:
    script.says(503, {"error": {"message": "overloaded"}})
    with pytest.raises(RowFailed) as failed:
        check(answered)
    assert failed.value.transient
