"""Starts the workbench: `python -m backend.local.workbench --backend … --sheets … --identity … --tasks …`."""

from __future__ import annotations

from pathlib import Path

from backend.local.standin import arguments, serve
from backend.local.workbench.app import Surroundings, create_app

APPSSCRIPT = Path(__file__).resolve().parents[3] / "appsscript"


def main() -> None:
    parser = arguments("workbench")
    for name, meaning in {
        "backend": "address of the api, the only one that the sidebar's script may fetch from",
        "sheets": "address of the Sheets stand-in",
        "identity": "address of the identity stand-in",
        "tasks": "address of the Cloud Tasks stand-in, for the link to its console",
        "audience": "the script's client id: the audience of its ID tokens",
        "user": "e-mail of the person at the sheet",
    }.items():
        parser.add_argument(f"--{name}", required=True, help=meaning)
    parser.add_argument("--appsscript", type=Path, default=APPSSCRIPT, help="folder of the sidebar's files")
    asked = parser.parse_args()
    surroundings = Surroundings(
        backend=asked.backend.rstrip("/"),
        sheets=asked.sheets.rstrip("/"),
        identity=asked.identity.rstrip("/"),
        tasks=asked.tasks.rstrip("/"),
        audience=asked.audience,
        user=asked.user,
        appsscript=asked.appsscript,
        host=asked.host,
    )
    serve(create_app(surroundings), asked.host, asked.port)


if __name__ == "__main__":
    main()
