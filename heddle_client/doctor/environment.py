"""Checks of what is installed, and of the system's limits. They need no repository."""

from __future__ import annotations

import importlib.metadata
import platform
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from heddle_client.doctor.finding import Finding, failure, ok, warning
from heddle_client.git_command import GitError, git
from heddle_client.visible import visible
from heddle_supervisor.version import __version__

_PYTHON_MIN: Final = (3, 11)
# Snapshots ask git to write their objects to the disk for good (`core.fsync`).
_GIT_MIN: Final = (2, 36)
_REQUIREMENT: Final = re.compile(r"([A-Za-z0-9._-]+)\s*([^;]*)(?:;(.*))?")
_BOUND: Final = re.compile(r"(>=|<|==)\s*([0-9][0-9.]*)")
_OPEN_FILES_MIN: Final = 1_024
_INOTIFY: Final = Path("/proc/sys/fs/inotify")
_INOTIFY_MIN: Final = {"max_user_watches": 8_192, "max_user_instances": 64}


def check_python() -> Iterator[Finding]:
    """Is this interpreter new enough, and on a system that is supported?"""
    name = f"{platform.python_implementation()} {platform.python_version()} on {sys.platform}"
    if sys.version_info < _PYTHON_MIN:
        yield failure("python", name, "install Python 3.11 or newer")
    elif sys.platform not in {"linux", "darwin"}:
        yield warning("python", name, "heddle is tested on Linux, and made for macOS too")
    else:
        yield ok("python", f"{name}, {visible(sys.executable)}")


def check_packages() -> Iterator[Finding]:
    """Are the packages that heddle needs there, in versions that it can work with?"""
    try:
        required = importlib.metadata.requires("heddle") or []
        installed = importlib.metadata.version("heddle")
    except importlib.metadata.PackageNotFoundError:
        yield warning("packages", f"heddle {__version__} runs from its source, not installed")
        return
    wrong = [problem for line in required if (problem := _problem_of(line))]
    if wrong:
        yield failure(
            "packages",
            f"heddle {__version__}: {'; '.join(wrong)}",
            f"run `{visible(sys.executable)} -m pip install --upgrade heddle`",
        )
    elif installed != __version__:
        yield warning(
            "packages",
            f"heddle {__version__} is loaded, but its installation says {installed}",
            "install heddle again",
        )
    else:
        yield ok("packages", f"heddle {__version__} and all that it needs")


def _problem_of(requirement: str) -> str:
    """Return what is wrong with a required package; empty when it is there and fits."""
    found = _REQUIREMENT.match(requirement)
    if found is None:
        return ""
    name, bounds, marker = found.groups()
    if marker and ("extra" in marker or sys.platform not in marker):
        return ""
    try:
        version = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return f"{name} is missing"
    for sign, bound in _BOUND.findall(bounds):
        have, want = _numbers(version), _numbers(bound)
        if not {">=": have >= want, "<": have < want, "==": have == want}[sign]:
            return f"{name} is {version}, and has to be {sign}{bound}"
    return ""


def _numbers(version: str) -> tuple[int, ...]:
    """Return the leading numbers of a version, without zeros at their end."""
    numbers = [int(part) for part in re.match(r"[0-9.]*", version)[0].split(".") if part]  # type: ignore[index]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)


def check_git() -> Iterator[Finding]:
    """Is git there, and new enough?"""
    try:
        told = git(Path("/"), "--version").decode(errors="replace").strip()
    except GitError as error:
        yield failure("git", str(error), "install git")
        return
    shown = visible(told)
    if _numbers(told.removeprefix("git version ")) < _GIT_MIN:
        wanted = ".".join(map(str, _GIT_MIN))
        yield warning(
            "git", shown, f"install git {wanted} or newer: older ones do not sync objects"
        )
    else:
        yield ok("git", shown)


def check_open_files() -> Iterator[Finding]:
    """May a process have as many files open as a worker may have clients?"""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= _OPEN_FILES_MIN:
        shown = "unlimited" if soft == resource.RLIM_INFINITY else f"{soft:,}"
        yield ok("open files", f"a process may have {shown}")
        return
    remedy = f"run `ulimit -n {_OPEN_FILES_MIN}` before `heddle agent serve`"
    if hard != resource.RLIM_INFINITY and hard < _OPEN_FILES_MIN:
        remedy = f"raise the hard limit, {hard}, for this user"
    yield warning("open files", f"a process may have {soft} only", remedy)


def check_inotify() -> Iterator[Finding]:
    """May this user watch as many directories as a worktree has?"""
    if sys.platform != "linux":
        return
    low = []
    for name, least in _INOTIFY_MIN.items():
        try:
            allowed = int((_INOTIFY / name).read_text(encoding="ascii"))
        except (OSError, ValueError):
            yield warning("inotify", "the kernel does not say what it allows")
            return
        if allowed < least:
            low.append((name, allowed, least))
    if low:
        yield warning(
            "inotify",
            ", ".join(f"fs.inotify.{name} is {allowed}" for name, allowed, _least in low)
            + ": worktrees are looked at from time to time instead of being watched",
            "; ".join(f"run `sysctl fs.inotify.{name}={least}`" for name, _is, least in low),
        )
    else:
        yield ok("inotify", "directories can be watched")
