"""What a symbol means: no matter how it is laid out, and different after any real edit."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from outlining import outline_of, symbols_of

from heddle_worker.symbols.outline import similarity

# One function of each language, and the same laid out differently.
LAID_OUT = {
    "python": (
        "def f(a, b):\n    if a:\n        b = g(a,\n              'x  y')\n    return b\n",
        "def f( a,b ):  # why\n  if a:\n\n    # because\n    b=g( a, 'x  y' )\n  return b\n",
    ),
    "javascript": (
        "function f(a, b) {\n  const c = `x ${a} y`;\n  return c + /a b/g.test(b);\n}\n",
        "function f( a,b )\n{ // why\n const c=`x ${ a } y`;\n /**/ return c+/a b/g.test(b); }\n",
    ),
    "typescript": (
        "function f<T>(a: T): Map<string, T> {\n  return new Map<string, T>([['a b', a]]);\n}\n",
        "function f< T >( a:T ):Map<string,T>{return new Map<string,T>([ ['a b',a] ]);/* */}\n",
    ),
    "go": (
        'func f(a int) string {\n\tif a > 1 {\n\t\treturn "a b"\n\t}\n\treturn `c\n d`\n}\n',
        'func f( a int ) string { // why\n if a>1 {\n return "a b"\n }\n\n return `c\n d`\n}\n',
    ),
    "rust": (
        "fn f<'a>(a: &'a str) -> Vec<Vec<u8>> {\n    g(a, \"x y\", 'c')\n}\n",
        "fn f<'a>( a:&'a str )->Vec<Vec<u8>>{ /* why */ g( a,\"x y\",'c' ) }\n",
    ),
    "java": (
        'class C {\n    int f(int a) {\n        return g(a + 1, "x y");\n    }\n}\n',
        'class C { int f( int a )\n  { // why\n return g( a+1,"x y" ); } }\n',
    ),
    "c": (
        "#define N 1\nint f(int a)\n{\n    return g(a + 1, \"x y\", 'c');\n}\n",
        "#define  N  1\nint f( int a ) { /* why */ return g( a+1,\"x y\",'c' ); }\n",
    ),
    "cpp": (
        'namespace n {\nint f(int a) {\n    return g<int>(a + 1, "x y");\n}\n}\n',
        'namespace n { int f( int a )\n{ return g<int>( a+1,"x y" ); // why\n } }\n',
    ),
    "csharp": (
        'class C {\n    int F(int a) {\n        return G(a + 1, "x y", @"c d");\n    }\n}\n',
        'class C { int F( int a )\n  { // why\n return G( a+1,"x y",@"c d" ); } }\n',
    ),
    "ruby": (
        "def f(a)\n  if a\n    g(a, 'x  y')\n  end\n  h a\nend\n",
        "def f( a ) # why\n\n    if a\n      g( a,'x  y' )\n    end\n    h  a\nend\n",
    ),
    "php": (
        '<?php\nfunction f($a) {\n    return g($a + 1, "x  y");\n}\n',
        '<?php\nfunction f( $a )\n{ # why\n  return g( $a+1,"x  y" ); }\n',
    ),
    "bash": (
        'f() {\n  if g "$1"; then\n    echo "x  y" | cat\n  fi\n}\n',
        'f()  { # why\n\n      if g   "$1" ; then\n echo "x  y"|cat\n      fi\n}\n',
    ),
}

# What a compiler would see as something else, however little it may look so.
EDITED = {
    "python": [
        ("def f():\n  if a:\n    b()\n  c()\n", "def f():\n  if a:\n    b()\n    c()\n"),
        ("def f():\n  return\n  x\n", "def f():\n  return x\n"),
        ("def f():\n  a = b\n  (c)\n", "def f():\n  a = b(c)\n"),
        ("def f():\n  a = b\n  -c\n", "def f():\n  a = b - c\n"),
        ("def f():\n  a = b\n  [c]\n", "def f():\n  a = b[c]\n"),
        ("def f():\n  a = b\n  *c, d = e\n", "def f():\n  a = b * c, d = e\n"),
        ("def f():\n  a = b\n  (c).d()\n", "def f():\n  a = b(c).d()\n"),
        ("def f():\n  '''Doc.'''\n", "def f():\n  '''Doc!'''\n"),
        ("def f():\n  return 'a b'\n", "def f():\n  return 'a  b'\n"),
        ("def f():\n  return a < b\n", "def f():\n  return a <= b\n"),
        ("def f():\n  return f'{a} b'\n", "def f():\n  return f'{a}  b'\n"),
        ("@a\ndef f(): pass\n", "@b\ndef f(): pass\n"),
    ],
    "javascript": [
        ("function f() { return\n a }", "function f() { return a }"),
        ("function f() { return a + ++b }", "function f() { return a++ + b }"),
        ("function f() { a\n ++b }", "function f() { a++\n b }"),
        ("function f() { return `a b` }", "function f() { return `a  b` }"),
        ("function f() { return /a b/ }", "function f() { return /a  b/ }"),
        ("function f() { return 'a b' }", "function f() { return 'a  b' }"),
    ],
    "go": [
        ("func f() { a <- b }", "func f() { a < -b }"),
        ("func f() {\n\treturn\n\ta()\n}", "func f() {\n\treturn a()\n}"),
        ('func f() { g("a b") }', 'func f() { g("a  b") }'),
    ],
    "rust": [("fn f() { a && b }", "fn f() { a & &c }"), ("fn f() { 'a' }", "fn f() { 'b' }")],
    "java": [("class C { int f() { return a - -b; } }", "class C { int f() { return a-- - b; } }")],
    "c": [
        ("int f() { return a & &b; }", "int f() { return a && b; }"),
        ('int f() { g("a b"); }', 'int f() { g("a  b"); }'),
        ("int f() {\n#define A b\n}", "int f() {\n#define A\nb;\n}"),
    ],
    "cpp": [("int f() { return R\"(a b)\"; }", "int f() { return R\"(a  b)\"; }")],
    "csharp": [('class C { int F() { g(@"a b"); } }', 'class C { int F() { g(@"a  b"); } }')],
    "ruby": [
        ("def f\n  g\n  h\nend", "def f\n  g h\nend"),
        ("def f\n  g -1\nend", "def f\n  g - 1\nend"),
        ("def f\n  g [1]\nend", "def f\n  g[1]\nend"),
        ("def f\n  'a b'\nend", "def f\n  'a  b'\nend"),
    ],
    "php": [("<?php function f() { return 'a b'; }", "<?php function f() { return 'a  b'; }")],
    "bash": [
        ("f() { rm -rf a; }", "f() { rm - rf a; }"),
        ("f() { echo a-b; }", "f() { echo a -b; }"),
        ('f() { echo a"b"; }', 'f() { echo a "b"; }'),
        ("f() { a b\n c\n}", "f() { a b c\n}"),
        ("f() { a=1 b\n}", "f() { a=1\n b\n}"),
    ],
}  # fmt: skip


def meanings(language: str, source: str) -> dict[str, bytes]:
    return {name: symbol.meaning for name, symbol in symbols_of(language, source).items()}


@pytest.mark.parametrize("language", LAID_OUT)
def test_the_layout_means_nothing(language: str) -> None:
    one, other = LAID_OUT[language]
    assert meanings(language, one) == meanings(language, other) != {}


@pytest.mark.parametrize(
    ("language", "old", "new"), [(name, *pair) for name, pairs in EDITED.items() for pair in pairs]
)
def test_a_real_edit_means_something(language: str, old: str, new: str) -> None:
    before, after = meanings(language, old), meanings(language, new)
    assert before.keys() == after.keys() != set()
    assert all(before[name] != after[name] for name in before)


@pytest.mark.parametrize("language", LAID_OUT)
def test_the_own_name_means_nothing_and_any_other_does(language: str) -> None:
    source = LAID_OUT[language][0]
    name = "F" if "F(" in source else "f"
    renamed = re.sub(rf"\b{name}\b", "quite_another", source)
    (old,) = (s for s in symbols_of(language, source).values() if s.simple_name == name)
    (new,) = (s for s in symbols_of(language, renamed).values() if s.simple_name == "quite_another")
    assert (old.meaning, old.content != new.content) == (new.meaning, True)
    edited = re.sub(r"\b(a|g|echo)\b", "other", source)
    (other,) = (s for s in symbols_of(language, edited).values() if s.simple_name == name)
    assert other.meaning != old.meaning


_GAPS = st.sampled_from([" ", "  ", "\n", "\t", "\r\n", " /* a */ ", " // b\n", ""])
_WORDS = ["int", "f", "(", "int", "a", ",", "int", "b", ")", "{", "if", "(", "a", "<", "b", ")"]
_WORDS += ["return", "a", "+", "g", "(", '"x  y"', ")", ";", "return", "b", ";", "}"]


@given(st.lists(_GAPS, min_size=len(_WORDS), max_size=len(_WORDS)))
def test_any_layout_of_the_same_tokens_means_the_same(gaps: list[str]) -> None:
    source = ""
    for word, gap in zip(_WORDS, gaps, strict=True):
        needs_space = source[-1:].isalnum() and word[0].isalnum()
        source += (" " if needs_space else "") + word + gap
    (symbol,) = outline_of("c", source).symbols
    (plain,) = outline_of("c", " ".join(_WORDS)).symbols
    assert (symbol.name, symbol.meaning) == ("f", plain.meaning)
    assert symbol.sketch == plain.sketch


@given(st.binary(max_size=300))
def test_any_bytes_can_be_outlined(source: bytes) -> None:
    for language in ("python", "cpp", "bash"):
        for symbol in outline_of(language, source).symbols:
            assert 0 <= symbol.start_byte < symbol.end_byte <= len(source)


def test_sketches_tell_how_alike_two_bodies_are() -> None:
    body = [f"    x{number} = g{number}(a)\n" for number in range(40)]
    one, other = "def f(a):\n" + "".join(body), "def f(a):\n" + "".join(body[:36])
    third = "def f(a):\n" + "".join(f"    return [{n} for y in h]\n" for n in range(40))
    sketches = [symbols_of("python", each)["f"].sketch for each in (one, other, third)]
    assert similarity(sketches[0], sketches[1]) > 0.75
    assert similarity(sketches[0], sketches[2]) < 0.2


def test_an_inner_symbol_counts_for_the_sketch_of_the_outer() -> None:
    inner = "def f(a):\n    return g(a, 1) + h(a, 2)\n"
    outer = "class C:\n    x = 1\n" + "".join(f"    {line}\n" for line in inner.splitlines())
    symbols = symbols_of("python", outer)
    assert set(symbols["C::f"].sketch) <= set(symbols["C"].sketch)
    assert symbols["C::f"].sketch == symbols_of("python", inner)["f"].sketch
