"""Completion, as the shells themselves do it: their functions are driven, not only printed."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from command_bench import CommandBench, command_bench
from heddle_daemon import HEDDLE

pytestmark = pytest.mark.xdist_group("txn-commands")

# Does what bash does when the tabulator key is pressed behind the words.
_BASH = """
source <(heddle completion bash)
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
$(complete -p heddle | sed 's/.*-F \\([^ ]*\\) .*/\\1/') heddle "${COMP_WORDS[COMP_CWORD]}"
(( ${#COMPREPLY[@]} )) && printf '%s\\n' "${COMPREPLY[@]}" || echo FILES
"""
# `compadd` is what the function tells zsh of its finds by, in the end.
_ZSH = """
compdef() { : }
_describe() { print -l -- ${(P)2} }
_files() { print FILES }
source <(heddle completion zsh)
words=("$@")
CURRENT=$#
_heddle
"""
_FISH = """
heddle completion fish | source
complete -C "$argv"
"""


@pytest.fixture(scope="module")
def bench() -> Iterator[CommandBench]:
    with command_bench(start=False) as made:
        yield made


def environment(bench: CommandBench) -> dict[str, str]:
    path = os.pathsep.join([str(HEDDLE.parent), bench.daemon.environment["PATH"]])
    return {**bench.daemon.environment, "PATH": path}


def shell(bench: CommandBench, *command: str) -> list[str]:
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed")
    done = subprocess.run(
        command,
        cwd=bench.root,
        env=environment(bench),
        capture_output=True,
        text=True,
        check=True,
        stdin=subprocess.DEVNULL,
    )
    assert done.stderr == ""
    return done.stdout.splitlines()


def words(bench: CommandBench, *typed: str) -> dict[str, str]:
    """Return what the scripts are told, with the help of each."""
    printed = bench.heddle("completion", "words", "--", *typed).expect(0).stdout
    found = (line.partition("\t") for line in printed.splitlines() if line)
    return {word: text for word, _, text in found}


def test_commands_options_and_values_are_found(bench: CommandBench) -> None:
    assert {"agent", "doctor", "log", "txn"} <= set(words(bench, ""))
    assert list(words(bench, "txn", "co")) == ["commit"]
    assert words(bench, "agent", "st") == {
        "status": "Say whether the daemon runs, and what it...",
        "stop": "Stop the daemon of a repository.",
    }
    assert {"--follow", "--since", "--json"} <= set(words(bench, "log", "--"))
    assert list(words(bench, "--output", "j")) == ["json"]
    assert list(words(bench, "--output=j")) == ["--output=json"]
    assert list(words(bench, "--output", "=", "j")) == ["json"]
    assert list(words(bench, "completion", "")) == ["bash", "zsh", "fish", "words"]
    # Here a shell offers files.
    assert words(bench, "agent", "stop", "--repo", "") == {}
    assert words(bench, "no-such-command", "x") == {}


def test_transactions_are_found_by_what_they_keep(bench: CommandBench) -> None:
    for transaction, name in (("aaaa", "begin"), ("bbbb", "begin"), ("bbbb", "aborted")):
        commit = bench.repository.git("commit-tree", "-m", f"for {transaction}", "HEAD^{tree}")
        ref = f"refs/heddle/transactions/{transaction}/{name}"
        bench.repository.git("update-ref", ref, commit)
    (active,) = words(bench, "txn", "abort", "").items()
    assert active[0] == "aaaa"
    assert active[1].endswith("for aaaa")
    assert list(words(bench, "txn", "undo", "b")) == ["bbbb"]
    assert words(bench, "txn", "undo", "a") == {}
    assert not bench.daemon.config.pid_path.exists()


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        (["agent", "sto"], ["stop"]),
        (["--output", "=", "t"], ["text"]),
        (["agent", "stop", "--repo", ""], ["FILES"]),
    ],
)
def test_bash_completes(bench: CommandBench, typed: list[str], wanted: list[str]) -> None:
    assert shell(bench, "bash", "--norc", "-c", _BASH, "bash", "heddle", *typed) == wanted


def test_zsh_completes(bench: CommandBench) -> None:
    def completed(*typed: str) -> list[str]:
        return shell(bench, "zsh", "-f", "-c", _ZSH, "zsh", "heddle", *typed)

    assert completed("agent", "sto") == ["stop:Stop the daemon of a repository."]
    assert completed("--output=j") == ["--output=json:"]
    assert completed("agent", "stop", "--repo", "") == ["FILES"]


def test_fish_completes(bench: CommandBench) -> None:
    def completed(line: str) -> list[str]:
        return shell(bench, "fish", "--no-config", "-c", _FISH, line)

    assert completed("heddle agent sto") == ["stop\tStop the daemon of a repository."]
    assert completed("heddle --output=j") == ["--output=json"]
    (Path(bench.root) / "some file").touch()
    assert completed("heddle agent stop --repo so") == ["some file"]
