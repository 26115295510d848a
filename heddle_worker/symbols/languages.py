"""Which languages there are, and which of them a file is in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Language:
    """A language that can be outlined.

    Attributes:
        grammar: module of its grammar, without the common prefix.
        entry: function of that module that returns it.
        tags: modules of the grammars whose own tags hold for it.
        queries: our own queries beside this module, which go on where those tags end.
        unwanted: beginnings of patterns among those tags that our own ones replace.
        ignored: what the parser is not to see, in its last group; a macro that only a
            preprocessor would know to be nothing.
        operators: regular expression of further operators of more than one character.
        test_name: of callables that are tests.
        test_mark: in the decorators, attributes or modifiers of callables that are tests.
    """

    grammar: str
    entry: str = "language"
    tags: tuple[str, ...] = ()
    queries: tuple[str, ...] = ()
    unwanted: tuple[str, ...] = ()
    ignored: re.Pattern[bytes] | None = None
    operators: bytes = b""
    test_name: str = ""
    test_mark: bytes = b""


_C_TAGS: Final = (
    "(function_declarator",
    "(declaration type: (union_specifier",
    "(enum_specifier",
    "(class_specifier",
)
# As in `class MYLIB_EXPORT Thing : public Base {` and in `MYLIB_EXPORT template <class T>`.
_CLASS_MACRO: Final = re.compile(
    rb"\b(?:class|struct|union|enum(?:\s+class)?)\s+([A-Z][A-Z0-9_]{2,}(?:\([^()\n]*\))?)"
    rb"(?=\s+[A-Za-z_][\w:]*(?:<[^;{}]*>)?(?:\s+final)?\s*[:{])"
    rb"|^[ \t]*([A-Z][A-Z0-9_]{2,}(?:\([^()\n]*\))?)"
    rb"(?=\s+(?:template|class|struct|enum|inline|constexpr|static|virtual|explicit)\b)",
    re.MULTILINE,
)
_SCRIPT_TAGS: Final = ("(assignment_expression", "(pair", "(export_statement")
_SCRIPT_TESTS: Final = r"(?:test|it|describe)(?![a-z])"
_XUNIT: Final = (
    rb"@(?:\w+\.)*(?:Test|ParameterizedTest|RepeatedTest|TestFactory|TestTemplate|Property)\b"
)

LANGUAGES: Final = {
    "bash": Language("bash", queries=("bash",), test_name=r"test_|test[A-Z]"),
    "c": Language(
        "c", tags=("c",), queries=("c_family", "c"), unwanted=_C_TAGS, test_name=r"test_|.*_test$"
    ),
    "cpp": Language(
        "cpp",
        tags=("cpp",),
        queries=("c_family", "cpp"),
        unwanted=_C_TAGS,
        ignored=_CLASS_MACRO,
        test_name=r"test_|.*_test$|Test[A-Z_]",
    ),
    "csharp": Language(
        "c_sharp",
        queries=("c_sharp",),
        test_mark=(
            rb"\[[^\]]*\b(?:Fact|Theory|Test|TestCase|TestCaseSource|TestMethod|DataTestMethod)"
            rb"(?:Attribute)?\b"
        ),
    ),
    "go": Language(
        "go",
        tags=("go",),
        queries=("go",),
        operators=rb"<-|",
        test_name=r"(?:Test|Benchmark|Fuzz|Example)(?![a-z])",
    ),
    "java": Language("java", tags=("java",), queries=("java",), test_mark=_XUNIT),
    "javascript": Language(
        "javascript",
        tags=("javascript",),
        queries=("ecmascript", "javascript"),
        unwanted=_SCRIPT_TAGS,
        test_name=_SCRIPT_TESTS,
    ),
    "php": Language(
        "php",
        entry="language_php",
        tags=("php",),
        queries=("php",),
        test_name=r"test",
        test_mark=rb"#\[[^\]]*\bTest\b",
    ),
    "python": Language(
        "python", tags=("python",), queries=("python",), test_name=r"test_|test$|setUp$"
    ),
    "ruby": Language("ruby", tags=("ruby",), queries=("ruby",), test_name=r"test_"),
    "rust": Language(
        "rust",
        tags=("rust",),
        queries=("rust",),
        unwanted=("(declaration_list",),
        test_name=r"test_|.*_test$",
        test_mark=rb"#\[[^\]]*\b(?:test|rstest|test_case|quickcheck|wasm_bindgen_test)\b[^=]",
    ),
    "tsx": Language(
        "typescript",
        entry="language_tsx",
        tags=("javascript", "typescript"),
        queries=("ecmascript", "typescript"),
        unwanted=_SCRIPT_TAGS,
        test_name=_SCRIPT_TESTS,
    ),
    "typescript": Language(
        "typescript",
        entry="language_typescript",
        tags=("javascript", "typescript"),
        queries=("ecmascript", "typescript"),
        unwanted=_SCRIPT_TAGS,
        test_name=_SCRIPT_TESTS,
    ),
}
"""By name; the name is what an outline says."""

_EXTENSIONS: Final = {
    "bash": b"sh bash bats ksh zsh ebuild",
    "c": b"c",
    "cpp": b"cc cp cpp cxx c++ hh hpp hxx h++ ipp tpp inl cppm ixx cu cuh",
    "csharp": b"cs csx",
    "go": b"go",
    "java": b"java",
    "javascript": b"js jsx mjs cjs",
    "php": b"php php3 php4 php5 phtml phps inc",
    "python": b"py pyi pyw",
    "ruby": b"rb rake gemspec ru podspec jbuilder",
    "rust": b"rs",
    "tsx": b"tsx",
    "typescript": b"ts mts cts",
}
_BY_EXTENSION: Final = {
    extension: language for language, all_ in _EXTENSIONS.items() for extension in all_.split()
}
_BY_NAME: Final = {
    b"rakefile": "ruby",
    b"gemfile": "ruby",
    b"guardfile": "ruby",
    b"podfile": "ruby",
    b"vagrantfile": "ruby",
    b"capfile": "ruby",
    b"brewfile": "ruby",
    b"fastfile": "ruby",
    b"sconstruct": "python",
    b"sconscript": "python",
    b"wscript": "python",
    b"jakefile": "javascript",
    b"pkgbuild": "bash",
    b"apkbuild": "bash",
    b".bashrc": "bash",
    b".bash_profile": "bash",
    b".bash_aliases": "bash",
    b".profile": "bash",
    b".zshrc": "bash",
}
_INTERPRETERS: Final = {
    b"sh": "bash",
    b"bash": "bash",
    b"dash": "bash",
    b"ksh": "bash",
    b"zsh": "bash",
    b"bats": "bash",
    b"python": "python",
    b"pypy": "python",
    b"ruby": "ruby",
    b"jruby": "ruby",
    b"rake": "ruby",
    b"node": "javascript",
    b"nodejs": "javascript",
    b"deno": "typescript",
    b"bun": "typescript",
    b"ts-node": "typescript",
    b"php": "php",
}
_SHEBANG: Final = re.compile(
    rb"#!\s*\S*?(?:/env(?:\s+-\S+|\s+\w+=\S*)*\s+)?([^\s/]+?)[\d.]*(?:\s|$)"
)
# What stands in no header of C, at the beginning of a line or behind a declaration.
_CPP_HEADER: Final = re.compile(
    rb"^\s*(?:class\s+\w|namespace\b|template\s*<|using\s+\w|(?:public|private|protected)\s*:"
    rb"|#\s*include\s*<\w+>)|\bstd::|\b\w+::\w",
    re.MULTILINE,
)
_HEADER_BYTES: Final = 65_536
_SHEBANG_BYTES: Final = 256


UNDECIDED_HEADER: Final = "c or cpp"
UNDECIDED_SCRIPT: Final = "script"
UNDECIDED: Final = (UNDECIDED_HEADER, UNDECIDED_SCRIPT)


def language_by_name(path: bytes) -> str:
    """Return the name of the language that a file's path says it is in.

    Empty when there is none of ours, `UNDECIDED_HEADER` or `UNDECIDED_SCRIPT` when the contents
    have to be asked as well, by `language_by_content`.
    """
    name = path.rpartition(b"/")[2].lower()
    _, dot, extension = name[1:].rpartition(b".")
    if name in _BY_NAME:
        return _BY_NAME[name]
    if not dot:
        return UNDECIDED_SCRIPT
    return UNDECIDED_HEADER if extension == b"h" else _BY_EXTENSION.get(extension, "")


def language_by_content(undecided: str, content: bytes) -> str:
    """Return the name of the language of a file whose path has not decided on it.

    A C header is one of C++ as soon as it says something that C does not know; a file without an
    extension is a script when its first line names an interpreter that we know, else nothing.
    """
    if undecided == UNDECIDED_HEADER:
        return "cpp" if _CPP_HEADER.search(content, 0, _HEADER_BYTES) else "c"
    shebang = _SHEBANG.match(content, 0, _SHEBANG_BYTES)
    return _INTERPRETERS.get(shebang[1], "") if shebang is not None else ""
