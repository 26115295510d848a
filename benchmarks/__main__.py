"""`python -m benchmarks NAME`: run one benchmark, or `all`, and print the figures.

Exits with 0 when every bar is met, 1 when one is missed and 2 when it could not be measured; with
`all`, 2 when one of them could not. What a benchmark leaves out for want of a program is named.
"""

from __future__ import annotations

import argparse
import importlib
import json
import signal
import sys
from pathlib import Path
from typing import Any, Final, Protocol, cast

from benchmarks import suite
from benchmarks.document import as_document, write_document
from benchmarks.machine import machine_facts
from benchmarks.report import BenchmarkError, Options, Report, as_json, as_table

_ALL: Final = "all"

BENCHMARKS: Final = {
    "client": "the client library beside the generated stubs, on the same channel",
    "discussions": "finding discussions, among a hundred and among a hundred thousand",
    "endurance": "hundreds of kills, reloads and upgrades under load; stopped processes",
    "following": "followers of the operation log: delivery, and what they cost the others",
    "hooks": "commits through the shims, and events to subscribers and back",
    "lifecycle": "start, status, stop, failover and the idle cost of the daemon",
    "peers": "other supervisors with the same worker, beside heddle",
    "review": "reviews of states: cold, warm, seen before; the memory that they leave",
    "snapshots": "snapshots of a worktree with 50,000 files, beside git status and git stash",
    "store": "durable writes, queries and followers, at a thousand operations and at a million",
    "symbols": "symbols beside universal-ctags, outlines beside the bare parse",
    "transactions": "a command that fails in a transaction, in a worktree with 50,000 files",
    "transport": "the asyncio gRPC server beside the threaded one",
}
"""Names and what they measure; `benchmarks.NAME` is the module of each."""


class Benchmark(Protocol):
    """What a benchmark's module offers."""

    def run(self, options: Options) -> Report:
        """Measure and return the figures."""


def main(arguments: list[str] | None = None) -> int:
    """Run the benchmark that the command line names and return the exit status."""
    parsed = _parser().parse_args(arguments)
    if parsed.list:
        for name, summary in BENCHMARKS.items():
            print(f"{name:<12} {summary}")
        return 0
    # An exit, unlike a death by the signal, ends what the benchmark has started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    options = Options(quick=parsed.quick)
    if parsed.name == _ALL:
        return _run_all(options, parsed.json, parsed.output)
    return _run_one(parsed.name, options, parsed.json, parsed.output)


def _run_one(name: str, options: Options, wants_json: bool, output: Path | None) -> int:
    benchmark = cast(Benchmark, importlib.import_module(f"benchmarks.{name}"))
    try:
        report = benchmark.run(options)
    except BenchmarkError as error:
        print(f"benchmarks: {name}: {error}", file=sys.stderr)
        return 2
    body = as_json(report)
    head = {"benchmark": name, "quick": options.quick, "machine": machine_facts()}
    if output is not None:
        write_document(output, head | body)
    print(json.dumps(head | body, indent=2) if wants_json else as_table(body))
    return 0 if report.met else 1


def _run_all(options: Options, wants_json: bool, output: Path | None) -> int:
    def keep(document: dict[str, Any]) -> None:
        if output is not None:
            write_document(output, document)

    document = suite.run_all(BENCHMARKS, options, keep)
    if wants_json:
        print(as_document(document), end="")
    else:
        for outcome in document["benchmarks"]:
            print(f"# {outcome['benchmark']}\n")
            is_measured = "error" not in outcome
            print(as_table(outcome) if is_measured else f"NOT MEASURED: {outcome['error']}")
            print()
    return suite.status(document)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    subject = parser.add_mutually_exclusive_group(required=True)
    names = (*BENCHMARKS, _ALL)
    subject.add_argument("name", nargs="?", choices=names, help="the benchmark to run, or all")
    subject.add_argument("--list", action="store_true", help="list the benchmarks and exit")
    parser.add_argument("--json", action="store_true", help="print one JSON object, not a table")
    parser.add_argument("--output", type=Path, metavar="FILE", help="also keep the JSON in a file")
    parser.add_argument("--quick", action="store_true", help="take few samples: a smoke test")
    return parser


if __name__ == "__main__":
    sys.exit(main())
