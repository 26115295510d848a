"""What a model is told when something cannot be done: one line, what is wrong and what to do."""

from __future__ import annotations

from pydantic import ValidationError

from heddle_client.errors import CallError
from heddle_mcp.limits import ERROR_CHARACTERS
from heddle_mcp.text import line
from heddle_supervisor.errors import HeddleError


class Refusal(Exception):  # noqa: N818 - it is an answer like any other
    """A call that is answered with an error; the text is one line for the model."""


def refusal_of(error: Exception) -> str:
    """Return the line for an error that is not our mistake."""
    if isinstance(error, ValidationError):
        return _of_arguments(error)
    if isinstance(error, CallError):
        return line(f"{error} [{_labels(error)}]", ERROR_CHARACTERS)
    return line(str(error), ERROR_CHARACTERS)


EXPECTED = (Refusal, ValidationError, HeddleError)
"""The errors that `refusal_of` puts into words."""


def _labels(error: CallError) -> str:
    return f"{error.code}: {error.reason}" if error.reason else error.code


def _of_arguments(error: ValidationError) -> str:
    problems = []
    for each in error.errors(include_url=False, include_context=False, include_input=False):
        place = ".".join(map(str, each["loc"]))
        problem = each["msg"].removeprefix("Value error, ")
        problems.append(f"{place}: {problem}" if place else problem)
    return line("invalid arguments: " + "; ".join(problems), ERROR_CHARACTERS)
