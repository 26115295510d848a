"""The `state_id` of a request: which state does it mean?"""

from __future__ import annotations

from pathlib import Path

from heddle_worker.domain import Domain
from heddle_worker.failures import FieldViolation, InvalidRequestError
from heddle_worker.repository.errors import InvalidStateError
from heddle_worker.repository.repository import Repository
from heddle_worker.repository.state import State
from heddle_worker.repository.states import States


def resolve_state(domain: Domain, root: Path, field: str, state_id: bytes) -> State:
    """Return the state that a field of a request means. May block.

    Args:
        domain: whose states are asked for.
        root: of the worktree in which names such as `HEAD` are looked up.
        field: the field's path, for what is said about it.
        state_id: what the field has.

    Raises:
        InvalidRequestError: it can be no state's id, or is of something else.
        StateNotFoundError: there is no such state.
        RepositoryError: an object is missing or cannot be read.
    """
    states = domain.code.states if root == domain.root else States(Repository.open(root))
    try:
        return states.resolve(state_id)
    except InvalidStateError as error:
        description = str(error).removeprefix("invalid state_id: ")
        raise InvalidRequestError.of_fields(FieldViolation(field, description)) from error


def raw_id(state_id: bytes) -> bytes:
    """Return the raw id that a state's id in hexadecimal stands for; any other as it is."""
    try:
        return bytes.fromhex(state_id.decode("ascii"))
    except ValueError:
        return state_id
