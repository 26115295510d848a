"""Real commits of made-up sources, and the truth about what became of every symbol in each."""

from __future__ import annotations

import dataclasses
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from git_repository import GitRepository
from made_up_sources import (
    LANGUAGES,
    Author,
    Class,
    Function,
    Language,
    lines_of,
    render,
)

_FILES: Final = 6


@dataclass(frozen=True, slots=True)
class Standing:
    """A symbol in one commit: where it is, and what would show that it was edited."""

    path: str
    name: str
    fingerprint: str
    text: str

    @property
    def parent(self) -> str:
        return self.name.rpartition("::")[0]

    @property
    def simple(self) -> str:
        return self.name.rpartition("::")[2]


@dataclass(frozen=True, slots=True)
class Moment:
    """A commit, and where each symbol is in it by its number."""

    state: bytes
    standings: dict[int, Standing]


class GeneratedHistory:
    """Makes commits that rename, move, edit, reformat, delete and add symbols."""

    def __init__(self, git: GitRepository, language: str, seed: int) -> None:
        self._git = git
        self._language: Language = LANGUAGES[language]
        self._author = Author(seed)
        self._random = self._author.random
        self._files: dict[str, list[Function | Class]] = {}
        self._buried: list[tuple[str, Function]] = []
        for _ in range(_FILES):
            self._files[self._new_path()] = [self._unit() for _ in range(6)]

    def commit(self) -> Moment:
        """Commit what the files are now; return it."""
        stream = bytearray(b"commit refs/heads/main\ncommitter A <a@b> 1700000000 +0000\ndata 0\n")
        head = self._git.git("rev-parse", "--verify", "-q", "HEAD", may_fail=True)
        if head:
            stream += f"from {head}\n".encode()
        stream += b"deleteall\n"
        for path, units in self._files.items():
            text = render(self._language, units, self._names()).encode()
            stream += f"M 644 inline {path}\ndata {len(text)}\n".encode() + text + b"\n"
        subprocess.run(
            ["git", "-C", str(self._git.root), "fast-import", "--quiet"],
            input=bytes(stream),
            check=True,
        )
        return Moment(bytes.fromhex(self._git.head()), self._standings())

    def change(self) -> None:
        """Do some of what people do in one commit."""
        touched: set[int] = set()
        if self._random.random() < 0.3:
            self._move_file()
        for _ in range(self._random.randrange(1, 6)):
            operation = self._random.choice(self._operations())
            operation(touched)

    def _operations(self) -> list[Callable[[set[int]], None]]:
        return [
            self._rename,
            self._rename,
            self._edit,
            self._edit,
            self._edit,
            self._reformat,
            self._move,
            self._move,
            self._rename_and_edit,
            self._move_and_edit,
            self._move_and_rename,
            self._delete,
            self._add,
            self._exhume,
            self._copy,
            self._split_file,
            self._change_class,
        ]

    def _rename(self, touched: set[int]) -> None:
        _place, function = self._pick(touched)
        function.name = self._author.name()

    def _edit(self, touched: set[int]) -> None:
        _place, function = self._pick(touched)
        function.body = self._author.edited(function.body, self._callees())

    def _reformat(self, touched: set[int]) -> None:
        _place, function = self._pick(touched)
        function.style = self._author.restyled(function.style)

    def _move(self, touched: set[int]) -> None:
        self._move_one(self._pick(touched))

    def _rename_and_edit(self, touched: set[int]) -> None:
        _place, function = self._pick(touched)
        function.name = self._author.name()
        function.body = self._author.edited(function.body, self._callees())

    def _move_and_edit(self, touched: set[int]) -> None:
        place, function = self._pick(touched)
        function.body = self._author.edited(function.body, self._callees())
        self._move_one((place, function))

    def _move_and_rename(self, touched: set[int]) -> None:
        place, function = self._pick(touched)
        function.name = self._author.name()
        self._move_one((place, function))

    def _delete(self, touched: set[int]) -> None:
        place, function = self._pick(touched)
        place.remove(function)
        path = next(
            path
            for path, units in self._files.items()
            if any(place is each for each in _holders(units))
        )
        self._buried.append((path, function))

    def _add(self, touched: set[int]) -> None:
        function = self._author.function(self._callees())
        touched.add(function.number)
        place = self._random.choice(self._places())
        place.insert(self._random.randrange(len(place) + 1), function)

    def _copy(self, touched: set[int]) -> None:
        """Put a copy of a function beside it or elsewhere: something new."""
        _place, function = self._pick(touched)
        number, name = self._author.next_number(), self._author.name()
        copied = dataclasses.replace(function, number=number, name=name, body=[*function.body])
        touched.add(number)
        self._random.choice(self._places()).append(copied)

    def _split_file(self, touched: set[int]) -> None:
        """Move the second half of a file to a new one."""
        path = self._random.choice(sorted(self._files))
        units = self._files[path]
        middle = (len(units) + 1) // 2
        self._files[self._new_path()] = units[middle:]
        del units[middle:]

    def _exhume(self, touched: set[int]) -> None:
        """Put something that was deleted in an earlier commit back into its file, as it was."""
        known = [each for each in self._buried if each[1].number not in touched]
        known = [(path, each) for path, each in known if path in self._files]
        if known:
            path, function = known[0]
            self._buried.remove(known[0])
            touched.add(function.number)
            self._random.choice(self._places(path)).append(function)

    def _change_class(self, touched: set[int]) -> None:
        classes = [
            unit for units in self._files.values() for unit in units if isinstance(unit, Class)
        ]
        classes = [each for each in classes if each.number not in touched]
        if not classes:
            return
        chosen = self._random.choice(classes)
        touched.add(chosen.number)
        if self._random.random() < 0.5:
            chosen.name = self._author.name().title().replace("_", "")
        else:
            chosen.limit += 1

    def _move_file(self) -> None:
        path = self._random.choice(sorted(self._files))
        self._files[self._new_path()] = self._files.pop(path)
        self._buried = [each for each in self._buried if each[0] != path]

    def _move_one(self, picked: tuple[list[Function], Function]) -> None:
        place, function = picked
        others = [each for each in self._places() if each is not place]
        place.remove(function)
        other = self._random.choice(others)
        other.insert(self._random.randrange(len(other) + 1), function)

    def _pick(self, touched: set[int]) -> tuple[list[Function], Function]:
        choices = [
            (place, unit)
            for place in self._places()
            for unit in place
            if isinstance(unit, Function) and unit.number not in touched
        ]
        place, function = self._random.choice(choices)
        touched.add(function.number)
        return place, function

    def _places(self, only: str | None = None) -> list[list[Function]]:
        """Return the lists that functions may be in."""
        found: list[list[Function]] = []
        for path in sorted(self._files):
            if only in (None, path):
                found += _holders(self._files[path])[0 if self._language.has_functions else 1 :]
        return found

    def _unit(self) -> Function | Class:
        is_class = self._language.has_classes and (
            not self._language.has_functions or self._random.random() < 0.3
        )
        return self._author.class_() if is_class else self._author.function()

    def _new_path(self) -> str:
        return f"{self._random.choice('abc')}/{self._author.name()}.{self._language.suffix}"

    def _callees(self) -> list[int]:
        return sorted(self._names())

    def _names(self) -> dict[int, str]:
        names = {function.number: function.name for _path, function in self._buried}
        for units in self._files.values():
            for holder in _holders(units):
                names |= {each.number: each.name for each in holder if isinstance(each, Function)}
        return names

    def _standings(self) -> dict[int, Standing]:
        names = self._names()
        found: dict[int, Standing] = {}
        for path, units in self._files.items():
            for unit in units:
                if isinstance(unit, Function):
                    found[unit.number] = self._standing(path, "", unit, names)
                    continue
                text = render(self._language, [unit], names)
                found[unit.number] = Standing(path, unit.name, str(unit.limit), text)
                for member in unit.members:
                    found[member.number] = self._standing(path, f"{unit.name}::", member, names)
        return found

    def _standing(
        self, path: str, parent: str, function: Function, names: dict[int, str]
    ) -> Standing:
        callees = [each.callee for each in function.body if each.callee != function.number]
        called = [names.get(callee) for callee in callees]
        head = self._language.method if parent else self._language.function
        fingerprint = repr((head, function.parameters, function.body, called))
        lines = lines_of(self._language, function, names, depth=4 if parent else 0)
        text = "\n".join(lines).strip()
        return Standing(path, f"{parent}{function.name}", fingerprint, text)


def _holders(units: list[Function | Class]) -> list[list[Function]]:
    """Return a file's own list, and those of its classes."""
    classes = [unit.members for unit in units if isinstance(unit, Class)]
    return [units, *classes]  # type: ignore[list-item]


def generate(root: Path, language: str, seed: int, commits: int) -> list[Moment]:
    """Make a repository at `root`; return its commits."""
    git = GitRepository.init(root)
    history = GeneratedHistory(git, language, seed)
    moments = [history.commit()]
    while len(moments) <= commits:
        history.change()
        moments.append(history.commit())
    return moments
