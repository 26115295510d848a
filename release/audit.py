"""What is installed with heddle: the list of it, whether anything is known to be unsafe, licences.

`python release/audit.py` installs the project into an environment of its own. The list is left in
`dist/sbom.cdx.json`, in CycloneDX's format. It needs the network, and fails where a package could
not be looked up.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

PROJECT: Final = Path(__file__).parents[1]
SBOM: Final = PROJECT / "dist" / "sbom.cdx.json"


def main() -> int:
    """Do all of it; return 1 when anything is wrong, having said what."""
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
        # Strict: a package that was not found is no package without a known flaw.
        audit = ("--strict", "--no-deps", "--disable-pip", "--progress-spinner", "off")
        checks = [
            attempt("-m", "pip_audit", *audit, "--requirement", frozen),
            attempt(PROJECT / "release" / "licences.py", python),
        ]
    if not any(checks):
        print(f"the list of what is installed is {SBOM.relative_to(PROJECT)}")
    return 1 if any(checks) else 0


def run(module: str, *words: str | Path, stdout: int | None = None) -> bytes:
    """Run a module that has to succeed; return what it prints, if that is wanted."""
    done = subprocess.run([sys.executable, "-m", module, *words], check=False, stdout=stdout)
    if done.returncode != 0:
        sys.exit(f"error: {module} ended with {done.returncode}; is there a network?")
    return done.stdout or b""


def attempt(*words: str | Path) -> int:
    """Run Python with these words; return the exit status."""
    return subprocess.run([sys.executable, *words], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
