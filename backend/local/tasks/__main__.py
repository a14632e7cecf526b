"""`python -m backend.local.tasks --port N --data DIR --identity URL` serves the tasks stand-in."""

from __future__ import annotations

import argparse
from pathlib import Path

from backend.local.standin import arguments, serve
from backend.local.tasks.app import NAMES_BLOCKED_S, create_app
from backend.local.tasks.timer import Timer


def main() -> None:
    options = _parser().parse_args()
    app = create_app(
        options.data,
        identity=options.identity,
        queues=dict(options.queue),
        timers=[_timer(*each) for each in options.every],
        names_blocked_s=options.names_blocked,
    )
    serve(app, options.host, options.port)


def _parser() -> argparse.ArgumentParser:
    parser = arguments("tasks")
    parser.add_argument("--data", type=Path, required=True, help="folder that keeps the tasks")
    parser.add_argument("--identity", metavar="URL", help="the identity stand-in, which signs OIDC tokens")
    parser.add_argument(
        "--queue",
        action="append",
        default=[],
        type=_queue,
        metavar="NAME:N",
        help="a queue by its full name and how many of its tasks run at once; may be given again",
    )
    parser.add_argument(
        "--every",
        action="append",
        default=[],
        nargs=4,
        metavar=("SECONDS", "URL", "SERVICE_ACCOUNT", "AUDIENCE"),
        help="post to an address on a timer, as Cloud Scheduler does; may be given again",
    )
    parser.add_argument(
        "--names-blocked",
        type=float,
        default=NAMES_BLOCKED_S,
        metavar="SECONDS",
        help="how long a used task name stays blocked",
    )
    return parser


def _queue(text: str) -> tuple[str, int]:
    name, _, concurrency = text.rpartition(":")
    if not name or not concurrency.isdigit() or int(concurrency) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME:N, such as projects/p/locations/l/queues/q:3")
    return name, int(concurrency)


def _timer(seconds: str, url: str, email: str, audience: str) -> Timer:
    if not float(seconds) > 0:
        raise SystemExit(f"--every {seconds}: the interval must be more than 0 seconds")
    return Timer(float(seconds), url, email, audience)


if __name__ == "__main__":
    main()
