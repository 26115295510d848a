"""Reads a page with the standard library's parser, and refuses what is not well formed."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Final

_VOID: Final = frozenset({"meta", "input", "br", "hr", "img", "link"})


@dataclass(slots=True)
class Node:
    """An element.

    Attributes:
        tag: its name.
        attributes: by name; a value that is missing is None.
        children: elements and text in it, in order.
    """

    tag: str
    attributes: dict[str, str | None]
    children: list[Node | str] = field(default_factory=list)

    def all(self) -> list[Node]:
        """Return it and the elements in it, in the order of the document."""
        found, waiting = [], [self]
        while waiting:
            node = waiting.pop()
            found.append(node)
            waiting += [each for each in reversed(node.children) if isinstance(each, Node)]
        return found

    def text(self) -> str:
        """Return the text in it."""
        return "".join(each if isinstance(each, str) else each.text() for each in self.children)

    def named(self, tag: str) -> list[Node]:
        """Return the elements of this name in it."""
        return [each for each in self.all() if each.tag == tag]

    def of_class(self, class_: str) -> list[Node]:
        """Return the elements of a class in it."""
        return [each for each in self.all() if class_ in each.classes()]

    def with_id(self, id_: str) -> Node:
        """Return the only element with an id."""
        (found,) = [each for each in self.all() if each.attributes.get("id") == id_]
        return found

    def classes(self) -> list[str]:
        """Return the names of its classes."""
        return (self.attributes.get("class") or "").split()


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Node("", {})
        self._open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        assert len(attributes) == len(attrs), f"an attribute of <{tag}> is there twice"
        node = Node(tag, attributes)
        self._open[-1].children.append(node)
        if tag not in _VOID:
            self._open.append(node)

    def handle_endtag(self, tag: str) -> None:
        assert self._open[-1].tag == tag, f"</{tag}> ends <{self._open[-1].tag}>"
        self._open.pop()

    def handle_data(self, data: str) -> None:
        self._open[-1].children.append(data)

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")

    def handle_pi(self, data: str) -> None:
        raise AssertionError(f"an instruction: {data}")

    def unknown_decl(self, data: str) -> None:
        raise AssertionError(f"a declaration: {data}")

    def finish(self) -> Node:
        self.close()
        assert self._open == [self.root], f"<{self._open[-1].tag}> does not end"
        return self.root


def read_page(page: str) -> Node:
    """Return what is in a page, whose elements have to be nested and ended as they should."""
    reader = _Reader()
    reader.feed(page)
    return reader.finish()


def unfit(text: str) -> set[str]:
    """Return the characters of a text that have no glyph of their own."""
    return {
        each
        for each in set(text) - {"\n", "\t"}
        if unicodedata.category(each) in {"Cc", "Cf", "Zl", "Zp", "Cs"}
        or ord(each) & 0xFFFE == 0xFFFE
        or 0xFDD0 <= ord(each) <= 0xFDEF
    }
