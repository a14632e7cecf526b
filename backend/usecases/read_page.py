"""The website's text that a row was asked with: given only while the same reading is kept."""

from __future__ import annotations

from dataclasses import dataclass

from backend.domain.job import Job
from backend.domain.recipes import RECIPES
from backend.domain.website import page_key
from backend.errors import NotAllowed, NotFound
from backend.ports import Documents
from backend.usecases.batch.frozen_rows import FrozenRows
from backend.usecases.read_rows import result_of
from backend.usecases.records import page_doc_key


@dataclass(frozen=True, slots=True)
class PageUsed:
    """What stood on a website when a row was asked about."""

    #: The final address, and all whose text is in it: the page asked for, and the "about" page.
    url: str
    pages_read: tuple[str, ...]
    title: str
    read_at: float
    #: As it stood in the prompt.
    text: str


def page_used(job: Job, receipt_id: str, *, documents: Documents, standin: bool) -> PageUsed:
    """The page of a receipt. `standin`: websites here are the stand-in's.

    Raises `NotAllowed` where none was used, and `NotFound` where its text is not kept any more.
    """
    website = RECIPES[job.recipe].website
    if website is None:
        raise NotAllowed("No website was used by this job.")
    result = result_of(documents, job, receipt_id)
    if result.page_url is None:
        raise NotAllowed("No website was used for this row.")
    frozen = FrozenRows(documents, job)
    chunk = frozen.chunk_of(result.index)
    row = frozen.rows(chunk)[result.index - frozen.bounds(chunk)[0]]
    key = page_doc_key(page_key(row.inputs[website]), standin=standin)
    kept = documents.get(key)
    if kept is None:
        raise NotFound("The website's text is not kept any more.")
    if kept.data["at"] != result.page_at:
        raise NotFound("The website has been read again since; the text that was used is not kept any more.")
    page = kept.data
    return PageUsed(page["url"], tuple(page["pages_read"]), page["title"], page["at"], page["text"])
