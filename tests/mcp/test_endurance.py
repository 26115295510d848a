"""An agent at work while workers are killed and replaced: it sees no error, and all is done once.

`HEDDLE_MCP_CALLS` says how many calls there are. For each 20 of them a worker is killed, and for
each 50 the daemon is reloaded, while calls are under way.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import uuid
from collections import Counter
from pathlib import Path
from typing import Any, Final

import pytest
from agent_session import AgentSession
from heddle_daemon import HeddleDaemon

CALLS: Final = int(os.environ.get("HEDDLE_MCP_CALLS", "40"))
SEED: Final = int(os.environ.get("HEDDLE_SEED", str(random.SystemRandom().randrange(10**6))))
CALLS_A_KILL: Final = 20
CALLS_A_RELOAD: Final = 50


class Disruptor:
    """Kills workers and has the daemon reloaded, each while a call is under way."""

    def __init__(self, daemon: HeddleDaemon) -> None:
        self.kills = self.reloads = 0
        self._daemon = daemon
        self._reloading: subprocess.Popen[str] | None = None

    def disturb(self, call: int) -> None:
        """Do what is due with the call of this number, which has just been sent."""
        if call % CALLS_A_RELOAD == CALLS_A_RELOAD // 2:
            self.settle()
            self._reloading = self._daemon.popen("agent", "reload")
            self.reloads += 1
        elif call % CALLS_A_KILL == CALLS_A_KILL // 2:
            self.settle()
            os.kill(self._daemon.worker(), signal.SIGKILL)
            self.kills += 1

    def settle(self) -> None:
        """Wait for a reload that is under way, which has to succeed."""
        if self._reloading is not None:
            _, complaint = self._reloading.communicate(timeout=60)
            assert self._reloading.returncode == 0, complaint
            self._reloading = None


class Work:
    """What an agent does all day, and what has to be there afterwards."""

    def __init__(self, agent: AgentSession, disruptor: Disruptor, root: Path) -> None:
        self.name = f"run-{uuid.uuid4()}"
        self.said: dict[str, list[str]] = {}
        self.checkpoints: dict[str, str] = {}
        self.calls = 0
        self._agent = agent
        self._disruptor = disruptor
        self._file = root / self.name
        self._random = random.Random(SEED)

    def go_on(self) -> None:
        """Do one of the things that an agent does."""
        self._random.choice(
            (self._review, self._review, self._discuss, self._reply, self._look, self._checkpoint)
        )()

    def call(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """Call a tool; an error fails the test."""
        self.calls += 1
        under_way = self._agent.start(tool, **arguments)
        self._disruptor.disturb(self.calls)
        return self._agent.answer(under_way.result(60))

    def _review(self) -> None:
        state = self._random.choice(("", "HEAD", "HEAD~1"))
        assert self.call("review", state=state)["on"]["branch"] == "main"

    def _discuss(self) -> None:
        body = f"{self.name} opens {len(self.said)}"
        opened = self.call(
            "discussion_open",
            file="engine.py",
            symbol="Engine::stop",
            body=body,
            thread_ref=self.name,
        )
        self.said[opened["discussion"]["id"]] = [body]

    def _reply(self) -> None:
        if not self.said:
            return self._discuss()
        named = self._random.choice(sorted(self.said))
        self.said[named].append(f"{self.name} replies {len(self.said[named])}")
        self.call("discussion_reply", discussion_id=named, body=self.said[named][-1])
        return None

    def _look(self) -> None:
        tool = self._random.choice(("discussion_list", "log", "signals", "hook_list"))
        self.call(tool)

    def _checkpoint(self) -> None:
        begun = self.call("checkpoint_begin", message=self.name)["checkpoint_id"]
        self._file.write_text(begun, encoding="utf-8")
        action = self._random.choice(("take_back", "keep"))
        preview = self.call("checkpoint_preview", action=action, checkpoint_id=begun)
        self.call(f"checkpoint_{action}", checkpoint_id=begun, confirm=preview["confirm"])
        assert self._file.exists() is (action == "keep")
        self.checkpoints[begun] = "committed" if action == "keep" else "aborted"
        self._file.unlink(missing_ok=True)


def _everything(agent: AgentSession, tool: str, entries: str, **arguments: Any) -> list[Any]:
    """Return all entries of a list, page by page."""
    cursor = "after_id" if tool == "discussion_list" else "offset"
    seen: list[Any] = []
    after: Any = None
    while after != "":
        page = agent.call(tool, **arguments, **({cursor: after} if after else {}))
        seen += page[entries]
        after = page[f"next_{cursor}"] or ""
    return seen


@pytest.mark.timeout(180 + 2 * CALLS)
def test_an_agent_sees_nothing_of_what_becomes_of_workers(
    agent: AgentSession, daemon: HeddleDaemon
) -> None:
    print(f"HEDDLE_SEED={SEED}")  # noqa: T201
    disruptor = Disruptor(daemon)
    work = Work(agent, disruptor, daemon.root)
    while work.calls < CALLS:
        work.go_on()
    disruptor.settle()
    daemon.settled()
    assert disruptor.kills == (work.calls + CALLS_A_KILL // 2) // CALLS_A_KILL
    assert disruptor.reloads == (work.calls + CALLS_A_RELOAD // 2) // CALLS_A_RELOAD
    print(f"{work.calls} calls, {disruptor.kills} kills, {disruptor.reloads} reloads")  # noqa: T201

    listed = _everything(agent, "discussion_list", "discussions", status="", limit=200)
    mine = {each["id"] for each in listed if each["thread_ref"] == work.name}
    assert mine == set(work.said)
    for named, said in work.said.items():
        turns = _everything(agent, "discussion_show", "turns", discussion_id=named, limit=200)
        assert [turn["body"] for turn in turns] == said

    every = _everything(agent, "checkpoint_list", "checkpoints", limit=200)
    states = Counter((e["checkpoint_id"], e["state"]) for e in every if e["message"] == work.name)
    assert states == Counter(work.checkpoints.items())

    cursor, verbs = 0, Counter[str]()
    while True:
        page = agent.call("log", after_seq=cursor, thread=work.name, limit=200)
        verbs.update(each["verb"] for each in page["operations"])
        if not page["has_more"]:
            break
        cursor = page["next_after_seq"]
    replies = sum(map(len, work.said.values())) - len(work.said)
    assert sorted(verbs.values()) == sorted(each for each in (len(work.said), replies) if each)
