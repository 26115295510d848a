"""Methods of the client, each made of the function that builds its call: the blocking ones.

What a method takes and does is written down once, with the call that it makes (`requests/`); here
and in `heddle_client.aio.methods` that becomes a method of a class whose instances have a caller.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, TypeVar

from heddle_client.caller import Caller
from heddle_client.calls import Call, Cursor
from heddle_client.streams import Stream

P = ParamSpec("P")
T = TypeVar("T")
_Method = TypeVar("_Method", bound=Callable[..., Any])


class Methods:
    """What has such methods.

    Args:
        caller: makes their calls.
    """

    def __init__(self, caller: Caller) -> None:
        self._caller = caller


def unary(
    build: Callable[Concatenate[str, P], Call[T]],
) -> Callable[Concatenate[Any, P], T]:
    """Return the method that makes the built call and returns its result."""

    def method(self: Methods, /, *words: P.args, **named: P.kwargs) -> T:
        return self._caller.call(build(self._caller.repo_path, *words, **named))

    return described(method, build, "{}")


def streaming(
    build: Callable[Concatenate[str, P], Cursor[T]],
) -> Callable[Concatenate[Any, P], Stream[T]]:
    """Return the method that returns an iterator over the built stream."""

    def method(self: Methods, /, *words: P.args, **named: P.kwargs) -> Stream[T]:
        return self._caller.stream(build(self._caller.repo_path, *words, **named))

    return described(method, build, "Stream[{}]")


def described(method: _Method, build: Callable[..., Any], returned: str) -> _Method:
    """Give a method the description and the signature of what builds its call.

    Args:
        method: which takes an instance where `build` takes the worktree.
        build: what its call is built by.
        returned: what the method returns, with `{}` for what comes of the call.
    """
    functools.update_wrapper(method, build)
    built = inspect.signature(build)
    instance = inspect.Parameter("self", inspect.Parameter.POSITIONAL_OR_KEYWORD)
    _, *others = built.parameters.values()
    result = str(built.return_annotation).partition("[")[2].removesuffix("]")
    signature = built.replace(
        parameters=[instance, *others], return_annotation=returned.format(result)
    )
    method.__signature__ = signature  # type: ignore[attr-defined]
    return method
