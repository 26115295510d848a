from __future__ import annotations

import hashlib
import re
import threading
from pathlib import Path

import pytest
from git_repository import GitRepository
from hypothesis import given, settings
from hypothesis import strategies as st
from numstat import run_git

from heddle_worker.repository.diff import FileVersion
from heddle_worker.repository.errors import (
    DamagedRepositoryError,
    InvalidStateError,
    MissingObjectError,
    RepositoryError,
    StateNotFoundError,
)
from heddle_worker.repository.repository import Repository
from heddle_worker.repository.states import States


@pytest.fixture
def states(git: GitRepository) -> States:
    return States(Repository.open(git.root))


def remove_object(git: GitRepository, object_id: str) -> None:
    (git.git_dir() / "objects" / object_id[:2] / object_id[2:]).unlink()


def refusal(states: States, state_id: bytes, kind: type[RepositoryError]) -> str:
    with pytest.raises(kind) as raised:
        states.resolve(state_id)
    text = str(raised.value)
    assert "\n" not in text
    return text


def test_a_state_is_what_its_commit_says(git: GitRepository, states: States) -> None:
    message = "Tell a story\nin two lines\n\nFor children.\n\nReviewed-by: Bob\nCloses: #1\n"
    git.git("commit", "-q", "--allow-empty", "-m", message, at=1_700_000_000)
    state = states.resolve(b"HEAD")
    assert state.id.hex() == git.head()
    assert state.tree.hex() == git.git("rev-parse", "HEAD^{tree}")
    assert [parent.hex() for parent in state.parents] == [git.git("rev-parse", "HEAD^")]
    assert state.subject == "Tell a story in two lines"
    assert state.body == "For children.\n\nReviewed-by: Bob\nCloses: #1"
    assert state.trailers == (("Reviewed-by", "Bob"), ("Closes", "#1"))
    assert (state.author_name, state.author_email) == ("Ada", "ada@example.com")
    assert (state.author_secs, state.committer_secs) == (1_700_000_000, 1_700_000_000)


@pytest.mark.parametrize(
    "revision", ["HEAD", "@", "main", "side", "refs/heads/side", "HEAD~2", "HEAD^", "side@{0}"]
)
def test_a_revision_means_what_git_takes_it_for(
    git: GitRepository, states: States, revision: str
) -> None:
    assert states.resolve(revision.encode()).id.hex() == git.git("rev-parse", revision)


def test_an_id_is_taken_raw_and_in_digits(git: GitRepository, states: States) -> None:
    head = git.head()
    for state_id in (bytes.fromhex(head), head.encode(), head.upper().encode(), head[:9].encode()):
        assert states.resolve(state_id).id.hex() == head


@pytest.mark.parametrize("name", ["a-branch-of-20-chars", "b" * 32])
def test_a_branch_may_be_as_long_as_an_id(git: GitRepository, states: States, name: str) -> None:
    git.git("branch", name, "side")
    assert states.resolve(name.encode()).id == states.resolve(b"side").id


def test_a_tag_is_followed_to_its_commit(git: GitRepository, states: States) -> None:
    git.git("tag", "light", "side")
    git.git("tag", "-am", "one", "one", "side")
    git.git("tag", "-am", "two", "two", "one")
    tag = git.git("rev-parse", "two")
    for state_id in (b"light", b"one", b"two", tag.encode(), bytes.fromhex(tag)):
        assert states.resolve(state_id).id == states.resolve(b"side").id


@pytest.mark.parametrize(
    ("state_id", "said"),
    [
        (b"", "it is empty"),
        (b"\x01" * 19, "its 19 bytes are neither the 20 of an id, nor printable"),
        (b"\xff", "its 1 bytes"),
        (b"HEAD\n", "its 5 bytes"),
        (b"main\x00", "its 5 bytes"),
        ("größe".encode(), "its 7 bytes"),
        (b"\x01" * 32, "is a SHA-256 id"),
        (b"0a" * 32, "is a SHA-256 id"),
        (b"--all", "begins with a dash"),
        (b"-h", "begins with a dash"),
        (b"--upload-pack=touch /tmp/x", "begins with a dash"),
        (b"HEAD..main", "is a range"),
        (b"main...side", "is a range"),
        (b":/chapter", "searches"),
        (b"HEAD^{/chapter}", "searches"),
        (b":story.txt", "searches"),
        (b"^HEAD", "is no revision"),
        (b"a b", "is no revision"),
        (b"*", "is no revision"),
        (b"~", "is no revision"),
        (b"@{", "is no revision"),
        (b"HEAD~99999999999999999999", "is no revision"),
        (b"HEAD^{tree}", "names a tree, not a commit"),
        (b"HEAD:story.txt", "names a file, not a commit"),
        (b"x" * 5_000, "more than 4096 characters"),
    ],
)
def test_what_cannot_be_a_state_is_refused(states: States, state_id: bytes, said: str) -> None:
    text = refusal(states, state_id, InvalidStateError)
    assert text.startswith("invalid state_id: ")
    assert said in text


@pytest.mark.parametrize("revision", ["HEAD:story.txt", "HEAD^{tree}"])
def test_the_id_of_something_else_is_refused(
    git: GitRepository, states: States, revision: str
) -> None:
    object_id = git.git("rev-parse", revision)
    git.git("tag", "-am", "about it", "odd", object_id)
    for state_id in (bytes.fromhex(object_id), object_id.encode(), object_id[:10].encode(), b"odd"):
        assert "not a commit" in refusal(states, state_id, InvalidStateError)


def test_the_beginning_of_several_ids_is_ambiguous(git: GitRepository, states: States) -> None:
    wanted = ""
    seen: set[str] = set()
    for number in range(2_000):
        object_id = git_blob_id(f"{number}\n")
        if object_id[:4] in seen:
            wanted = object_id[:4]
            break
        seen.add(object_id[:4])
    for each in range(number + 1):
        if git_blob_id(f"{each}\n").startswith(wanted):
            git.write(f"{each}.txt", f"{each}\n")
    assert "is ambiguous" in refusal(states, wanted.encode(), InvalidStateError)


def git_blob_id(text: str) -> str:
    content = text.encode()
    return hashlib.sha1(b"blob %d\0%b" % (len(content), content)).hexdigest()


@pytest.mark.parametrize(
    ("state_id", "shown"),
    [
        (b"\xaa" * 20, "aa" * 20),
        (b"a" * 40, "a" * 40),
        (b"A" * 40, "a" * 40),
        (b"q" * 20, "71" * 20),
        (b"nowhere", "nowhere"),
        (b"HEAD~99", "HEAD~99"),
        (b"HEAD^3", "HEAD^3"),
        (b"main@{7}", "main@{7}"),
        (b"@{upstream}", "@{upstream}"),
        (b"stash@{0}", "stash@{0}"),
        (b"HEAD:nothing", "HEAD:nothing"),
    ],
)
def test_a_state_that_is_not_there_is_not_found(
    states: States, state_id: bytes, shown: str
) -> None:
    assert refusal(states, state_id, StateNotFoundError) == f"state {shown} not found"


@pytest.mark.parametrize("state_id", ["HEAD", "@", "HEAD~2", "new", "refs/heads/new"])
def test_a_branch_without_a_commit_is_said_to_have_none(
    git: GitRepository, states: States, state_id: str
) -> None:
    git.git("checkout", "--quiet", "--orphan", "new")
    assert refusal(states, state_id.encode(), StateNotFoundError) == (
        f"state {state_id} not found: the branch new has no commit yet; make a first one"
    )
    assert refusal(states, b"nowhere", StateNotFoundError) == "state nowhere not found"


def test_a_commit_that_a_tag_names_may_be_missing(git: GitRepository, states: States) -> None:
    commit = git.git("commit-tree", "-m", "lost", "HEAD^{tree}")
    git.git("tag", "-am", "it is lost", "lost", commit)
    remove_object(git, commit)
    assert "is missing from the repository" in refusal(states, b"lost", MissingObjectError)


def damage(git: GitRepository, object_id: str, content: bytes | None = None) -> None:
    """Cut the file of an object off, or give it another content."""
    path = git.git_dir() / "objects" / object_id[:2] / object_id[2:]
    path.chmod(0o600)
    path.write_bytes(path.read_bytes()[:-20] if content is None else content)


@pytest.mark.parametrize("content", [None, b"", b"not what git wrote"])
@pytest.mark.parametrize("revision", [b"HEAD", b"main", b"@", b"HEAD~1", b"%b", b"%.7b", b"a-tag"])
def test_a_damaged_commit_is_said_to_be_damaged(
    git: GitRepository, revision: bytes, content: bytes | None
) -> None:
    git.git("tag", "-am", "a tag", "a-tag")
    head = git.head()
    states = States(Repository.open(git.root))
    damage(git, head, content)
    state_id = revision % head.encode() if b"%" in revision else revision
    assert "run git fsck" in refusal(states, state_id, DamagedRepositoryError)


def test_a_damaged_tree_is_said_to_be_damaged(git: GitRepository, states: States) -> None:
    tree = states.resolve(b"HEAD").tree
    damage(git, tree.hex())
    with pytest.raises(DamagedRepositoryError, match=tree.hex()):
        states.tree_files(tree)
    with pytest.raises(DamagedRepositoryError, match=tree.hex()):
        states.file_at(tree, b"story.txt")


def test_a_parent_may_be_missing(git: GitRepository, states: States) -> None:
    head = states.resolve(b"HEAD")
    remove_object(git, head.parents[0].hex())
    with pytest.raises(MissingObjectError, match=head.parents[0].hex()):
        States(Repository.open(git.root)).first_parents(head.id, 3)


def test_states_go_back_along_first_parents(git: GitRepository, states: States) -> None:
    git.git("merge", "-q", "--no-ff", "-m", "merge", "side")
    wanted = git.git("rev-list", "--first-parent", "HEAD").split()
    head = states.resolve(b"HEAD").id
    assert [state.id.hex() for state in states.first_parents(head, 100)] == wanted
    assert [state.id.hex() for state in states.first_parents(head, 2)] == wanted[:2]


def test_a_shallow_clone_begins_where_git_has_it_begin(git: GitRepository, tmp_path: Path) -> None:
    git.git("clone", "-q", "--depth=2", git.root.as_uri(), str(tmp_path / "shallow"))
    states = States(Repository.open(tmp_path / "shallow"))
    head = states.resolve(b"HEAD")
    assert [len(state.parents) for state in states.first_parents(head.id, 9)] == [1, 0]
    refusal(states, b"HEAD~2", StateNotFoundError)
    beyond = git.git("rev-parse", "HEAD~2")
    assert refusal(states, beyond.encode(), StateNotFoundError) == f"state {beyond} not found"


def test_histories_meet_where_git_says(git: GitRepository, states: States) -> None:
    git.commit("apart")
    main, side = (states.resolve(name).id for name in (b"main", b"side"))
    base = states.merge_base(main, side)
    assert base is not None
    assert base.hex() == git.git("merge-base", "main", "side")
    assert states.is_ancestor(base, main)
    assert states.is_ancestor(main, main)
    assert not states.is_ancestor(main, base)
    assert not states.is_ancestor(main, side)


def test_unrelated_histories_do_not_meet(git: GitRepository, states: States) -> None:
    lonely = bytes.fromhex(git.git("commit-tree", "-m", "lonely", "HEAD^{tree}"))
    assert states.merge_base(states.resolve(b"main").id, lonely) is None


def test_branches_have_tips(git: GitRepository, states: States) -> None:
    git.git("branch", "deep/er", "side")
    git.git("update-ref", "refs/heads/gr\udcfc\udce9", "side")
    side = states.resolve(b"side").id
    assert states.branches() == {
        "main": states.resolve(b"main").id,
        "side": side,
        "deep/er": side,
        r"gr\374\351": side,
    }


def test_files_of_a_tree_are_those_of_ls_tree(git: GitRepository, states: States) -> None:
    for name in ("a.b", "a/b", "a/c/d", "a-b", "z"):
        git.write(name, name)
    (git.root / "run").symlink_to("a/b")
    git.git("add", "run")
    git.git("update-index", "--add", "--cacheinfo", f"160000,{git.head()},module")
    git.git("commit", "-qm", "files")
    tree = states.resolve(b"HEAD").tree
    found = states.tree_files(tree)
    shown = [f"{file.mode:06o} {file.blob.hex()} {file.path.decode()}" for file in found]
    listed = git.git("ls-tree", "-r", "--format=%(objectmode) %(objectname) %(path)", "HEAD")
    assert shown == listed.splitlines()
    assert all(states.file_at(tree, file.path) == file for file in found)


def test_there_is_no_file_where_there_is_none(git: GitRepository, states: States) -> None:
    git.write("a/b", "b")
    git.git("commit", "-qm", "files")
    tree = states.resolve(b"HEAD").tree
    for path in (b"", b"a", b"a/", b"/a/b", b"a//b", b"a/b/c", b"a/../a/b", b"\xff", b"a/b\0"):
        assert states.file_at(tree, path) is None


def test_a_name_may_have_any_bytes(git: GitRepository, states: States) -> None:
    blob = git.git("hash-object", "-w", "story.txt")
    name = b"d\xff/\x01 \"'\\\n\xc3"
    stream = b"100644 blob %b\t%b\0" % (blob.encode(), name.split(b"/")[1])
    inner = git_mktree(git, stream)
    outer = git_mktree(git, b"040000 tree %b\td\xff\0" % inner.encode())
    wanted = FileVersion(name, bytes.fromhex(blob), 0o100644)
    assert states.tree_files(bytes.fromhex(outer)) == [wanted]
    assert states.file_at(bytes.fromhex(outer), name) == wanted


def test_a_tree_may_be_very_deep(git: GitRepository, states: States) -> None:
    tree = git.git("rev-parse", "HEAD^{tree}")
    for _level in range(300):
        tree = git_mktree(git, b"040000 tree %b\td\0" % tree.encode())
    (file,) = states.tree_files(bytes.fromhex(tree))
    assert file.path == b"d/" * 300 + b"story.txt"
    assert states.file_at(bytes.fromhex(tree), file.path) == file


def git_mktree(git: GitRepository, stream: bytes) -> str:
    return run_git(git.root, "mktree", "-z", given=stream).decode().strip()


def test_a_missing_tree_is_said_to_be_missing(git: GitRepository, states: States) -> None:
    git.write("a/b", "b")
    git.git("commit", "-qm", "files")
    inner = git.git("rev-parse", "HEAD:a")
    remove_object(git, inner)
    tree = states.resolve(b"HEAD").tree
    with pytest.raises(MissingObjectError, match=inner):
        states.tree_files(tree)
    with pytest.raises(MissingObjectError, match=inner):
        states.file_at(tree, b"a/b")
    with pytest.raises(DamagedRepositoryError):
        states.tree_files(states.resolve(b"HEAD").id)


_PARTS = st.sampled_from(
    ["HEAD", "main", "side", "stash", "upstream", "push", "commit", "tree", "story.txt", "refs/"]
).flatmap(
    lambda word: st.sampled_from(
        [word, "@", "~", "^", "{", "}", ":", "/", ".", "..", "-", "heads/"]
    )
)
_ODD_PARTS = st.sampled_from(
    ["-1", "0", "99999999999", "abcdef", "a" * 40, "!", "*", "[", " ", "%s"]
)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> States:
    git = GitRepository.init(tmp_path_factory.mktemp("shared"))
    git.write("story.txt", "once\n")
    git.git("commit", "-qm", "one")
    git.git("branch", "side")
    git.commit("two")
    return States(Repository.open(git.root))


@given(
    state_id=st.one_of(
        st.binary(max_size=70),
        st.lists(_PARTS | _ODD_PARTS, max_size=8).map(lambda parts: "".join(parts).encode()),
    )
)
@settings(max_examples=500)
def test_whatever_is_asked_for_is_a_state_or_refused(shared: States, state_id: bytes) -> None:
    try:
        answer = shared.resolve(state_id).subject
    except (InvalidStateError, StateNotFoundError) as error:
        answer = str(error)
    assert re.fullmatch(r"one|two|invalid state_id: .*|state .* not found", answer)


def test_threads_may_ask_at_the_same_time(git: GitRepository, states: States) -> None:
    for number in range(30):
        git.write(f"{number % 5}/{number}", str(number))
        git.git("commit", "-qm", f"number {number}")
    head = states.resolve(b"HEAD").id
    wanted = [state.id for state in states.first_parents(head, 100)]
    differing: list[object] = []

    def ask() -> None:
        for _turn in range(30):
            found = states.first_parents(states.resolve(b"main").id, 100)
            files = [len(states.tree_files(state.tree)) for state in found]
            if [state.id for state in found] != wanted or files[0] != 31:
                differing.append(files)

    threads = [threading.Thread(target=ask) for _number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert differing == []
