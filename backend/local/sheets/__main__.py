"""Starts the Sheets stand-in."""

from __future__ import annotations

from pathlib import Path

from backend.local import standin
from backend.local.sheets import create_app


def main() -> None:
    parser = standin.arguments("sheets")
    parser.add_argument("--data", type=Path, required=True, help="folder that holds the workbooks")
    parser.add_argument("--identity", help="the identity stand-in, e.g. http://127.0.0.1:8085")
    chosen = parser.parse_args()
    standin.serve(create_app(chosen.data, chosen.identity), chosen.host, chosen.port)


if __name__ == "__main__":
    main()
