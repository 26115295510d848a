"""`heddle signals`, with a real daemon."""

from __future__ import annotations

import json
import signal
import threading
from typing import Any

import pytest
from repository_commands import Commands
from waiting import DEADLINE, wait_until


@pytest.fixture(scope="module")
def flagged(bench: Commands) -> Commands:
    """The repository, whose author is not sure of two things."""
    subject = "Doubt\n\nself-flag: [engine.py:main] may hang\nself-flag: \x1b[31mred"
    bench.repository.commit(subject)
    return bench


def test_the_signals_of_a_state_are_listed(flagged: Commands) -> None:
    shown = flagged.heddle("signals", "HEAD").expect(0).stdout.split("\n")
    assert "self_flagged_uncertainty engine.py:main" in shown
    assert "  may hang" in shown
    assert "  \\e[31mred" in shown
    body = flagged.heddle("signals", "HEAD", "--json").expect(0).body()
    assert body["tick_budget"] == 3
    assert {each["reason"] for each in body["signals"]} == {"may hang", "\x1b[31mred"}


def test_without_a_state_they_are_those_of_the_worktree(flagged: Commands) -> None:
    assert flagged.heddle("signals").expect(0).stdout == "no signal was raised\n"
    path = flagged.repository.root / "new.py"
    path.write_text("def strange(alpha):\n    raise KeyError(alpha, *alpha[1:], {alpha: 2})\n")
    try:
        body = flagged.heddle("signals", "--json").expect(0).body()
    finally:
        path.unlink()
    assert all(not each["kind"].startswith("diff_summary.") for each in body["signals"])
    assert body.keys() == {"signals", "tick_budget", "is_incomplete"}


def test_health_tells_how_often_each_module_fires(flagged: Commands) -> None:
    shown = flagged.heddle("signals", "--health").expect(0).stdout
    assert shown.startswith("MODULE")
    body = flagged.heddle("signals", "--health", "--json").expect(0).body()
    assert "novelty.tree_sitter" in {each["module_id"] for each in body["entries"]}
    assert body["window_states"] == 3


def test_one_question_at_a_time(flagged: Commands) -> None:
    flagged.heddle("signals", "HEAD", "--health").expect(2)
    flagged.heddle("signals", "--follow", "--health").expect(2)


def test_new_states_are_followed_until_an_interrupt(flagged: Commands) -> None:
    made: list[str] = []
    told: list[dict[str, Any]] = []
    with flagged.daemon.popen("signals", "--follow", "--json") as process:
        output = process.stdout
        assert output is not None
        # The worktree has updates of its own.
        states = (each for each in map(json.loads, output) if each["state_id"])
        reader = threading.Thread(target=lambda: told.append(next(states)))
        reader.start()

        def commit_until_told() -> bool:
            # What happens before it has subscribed is not told of.
            made.append(flagged.repository.commit("again"))
            return bool(told)

        wait_until(commit_until_told, "a new state is told of")
        reader.join()
        process.send_signal(signal.SIGINT)
        _rest, complaint = process.communicate(timeout=DEADLINE)
    (update,) = told
    assert update["state_id"] in made
    assert update.keys() == {"state_id", "signals", "worktree", "threads", "is_incomplete"}
    assert (process.returncode, complaint) == (130, "")
