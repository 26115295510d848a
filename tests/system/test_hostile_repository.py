"""A repository cloned from an attacker runs nothing, writes nowhere else, and moves no cursor."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from git_repository import GitRepository
from heddle_daemon import HeddleDaemon, Outcome
from shim_bench import run_git

HARMLESS = {"\n"}
NAMES = (
    "a\nb",
    "c\x1b[2Jd",
    "e\x1b]0;owned\x07",
    "\u202etxt.exe",
    "-rf",
    "$(touch ran)",
    "`touch ran`",
)


class Attack:
    """A repository made to be cloned, and a directory that nobody may write to.

    Attributes:
        repository: the attacker's.
        outside: a directory beside the clone, which links in the clone lead to.
        ran: the file that everything which the attacker has run would make.
    """

    def __init__(self, room: Path) -> None:
        self.repository = GitRepository.init(room / "attacker")
        self.outside = room / "outside"
        self.outside.mkdir()
        (self.outside / "precious").write_text("as it was", encoding="ascii")
        self.ran = room / "ran"
        for name in NAMES:
            self.put(name, "x")
        self.program = f"#!/bin/sh\ntouch {self.ran}\n"

    def put(self, name: str, text: str | bytes) -> None:
        """Add a file to the tree, executable."""
        path = self.repository.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        path.chmod(0o755)

    def link(self, name: str, target: Path) -> None:
        """Add a link to the tree."""
        path = self.repository.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.symlink_to(target)

    def cloned(self, root: Path) -> Path:
        """Commit what there is and clone it; return the clone's root."""
        self.repository.git("add", "--all", "--force")
        self.repository.git(
            "-c", "user.name=\x1b[31mMallory", "commit", "--quiet", "-m", "\x1b[2J\x07subject"
        )
        done = run_git(root.parent, "clone", "--quiet", str(self.repository.root), str(root))
        assert done.returncode == 0, done.stderr
        return root


def links(attack: Attack) -> None:
    attack.link(".heddle", attack.outside)


def linked_sockets(attack: Attack) -> None:
    attack.put(".heddle/config.toml", "")
    attack.link(".heddle/sockets", attack.outside)


def linked_files(attack: Attack) -> None:
    for name in ("grpc.sock", "grpc.pid", "grpc.status.json"):
        attack.link(f".heddle/sockets/{name}", attack.outside / name)


def linked_state(attack: Attack) -> None:
    attack.link(".heddle/state", attack.outside)
    attack.link(".heddle/logs", attack.outside)
    attack.link(".heddle/hooks", attack.outside)


def linked_store(attack: Attack) -> None:
    for name in ("state/heddle.db", "logs/daemon.log", "logs/stderr.log", "hooks/listening"):
        attack.link(f".heddle/{name}", attack.outside / "precious")


def settings(attack: Attack) -> None:
    attack.put(
        ".heddle/config.toml",
        f'[hooks]\non_failure = "closed"\n[principal]\nname = "\x1b[2J"\n'
        f'[[hook]]\nname = "evil"\ncommand = "touch {attack.ran}"\n'.replace("\x1b", "\\u001b"),
    )
    attack.put(".heddle/hooks/registry.toml", f'[evil]\ncommand = "touch {attack.ran}"\n')
    attack.put(".heddle/hooks/listening", "commit-msg\nreference-transaction branch\n")
    attack.put(".heddle/sockets/grpc.pid", f"{os.getpid()}\nheddle-agent\n1\n")


def scripts(attack: Attack) -> None:
    for hook in ("pre-commit", "commit-msg", "post-checkout", "reference-transaction"):
        for directory in ("hooks", ".githooks", ".husky", ".heddle/hooks"):
            attack.put(f"{directory}/{hook}", attack.program)
    for program in ("git", "sh", "python3", "heddle", "true"):
        attack.put(program, attack.program)
    for module in ("os", "grpc", "typer", "heddle_client", "heddle_supervisor", "sitecustomize"):
        attack.put(f"{module}.py", f"open('{attack.ran}', 'w')\n")
    attack.put(".gitattributes", "* filter=evil diff=evil merge=evil\n")
    attack.put(".gitconfig", f"[core]\n\tfsmonitor = touch {attack.ran}\n")


def submodules(attack: Attack) -> None:
    attack.put(
        ".gitmodules",
        f'[submodule "../../hooks"]\n\tpath = m\n\turl = ext::sh -c touch% {attack.ran}\n'
        f'\tupdate = !touch {attack.ran}\n[submodule "-u{attack.ran}"]\n\tpath = -n\n\turl = -u\n',
    )
    head = attack.repository.git("commit-tree", "-m", "x", attack.repository.git("write-tree"))
    attack.repository.git("update-index", "--add", "--cacheinfo", f"160000,{head},m")


ATTACKS = (
    links,
    linked_sockets,
    linked_files,
    linked_state,
    linked_store,
    settings,
    scripts,
    submodules,
)


@pytest.fixture
def attack(room: Path) -> Attack:
    return Attack(room)


def seen(directory: Path) -> dict[str, tuple[int, int, bytes]]:
    """Return all that can be seen of what lies in a directory."""
    found = {}
    for path in sorted(directory.rglob("*")):
        status = path.lstat()
        content = path.read_bytes() if stat.S_ISREG(status.st_mode) else b""
        found[str(path)] = (status.st_mode, status.st_mtime_ns, content)
    return found


def worktree(root: Path) -> dict[str, tuple[int, int, bytes]]:
    """Return all that can be seen of a worktree but for git's directory and heddle's."""
    apart = tuple(f"{root}/{name}" for name in (".git/", ".heddle/"))
    names = (f"{root}/.git", f"{root}/.heddle")
    return {
        path: state
        for path, state in seen(root).items()
        if not path.startswith(apart) and path not in names
    }


def raw_characters(text: str) -> set[str]:
    """Return the characters of a text by which a terminal does something."""
    return {character for character in text if not character.isprintable()} - HARMLESS


def outcomes(daemon: HeddleDaemon) -> Iterator[Outcome]:
    """Do with heddle what a person does in a new clone."""
    yield daemon.heddle("hook", "install")
    yield daemon.agent("serve", "--detach")
    yield daemon.heddle("hook", "list")
    yield daemon.heddle("hook", "test", "pre_capture")
    yield daemon.heddle("hook", "log")
    yield daemon.agent("status")
    yield daemon.agent("logs")


@pytest.mark.parametrize("form", ATTACKS, ids=lambda form: str(form.__name__))
def test_a_hostile_clone_does_nothing(
    form: Callable[[Attack], None],
    attack: Attack,
    make_daemon: Callable[..., HeddleDaemon],
    room: Path,
) -> None:
    form(attack)
    root = attack.cloned(room / "clone")
    before = worktree(root)
    outside = seen(attack.outside)
    daemon = make_daemon(root)
    said = [outcome.stdout + outcome.stderr for outcome in outcomes(daemon)]
    environment = {**daemon.environment, "PYTHONPATH": "."}
    for words in (
        ("commit", "--quiet", "--allow-empty", "-m", "mine"),
        ("checkout", "--quiet", "-b", "topic"),
        ("merge", "--quiet", "main"),
    ):
        done = run_git(root, *words, environment=environment)
        assert done.returncode == 0, done.stderr
        said.append(done.stderr.decode())
    said.append(daemon.heddle("hook", "uninstall").stdout)
    daemon.agent("stop")
    assert [raw_characters(text) for text in said] == [set()] * len(said)
    assert not attack.ran.exists()
    assert seen(attack.outside) == outside
    assert worktree(root) == before


def test_a_bare_repository_inside_a_clone_does_nothing(
    attack: Attack, make_daemon: Callable[..., HeddleDaemon], room: Path
) -> None:
    """Its configuration is the attacker's: it came as files of a commit."""
    bare = GitRepository.init(room / "bare", "--bare")
    bare.git("config", "core.fsmonitor", f"touch {attack.ran}")
    bare.git("config", "core.pager", f"touch {attack.ran}")
    bare.git("config", "core.hooksPath", str(attack.outside))
    bare.git("config", "core.worktree", str(attack.outside))
    bare.git("config", "core.bare", "false")
    shutil.copytree(room / "bare", attack.repository.root / "evil", dirs_exist_ok=True)
    (attack.repository.root / "evil" / "refs" / "keep").touch()
    (attack.repository.root / "evil" / "objects" / "keep").touch()
    root = attack.cloned(room / "clone")
    outside = seen(attack.outside)
    daemon = make_daemon(root / "evil")
    refused = daemon.heddle("hook", "install").expect(1)
    assert "lies outside the repository" in refused.complaint()
    for outcome in outcomes(daemon):
        assert raw_characters(outcome.stdout + outcome.stderr) == set()
    daemon.agent("stop")
    assert not attack.ran.exists()
    assert seen(attack.outside) == outside
