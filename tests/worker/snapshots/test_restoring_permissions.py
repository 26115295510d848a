"""Files and directories that come back are as open as the worktree's others, whoever restores."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from snapshot_bench import Bench


def permissions(path: Path) -> str:
    return f"{stat.S_IMODE(path.stat().st_mode):04o}"


@pytest.mark.parametrize(("shared", "wanted"), [("umask", "4"), ("group", "6")])
def test_what_was_deleted_comes_back_as_open_as_it_was(
    tmp_path: Path, shared: str, wanted: str
) -> None:
    bench = Bench.init(tmp_path / "r", f"--shared={shared}")
    (bench.root / "d").mkdir()
    script = bench.write("d/script", "run\n")
    script.chmod(0o755)
    bench.write("plain", "text\n")
    bench.commit()
    begin = bench.take()
    script.unlink()
    (bench.root / "d").rmdir()
    (bench.root / "plain").unlink()
    before = os.umask(0o077)
    try:
        bench.go_back(begin)
    finally:
        os.umask(before)
    assert permissions(bench.root / "plain") == f"06{wanted}4"
    assert permissions(script) == f"07{int(wanted) + 1}5"
    assert permissions(bench.root / "d") == f"07{int(wanted) + 1}5"
    assert permissions(bench.git_dir / "index") == f"06{wanted}4"
