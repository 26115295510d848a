"""The reading order of a change."""

from __future__ import annotations

import pytest
from changes import added, change, deleted, edited, file_change, symbol

from heddle_worker.repository.diff import FileStatus
from heddle_worker.review.partition import Entry, partition
from heddle_worker.review.paths import is_test_or_document
from heddle_worker.symbols.outline import SymbolKind


@pytest.mark.parametrize(
    "path",
    [
        "README.md",
        "docs/guide.rst",
        "requirements.txt",
        "server/main_test.go",
        "tests/data.py",
        "src/Test/Case.java",
        "web/__tests__/app.js",
        "web/app.test.ts",
        "web/app.spec.jsx",
        "web/app.spec.tsx",
        "pkg/test_parser.py",
        "pkg/parser_test.rs",
    ],
)
def test_tests_and_documents_are_known_by_their_paths(path: str) -> None:
    assert is_test_or_document(path.encode())


@pytest.mark.parametrize(
    "path",
    ["main.py", "latest/run.py", "testing.go", "web/app.tests.ts", "web/contest.js", "a.mdx", "-"],
)
def test_other_paths_are_neither(path: str) -> None:
    assert not is_test_or_document(path.encode())


def test_a_path_of_any_bytes_has_a_role() -> None:
    assert not is_test_or_document(b"caf\xe9/\xff")
    assert is_test_or_document(b"\xff/tests/\xfe")


def test_shape_is_told_from_what_follows() -> None:
    found = partition(
        change(
            [file_change("a.py"), file_change("tests/test_a.py")],
            [
                edited("a.py", symbol("Parser::parse", SymbolKind.METHOD, 20)),
                added("a.py", symbol("Parser", SymbolKind.CLASS, 10)),
                added("a.py", symbol("LIMIT", SymbolKind.CONSTANT, 1)),
                added("tests/test_a.py", symbol("Case", SymbolKind.CLASS, 1)),
            ],
        )
    )
    assert found.structural == (Entry(b"a.py", "LIMIT"), Entry(b"a.py", "Parser"))
    assert found.consequence == (Entry(b"a.py", "Parser::parse"),)
    assert found.tests_and_docs == (Entry(b"tests/test_a.py", "Case"),)


@pytest.mark.parametrize("kind", SymbolKind)
def test_every_kind_has_its_group(kind: SymbolKind) -> None:
    found = partition(change([file_change("a.py")], [added("a.py", symbol("x", kind))]))
    follows = kind in {SymbolKind.FUNCTION, SymbolKind.METHOD, SymbolKind.MACRO}
    assert (found.consequence if follows else found.structural) == (Entry(b"a.py", "x"),)
    assert len(found.consequence) + len(found.structural) == 1


def test_a_file_in_which_no_symbol_has_changed_is_an_entry_itself() -> None:
    found = partition(change([file_change("Makefile"), file_change("notes.md")]))
    assert found.consequence == (Entry(b"Makefile"),)
    assert found.tests_and_docs == (Entry(b"notes.md"),)


def test_what_is_gone_comes_last() -> None:
    found = partition(
        change(
            [file_change("a.py", FileStatus.DELETED), file_change("b.py")],
            [
                deleted("a.py", symbol("f")),
                deleted("b.py", symbol("g", line=1)),
                edited("b.py", symbol("h", line=5)),
            ],
        )
    )
    assert found.consequence == (Entry(b"b.py", "h"), Entry(b"b.py", "g"), Entry(b"a.py"))


def test_a_symbol_that_made_room_for_another_of_its_name_is_one_entry() -> None:
    found = partition(
        change(
            [file_change("a.py")],
            [edited("a.py", symbol("f", line=5)), deleted("a.py", symbol("f", line=1))],
        )
    )
    assert found.consequence == (Entry(b"a.py", "f"),)
