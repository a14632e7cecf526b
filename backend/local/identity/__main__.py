"""`python -m backend.local.identity --port N --data DIR` serves the identity stand-in."""

from __future__ import annotations

from pathlib import Path

from backend.local.identity.app import create_app
from backend.local.standin import arguments, serve


def main() -> None:
    parser = arguments("identity")
    parser.add_argument("--data", type=Path, required=True, help="folder that keeps the keys")
    options = parser.parse_args()
    serve(create_app(options.data), options.host, options.port)


if __name__ == "__main__":
    main()
