"""Signatures of a state in later ones: over real commits, rebases and edits."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from signing_bench import SigningBench

from heddle_worker.failures import InvalidRequestError

MARGIN = "\n" * 8


def code(**bodies: str) -> str:
    """Return a file of functions that lie far enough apart for git to merge their edits."""
    return "import os\n" + MARGIN.join(
        f"def {name}():\n    x = 1\n    y = 2\n    z = 3\n    return {body}\n"
        for name, body in bodies.items()
    )


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[SigningBench]:
    bench = SigningBench(tmp_path)
    bench.commit({"a.py": code(f="1", g="2", h="3"), "b.py": code(k="4")}, "base")
    yield bench
    bench.close()


def rebased(bench: SigningBench, feature: str, upstream: dict[str, str]) -> str:
    """Put a commit upon another one of its parent's; return what it has become."""
    bench.git.git("checkout", "-q", "--detach", f"{feature}~")
    bench.commit(upstream, "upstream")
    bench.git.git("cherry-pick", feature)
    return bench.git.head()


BASE = {"f": "1", "g": "2", "h": "3"}


def test_a_signature_holds_in_the_state_that_it_is_of(bench: SigningBench) -> None:
    state = bench.commit({"a.py": code(**BASE | {"f": "10"}), "c.txt": "words\n"})
    bench.sign(state)
    bench.sign(state, ("b.py", "k"))
    bench.sign(state, ("a.py", "f"))
    assert bench.holding(state) == {0: {"a.py:f", "c.txt:"}, 1: set(), 2: {"a.py:f"}}


@pytest.mark.parametrize(
    ("upstream", "survives"),
    [
        ({"b.py": code(k="40")}, True),
        ({"a.py": code(**BASE | {"h": "30"})}, True),
        ({"a.py": "# above all\n" + MARGIN + code(**BASE)}, True),
        ({"a.py": code(**BASE).replace("def f():\n    x = 1", "def f():\n    x = 9")}, False),
    ],
)
def test_the_whole_change_survives_a_rebase_that_leaves_it_alone(
    bench: SigningBench, upstream: dict[str, str], survives: bool
) -> None:
    feature = bench.commit({"a.py": code(**BASE | {"f": "10"})})
    bench.sign(feature)
    bench.sign(feature, ("a.py", "f"))
    later = rebased(bench, feature, upstream)
    everything = {0: {"a.py:f"}, 1: {"a.py:f"}}
    assert bench.holding(later) == (everything if survives else {})


def test_methods_do_not_disturb_each_other(bench: SigningBench) -> None:
    def of_class(first: str, second: str) -> str:
        methods = MARGIN.join(
            f"    def {name}(self):\n        x = 1\n        return {body}\n"
            for name, body in (("m", first), ("n", second))
        )
        return f"class A:\n    limit = 5\n\n{methods}"

    bench.commit({"a.py": of_class("1", "2")})
    feature = bench.commit({"a.py": of_class("10", "2")})
    bench.sign(feature)
    bench.sign(feature, ("a.py", "A::m"))
    bench.sign(feature, ("a.py", "A"))
    later = rebased(bench, feature, {"a.py": of_class("1", "20")})
    assert bench.holding(feature) == {number: {"a.py:A::m"} for number in (0, 1, 2)}
    # Who signed the class has signed its other method, too, which is another one now.
    assert bench.holding(later) == {number: {"a.py:A::m"} for number in (0, 1)}


AMENDMENTS: dict[str, tuple[dict[str, str | bytes | None], bool]] = {
    "nothing": ({}, True),
    "another body": ({"a.py": code(**BASE | {"f": "11"})}, False),
    "another function too": ({"a.py": code(**BASE | {"f": "10", "g": "20"})}, False),
    "an import too": (
        {"a.py": code(**BASE | {"f": "10"}).replace("import os", "import re")},
        False,
    ),
    "another file too": ({"c.txt": "words\n"}, False),
    "a file less": ({"d.bin": None}, False),
    "another binary": ({"d.bin": b"\0\2"}, False),
    "no change": ({"a.py": code(**BASE)}, False),
}


@pytest.mark.parametrize("name", AMENDMENTS)
def test_the_whole_change_falls_with_any_amendment_of_it(bench: SigningBench, name: str) -> None:
    files, survives = AMENDMENTS[name]
    feature = bench.commit({"a.py": code(**BASE | {"f": "10"}), "d.bin": b"\0\1"})
    bench.sign(feature)
    bench.git.git("checkout", "-q", "--detach", f"{feature}~")
    bench.git.git("cherry-pick", "--no-commit", feature)
    amended = bench.commit(files, "with another message")
    assert amended != feature
    assert bench.holding(amended) == ({0: {"a.py:f", "d.bin:"}} if survives else {})


def test_modes_and_places_are_part_of_the_change(bench: SigningBench) -> None:
    feature = bench.commit({"c.sh": "echo\n"})
    bench.sign(feature)
    bench.git.git("update-index", "--chmod=+x", "c.sh")
    bench.git.git("commit", "--amend", "--quiet", "-m", "executable")
    assert bench.holding(bench.git.head()) == {}
    bench.git.git("update-index", "--chmod=-x", "c.sh")
    bench.git.git("mv", "c.sh", "d.sh")
    bench.git.git("commit", "--amend", "--quiet", "-m", "elsewhere")
    assert bench.holding(bench.git.head()) == {}
    bench.git.git("mv", "d.sh", "c.sh")
    bench.git.git("commit", "--amend", "--quiet", "-m", "as it was")
    assert bench.holding(bench.git.head()) == {0: {"c.sh:"}}


def test_symbols_hold_where_they_are_the_same_by_name_or_moved(bench: SigningBench) -> None:
    feature = bench.commit({"a.py": code(**BASE | {"f": "10", "g": "20"})})
    bench.sign(feature, ("a.py", "f"))
    bench.sign(feature, ("a.py", "f"), ("a.py", "g"))
    edited = bench.commit({"a.py": code(**BASE | {"f": "10", "g": "21"})})
    assert bench.holding(edited) == {}
    # Nothing of it is touched here, so it says nothing about this change; but it would hold.
    moved = bench.commit({"a.py": code(g="21", h="3"), "c.py": code(f="10")})
    assert bench.holding(moved) == {0: {"c.py:f"}}
    bench.sign(moved, ("c.py", "f"), ("a.py", "g"))
    restored = bench.commit({"c.py": None, "a.py": code(**BASE | {"f": "10", "g": "20"})})
    assert bench.holding(restored) == {
        0: {"a.py:f"},
        1: {"a.py:f", "a.py:g"},
    }


def test_the_same_bytes_elsewhere_are_not_what_was_signed(bench: SigningBench) -> None:
    state = bench.commit({"c.py": code(f="1"), "d.py": code(f="1")})
    bench.sign(state, ("c.py", "f"))
    assert bench.touched(state) == ["c.py:", "c.py:f", "d.py:", "d.py:f"]
    assert bench.holding(state) == {0: {"c.py:f"}}


def test_the_file_as_a_whole_covers_what_is_in_it(bench: SigningBench) -> None:
    feature = bench.commit({"a.py": code(**BASE | {"f": "10"}).replace("os", "re")})
    assert bench.touched(feature) == ["a.py:", "a.py:f"]
    bench.sign(feature, ("a.py", "a.py"))
    bench.sign(feature, ("a.py", "f"))
    assert bench.holding(feature) == {0: {"a.py:", "a.py:f"}, 1: {"a.py:f"}}
    assert set(bench.holding(rebased(bench, feature, {"b.py": code(k="40")}))) == {0, 1}


def test_what_is_gone_is_covered_by_its_file_or_by_the_whole_change(bench: SigningBench) -> None:
    state = bench.commit({"a.py": code(f="1", h="3"), "b.py": None})
    assert bench.touched(state) == ["a.py:", "a.py:g", "b.py:"]
    bench.sign(state)
    bench.sign(state, ("a.py", "a.py"))
    with pytest.raises(InvalidRequestError, match="has no 'g'"):
        bench.sign(state, ("a.py", "g"))
    assert bench.holding(state) == {
        0: {"a.py:", "a.py:g", "b.py:"},
        1: {"a.py:", "a.py:g"},
    }


ODD_NAMES = (
    *("", ".", "..", "/", "//", "a.py/", "/a.py", "a.py/x", "sub", "sub//c.py", "sub/../a.py"),
    *("link", "x" * 5_000, "\\377", ".git/config"),
)


def test_what_is_no_file_cannot_be_signed(bench: SigningBench) -> None:
    (bench.git.root / "link").symlink_to("a.py")
    state = bench.commit({"sub/c.py": code(f="1")})
    bench.sign(state, ("sub/c.py", "f"))
    for file in ODD_NAMES:
        with pytest.raises(InvalidRequestError, match="has no file") as caught:
            bench.sign(state, ("sub/c.py", "f"), (file, "f"))
        assert caught.value.violations[0].field == "scope.symbols.symbols[1].file"


def test_a_name_that_is_no_text_is_signed_as_it_is_shown(bench: SigningBench) -> None:
    name = b"\xffa.py"
    (bench.git.root / os.fsdecode(name)).write_text(code(f="1"))
    state = bench.commit({})
    bench.sign(state, ("\\377a.py", "f"))
    bench.sign(state, ("\\377a.py", "\\377a.py"))
    found = bench.ground.holding(
        bench.states.resolve(state.encode()),
        bench.ground.touching(bench.states.resolve(state.encode())),
    )
    covered = [{(each.path, each.symbol) for each in one.covers} for one in found]
    assert covered == [{(name, "f")}, {(name, ""), (name, "f")}]


def test_an_empty_change_is_covered_by_no_other(bench: SigningBench) -> None:
    empty = bench.git.commit("empty")
    bench.sign(empty)
    assert bench.holding(empty) == {0: set()}
    assert bench.holding(bench.git.commit("another")) == {}


def test_a_change_that_is_too_large_holds_only_where_it_is(bench: SigningBench) -> None:
    many = {f"many/{number}.txt": "x\n" for number in range(2_001)}
    state = bench.commit(many)
    assert bench.touched(state)[-1] == "*:"
    bench.sign(state)
    assert list(bench.holding(state)) == [0]
    assert bench.holding(rebased(bench, state, {"b.py": code(k="40")})) == {}


def test_a_state_without_its_parent_can_be_signed(bench: SigningBench, tmp_path: Path) -> None:
    state = bench.commit({"a.py": code(f="10")})
    shallow = SigningBench(tmp_path / "shallow")
    try:
        shallow.git.git("fetch", "--quiet", "--depth=1", f"file://{bench.git.root}", state)
        shallow.sign(state)
        shallow.sign(state, ("a.py", "f"))
        assert shallow.touched(state) == ["*:"]
        assert shallow.holding(state) == {0: {"*:"}, 1: set()}
    finally:
        shallow.close()


NAMES = ("f", "g", "h", "i")
EDITS = st.dictionaries(st.sampled_from(NAMES), st.sampled_from(["x", "y"]), min_size=1)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(EDITS, st.dictionaries(st.sampled_from(NAMES), st.just("9"), max_size=3))
def test_a_rebase_keeps_a_signature_exactly_when_it_meets_none_of_its_symbols(
    bench: SigningBench, edits: dict[str, str], upstream: dict[str, str]
) -> None:
    def text(returned: dict[str, str], first: dict[str, str]) -> str:
        parts = []
        for name in NAMES:
            body = code(**{name: returned.get(name, "0")}).partition("\n")[2]
            parts.append(body.replace("x = 1", f"x = {first.get(name, '1')}"))
        return MARGIN.join(parts)

    bench.git.git("checkout", "-q", "--detach", "main")
    bench.commit({"c.py": text({}, {})}, "base")
    feature = bench.commit({"c.py": text(edits, {})})
    whole = bench.sign(feature)
    numbers = {name: bench.sign(feature, ("c.py", name)) for name in edits}
    kept = bench.holding(rebased(bench, feature, {"c.py": text({}, upstream), "d": "up\n"}))
    assert (whole in kept) == edits.keys().isdisjoint(upstream)
    for name, number in numbers.items():
        assert (number in kept) == (name not in upstream)
