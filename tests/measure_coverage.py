"""Runs the test suite, and reports what all its processes together have run of heddle.

    python tests/measure_coverage.py DIRECTORY [argument of pytest …]

DIRECTORY gets the data and the report: index.html of html/, and report.json.
"""

from __future__ import annotations

import importlib
import json
import shutil
import signal
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import coverage

ROOT: Final = Path(__file__).parents[1]

PACKAGES: Final = ["heddle_client", "heddle_mcp", "heddle_supervisor", "heddle_worker"]

# They look at what a process has loaded, where the measuring shows up.
_NOT_FOR_THIS: Final = [
    "--ignore=tests/test_import_rules.py",
    "--deselect=tests/client/commands/test_review.py::test_a_review_loads_next_to_nothing",
    "--deselect=tests/worker/symbols/test_outlines.py"
    "::test_a_process_loads_nothing_that_only_the_worker_needs",
]


@contextmanager
def measured_interpreters(data: Path) -> Iterator[None]:
    """Let every interpreter of this environment that starts meanwhile measure itself."""
    # The last of all, since the others lead to where coverage is.
    start = Path(sysconfig.get_path("purelib"), "zzz_measuring.pth")
    support, configuration = ROOT / "tests" / "support", ROOT / "pyproject.toml"
    start.write_text(
        f"import sys; sys.path.append({str(support)!r}); import measuring; "
        f"measuring.begin({str(configuration)!r}, {str(data)!r})\n",
        encoding="utf-8",
    )
    try:
        yield
    finally:
        start.unlink()


def main(place: Path, arguments: list[str]) -> int:
    """Run the suite and report; return the exit status."""
    # Whoever ends this early must not leave an environment that goes on measuring.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    shutil.rmtree(place, ignore_errors=True)
    data = place / "data" / "coverage"
    data.parent.mkdir(parents=True)
    with measured_interpreters(data):
        suite = _run("pytest", *_NOT_FOR_THIS, *arguments)
    # A test that has failed does not make it senseless to see what was run.
    return report(place) or suite


def report(place: Path) -> int:
    """Combine what the processes have left, and report; return 0 if it is enough."""
    # Modules that nothing has imported are uncovered too; it finds those of packages that it knows.
    everything = coverage.Coverage(data_file=place / "data" / "coverage", data_suffix="everything")
    everything.start()
    for package in PACKAGES:
        importlib.import_module(package)
    everything.stop()
    everything.save()
    total = ["--data-file", str(place / "coverage")]
    combined = _run("coverage", "combine", "--quiet", *total, str(place / "data"))
    if combined:
        return combined
    shown = [*total, "--quiet", "--fail-under=0"]
    _run("coverage", "html", *shown, "-d", str(place / "html"))
    _run("coverage", "json", *shown, "-o", str(place / "report.json"))
    result = _run("coverage", "report", *total)
    print(rooms(json.loads((place / "report.json").read_text(encoding="utf-8"))["files"]))  # noqa: T201
    return result


def rooms(files: dict[str, Any]) -> str:
    """Return a table in Markdown of what coverage.py says of files, one line a directory."""
    counts: dict[str, list[int]] = {}
    for path, said in files.items():
        summary = said["summary"]
        count = counts.setdefault(str(Path(path).parent), [0, 0])
        count[0] += summary["covered_lines"] + summary["covered_branches"]
        count[1] += summary["num_statements"] + summary["num_branches"]
    lines = ["| room | lines and branches | covered |", "| --- | --- | --- |"]
    for room, (covered, every) in sorted(counts.items()):
        share = 100 * covered / every if every else 100.0
        lines.append(f"| `{room}/` | {every} | {share:.1f} % |")
    return "\n".join(lines)


def _run(program: str, *arguments: str) -> int:
    done = subprocess.run([sys.executable, "-m", program, *arguments], cwd=ROOT, check=False)
    return done.returncode


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).absolute(), sys.argv[2:]))
