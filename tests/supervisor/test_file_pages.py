"""Memory that a process has of files alone is given back, and is there again when it is read."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

_PROGRAM = """
import json, sys
import ssl, tarfile
from pathlib import Path
from heddle_supervisor.file_pages import give_back_file_pages

def clean():
    text = Path("/proc/self/smaps_rollup").read_text()
    return sum(int(line.split()[1]) for line in text.splitlines() if "_Clean:" in line)

before = clean()
give_back_file_pages()
after = clean()
import hashlib, decimal
digest = hashlib.sha256(str(decimal.Decimal(1) / 3).encode()).hexdigest()
print(json.dumps({"before": before, "after": after, "digest": digest}))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="it reads /proc")
def test_pages_of_files_are_given_back_and_found_again() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM], check=True, capture_output=True, text=True
    )
    outcome = json.loads(done.stdout)
    assert outcome["after"] < outcome["before"] / 2
    assert outcome["digest"].startswith("c2e6dd")
