"""Every kind of repository that git makes: where its daemon is found, and where there is none."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from call_load import log_stub
from git_repository import GitRepository
from heddle_daemon import HeddleDaemon

from heddle_api.v1 import operation_log_pb2

MakeDaemon = Callable[..., HeddleDaemon]


def answers(daemon: HeddleDaemon, repo_path: Path | str = "") -> bool:
    """Return whether the daemon answers for a path of its repository."""
    request = operation_log_pb2.QueryOperationsRequest(repo_path=str(repo_path))
    with log_stub(daemon.config.socket_path) as stub:
        return isinstance(
            stub.QueryOperations(request, timeout=30), operation_log_pb2.QueryOperationsResponse
        )


def test_it_is_found_from_any_directory_below(
    daemon: HeddleDaemon, repository: GitRepository
) -> None:
    deep = repository.root / "a" / "b" / "c"
    deep.mkdir(parents=True)
    daemon.agent("serve", "--detach", cwd=deep).expect(0)
    assert daemon.settled().repository == str(repository.root)
    assert not (deep / ".heddle").exists()
    from_below = daemon.agent("status", "--json", cwd=deep).expect(0).body()
    assert from_below["pid"] == daemon.supervisor()
    named = daemon.agent("status", "--json", "--repo", str(deep), cwd=Path("/")).expect(0).body()
    assert named["pid"] == daemon.supervisor()
    assert answers(daemon, deep)
    daemon.agent("stop", cwd=deep).expect(0)
    assert daemon.supervisor() is None


def test_linked_worktrees_share_the_daemon_of_their_repository(
    daemon: HeddleDaemon, repository: GitRepository, room: Path
) -> None:
    linked = room / "linked"
    repository.git("worktree", "add", "-q", str(linked), "-b", "topic")
    daemon.agent("serve", "--detach", cwd=linked).expect(0)
    record = daemon.settled()
    assert record.repository == str(repository.root)
    assert not (linked / ".heddle").exists()
    second = daemon.agent("serve", "--detach", cwd=repository.root).expect(4)
    assert second.complaint() == f"already running (pid {record.pid})"
    assert answers(daemon, linked)
    assert answers(daemon, repository.root)
    assert daemon.agent("stop", "--json", cwd=linked).expect(0).body()["pid"] == record.pid


def test_a_repository_without_commits_is_served(make_daemon: MakeDaemon, room: Path) -> None:
    repository = GitRepository.init(room / "empty")
    daemon = make_daemon(repository.root)
    daemon.start()
    assert answers(daemon)


@pytest.mark.parametrize("linked", [False, True])
def test_a_bare_repository_has_it_inside(
    make_daemon: MakeDaemon, repository: GitRepository, room: Path, linked: bool
) -> None:
    bare = room / "bare.git"
    repository.git("clone", "-q", "--bare", str(repository.root), str(bare))
    daemon = make_daemon(bare)
    start = bare
    if linked:
        start = room / "linked"
        GitRepository(bare).git("worktree", "add", "-q", str(start), "-b", "topic")
    daemon.agent("serve", "--detach", cwd=start).expect(0)
    assert daemon.settled().repository == str(bare)
    assert answers(daemon)
    exclude = (bare / "info" / "exclude").read_text(encoding="utf-8")
    assert ".heddle" not in exclude
    assert daemon.stop()["stopped"] is True


def test_a_separate_git_directory_has_it_inside(make_daemon: MakeDaemon, room: Path) -> None:
    worktree, git_dir = room / "worktree", room / "elsewhere.git"
    repository = GitRepository.init(worktree, f"--separate-git-dir={git_dir}")
    repository.commit()
    daemon = make_daemon(worktree, git_dir / ".heddle")
    daemon.start()
    assert answers(daemon, worktree)
    assert not (worktree / ".heddle").exists()
    assert repository.git("status", "--porcelain") == ""
    assert daemon.stop()["stopped"] is True


def test_a_submodule_has_a_daemon_of_its_own(
    daemon: HeddleDaemon, make_daemon: MakeDaemon, repository: GitRepository, room: Path
) -> None:
    library = GitRepository.init(room / "library")
    library.commit("library")
    allow = ("-c", "protocol.file.allow=always")
    repository.git(*allow, "submodule", "--quiet", "add", str(library.root), "library")
    repository.commit("add it")
    inner = make_daemon(
        repository.root / "library", repository.root / ".git/modules/library/.heddle"
    )
    outer_record, inner_record = daemon.start(), inner.start()
    assert outer_record.pid != inner_record.pid
    assert answers(daemon)
    assert answers(inner)
    assert GitRepository(inner.root).git("status", "--porcelain") == ""
    assert inner.stop()["pid"] == inner_record.pid
    assert daemon.settled() == outer_record


@pytest.mark.parametrize("command", ["serve", "status", "stop", "reload", "logs"])
def test_outside_a_repository_every_command_says_so(
    make_daemon: MakeDaemon, room: Path, command: str
) -> None:
    nowhere = room / "nowhere"
    nowhere.mkdir()
    daemon = make_daemon(nowhere)
    outcome = daemon.agent(command).expect(1)
    assert outcome.complaint() == (
        f"{nowhere} is not in a git repository: run `git init` there first"
    )
    assert daemon.agent(command, "--json").expect(1).body() == {
        "error": outcome.complaint(),
        "exit_code": 1,
    }
    assert not list(nowhere.iterdir())


def test_a_directory_that_does_not_exist_is_named(daemon: HeddleDaemon, room: Path) -> None:
    outcome = daemon.agent("status", "--repo", str(room / "gone")).expect(1)
    assert outcome.complaint() == f"{room / 'gone'} does not exist"


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        (lambda git: (git / "HEAD").write_text("nonsense\n"), "not in a git repository"),
        (lambda git: (git / "config").write_text("[core\n"), "config"),
        (lambda git: shutil.rmtree(git / "objects"), "not in a git repository"),
        (lambda git: (git / "HEAD").unlink(), "not in a git repository"),
    ],
    ids=["head", "config", "objects", "no-head"],
)
def test_a_corrupt_repository_is_refused_in_one_line(
    daemon: HeddleDaemon, repository: GitRepository, damage: Callable[[Path], object], expected: str
) -> None:
    damage(repository.git_dir())
    outcome = daemon.agent("serve", "--detach").expect(1)
    assert expected in outcome.complaint()
    assert str(repository.root) in outcome.complaint()
    assert not daemon.config.pid_path.exists()


@pytest.mark.parametrize(
    ("option", "expected"),
    [
        ("--object-format=sha256", "sha256 object ids"),
        ("--ref-format=reftable", "reftable"),
    ],
)
def test_a_format_that_is_not_supported_is_named(
    make_daemon: MakeDaemon, room: Path, option: str, expected: str
) -> None:
    if subprocess.run(["git", "init", "-q", option, room / "r"], check=False).returncode:
        pytest.skip(f"this git has no {option}")
    daemon = make_daemon(room / "r")
    outcome = daemon.agent("serve", "--detach").expect(1)
    assert expected in outcome.complaint()
    assert daemon.files() == set()
