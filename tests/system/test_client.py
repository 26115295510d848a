"""The client library with a real daemon; one of it serves all of these tests."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import uuid
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from git_repository import GitRepository
from heddle_daemon import HEDDLE, HeddleDaemon
from installation import Installation
from shared_daemon import AFTER, BEFORE, shared_daemon
from waiting import DEADLINE, wait_until

import heddle_client
from heddle_client.client import Client
from heddle_client.errors import (
    CallError,
    CallTimeoutError,
    ClosedError,
    FailedPreconditionError,
    InvalidArgumentError,
    NoDaemonError,
    NotFoundError,
    VersionSkewWarning,
)
from heddle_supervisor.errors import ExitCode
from heddle_supervisor.repository_location import NotARepositoryError

SUPPORT: Final = Path(__file__).parents[1] / "support"


@pytest.fixture(scope="module")
def shared() -> Iterator[HeddleDaemon]:
    with shared_daemon() as daemon:
        yield daemon


@pytest.fixture
def client(shared: HeddleDaemon) -> Iterator[Client]:
    with heddle_client.connect(shared.root, start=False, agent="tests") as client:
        yield client


def kill_worker(daemon: HeddleDaemon) -> None:
    """Kill the worker, with a warm one beside it."""
    os.kill(daemon.settled().worker_pid or 0, signal.SIGKILL)


def test_a_review_and_what_was_said(client: Client, shared: HeddleDaemon) -> None:
    review = client.review("HEAD")
    head = bytes.fromhex(GitRepository(shared.root).head())
    assert (review.state_id, review.summary.headline) == (head, "second")
    assert (review.summary.files_changed, review.summary.added_lines) == (1, 1)
    assert [ref.symbol for ref in review.partition.consequence] == ["f"]
    assert review.all_signals == ()
    opened = client.discussions.open("a.py", "f", "why?", thread_ref="T-1")
    assert opened.resolution.open is not None
    client.discussions.append(opened.id, "because")
    found = client.discussions.get(opened.id)
    assert [turn.body for turn in found.turns] == ["why?", "because"]
    assert found.opened_at.tzinfo is not None
    assert opened.id in {each.id for each in client.discussions.by_state("HEAD", status="open")}
    settled = client.discussions.resolve_by_edit(opened.id, "HEAD")
    assert settled.resolution.by_edit is not None
    assert settled.resolution.by_edit.state_id == head
    assert client.discussions.by_symbol("a.py", "f", limit=1)
    assert client.signals.health(window_states=2).window_states == 2


def test_what_the_daemon_refuses_is_an_error_of_its_kind(client: Client) -> None:
    with pytest.raises(NotFoundError, match="discussion nobody not found") as caught:
        client.discussions.get("nobody")
    assert (caught.value.code, caught.value.reason) == ("NOT_FOUND", "NOT_FOUND")
    assert caught.value.exit_code == ExitCode.FAILURE
    with pytest.raises(InvalidArgumentError) as refused:
        client.discussions.by_state("HEAD", status="some")
    assert [each.field for each in refused.value.details] == ["status"]
    assert isinstance(refused.value, CallError)


@pytest.mark.parametrize(
    ("ask", "text"),
    [
        (lambda c: c.operations(limit=-1), "out of range"),
        (lambda c: c.discussions.get("\udc80"), "cannot be encoded"),
        (lambda c: c.discussions.resolve_into_annotation("x", "guess", "y"), "none of: constr"),
        (lambda c: c.sign("HEAD", key="nowhere"), "key nowhere: No such file"),
        (lambda c: c.sign("HEAD", key=__file__), "no private key"),
        (lambda c: c.sign("no-such", key=__file__), "no state of this repository"),
        (lambda c: c.sign("--all", key=__file__), "no state of this repository"),
        (lambda c: c.sign("HEAD", key=__file__, scope=[]), "covers nothing"),
        (lambda c: c.sign("HEAD", key=__file__, kind="seen"), "kind: 'seen' is none of"),
        (lambda c: c.within("\n").__enter__(), "no transaction's id"),
    ],
)
def test_what_no_request_can_hold_is_one_clear_error(
    client: Client, ask: Callable[[Client], object], text: str
) -> None:
    with pytest.raises(InvalidArgumentError, match=text):
        ask(client)


def test_an_id_makes_a_change_once(client: Client) -> None:
    given = str(uuid.uuid4())
    first = client.discussions.open("a.py", "g", "once", operation_id=given)
    assert client.discussions.open("a.py", "g", "once", operation_id=given).id == first.id
    with pytest.raises(FailedPreconditionError) as caught:
        client.discussions.open("a.py", "g", "twice", operation_id=given)
    assert caught.value.reason == "OPERATION_ID_REUSED"


def test_a_linked_worktree_is_the_one_asked_about(client: Client, shared: HeddleDaemon) -> None:
    linked = shared.root.parent / "linked"
    GitRepository(shared.root).git("worktree", "add", "--quiet", "-b", "side", str(linked))
    (linked / "a.py").write_text(BEFORE)
    (linked / "below").mkdir()
    with heddle_client.connect(linked / "below", start=False) as other:
        assert (client.repository, other.repository) == (shared.root, linked)
        assert other.review("").summary.files_changed == 1
        assert client.review("").summary.files_changed == 0
        with client.transaction(), other.transaction() as txn:
            assert txn.changes().changes == ()


def test_a_block_is_committed_at_its_end(client: Client) -> None:
    with client.transaction(message="both") as txn:
        inside = client.discussions.open("a.py", "f", "inside")
        assert txn.status().buffered_ops == 1
        with ThreadPoolExecutor(1) as thread:
            # What another thread does meanwhile is no part of it.
            thread.submit(client.hooks.register, "elsewhere", "true").result()
        assert txn.status().buffered_ops == 1
    assert txn.committed is not None
    assert txn.committed.op_count == 1
    assert client.transactions.status(txn.transaction_id).state == "committed"
    assert client.discussions.get(inside.id).turns[0].body == "inside"


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_a_block_that_raises_is_aborted(
    client: Client, shared: HeddleDaemon, error: type[BaseException]
) -> None:
    opened = []
    txn = client.transaction()

    def work() -> None:
        with txn:
            (shared.root / "new").write_text("x")
            opened.append(client.discussions.open("a.py", "f", "inside").id)
            assert [change.path for change in txn.changes().changes] == ["new"]
            steps = [(step.action, step.target) for step in txn.plan_restore()]
            assert steps == [("delete", "new")]
            raise error("enough")

    with pytest.raises(error):
        work()
    assert txn.aborted is not None
    assert txn.aborted.kept_ref.endswith(f"{txn.transaction_id}/aborted")
    assert not (shared.root / "new").exists()
    with pytest.raises(NotFoundError):
        client.discussions.get(opened[0])
    reasons = [hit.detail for hit in client.operations(verbs=["transaction_abort"])]
    assert any(f"{error.__name__}: enough" in reason for reason in reasons)


def test_a_block_that_cannot_be_aborted_says_so_beside_its_own_error(client: Client) -> None:
    def work() -> None:
        with client.transaction() as txn:
            client.transactions.commit(txn.transaction_id)
            raise ValueError("mine")

    with pytest.raises(ValueError, match="mine") as caught:
        work()
    (note,) = caught.value.__notes__
    assert note.endswith("could not be aborted: transaction already committed")


def test_paths_are_restored_within_a_block(client: Client, shared: HeddleDaemon) -> None:
    with client.transaction() as txn:
        (shared.root / "a.py").write_text("broken")
        assert txn.restore(["a.py"]).restored == ("a.py",)
        names = [each.name for each in client.transactions.snapshots(txn.transaction_id)]
        assert names[0] == "begin"
        assert len(names) == 2
    assert (shared.root / "a.py").read_text() == AFTER


def pem(key: ed25519.Ed25519PrivateKey, place: Path) -> Path:
    text = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    place.write_bytes(text)
    return place


def test_reviews_are_signed_with_keys_of_every_kind(client: Client, tmp_path: Path) -> None:
    keys: list[Path | ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey] = [
        pem(ed25519.Ed25519PrivateKey.generate(), tmp_path / "key.pem"),
        ec.generate_private_key(ec.SECP256R1()),
        rsa.generate_private_key(65537, 2048),
    ]
    if shutil.which("ssh-keygen"):
        ssh = tmp_path / "id"
        make = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(ssh)]
        subprocess.run(make, check=True)
        keys.append(ssh)
    signed = [client.sign("HEAD", key=key, justification="read it") for key in keys]
    part = client.sign("HEAD", key=keys[0], kind="agent_preview", scope=[("a.py", "f")])
    found = {each.signature_id: each for each in client.signatures("HEAD").signatures}
    algorithms = [found[each.signature_id].algorithm for each in signed]
    assert algorithms == ["ed25519", "p256", "rsa", "ssh"][: len(keys)]
    scope = found[part.signature_id].scope
    assert scope.symbols is not None
    assert [(ref.file, ref.symbol) for ref in scope.symbols.symbols] == [("a.py", "f")]
    with pytest.raises(InvalidArgumentError, match="none of Ed25519"):
        client.sign("HEAD", key=ec.generate_private_key(ec.SECP384R1()))


def test_a_dead_worker_is_no_matter_to_many_threads(client: Client, shared: HeddleDaemon) -> None:
    answered = threading.Semaphore(0)

    def work(number: int) -> list[str]:
        found = []
        for _ in range(10):
            found.append(client.discussions.open("a.py", "g", f"thread {number}").id)
            answered.release()
        return found

    with ThreadPoolExecutor(6) as threads:
        running = [threads.submit(work, number) for number in range(6)]
        for _ in range(2):
            for _ in range(15):
                assert answered.acquire(timeout=60)
            kill_worker(shared)
        opened = [each for done in running for each in done.result()]
    assert len(set(opened)) == 60
    there = [each.id for each in client.discussions.by_symbol("a.py", "g")]
    assert sorted(set(opened)) == sorted(each for each in there if each in set(opened))


def test_the_log_is_followed_across_workers(client: Client, shared: HeddleDaemon) -> None:
    newest = [hit.seq for hit in client.operations(include_checkpoints=True)][-1]
    with client.operations(follow=True, include_checkpoints=True, after_seq=newest) as stream:
        seqs = []
        for number in range(3):
            client.hooks.register(f"followed-{number}", "true")
            seqs.append(next(stream).seq)
            if number < 2:
                kill_worker(shared)
        assert seqs == sorted(set(seqs))
        assert stream.resumed >= 1
    assert seqs == [h.seq for h in client.operations(include_checkpoints=True, after_seq=newest)]


def test_a_limit_holds_across_workers(client: Client, shared: HeddleDaemon) -> None:
    for number in range(3):
        client.hooks.register(f"limited-{number}", "true")
    asked = {"verbs": ["hook.register_hook"], "follow": True}
    with client.operations(limit=3, **asked) as stream:  # type: ignore[arg-type]
        found = [next(stream)]
        kill_worker(shared)
        found += stream
    assert len({hit.seq for hit in found}) == 3


def test_events_are_answered(client: Client) -> None:
    with client.hooks.events(["pre_push"]) as events, ThreadPoolExecutor(1) as thread:

        def answer() -> str:
            event = next(events)
            assert client.hooks.respond(event.hook_event_id, abort="not now").accepted
            return event.event_name

        answering = thread.submit(answer)
        verdict = client.hooks.test("pre_push")
        assert (verdict.reason, answering.result(10)) == ("not now", "pre_push")
    assert {"pre_push", "on_signal"} <= {each.event_name for each in client.hooks.schemas()}


def test_updates_of_the_worktree_come(client: Client, shared: HeddleDaemon) -> None:
    path = shared.root / "untracked.py"
    with client.signals.updates() as updates, ThreadPoolExecutor(1) as thread:
        coming = thread.submit(next, updates)
        path.write_text("def h():\n    return 1\n")
        assert coming.result(DEADLINE).worktree == str(shared.root)
    path.unlink()


def test_closing_ends_what_waits_in_other_threads(shared: HeddleDaemon) -> None:
    client = heddle_client.connect(shared.root, start=False)
    first, second = (client.operations(follow=True, verbs=["never"]) for _ in range(2))
    with ThreadPoolExecutor(3) as threads:
        waiting = [threads.submit(list, stream) for stream in (first, second)]
        first.close()
        assert waiting[0].result(10) == []
        assert not waiting[1].done()
        client.close()
        assert waiting[1].result(10) == []
    for use in (client.hooks.list, client.daemon, client.operations, client.transactions.list):
        with pytest.raises(ClosedError, match="the client is closed"):
            use()
    client.close()
    assert next(second, None) is None


def test_a_call_in_flight_ends_with_its_client(shared: HeddleDaemon) -> None:
    client = heddle_client.connect(shared.root, start=False)
    client.hooks.register("sleeper", "sleep 60", events=["pre_merge"], timeout_ms=60_000)
    try:
        with ThreadPoolExecutor(1) as thread:
            waiting = thread.submit(client.hooks.test, "pre_merge")
            wait_until(lambda: running("sleep 60"), "the command runs")
            client.close()
            with pytest.raises(ClosedError):
                waiting.result(10)
    finally:
        with heddle_client.connect(shared.root, start=False) as other:
            other.hooks.deregister("sleeper")


def running(command: str) -> bool:
    wanted = command.replace(" ", "\0").encode() + b"\0"
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if path.read_bytes() == wanted:
                return True
        except OSError:
            continue
    return False


def test_a_stream_ends_at_its_deadline(client: Client) -> None:
    with (
        pytest.raises(CallTimeoutError, match=r"within 0\.3 s"),
        client.operations(follow=True, verbs=["never"], timeout=0.3) as stream,
    ):
        next(stream)


def test_nothing_is_left_of_a_closed_client(shared: HeddleDaemon) -> None:
    """Neither a thread, one of gRPC's own included, nor a descriptor."""
    program = """
import os, sys, threading, grpc, heddle_client
from waiting import wait_until

def used():
    return len(os.listdir("/proc/self/task")), len(os.listdir("/proc/self/fd"))

before = used()
for _ in range(10):
    with heddle_client.connect(sys.argv[1], start=False) as client:
        next(client.operations(follow=True))
        client.hooks.list()
        kept = client.operations(follow=True)
wait_until(lambda: threading.enumerate() == [threading.main_thread()], "no thread of Python's runs")
wait_until(lambda: used() <= before, f"nothing is used; before {before}, now {used()}")
"""
    done = subprocess.run(
        [sys.executable, "-c", program, shared.root],
        env={**os.environ, "PYTHONPATH": str(SUPPORT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("mode", ["quiet", "threads", "stream"])
def test_parent_and_child_of_a_fork_go_on_calling(shared: HeddleDaemon, mode: str) -> None:
    done = fork(shared, mode)
    *children, parent = done.stdout.splitlines()
    assert parent == "parent", done.stderr
    assert len(children) == 3
    assert all(line.startswith("child ") for line in children), done.stdout
    told = done.stderr.count("belongs to the parent process")
    assert told == (3 if mode == "stream" else 0), done.stderr


def test_a_child_is_told_where_grpc_cannot_be_used_after_a_fork(shared: HeddleDaemon) -> None:
    done = fork(shared, "quiet", GRPC_ENABLE_FORK_SUPPORT="0")
    *children, parent = done.stdout.splitlines()
    assert parent == "parent", done.stderr
    assert children
    assert all("GRPC_ENABLE_FORK_SUPPORT is off" in line for line in children)


def fork(daemon: HeddleDaemon, mode: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, SUPPORT / "forking_client.py", daemon.root, mode],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_a_daemon_is_started_by_whoever_comes_first(
    daemon: HeddleDaemon, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR"):
        monkeypatch.setenv(name, environment[name])
    with pytest.raises(NoDaemonError, match="heddle agent serve --detach") as caught:
        heddle_client.connect(daemon.root, start=False)
    assert caught.value.exit_code == ExitCode.NOT_RUNNING
    with ThreadPoolExecutor(2) as threads:
        clients = list(threads.map(heddle_client.connect, [daemon.root] * 2))
    daemon.agent("status").expect(0)
    pids = {client.daemon().worker_pid for client in clients}
    assert len(pids) == 1
    with clients[0] as first, clients[1]:
        daemon.stop()
        # It was to be started when it was absent, and it is absent.
        assert first.daemon().generation == 1
    daemon.agent("status").expect(0)


def test_what_is_no_repository_is_said(tmp_path: Path) -> None:
    with pytest.raises(NotARepositoryError, match="not in a git repository"):
        heddle_client.connect(tmp_path)
    with pytest.raises(InvalidArgumentError, match="printable ASCII"):
        heddle_client.connect(Path(__file__).parents[2], agent="\n")


def test_a_daemon_of_another_version_is_warned_of_once(
    repository: GitRepository, make_daemon: Callable[..., HeddleDaemon], room: Path
) -> None:
    installation = Installation(room / "site-packages")
    installation.upgrade("99.1")
    daemon = make_daemon(repository.root, **installation.variables)
    daemon.start("--no-standby")
    with pytest.warns(VersionSkewWarning, match=r"daemon is of version 99\.1, this client"):
        client = heddle_client.connect(daemon.root, start=False)
    with client, warnings.catch_warnings():
        warnings.simplefilter("error")
        assert client.daemon().version == "99.1"
        kill = client.daemon().worker_pid
        os.kill(kill, signal.SIGKILL)
        assert client.daemon().worker_pid != kill
    # A command of this version says so in one line.
    words = [str(HEDDLE), "hook", "list", "--repo", str(daemon.root)]
    command = subprocess.run(words, capture_output=True, text=True, check=True)
    assert command.stderr.startswith("heddle: the daemon is of version 99.1, this client of ")
    assert command.stderr.count("\n") == 1
