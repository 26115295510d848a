"""The functions of whole trees, read file by file."""

from __future__ import annotations

import dataclasses
import itertools
import threading
from collections.abc import Iterator, Sequence

import pytest
from changes import change as empty_change
from changes import state
from functions_by_hand import function, outline
from hypothesis import given, settings
from hypothesis import strategies as st
from waiting import wait_until

from heddle_worker.repository.diff import FileChange, FileStatus, FileVersion
from heddle_worker.repository.errors import MissingObjectError
from heddle_worker.review.change import Change, FilePair, Place
from heddle_worker.signals.corpora import Corpora, CorpusLimits, Coverage
from heddle_worker.signals.tree_corpus import TreeCorpus
from heddle_worker.symbols.outline import Outline, Source

ENOUGH = 60.0


class Tree(dict[str, str]):
    """Files of a tree: each has one function, named and made of its text."""

    @property
    def id(self) -> bytes:
        return repr(sorted(self.items())).encode()


class Bench:
    """Trees, and what was asked of them."""

    def __init__(self, limits: CorpusLimits | None = None) -> None:
        self.trees: dict[bytes, Tree] = {}
        self.asked: list[bytes] = []
        self.walked: list[bytes] = []
        self.may_go_on = threading.Event()
        self.may_go_on.set()
        self.corpora = Corpora(
            lambda prior: prior, self.files, self.outlines, limits or CorpusLimits()
        )

    def files(self, tree: bytes) -> Iterator[FileVersion]:
        self.walked.append(tree)
        for path, text in sorted(self.trees[tree].items()):
            yield version(path, text)

    def outlines(self, sources: Sequence[Source]) -> list[Outline]:
        assert self.may_go_on.wait(ENOUGH)
        self.asked += [source.blob for source in sources]
        if any(source.blob == b"missing" for source in sources):
            raise MissingObjectError("it is missing")
        return [of(source.blob.decode()) for source in sources]

    def change(self, tree: Tree, prior: Tree | None = None) -> Change:
        """Return the change to a tree from another, by default from one that nobody has."""
        before = {} if prior is None else prior
        files = [
            FileChange(
                FileStatus.MODIFIED,
                version(path, before[path]) if path in before else None,
                version(path, tree[path]) if path in tree else None,
                *(0, 0, False, ()),
            )
            for path in sorted(before.keys() | tree.keys())
            if prior is not None and before.get(path) != tree.get(path)
        ]
        self.trees[tree.id] = tree
        return dataclasses.replace(
            empty_change(files),
            state=dataclasses.replace(state(), tree=tree.id),
            prior=b"" if prior is None else prior.id,
            pairs=(),
        )

    @classmethod
    def of(cls, tree: Tree) -> tuple[TreeCorpus | None, Coverage]:
        """Return what those who have seen nothing else say of a tree."""
        bench = cls()
        return bench.corpora.of(bench.change(tree), ENOUGH)

    def count(self, change: Change, seconds: float = ENOUGH) -> tuple[int | None, Coverage]:
        corpus, coverage = self.corpora.of(change, seconds)
        return None if corpus is None else corpus.function_count, coverage


def version(path: str, text: str) -> FileVersion:
    return FileVersion(path.encode(), text.encode(), 0o100644)


def of(text: str) -> Outline:
    """Return the outline of a file: a function for each line."""
    return outline(*(function(f"f{n}", line) for n, line in enumerate(text.splitlines())))


@pytest.fixture
def bench() -> Iterator[Bench]:
    bench = Bench()
    yield bench
    bench.corpora.close()


MANY = Tree({f"{number}.py": f"a{number}" for number in range(200)})


def test_only_what_differs_from_tree_to_tree_is_read(bench: Bench) -> None:
    assert bench.count(bench.change(MANY)) == (200, Coverage.COMPLETE)
    assert len(bench.asked) == 200
    bench.asked.clear()
    changed = Tree({**MANY, "0.py": "b0\nb1", "new.py": "b2", "same.py": "a1"})
    assert bench.count(bench.change(changed)) == (203, Coverage.COMPLETE)
    assert sorted(bench.asked) == [b"b0\nb1", b"b2"]
    bench.asked.clear()
    assert bench.count(bench.change(MANY)) == (200, Coverage.COMPLETE)
    assert bench.asked == []


@settings(deadline=None)
@given(
    st.lists(
        st.dictionaries(st.sampled_from(["a.py", "b.py", "c.py", "d.md"]), st.sampled_from("xyz")),
        min_size=2,
        max_size=6,
    ),
    st.booleans(),
)
def test_a_walk_along_changes_lists_one_tree(
    contents: list[dict[str, str]], is_backwards: bool
) -> None:
    bench, trees = Bench(), [Tree(each) for each in contents]
    steps = [bench.change(new, old) for old, new in itertools.pairwise(trees)]
    for change in reversed(steps) if is_backwards else steps:
        assert change.state is not None
        tree = bench.trees[change.state.tree]
        expected = sum(path.endswith(".py") for path in tree)
        assert bench.count(change) == (expected, Coverage.COMPLETE)
    assert len(bench.walked) == 1


def test_a_long_walk_step_by_step_ends_where_a_start_does(bench: Bench) -> None:
    tree = Tree({"a.py": "a b c", "b.py": "d e f"})
    bench.count(bench.change(tree))
    for number in range(80):
        following = Tree({**tree, f"{number % 7}.py": f"a b {number}\nd e {number}"})
        following.pop(f"{(number + 3) % 7}.py", None)
        corpus, _ = bench.corpora.of(bench.change(following, tree), ENOUGH)
        fresh, _ = Bench.of(following)
        assert corpus is not None
        assert fresh is not None
        assert corpus.function_count == fresh.function_count
        for words in ("a b c", f"a b {number}", "d e 3"):
            place = Place(b"asked.py", function("f", words))
            assert corpus.nearest(place) == fresh.nearest(place) is not None
        tree = following


def test_two_trees_are_not_mixed_up(bench: Bench) -> None:
    one, _ = bench.corpora.of(bench.change(Tree({"a.py": "a b c"})), ENOUGH)
    other, _ = bench.corpora.of(bench.change(Tree({"b.py": "x y z"})), ENOUGH)
    assert one is not None
    assert other is not None
    place = Place(b"c.py", function("f", "a b c"))
    for _ in range(2):
        assert one.nearest(place) is not None
        assert other.nearest(place) is None


def test_files_of_unknown_languages_are_not_asked_for(bench: Bench) -> None:
    tree = Tree({"a.py": "a", "b.md": "b", "c.json": "c"})
    assert bench.count(bench.change(tree)) == (1, Coverage.COMPLETE)
    assert bench.asked == [b"a"]


def test_what_is_not_read_in_time_is_read_on(bench: Bench) -> None:
    bench.may_go_on.clear()
    change = bench.change(MANY)
    assert bench.count(change, 0.0) == (None, Coverage.PENDING)
    bench.may_go_on.set()
    wait_until(lambda: len(bench.asked) == 200, "the rest was read")
    wait_until(lambda: bench.count(change, 0.0) == (200, Coverage.COMPLETE), "it is known")
    assert len(set(bench.asked)) == 200


def test_what_cannot_be_read_ends_reading_on(bench: Bench) -> None:
    change = bench.change(Tree({"a.py": "missing"}))
    for _ in range(2):
        bench.asked.clear()
        assert bench.count(change, 0.0) == (None, Coverage.PENDING)
        wait_until(lambda: bench.asked, "it was tried")
    with pytest.raises(MissingObjectError):
        bench.count(change)


def test_a_tree_with_too_many_files_is_not_read() -> None:
    bench = Bench(CorpusLimits(files=10))
    assert bench.count(bench.change(MANY)) == (None, Coverage.TOO_LARGE)
    assert bench.asked == []


def test_a_tree_with_too_many_functions_is_known_as_that() -> None:
    bench = Bench(CorpusLimits(functions=150, spare_functions=20))
    change = bench.change(MANY)
    assert bench.count(change) == (None, Coverage.TOO_LARGE)
    bench.asked.clear()
    for _ in range(3):
        assert bench.count(change) == (None, Coverage.TOO_LARGE)
    assert len(bench.asked) < 200
    small = bench.change(Tree({"a.py": "a\nb"}))
    assert bench.count(small) == (2, Coverage.COMPLETE)


def test_what_is_kept_is_bounded() -> None:
    bench = Bench(CorpusLimits(functions=1_000, spare_functions=10))
    for number in range(50):
        tree = Tree({f"{n}.py": f"a{number}-{n}" for n in range(20)})
        assert bench.count(bench.change(tree)) == (20, Coverage.COMPLETE)
    bench.asked.clear()
    bench.count(bench.change(tree))
    assert bench.asked == []
    bench.count(bench.change(Tree({f"{n}.py": f"a0-{n}" for n in range(20)})))
    assert len(bench.asked) == 20


def test_a_worktree_is_its_head_with_what_differs(bench: Bench) -> None:
    bench.change(MANY)
    old, new = (FileVersion(b"0.py", text, 0o100644) for text in (b"a0", b"edited"))
    moved, gone = (FileVersion(path, b"a1", 0o100644) for path in (b"moved.py", b"1.py"))
    fresh = FileVersion(b"new.py", b"fresh", 0o100644, b"")
    files = [
        FileChange(FileStatus.MODIFIED, old, new, 1, 1, False, ()),
        FileChange(FileStatus.RENAMED, gone, moved, 0, 0, False, ()),
        FileChange(FileStatus.ADDED, None, fresh, 1, 0, False, ()),
        FileChange(
            FileStatus.DELETED, FileVersion(b"2.py", b"a2", 0o100644), None, 0, 1, False, ()
        ),
    ]
    pairs = tuple(
        FilePair(file, None, of("w\nx") if file.new is not None else None) for file in files
    )
    change = dataclasses.replace(empty_change(files), state=None, prior=MANY.id, pairs=pairs)
    # 200, with one that has two, one more of two, and one less; of the moved one too.
    assert bench.count(change) == (203, Coverage.COMPLETE)
    assert b"edited" not in bench.asked
    assert b"fresh" not in bench.asked
