"""The message of a commit: its subject, its body and its trailers, as git tells them apart."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from heddle_worker.repository.display import displayed

# Git's own idea of white space, which has neither form feeds nor anything beyond ASCII.
_SPACE: Final = " \t\n\r"
_COMMENT: Final = "#"
_TOKEN: Final = re.compile(r"([A-Za-z0-9-]+)[ \t]*:")
_GENERATED: Final = ("Signed-off-by: ", "(cherry picked from commit ")
_CUT: Final = re.compile(r"^---(?=[ \t\n\r])", re.MULTILINE)
_FOLD: Final = re.compile(r"[ \t\r]*\n[ \t\r]*")
# A block with lines that are no trailers needs one for three of those, and one made by git.
_OTHERS_PER_TRAILER: Final = 3


@dataclass(frozen=True, slots=True)
class Message:
    """A commit's message.

    Attributes:
        subject: the first paragraph, in one line.
        body: what follows, trailers included, without white space at its end.
        trailers: pairs of token and value in their order, as `git interpret-trailers --parse`
            prints them.
    """

    subject: str
    body: str
    trailers: tuple[tuple[str, str], ...]


def parse_message(raw: bytes, encoding: str | None) -> Message:
    """Return what a message consists of.

    Args:
        raw: its bytes.
        encoding: what the commit says they are in; `None` for UTF-8.
    """
    text = _decoded(raw, encoding)
    lines = text.split("\n")
    start = _skip_blank(lines, 0)
    end = start
    while end < len(lines) and not _is_blank(lines[end]):
        end += 1
    subject = " ".join(line.rstrip(_SPACE) for line in lines[start:end])
    body = "\n".join(lines[_skip_blank(lines, end) :]).rstrip(_SPACE)
    return Message(subject, body, _trailers(text))


def _decoded(raw: bytes, encoding: str | None) -> str:
    if encoding is None or encoding.lower() in ("utf-8", "utf8"):
        return displayed(raw)
    try:
        text = raw.decode(encoding, "replace")
    except (LookupError, ValueError):
        # Nobody knows that encoding, or it is none for texts.
        return displayed(raw)
    return text.encode("utf-8", "backslashreplace").decode()


def _is_blank(line: str) -> bool:
    return not line.strip(_SPACE)


def _skip_blank(lines: list[str], start: int) -> int:
    while start < len(lines) and _is_blank(lines[start]):
        start += 1
    return start


def _trailers(text: str) -> tuple[tuple[str, str], ...]:
    found: list[tuple[str, str]] = []
    is_open = False
    for line in _trailer_block(text):
        if is_open and line[0] in _SPACE:
            token, value = found[-1]
            found[-1] = token, f"{value}\n{line}"
            continue
        matched = _TOKEN.match(line)
        is_open = matched is not None
        if matched is not None:
            found.append((matched[1], line[matched.end() :]))
    return tuple((token, _FOLD.sub(" ", value.strip(_SPACE))) for token, value in found)


def _trailer_block(text: str) -> list[str]:
    """Return the lines of the last paragraph if it is one of trailers; never the subject."""
    if cut := _CUT.search(text):
        text = text[: cut.start()]
    lines = text.split("\n")
    while lines and (_is_blank(lines[-1]) or lines[-1].startswith(_COMMENT)):
        lines.pop()
    title_end = 0
    while title_end < len(lines) and (
        lines[title_end].startswith(_COMMENT) or not _is_blank(lines[title_end])
    ):
        title_end += 1
    start = len(lines)
    while start > title_end and not _is_blank(lines[start - 1]):
        start -= 1
    block = lines[start:]
    # The paragraph has to begin after a blank line, which the title does not.
    return block if start > title_end and _is_trailer_block(block) else []


def _is_trailer_block(block: list[str]) -> bool:
    trailers = others = folds = 0
    has_generated = False
    for line in reversed(block):
        if line.startswith(_COMMENT):
            others, folds = others + folds, 0
        elif line.startswith(_GENERATED):
            has_generated = True
            trailers, folds = trailers + 1, 0
        elif _TOKEN.match(line):
            trailers, folds = trailers + 1, 0
        elif line[0] in _SPACE:
            folds += 1
        else:
            others, folds = others + folds + 1, 0
    others += folds
    if has_generated and trailers * _OTHERS_PER_TRAILER >= others:
        return True
    return trailers > 0 and others == 0
