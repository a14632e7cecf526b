"""Settings: read from the environment once, checked all together, handed down as one value.

The table of settings in the README is held to this file by a test.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict, SettingsError

from backend.domain.money import Price, price_of
from backend.errors import Misconfigured

#: Names that code, scripts and the console share.
BACKGROUND_QUEUE = "rowmill-background"
LIVE_QUEUE = "rowmill-live"

#: Domains where anybody has an address.
PUBLIC_MAIL = frozenset(
    {"gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "live.com", "yahoo.com", "icloud.com"}
)

Names = Annotated[tuple[str, ...], NoDecode]


class PriceSetting(BaseModel):
    """Micro-dollars per million tokens."""

    input: int = Field(ge=0)
    output: int = Field(ge=0)


#: Published prices in micro-dollars per million tokens; `PRICES` replaces or adds.
DEFAULT_PRICES: dict[str, Price] = {
    "gpt-5-nano": Price(50_000, 400_000),
    "gpt-5-mini": Price(250_000, 2_000_000),
    "gpt-5": Price(1_250_000, 10_000_000),
    "gpt-4.1-nano": Price(100_000, 400_000),
    "gpt-4.1-mini": Price(400_000, 1_600_000),
    "gpt-4o-mini": Price(150_000, 600_000),
}


class Settings(BaseSettings):
    """Every setting, its default and its meaning."""

    model_config = SettingsConfigDict(env_ignore_empty=True, frozen=True, extra="ignore")

    role: Literal["api", "worker", "all"] = Field("all", description="Which routes this process serves.")
    database: str = Field(
        description="`sqlite:PATH` for one machine, or `firestore` (`firestore:NAME`: a named database)."
    )
    google_cloud_project: str = Field(
        "rowmill-local", description="The project of Firestore and Cloud Tasks."
    )
    tasks_location: str = Field("europe-west1", description="The region of the task queues.")
    tasks_endpoint: str | None = Field(None, description="`host:port` of a stand-in for Cloud Tasks.")
    sheets_endpoint: str | None = Field(None, description="Address of a stand-in for the Sheets API.")
    sheets_account: str = Field(description="The service account that spreadsheets are shared with.")
    worker_url: str = Field(description="Where the task queues call the worker.")
    worker_audience: str = Field(description="The exact audience of the queues' OIDC tokens.")
    tasks_invoker: str = Field(description="The service account whose OIDC tokens the worker accepts.")
    sweep_invoker: str | None = Field(
        None, description="The scheduler's service account, for the sweep; unset: the queues' own."
    )
    public_url: str = Field(description="Where browsers reach the api.")
    certs_url: str = Field(
        "https://www.googleapis.com/oauth2/v1/certs", description="Where the keys of ID tokens are published."
    )
    audiences: Names = Field((), description="Client ids of the scripts that may call; none means nobody.")
    allowed_domains: Names = Field(
        (), description="Workspace domains whose users may use this; none means any."
    )
    allowed_emails: Names = Field((), description="Single addresses that may use this besides the domains.")
    shared_answer_domains: Names = Field(
        (), description="Domains whose users share answers already paid for."
    )
    signing_keys: Names = Field(
        description="Secrets that sign tokens and download links; the first one signs."
    )
    encryption_keys: Names = Field(
        (), description="Secrets that seal users' own model keys; the first one seals. None: no own keys."
    )
    watch_origin: str | None = Field(
        None, description="One more origin that may poll progress and send files (the workbench)."
    )
    openai_api_key: str | None = Field(None, description="The deployment's own key for the model.")
    openai_base_url: str = Field("https://api.openai.com/v1", description="Any server of OpenAI's protocol.")
    model: str = Field("gpt-5-nano", description="The model that is asked.")
    model_standin: bool = Field(False, description="The model is the offline stand-in, and says so.")
    model_in_flight: int = Field(
        1_000, ge=1, le=5_000, description="Most model calls in flight, per key and worker process."
    )
    model_timeout_s: float = Field(45.0, gt=0, le=120, description="Seconds until a model call is given up.")
    prices: dict[str, PriceSetting] = Field(
        default_factory=dict, description="JSON: model to micro-dollars per million tokens, input and output."
    )
    user_day_budget_microusd: int | None = Field(
        None, ge=0, description="Most a user spends in a day (UTC), on whichever key."
    )
    deployment_day_budget_microusd: int | None = Field(
        None, ge=0, description="Most all spend in a day (UTC) on the deployment's key."
    )
    max_running_jobs: int = Field(3, ge=1, le=20, description="Background jobs that run at once.")
    live_places: int = Field(1, ge=1, le=10, description="Live runs that run at once.")
    max_rows_per_job: int = Field(100_000, ge=1, le=1_000_000, description="Most rows of one job.")
    requests_per_minute: int = Field(600, ge=10, le=100_000, description="Requests a minute of one user.")
    sheet_requests_per_minute: int = Field(
        30, ge=5, le=100_000, description="Those of them that ask Google Sheets, whose minute all share."
    )
    max_waiting_jobs: int | None = Field(None, ge=1, description="Most jobs in line; none: no limit.")
    history_days: int = Field(30, ge=1, le=3_650, description="Ended jobs are kept for so long.")
    answers_days: int = Field(90, ge=1, le=3_650, description="Answers are reused for so long.")
    pages_days: int = Field(14, ge=1, le=365, description="A website's text is reused for so long.")
    lease_s: float = Field(
        30.0, ge=2, le=60, description="A job whose worker is silent for so long goes to another one."
    )
    batch_s: float = Field(120.0, ge=5, description="A batch hands over to a next task after so long.")
    gunicorn_timeout_s: int = Field(240, description="gunicorn restarts a worker that hangs so long.")
    run_timeout_s: int = Field(300, description="Cloud Run gives a request up after so long.")
    dispatch_deadline_s: int = Field(330, ge=15, le=1_800, description="Cloud Tasks stops listening then.")
    web_standin: str | None = Field(
        None, description="`127.0.0.1:port` of stand-in websites (`ROLE=all` only)."
    )
    website_contact: str = Field("", description="What the User-Agent of website reading points to.")
    k_service: str | None = Field(None, description="Set by Cloud Run; refuses stand-ins.")

    @field_validator(
        "audiences",
        "allowed_domains",
        "allowed_emails",
        "shared_answer_domains",
        "signing_keys",
        "encryption_keys",
        mode="before",
    )
    @classmethod
    def _split(cls, value: Any) -> Any:
        """Names come with commas between them."""
        if isinstance(value, str):
            return tuple(name.strip() for name in value.split(",") if name.strip())
        return value

    @field_validator("public_url", "watch_origin")
    @classmethod
    def _without_slash(cls, value: str | None) -> str | None:
        """Paths are put behind the one, and browsers name the other so."""
        return value.rstrip("/") if value else value

    @property
    def all_prices(self) -> dict[str, Price]:
        own = {name: Price(price.input, price.output) for name, price in self.prices.items()}
        return DEFAULT_PRICES | own

    @property
    def secrets(self) -> list[str]:
        """What must never be logged."""
        return [key for key in (self.openai_api_key, *self.signing_keys, *self.encryption_keys) if key]

    @property
    def provider(self) -> str:
        """Whom answers come from: part of their key, so that a stand-in's never serve a real run."""
        return "standin" if self.model_standin else self.openai_base_url.rstrip("/")

    @property
    def sqlite_path(self) -> Path | None:
        kind, _, path = self.database.partition(":")
        return Path(path) if kind == "sqlite" else None

    @property
    def firestore_database(self) -> str:
        return self.database.partition(":")[2] or "(default)"

    def problems(self) -> list[str]:
        """What single fields cannot show: settings that contradict each other."""
        found: list[str] = []
        kind, _, path = self.database.partition(":")
        if kind not in ("sqlite", "firestore") or (kind == "sqlite" and not path):
            found.append(f"DATABASE must be sqlite:PATH or firestore, not {self.database!r}.")
        if not (
            self.batch_s + self.model_timeout_s
            < self.gunicorn_timeout_s
            < self.run_timeout_s
            < self.dispatch_deadline_s
        ):
            found.append(
                "The times must grow: BATCH_S + MODEL_TIMEOUT_S < GUNICORN_TIMEOUT_S < RUN_TIMEOUT_S < "
                f"DISPATCH_DEADLINE_S; they are {self.batch_s:g} + {self.model_timeout_s:g}, "
                f"{self.gunicorn_timeout_s}, {self.run_timeout_s}, {self.dispatch_deadline_s}."
            )
        if any(len(key) < 32 for key in self.signing_keys) or not self.signing_keys:
            found.append("SIGNING_KEYS needs at least one secret, each of 32 characters or more.")
        if any(len(key) < 32 for key in self.encryption_keys):
            found.append("Each of ENCRYPTION_KEYS needs 32 characters or more.")
        if public := sorted(PUBLIC_MAIL & {domain.lower() for domain in self.shared_answer_domains}):
            found.append(f"SHARED_ANSWER_DOMAINS names {public[0]}, whose users are strangers to each other.")
        if self.role != "api" and not self.openai_api_key:
            found.append("OPENAI_API_KEY is missing: the worker needs a key (a stand-in takes any).")
        if self.k_service:
            found += self._problems_on_cloud_run(standins=kind == "sqlite")
        if self.web_standin:
            found += self._problems_of_standin_web(self.web_standin)
        capped = self.user_day_budget_microusd, self.deployment_day_budget_microusd
        if any(cap is not None for cap in capped) and price_of(self.model, self.all_prices) is None:
            found.append(f"A daily budget needs a price for {self.model}: add it to PRICES.")
        return found

    def _problems_on_cloud_run(self, *, standins: bool) -> list[str]:
        """There, everything is asked by TLS: tokens, keys, and the certificates that prove who is calling."""
        found: list[str] = []
        if standins or self.web_standin or self.model_standin or self.tasks_endpoint or self.sheets_endpoint:
            found.append(
                "On Cloud Run there are no stand-ins and no SQLite: unset WEB_STANDIN, MODEL_STANDIN, "
                "TASKS_ENDPOINT and SHEETS_ENDPOINT, and set DATABASE=firestore."
            )
        for name in ("public_url", "worker_url", "certs_url", "openai_base_url"):
            if not getattr(self, name).lower().startswith("https://"):
                found.append(f"On Cloud Run {name.upper()} has to begin with https://.")
        return found

    def _problems_of_standin_web(self, address: str) -> list[str]:
        host, _, port = address.rpartition(":")
        found = [] if self.role == "all" else ["WEB_STANDIN is for ROLE=all only."]
        if host != "127.0.0.1" or not port.isdecimal():
            found.append(f"WEB_STANDIN has to be 127.0.0.1:PORT, not {address!r}.")
        return found


def load() -> Settings:
    """Settings from the environment; raises `Misconfigured` naming every problem at once, and no value."""
    try:
        settings = Settings()
    except ValidationError as error:
        raise Misconfigured(
            [f"{'.'.join(map(str, e['loc'])).upper()}: {e['msg']}" for e in error.errors(include_input=False)]
        ) from None
    except SettingsError as error:
        raise Misconfigured([str(error)]) from None
    if problems := settings.problems():
        raise Misconfigured(problems)
    return settings
