"""What was found in one version of a file has no influence on what is found in the next."""

from __future__ import annotations

import queue
import threading
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from waiting import wait_until

from heddle_worker.symbols.extraction import Extractor
from heddle_worker.symbols.grammar import Grammar
from heddle_worker.symbols.jobs import Jobs
from heddle_worker.symbols.pieces import KnownPieces, runs

SOURCES: Final = {
    "python": (
        "import os\n\n# one\n@cached\ndef f(a):\n    return a + 1\n\n"
        "class A:\n    x = 1\n\n    def f(self):\n        pass\n\n    def g(self):\n"
        "        '''text'''\n        return [\n            1,\n        ]\n\n"
        "def f(b):\n    while b:\n        b -= 1\nLIMIT = 3\n"
    ),
    "rust": (
        "use std::io;\n\n#[test]\n// why\n#[ignore]\nfn one() { assert!(true); }\n\n"
        "impl A {\n    fn f(&self) -> u8 { 1 }\n    #[inline]\n    fn g(&self) {}\n}\n"
        "struct A;\nconst B: u8 = 1;\nmod m { fn one() { two(); } }\nfn one() {}\n"
    ),
    "typescript": (
        "import a from 'a';\n@Component({})\nexport class A {\n  f(x: number) { return x; }\n}\n"
        "export const f = (x) => x + 1;\nfunction g() { return f(1); } function h() {}\n"
        "// end\nconst a = 1, b = 2;\ndescribe('it', () => { it('works', () => {}); });\n"
    ),
    "c": (
        "#include <a.h>\n#define ONE 1\nstatic int f(int a)\n{\n\treturn a;\n}\n"
        "typedef struct node { int a; } node_t;\nint g(void);\nstruct { int x; } y;\n"
        "int h(void) { return f(ONE); }\nint limit = 3;\n"
    ),
    "ruby": (
        "require 'a'\nclass A\n  def f(x)\n    x + 1\n  end\n  def self.g; end\nend\n"
        "module M\n  B = 1\n  def f; f 1; end\nend\ndef f\n  [1].each do |x|\n    x\n  end\nend\n"
    ),
    "go": (
        "package a\n\nimport \"fmt\"\n\n// F does.\nfunc F(a int) int {\n\treturn a\n}\n"
        "type A struct{ x int }\nfunc (a *A) F() { fmt.Println(a) }\nvar (\n\tx = 1\n\ty = 2\n)\n"
        "const z = 3\ntype B interface { F() }\n"
    ),
    "bash": (
        "set -e\nA=1\nf() {\n  echo \"$1\"\n}\nfunction g {\n  f a; f b\n}\n# end\ng\n"
    ),
}  # fmt: skip
_PARTS: Final = ("", "\n", " ", "  ", "\t", "x", "{", "}", "'", "# a", "// b", "\n\n", "é", "1")
EDITS: Final = st.lists(
    st.tuples(
        st.sampled_from(("insert", "delete", "repeat", "swap")),
        st.integers(0, 40),
        st.integers(0, 40),
        st.sampled_from(_PARTS),
    ),
    max_size=5,
)


def edited(text: str, edit: tuple[str, int, int, str]) -> str:
    what, one, other, part = edit
    lines = text.split("\n")
    one, other = one % len(lines), other % len(lines)
    if what == "insert":
        at = other % (len(lines[one]) + 1)
        lines[one] = lines[one][:at] + part + lines[one][at:]
    elif what == "delete":
        del lines[one]
    elif what == "repeat":
        lines.insert(other, lines[one])
    else:
        lines[one], lines[other] = lines[other], lines[one]
    return "\n".join(lines)


@pytest.fixture(scope="module", params=SOURCES)
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def grammar(language: str) -> Grammar:
    return Grammar(language)


@pytest.fixture(scope="module")
def knowing(grammar: Grammar) -> Extractor:
    return Extractor(grammar)


@settings(max_examples=60, deadline=None)
@given(edits=EDITS)
def test_a_version_is_outlined_as_if_it_were_the_first(
    language: str,
    grammar: Grammar,
    knowing: Extractor,
    edits: list[tuple[str, int, int, str]],
) -> None:
    text = SOURCES[language]
    for edit in [None, *edits]:
        text = text if edit is None else edited(text, edit)
        source = text.encode()
        assert knowing.outline(source, b"path") == Extractor(grammar).outline(source)


def test_what_has_only_moved_is_not_looked_at_again(language: str, grammar: Grammar) -> None:
    one, path = SOURCES[language].encode(), b"path"
    fresh = Extractor(grammar)
    has_errors, symbols = fresh.outline(one, path)
    assert not has_errors
    assert len(symbols) >= 2
    pieces = len(fresh._known._young)
    assert fresh.outline(b"\n" + one, path)[1] == tuple(
        (name, kind, first + 1, last + 1, start + 1, end + 1, *rest)
        for name, kind, first, last, start, end, *rest in symbols
    )
    assert len(fresh._known._young) == pieces


@given(wanted=st.lists(st.booleans()))
def test_runs_are_what_is_wanted(wanted: list[bool]) -> None:
    covered = [number for first, behind in runs(wanted) for number in range(first, behind)]
    assert covered == [number for number, each in enumerate(wanted) if each]
    assert all(not wanted[behind] for _, behind in runs(wanted) if behind < len(wanted))


def test_what_was_not_asked_for_is_forgotten_and_the_rest_is_not() -> None:
    known = KnownPieces()
    symbol = ("f", "function", 1, 1, 0, 9, b"", b"", bytes(256), (), False, b"")
    known.put(b"asked", [symbol])
    known.put(b"not asked", [symbol])
    for number in range(60_000):
        known.put(b"%d" % number, [symbol])
        assert known.get(b"asked") == [symbol]
    assert known.get(b"not asked") is None


@pytest.fixture
def jobs() -> Jobs[str]:
    return Jobs()


def test_a_job_is_taken_by_whom_it_is_meant_for_if_that_one_waits(jobs: Jobs[str]) -> None:
    taken: list[str | None] = []
    other = threading.Thread(target=lambda: taken.append(jobs.take(1)))
    other.start()
    wait_until(lambda: 1 in jobs._waiting, "the other one waits")
    jobs.put("its own", 1)
    jobs.put("mine", 0)
    assert jobs.take(0) == "mine"
    other.join(10)
    assert taken == ["its own"]


def test_a_job_does_not_wait_for_one_who_is_busy(jobs: Jobs[str]) -> None:
    jobs.put("for the other", 1)
    assert jobs.take(0) == "for the other"


def test_an_end_comes_after_the_last_job(jobs: Jobs[str]) -> None:
    jobs.put("last", 0)
    jobs.close()
    assert jobs.take(0) == "last"
    assert jobs.take(0) is None


def test_waiting_has_an_end(jobs: Jobs[str]) -> None:
    with pytest.raises(queue.Empty):
        jobs.take(0, timeout=0.01)
