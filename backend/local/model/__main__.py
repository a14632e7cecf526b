"""`python -m backend.local.model --port N`: the model stand-in as a program."""

from __future__ import annotations

import argparse
import gc

from backend.local import standin
from backend.local.model.app import ModelSettings, create_app
from backend.local.model.calls import parse_price
from backend.local.model.faults import ModelFaults, rule
from backend.local.model.limits import Allowance


def main() -> None:
    args = _parser().parse_args()
    app = create_app(settings(args))
    # Thousands of requests in flight are young objects that outlive many collections; with the usual
    # thresholds the collector would walk the ledger again and again.
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    standin.serve(app, args.host, args.port)


def _parser() -> argparse.ArgumentParser:
    parser = standin.arguments("model")
    usual = ModelSettings()
    parser.add_argument("--latency-ms", type=int, default=1000, help="how long an answer takes (1000)")
    parser.add_argument(
        "--jitter", type=float, default=0.2, help="0.2 spreads the latency over ± 20 %% (0.2)"
    )
    parser.add_argument("--seed", type=int, default=1, help="makes latency and chance repeatable (1)")
    parser.add_argument("--rpm", type=int, default=usual.allowance.requests, help="requests a minute")
    parser.add_argument("--tpm", type=int, default=usual.allowance.tokens, help="tokens a minute")
    parser.add_argument(
        "--price",
        action="append",
        type=parse_price,
        default=[],
        metavar="MODEL=PROMPT/COMPLETION",
        help="micro-dollars per million tokens, e.g. gpt-5-nano=50000/400000; * prices the rest",
    )
    parser.add_argument(
        "--fault",
        action="append",
        type=rule,
        default=[],
        metavar="JSON",
        help='a rule, e.g. \'{"fault": "server_error", "probability": 0.05}\'; may be given again',
    )
    return parser


def settings(args: argparse.Namespace) -> ModelSettings:
    """The command line as settings."""
    return ModelSettings(
        latency_ms=args.latency_ms,
        jitter=args.jitter,
        seed=args.seed,
        allowance=Allowance(args.rpm, args.tpm),
        prices=dict(args.price),
        faults=ModelFaults(seed=args.seed, rules=tuple(args.fault)),
    )


if __name__ == "__main__":
    main()
