"""What a shim runs, started by real git through real shims, before a server of gRPC's own."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
from git_repository import GitRepository
from hook_server import HookServer, hook_server
from shim_bench import run_git

from heddle_api.local.v1 import git_hook_pb2
from heddle_client.hooks_directory import hooks_directory_of
from heddle_client.installation import install
from heddle_client.shim import own_interpreter

LISTENED = (
    "commit-msg\npre-push\npre-rebase\nreference-transaction branch\nreference-transaction merge\n"
)


def with_shims(root: Path, policy: str = "open", *options: str) -> GitRepository:
    """Make a repository whose hooks somebody listens to, as it seems."""
    repository = GitRepository.init(root, *options)
    repository.commit("first")
    install(hooks_directory_of(root), own_interpreter(), policy=policy)
    for name in ("sockets", "hooks"):
        (root / ".heddle" / name).mkdir(parents=True)
    (root / ".heddle" / "hooks" / "listening").write_text(LISTENED, encoding="ascii")
    return repository


@pytest.fixture
def repository(room: Path) -> GitRepository:
    return with_shims(room / "r")


@pytest.fixture
def server(repository: GitRepository) -> Iterator[HookServer]:
    with hook_server(repository.root / ".heddle" / "sockets" / "grpc.sock") as server:
        yield server


def commit(root: Path, *words: str) -> subprocess.CompletedProcess[bytes]:
    return run_git(root, "commit", "--quiet", "--allow-empty", "-m", "the\nmessage", *words)


def test_a_commit_is_described_and_goes_on(repository: GitRepository, server: HookServer) -> None:
    repository.write("a", "a")
    done = commit(repository.root, "-a")
    assert (done.returncode, done.stderr) == (0, b"")
    (request,) = server.requests
    assert request == git_hook_pb2.RunGitHookRequest(
        repo_path=str(repository.root),
        hook="commit-msg",
        arguments=[b".git/COMMIT_EDITMSG"],
        index_file=str(repository.root / ".git" / "index.lock").encode(),
        message=b"the\nmessage\n",
    )


def test_a_veto_is_told_in_one_line_that_can_move_no_cursor(
    repository: GitRepository, server: HookServer
) -> None:
    server.verdict.MergeFrom(
        git_hook_pb2.HookVerdict(
            vetoed=True,
            author="lint\x1b[2J",
            reason="no tabs \x1b]0;owned\x07\nnor \r\u202e\x9b, says é",
            answers=[
                git_hook_pb2.HookAnswer(
                    author="slow", event_name="pre_capture", outcome="timed_out", detail="5,000 ms"
                ),
                git_hook_pb2.HookAnswer(author="calm", event_name="pre_capture", outcome="passed"),
            ],
        )
    )
    before = repository.head()
    done = commit(repository.root)
    assert done.returncode == 1
    assert done.stderr.decode().splitlines() == [
        "heddle: pre_capture: slow timed out: 5,000 ms",
        "heddle: commit-msg vetoed by lint\\e[2J: no tabs \\e]0;owned\\x07",
        "  nor \\r\\u202e\\x9b, says é",
    ]
    assert repository.head() == before


def test_a_merge_says_what_it_merges(repository: GitRepository, server: HookServer) -> None:
    run_git(repository.root, "checkout", "--quiet", "-b", "topic")
    repository.write("a", "a")
    commit(repository.root)
    run_git(repository.root, "checkout", "--quiet", "main")
    commit(repository.root)
    server.requests.clear()
    assert run_git(repository.root, "merge", "--quiet", "-m", "m", "topic").returncode == 0
    told = server.requests[0].environment
    assert told["GIT_REFLOG_ACTION"] == b"merge topic"
    topic = run_git(repository.root, "rev-parse", "topic").stdout.decode().strip()
    assert told[f"GITHEAD_{topic}"] == b"topic"
    assert [request.hook for request in server.requests] == ["reference-transaction", "commit-msg"]
    assert server.requests[0].input.endswith(b" ORIG_HEAD\n")


def test_a_push_says_what_it_pushes(
    repository: GitRepository, server: HookServer, room: Path
) -> None:
    run_git(repository.root, "init", "--quiet", "--bare", str(room / "b"))
    assert run_git(repository.root, "push", "--quiet", str(room / "b"), "main").returncode == 0
    (request,) = server.requests
    assert request.hook == "pre-push"
    assert list(request.arguments) == [str(room / "b").encode()] * 2
    assert request.input.startswith(b"refs/heads/main ")


def test_the_worktree_is_the_one_that_git_works_in(
    repository: GitRepository, server: HookServer, room: Path
) -> None:
    root = repository.root
    run_git(root, "worktree", "add", "--quiet", str(room / "w"))
    server.requests.clear()
    (room / "w" / "below").mkdir()
    assert commit(room / "w" / "below").returncode == 0
    (request,) = server.requests
    assert request.repo_path == str(room / "w")
    assert request.message == b"the\nmessage\n"

    run_git(room, "clone", "--quiet", str(root), str(room / "c"))
    assert run_git(room / "c", "push", "--quiet", "origin", "HEAD:new").returncode == 0
    assert server.requests[-1].repo_path == ""

    environment = {"GIT_DIR": str(root / ".git"), "GIT_WORK_TREE": str(room / "c")}
    words = ("commit", "--quiet", "--allow-empty", "-m", "x")
    assert run_git(room / "c", *words, environment=environment).returncode == 0
    assert server.requests[-1].repo_path == ""


def test_a_push_of_many_branches_is_asked_about(
    repository: GitRepository, server: HookServer, room: Path
) -> None:
    """More than fits into a request of the quick kind goes the other way, which finds no daemon."""
    hook = repository.root / ".git" / "hooks" / "pre-push"
    given = b"refs/heads/main 1 refs/heads/main 2\n" * 2_000
    done = subprocess.run(
        [hook, "o", "u"], cwd=repository.root, input=given, check=False, capture_output=True
    )
    assert done.returncode == 0
    assert done.stderr.startswith(b"heddle: pre-push goes on unasked: no daemon runs for ")


def test_of_a_transaction_only_what_matters_is_sent(
    repository: GitRepository, server: HookServer
) -> None:
    hook = repository.root / ".git" / "hooks" / "reference-transaction"
    made = f"{'0' * 40} {'1' * 40} refs/heads/new\n".encode()
    fetched = f"{'0' * 40} {'1' * 40} refs/remotes/origin/x\n".encode() * 5_000
    moved = f"{'2' * 40} {'1' * 40} refs/heads/main\n".encode()
    orig_head = f"{'0' * 40} {'1' * 40} ORIG_HEAD\n".encode()
    given = moved + fetched + made + orig_head
    subprocess.run([hook, "prepared"], cwd=repository.root, input=given, check=True)
    assert server.requests[0].input == made + orig_head


@pytest.mark.parametrize(("policy", "code"), [("open", 0), ("closed", 1)])
def test_without_an_answer_the_policy_decides(room: Path, policy: str, code: int) -> None:
    repository = with_shims(room / "r", policy)
    what = "goes on unasked" if policy == "open" else "refused"
    told = f"heddle: commit-msg {what}: no daemon runs for {repository.root}: start it with"
    with hook_server(repository.root / ".heddle" / "sockets" / "grpc.sock") as server:
        # It holds no pidfile, so that it counts as no daemon when it is looked at closely.
        server.status = grpc.StatusCode.UNAVAILABLE, "draining"
        done = commit(repository.root)
    assert (done.returncode, done.stderr.count(b"\n")) == (code, 1)
    assert done.stderr.decode().startswith(told)


def test_a_link_in_the_place_of_the_daemon_s_files_is_not_followed(
    repository: GitRepository, room: Path
) -> None:
    """A repository may have been cloned with a `.heddle` that points to somebody else's socket."""
    heddle_dir = repository.root / ".heddle"
    with hook_server(room / "other.sock") as server:
        server.verdict.vetoed = True
        (heddle_dir / "sockets" / "grpc.sock").symlink_to(room / "other.sock")
        assert commit(repository.root).returncode == 0
        (heddle_dir / "sockets" / "grpc.sock").unlink()
        (heddle_dir / "sockets").rmdir()
        (room / "elsewhere").mkdir()
        (room / "other.sock").rename(room / "elsewhere" / "grpc.sock")
        (heddle_dir / "sockets").symlink_to(room / "elsewhere")
        assert commit(repository.root).returncode == 0
        (room / "elsewhere" / "grpc.sock").rename(room / "other.sock")
    assert server.requests == []


def test_modules_of_the_repository_are_not_imported(
    repository: GitRepository, server: HookServer, room: Path
) -> None:
    for name in ("os", "struct", "grpc", "heddle_client", "sitecustomize", "encodings"):
        (repository.root / f"{name}.py").write_text(f"open('{room}/ran', 'w')\n", encoding="ascii")
    environment = {"PYTHONPATH": ".", "PYTHONSTARTUP": "os.py"}
    words = ("commit", "--quiet", "--allow-empty", "-m", "x")
    done = run_git(repository.root, *words, environment=environment)
    assert (done.returncode, done.stderr) == (0, b"")
    assert len(server.requests) == 1
    assert not (room / "ran").exists()


def test_a_path_that_is_not_utf_8_is_no_obstacle(room: Path) -> None:
    repository = with_shims(Path(os.fsdecode(os.fsencode(room) + b"/\xff")))
    with hook_server(room / "s") as server:
        (room / "s").rename(repository.root / ".heddle" / "sockets" / "grpc.sock")
        assert commit(repository.root).returncode == 0
        (repository.root / ".heddle" / "sockets" / "grpc.sock").rename(room / "s")
    assert server.requests[0].repo_path == ""
