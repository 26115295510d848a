"""Agents that use the client library while workers are killed and replaced: nobody notices."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final

import pytest
from client_agent import Agent
from git_repository import GitRepository
from heddle_daemon import HeddleDaemon
from waiting import wait_until

import heddle_client
from heddle_client.client import Client

CALLS: Final = int(os.environ.get("HEDDLE_CLIENT_CALLS", "40"))
SEED: Final = int(os.environ.get("HEDDLE_SEED", str(random.SystemRandom().randrange(10**6))))
_CALLS_PER_KILL: Final = 20
_CALLS_PER_RELOAD: Final = 50
_AGENTS: Final = 2


@pytest.fixture
def served(repository: GitRepository, daemon: HeddleDaemon) -> HeddleDaemon:
    repository.write("a.py", "def f():\n    return 1\n\n\ndef g():\n    return 2\n")
    repository.git("commit", "--quiet", "--amend", "-m", "first")
    daemon.start()
    return daemon


@pytest.mark.timeout(120 + CALLS)
def test_agents_in_threads(served: HeddleDaemon) -> None:
    with heddle_client.connect(served.root, start=False) as client:
        agents = make_agents(client)

        def work() -> None:
            with ThreadPoolExecutor(_AGENTS) as threads:
                for done in [threads.submit(agent.run, CALLS // _AGENTS) for agent in agents]:
                    done.result()

        trouble = amid_trouble(served, agents, work)
        check(client, agents)
    print(f"HEDDLE_SEED={SEED}: {trouble}")  # noqa: T201


@pytest.mark.timeout(120 + CALLS)
def test_agents_in_tasks(served: HeddleDaemon) -> None:
    agents: list[Agent] = []

    async def work() -> None:
        async with heddle_client.aio.connect(served.root, start=False) as client:
            agents.extend(make_agents(client))
            await asyncio.gather(*(agent.run_async(CALLS // _AGENTS) for agent in agents))

    trouble = amid_trouble(served, agents, lambda: asyncio.run(work()))
    with heddle_client.connect(served.root, start=False) as client:
        check(client, agents)
    print(f"HEDDLE_SEED={SEED}: {trouble}")  # noqa: T201


def make_agents(client: Client | heddle_client.aio.AsyncClient) -> list[Agent]:
    return [
        Agent(client, f"agent{number}", transacts=number == 0, seed=SEED + number)
        for number in range(_AGENTS)
    ]


def amid_trouble(
    daemon: HeddleDaemon, agents: Sequence[Agent], work: Callable[[], None]
) -> Counter[str]:
    """Do the work while workers are killed and replaced, as its calls go on; return how many."""
    trouble: Counter[str] = Counter()
    due = sorted(
        [(calls, "kill") for calls in range(5, CALLS - 5, _CALLS_PER_KILL)]
        + [(calls, "reload") for calls in range(15, CALLS - 5, _CALLS_PER_RELOAD)]
    )
    failures: list[BaseException] = []
    is_over = threading.Event()

    def make_trouble() -> None:
        try:
            for calls, kind in due:
                wait_until(
                    partial(are_answered, agents, calls, is_over), f"{calls} answers", timeout=60
                )
                replace_worker(daemon, by_force=kind == "kill")
                trouble[kind] += 1
        except BaseException as error:  # it is raised in the test's own thread
            failures.append(error)

    maker = threading.Thread(target=make_trouble)
    maker.start()
    try:
        work()
    finally:
        is_over.set()
        maker.join()
    assert failures == []
    return trouble


def are_answered(agents: Sequence[Agent], calls: int, is_over: threading.Event) -> bool:
    return is_over.is_set() or sum(agent.calls for agent in agents) >= calls


def replace_worker(daemon: HeddleDaemon, *, by_force: bool) -> None:
    """Kill the worker, or have it replaced; wait until the next one is published and serves."""
    before = daemon.settled()
    # Now and then in the middle of a call, whenever that is.
    time.sleep(random.uniform(0, 0.01))
    if by_force:
        os.kill(before.worker_pid or 0, signal.SIGKILL)
    else:
        os.kill(before.pid, signal.SIGHUP)
    daemon.until(lambda record: record.worker_pid != before.worker_pid, "another worker serves")


def check(client: Client, agents: Sequence[Agent]) -> None:
    """Everything that an agent was told of is there, once, and nothing else is."""
    turns = sum((agent.turns for agent in agents), Counter[str]())
    found = {each.id: len(each.turns) for each in client.discussions.by_state("HEAD")}
    assert found == turns
    hooks = [hook.name for hook in client.hooks.list()]
    assert sorted(hooks) == sorted(name for agent in agents for name in agent.hooks)
    states = {each.transaction_id: each.state for each in client.transactions.list(limit=1000)}
    ended = dict.fromkeys((each for agent in agents for each in agent.committed), "committed")
    ended |= dict.fromkeys((each for agent in agents for each in agent.aborted), "aborted")
    assert states == ended
    verbs = Counter(hit.verb for hit in client.operations(include_checkpoints=True))
    assert verbs["discussion.open"] == len(turns)
    assert verbs["discussion.append_turn"] == sum(turns.values()) - len(turns)
    assert verbs["hook.register_hook"] == len(hooks)
    assert verbs["transaction_commit"] == sum(len(agent.committed) for agent in agents)
    assert verbs["transaction_abort"] == sum(len(agent.aborted) for agent in agents)
