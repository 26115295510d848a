"""Git's output as it comes."""

from __future__ import annotations

import subprocess
from pathlib import Path


def git_bytes(root: Path, *arguments: str) -> bytes:
    """Run git in a directory; return what it prints."""
    return subprocess.run(
        ["git", "-C", str(root), *arguments], check=True, stdout=subprocess.PIPE
    ).stdout
