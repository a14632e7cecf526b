"""What the queue hands the worker."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from backend.entrypoints.payloads.base import Asked, JobId


class BatchAsked(Asked):
    job_id: JobId
    enqueue_no: Annotated[int, Field(ge=0, lt=2**53)]
