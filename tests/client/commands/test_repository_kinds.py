"""Reviews and their like in repositories of every kind; the daemon is started when it is needed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from git_repository import GitRepository
from heddle_daemon import HeddleDaemon
from repository_commands import Commands


@pytest.fixture
def adopt(place: Path, environment: dict[str, str]) -> Iterator[Callable[..., Commands]]:
    """Makes commands about a repository; a daemon that they start ends with the test."""
    daemons = []

    def bench_of(root: Path, heddle_dir: Path | None = None) -> Commands:
        daemon = HeddleDaemon(root, environment, heddle_dir)
        daemons.append(daemon)
        return Commands(GitRepository(root), daemon)

    yield bench_of
    for daemon in daemons:
        daemon.finish()


def test_where_there_is_no_repository(place: Path, adopt: Callable[..., Commands]) -> None:
    nowhere = place / "nowhere"
    nowhere.mkdir()
    bench = Commands(GitRepository(nowhere), HeddleDaemon(nowhere, {}))
    for words in (("review",), ("sign",), ("signatures",), ("signals",), ("discuss", "list")):
        assert "is not in a git repository" in bench.heddle(*words).expect(1).complaint()
    told = bench.heddle("review", "--repo", str(place / "missing")).expect(1).complaint()
    assert "does not exist" in told


def test_a_repository_without_a_commit(place: Path, adopt: Callable[..., Commands]) -> None:
    bench = adopt(GitRepository.init(place / "unborn").root)
    refused = bench.heddle("review", "--no-start").expect(3)
    assert "no daemon runs" in refused.complaint()
    assert bench.daemon.supervisor() is None
    assert bench.heddle("review").expect(0).stdout == "nothing has changed in the worktree\n"
    (bench.repository.root / "first.py").write_text("def first():\n    return 1\n")
    shown = bench.heddle("review").expect(0).stdout
    assert "1 file changed, 2 lines added, 0 removed; compared with nothing\n" in shown
    assert "    + first  function added, lines 1-2" in shown
    key = place / "key.pem"
    key.write_bytes(
        Ed25519PrivateKey.generate().private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
        )
    )
    for words in (
        ("review", "HEAD"),
        ("signatures",),
        ("signals", "main"),
        ("sign", "--key", str(key)),
        ("discuss", "list"),
        ("discuss", "open", "first.py:first", "-m", "Why?"),
    ):
        told = bench.heddle(*words).expect(1).complaint()
        assert told.endswith(" has no commit yet; make a first one"), told
    told = bench.heddle("txn", "begin").expect(1).complaint()
    assert told == "there is no commit to begin from; make a first one"


def test_a_bare_repository(bench: Commands, place: Path, adopt: Callable[..., Commands]) -> None:
    root = place / "bare.git"
    bench.repository.git("clone", "--quiet", "--bare", str(bench.repository.root), str(root))
    bare = adopt(root)
    assert "name a state, such as HEAD" in bare.heddle("review").expect(1).complaint()
    assert "name a state, such as HEAD" in bare.heddle("signals").expect(1).complaint()
    assert "Split at commas" in bare.heddle("review", "HEAD").expect(0).stdout
    assert "there are no such discussions" in bare.heddle("discuss", "list").expect(0).stdout


def test_roots_merges_and_detached_heads(bench: Commands) -> None:
    git, repository = bench.repository.git, bench.repository
    root, main = repository.git("rev-list", "--max-parents=0", "HEAD"), repository.head()
    assert "compared with nothing\n" in bench.heddle("review", root).expect(0).stdout
    git("checkout", "--quiet", "-b", "topic", root)
    repository.write("topic.py", "def topic():\n    return 1\n")
    repository.commit("topic")
    git("checkout", "--quiet", "--detach", main)
    try:
        git("merge", "--quiet", "--no-edit", "topic")
        shown = bench.heddle("review", "HEAD").expect(0).stdout
        assert f"1 file changed, 2 lines added, 0 removed; compared with {main[:12]}\n" in shown
        assert f"in the worktree since {repository.head()[:12]}" in bench.heddle("review").stdout
    finally:
        git("checkout", "--quiet", "main")


def test_a_linked_worktree_is_the_one_that_is_reviewed(bench: Commands, place: Path) -> None:
    linked = place / "linked"
    bench.repository.git("worktree", "add", "--quiet", str(linked), "HEAD~1")
    (linked / "engine.py").write_text("LIMIT = 5\n")
    there = Commands(GitRepository(linked), bench.daemon)
    shown = there.heddle("review").expect(0).stdout
    assert f"compared with {there.repository.head()[:12]}\n" in shown
    assert "    - main           function deleted, lines 9-10" in shown
    assert "nothing has changed" in bench.heddle("review").expect(0).stdout
    named = bench.heddle("review", "--repo", str(linked)).expect(0).stdout
    assert named == shown


def test_a_change_of_very_many_files_is_shown_in_part(bench: Commands) -> None:
    before = bench.repository.head()
    files = 2_500
    stream = [b"commit refs/heads/many\ncommitter A <a@example.com> 1 +0000\ndata 4\nmany\n"]
    code = b"inline d%d/f%d.py\ndata 15\ndef f():\n  pass\n"
    stream += [b"M 100644 " + code % (n % 50, n) for n in range(files)]
    bench.repository.fast_import(b"".join(stream))
    assert bench.repository.head() == before
    shown = bench.heddle("review", "many").expect(0).stdout
    assert "2500 files changed, 5000 lines added, 0 removed" in shown
    assert "Only a part of the change is listed here" in shown
    markdown = bench.heddle("review", "many", "--markdown").expect(0).stdout
    assert len(markdown) <= 65_536
    assert "for which there is no room here" in markdown
