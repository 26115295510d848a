from __future__ import annotations

from git_repository import GitRepository

from heddle_worker.repository.ref_files import RefFiles, short_name


def values(git: GitRepository, refs: RefFiles) -> dict[str, str]:
    found = refs.read({})
    return {name.decode(): refs.value(ref).hex() for name, ref in found.items()}


def shown_by_git(git: GitRepository) -> dict[str, str]:
    shown = git.git(
        "for-each-ref",
        "--format=%(refname) %(objectname)",
        "refs/heads",
        "refs/tags",
        "refs/remotes",
    )
    return dict(line.split(" ") for line in shown.splitlines())


def test_loose_and_packed_refs_are_those_of_git(git: GitRepository) -> None:
    refs = RefFiles(git.git_dir())
    git.git("tag", "v1")
    git.git("tag", "-am", "annotated", "v2")
    git.git("branch", "deep/er")
    git.git("update-ref", "refs/remotes/origin/main", "HEAD")
    git.git("update-ref", "refs/other/kind", "HEAD")
    assert values(git, refs) == shown_by_git(git)
    git.git("pack-refs", "--all")
    assert values(git, refs) == shown_by_git(git)
    # Loose again, over a packed value; and some that exist in one place only.
    git.commit()
    git.git("tag", "-f", "v1")
    git.git("tag", "v3")
    git.git("branch", "-D", "deep/er")
    assert values(git, refs) == shown_by_git(git)


def test_a_ref_that_holds_a_name_has_no_value(git: GitRepository) -> None:
    refs = RefFiles(git.git_dir())
    git.git("symbolic-ref", "refs/heads/alias", "refs/heads/main")
    git.git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main")
    found = values(git, refs)
    assert found["refs/heads/alias"] == ""
    assert "refs/remotes/origin/HEAD" not in found


def test_a_broken_ref_has_no_value(git: GitRepository) -> None:
    refs = RefFiles(git.git_dir())
    for name, content in (("empty", b""), ("short", b"12ab\n"), ("rubbish", b"\0" * 41)):
        (git.git_dir() / "refs/heads" / name).write_bytes(content)
    found = values(git, refs)
    assert [found[f"refs/heads/{name}"] for name in ("empty", "short", "rubbish")] == [""] * 3


def test_short_names() -> None:
    assert short_name(b"refs/heads/deep/er") == b"deep/er"
    assert short_name(b"refs/remotes/origin/main") == b"origin/main"
    assert short_name(b"refs/tags/v1") == b"v1"
    assert short_name(b"refs/stash") == b"refs/stash"
