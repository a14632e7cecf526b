"""What the errors of Firestore's client mean to a caller of `Documents`.

a precondition that does not hold            Conflict
Aborted (a lock timed out), out of reach     TryLater; a commit may have been applied
no index, no database, no right              Misconfigured: nothing helps but a change of the deployment
an invalid argument                          ValueError: our own fault
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from google.api_core import exceptions
from google.auth import exceptions as auth

from backend.errors import Conflict, Misconfigured, TryLater

#: Seconds to leave a store alone that has said it is over its quota.
QUOTA_DELAY_S = 5.0


@contextmanager
def translated(*, writing: bool) -> Iterator[None]:
    """Turns the client's errors into ours; `writing` when a call without an answer may have been done."""
    try:
        yield
    except (exceptions.GoogleAPICallError, exceptions.RetryError, auth.GoogleAuthError) as error:
        raise _ours(error, writing) from error


def _ours(error: Exception, writing: bool) -> Exception:
    match error:
        case auth.DefaultCredentialsError():
            return Misconfigured([f"Firestore needs Google credentials: {error}"])
        case exceptions.Forbidden() | exceptions.Unauthorized():
            return Misconfigured([f"Firestore refuses us (the role is roles/datastore.user): {error}"])
        case exceptions.NotFound() if not writing or "database" in error.message.lower().split("/")[0]:
            return Misconfigured([f"the Firestore database does not exist: {error.message}"])
        case exceptions.FailedPrecondition() if not writing:
            return Misconfigured(
                [f"a query lacks its index; deploy infra/firestore.indexes.json: {error.message}"]
            )
        case exceptions.AlreadyExists() | exceptions.FailedPrecondition() | exceptions.NotFound():
            return Conflict("A document has been created, changed or removed since it was read.")
        case exceptions.InvalidArgument():
            return ValueError(f"Firestore cannot hold this: {error.message}")
        case exceptions.Aborted():
            return TryLater(
                "Firestore gave way to another commit on the same documents.", maybe_applied=writing
            )
        case exceptions.DeadlineExceeded() | exceptions.RetryError():
            return TryLater("Firestore did not answer in time.", maybe_applied=writing)
        case exceptions.TooManyRequests():
            return TryLater("Firestore is over its quota.", delay_s=QUOTA_DELAY_S, maybe_applied=writing)
        case exceptions.ServerError() | exceptions.Cancelled() | auth.GoogleAuthError():
            return TryLater(f"Firestore is out of reach ({type(error).__name__}).", maybe_applied=writing)
        case _:
            return error
