"""What has to be the same about a symbol, however it is laid out and wherever it stands."""

from __future__ import annotations

import pytest

from heddle_worker.symbols.extraction import extractor

ONE = """
class A:
    limit = 1

    def f(self, a):
        if a:
            return 1

    def g(self):
        pass
"""
LAID_OUT = """
class A:
    # why
    limit = 1

    def g(self):
        # nothing
        pass

    def f(self, a):
        # first
        if a:
            # then
            return 1
        # last
"""


def digests(text: str, language: str = "python") -> dict[str, tuple[bytes, bytes]]:
    _errors, symbols = extractor(language).outline(text.encode())
    return {symbol[0]: (symbol[7], symbol[-1]) for symbol in symbols}


def test_comments_and_the_order_of_methods_mean_nothing() -> None:
    one, other = digests(ONE), digests(LAID_OUT)
    assert one["A::f"] == other["A::f"]
    assert one["A::g"] == other["A::g"]
    assert one["A"][0] != other["A"][0]
    assert one["A"][1] == other["A"][1]


@pytest.mark.parametrize(
    ("old", "new", "is_same"),
    [
        ("return 1", "return 2", True),
        ("def g(self):\n        pass\n", "", True),
        ("def g", "def h", True),
        ("limit = 1", "limit = 2", False),
        ("class A", "class A(B)", False),
        ("class A", "class B", True),
    ],
)
def test_what_is_a_class_s_own(old: str, new: str, is_same: bool) -> None:
    before = digests(ONE)["A"]
    changed = digests(ONE.replace(old, new))
    after = changed["B" if new == "class B" else "A"]
    assert (before[1] == after[1]) is is_same


def test_what_holds_nothing_is_all_its_own() -> None:
    meaning, own = digests(ONE)["A::f"]
    assert meaning == own


def test_a_comment_is_no_statement() -> None:
    plain = "function f(a) {\n  g(a);\n  return a;\n}\n"
    commented = "function f(a) {\n  // why\n  g(a); /* what */\n\n  // then\n  return a;\n}\n"
    assert digests(plain, "javascript") == digests(commented, "javascript")
