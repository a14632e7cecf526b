"""Results as files: a single-use link that a browser may open without a token of its own."""

from __future__ import annotations

import re

from flask import Response

from backend.entrypoints.payloads.downloads import DownloadGiven
from backend.entrypoints.routing import Call, Guard, Route
from backend.entrypoints.tokens import LINK_S
from backend.errors import Conflict, NotFound
from backend.files.exporting import csv_download, xlsx_download
from backend.ports import Create, Key
from backend.usecases.export_results import export_results
from backend.usecases.import_records import origin_of
from backend.usecases.read_jobs import read_job

_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def make_link(call: Call) -> DownloadGiven:
    format = call.path["format"]
    if format not in _TYPES:
        raise NotFound("Results come as csv or xlsx.")
    token = call.service.signer.link(call.of.id, format)
    return DownloadGiven(url=f"{call.service.settings.public_url}/api/downloads/{token}", expires_in_s=LINK_S)


def download(call: Call) -> Response:
    """The link's signature is the proof; that it was used is kept as long as it would be valid."""
    service = call.service
    link = service.signer.read_link(call.path["token"])
    job = read_job(service.documents, link.job_id)
    rows = export_results(job, documents=service.documents)
    used = Key("challenges", f"link-{link.nonce}")
    try:
        service.documents.commit([Create(used, {}, service.clock.now() + LINK_S)])
    except Conflict:
        raise NotFound("This link was used already. Start the download again.") from None
    origin = origin_of(service.documents, job.spreadsheet_id, job.sheet_id)
    like = origin.dialect if origin else None
    pieces = csv_download(rows, like=like) if link.format == "csv" else xlsx_download(rows)
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", job.sheet_name).strip("-") or "results"
    return Response(
        pieces,
        content_type=_TYPES[link.format],
        headers={
            "Content-Disposition": f'attachment; filename="{name}-{job.id[:6]}.{link.format}"',
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        },
    )


ROUTES = (
    Route(
        "POST",
        "/api/jobs/<job_id>/downloads/<format>",
        Guard.JOB,
        make_link,
        "A single-use link to the results as csv or xlsx.",
        gives=DownloadGiven,
        status=201,
    ),
    Route("GET", "/api/downloads/<token>", Guard.PUBLIC, download, "The results behind a single-use link."),
)
