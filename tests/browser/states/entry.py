"""The way in, step by step."""

from __future__ import annotations

from collections.abc import Callable

from tests.browser.bench import Bench
from tests.browser.states.setting import PROBLEM, States, put

ACCOUNT = "rowmill-sheets@example-project.iam.gserviceaccount.com"


def phase(name: str, script: str = "") -> Callable[[Bench], None]:
    def bring_about(desk: Bench) -> None:
        put(
            desk,
            f"change({{ phase: '{name}', serviceAccount: account, problem }}); {script}",
            account=ACCOUNT,
            problem=PROBLEM,
        )

    return bring_about


def several_accounts(desk: Bench) -> None:
    put(desk, "change({ phase: 'opening', slow: true });")


ENTRY: States = {
    "entry-opening": phase("opening"),
    "entry-several-accounts": several_accounts,
    "entry-connect": phase("connect"),
    "entry-connect-wrong": phase(
        "connect",
        "change({ typedAddress: 'http://rowmill.example',"
        " trouble: { connect: { code: 'address', detail: 'The address has to begin with https://.' } } });",
    ),
    "entry-introduce": phase("introduce"),
    "entry-share": phase("share"),
    "entry-share-by-hand": phase("share", "change({ byHand: true, notYet: true });"),
    "entry-proving": phase("proving"),
    "entry-problem": phase("problem"),
}
