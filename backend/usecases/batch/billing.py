"""Bills of a recipe's last batches, kept so that the next run's cost can be told before it starts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import astuple

from backend.domain.estimate import BILLS_KEPT, Bill
from backend.errors import Conflict, TryLater
from backend.ports import Create, Documents, Key, Replace
from backend.usecases.batch.questions import Asked

#: Numbers of a bill: they lie flat, for a document store that keeps no list in a list.
_NUMBERS = len(astuple(Bill()))


def bill_of(asked: Iterable[Asked]) -> Bill:
    """What questions that were answered by calls of our own came to, repeats included."""
    total = Bill()
    for one in asked:
        question = one.question
        if one.failure is None and one.shared is None and not one.left:
            total += Bill(1, question.likely_in, question.tokens_in, question.tokens_out, one.ms)
    return total


def kept_bills(documents: Documents, key: Key) -> list[Bill]:
    """The last bills, oldest first."""
    document = documents.get(key)
    flat: list[int] = document.data["bills"] if document else []
    return [Bill(*flat[first : first + _NUMBERS]) for first in range(0, len(flat), _NUMBERS)]


def keep_bill(documents: Documents, key: Key, bill: Bill) -> None:
    """Adds a bill. One that is lost to a race or to a busy store only makes an estimate a little older."""
    if not bill.calls:
        return
    document = documents.get(key)
    flat = document.data["bills"] if document else []
    data = {"bills": [*flat, *astuple(bill)][-BILLS_KEPT * _NUMBERS :]}
    try:
        documents.commit([Replace(key, document.version, data) if document else Create(key, data)])
    except (Conflict, TryLater):
        return
