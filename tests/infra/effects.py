"""What the commands of gcloud do to the project in memory, where that is more than a line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.infra.cloud import DEPLOYER, PROJECT, Cloud, Command, Doc, Refused

#: What a command gives: documents to be shown as `--format` says, or text as it stands.
Shown = list[Doc] | Doc | str | None


# ── policies ───────────────────────────────────────────────────────────────────────────────────────


def policy(cloud: Cloud, asked: Command) -> str:
    kind = " ".join(asked.words[:-1])
    if not cloud.resource_exists(kind, asked.name):
        raise Refused(f"NOT_FOUND: {kind} {asked.name}")
    return f"{kind}:{asked.name}"


def get_policy(cloud: Cloud, asked: Command) -> Doc:
    held = sorted(cloud.policies.get(policy(cloud, asked), set()))
    return {"bindings": [{"role": role, "members": [member]} for role, member in held]}


def bind(cloud: Cloud, asked: Command) -> None:
    kind, _, email = asked["member"].partition(":")
    if kind.startswith("all"):
        # The constraint iam.allowedPolicyMemberDomains, which new organisations have.
        raise Refused("One or more users named in the policy do not belong to a permitted customer.")
    if cloud.unknown_for.get(email, 0) > 0:
        cloud.unknown_for[email] -= 1
        raise Refused(f"INVALID_ARGUMENT: Service account {email} does not exist.")
    if kind == "serviceAccount" and email not in cloud.accounts:
        raise Refused(f"INVALID_ARGUMENT: Service account {email} does not exist.")
    cloud.policies.setdefault(policy(cloud, asked), set()).add((asked["role"], asked["member"]))


def unbind(cloud: Cloud, asked: Command) -> None:
    held = cloud.policies.get(policy(cloud, asked), set())
    if (asked["role"], asked["member"]) not in held:
        raise Refused("Policy binding with the specified principal, role, and condition not found!")
    held.discard((asked["role"], asked["member"]))


# ── what the tables below share ────────────────────────────────────────────────────────────────────


def listed(shelf: str, prefix: str) -> Callable[[Cloud, Command], Shown]:
    """Google's lists name a resource with everything it stands under."""
    return lambda cloud, _: [{**doc, "name": prefix + name} for name, doc in getattr(cloud, shelf).items()]


def described(shelf: str) -> Callable[[Cloud, Command], Shown]:
    return lambda cloud, asked: there(getattr(cloud, shelf), asked.name)


def deleted(shelf: str, kind: str = "") -> Callable[[Cloud, Command], Shown]:
    def delete(cloud: Cloud, asked: Command) -> None:
        there(getattr(cloud, shelf), asked.name)
        del getattr(cloud, shelf)[asked.name]
        cloud.forget(kind, asked.name)

    return delete


def there(shelf: dict[str, Any], name: str) -> Any:
    if name not in shelf:
        raise Refused(f"NOT_FOUND: {name}")
    return shelf[name]


def create(shelf: dict[str, Any], name: str, doc: Any) -> None:
    if name in shelf:
        raise Refused(f"ALREADY_EXISTS: {name}")
    shelf[name] = doc


# ── one function for each command that is more than a list, a description or a deletion ────────────


def create_account(cloud: Cloud, asked: Command) -> None:
    email = f"{asked.name}@{PROJECT}.iam.gserviceaccount.com"
    if not 6 <= len(asked.name) <= 30:
        raise Refused("The account's id must have 6 to 30 characters.")
    create(cloud.accounts, email, {"email": email, "displayName": asked["display-name"]})
    cloud.unknown_for[email] = cloud.accounts_are_unknown_for


def create_secret(cloud: Cloud, asked: Command) -> None:
    if asked["replication-policy"] != "user-managed" or asked["locations"] != "europe-west1":
        raise Refused("Constraint constraints/gcp.resourceLocations violated.")
    create(cloud.secrets, asked.name, [])


def secret_versions(cloud: Cloud, asked: Command) -> list[Doc]:
    values = there(cloud.secrets, asked.name)
    return [
        {"name": f"projects/x/secrets/y/versions/{n}", "state": "ENABLED"} for n in range(1, len(values) + 1)
    ]


def add_version(cloud: Cloud, asked: Command) -> None:
    if asked["data-file"] != "-" or not asked.stdin:
        raise Refused("a value is expected on standard input.")
    there(cloud.secrets, asked.name).append(asked.stdin)


def create_index(cloud: Cloud, asked: Command) -> None:
    there(cloud.databases, asked["database"])
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


def list_indexes(cloud: Cloud, asked: Command) -> list[Doc]:
    """Each look finds one that was being built the last time ready."""
    there(cloud.databases, asked["database"])
    shown = [dict(index) for index in cloud.indexes]
    for index in cloud.indexes:
        if index["state"] == "CREATING":
            index["state"] = "READY"
            break
    return shown


def operations(cloud: Cloud, asked: Command) -> list[Doc]:
    """Each look finds what was under way the last time done."""
    there(cloud.databases, asked["database"])
    shown = [dict(operation) for operation in cloud.operations.values()]
    for operation in cloud.operations.values():
        operation["done"] = True
    return shown


def field(cloud: Cloud, asked: Command) -> Doc:
    there(cloud.databases, asked["database"])
    name = f"projects/p/databases/d/collectionGroups/{asked['collection-group']}/fields/{asked.name}"
    if not cloud.operations.get(name, {"done": True}).get("done"):
        raise Refused("FAILED_PRECONDITION: another change of this field is under way.")
    cloud.operations[name] = {"name": f"projects/p/databases/d/operations/{len(cloud.operations)}"}
    return cloud.fields.setdefault(name, {"name": name, "indexConfig": {"indexes": [{"order": "ASCENDING"}]}})


def delete_database(cloud: Cloud, asked: Command) -> None:
    if there(cloud.databases, asked["database"])["deleteProtectionState"] != "DELETE_PROTECTION_DISABLED":
        raise Refused("FAILED_PRECONDITION: the database is protected against deletion.")
    del cloud.databases[asked["database"]]
    cloud.indexes.clear()
    cloud.fields.clear()
    cloud.operations.clear()


def queue(asked: Command) -> Doc:
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


def sweep_job(asked: Command) -> Doc:
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


def metric(asked: Command) -> Doc:
    defined: Doc = json.loads(Path(asked["config-from-file"]).read_text())
    return defined | {"createTime": "2026-01-01T00:00:00Z"}


def build(cloud: Cloud, asked: Command) -> None:
    given = dict(pair.split("=", 1) for pair in asked["substitutions"].split(","))
    builder = f"rowmill-build@{PROJECT}.iam.gserviceaccount.com"
    bucket = asked["gcs-source-staging-dir"].removesuffix("/source")
    member = f"serviceAccount:{builder}"
    if not cloud.allows("storage buckets", bucket, "roles/storage.objectViewer", member):
        raise Refused(f"{builder} does not have storage.objects.get access.")
    if not cloud.allows("artifacts repositories", "rowmill", "roles/artifactregistry.writer", member):
        raise Refused("denied: permission to push.")
    cloud.tags.add(given["_TAG"])


def remove_bucket(cloud: Cloud, asked: Command) -> None:
    there(cloud.buckets, asked.name.removeprefix("gs://"))
    del cloud.buckets[asked.name.removeprefix("gs://")]
    cloud.forget("storage buckets", asked.name)


def identity_token(cloud: Cloud, asked: Command) -> str:
    account = asked["impersonate-service-account"]
    who = {f"user:{DEPLOYER}", f"serviceAccount:rowmill-build@{PROJECT}.iam.gserviceaccount.com"}
    role = "roles/iam.serviceAccountOpenIdTokenCreator"
    if not any(cloud.allows("iam service-accounts", account, role, member) for member in who):
        raise Refused("PERMISSION_DENIED: iam.serviceAccounts.getOpenIdToken")
    if "include-email" not in asked.flags:
        raise Refused("the worker needs the account's address in the token.")
    return f"token:{account}:{asked['audiences']}"


def revisions(cloud: Cloud, asked: Command) -> list[Doc]:
    status = there(cloud.services, asked["service"])["status"]
    return [{"metadata": {"name": name}} for name in status["revisions"][: int(asked["limit"])]]


def update(shelf: str, make: Callable[[Command], Doc]) -> Callable[[Cloud, Command], Shown]:
    """What is paused stays paused."""

    def update(cloud: Cloud, asked: Command) -> None:
        doc = there(getattr(cloud, shelf), asked.name)
        doc.update(make(asked) | {"state": doc["state"]})

    return update
