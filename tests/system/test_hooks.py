"""Hooks of a real daemon: under load, when workers die, and when they come from somebody else."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import threading
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, Final

import grpc
import pytest
from git_repository import GitRepository
from heddle_daemon import HeddleDaemon
from hook_client import HookClient, Subscription
from process_tree import marked
from waiting import wait_until

from heddle_api.local.v1 import git_hook_pb2
from heddle_api.v1 import hook_pb2
from heddle_worker.serving.socket_address import grpc_address

EVENTS: Final = int(os.environ.get("HEDDLE_HOOK_EVENTS", "40"))
"""How many events the load has; the full number is 1,000."""

FULL: Final = EVENTS >= 1_000
TIMEOUT_MS: Final = 1_000
PROMPT: Final = 30
SLOW: Final = 8
TWICE: Final = 4
DEAD: Final = 4
LAZY: Final = 4


def client_of(daemon: HeddleDaemon, channels: list[grpc.Channel]) -> HookClient:
    """Return a client with a connection of its own."""
    options = (("grpc.use_local_subchannel_pool", 1),)
    channel = grpc.insecure_channel(grpc_address(daemon.config.socket_path), options)
    channels.append(channel)
    return HookClient(channel)


@pytest.fixture
def connect(daemon: HeddleDaemon) -> Iterator[Callable[[], HookClient]]:
    """Makes clients of the daemon."""
    channels: list[grpc.Channel] = []
    yield lambda: client_of(daemon, channels)
    for channel in channels:
        channel.close()


def listening(daemon: HeddleDaemon) -> Path:
    return daemon.config.heddle_dir / "hooks" / "listening"


def subscribers(daemon: HeddleDaemon, event: str) -> int:
    """Return how many subscribers of an event the daemon knows."""
    path = listening(daemon)
    for line in path.read_text().splitlines() if path.exists() else ():
        if line.startswith(f"# subscribers {event} "):
            return int(line.rsplit(" ", 1)[1])
    return 0


class Follower:
    """One subscriber that reads on, and what it gets."""

    def __init__(self, call: Any, react: Callable[[str], None], *, may_fall_behind: bool) -> None:
        self.call = call
        self.got: Counter[str] = Counter()
        self.may_fall_behind = may_fall_behind
        self._react = react

    def read(self) -> None:
        """Read until the stream ends."""
        with contextlib.suppress(grpc.RpcError):
            for event in self.call:
                self.got[json.loads(event.payload_json)["remote"]] += 1
                self._react(event.hook_event_id)

    def has(self, events: set[str]) -> bool:
        """Return whether it has got all of these, or was ended for being slow where it may be."""
        if self.may_fall_behind and self.call.done():
            return self.call.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        return set(self.got) == events


class Crowd:
    """Fifty subscribers of all kinds."""

    def __init__(self, daemon: HeddleDaemon, connect: Callable[[], HookClient]) -> None:
        self.followers: list[Follower] = []
        self.accepted: Counter[tuple[bool, ...]] = Counter()
        self._counting = threading.Lock()
        self._stopped = threading.Event()
        self._connect = connect
        self._pool = ThreadPoolExecutor(64)
        for react, count in (
            (self._prompt, PROMPT),
            (self._slow, SLOW),
            (self._twice, TWICE),
            (self._dead, DEAD),
        ):
            for _ in range(count):
                self._follow(react, may_fall_behind=react == self._slow)
        self.lazy = [self._subscribe(connect()) for _ in range(LAZY)]
        for call in (*self.lazy, *(follower.call for follower in self.followers)):
            call.initial_metadata()
        assert subscribers(daemon, "pre_push") == 50

    def leave(self) -> None:
        self._stopped.set()
        for call in (*self.lazy, *(follower.call for follower in self.followers)):
            call.cancel()
        self._pool.shutdown()

    def _subscribe(self, client: HookClient) -> Any:
        return client.hooks.SubscribeHookEvents(
            hook_pb2.SubscribeHookEventsRequest(events=["pre_push"])
        )

    def _follow(self, react: Callable[[HookClient, str], None], *, may_fall_behind: bool) -> None:
        client = self._connect()
        follower = Follower(
            self._subscribe(client),
            lambda event_id: react(client, event_id),
            may_fall_behind=may_fall_behind,
        )
        self.followers.append(follower)
        self._pool.submit(follower.read)

    def _prompt(self, client: HookClient, event_id: str) -> None:
        self._count((self._respond(client, event_id),))

    def _slow(self, client: HookClient, event_id: str) -> None:
        self._stopped.wait(0.1)
        self._respond(client, event_id)

    def _twice(self, client: HookClient, event_id: str) -> None:
        first = self._respond(client, event_id)
        self._count((first, self._respond(client, event_id, "no")))

    def _dead(self, _client: HookClient, _event_id: str) -> None:
        pass

    def _respond(self, client: HookClient, event_id: str, abort: str = "") -> bool:
        operation = str(uuid.uuid4())
        while not self._stopped.is_set():
            # Once more where a connection has aged at this very moment.
            with contextlib.suppress(grpc.RpcError):
                return client.respond(event_id, abort, operation=operation)
        return False

    def _count(self, accepted: tuple[bool, ...]) -> None:
        with self._counting:
            self.accepted[accepted] += 1


def possessions(pid: int) -> tuple[int, int]:
    """Return how many threads and descriptors a process has."""
    threads = len(list(Path(f"/proc/{pid}/task").iterdir()))
    return threads, len(list(Path(f"/proc/{pid}/fd").iterdir()))


@pytest.mark.timeout(900)
def test_many_events_and_all_kinds_of_subscribers(
    daemon: HeddleDaemon, connect: Callable[[], HookClient]
) -> None:
    """The dead and the lazy take every event its whole time, and lose nobody else's."""
    daemon.start()
    config = daemon.config.heddle_dir / "config.toml"
    config.write_text(f"[hooks]\nsubscriber_timeout_ms = {TIMEOUT_MS}\n")
    asking = [connect() for _ in range(8)]
    for client in asking:
        assert not client.test("pre_push").answers
    worker = daemon.worker()
    before = possessions(worker)
    crowd = Crowd(daemon, connect)
    longest = 0

    def ask(number: int) -> git_hook_pb2.HookVerdict:
        payload = {"remote": str(number), "url": "x" * (16_000 if FULL else 2_000)}
        while True:
            # A connection that ages at this moment makes its client ask again, as git's hooks do.
            with contextlib.suppress(grpc.RpcError):
                return asking[number % len(asking)].test("pre_push", payload)

    with ThreadPoolExecutor(8) as pool:
        for verdict in pool.map(ask, range(EVENTS)):
            assert not verdict.vetoed
            longest = max(longest, *(answer.duration_ms for answer in verdict.answers))
    expected = {str(number) for number in range(EVENTS)}
    for follower in crowd.followers:
        wait_until(partial(follower.has, expected), "it has got all")
    # Whoever replies twice is heard once; one that was too late, not at all.
    assert set(crowd.accepted) <= {(True,), (True, False), (False,), (False, False)}
    assert crowd.accepted[(True,)] > 0
    assert crowd.accepted[(True, False)] > 0
    if FULL:
        assert longest <= TIMEOUT_MS + 100, crowd.accepted
        for lazy in crowd.lazy:
            with pytest.raises(grpc.RpcError):
                list(lazy)
            assert lazy.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    crowd.leave()
    wait_until(lambda: subscribers(daemon, "pre_push") == 0, "all have left")
    assert daemon.worker() == worker
    # Connections age, and threads of the pool stay.
    wait_until(
        lambda: possessions(worker)[1] <= before[1] + 1 and possessions(worker)[0] <= before[0] + 8,
        f"nothing is left; {before} before, {possessions(worker)} now",
    )


def test_a_worker_that_is_killed_leaves_no_hook_and_its_question_is_asked_again(
    daemon: HeddleDaemon, connect: Callable[[], HookClient]
) -> None:
    daemon.start()
    client = connect()
    mark = f"HEDDLE_REPO={daemon.root}"
    (daemon.root / ".heddle" / "slow").touch()
    client.register(
        "slow",
        f"shell: test -e {daemon.root}/.heddle/slow || exit 0; setsid sleep 300 & sleep 300",
        "pre_push",
        timeout_ms=300_000,
    )
    replies: list[git_hook_pb2.HookVerdict] = []

    def ask() -> None:
        # As git's hooks do: again, on a new connection.
        while not replies:
            with contextlib.suppress(grpc.RpcError):
                replies.append(connect().test("pre_push"))

    thread = threading.Thread(target=ask)
    thread.start()
    wait_until(lambda: len(marked(mark)) >= 3, "the hook runs")
    first = set(marked(mark))
    (daemon.root / ".heddle" / "slow").unlink()
    os.kill(daemon.worker(), signal.SIGKILL)
    wait_until(lambda: not first & set(marked(mark)), "nothing of it is left")
    thread.join(60)
    assert [answer.outcome for answer in replies[0].answers] == ["passed"]


def test_a_daemon_that_stops_takes_its_hooks_with_it(
    daemon: HeddleDaemon, connect: Callable[[], HookClient]
) -> None:
    daemon.start()
    client = connect()
    client.register("slow", "sleep 300", "pre_push", timeout_ms=300_000)
    assert listening(daemon).read_text() == "pre-push\n"
    refused: list[grpc.RpcError] = []

    def ask() -> None:
        try:
            client.test("pre_push")
        except grpc.RpcError as error:
            refused.append(error)

    thread = threading.Thread(target=ask)
    thread.start()
    wait_until(lambda: marked(f"HEDDLE_REPO={daemon.root}"), "the hook runs")
    daemon.stop("--timeout", "2")
    thread.join(30)
    assert refused[0].code() is grpc.StatusCode.UNAVAILABLE
    wait_until(lambda: not marked(f"HEDDLE_REPO={daemon.root}"), "nothing of it is left")
    assert not listening(daemon).exists()


def objecting(client: HookClient) -> Subscription:
    """Subscribe to veto every push."""
    return client.subscribe(
        "pre_push", react=lambda event: client.respond(event.hook_event_id, "no")
    )


def test_a_reload_keeps_hooks_and_subscribers_asked(
    daemon: HeddleDaemon, connect: Callable[[], HookClient]
) -> None:
    daemon.start()
    client = connect()
    client.register("a", "true", "pre_push")
    stopped = threading.Event()

    def subscribe() -> None:
        while not stopped.is_set():
            objecting(connect()).ended()

    thread = threading.Thread(target=subscribe, daemon=True)
    thread.start()
    wait_until(lambda: subscribers(daemon, "pre_push") == 1, "the subscriber is known")
    generation = daemon.settled().generation
    daemon.agent("reload").expect(0)
    daemon.until(lambda record: record.generation > generation, "the next worker serves")
    for _ in range(20):
        assert connect().test("pre_push").vetoed
    stopped.set()


def test_a_registration_of_somebody_else_runs_nothing(
    repository: GitRepository,
    room: Path,
    make_daemon: Callable[..., HeddleDaemon],
) -> None:
    """A store that comes with a repository has another's commands in it."""
    channels: list[grpc.Channel] = []
    theirs = make_daemon(repository.root)
    theirs.start()
    client_of(theirs, channels).register("evil", f"touch {room}/pwned", "pre_push")
    theirs.stop()
    (room / "elsewhere").mkdir(mode=0o700)
    shutil.copytree(repository.root, room / "copy", symlinks=True)
    ours = make_daemon(room / "copy", XDG_STATE_HOME=str(room / "elsewhere"))
    ours.start()
    client = client_of(ours, channels)
    (listed,) = client.hooks.ListHooks(hook_pb2.ListHooksRequest(), timeout=30).hooks
    assert listed.name == "evil"
    assert not client.test("pre_push").answers
    assert not (room / "pwned").exists()
    wait_until(lambda: "hook evil is not run" in ours.log(), "the log says so")
    # Registered by this user, it is this user's.
    client.register("evil", f"touch {room}/done", "pre_push")
    assert client.test("pre_push").answers
    assert (room / "done").exists()
    for channel in channels:
        channel.close()
