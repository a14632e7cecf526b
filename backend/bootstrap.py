"""From settings to ports: the one file that names concrete adapters."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import google.auth
import requests
from google.auth import impersonated_credentials
from google.auth.transport.requests import Request

from backend.adapters.certificates import Certificates
from backend.adapters.cloud_tasks import CloudTasksQueue
from backend.adapters.cron_calendar import CronCalendar
from backend.adapters.event_loop import EventLoop
from backend.adapters.google_identity import GoogleIdentity
from backend.adapters.google_sheets import SCOPES, GoogleSheets
from backend.adapters.key_vault import KeyVault
from backend.adapters.openai_model import OpenAIModel
from backend.adapters.pages.settings import PagesSettings
from backend.adapters.pages.web_pages import WebPages
from backend.adapters.sqlite_documents import SqliteDocuments
from backend.adapters.system_clock import SystemClock
from backend.config import BACKGROUND_QUEUE, LIVE_QUEUE, Settings
from backend.entrypoints.seats import Seats
from backend.entrypoints.service import ASKS, REQUESTS, UPLOADS, UPLOADS_OF_ALL, WAITS, Service
from backend.entrypoints.tokens import Signer
from backend.ports import Clock, Documents
from backend.usecases.batch.pages import THREADS as PAGE_THREADS
from backend.usecases.batch.process import Process
from backend.usecases.limits import RequestCounter
from backend.usecases.records import EXPIRING, QUERIES


def bootstrap(settings: Settings) -> Service:
    """The ports of one process; call it after the fork. Connections open when they are first used."""
    clock = SystemClock()
    documents = _documents(settings, clock)
    return Service(
        settings=settings,
        documents=documents,
        queue=CloudTasksQueue(
            project=settings.google_cloud_project,
            location=settings.tasks_location,
            queues={"background": BACKGROUND_QUEUE, "live": LIVE_QUEUE},
            worker_url=settings.worker_url,
            invoker_email=settings.tasks_invoker,
            audience=settings.worker_audience,
            dispatch_deadline_s=settings.dispatch_deadline_s,
            endpoint=settings.tasks_endpoint,
        ),
        sheets=GoogleSheets(
            _sheets_credentials(settings),
            service_account=settings.sheets_account,
            endpoint=settings.sheets_endpoint,
        ),
        model=OpenAIModel(
            api_key=settings.openai_api_key,
            in_flight=settings.model_in_flight,
            base_url=settings.openai_base_url,
            provider=settings.provider,
        ),
        vault=KeyVault(settings.encryption_keys),
        pages=WebPages(_pages_settings(settings), environ=os.environ),
        identity=_identity(settings, clock),
        clock=clock,
        calendar=CronCalendar(),
        process=Process(EventLoop(), ThreadPoolExecutor(PAGE_THREADS, thread_name_prefix="pages")),
        signer=Signer(settings.signing_keys),
        requests=RequestCounter(documents, clock, settings.requests_per_minute),
        sheet_requests=RequestCounter(documents, clock, settings.sheet_requests_per_minute),
        waiting=Seats(each=WAITS),
        under_way=Seats(each=REQUESTS),
        asking=Seats(each=ASKS),
        uploading=Seats(each=UPLOADS, all=UPLOADS_OF_ALL),
    )


def warm_up(service: Service) -> None:
    """Makes the model's client ready on its loop while nobody waits; the api never asks the model."""
    if service.settings.role != "api" and isinstance(service.model, OpenAIModel):
        service.process.runner.submit(service.model.prepare())


def _documents(settings: Settings, clock: Clock) -> Documents:
    if settings.sqlite_path is not None:
        return SqliteDocuments(settings.sqlite_path, queries=QUERIES, expiring=EXPIRING, clock=clock)
    from backend.adapters.firestore_documents import FirestoreDocuments  # half a second of imports

    return FirestoreDocuments(
        project=settings.google_cloud_project,
        database=settings.firestore_database,
        queries=QUERIES,
        expiring=EXPIRING,
        clock=clock,
    )


def _sheets_credentials(settings: Settings) -> Any:
    """Of the one account that spreadsheets are shared with; another identity acts as it."""
    credentials, _ = google.auth.default(scopes=SCOPES)
    if getattr(credentials, "service_account_email", None) == settings.sheets_account:
        return credentials
    source, _ = google.auth.default(scopes=["https://www.googleapis.com/auth/cloud-platform"])
    return impersonated_credentials.Credentials(  # type: ignore[no-untyped-call]
        source_credentials=source, target_principal=settings.sheets_account, target_scopes=SCOPES
    )


def _pages_settings(settings: Settings) -> PagesSettings:
    if settings.web_standin is None:
        return PagesSettings(contact=settings.website_contact)
    host, _, port = settings.web_standin.rpartition(":")
    return PagesSettings(contact=settings.website_contact, route_all_to=(host, int(port)))


def _identity(settings: Settings, clock: Clock) -> GoogleIdentity:
    session = requests.Session()
    session.trust_env = False  # a ~/.netrc must not send its passwords along
    certificates = Certificates(
        url=settings.certs_url,
        request=Request(session),
        clock=clock,
    )
    return GoogleIdentity(
        certificates=certificates,
        audiences=settings.audiences,
        worker_audience=settings.worker_audience,
        invoker_email=settings.tasks_invoker,
        service_account_email=settings.sheets_account,
        allowed_domains=settings.allowed_domains,
        allowed_emails=settings.allowed_emails,
        sweeper_email=settings.sweep_invoker,
    )
