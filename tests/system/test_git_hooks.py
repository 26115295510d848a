"""Real git in a repository with shims, before a real daemon."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from git_repository import GitRepository
from heddle_daemon import HeddleDaemon
from hook_subscriber import HookSubscriber, subscribed
from shim_bench import run_git
from waiting import wait_until

import heddle_client
from heddle_client.errors import CallTimeoutError

Prepare = Callable[[GitRepository], None]

ACTS = {
    "commit": ("commit", "--quiet", "-m", "mine"),
    "amend": ("commit", "--quiet", "--amend", "-m", "mine"),
    "merge": ("merge", "--quiet", "--no-edit", "topic"),
    "fast-forward": ("merge", "--quiet", "behind"),
    "push": ("push", "--quiet", "origin", "main"),
    "new branch": ("checkout", "--quiet", "-b", "new"),
    "rebase": ("rebase", "--quiet", "topic"),
}
EVENTS = {
    "commit": ("pre_capture", "post_capture"),
    "amend": ("pre_capture", "post_capture"),
    "merge": ("pre_merge", "post_merge"),
    "fast-forward": ("pre_merge", "post_merge"),
    "push": ("pre_push", "post_push"),
    "new branch": ("pre_thread_create", "post_thread_create"),
    "rebase": ("pre_capture", "post_capture"),
}


@pytest.fixture
def prepared(daemon: HeddleDaemon, repository: GitRepository, room: Path) -> GitRepository:
    """A repository in which there is something to merge, to push and to rebase."""
    repository.git("init", "--quiet", "--bare", str(room / "origin.git"))
    repository.git("remote", "add", "origin", str(room / "origin.git"))
    repository.git("push", "--quiet", "origin", "main")
    repository.git("checkout", "--quiet", "-b", "topic")
    repository.write("theirs", "theirs")
    repository.commit("theirs")
    repository.git("checkout", "--quiet", "main")
    repository.write("ours", "ours")
    repository.commit("ours")
    repository.git("checkout", "--quiet", "-b", "behind")
    repository.commit("ahead")
    repository.git("checkout", "--quiet", "main")
    daemon.start()
    daemon.heddle("hook", "install").expect(0)
    return repository


@pytest.fixture
def subscriber(daemon: HeddleDaemon, prepared: GitRepository) -> Iterator[HookSubscriber]:
    with subscribed(daemon.config.socket_path) as subscriber:
        wait_for_listening(daemon, "pre-push")
        yield subscriber


def wait_for_listening(daemon: HeddleDaemon, line: str) -> None:
    """Wait until the daemon has written down that a hook is listened to."""
    path = daemon.config.heddle_dir / "hooks" / "listening"
    wait_until(
        lambda: path.exists() and line in path.read_text(encoding="ascii").splitlines(),
        f"{line} is listened to",
    )


def prepare(repository: GitRepository, act: str) -> None:
    """Do what has to be done before an act, without heddle."""
    if act == "commit":
        repository.write("mine", "mine")
        (repository.root / "untracked").write_text("left alone", encoding="ascii")


def act(repository: GitRepository, name: str) -> subprocess.CompletedProcess[bytes]:
    return run_git(repository.root, *ACTS[name])


def everything(repository: GitRepository) -> list[object]:
    """Return all that a veto has to leave as it is."""
    root = repository.root
    files = {
        path: path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and not path.is_relative_to(root / ".heddle") and ".git" not in path.parts
    }
    return [
        repository.git("for-each-ref"),
        (root / ".git" / "HEAD").read_bytes(),
        repository.git("ls-files", "--stage"),
        repository.git("status", "--porcelain"),
        repository.git("ls-remote", "origin"),
        [
            name
            for name in ("MERGE_HEAD", "rebase-merge", "ORIG_HEAD")
            if (root / ".git" / name).exists()
        ],
        files,
    ]


@pytest.mark.parametrize("name", ACTS)
def test_each_act_is_asked_about_once_and_told_of_once(
    name: str, prepared: GitRepository, subscriber: HookSubscriber
) -> None:
    prepare(prepared, name)
    done = act(prepared, name)
    assert (done.returncode, done.stderr) == (0, b"")
    before, after = EVENTS[name]
    wait_until(lambda: after in subscriber.names(), f"{after} has come; {subscriber.names()} did")
    # Whatever there is more of has come before this.
    prepared.git("branch", "fence")
    subscriber.heard(before, after, "pre_thread_create", "post_thread_create")


def heard_of(subscriber: HookSubscriber, *names: str) -> list[dict[str, Any]]:
    """Wait for these events, in whatever order; return the payload of the last one named."""
    wait_until(
        lambda: sorted(subscriber.names()) == sorted(names), f"{names}; {subscriber.names()} came"
    )
    order = subscriber.names()
    payloads = subscriber.heard(*order)
    return [payload for name, payload in zip(order, payloads, strict=True) if name == names[-1]]


def test_a_signal_and_a_conflict_are_told_of_once(
    prepared: GitRepository, subscriber: HookSubscriber
) -> None:
    prepared.write("theirs", "ours")
    words = ("-m", "mine", "-m", "self-flag: hasty\nself-flag: [theirs] unsure")
    assert run_git(prepared.root, "commit", "--quiet", *words).returncode == 0
    (signal_of,) = heard_of(subscriber, "pre_capture", "post_capture", "on_signal")
    assert signal_of == {"state_id": prepared.head(), "signal_kind": "self_flagged_uncertainty"}
    assert run_git(prepared.root, "merge", "--quiet", "topic").returncode == 1
    (conflict,) = heard_of(subscriber, "pre_merge", "on_conflict")
    assert conflict["conflicts"] == [{"path": "theirs"}]
    prepared.git("branch", "fence")
    heard_of(subscriber, "pre_thread_create", "post_thread_create")


def test_the_payloads_tell_what_happens(
    prepared: GitRepository, subscriber: HookSubscriber
) -> None:
    prepare(prepared, "commit")
    act(prepared, "commit")
    asked, told = subscriber.heard("pre_capture", "post_capture")
    assert asked == {"thread": "main", "intent": "mine", "worktree": str(prepared.root)}
    assert told == {"thread": "main", "state_id": prepared.head()}
    act(prepared, "merge")
    asked, told = subscriber.heard("pre_merge", "post_merge")
    assert (asked["source"], asked["target"]) == ("topic", "main")
    assert asked["source_ids"] == [prepared.git("rev-parse", "topic")]
    assert told["state_id"] == prepared.head()
    act(prepared, "push")
    asked, told = subscriber.heard("pre_push", "post_push")
    assert (asked["remote"], told) == ("origin", {"remote": "origin", "refs": ["main"]})
    assert asked["refs"][0]["local_id"] == prepared.head()
    act(prepared, "new branch")
    asked, told = subscriber.heard("pre_thread_create", "post_thread_create")
    assert asked == {"name": "new", "state_id": prepared.head()}
    assert told["name"] == "new"


@pytest.mark.parametrize("name", ACTS)
def test_a_subscriber_s_veto_stops_it_and_changes_nothing(
    name: str, prepared: GitRepository, subscriber: HookSubscriber
) -> None:
    prepare(prepared, name)
    subscriber.objections[EVENTS[name][0]] = "not\x1b[2J today"
    before = everything(prepared)
    done = act(prepared, name)
    assert done.returncode != 0
    line = done.stderr.decode().splitlines()[0]
    assert line.startswith(f"heddle: {EVENTS[name][0]} vetoed by subscriber: not")
    assert "\x1b" not in done.stderr.decode()
    assert everything(prepared) == before
    subscriber.heard(EVENTS[name][0])


@pytest.mark.parametrize("name", ACTS)
def test_a_command_s_veto_stops_it_and_changes_nothing(
    name: str, prepared: GitRepository, daemon: HeddleDaemon
) -> None:
    prepare(prepared, name)
    words = ("shell: echo not today >&2; exit 1", "--event", EVENTS[name][0])
    daemon.heddle("hook", "add", "keeper", *words).expect(0)
    before = everything(prepared)
    done = act(prepared, name)
    assert done.returncode != 0
    told = done.stderr.decode().splitlines()[0]
    assert told == f"heddle: {EVENTS[name][0]} vetoed by keeper: not today"
    assert everything(prepared) == before
    logged = daemon.heddle("hook", "log").expect(0).stdout
    assert f"{EVENTS[name][0]}: vetoed by keeper: not today" in logged
    daemon.heddle("hook", "remove", "keeper").expect(0)
    done = act(prepared, name)
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_commit_of_all_and_of_some_is_asked_about(
    prepared: GitRepository, subscriber: HookSubscriber
) -> None:
    prepared.write("a", "1")
    prepared.write("b", "1")
    for words in (("-m", "some", "a"), ("-am", "all")):
        assert run_git(prepared.root, "commit", "--quiet", *words).returncode == 0
        asked, _told = subscriber.heard("pre_capture", "post_capture")
        assert asked["intent"] == words[1]


def test_acts_in_a_linked_worktree_are_asked_about(
    prepared: GitRepository, subscriber: HookSubscriber, room: Path
) -> None:
    done = run_git(
        prepared.root, "worktree", "add", "--quiet", str(room / "w a\nx"), "-b", "linked"
    )
    assert done.returncode == 0, done.stderr
    assert subscriber.heard("pre_thread_create", "post_thread_create")[0]["name"] == "linked"
    assert run_git(room / "w a\nx", "commit", "--quiet", "--allow-empty", "-m", "x").returncode == 0
    asked, told = subscriber.heard("pre_capture", "post_capture")
    assert asked["worktree"] == str(room / "w a\nx")
    assert (asked["thread"], told["thread"]) == ("linked", "linked")


def test_what_a_command_does_with_git_is_not_asked_about(
    prepared: GitRepository, daemon: HeddleDaemon, subscriber: HookSubscriber
) -> None:
    root = shlex.quote(str(prepared.root))
    command = f"shell: git -C {root} branch made-by-hook >&2"
    daemon.heddle("hook", "add", "brancher", command, "--event", "pre_push").expect(0)
    assert act(prepared, "push").returncode == 0
    assert prepared.git("branch", "--list", "made-by-hook")
    wait_until(lambda: "post_push" in subscriber.names(), "the push is told of")
    assert "pre_thread_create" not in subscriber.names()


class Waiting:
    """A commit that waits for a registered command, which waits for a file."""

    def __init__(self, repository: GitRepository, daemon: HeddleDaemon, room: Path) -> None:
        self._began, self._go = room / "began", room / "go"
        self.before = repository.head()
        command = f"shell: echo x >>{self._began}; until [ -e {self._go} ]; do sleep 0.02; done"
        words = ("--event", "pre_capture", "--timeout", "60000")
        daemon.heddle("hook", "add", "waiter", command, *words).expect(0)
        self.process = subprocess.Popen(
            ["git", "-C", repository.root, "commit", "--quiet", "--allow-empty", "-m", "x"],
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        self.until_asked(1)

    def until_asked(self, times: int) -> None:
        """Wait until the command has begun so often."""
        wait_until(
            lambda: self._began.exists() and len(self._began.read_text().split()) >= times,
            f"the command has begun {times} times",
        )

    def go_on(self) -> None:
        """Have the command agree."""
        self._go.touch()

    def end(self) -> tuple[int, str]:
        """Return the commit's exit code and what it has printed on standard error."""
        _, stderr = self.process.communicate(timeout=60)
        return self.process.returncode, stderr.decode()


@pytest.fixture
def make_waiting(
    prepared: GitRepository, daemon: HeddleDaemon, room: Path
) -> Iterator[Callable[[], Waiting]]:
    made: list[Waiting] = []

    def make() -> Waiting:
        made.append(Waiting(prepared, daemon, room))
        return made[-1]

    yield make
    for waiting in made:
        waiting.go_on()
        waiting.process.kill()
        waiting.process.communicate()


def test_a_worker_that_dies_while_git_waits_is_followed_by_the_next(
    make_waiting: Callable[[], Waiting], prepared: GitRepository, daemon: HeddleDaemon
) -> None:
    waiting = make_waiting()
    for times in (2, 3):
        os.kill(daemon.worker(), signal.SIGKILL)
        waiting.until_asked(times)
    waiting.go_on()
    assert waiting.end() == (0, "")
    assert prepared.head() != waiting.before


def test_a_worker_that_hangs_holds_git_up_no_longer_than_it_lives(
    prepared: GitRepository, daemon: HeddleDaemon
) -> None:
    daemon.stop()
    daemon.start("--heartbeat-deadline", "1")
    daemon.heddle("hook", "add", "calm", "true", "--event", "pre_capture").expect(0)
    prepare(prepared, "commit")
    os.kill(daemon.worker(), signal.SIGSTOP)
    done = act(prepared, "commit")
    assert (done.returncode, done.stderr) == (0, b"")
    assert "passed by calm" in daemon.heddle("hook", "log").expect(0).stdout


def test_a_call_ends_at_its_deadline(prepared: GitRepository, daemon: HeddleDaemon) -> None:
    words = ("shell: sleep 60", "--event", "pre_push", "--timeout", "60000")
    daemon.heddle("hook", "add", "sleeper", *words).expect(0)
    with (
        heddle_client.connect(prepared.root) as client,
        pytest.raises(CallTimeoutError, match=r"has not answered within 0\.5 s") as caught,
    ):
        client.hooks.test("pre_push", timeout=0.5)
    assert caught.value.exit_code == 124


@pytest.mark.parametrize(("policy", "code"), [((), 0), (("--closed",), 1)])
def test_a_daemon_that_ends_while_git_waits_leaves_it_to_the_policy(
    policy: tuple[str, ...],
    code: int,
    make_waiting: Callable[[], Waiting],
    prepared: GitRepository,
    daemon: HeddleDaemon,
) -> None:
    daemon.heddle("hook", "install", *policy).expect(0)
    waiting = make_waiting()
    daemon.stop("--force", "--timeout", "1")
    what = "refused" if code else "goes on unasked"
    told = f"heddle: commit-msg {what}: no daemon runs for {prepared.root}"
    ended, stderr = waiting.end()
    assert (ended, stderr.count("\n")) == (code, 1)
    assert stderr.startswith(told)
    assert (prepared.head() == waiting.before) == bool(code)


def test_a_daemon_that_was_killed_leaves_nothing_that_holds_git_up(
    prepared: GitRepository, daemon: HeddleDaemon
) -> None:
    daemon.heddle("hook", "add", "keeper", "false", "--event", "pre_capture").expect(0)
    workers = daemon.workers()
    supervisor = daemon.supervisor()
    assert supervisor is not None
    os.kill(supervisor, signal.SIGKILL)
    wait_until(lambda: not any(map(_lives, workers)), "the workers have ended too")
    wait_for_listening(daemon, "commit-msg")
    done = act(prepared, "amend")
    assert done.returncode == 0
    assert done.stderr.decode().startswith("heddle: commit-msg goes on unasked: no daemon runs for")


def _lives(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def test_git_ends_when_the_person_has_enough(
    make_waiting: Callable[[], Waiting], prepared: GitRepository
) -> None:
    waiting = make_waiting()
    os.killpg(waiting.process.pid, signal.SIGINT)  # as a terminal does
    ended, stderr = waiting.end()
    assert (ended != 0, stderr) == (True, "")
    assert prepared.head() == waiting.before


def test_an_event_is_emitted_by_hand(
    prepared: GitRepository, daemon: HeddleDaemon, subscriber: HookSubscriber
) -> None:
    daemon.heddle("hook", "add", "calm", "true", "--event", "pre_push").expect(0)
    agreed = daemon.heddle("hook", "test", "pre_push", "--json").expect(0).body()
    assert agreed["vetoed"] is False
    assert [(a["author"], a["outcome"]) for a in agreed["answers"]] == [
        ("calm", "passed"),
        ("subscriber", "passed"),
    ]
    subscriber.objections["pre_push"] = "no"
    vetoed = daemon.heddle("hook", "test", "pre_push", "--payload", '{"remote": "r"}').expect(1)
    assert vetoed.stdout.endswith("vetoed by subscriber: no\n")
    assert subscriber.heard("pre_push", "pre_push")[1] == {"remote": "r"}
    assert "is no event" in daemon.heddle("hook", "test", "launch").expect(1).complaint()
