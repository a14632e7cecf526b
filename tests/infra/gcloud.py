"""What each gcloud command does to the project in memory: a table from the command's words to a function."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.infra import run_services
from tests.infra.cloud import (
    DEPLOYER,
    NUMBER,
    PROJECT,
    Call,
    Cloud,
    Command,
    Doc,
    Refused,
    filtered,
    flattened,
    projected,
)

#: What a command gives: documents to be shown as `--format` says, or text as it stands.
Shown = list[Doc] | Doc | str | None

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


# ── policies ───────────────────────────────────────────────────────────────────────────────────────


def _policy(cloud: Cloud, asked: Command) -> str:
    kind = " ".join(asked.words[:-1])
    if not cloud.resource_exists(kind, asked.name):
        raise Refused(f"NOT_FOUND: {kind} {asked.name}")
    return f"{kind}:{asked.name}"


def _get_policy(cloud: Cloud, asked: Command) -> Doc:
    held = sorted(cloud.policies.get(_policy(cloud, asked), set()))
    return {"bindings": [{"role": role, "members": [member]} for role, member in held]}


def _bind(cloud: Cloud, asked: Command) -> None:
    kind, _, email = asked["member"].partition(":")
    if kind.startswith("all"):
        # The constraint iam.allowedPolicyMemberDomains, which new organisations have.
        raise Refused("One or more users named in the policy do not belong to a permitted customer.")
    if cloud.unknown_for.get(email, 0) > 0:
        cloud.unknown_for[email] -= 1
        raise Refused(f"INVALID_ARGUMENT: Service account {email} does not exist.")
    if kind == "serviceAccount" and email not in cloud.accounts:
        raise Refused(f"INVALID_ARGUMENT: Service account {email} does not exist.")
    cloud.policies.setdefault(_policy(cloud, asked), set()).add((asked["role"], asked["member"]))


def _unbind(cloud: Cloud, asked: Command) -> None:
    held = cloud.policies.get(_policy(cloud, asked), set())
    if (asked["role"], asked["member"]) not in held:
        raise Refused("Policy binding with the specified principal, role, and condition not found!")
    held.discard((asked["role"], asked["member"]))


# ── what the tables below share ────────────────────────────────────────────────────────────────────


def _listed(shelf: str, prefix: str) -> Callable[[Cloud, Command], Shown]:
    """Google's lists name a resource with everything it stands under."""
    return lambda cloud, _: [{**doc, "name": prefix + name} for name, doc in getattr(cloud, shelf).items()]


def _described(shelf: str) -> Callable[[Cloud, Command], Shown]:
    return lambda cloud, asked: _there(getattr(cloud, shelf), asked.name)


def _deleted(shelf: str, kind: str = "") -> Callable[[Cloud, Command], Shown]:
    def delete(cloud: Cloud, asked: Command) -> None:
        _there(getattr(cloud, shelf), asked.name)
        del getattr(cloud, shelf)[asked.name]
        cloud.forget(kind, asked.name)

    return delete


def _there(shelf: dict[str, Any], name: str) -> Any:
    if name not in shelf:
        raise Refused(f"NOT_FOUND: {name}")
    return shelf[name]


def _create(shelf: dict[str, Any], name: str, doc: Any) -> None:
    if name in shelf:
        raise Refused(f"ALREADY_EXISTS: {name}")
    shelf[name] = doc


# ── one function for each command that is more than a list, a description or a deletion ────────────


def _create_account(cloud: Cloud, asked: Command) -> None:
    email = f"{asked.name}@{PROJECT}.iam.gserviceaccount.com"
    if not 6 <= len(asked.name) <= 30:
        raise Refused("The account's id must have 6 to 30 characters.")
    _create(cloud.accounts, email, {"email": email, "displayName": asked["display-name"]})
    cloud.unknown_for[email] = cloud.accounts_are_unknown_for


def _create_secret(cloud: Cloud, asked: Command) -> None:
    if asked["replication-policy"] != "user-managed" or asked["locations"] != "europe-west1":
        raise Refused("Constraint constraints/gcp.resourceLocations violated.")
    _create(cloud.secrets, asked.name, [])


def _secret_versions(cloud: Cloud, asked: Command) -> list[Doc]:
    values = _there(cloud.secrets, asked.name)
    return [
        {"name": f"projects/x/secrets/y/versions/{n}", "state": "ENABLED"} for n in range(1, len(values) + 1)
    ]


def _add_version(cloud: Cloud, asked: Command) -> None:
    if asked["data-file"] != "-" or not asked.stdin:
        raise Refused("a value is expected on standard input.")
    _there(cloud.secrets, asked.name).append(asked.stdin)


def _create_index(cloud: Cloud, asked: Command) -> None:
    _there(cloud.databases, asked["database"])
    fields = [dict(part.split("=") for part in config.split(",")) for config in asked.configs]
    listed = [{"fieldPath": f["field-path"], "order": f["order"].upper()} for f in fields]
    name = (
        f"projects/p/databases/d/collectionGroups/{asked['collection-group']}/indexes/i{len(cloud.indexes)}"
    )
    fields_shown = [*listed, {"fieldPath": "__name__", "order": listed[-1]["order"]}]
    if any(
        i["fields"] == fields_shown and i["name"].split("/")[5] == name.split("/")[5] for i in cloud.indexes
    ):
        raise Refused("ALREADY_EXISTS: index already exists")
    cloud.indexes.append({"name": name, "state": "CREATING", "fields": fields_shown})


def _list_indexes(cloud: Cloud, asked: Command) -> list[Doc]:
    """Each look finds one that was being built the last time ready."""
    _there(cloud.databases, asked["database"])
    shown = [dict(index) for index in cloud.indexes]
    for index in cloud.indexes:
        if index["state"] == "CREATING":
            index["state"] = "READY"
            break
    return shown


def _operations(cloud: Cloud, asked: Command) -> list[Doc]:
    """Each look finds what was under way the last time done."""
    _there(cloud.databases, asked["database"])
    shown = [dict(operation) for operation in cloud.operations.values()]
    for operation in cloud.operations.values():
        operation["done"] = True
    return shown


def _field(cloud: Cloud, asked: Command) -> Doc:
    _there(cloud.databases, asked["database"])
    name = f"projects/p/databases/d/collectionGroups/{asked['collection-group']}/fields/{asked.name}"
    if not cloud.operations.get(name, {"done": True}).get("done"):
        raise Refused("FAILED_PRECONDITION: another change of this field is under way.")
    cloud.operations[name] = {"name": f"projects/p/databases/d/operations/{len(cloud.operations)}"}
    return cloud.fields.setdefault(name, {"name": name, "indexConfig": {"indexes": [{"order": "ASCENDING"}]}})


def _delete_database(cloud: Cloud, asked: Command) -> None:
    if _there(cloud.databases, asked["database"])["deleteProtectionState"] != "DELETE_PROTECTION_DISABLED":
        raise Refused("FAILED_PRECONDITION: the database is protected against deletion.")
    del cloud.databases[asked["database"]]
    cloud.indexes.clear()
    cloud.fields.clear()
    cloud.operations.clear()


def _queue(asked: Command) -> Doc:
    flags = asked.flags
    return {
        "state": "RUNNING",
        "rateLimits": {
            "maxConcurrentDispatches": int(flags["max-concurrent-dispatches"]),
            "maxDispatchesPerSecond": float(flags["max-dispatches-per-second"]),
        },
        "retryConfig": {
            "maxAttempts": int(flags["max-attempts"]),
            "maxRetryDuration": flags["max-retry-duration"],
            "minBackoff": flags["min-backoff"].replace("s", ".000s"),
            "maxBackoff": flags["max-backoff"],
            "maxDoublings": int(flags["max-doublings"]),
        },
    }


def _sweep_job(asked: Command) -> Doc:
    token = {
        "serviceAccountEmail": asked["oidc-service-account-email"],
        "audience": asked["oidc-token-audience"],
    }
    return {
        "schedule": asked["schedule"],
        "state": "ENABLED",
        "attemptDeadline": asked["attempt-deadline"],
        "httpTarget": {"uri": asked["uri"], "httpMethod": asked["http-method"], "oidcToken": token},
    }


def _metric(asked: Command) -> Doc:
    defined: Doc = json.loads(Path(asked["config-from-file"]).read_text())
    return defined | {"createTime": "2026-01-01T00:00:00Z"}


def _build(cloud: Cloud, asked: Command) -> None:
    given = dict(pair.split("=", 1) for pair in asked["substitutions"].split(","))
    builder = f"rowmill-build@{PROJECT}.iam.gserviceaccount.com"
    bucket = asked["gcs-source-staging-dir"].removesuffix("/source")
    member = f"serviceAccount:{builder}"
    if not cloud.allows("storage buckets", bucket, "roles/storage.objectViewer", member):
        raise Refused(f"{builder} does not have storage.objects.get access.")
    if not cloud.allows("artifacts repositories", "rowmill", "roles/artifactregistry.writer", member):
        raise Refused("denied: permission to push.")
    cloud.tags.add(given["_TAG"])


def _remove_bucket(cloud: Cloud, asked: Command) -> None:
    _there(cloud.buckets, asked.name.removeprefix("gs://"))
    del cloud.buckets[asked.name.removeprefix("gs://")]
    cloud.forget("storage buckets", asked.name)


def _identity_token(cloud: Cloud, asked: Command) -> str:
    account = asked["impersonate-service-account"]
    who = {f"user:{DEPLOYER}", f"serviceAccount:rowmill-build@{PROJECT}.iam.gserviceaccount.com"}
    role = "roles/iam.serviceAccountOpenIdTokenCreator"
    if not any(cloud.allows("iam service-accounts", account, role, member) for member in who):
        raise Refused("PERMISSION_DENIED: iam.serviceAccounts.getOpenIdToken")
    if "include-email" not in asked.flags:
        raise Refused("the worker needs the account's address in the token.")
    return f"token:{account}:{asked['audiences']}"


def _revisions(cloud: Cloud, asked: Command) -> list[Doc]:
    status = _there(cloud.services, asked["service"])["status"]
    return [{"metadata": {"name": name}} for name in status["revisions"][: int(asked["limit"])]]


def _update(shelf: str, make: Callable[[Command], Doc]) -> Callable[[Cloud, Command], Shown]:
    """What is paused stays paused."""

    def update(cloud: Cloud, asked: Command) -> None:
        doc = _there(getattr(cloud, shelf), asked.name)
        doc.update(make(asked) | {"state": doc["state"]})

    return update


READS: dict[str, Callable[[Cloud, Command], Shown]] = {
    "config get-value": lambda _cloud, _asked: DEPLOYER,
    "projects describe": lambda _cloud, _asked: {"projectNumber": NUMBER},
    "services list": lambda cloud, _: [{"config": {"name": api}} for api in sorted(cloud.apis)],
    "iam service-accounts list": lambda cloud, _: list(cloud.accounts.values()),
    "secrets list": lambda cloud, _: [
        {"name": f"projects/{NUMBER}/secrets/{name}"} for name in cloud.secrets
    ],
    "secrets versions list": _secret_versions,
    "secrets versions access": lambda cloud, asked: str(_there(cloud.secrets, asked["secret"])[-1]),
    "firestore databases list": _listed("databases", f"projects/{PROJECT}/databases/"),
    "firestore databases describe": lambda cloud, asked: _there(cloud.databases, asked["database"]),
    "firestore indexes composite list": _list_indexes,
    "firestore indexes fields list": lambda cloud, _: list(cloud.fields.values()),
    "firestore operations list": _operations,
    "firestore fields ttls list": lambda cloud, _: [f for f in cloud.fields.values() if "ttlConfig" in f],
    "tasks queues list": _listed("queues", f"projects/{PROJECT}/locations/l/queues/"),
    "tasks queues describe": _described("queues"),
    "artifacts repositories list": _listed("repositories", f"projects/{PROJECT}/locations/l/repositories/"),
    "artifacts docker images list": lambda cloud, _: [{"tags": [tag]} for tag in sorted(cloud.tags)],
    "storage buckets list": _listed("buckets", ""),
    "run services list": lambda cloud, _: list(cloud.services.values()),
    "run services describe": _described("services"),
    "run revisions list": _revisions,
    "scheduler jobs list": _listed("jobs", f"projects/{PROJECT}/locations/l/jobs/"),
    "scheduler jobs describe": _described("jobs"),
    "logging metrics list": _listed("metrics", ""),
    "logging metrics describe": _described("metrics"),
    "logging read": lambda cloud, _: [{"jsonPayload": {"audience": a}} for a in cloud.refused_audiences],
    "auth print-identity-token": _identity_token,
}

CHANGES: dict[str, Callable[[Cloud, Command], Shown]] = {
    "services enable": lambda cloud, asked: cloud.apis.update(asked.names),
    "iam service-accounts create": _create_account,
    "iam service-accounts delete": _deleted("accounts", "iam service-accounts"),
    "secrets create": _create_secret,
    "secrets versions add": _add_version,
    "secrets delete": _deleted("secrets", "secrets"),
    "firestore databases create": lambda cloud, asked: _create(
        cloud.databases, asked["database"], {"deleteProtectionState": "DELETE_PROTECTION_ENABLED"}
    ),
    "firestore databases update": lambda cloud, asked: _there(cloud.databases, asked["database"]).update(
        deleteProtectionState="DELETE_PROTECTION_"
        + ("ENABLED" if "delete-protection" in asked.flags else "DISABLED")
    ),
    "firestore databases delete": _delete_database,
    "firestore indexes composite create": _create_index,
    "firestore indexes fields update": lambda cloud, asked: _field(cloud, asked).update(indexConfig={}),
    "firestore fields ttls update": lambda cloud, asked: _field(cloud, asked).update(
        ttlConfig={"state": "CREATING"}
    ),
    "tasks queues create": lambda cloud, asked: _create(cloud.queues, asked.name, _queue(asked)),
    "tasks queues update": _update("queues", _queue),
    "tasks queues delete": _deleted("queues", "tasks queues"),
    "artifacts repositories create": lambda cloud, asked: _create(cloud.repositories, asked.name, {}),
    "artifacts repositories delete": _deleted("repositories", "artifacts repositories"),
    "storage buckets create": lambda cloud, asked: _create(
        cloud.buckets, asked.name.removeprefix("gs://"), {}
    ),
    "storage rm": _remove_bucket,
    "builds submit": _build,
    "run deploy": run_services.deploy,
    "run services update": run_services.deploy,
    "run services update-traffic": run_services.shift,
    "run services delete": _deleted("services", "run services"),
    "scheduler jobs create http": lambda cloud, asked: _create(cloud.jobs, asked.name, _sweep_job(asked)),
    "scheduler jobs update http": _update("jobs", _sweep_job),
    "scheduler jobs delete": _deleted("jobs"),
    "logging metrics create": lambda cloud, asked: _create(cloud.metrics, asked.name, _metric(asked)),
    "logging metrics update": lambda cloud, asked: _there(cloud.metrics, asked.name).update(_metric(asked)),
    "logging metrics delete": _deleted("metrics"),
    # Elsewhere a binding goes with what it is on.
    "projects remove-iam-policy-binding": _unbind,
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
    READS[f"{_group} get-iam-policy"] = _get_policy
    CHANGES[f"{_group} add-iam-policy-binding"] = _bind

COMMANDS: dict[tuple[str, ...], tuple[Callable[[Cloud, Command], Shown], bool]] = {
    **{tuple(words.split()): (act, False) for words, act in READS.items()},
    **{tuple(words.split()): (act, True) for words, act in CHANGES.items()},
}
