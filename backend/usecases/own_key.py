"""A user's own key for the model: set, tested, removed, and opened for their jobs alone.

In the store stands its sealed text, its last four characters and its hash; in a job, the hash. The key
itself is in memory while it is set, tested or used, and nowhere else.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Coroutine
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Protocol

from backend.domain.job import Job
from backend.errors import Conflict, Invalid, NotFound, PauseJob, RowFailed, TryLater
from backend.ports import Clock, Create, Delete, Document, Documents, Model, Person, Replace, Vault
from backend.usecases.records import own_key_key

#: Seconds that testing a key may take.
CHECK_S = 15.0


class Runner(Protocol):
    """Runs coroutines on the process's one event loop."""

    def submit(self, work: Coroutine[Any, Any, Any]) -> Future[Any]: ...


@dataclass(frozen=True, slots=True)
class KeyState:
    """What may be shown of a key."""

    last_four: str
    set_at: float


@dataclass(frozen=True, slots=True)
class OwnKey:
    """An opened key; `hash` names it wherever it must not stand itself."""

    api_key: str
    hash: str

    def __repr__(self) -> str:
        return f"OwnKey(…, {self.hash})"


@dataclass(frozen=True, slots=True)
class Tester:
    """Asks the provider whether it takes a key for `model_name`."""

    model: Model
    model_name: str
    runner: Runner

    def test(self, api_key: str) -> None:
        """Raises `Invalid` when the key is refused, `TryLater` when nobody could say."""
        check = self.model.check(model=self.model_name, api_key=api_key, timeout_s=CHECK_S)
        try:
            self.runner.submit(check).result(CHECK_S + 1)
        except PauseJob as refused:
            what = "no credit left" if refused.reason == "quota_gone" else "refused"
            sentence = f"The provider does not take this key for {self.model_name} ({what})."
            raise Invalid(sentence, {"api_key": what}) from None
        except (RowFailed, TimeoutError, asyncio.CancelledError):
            raise TryLater("The key could not be tested: the provider does not answer.", delay_s=10) from None


def set_key(
    person: Person, api_key: str, *, documents: Documents, vault: Vault, tester: Tester, clock: Clock
) -> KeyState:
    """Keeps the key once the provider has taken it; the one before it is gone then.

    Raises `Invalid` (refused), `TryLater` (could not be tested), `NotAllowed` (no keys are kept here).
    """
    key = own_key_key(person.sub)
    state = KeyState(api_key[-4:], clock.now())
    data = {
        "sealed": vault.seal(api_key, owner=person.sub),
        "last_four": state.last_four,
        "hash": hash_of(api_key),
        "set_at": state.set_at,
    }
    tester.test(api_key)
    while True:
        before = documents.get(key)
        try:
            documents.commit([Replace(key, before.version, data) if before else Create(key, data)])
        except Conflict:
            continue  # set in two windows at once: the later one stays
        return state


def test_key(person: Person, *, documents: Documents, vault: Vault, tester: Tester) -> KeyState:
    """Tests the key that is kept. Raises `NotFound` when there is none, else as `set_key` does."""
    document = documents.get(own_key_key(person.sub))
    opened = _opened(document, person.sub, documents, vault)
    if document is None or opened is None:
        raise NotFound("You have set no key of your own.", "no_key")
    tester.test(opened.api_key)
    return KeyState(document.data["last_four"], document.data["set_at"])


def remove_key(person: Person, *, documents: Documents) -> None:
    """Removes the key; jobs that run on it pause at their next batch. Nothing to remove is no error."""
    while (document := documents.get(own_key_key(person.sub))) is not None:
        try:
            documents.commit([Delete(document.key, document.version)])
        except Conflict:
            continue
        return


def key_state(person: Person, *, documents: Documents) -> KeyState | None:
    """What may be shown of the caller's key."""
    document = documents.get(own_key_key(person.sub))
    return KeyState(document.data["last_four"], document.data["set_at"]) if document else None


def key_for(job: Job, *, documents: Documents, vault: Vault) -> OwnKey | None:
    """The key that the job runs on; None is the deployment's.

    The owner may have replaced theirs since: the new one serves. Raises `PauseJob` (`key_refused`) when it
    was removed, or cannot be opened any more.
    """
    if job.api_key_hash is None:
        return None
    opened = _opened(documents.get(own_key_key(job.created_by)), job.created_by, documents, vault)
    if opened is None:
        raise PauseJob("key_refused", "The key that this job runs on was removed. Set it again, then resume.")
    return opened


def hash_of(api_key: str) -> str:
    """Names a key without telling it: keys are long and random, so nobody can try them all."""
    return hashlib.sha256(api_key.encode()).hexdigest()[:16]


def _opened(document: Document | None, owner: str, documents: Documents, vault: Vault) -> OwnKey | None:
    if document is None:
        return None
    api_key = vault.open(document.data["sealed"], owner=owner)
    if api_key is None:
        return None
    if not vault.is_current(document.data["sealed"]):
        _seal_anew(document, api_key, owner, documents, vault)
    return OwnKey(api_key, document.data["hash"])


def _seal_anew(document: Document, api_key: str, owner: str, documents: Documents, vault: Vault) -> None:
    """After a rotation each key moves to the newest secret when it is next used."""
    data = {**document.data, "sealed": vault.seal(api_key, owner=owner)}
    try:
        documents.commit([Replace(document.key, document.version, data)])
    except (Conflict, TryLater):
        return  # it was changed or is busy; the next use moves it
