"""What is installed with heddle: the list of it, whether anything is known to be unsafe, licences.

`python release/audit.py` installs the project into an environment of its own. The list is left in
`dist/sbom.cdx.json`, in CycloneDX's format. It needs the network.

Exit codes: 0 nothing is known against any package; 1 something is, or a step has failed; 2 there
were packages that the database of known flaws could not be asked about, and nothing else is wrong.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

PROJECT: Final = Path(__file__).parents[1]
SBOM: Final = PROJECT / "dist" / "sbom.cdx.json"
WRONG: Final = 1
NOT_ASKED: Final = 2


def main() -> int:
    """Do all of it; return the exit code, having said why."""
    with tempfile.TemporaryDirectory() as directory:
        environment = Path(directory, "environment")
        run("venv", "--without-pip", environment)
        python = environment / "bin" / "python"
        run("pip", "--python", python, "install", "--quiet", PROJECT)
        SBOM.parent.mkdir(exist_ok=True)
        options = ("--output-reproducible", "--validate", "--pyproject", PROJECT / "pyproject.toml")
        run("cyclonedx_py", "environment", *options, "--output-file", SBOM, python)
        frozen = Path(directory, "requirements.txt")
        frozen.write_bytes(
            run("pip", "--python", python, "freeze", "--exclude", "heddle", stdout=subprocess.PIPE)
        )
        licences = subprocess.run(
            [sys.executable, PROJECT / "release" / "licences.py", python], check=False
        )
        flaws = known_flaws(frozen)
    print(f"the list of what is installed is {SBOM.relative_to(PROJECT)}")
    return WRONG if licences.returncode != 0 else flaws


def known_flaws(requirements: Path) -> int:
    """Say what is known against the packages of a file of requirements; return the exit code."""
    report = requirements.with_name("flaws.json")
    options = ("--no-deps", "--disable-pip", "--progress-spinner", "off", "--format", "json")
    done = subprocess.run(
        [sys.executable, "-m", "pip_audit", *options, "-o", report, "--requirement", requirements],
        check=False,
        capture_output=True,
        text=True,
    )
    if not report.exists():
        *_, said = done.stderr.strip().splitlines() or ["it says nothing"]
        print(f"error: the database of known flaws cannot be reached: {said}", file=sys.stderr)
        return NOT_ASKED
    packages = json.loads(report.read_text("utf-8"))["dependencies"]
    flaws = [f"{one['name']}: {flaw['id']}" for one in packages for flaw in one.get("vulns", ())]
    # A package that was not found is no package without a known flaw.
    unknown = [one["name"] for one in packages if "skip_reason" in one]
    if flaws:
        print("error: known flaws:", *flaws, sep="\n  ", file=sys.stderr)
    if unknown:
        print(
            f"error: the database of known flaws cannot be reached, or does not know "
            f"{len(unknown)} of {len(packages)} packages, the first of them {unknown[0]}",
            file=sys.stderr,
        )
    return WRONG if flaws else NOT_ASKED if unknown else 0


def run(module: str, *words: str | Path, stdout: int | None = None) -> bytes:
    """Run a module that has to succeed; return what it prints, if that is wanted."""
    done = subprocess.run([sys.executable, "-m", module, *words], check=False, stdout=stdout)
    if done.returncode != 0:
        sys.exit(f"error: {module} ended with {done.returncode}; is there a network?")
    return done.stdout or b""


if __name__ == "__main__":
    sys.exit(main())
