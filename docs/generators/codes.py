"""The exit codes of commands, and the status codes and reasons of calls."""

from __future__ import annotations

import ast
import inspect
import itertools
from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from generators.markdown import page, plain, sentence, table
from heddle_supervisor import errors as exit_codes
from heddle_worker.serving import statuses

_INTRODUCTION: Final = """
What a command's end and a call's end say to a program. Both are part of the interface: a number or
a reason keeps its meaning.
"""

_MEANINGS: Final = {
    "INVALID_ARGUMENT": "the request itself is wrong; it never succeeds as it is",
    "NOT_FOUND": "what the request names does not exist",
    "ALREADY_EXISTS": "what the request would add is there already",
    "FAILED_PRECONDITION": "something has to be changed first: the text says what",
    "ABORTED": "something else is being done to the same thing: try again with the same id",
    "OUT_OF_RANGE": "the cursor is of another log: start again at 0",
    "RESOURCE_EXHAUSTED": "a limit is reached: the text says which",
    "UNAVAILABLE": "try again, on a new connection; with an operation id it happens once",
    "DATA_LOSS": "something on the disk is damaged or missing: the text says what",
    "INTERNAL": "a mistake of heddle's; `logs/stderr.log` has the details",
}


def render() -> str:
    """Return the page."""
    return page("Exit and status codes", _INTRODUCTION, [_exit_codes(), *_statuses()])


def _exit_codes() -> str:
    tree = ast.parse(inspect.getsource(exit_codes.ExitCode)).body[0]
    assert isinstance(tree, ast.ClassDef)
    rows = []
    for assigned, said in itertools.pairwise(tree.body):
        if isinstance(assigned, ast.Assign) and isinstance(said, ast.Expr):
            (name,) = [target.id for target in assigned.targets if isinstance(target, ast.Name)]
            text = ast.literal_eval(said.value)
            rows.append((str(int(exit_codes.ExitCode[name])), f"`{name}`", plain(text)))
    head = """
## Exit codes

Each command's own are in [its section](cli.md). What goes wrong is one line on standard error,
which says what is wrong and what to do. `heddle txn run` ends with the exit code of its command:
128 and n if signal n has ended it, 126 if it cannot be executed, 127 if it is not there.
"""
    return f"{head.strip()}\n\n{table(('code', 'name', 'meaning'), rows)}"


def _statuses() -> Iterator[str]:
    yield (
        "## Status codes\n\nEvery failed call has one of these gRPC codes, one line for people, "
        "and a `google.rpc.ErrorInfo` whose `reason` is for programs; its `domain` is "
        f"`{statuses.DOMAIN}`. INVALID_ARGUMENT also has a `google.rpc.BadRequest` that names the "
        "field."
    )
    reasons: defaultdict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for error, status in statuses._BY_EXCEPTION.items():
        said = (inspect.getdoc(error) or "").partition("\n")[0]
        if error.__module__.startswith("heddle"):
            reasons[status.code.name][status.reason].append(sentence(said))
        else:
            text = "The system refused something; the text has its own words."
            reasons[status.code.name][status.reason] += [text] if error is OSError else []
    for number, status in statuses._BY_ERRNO.items():
        reasons[status.code.name][status.reason].append(_errno_text(number))
    internal = statuses._INTERNAL
    reasons[internal.code.name][internal.reason].append("Anything that none of the others tells.")
    if reasons.keys() != _MEANINGS.keys():
        raise SystemExit(f"error: codes.py has to tell the meaning of {sorted(reasons)}")
    yield table(("code", "what to do"), [(f"`{c}`", plain(said)) for c, said in _MEANINGS.items()])
    yield "### Reasons"
    rows = [
        (f"`{reason}`", f"`{code}`", " ".join(dict.fromkeys(texts)))
        for code in _MEANINGS
        for reason, texts in reasons[code].items()
    ]
    yield table(("reason", "code", "when"), rows)


def _errno_text(number: int) -> str:
    import errno
    import os

    return f"{os.strerror(number)} (`{errno.errorcode[number]}`)."
