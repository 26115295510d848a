"""Shims come and go; what was there before stays what it was."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest
from git_repository import GitRepository
from hypothesis import given, settings
from hypothesis import strategies as st
from shim_bench import run_git, write_hook

from heddle_client.hook_report import HookState, hook_reports, problems
from heddle_client.hooks_directory import HooksDirectoryError, hooks_directory_of
from heddle_client.installation import InstallationError, install, uninstall
from heddle_client.shim import GIT_HOOKS, Interpreter, ShimState, look_at

ANY: Final = Interpreter(Path("/usr/bin/python3"), Path("/nowhere/it's a\nclient.py"))


@dataclass(frozen=True, slots=True)
class Entry:
    """All that is to be the same of a file afterwards."""

    inode: int
    mode: int
    modified: int
    content: bytes | str


def entries(directory: Path) -> dict[str, Entry]:
    """Return everything in a directory, by name."""
    found = {}
    for path in directory.iterdir():
        status = path.lstat()
        content: bytes | str = os.fspath(path.readlink()) if path.is_symlink() else ""
        if stat.S_ISREG(status.st_mode):
            content = path.read_bytes()
        found[path.name] = Entry(status.st_ino, status.st_mode, status.st_mtime_ns, content)
    return found


@pytest.fixture
def repository(tmp_path: Path) -> GitRepository:
    return GitRepository.init(tmp_path / "r")


@pytest.fixture
def hooks(repository: GitRepository) -> Path:
    path = repository.root / ".git" / "hooks"
    path.mkdir(exist_ok=True)
    return path


def put(repository: GitRepository, *, force: bool = False, interpreter: Interpreter = ANY) -> None:
    install(hooks_directory_of(repository.root), interpreter, force=force)


def take(repository: GitRepository) -> tuple[str, ...]:
    return uninstall(hooks_directory_of(repository.root))


contents = st.binary(max_size=200).filter(lambda data: b"$" not in data and b"__FILE__" not in data)
kinds = st.one_of(
    st.none(),
    st.tuples(contents, st.sampled_from([0o755, 0o644, 0o500, 0o7777, 0o444, 0o700])),
    st.sampled_from(["pre-commit.sample", "missing", "../config"]),
)


@settings(max_examples=40)
@given(before=st.dictionaries(st.sampled_from([*GIT_HOOKS, "update", "x"]), kinds, max_size=6))
def test_uninstall_restores_exactly_what_install_found(
    before: dict[str, tuple[bytes, int] | str | None],
) -> None:
    with tempfile.TemporaryDirectory() as directory:
        repository = GitRepository.init(Path(directory) / "r")
        hooks = repository.root / ".git" / "hooks"
        hooks.mkdir(exist_ok=True)
        for name, what in before.items():
            if isinstance(what, tuple):
                (hooks / name).write_bytes(what[0])
                (hooks / name).chmod(what[1])
                os.utime(hooks / name, ns=(1, 1_234_567_891))
            elif what is not None:
                (hooks / name).symlink_to(what)
        found = entries(hooks)
        put(repository)
        for name in GIT_HOOKS:
            assert look_at(hooks / name).state is ShimState.OURS
            kept = entries(hooks).get(f"{name}.before-heddle")
            assert kept == found.get(name)
        installed = entries(hooks)
        put(repository)
        assert entries(hooks) == installed
        assert take(repository) == GIT_HOOKS
        assert entries(hooks) == found
        assert take(repository) == ()
        assert entries(hooks) == found


def test_a_directory_made_for_the_shims_goes_with_them(tmp_path: Path) -> None:
    repository = GitRepository.init(tmp_path / "r", "--template=")
    hooks = repository.root / ".git" / "hooks"
    assert not hooks.exists()
    put(repository)
    put(repository)
    take(repository)
    assert not hooks.exists()
    put(repository)
    write_hook(hooks / "update", "exit 0")
    take(repository)
    assert [path.name for path in hooks.iterdir()] == ["update"]


def test_an_installation_that_was_cut_off_is_finished_by_the_next(
    repository: GitRepository, hooks: Path
) -> None:
    write_hook(hooks / "pre-push", "exit 4")
    found = entries(hooks)
    os.link(hooks / "pre-push", hooks / "pre-push.before-heddle")
    (hooks / "pre-push.heddle-new").write_bytes(b"half a sh")
    put(repository)
    assert look_at(hooks / "pre-push").state is ShimState.OURS
    take(repository)
    assert entries(hooks) == found


def test_a_new_interpreter_renews_the_shims_and_keeps_the_chain(
    repository: GitRepository, hooks: Path
) -> None:
    write_hook(hooks / "pre-push", "exit 4")
    found = entries(hooks)
    put(repository)
    old = entries(hooks)
    put(repository, interpreter=Interpreter(Path("/other"), Path("/client")))
    assert entries(hooks)["pre-push"] != old["pre-push"]
    assert b"python=/other\n" in (hooks / "pre-push").read_bytes()
    take(repository)
    assert entries(hooks) == found


def test_a_lost_run_bit_is_given_back(repository: GitRepository, hooks: Path) -> None:
    put(repository)
    (hooks / "commit-msg").chmod(0o644)
    put(repository)
    assert stat.S_IMODE((hooks / "commit-msg").stat().st_mode) == 0o755


@pytest.mark.parametrize("change", [b"\n", b"# one more\n"])
def test_a_shim_that_somebody_has_changed_is_left_alone(
    repository: GitRepository, hooks: Path, change: bytes
) -> None:
    put(repository)
    with (hooks / "commit-msg").open("ab") as file:
        file.write(change)
    found = entries(hooks)
    for act in (put, take):
        with pytest.raises(
            InstallationError, match="commit-msg is a shim that somebody has changed"
        ):
            act(repository)
        assert entries(hooks) == found


def refuses(repository: GitRepository, reason: str) -> None:
    """Require that nothing is installed, for a reason, and nothing has changed."""
    directory = hooks_directory_of(repository.root)
    found = entries(directory.path)
    with pytest.raises((InstallationError, HooksDirectoryError), match=reason):
        install(directory, ANY)
    assert entries(directory.path) == found


def test_what_cannot_be_chained_is_refused(repository: GitRepository, hooks: Path) -> None:
    place = hooks / "post-rewrite"
    place.mkdir()
    refuses(repository, "it is no file")
    place.rmdir()
    os.mkfifo(place)
    refuses(repository, "it is no file")
    place.unlink()
    place.symlink_to(".")
    refuses(repository, "it is a link to a directory")
    place.unlink()
    write_hook(place, "exit 0")
    write_hook(hooks / "post-rewrite.before-heddle", "exit 1")
    refuses(repository, "post-rewrite.before-heddle is there already")
    place.unlink()
    refuses(repository, "is there without a shim")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_what_belongs_to_another_user_is_refused(repository: GitRepository, hooks: Path) -> None:
    write_hook(hooks / "pre-push", "exit 0")
    os.chown(hooks / "pre-push", 1234, 1234)
    refuses(repository, r"it belongs to another user \(uid 1234\)")
    (hooks / "pre-push").unlink()
    os.chown(hooks, 1234, 1234)
    refuses(repository, r"belongs to another user \(uid 1234\)")


@pytest.mark.parametrize(
    "line",
    [
        '. "$(dirname -- "$0")/_/husky.sh"',
        '. "$(dirname "$0")/h"',
        'hook=$(basename "$0")',
        "hook=${0##*/}",
        "run(File.basename(__FILE__))",
    ],
)
def test_a_hook_that_looks_at_its_name_is_not_given_another(
    repository: GitRepository, hooks: Path, line: str
) -> None:
    write_hook(hooks / "pre-commit", line)
    refuses(repository, "looks at its own name")
    put(repository, force=True)
    take(repository)


def test_a_hook_that_looks_for_its_neighbours_is_chained(
    repository: GitRepository, hooks: Path
) -> None:
    (hooks / "helper").write_text("echo helped >&2\n", encoding="ascii")
    write_hook(hooks / "pre-commit", 'sh "$(dirname "$0")/helper"')
    put(repository)
    done = run_git(repository.root, "commit", "--quiet", "--allow-empty", "-m", "x")
    assert (done.returncode, done.stderr) == (0, b"helped\n")


def test_the_directory_is_the_one_that_git_names(
    repository: GitRepository, hooks: Path, tmp_path: Path
) -> None:
    repository.commit()
    run_git(repository.root, "worktree", "add", "--quiet", str(tmp_path / "w"))
    assert hooks_directory_of(tmp_path / "w").path == hooks
    repository.git("config", "core.hooksPath", "own/hooks")
    (repository.root / "own").mkdir()
    assert hooks_directory_of(repository.root / "own").path == repository.root / "own/hooks"
    assert hooks_directory_of(tmp_path / "w").path == tmp_path / "w/own/hooks"
    put(repository)
    assert (repository.root / "own/hooks/commit-msg").exists()
    assert not (hooks / "commit-msg").exists()


def test_a_directory_that_others_may_share_takes_force(
    repository: GitRepository, tmp_path: Path
) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    repository.git("config", "core.hooksPath", str(shared))
    refuses(repository, r"lies outside the repository \(core.hooksPath, set by file:.git/config\)")
    put(repository, force=True)
    assert take(repository) == GIT_HOOKS


def test_a_link_to_a_directory_elsewhere_takes_force(
    repository: GitRepository, hooks: Path, tmp_path: Path
) -> None:
    hooks.rename(tmp_path / "shared")
    hooks.symlink_to(tmp_path / "shared")
    refuses(repository, r"lies outside the repository \(a link\)")


def test_a_directory_that_is_committed_takes_force(repository: GitRepository) -> None:
    repository.write(".githooks/pre-commit", "#!/bin/sh\n")
    repository.git("config", "core.hooksPath", ".githooks")
    refuses(repository, r"is part of the commits \(.githooks/pre-commit\)")


@pytest.mark.parametrize("value", ["/dev/null", "file"])
def test_no_hooks_at_all_are_no_place_for_shims(repository: GitRepository, value: str) -> None:
    (repository.root / "file").touch()
    repository.git("config", "core.hooksPath", value)
    with pytest.raises(HooksDirectoryError, match="is no directory"):
        put(repository, force=True)


def test_the_report_says_what_git_will_not_run(
    repository: GitRepository, hooks: Path, tmp_path: Path
) -> None:
    directory = hooks_directory_of(repository.root)

    def states() -> dict[str, HookState]:
        return {report.name: report.state for report in hook_reports(directory, ANY)}

    def complaints() -> list[str]:
        return list(problems(directory, hook_reports(directory, ANY)))

    assert set(states().values()) == {HookState.NOT_INSTALLED}
    assert complaints() == []
    put(repository)
    assert set(states().values()) == {HookState.INSTALLED}
    assert complaints() == []
    (hooks / "pre-push").chmod(0o644)
    (hooks / "commit-msg").unlink()
    write_hook(hooks / "pre-rebase", "exit 0")
    with (hooks / "post-merge").open("ab") as file:
        file.write(b"\n")
    assert states()["pre-push"] is HookState.NOT_EXECUTABLE
    assert states()["commit-msg"] is HookState.NOT_INSTALLED
    assert states()["pre-rebase"] is HookState.NOT_OURS
    assert states()["post-merge"] is HookState.ALTERED
    assert complaints() == [
        "commit-msg has been removed: run `heddle hook install`",
        "pre-rebase has been put in the place of the shim by somebody else",
        "pre-push is not executable: run `heddle hook install`",
        "post-merge is a shim that somebody has changed",
    ]


def test_the_report_knows_shims_of_another_heddle_and_shims_that_git_has_left(
    repository: GitRepository, tmp_path: Path
) -> None:
    put(repository, interpreter=Interpreter(Path("/gone/python"), Path("/gone/client")))
    directory = hooks_directory_of(repository.root)
    assert "commit-msg is a shim of another heddle: run `heddle hook install`" in problems(
        directory, hook_reports(directory, ANY)
    )
    repository.git("config", "core.hooksPath", ".husky/_")
    directory = hooks_directory_of(repository.root)
    (problem,) = problems(directory, hook_reports(directory, ANY))
    assert problem == (
        f"git looks for hooks in {repository.root}/.husky/_, by core.hooksPath from "
        f"file:.git/config: the shims in {repository.root}/.git/hooks do not run"
    )


@pytest.mark.skipif(shutil.which("shellcheck") is None, reason="shellcheck is not installed")
def test_shellcheck_finds_no_fault(repository: GitRepository, hooks: Path) -> None:
    put(repository)
    subprocess.run(["shellcheck", hooks / "pre-push"], check=True)
