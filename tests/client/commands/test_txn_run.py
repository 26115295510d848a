"""`heddle txn run`: what a failed command did is gone, whatever it did and however it ended."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from command_bench import CommandBench, command_bench
from heddle_daemon import HEDDLE, Outcome
from waiting import wait_until

pytestmark = pytest.mark.xdist_group("txn-commands")

# In each, `ready` appears when the command runs.
_WAITS = "import pathlib, time; pathlib.Path('ready').touch(); time.sleep(100)"
_CATCHES = f"""
import signal, sys
def stop(number, frame):
    print("caught", number, flush=True)
    sys.exit(7)
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, stop)
{_WAITS}
"""


@pytest.fixture
def bench(served: CommandBench) -> Iterator[CommandBench]:
    yield served
    served.repository.git("reset", "--quiet", "--hard", "main")
    served.repository.git("clean", "--quiet", "-d", "--force")


def run(bench: CommandBench, *words: str) -> Outcome:
    return bench.heddle("txn", "run", *words)


def started(bench: CommandBench, *words: str) -> subprocess.Popen[str]:
    """Start a command in a transaction; return when it runs."""
    process = bench.daemon.popen("txn", "run", *words)
    wait_until((bench.root / "ready").exists, "the command runs")
    return process


def state(bench: CommandBench) -> str:
    """Return what has become of the latest transaction."""
    listed = bench.heddle("txn", "list", "--json").expect(0).body()["transactions"]
    return str(max(listed, key=lambda each: each["started_at"])["state"])


def test_all_that_a_failed_command_did_is_taken_back(bench: CommandBench) -> None:
    (bench.root / "untracked").write_text("mine\n")
    (bench.root / "b").write_text("staged\n")
    bench.repository.git("add", "b")
    (bench.root / "b").write_text("not staged\n")
    before = bench.view()
    script = """
        git stash --quiet && git switch --quiet -c topic && rm a untracked; ln -s b link
        echo committed > b && git add b && git commit --quiet -m within && echo more > b
        chmod +x b; mkdir d && echo x > d/y; exit 3
    """
    outcome = run(bench, "sh", "-c", script).expect(3)
    assert outcome.stdout == ""
    told = outcome.complaint()
    assert told.startswith("took back ")
    assert ", the index, HEAD; get it again with `heddle txn undo " in told
    assert bench.view() == before
    bench.heddle(*told.split("`")[1].split()[1:]).expect(0)
    assert (bench.root / "d" / "y").read_text() == "x\n"
    assert bench.repository.git("symbolic-ref", "--short", "HEAD") == "topic"
    bench.repository.git("switch", "--quiet", "--force", "main")


def test_what_a_successful_command_did_stays(bench: CommandBench) -> None:
    script = 'echo "$HEDDLE_TRANSACTION_ID"; echo edited > a'
    outcome = run(bench, "-m", "edit", "--", "sh", "-c", script).expect(0)
    assert outcome.stderr == ""
    listed = bench.heddle("txn", "list", "--json", "-n", "100").body()["transactions"]
    (found,) = [each for each in listed if each["transaction_id"] == outcome.stdout.strip()]
    assert (found["state"], found["message"]) == ("committed", "edit")
    assert (bench.root / "a").read_text() == "edited\n"


def test_the_terminal_and_the_options_are_the_commands_own(bench: CommandBench) -> None:
    process = subprocess.run(
        [HEDDLE, "txn", "run", "cat", "-n", "-"],
        cwd=bench.root,
        env=bench.daemon.environment,
        input="hello\n",
        capture_output=True,
        text=True,
        check=True,
    )
    assert process.stdout == "     1\thello\n"


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["no-such-command"], 127, "no-such-command: command not found"),
        (["./a"], 126, "./a is not executable"),
        (["./.git"], 126, "./.git is a directory"),
    ],
)
def test_what_cannot_be_run_begins_nothing(
    bench: CommandBench, words: list[str], code: int, says: str
) -> None:
    begun = len(bench.repository.git("for-each-ref", "refs/heddle").splitlines())
    assert run(bench, *words).expect(code).complaint() == says
    assert len(bench.repository.git("for-each-ref", "refs/heddle").splitlines()) == begun


def test_what_turns_out_to_be_no_program_is_told_of(bench: CommandBench) -> None:
    script = bench.root / "script"
    script.write_bytes(b"\x7fELF\0 not")
    script.chmod(0o755)
    outcome = run(bench, "--json", "./script").expect(126)
    told = json.loads(outcome.stderr)
    assert told["state"] == "aborted"
    assert told["message"].startswith("./script: Exec format error; took back nothing")


def test_a_signal_that_ends_the_command_is_in_the_exit_code(bench: CommandBench) -> None:
    outcome = run(bench, "sh", "-c", "echo x > a; kill -9 $$").expect(137)
    assert "took back 1 file (1 changed)" in outcome.complaint()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_is_passed_on_to_the_command(bench: CommandBench, number: signal.Signals) -> None:
    process = started(bench, sys.executable, "-c", _CATCHES)
    process.send_signal(number)
    stdout, stderr = process.communicate(timeout=60)
    assert stdout == f"caught {int(number)}\n"
    assert process.returncode == 7
    assert "took back 1 file (1 new)" in stderr
    assert not (bench.root / "ready").exists()


def test_ctrl_c_on_a_terminal_is_the_commands_and_comes_once(bench: CommandBench) -> None:
    script = f"import sys; assert sys.stdin.isatty()\n{_CATCHES.replace('sys.exit(7)', 'pass')}"
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(bench.root)
        words = ["heddle", "txn", "run", "--", sys.executable, "-c", script]
        os.execve(HEDDLE, words, bench.daemon.environment)
    try:
        wait_until((bench.root / "ready").exists, "the command runs")
        os.write(terminal, b"\x03")
        seen = _read_until(terminal, b"caught 2")
        # It has not ended by that, and heddle still waits for it.
        assert os.waitpid(pid, os.WNOHANG) == (0, 0)
        os.write(terminal, b"\x1c")
        seen += _read_until(terminal, b"heddle txn undo")
    finally:
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        os.close(terminal)
    assert code == 128 + signal.SIGQUIT
    assert seen.count(b"caught 2") == 1
    assert not (bench.root / "ready").exists()


def _read_until(terminal: int, wanted: bytes) -> bytes:
    seen = b""
    while wanted not in seen:
        seen += os.read(terminal, 4_096)
    return seen


def test_a_command_may_remove_where_it_was_started(bench: CommandBench) -> None:
    inner = bench.root / "inner"
    inner.mkdir()
    (inner / "file").write_text("x\n")
    outcome = bench.heddle("txn", "run", "sh", "-c", "rm -rf ../inner; exit 9", cwd=inner)
    assert "took back" in outcome.expect(9).stderr
    assert (inner / "file").read_text() == "x\n"


def test_a_transaction_within_a_transaction_is_refused(bench: CommandBench) -> None:
    outcome = run(bench, str(HEDDLE), "txn", "run", "true").expect(1)
    assert "is active on this worktree" in outcome.stderr
    assert state(bench) == "aborted"


def test_a_command_may_end_its_transaction_itself(bench: CommandBench) -> None:
    script = f"echo x > a; '{HEDDLE}' txn commit; exit 5"
    outcome = run(bench, "sh", "-c", script).expect(5)
    assert outcome.complaint() == "the command itself has committed the transaction"
    assert (bench.root / "a").read_text() == "x\n"


def test_nobody_reads_what_the_command_prints(bench: CommandBench) -> None:
    process = subprocess.Popen(
        [HEDDLE, "txn", "run", "--", "sh", "-c", "echo x > a; while echo y; do :; done"],
        cwd=bench.root,
        env=bench.daemon.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "y\n"
    process.stdout.close()
    _nothing, stderr = process.communicate(timeout=60)
    # The shell meets SIGPIPE, or an error and goes on to its end.
    assert process.returncode in (0, 128 + signal.SIGPIPE), stderr
    assert ((bench.root / "a").read_text() == "x\n") == (process.returncode == 0)


def test_a_daemon_that_is_killed_meanwhile_is_started_again_to_take_it_back(
    bench: CommandBench,
) -> None:
    killer = f"echo x > a; kill -9 {bench.daemon.supervisor()}; exit 4"
    outcome = run(bench, "sh", "-c", killer).expect(4)
    assert "took back 1 file (1 changed)" in outcome.stderr
    assert (bench.root / "a").read_text() == "one\n"
    bench.daemon.settled(standby=False)


def test_what_cannot_be_taken_back_stays_active_and_says_how_to_go_on(
    bench: CommandBench,
) -> None:
    process = started(bench, "--no-start", "--", sys.executable, "-c", _CATCHES)
    bench.daemon.stop()
    process.send_signal(signal.SIGTERM)
    _stdout, stderr = process.communicate(timeout=60)
    assert process.returncode == 7
    assert "is still active: no daemon runs" in stderr
    command = stderr.rsplit("`", 2)[1].split()
    assert command[:3] == ["heddle", "txn", "abort"]
    assert (bench.root / "ready").exists()
    bench.heddle(*command[1:]).expect(0)
    assert not (bench.root / "ready").exists()


def test_a_command_that_removes_heddles_files_is_told_where_the_worktree_is_kept() -> None:
    with command_bench(start=False) as bench:
        script = "rm -rf .heddle; echo x > a; exit 1"
        outcome = run(bench, "--message", "m", "--", "sh", "-c", script).expect(1)
        assert ".heddle was removed" in outcome.stderr
        words = outcome.stderr.split("`")[1].split()
        bench.repository.git(*words[1:])
        assert bench.repository.git("show", "kept:worktree/a") == "one"
        assert not Path(bench.root, ".heddle", "state").exists()
