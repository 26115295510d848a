"""Many starts at the same moment: one becomes the daemon, and the others say which one."""

from __future__ import annotations

import os
from contextlib import ExitStack
from typing import Final

import pytest
from call_load import query
from heddle_daemon import HeddleDaemon
from waiting import DEADLINE

ROUNDS: Final = int(os.environ.get("HEDDLE_ROUNDS", "2"))
RIVALS: Final = 20


@pytest.mark.timeout(120 + 10 * ROUNDS)
def test_of_twenty_starts_at_once_one_becomes_the_daemon(daemon: HeddleDaemon) -> None:
    for number in range(ROUNDS):
        outcomes = start_at_once(daemon)
        record = daemon.settled()
        others = [outcome for outcome in outcomes if outcome[0] == 4]
        assert len(others) == RIVALS - 1, (number, outcomes)
        assert [code for code, _out, _err in outcomes if code != 4] == [0], (number, outcomes)
        for _code, stdout, stderr in others:
            assert stdout == ""
            assert stderr.endswith(f"heddle: already running (pid {record.pid})\n"), stderr
        assert not [error for _code, _out, error in outcomes if "Traceback" in error]
        standby = f"grpc.{record.pid}-2.sock"
        assert daemon.files() == {"grpc.pid", "grpc.sock", "grpc.status.json", standby}
        assert len(daemon.workers()) == 2
        query(daemon.config.socket_path)
        assert daemon.stop()["pid"] == record.pid
        assert daemon.files() == set()


def start_at_once(daemon: HeddleDaemon) -> list[tuple[int, str, str]]:
    """Run the starts; return the exit codes and what they have printed."""
    with ExitStack() as stack:
        rivals = [
            stack.enter_context(daemon.popen("agent", "serve", "--detach", "--timeout", "90"))
            for _ in range(RIVALS)
        ]
        printed = [rival.communicate(timeout=DEADLINE * 3) for rival in rivals]
        return [(rival.returncode, *text) for rival, text in zip(rivals, printed, strict=True)]
