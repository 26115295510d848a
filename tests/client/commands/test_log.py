"""`heddle log`: which entries it prints, how, and how it ends."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from command_bench import CommandBench, command_bench
from hypothesis import given
from hypothesis import strategies as st
from waiting import wait_until

from heddle_client.client import connect
from heddle_client.last_operations import _before_the_end, last_operations
from heddle_supervisor.errors import ExitCode

pytestmark = pytest.mark.xdist_group("txn-commands")

BRANCHES = 300


@pytest.fixture(scope="module")
def bench() -> Iterator[CommandBench]:
    with command_bench() as made:
        made.repository.fast_import(
            b"".join(
                b"reset refs/heads/b%d\nfrom refs/heads/main^0\n\n" % number
                for number in range(BRANCHES)
            )
        )
        # The daemon reads what has happened in the order of time, and then of names.
        assert len(log(made, "-n", "0")) > BRANCHES
        made.repository.commit("the last one")
        yield made


def log(bench: CommandBench, *words: str) -> list[dict[str, Any]]:
    """Return the entries that a command prints as JSON."""
    printed = bench.heddle("log", "--json", *words).expect(0).stdout
    return [json.loads(line) for line in printed.splitlines()]


def test_an_entry_is_a_line_of_all_that_one_looks_for(bench: CommandBench) -> None:
    (line,) = bench.heddle("log", "-n", "1").expect(0).stdout.splitlines()
    (entry,) = log(bench, "-n", "1")
    assert entry["thread"] == "main"
    assert entry["detail"] == "commit: the last one"
    assert set(entry) == {
        "seq",
        "timestamp_secs",
        "verb",
        "actor_email",
        "operation_id",
        "thread",
        "symbols",
        "signal_kinds",
        "change_id",
        "old_state_id",
        "detail",
    }
    words = line.split()
    assert words[0] == str(entry["seq"])
    assert words[3:7] == [entry["verb"], "ada@example.com", "main", entry["change_id"][:8]]
    assert line.endswith(entry["detail"])


def test_the_last_ones_are_meant_unless_one_says_otherwise(bench: CommandBench) -> None:
    everything = log(bench, "-n", "0")
    assert len(everything) > BRANCHES
    assert log(bench) == everything[-20:]
    assert log(bench, "-n", "280") == everything[-280:]
    assert (
        log(bench, "-n", "5", "--thread", "main")
        == [entry for entry in everything if entry["thread"] == "main"][-5:]
    )
    middle = everything[100]["seq"]
    assert log(bench, "--after-seq", str(middle)) == everything[101:]
    assert log(bench, "--after-seq", str(middle), "-n", "3") == everything[-3:]
    assert log(bench, "--since", "1 hour ago") == everything
    assert log(bench, "--until", "2020-01-01") == []
    assert log(bench, "--actor", "nobody@example.com") == []
    verb = everything[-1]["verb"]
    assert {entry["verb"] for entry in log(bench, "--verb", verb, "--verb", "x")} == {verb}


def test_the_end_is_found_in_parts_of_the_log_that_grow(bench: CommandBench) -> None:
    with connect(bench.root) as client:
        everything = list(client.operations())
        for count in (1, 7, len(everything), len(everything) + 1):
            found = last_operations(client, count, 0)
            assert found.hits == everything[-count:]
            assert found.seq >= everything[-1].seq - 256
        rare = last_operations(client, 2, 0, thread="main")
        assert rare.hits == [hit for hit in everything if hit.thread == "main"][-2:]


@given(end=st.integers(0, 10**9), known=st.integers(0, 10**9))
def test_the_end_is_missed_by_less_than_a_window(end: int, known: int) -> None:
    found = _before_the_end(lambda seq: seq <= end, min(known, end))
    assert 0 <= end - found <= 256


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--since", "soonish"], "soonish is no point in time"),
        (["--until", "1969-01-01"], "lies before 1970"),
    ],
)
def test_what_is_no_time_is_wrong_usage(bench: CommandBench, words: list[str], says: str) -> None:
    assert says in bench.heddle("log", *words).expect(2).complaint()


def test_a_cursor_from_the_future_is_refused(bench: CommandBench) -> None:
    refused = bench.heddle("log", "--after-seq", "999999999").expect(1)
    assert "999999999" in refused.complaint()


def test_following_outlives_a_worker_and_ends_quietly(bench: CommandBench) -> None:
    process = bench.daemon.popen("log", "--follow", "-n", "1", "--json")
    seen: list[str] = []
    try:
        for number in range(3):
            bench.repository.git("branch", f"live-{number}", "main")
            while not any(f'"live-{number}"' in line for line in seen):
                assert process.stdout is not None
                seen.append(process.stdout.readline())
            os.kill(bench.daemon.worker(), signal.SIGKILL)
            bench.daemon.settled(standby=False)
    finally:
        process.send_signal(signal.SIGINT)
        rest, stderr = process.communicate(timeout=60)
    assert process.returncode == ExitCode.INTERRUPTED
    assert stderr == ""
    numbers = [json.loads(line)["seq"] for line in [*seen, *rest.splitlines()]]
    assert numbers == sorted(set(numbers))


def test_following_ends_when_nobody_reads_any_more(bench: CommandBench) -> None:
    process = bench.daemon.popen("log", "--follow", "-n", "1")
    assert process.stdout is not None
    assert process.stdout.readline()
    process.stdout.close()
    # Nothing happens that it could stumble over when it prints that.
    wait_until(lambda: process.poll() is not None, "it has ended")
    assert process.stderr is not None
    assert process.stderr.read() == ""
    process.stderr.close()


def test_there_is_no_log_without_a_repository(bench: CommandBench, tmp_path: Path) -> None:
    refused = bench.heddle("log", "--json", "--repo", str(tmp_path)).expect(1)
    assert "is not in a git repository" in refused.body()["error"]
