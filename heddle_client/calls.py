"""What is to be called, apart from how: a call knows its method, its bytes and its result."""

from __future__ import annotations

import functools
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Generic, ParamSpec, Protocol, TypeVar

from heddle_client.errors import InvalidArgumentError

if TYPE_CHECKING:
    from google.protobuf.message import Message

T = TypeVar("T")
_T_co = TypeVar("_T_co", covariant=True)
_Arguments = ParamSpec("_Arguments")

SECONDS: Final = 30.0
"""Within which most calls answer: longer than a worker may hang before it is replaced."""
LONG_SECONDS: Final = 300.0
"""For what looks at the whole of a large repository or worktree."""


@dataclass(frozen=True, slots=True)
class Method(Generic[T]):
    """A unary method of the daemon's.

    Attributes:
        path: such as `/heddle.v1.HookService/ListHooks`.
        parse: makes the reply's message from its bytes.
        value: makes what the caller gets from that message.
        seconds: that a call has by default.
    """

    path: str
    parse: Callable[[bytes], Any]
    value: Callable[[Any], T]
    seconds: float = SECONDS

    def call(self, message: Message, timeout: float | None) -> Call[T]:
        """Return a call of this method; see `Call` for the timeout."""
        return Call(self, message.SerializeToString(), timeout)


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """One call of a unary method: it may be made any number of times, with the same bytes.

    Attributes:
        method: what is called.
        request: the message.
        timeout: seconds for all of it; None for the method's own.
    """

    method: Method[T]
    request: bytes
    timeout: float | None = None

    @property
    def seconds(self) -> float:
        """For how long it is tried."""
        return self.method.seconds if self.timeout is None else self.timeout


@dataclass(frozen=True, slots=True)
class StreamMethod(Generic[T]):
    """A method of the daemon's that answers with a stream; attributes as those of `Method`."""

    path: str
    parse: Callable[[bytes], Any]
    value: Callable[[Any], T]


class Cursor(Protocol[T]):
    """Where a stream stands: what to ask for next, after what has come so far.

    Attributes:
        method: what is called.
        timeout: seconds until it ends with an error; None for never.
    """

    method: StreamMethod[T]
    timeout: float | None

    def request(self) -> bytes | None:
        """Return the request that goes on from here; None when all has come."""

    def passed(self, value: T) -> None:
        """Note that a value has come."""


class Subscription(Generic[T]):
    """The cursor of a stream of what happens: it goes on with what happens next."""

    def __init__(self, method: StreamMethod[T], request: bytes, timeout: float | None) -> None:
        self.method = method
        self.timeout = timeout
        self._request = request

    def request(self) -> bytes | None:
        """Return the one request."""
        return self._request

    def passed(self, value: T) -> None:
        """Forget the value: there is no way to ask for those after it."""


def request(build: Callable[_Arguments, T]) -> Callable[_Arguments, T]:
    """Decorate what builds a request, so that a value which no message can hold is one clear error.

    Raises:
        InvalidArgumentError: a number is out of range, or a text cannot be UTF-8.
    """

    @functools.wraps(build)
    def checked(*words: _Arguments.args, **named: _Arguments.kwargs) -> T:
        try:
            return build(*words, **named)
        except UnicodeEncodeError as error:
            raise InvalidArgumentError(f"{error.object!r} cannot be encoded in UTF-8") from None
        except ValueError as error:
            raise InvalidArgumentError(str(error)) from None

    return checked


def state_id(state: str | bytes) -> bytes:
    """Return a state as requests name it: raw id, or a revision as git takes it."""
    return state.encode() if isinstance(state, str) else state


def client_operation_id(operation_id: str | None) -> str:
    """Return the id under which a change happens once: the caller's, or a new one."""
    return str(uuid.uuid4()) if operation_id is None else operation_id
