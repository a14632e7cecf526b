"""gcloud for the project in memory: what it is asked, what it prints, and a table of its commands."""

from __future__ import annotations

import json
from collections.abc import Callable

from tests.infra import effects, run_services
from tests.infra.cloud import (
    DEPLOYER,
    NUMBER,
    PROJECT,
    Call,
    Cloud,
    Command,
    Refused,
    filtered,
    flattened,
    projected,
)
from tests.infra.effects import Shown

#: The API behind each group of commands.
APIS = {
    "iam": "iam",
    "secrets": "secretmanager",
    "firestore": "firestore",
    "tasks": "cloudtasks",
    "artifacts": "artifactregistry",
    "storage": "storage",
    "builds": "cloudbuild",
    "run": "run",
    "scheduler": "cloudscheduler",
    "logging": "logging",
}


def answer(cloud: Cloud, argv: list[str], stdin: str) -> str:
    """Carries the command out and gives what it prints; raises `Refused`."""
    asked = _parse(argv, stdin)
    act, changes = COMMANDS[asked.words]
    call = Call(tuple(argv), asked.words, changes, stdin)
    cloud.calls.append(call)
    fault = cloud.fail(call) if changes else None
    if fault == "before":
        raise Refused("The service is currently unavailable.")
    api = APIS.get(asked.words[0])
    if api and f"{api}.googleapis.com" not in cloud.apis:
        raise Refused(f"PERMISSION_DENIED: API {api}.googleapis.com has not been used in project {PROJECT}.")
    shown = act(cloud, asked)
    if fault == "after":
        raise Refused("The connection was lost.")
    return _show(asked, shown)


def _parse(argv: list[str], stdin: str) -> Command:
    plain = [word for word in argv if not word.startswith("-")]
    words = next((w for n in range(len(plain), 0, -1) if (w := tuple(plain[:n])) in COMMANDS), None)
    if words is None:
        raise Refused(f"Invalid choice: {' '.join(plain)}")
    pairs = [word.removeprefix("--").partition("=") for word in argv if word.startswith("-")]
    flags = {name: value for name, _, value in pairs}
    configs = [value for name, _, value in pairs if name == "field-config"]
    return Command(words, plain[len(words) :], flags, configs, stdin)


def _show(asked: Command, shown: Shown) -> str:
    if isinstance(shown, str):
        return shown
    form = asked.flags.get("format", "")
    if shown is None or form == "none":
        return ""
    docs = [shown] if isinstance(shown, dict) else shown
    if "flatten" in asked.flags:
        docs = flattened(docs, asked.flags["flatten"])
    if "filter" in asked.flags:
        docs = filtered(docs, asked.flags["filter"])
    if form == "json":
        return json.dumps(shown if isinstance(shown, dict) else docs)
    return "".join(line + "\n" for line in projected(docs, form)) if form else ""


READS: dict[str, Callable[[Cloud, Command], Shown]] = {
    "config get-value": lambda _cloud, _asked: DEPLOYER,
    "projects describe": lambda _cloud, _asked: {"projectNumber": NUMBER},
    "services list": lambda cloud, _: [{"config": {"name": api}} for api in sorted(cloud.apis)],
    "iam service-accounts list": lambda cloud, _: list(cloud.accounts.values()),
    "secrets list": lambda cloud, _: [
        {"name": f"projects/{NUMBER}/secrets/{name}"} for name in cloud.secrets
    ],
    "secrets versions list": effects.secret_versions,
    "secrets versions access": lambda cloud, asked: str(effects.there(cloud.secrets, asked["secret"])[-1]),
    "firestore databases list": effects.listed("databases", f"projects/{PROJECT}/databases/"),
    "firestore databases describe": lambda cloud, asked: effects.there(cloud.databases, asked["database"]),
    "firestore indexes composite list": effects.list_indexes,
    "firestore indexes fields list": lambda cloud, _: list(cloud.fields.values()),
    "firestore operations list": effects.operations,
    "firestore fields ttls list": lambda cloud, _: [f for f in cloud.fields.values() if "ttlConfig" in f],
    "tasks queues list": effects.listed("queues", f"projects/{PROJECT}/locations/l/queues/"),
    "tasks queues describe": effects.described("queues"),
    "artifacts repositories list": effects.listed(
        "repositories", f"projects/{PROJECT}/locations/l/repositories/"
    ),
    "artifacts docker images list": lambda cloud, _: [{"tags": [tag]} for tag in sorted(cloud.tags)],
    "storage buckets list": effects.listed("buckets", ""),
    "run services list": lambda cloud, _: list(cloud.services.values()),
    "run services describe": effects.described("services"),
    "run revisions list": effects.revisions,
    "scheduler jobs list": effects.listed("jobs", f"projects/{PROJECT}/locations/l/jobs/"),
    "scheduler jobs describe": effects.described("jobs"),
    "logging metrics list": effects.listed("metrics", ""),
    "logging metrics describe": effects.described("metrics"),
    "logging read": lambda cloud, _: [{"jsonPayload": {"audience": a}} for a in cloud.refused_audiences],
    "auth print-identity-token": effects.identity_token,
}

CHANGES: dict[str, Callable[[Cloud, Command], Shown]] = {
    "services enable": lambda cloud, asked: cloud.apis.update(asked.names),
    "iam service-accounts create": effects.create_account,
    "iam service-accounts delete": effects.deleted("accounts", "iam service-accounts"),
    "secrets create": effects.create_secret,
    "secrets versions add": effects.add_version,
    "secrets delete": effects.deleted("secrets", "secrets"),
    "firestore databases create": lambda cloud, asked: effects.create(
        cloud.databases, asked["database"], {"deleteProtectionState": "DELETE_PROTECTION_ENABLED"}
    ),
    "firestore databases update": lambda cloud, asked: effects.there(
        cloud.databases, asked["database"]
    ).update(
        deleteProtectionState="DELETE_PROTECTION_"
        + ("ENABLED" if "delete-protection" in asked.flags else "DISABLED")
    ),
    "firestore databases delete": effects.delete_database,
    "firestore indexes composite create": effects.create_index,
    "firestore indexes fields update": lambda cloud, asked: effects.field(cloud, asked).update(
        indexConfig={}
    ),
    "firestore fields ttls update": lambda cloud, asked: effects.field(cloud, asked).update(
        ttlConfig={"state": "CREATING"}
    ),
    "tasks queues create": lambda cloud, asked: effects.create(
        cloud.queues, asked.name, effects.queue(asked)
    ),
    "tasks queues update": effects.update("queues", effects.queue),
    "tasks queues delete": effects.deleted("queues", "tasks queues"),
    "artifacts repositories create": lambda cloud, asked: effects.create(cloud.repositories, asked.name, {}),
    "artifacts repositories delete": effects.deleted("repositories", "artifacts repositories"),
    "storage buckets create": lambda cloud, asked: effects.create(
        cloud.buckets, asked.name.removeprefix("gs://"), {}
    ),
    "storage rm": effects.remove_bucket,
    "builds submit": effects.build,
    "run deploy": run_services.deploy,
    "run services update": run_services.deploy,
    "run services update-traffic": run_services.shift,
    "run services delete": effects.deleted("services", "run services"),
    "scheduler jobs create http": lambda cloud, asked: effects.create(
        cloud.jobs, asked.name, effects.sweep_job(asked)
    ),
    "scheduler jobs update http": effects.update("jobs", effects.sweep_job),
    "scheduler jobs delete": effects.deleted("jobs"),
    "logging metrics create": lambda cloud, asked: effects.create(
        cloud.metrics, asked.name, effects.metric(asked)
    ),
    "logging metrics update": lambda cloud, asked: effects.there(cloud.metrics, asked.name).update(
        effects.metric(asked)
    ),
    "logging metrics delete": effects.deleted("metrics"),
    # Elsewhere a binding goes with what it is on.
    "projects remove-iam-policy-binding": effects.unbind,
}

for _group in (
    "projects",
    "iam service-accounts",
    "tasks queues",
    "secrets",
    "artifacts repositories",
    "storage buckets",
    "run services",
):
    READS[f"{_group} get-iam-policy"] = effects.get_policy
    CHANGES[f"{_group} add-iam-policy-binding"] = effects.bind

COMMANDS: dict[tuple[str, ...], tuple[Callable[[Cloud, Command], Shown], bool]] = {
    **{tuple(words.split()): (act, False) for words, act in READS.items()},
    **{tuple(words.split()): (act, True) for words, act in CHANGES.items()},
}
