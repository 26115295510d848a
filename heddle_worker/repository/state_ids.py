"""From what a caller says of a state to the commit it means."""

from __future__ import annotations

import contextlib
import re
from typing import Final

import pygit2

from heddle_worker.limits import MAX_TEXT_BYTES
from heddle_worker.repository.checked_out import branch_at
from heddle_worker.repository.display import displayed
from heddle_worker.repository.errors import (
    InvalidStateError,
    StateNotFoundError,
    missing,
)
from heddle_worker.repository.repository import Repository

ID_BYTES: Final = 20
_LONG_ID_BYTES: Final = 32
_HEX_ID: Final = re.compile(r"[0-9a-fA-F]{40}")
_LONG_HEX_ID: Final = re.compile(r"[0-9a-fA-F]{64}")
_PRINTABLE: Final = re.compile(rb"[\x20-\x7e]+")
_SEARCH: Final = re.compile(r"\A:|\^\{/")
_OPERATOR: Final = re.compile(r"[~^:]|@\{")
_ANOTHER_FORMAT: Final = "is a SHA-256 id, and the ids of this repository are SHA-1"


def find_commit(repository: Repository, state_id: bytes) -> pygit2.Commit:
    """Return the commit that a state's id means.

    Args:
        repository: where.
        state_id: a raw id, its 40 hexadecimal digits, or a revision as `git rev-parse` takes it.
            Text that happens to be as long as a raw id is one if there is such an object.

    Raises:
        InvalidStateError: it can be none of them, or means something that is no commit.
        StateNotFoundError: there is none.
        MissingObjectError: there is one, and something on the way to its commit is missing.
        DamagedRepositoryError: the commit cannot be read.
    """
    if len(state_id) == ID_BYTES:
        return _by_raw_id(repository, state_id)
    if not _PRINTABLE.fullmatch(state_id):
        raise InvalidStateError(f"invalid state_id: {_unreadable(state_id)}")
    return _by_text(repository, state_id.decode("ascii"))


def commit_of(repository: Repository, raw: bytes) -> pygit2.Commit:
    """Return the commit with a raw id, which the repository itself refers to.

    Raises:
        MissingObjectError: it is not there.
        DamagedRepositoryError: it cannot be read.
    """
    found = repository.look_up(raw)
    if found is None:
        raise missing("commit", raw)
    return _peeled(repository, found, raw.hex())


def _by_raw_id(repository: Repository, raw: bytes) -> pygit2.Commit:
    found = repository.look_up(raw)
    if found is not None:
        return _peeled(repository, found, raw.hex())
    if _PRINTABLE.fullmatch(raw):
        with contextlib.suppress(InvalidStateError, StateNotFoundError):
            return _by_text(repository, raw.decode("ascii"))
    raise StateNotFoundError(f"state {raw.hex()} not found")


def _by_text(repository: Repository, text: str) -> pygit2.Commit:
    if not _HEX_ID.fullmatch(text):
        _check_revision(text)
        return _peeled(repository, _parse(repository, text), text)
    found = repository.look_up(bytes.fromhex(text))
    if found is None:
        raise StateNotFoundError(f"state {text.lower()} not found")
    return _peeled(repository, found, text)


def _unreadable(state_id: bytes) -> str:
    if not state_id:
        return "it is empty"
    if len(state_id) == _LONG_ID_BYTES:
        return f"{state_id.hex()} {_ANOTHER_FORMAT}"
    return (
        f"its {len(state_id)} bytes are neither the {ID_BYTES} of an id, "
        "nor printable ASCII characters"
    )


def _check_revision(text: str) -> None:
    problem = None
    if len(text) > MAX_TEXT_BYTES:
        problem = f"it has more than {MAX_TEXT_BYTES} characters"
    elif _LONG_HEX_ID.fullmatch(text):
        problem = f"{text} {_ANOTHER_FORMAT}"
    elif text.startswith("-"):
        problem = f"'{text}' begins with a dash, which no revision does"
    elif ".." in text:
        problem = f"'{text}' is a range; name one commit"
    elif _SEARCH.search(text):
        problem = f"'{text}' searches messages or the index; name one commit"
    if problem is not None:
        raise InvalidStateError(f"invalid state_id: {problem}")


def _parse(repository: Repository, text: str) -> pygit2.Object:
    base = _OPERATOR.split(text, maxsplit=1)[0]
    repository.check_readable("HEAD" if base in ("", "@") else base)
    try:
        return repository.handle.revparse_single(text)
    except KeyError:
        raise StateNotFoundError(f"state {text} not found{_why_none(repository, base)}") from None
    except ValueError as error:
        problem = "is ambiguous" if "ambiguous" in str(error).lower() else "is no revision"
        raise InvalidStateError(
            f"invalid state_id: '{text}' {problem}; name a commit by its full id"
        ) from error
    except (pygit2.GitError, OSError) as error:
        raise InvalidStateError(f"invalid state_id: '{text}' is no revision: {error}") from error


def _why_none(repository: Repository, base: str) -> str:
    """Return what to do where a revision begins from a branch that has no commit yet."""
    if not repository.handle.head_is_unborn:
        return ""
    branch = displayed(branch_at(repository.git_dir))
    if base not in ("", "@", "HEAD", branch, f"refs/heads/{branch}"):
        return ""
    return f": the branch {branch} has no commit yet; make a first one"


def _peeled(repository: Repository, found: pygit2.Object, shown: str) -> pygit2.Commit:
    seen: pygit2.Object = found
    while isinstance(seen, pygit2.Tag):
        named = repository.look_up(seen.target.raw)
        if named is None:
            raise missing("object that a tag names", seen.target.raw)
        seen = named
    if not isinstance(seen, pygit2.Commit):
        kind = "tree" if isinstance(seen, pygit2.Tree) else "file"
        raise InvalidStateError(f"invalid state_id: {shown} names a {kind}, not a commit")
    return seen
