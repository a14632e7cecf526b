"""`python -m backend.local.web --port N`: the stand-in web as a program."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from backend.local import standin
from backend.local.web.app import WebSettings, create_app
from backend.local.web.companies import Directory
from backend.local.web.faults import WebFaults, rule


def main() -> None:
    """Refuses to start on Cloud Run: pages made here must never pass for the real ones."""
    if "K_SERVICE" in os.environ:
        sys.exit("The stand-in web runs on one's own machine only, and K_SERVICE says this is Cloud Run.")
    args = _parser().parse_args()
    faults = WebFaults(seed=args.seed, rules=tuple(args.fault))
    settings = WebSettings(args.latency_ms, args.jitter, args.page_kb, faults)
    standin.serve(create_app(settings, args.companies), args.host, args.port)


def _directory(path: str) -> Directory:
    directory = Directory()
    try:
        directory.add_file(Path(path))
    except (OSError, UnicodeError) as error:
        raise argparse.ArgumentTypeError(f"{path} cannot be read: {error}") from error
    return directory


def _parser() -> argparse.ArgumentParser:
    parser = standin.arguments("web")
    parser.add_argument("--companies", type=_directory, metavar="FILE.csv", help="whose sites there are")
    parser.add_argument("--latency-ms", type=int, default=200, help="how long a page takes (200)")
    parser.add_argument("--jitter", type=float, default=0.2, help="0.2 spreads it over ± 20 %% (0.2)")
    parser.add_argument("--page-kb", type=int, default=40, help="how heavy a page is (40)")
    parser.add_argument("--seed", type=int, default=1, help="makes chance repeatable (1)")
    parser.add_argument(
        "--fault",
        action="append",
        type=rule,
        default=[],
        metavar="JSON",
        help='a rule, e.g. \'{"fault": "server_error", "probability": 0.01}\'; may be given again',
    )
    return parser


if __name__ == "__main__":
    main()
