"""A Google Cloud project in memory: answers `gcloud` as far as infra/ uses it, and refuses like the real one.

It keeps resources in the shapes of Google's APIs, so that `--format` and `--filter` mean what they do there.
What is not there cannot be granted, mounted or deleted; what is there cannot be created again; an API that is
off answers nothing. Its organisation has the policies that new ones have. Every call is recorded.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

PROJECT = "acme-sheets"
NUMBER = "123456789012"
DEPLOYER = "operator@acme.example"

Doc = dict[str, Any]


class Refused(Exception):
    """The command fails with this message on standard error."""


@dataclass(frozen=True)
class Call:
    """One command as it was given."""

    argv: tuple[str, ...]
    words: tuple[str, ...]
    changes: bool
    stdin: str


@dataclass
class Command:
    """A command's arguments: positional ones and flags, the last one of a name winning."""

    words: tuple[str, ...]
    names: list[str]
    flags: dict[str, str]
    configs: list[str]
    stdin: str

    @property
    def name(self) -> str:
        return self.names[0]

    def __getitem__(self, flag: str) -> str:
        if flag not in self.flags:
            raise Refused(f"argument --{flag}: Must be specified.")
        return self.flags[flag]


@dataclass
class Cloud:
    """The project. `fail` decides whether a call that changes something breaks, and how."""

    apis: set[str] = field(default_factory=set)
    accounts: dict[str, Doc] = field(default_factory=dict)
    policies: dict[str, set[tuple[str, str]]] = field(default_factory=dict)
    secrets: dict[str, list[str]] = field(default_factory=dict)
    databases: dict[str, Doc] = field(default_factory=dict)
    indexes: list[Doc] = field(default_factory=list)
    fields: dict[str, Doc] = field(default_factory=dict)
    #: Changes of the database that are under way, by the field or index that they change.
    operations: dict[str, Doc] = field(default_factory=dict)
    queues: dict[str, Doc] = field(default_factory=dict)
    repositories: dict[str, Doc] = field(default_factory=dict)
    buckets: dict[str, Doc] = field(default_factory=dict)
    tags: set[str] = field(default_factory=set)
    services: dict[str, Doc] = field(default_factory=dict)
    jobs: dict[str, Doc] = field(default_factory=dict)
    metrics: dict[str, Doc] = field(default_factory=dict)
    #: Google knows a new account everywhere only after a while: so many grants to it are refused.
    accounts_are_unknown_for: int = 0
    unknown_for: dict[str, int] = field(default_factory=dict)
    refused_audiences: list[str] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    #: "before" breaks the call, "after" breaks only its answer.
    fail: Callable[[Call], str | None] = lambda _call: None

    def changes(self) -> list[Call]:
        return [call for call in self.calls if call.changes]

    def inventory(self) -> dict[str, Any]:
        """What a teardown has to remove, by kind, without what is empty."""
        kinds = "accounts secrets databases indexes fields queues repositories buckets services jobs metrics"
        found = {kind: sorted(map(str, getattr(self, kind))) for kind in kinds.split()}
        found["grants"] = sorted(
            f"{where} {role} {member}" for where, held in self.policies.items() for role, member in held
        )
        return {kind: names for kind, names in found.items() if names}

    def resource_exists(self, kind: str, name: str) -> bool:
        shelves: dict[str, Collection[str]] = {
            "projects": {PROJECT},
            "iam service-accounts": self.accounts,
            "tasks queues": self.queues,
            "secrets": self.secrets,
            "artifacts repositories": self.repositories,
            "storage buckets": {f"gs://{bucket}" for bucket in self.buckets},
            "run services": self.services,
        }
        return name in shelves[kind]

    def allows(self, kind: str, name: str, role: str, member: str) -> bool:
        return (role, member) in self.policies.get(f"{kind}:{name}", set())

    def forget(self, kind: str, name: str) -> None:
        """A resource takes its policy with it."""
        self.policies.pop(f"{kind}:{name}", None)

    def image_exists(self, image: str) -> bool:
        path, _, tag = image.rpartition(":")
        repository = path.removesuffix("/rowmill").rpartition("/")[2]
        return repository in self.repositories and tag in self.tags


class BreaksOnce:
    """Each kind of changing command breaks once, by turns before it did its work and after it.

    With `EVERY_STEP` set each single one does, whatever its kind: some minutes.
    """

    def __init__(self) -> None:
        self.broken = set[tuple[str, ...]]()

    @staticmethod
    def step(call: Call) -> tuple[str, ...]:
        if not os.environ.get("EVERY_STEP"):
            return call.words
        # Two projects have their checkouts in two places.
        return tuple(re.sub(r"/\S*/checkout/", "", word) for word in call.argv)

    def __call__(self, call: Call) -> str | None:
        if self.step(call) in self.broken:
            return None
        self.broken.add(self.step(call))
        return "before" if len(self.broken) % 2 else "after"


# ── --format, --filter and --flatten ───────────────────────────────────────────────────────────────


def look_up(doc: Any, path: str) -> Any:
    for part in path.split("."):
        doc = doc.get(part) if isinstance(doc, dict) else None
    return doc


def projected(docs: list[Doc], expression: str) -> Iterator[str]:
    """`value(a.b, c.basename())` as tab-separated lines."""
    keys = [key.strip() for key in expression.removeprefix("value(").removesuffix(")").split(",")]
    for doc in docs:
        values = []
        for key in keys:
            value = look_up(doc, key.removesuffix(".basename()"))
            text = "" if value is None else ";".join(value) if isinstance(value, list) else str(value)
            values.append(text.rpartition("/")[2] if key.endswith(".basename()") else text)
        yield "\t".join(values)


def filtered(docs: list[Doc], expression: str) -> list[Doc]:
    """`key=value` or `key!=value`."""
    matched = re.fullmatch(r"([\w.]+)(!?=)(\S+)", expression)
    if not matched:
        raise Refused(f"unknown filter {expression}")
    key, operator, wanted = matched.groups()
    return [doc for doc in docs if (str(look_up(doc, key)) == wanted) == (operator == "=")]


def flattened(docs: list[Doc], path: str) -> list[Doc]:
    """`bindings[].members`: one document for each member of each binding."""
    if path != "bindings[].members":
        raise Refused(f"unknown flatten {path}")
    return [
        {"bindings": {"role": binding["role"], "members": member}}
        for doc in docs
        for binding in doc["bindings"]
        for member in binding["members"]
    ]
