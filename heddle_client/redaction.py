"""Making text fit to be shown to strangers, without making it useless.

What names a person, a machine or something in the repository is replaced by a token, the same one
each time it occurs. Versions, numbers and the ids of commits stay.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

_EMAIL: Final = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)*")
_URL: Final = re.compile(r"\b[a-z][a-z0-9+.-]*://[^\s\"'<>]+", re.IGNORECASE)
_WORD: Final = re.compile(r"[^\s\"'`:,;=()\[\]{}|]+")
# Names of calls look like paths, and say nothing of the repository.
_OUR_CALLS: Final = ("/heddle.", "/grpc.")


class Redactor:
    """Replaces names by tokens such as `<path-3>`; equal names get equal tokens.

    Args:
        names: what is replaced wherever it stands as a word, with what it is, such as `branch`.
        places: directories, and what is written for them, such as `~`. What lies below them is
            replaced by a token.
        code: directories of code of ours and of Python, likewise. What lies below them stays.
    """

    def __init__(
        self,
        *,
        names: Mapping[str, str],
        places: Mapping[str, str],
        code: Mapping[str, str] | None = None,
    ) -> None:
        self._names = {name: kind for name, kind in names.items() if name}
        self._code = frozenset((code or {}).values())
        self._places = {**places, **(code or {})}
        self._place = _any_of(place.rstrip("/") for place in self._places)
        self._spaced = _any_of(name for name in self._names if not _WORD.fullmatch(name))
        self._shown = frozenset(self._places.values())
        self._tokens: dict[tuple[str, str], str] = {}
        self._counts: dict[str, int] = {}

    def redact(self, text: str) -> str:
        """Return text without names."""
        text = _URL.sub(lambda found: self._token("url", found[0]), text)
        text = self._place.sub(lambda found: self._places[found[0]], text)
        text = self._spaced.sub(lambda found: self._token(self._names[found[0]], found[0]), text)
        text = _EMAIL.sub(lambda found: self._token("email", found[0]), text)
        return _WORD.sub(lambda found: self._word(found[0]), text)

    def _word(self, found: str) -> str:
        word = found.rstrip(".!?")
        end = found[len(word) :]
        if word in self._names:
            return self._token(self._names[word], word) + end
        place, sign, below = word.partition("/")
        if not sign or word.startswith(_OUR_CALLS) or not word.strip("/."):
            return found
        if place in self._code:
            return found
        if place in self._shown:
            return f"{place}/{self._below(below)}{end}"
        return self._token("path", word) + end

    def _below(self, path: str) -> str:
        """Return a path below a place: those of heddle's own files stay."""
        if not path or path.split("/", 1)[0] == ".heddle":
            return path
        return self._token("path", path)

    def _token(self, kind: str, name: str) -> str:
        known = self._tokens.get((kind, name))
        if known is None:
            self._counts[kind] = self._counts.get(kind, 0) + 1
            known = self._tokens[kind, name] = f"<{kind}-{self._counts[kind]}>"
        return known


def _any_of(texts: Iterable[str]) -> re.Pattern[str]:
    """Return what finds any of the texts where it begins and ends a word; longer ones first."""
    longest_first = sorted({text for text in texts if text}, key=len, reverse=True)
    if not longest_first:
        return re.compile(r"(?!)")
    return re.compile(rf"(?<![\w.-])(?:{'|'.join(map(re.escape, longest_first))})(?![\w-])")
