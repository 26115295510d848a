"""The shims with real git, and a script in the place of the interpreter."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from git_repository import GitRepository
from shim_bench import ShimBench, listening, run_git, write_hook

ALL = (
    "commit-msg",
    "pre-push",
    "pre-rebase",
    "reference-transaction branch",
    "reference-transaction merge",
)


@pytest.fixture
def bench(tmp_path: Path) -> ShimBench:
    repository = GitRepository.init(tmp_path / "r")
    repository.commit("first")
    return ShimBench(repository, tmp_path / "bench")


@pytest.fixture
def root(bench: ShimBench) -> Path:
    bench.install()
    return bench.repository.root


def commit(root: Path, *words: str) -> subprocess.CompletedProcess[bytes]:
    return run_git(root, "commit", "--quiet", "--allow-empty", "-m", "change", *words)


def test_nobody_is_started_while_nobody_listens(bench: ShimBench, root: Path) -> None:
    assert commit(root).returncode == 0
    with listening(root / ".heddle", "pre-push", "# commit-msg"):
        assert commit(root).returncode == 0
    with listening(root / ".heddle"):
        assert commit(root).returncode == 0
    assert bench.runs() == []


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
def test_the_shims_start_no_process_while_nobody_listens(bench: ShimBench, root: Path) -> None:
    """Each process that is made costs as much as the whole shim."""
    hook = root / ".git" / "hooks" / "reference-transaction"
    with listening(root / ".heddle", "commit-msg"):
        traced = subprocess.run(
            ["strace", "-f", "-e", "trace=fork,vfork,clone,clone3,execve", hook, "prepared"],
            cwd=root,
            check=False,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
        )
    if traced.returncode != 0:
        pytest.skip("strace cannot be used here")
    assert [line.split("(")[0] for line in traced.stderr.splitlines() if "(" in line] == ["execve"]


def test_a_commit_is_asked_about_once(bench: ShimBench, root: Path) -> None:
    with listening(root / ".heddle", *ALL):
        assert commit(root).returncode == 0
    (run,) = bench.runs()
    assert (run.hook, run.policy) == ("commit-msg", "open")
    assert run.heddle_dir == root / ".heddle"
    assert run.arguments == (".git/COMMIT_EDITMSG",)


@pytest.mark.parametrize(("status", "code"), [(0, 0), (77, 1), (1, 0), (120, 0)])
def test_only_the_agreed_status_stops_git(
    bench: ShimBench, root: Path, status: int, code: int
) -> None:
    bench.exit_with(status)
    before = bench.repository.head()
    with listening(root / ".heddle", *ALL):
        assert commit(root).returncode == code
    assert (bench.repository.head() == before) == (code == 1)
    assert len(bench.runs()) == 1


def test_a_client_that_fails_stops_git_where_that_is_the_policy(bench: ShimBench) -> None:
    bench.install("closed")
    bench.exit_with(1)
    with listening(bench.repository.root / ".heddle", *ALL):
        done = commit(bench.repository.root)
    assert done.returncode == 1
    assert done.stderr == b"heddle: commit-msg refused: the client of heddle failed\n"


@pytest.mark.parametrize("gone", ["python", "client"])
def test_an_interpreter_that_is_gone_lets_git_go_on(
    bench: ShimBench, root: Path, gone: str
) -> None:
    getattr(bench.interpreter, gone).unlink()
    with listening(root / ".heddle", *ALL):
        done = commit(root)
    assert (done.returncode, done.stderr) == (0, b"")


def test_closed_shims_refuse_while_no_daemon_runs(bench: ShimBench) -> None:
    bench.install("closed")
    root = bench.repository.root
    before = bench.repository.head()
    done = commit(root)
    assert done.returncode == 1
    assert done.stderr == (
        b"heddle: commit-msg refused: no daemon runs; start it with: heddle agent serve --detach\n"
    )
    assert bench.repository.head() == before
    assert run_git(root, "branch", "other").returncode == 0
    with listening(root / ".heddle"):
        assert commit(root).returncode == 0


def test_what_a_command_of_heddles_does_is_not_asked_about(bench: ShimBench, root: Path) -> None:
    with listening(root / ".heddle", *ALL):
        done = run_git(
            root,
            "commit",
            "--quiet",
            "--allow-empty",
            "-m",
            "x",
            environment={"HEDDLE_HOOK_PROTOCOL": "json"},
        )
    assert done.returncode == 0
    assert bench.runs() == []


def test_of_transactions_only_new_branches_and_merges_matter(bench: ShimBench, root: Path) -> None:
    with listening(root / ".heddle", "reference-transaction branch", "reference-transaction merge"):
        run_git(root, "checkout", "--quiet", "-b", "topic")
        (run,) = bench.runs()
        assert (run.hook, run.arguments) == ("reference-transaction", ("prepared",))
        head = bench.repository.head()
        assert run.input == f"{'0' * 40} {head} refs/heads/topic\n".encode()
        commit(root)
        run_git(root, "tag", "v1")
        run_git(root, "checkout", "--quiet", "main")
        run_git(root, "update-ref", "-d", "refs/tags/v1")
        assert len(bench.runs()) == 1
        commit(root)
        assert run_git(root, "merge", "--quiet", "-m", "merge", "topic").returncode == 0
        _, merge = bench.runs()
        assert merge.input.endswith(b" ORIG_HEAD\n")
        run_git(root, "reset", "--quiet", "--hard", "HEAD~1")
        assert len(bench.runs()) == 2


def test_only_what_is_listened_to_of_transactions_starts_a_client(
    bench: ShimBench, root: Path
) -> None:
    with listening(root / ".heddle", "reference-transaction merge"):
        assert run_git(root, "checkout", "--quiet", "-b", "merge").returncode == 0
        commit(root)
        run_git(root, "checkout", "--quiet", "main")
        assert bench.runs() == []
    with listening(root / ".heddle", "reference-transaction branch"):
        assert run_git(root, "merge", "--quiet", "-m", "merge", "merge").returncode == 0
        assert bench.runs() == []


def test_a_push_to_a_url_is_told_from_others(bench: ShimBench, root: Path, tmp_path: Path) -> None:
    run_git(root, "init", "--quiet", "--bare", str(tmp_path / "bare"))
    run_git(root, "remote", "add", "origin", str(tmp_path / "bare"))
    bench.install()
    with listening(root / ".heddle", "pre-push url"):
        assert run_git(root, "push", "--quiet", "origin", "main").returncode == 0
        assert bench.runs() == []
        url = str(tmp_path / "bare")
        assert run_git(root, "push", "--quiet", url, "main:more").returncode == 0
        (run,) = bench.runs()
    assert (run.hook, run.arguments) == ("pre-push", (url, url))
    with listening(root / ".heddle", "pre-push url", "pre-push"):
        assert run_git(root, "push", "--quiet", "origin", "main:again").returncode == 0
        assert len(bench.runs()) == 2


def test_a_new_branch_can_be_stopped(bench: ShimBench, root: Path) -> None:
    bench.exit_with(77)
    with listening(root / ".heddle", *ALL):
        assert run_git(root, "checkout", "--quiet", "-b", "topic").returncode != 0
        assert run_git(root, "branch", "topic").returncode != 0
    assert run_git(root, "branch", "--list", "topic").stdout == b""


def test_what_git_writes_to_a_hook_reaches_both(bench: ShimBench, tmp_path: Path) -> None:
    root = bench.repository.root
    write_hook(
        root / ".git/hooks/pre-push",
        f"printf '%s|' \"$@\" >{tmp_path}/words",
        f"cat >{tmp_path}/given",
    )
    bench.install()
    target = tmp_path / "target.git"
    run_git(root, "init", "--quiet", "--bare", str(target))
    with listening(root / ".heddle", *ALL):
        assert run_git(root, "push", "--quiet", str(target), "main").returncode == 0
    (run,) = bench.runs()
    head = bench.repository.head()
    assert run.input == f"refs/heads/main {head} refs/heads/main {'0' * 40}\n".encode()
    assert (tmp_path / "given").read_bytes() == run.input
    assert run.arguments == (str(target), str(target))
    assert (tmp_path / "words").read_text() == f"{target}|{target}|"


def test_an_earlier_hook_runs_first_with_its_own_exit_code(bench: ShimBench) -> None:
    root = bench.repository.root
    write_hook(root / ".git/hooks/commit-msg", 'echo "no: $1" >&2', "exit 3")
    write_hook(root / ".git/hooks/post-checkout", "exit 7")
    bench.install()
    for lines in (ALL, ()):
        with listening(root / ".heddle", *lines):
            done = commit(root)
            assert (done.returncode, done.stderr) == (1, b"no: .git/COMMIT_EDITMSG\n")
            hook = root / ".git/hooks/commit-msg"
            shim = subprocess.run([hook, "it"], cwd=root, check=False, capture_output=True)
            assert (shim.returncode, shim.stderr) == (3, b"no: it\n")
            hook = root / ".git/hooks/post-checkout"
            assert subprocess.run([hook, "0", "1", "1"], cwd=root, check=False).returncode == 7
    assert bench.runs() == []


def test_an_earlier_hook_that_reads_nothing_is_no_trouble(bench: ShimBench, tmp_path: Path) -> None:
    root = bench.repository.root
    write_hook(root / ".git/hooks/pre-push", "exit 0")
    bench.install()
    hook = root / ".git/hooks/pre-push"
    given = b"refs/heads/main 1 refs/heads/main 2\n" * 5_000
    with listening(root / ".heddle", *ALL):
        done = subprocess.run(
            [hook, "o", "u"], cwd=root, input=given, check=True, capture_output=True
        )
    assert done.stderr == b""
    assert bench.runs()[0].input == given


def test_an_earlier_hook_that_git_would_pass_over_does_not_run(bench: ShimBench) -> None:
    root = bench.repository.root
    write_hook(root / ".git/hooks/commit-msg", "exit 1", mode=0o644)
    bench.install()
    assert commit(root).returncode == 0


@pytest.mark.parametrize("chained", [False, True])
def test_input_is_handed_on_as_it_is(bench: ShimBench, *, chained: bool) -> None:
    root = bench.repository.root
    hook = root / ".git/hooks/pre-push"
    if chained:
        write_hook(hook, "exit 0")
    bench.install()
    for given in (
        b"a line\n" * 19 + b"no end",
        b"a line\n" * 20,
        b"a line\n" * 20 + b"no end",
        b"a line\n" * 1_000 + b"\n\n",
        b"",
        b"\n\n",
        b"no end",
        b"back\\slash  two blanks\t\xff\xc3\xa9\n\n",
        b"%s%n\n-n\n",
    ):
        with listening(root / ".heddle", *ALL):
            subprocess.run([hook, "o", "u"], cwd=root, input=given, check=True)
        assert bench.runs()[-1].input == given


def test_the_index_of_a_partial_commit_reaches_the_client(bench: ShimBench, tmp_path: Path) -> None:
    root = bench.repository.root
    recorder = bench.interpreter.python
    text = recorder.read_text().replace(
        "#!/bin/sh\n", f'#!/bin/sh\necho "$GIT_INDEX_FILE" >{tmp_path}/index\n'
    )
    recorder.write_text(text)
    bench.install()
    bench.repository.write("a", "a")
    with listening(root / ".heddle", *ALL):
        assert run_git(root, "commit", "--quiet", "-am", "all").returncode == 0
    assert (tmp_path / "index").read_text().strip() == str(root / ".git" / "index.lock")


def expect_asked(bench: ShimBench, root: Path, heddle_dir: Path, *commit_words: str) -> None:
    """Require that a commit at `root` is asked about, at the daemon of `heddle_dir`."""
    asked = len(bench.runs())
    with listening(heddle_dir, *ALL):
        done = run_git(root, "commit", "--quiet", "--allow-empty", "-m", "x", *commit_words)
    assert done.returncode == 0, done.stderr
    # The first commit of a repository also makes its branch.
    (run,) = [run for run in bench.runs()[asked:] if run.hook == "commit-msg"]
    assert os.path.realpath(run.heddle_dir) == os.path.realpath(heddle_dir)


def test_linked_worktrees_ask_the_one_daemon(bench: ShimBench, root: Path, tmp_path: Path) -> None:
    run_git(root, "worktree", "add", "--quiet", str(tmp_path / "linked"), "-b", "linked")
    expect_asked(bench, tmp_path / "linked", root / ".heddle")
    with listening(root / ".heddle", "reference-transaction branch"):
        done = run_git(root, "worktree", "add", "--quiet", str(tmp_path / "other"), "-b", "other")
    assert done.returncode == 0
    assert bench.runs()[-1].hook == "reference-transaction"


@pytest.mark.parametrize("name", ["a b", "a\nb", "-n", 'it\'s "$HOME" `ls` \\', "é\u202e", "*"])
def test_any_name_of_a_directory_is_good(tmp_path: Path, name: str) -> None:
    repository = GitRepository.init(tmp_path / name / "r")
    bench = ShimBench(repository, tmp_path / "bench")
    bench.install()
    expect_asked(bench, repository.root, repository.root / ".heddle")
    run_git(repository.root, "worktree", "add", "--quiet", str(tmp_path / name / "w"))
    expect_asked(bench, tmp_path / name / "w", repository.root / ".heddle")


def test_a_directory_below_the_root_and_a_bare_repository_are_found(
    bench: ShimBench, root: Path, tmp_path: Path
) -> None:
    (root / "below").mkdir()
    expect_asked(bench, root / "below", root / ".heddle")
    bare = GitRepository.init(tmp_path / "bare", "--bare")
    asking = ShimBench(bare, tmp_path / "bare-bench")
    asking.install()
    with listening(bare.root / ".heddle", *ALL):
        assert run_git(root, "push", "--quiet", str(bare.root), "main").returncode == 0
    (run,) = asking.runs()
    assert (run.hook, run.heddle_dir) == ("reference-transaction", bare.root / ".heddle")


def test_a_push_into_a_worktree_finds_its_repository(
    bench: ShimBench, root: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    run_git(root, "clone", "--quiet", str(root), str(other))
    run_git(root, "worktree", "add", "--quiet", str(tmp_path / "linked"))
    for target in (root, tmp_path / "linked"):
        with listening(root / ".heddle", *ALL):
            branch = f"HEAD:refs/heads/from-{target.name}"
            assert run_git(other, "push", "--quiet", str(target), branch).returncode == 0
        assert bench.runs()[-1].heddle_dir == root / ".heddle"


def test_submodules_and_separate_git_directories_are_found(tmp_path: Path) -> None:
    inner = GitRepository.init(tmp_path / "inner")
    inner.commit()
    outer = GitRepository.init(tmp_path / "outer")
    outer.commit()
    outer.git(
        "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(inner.root), "m"
    )
    module = ShimBench(GitRepository(outer.root / "m"), tmp_path / "b1")
    module.install()
    expect_asked(module, outer.root / "m", outer.root / ".git" / "modules" / "m" / ".heddle")

    (tmp_path / "s").mkdir()
    apart = GitRepository.init(tmp_path / "s" / "r", "--separate-git-dir", str(tmp_path / "g"))
    bench = ShimBench(apart, tmp_path / "b2")
    bench.install()
    expect_asked(bench, apart.root, tmp_path / "g" / ".heddle")


def test_a_git_directory_behind_a_link_is_found(
    bench: ShimBench, root: Path, tmp_path: Path
) -> None:
    shutil.move(root / ".git", tmp_path / "elsewhere.git")
    (root / ".git").symlink_to(tmp_path / "elsewhere.git")
    expect_asked(bench, root, tmp_path / "elsewhere.git" / ".heddle")


def test_a_git_directory_that_the_environment_names_is_found(
    bench: ShimBench, root: Path, tmp_path: Path
) -> None:
    with listening(root / ".heddle", *ALL):
        environment = {"GIT_DIR": str(root / ".git"), "GIT_WORK_TREE": str(tmp_path)}
        words = ("commit", "--quiet", "--allow-empty", "-m", "x")
        assert run_git(tmp_path, *words, environment=environment).returncode == 0
    assert len(bench.runs()) == 1


def test_shims_in_a_shared_directory_ask_the_daemon_of_each_repository(tmp_path: Path) -> None:
    hooks = tmp_path / "hooks"
    for name in ("one", "two"):
        repository = GitRepository.init(tmp_path / name)
        repository.git("config", "core.hooksPath", str(hooks))
        bench = ShimBench(repository, tmp_path / f"bench-{name}")
        bench.install(force=True)
        expect_asked(bench, repository.root, repository.root / ".heddle")


def test_a_rebase_and_a_cherry_pick_go_through(bench: ShimBench, root: Path) -> None:
    run_git(root, "checkout", "--quiet", "-b", "topic")
    bench.repository.write("a", "a")
    commit(root)
    run_git(root, "checkout", "--quiet", "main")
    bench.repository.write("b", "b")
    commit(root)
    with listening(root / ".heddle", *ALL):
        assert run_git(root, "rebase", "--quiet", "main", "topic").returncode == 0
        (run,) = bench.runs()
        assert (run.hook, run.arguments) == ("pre-rebase", ("main", "topic"))
        run_git(root, "checkout", "--quiet", "main")
        assert run_git(root, "cherry-pick", "topic").returncode == 0


def test_a_moved_repository_needs_no_new_shims(
    bench: ShimBench, root: Path, tmp_path: Path
) -> None:
    shutil.move(root, tmp_path / "moved")
    expect_asked(bench, tmp_path / "moved", tmp_path / "moved" / ".heddle")


def test_shims_need_nothing_but_a_shell(bench: ShimBench, root: Path, tmp_path: Path) -> None:
    """No other program is on the path, as in a small container."""
    (tmp_path / "empty").mkdir()
    hook = root / ".git/hooks/pre-push"
    recorder = bench.interpreter.python
    recorder.write_text(f'#!/bin/sh\nread -r line\necho "$line" >{tmp_path}/told\nexit 77\n')
    with listening(root / ".heddle", *ALL):
        done = subprocess.run(
            [hook, "o", "u"],
            cwd=root,
            env={"PATH": str(tmp_path / "empty")},
            input=b"a b c d\n",
            check=False,
            capture_output=True,
        )
    assert (done.returncode, done.stderr) == (1, b"")
    assert (tmp_path / "told").read_text() == "a b c d\n"


@pytest.mark.parametrize("shell", ["dash", "bash", "busybox"])
def test_every_shell_understands_them(bench: ShimBench, root: Path, shell: str) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    words = [shell, "sh"] if shell == "busybox" else [shell]
    hook = root / ".git/hooks/pre-push"
    with listening(root / ".heddle", *ALL):
        done = subprocess.run(
            [*words, hook, "o", "u"], cwd=root, input=b"a\n", check=False, capture_output=True
        )
    assert (done.returncode, done.stderr) == (0, b"")
    assert bench.runs()[0].input == b"a\n"
