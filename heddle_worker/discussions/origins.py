"""What a discussion is opened about: a symbol that has to be there, and what finds it again."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import Final, Protocol

from heddle_worker.failures import FieldViolation, InvalidRequestError
from heddle_worker.repository.diff import FileVersion
from heddle_worker.repository.display import displayed
from heddle_worker.repository.state import State
from heddle_worker.repository.states import States
from heddle_worker.store.discussions import Origin
from heddle_worker.symbols.outline import Outline, OutlineStatus, Source, Symbol

_MOST_NAMED: Final = 3
_MOST_COMPARED: Final = 2_000
_LONGEST_COMPARED: Final = 200


class Outlining(Protocol):
    """Outlines files."""

    def of(self, sources: Sequence[Source]) -> Sequence[Outline]:
        """Return the outline of each source."""
        ...


class Origins:
    """Finds what is to be discussed. Its methods block.

    Args:
        states: of the repository.
        outlines: of its files.
    """

    def __init__(self, states: States, outlines: Outlining) -> None:
        self._states = states
        self._outlines = outlines

    def find(self, state: State, paths: Sequence[bytes], symbol: str) -> Origin:
        """Return a symbol of a state.

        Args:
            state: where it has to be.
            paths: of the file; several when its name can be read in several ways.
            symbol: its name; for the file as a whole, the file's path as people are shown it.

        Raises:
            InvalidRequestError: there is no such file, or no such symbol in it.
            RepositoryError: an object is missing or cannot be read.
        """
        version = self._file(state, paths)
        if symbol == displayed(version.path):
            return _whole(state, version)
        (outline,) = self._outlines.of([Source(version.path, version.blob)])
        found = outline.find(symbol)
        if found is None:
            raise _refusal("anchor.symbol", _missing(version, outline, symbol))
        return _origin(state, version, outline.language, found)

    def _file(self, state: State, paths: Sequence[bytes]) -> FileVersion:
        for path in paths:
            version = self._states.file_at(state.tree, path)
            if version is not None and version.is_regular:
                return version
            if version is not None:
                raise _refusal("anchor.file", f"{displayed(path)} is a symlink or a submodule")
        raise _refusal(
            "anchor.file", f"state {state.id.hex()} has no file {displayed(paths[0])[:200]}"
        )


def _refusal(field: str, description: str) -> InvalidRequestError:
    return InvalidRequestError.of_fields(FieldViolation(field, description))


def _whole(state: State, version: FileVersion) -> Origin:
    return Origin(
        state_id=state.id,
        path=version.path,
        symbol=displayed(version.path),
        start_line=0,
        end_line=0,
        language="",
        kind="",
        content=version.blob,
        meaning=version.blob,
        sketch=(),
    )


def _origin(state: State, version: FileVersion, language: str, symbol: Symbol) -> Origin:
    return Origin(
        state_id=state.id,
        path=version.path,
        symbol=symbol.name,
        start_line=symbol.start_line,
        end_line=symbol.end_line,
        language=language,
        kind=symbol.kind.value,
        content=symbol.content,
        meaning=symbol.meaning,
        sketch=symbol.sketch,
    )


def _missing(version: FileVersion, outline: Outline, symbol: str) -> str:
    file = displayed(version.path)
    names = [one.name for one in outline.symbols]
    close = _close(symbol, outline.symbols)
    if close:
        return f"{file} has no {symbol[:100]!r}; did you mean {' or '.join(map(repr, close))}?"
    if names:
        return f"{file} has no {symbol[:100]!r}; {file!r} stands for the file as a whole"
    why = "" if outline.status is OutlineStatus.COMPLETE else f" ({_WHY[outline.status]})"
    return f"{file} has no symbols{why}; {file!r} stands for the file as a whole"


_WHY: Final = {
    OutlineStatus.PARTIAL: "it has syntax errors",
    OutlineStatus.UNKNOWN_LANGUAGE: "its language is not known",
    OutlineStatus.BINARY: "it is binary",
    OutlineStatus.TOO_LARGE: "it is too large",
    OutlineStatus.TOO_SLOW: "it takes too long to read",
    OutlineStatus.FAILED: "its parser fails",
    OutlineStatus.MISSING: "its contents are missing from the repository",
}


def _close(symbol: str, symbols: Sequence[Symbol]) -> list[str]:
    """Return the names that may be meant: those that end in the given one first."""
    names = [one.name for one in symbols if len(one.name) <= _LONGEST_COMPARED][:_MOST_COMPARED]
    simple = symbol.rpartition("::")[2].rpartition(".")[2]
    namesakes = [one.name for one in symbols if one.simple_name == simple]
    alike = difflib.get_close_matches(symbol[:_LONGEST_COMPARED], names, _MOST_NAMED)
    return list(dict.fromkeys([*namesakes, *alike]))[:_MOST_NAMED]
