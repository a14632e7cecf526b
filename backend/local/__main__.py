"""The commands behind `make run` and `make enrich`. Errors are sentences, never tracebacks."""

from __future__ import annotations

import argparse
import hashlib
import os
import signal
import sys
import threading
import time
from pathlib import Path

from backend.errors import RowmillError
from backend.local.enrich import EnrichWish, enrich
from backend.local.progress import Line
from backend.local.run import RunWish, run
from backend.local.stack import StackSettings


def main(arguments: list[str]) -> int:
    """Exit status: 0 done, 1 not everything ended, 2 the input cannot be used, 130 interrupted."""
    options = _parser().parse_args(arguments)
    if options.with_parent:
        _end_with_parent()
    # Set both: a shell that starts us in the background leaves Ctrl-C's signal ignored.
    signal.signal(signal.SIGINT, _interrupt)
    signal.signal(signal.SIGTERM, _interrupt)
    line = Line()
    try:
        return options.command(options, line)  # type: ignore[no-any-return]
    except RowmillError as error:
        line.end()
        print(f"Error: {error.message}", file=sys.stderr)
        return 2
    except OSError as error:  # a folder that is not ours to write in, a part that does not answer
        line.end()
        print(f"Error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        line.end()
        print("\nEnded. Run the same command again to carry on.", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="rowmill", description="Rowmill on one machine.")
    parser.add_argument("--with-parent", action="store_true", help="end when the starting process ends")
    commands = parser.add_subparsers(required=True)
    runs = commands.add_parser("run", help="start the stack with a sheet, and keep serving")
    runs.add_argument("--port", type=int, default=8080, help="of the workbench; the backend takes the next")
    runs.add_argument("--file", type=Path, help="a CSV or XLSX instead of the sample")
    runs.set_defaults(command=_run)
    enriches = commands.add_parser("enrich", help="run a file through the pipeline")
    enriches.add_argument("--in", dest="source", type=Path, required=True)
    enriches.add_argument("--out", dest="target", type=Path, required=True)
    enriches.add_argument("--report", type=Path)
    enriches.set_defaults(command=_enrich)
    for command in (runs, enriches):
        command.add_argument("--case", default="a", help="a: keywords and description, b: the website")
        command.add_argument("--data", type=Path, help="folder that keeps everything")
        command.add_argument("--sheet", help="which tab of a workbook")
        command.add_argument("--latency-ms", type=int, default=1_000, help="the offline model's answer time")
        command.add_argument("--web", choices=("standin", "live"), help="where websites come from")
    return parser


def _run(options: argparse.Namespace, line: Line) -> int:
    stack = StackSettings(
        data=(options.data or Path(".rowmill/run")).resolve(),
        workbench_port=options.port,
        backend_port=options.port + 1 if options.port else 0,
        latency_ms=options.latency_ms,
        web=options.web,
    )
    return run(RunWish(options.file, options.case, options.sheet, stack), dict(os.environ), line)


def _enrich(options: argparse.Namespace, line: Line) -> int:
    source = str(options.source.resolve())
    own = hashlib.sha256(f"{source} {options.case}".encode()).hexdigest()[:12]
    data = (options.data or Path(".rowmill/enrich") / own).resolve()
    stack = StackSettings(data=data, latency_ms=options.latency_ms, web=options.web, workbench=False)
    wish = EnrichWish(options.source, options.target, options.case, options.report, options.sheet, stack)
    return enrich(wish, dict(os.environ), line)


def _interrupt(_signal: int, _frame: object) -> None:
    raise KeyboardInterrupt


def _end_with_parent() -> None:
    """Under make, kill -9 of make must not leave a stack behind: its ports and files would stay taken."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="parent-watch", daemon=True).start()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
