"""Systems that heddle does not run on: nothing breaks on import, and the command says so."""

from __future__ import annotations

import subprocess
import sys

# As on Windows: the modules of Unix are not there. The standard library and the dependencies have
# been imported before, since they are what they are on this system.
_AS_ON_WINDOWS = """
import ctypes, fcntl, os, selectors, socket, subprocess, tempfile, threading, typing
import filelock, psutil, typer, typer.main
import heddle_supervisor
import pathlib, pkgutil, sys
for name in ("fcntl", "grp", "pwd", "resource", "termios"):
    sys.modules[name] = None
sys.platform = "win32"
for missing in ("fork", "setsid", "geteuid", "getuid", "memfd_create", "pidfd_open", "mkfifo"):
    if hasattr(os, missing):
        delattr(os, missing)
"""
_IMPORTS_ALL = """
modules = pkgutil.walk_packages(heddle_supervisor.__path__, "heddle_supervisor.")
names = [module.name for module in modules]
assert len(names) > 30, names
for name in names:
    if not name.endswith("__main__"):
        __import__(name)
for name in heddle_supervisor.__all__:
    getattr(heddle_supervisor, name)
"""
_RUNS = """
from heddle_supervisor.cli import main
sys.argv = ["heddle", "agent", "status"]
main()
"""


def run(script: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", _AS_ON_WINDOWS + script], check=False, capture_output=True, text=True
    )


def test_every_module_can_be_imported_where_unix_is_missing() -> None:
    done = run(_IMPORTS_ALL)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_on_windows_the_command_says_in_one_line_that_it_cannot_run() -> None:
    done = run(_RUNS)
    assert done.returncode == 1
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line == "heddle: Windows is not supported: heddle needs fork, flock and Unix sockets"
