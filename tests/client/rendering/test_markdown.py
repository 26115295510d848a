"""Whatever text from elsewhere has in it, Markdown shows it and nothing else happens."""

from __future__ import annotations

import re
import unicodedata

from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from heddle_client.rendering.markdown import code, prose, quoted, table
from heddle_client.visible import visible

_NASTY = st.text(alphabet="\\`*_{}[]<>()#+-=.!|~&$^:;@\"' \t\n0123456789ab/é\x00\x1b\u202e\u200b")
TEXTS = st.one_of(st.text(), _NASTY)


def parse(source: str) -> list[Token]:
    return MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(source)


def shown(token: Token) -> str:
    """Return what a reader sees of a piece of text, which must be text and code alone."""
    text = ""
    for child in token.children or ():
        assert child.type in ("text", "code_inline", "text_special", "html_inline"), child
        if child.type == "html_inline":
            assert child.content in ("<code>", "</code>")
        else:
            text += child.content
    return text.replace("\u200b", "")


def cells_of(source: str) -> list[list[str]]:
    """Return the rows of the one table that a source is."""
    rows: list[list[str]] = []
    tokens = parse(source)
    assert tokens[0].type == "table_open"
    assert tokens[-1].type == "table_close"
    for token in tokens:
        if token.type == "tr_open":
            rows.append([])
        elif token.type == "inline":
            rows[-1].append(shown(token))
    return rows


def is_fit(source: str) -> bool:
    return all(unicodedata.category(each) not in ("Cc", "Cf") for each in source)


def flat(text: str) -> str:
    return visible(" ".join(text.split()))


@given(TEXTS)
@example("a|b")
@example("`` ` ``")
@example("\\|")
@example("`|")
def test_a_cell_never_breaks_its_table(name: str) -> None:
    source = "\n".join(table(("A", "B", "C"), [(code(name), prose(name), "end")] * 2))
    assert is_fit(source.replace("\n", ""))
    head, *rows = cells_of(source)
    assert head == ["A", "B", "C"]
    seen = [[cell.strip() for cell in row] for row in rows]
    assert seen == [[visible(name).strip(), flat(name), "end"]] * 2


@given(TEXTS)
@example("- - x")
@example("# x")
@example("1. x")
@example("===")
@example("---")
@example("<!-- x")
@example("![x](http://x)")
@example("[x]: /url")
def test_prose_is_a_paragraph_that_shows_the_text(text: str) -> None:
    source = prose(text)
    assert is_fit(source)
    tokens = parse(source)
    assert [token.type for token in tokens] in ([], ["paragraph_open", "inline", "paragraph_close"])
    assert "".join(shown(token) for token in tokens if token.type == "inline") == flat(text)


@given(TEXTS)
def test_prose_in_a_list_is_one_item(text: str) -> None:
    types = [token.type for token in parse(f"- {prose(text)}\n- end")]
    assert types.count("list_item_open") == 2
    assert types.count("bullet_list_open") == 1


@given(TEXTS)
def test_a_quotation_is_one_quotation_with_every_line(text: str) -> None:
    source = quoted(text)
    assert is_fit(source.replace("\n", ""))
    tokens = parse(f"{source}\n\nend")
    types = [token.type for token in tokens]
    assert types[0] == "blockquote_open"
    assert types.count("blockquote_open") == 1
    assert types[-4:] == ["blockquote_close", "paragraph_open", "inline", "paragraph_close"]
    assert {*types[1:-4]} <= {"paragraph_open", "inline", "paragraph_close"}


@given(TEXTS)
def test_nobody_is_mentioned_and_no_html_is_written(text: str) -> None:
    source = prose(text)
    assert not re.search(r"@(?!&#8203;)", source)
    assert "<" not in source
    assert re.fullmatch(r"`[^`|]*`|<code>[^<>]*</code>", code(text))


def test_plain_names_stay_plain() -> None:
    assert code("engine.py:Engine::start") == "`engine.py:Engine::start`"
    assert prose("3 files, as before: it's 1-2 (or so).") == "3 files, as before: it's 1-2 (or so)."
