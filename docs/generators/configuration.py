"""What can be set, and what is limited: the configuration file, the environment, and constants."""

from __future__ import annotations

import ast
import dataclasses
import itertools
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from generators.markdown import attributes, page, plain, sentence, size, table
from heddle_supervisor.config import LocalDaemonConfig
from heddle_worker import limits
from heddle_worker.hooks.policy import Policy
from heddle_worker.principal import UNKNOWN
from heddle_worker.review.configuration import RequirementSettings, SignalSettings
from heddle_worker.review_config import SIGNAL_KEYS
from heddle_worker.symbols.limits import ParserLimits

_PROJECT: Final = Path(__file__).resolve().parents[2]

_INTRODUCTION: Final = """
Nothing has to be configured. What can be is in `.heddle/config.toml`, in the environment of the
daemon or of a command, and in the options of [`heddle agent serve`](cli.md#heddle-agent-serve).
"""

_VARIABLES: Final = {
    "HEDDLE_PRINCIPAL_NAME": ("the daemon", "the name of whoever acts; see `[principal]`"),
    "HEDDLE_PRINCIPAL_EMAIL": ("the daemon", "the address of whoever acts"),
    "HEDDLE_TRANSACTION_ID": (
        "set by `heddle txn run`",
        "the id of the transaction in which the command runs",
    ),
    "XDG_RUNTIME_DIR": ("all", "where a socket lies whose own path is too long to bind"),
    "XDG_STATE_HOME": (
        "all",
        "where the list of this user's daemons and the key of hooks lie; else `~/.local/state`",
    ),
    "NO_COLOR": ("commands", "with any value: no colours"),
    "FORCE_COLOR": ("commands", "with any value: colours in a pipe as well"),
    "TERM": ("commands", "`dumb`: no colours"),
    "NOTIFY_SOCKET": ("the daemon", "where a service manager wants to hear (sd_notify)"),
    "WATCHDOG_USEC": ("the daemon", "microseconds within which the manager wants a sign of life"),
    "WATCHDOG_PID": ("the daemon", "whom the manager watches"),
}
_OF_HOOKS: Final = re.compile(r"HEDDLE_(REPO|HOOK_\w+|INDEX_\w+)")
_INSIDE: Final = {
    "HEDDLE_HANDOVER_FD": "between two versions of a daemon",
    "HEDDLE_START_FD": "between `serve --detach` and the daemon",
    "HEDDLE_EDITMSG": "the name of the file that `heddle discuss` has edited",
}
_NAMED: Final = re.compile(
    r"(?:HEDDLE|XDG|WATCHDOG|NOTIFY)_[A-Z_]+|NO_COLOR|FORCE_COLOR|TERM|PAGER|BROWSER"
)


def render() -> str:
    """Return the page."""
    parts = [*_file(), *_environment(), *_daemon(), *_limits()]
    return page("Configuration and limits", _INTRODUCTION, parts)


def _file() -> Iterator[str]:
    yield (
        "## `.heddle/config.toml`\n\nIt is yours: heddle reads it, and reads it again when it has "
        "changed. Tables that are not listed here are left alone."
    )
    yield (
        "### `[principal]`\n\nWho acts, in the operation log and on signatures. Each of the two "
        "comes from the first place that has it: the daemon's environment, this table, git's "
        "`user.name` and `user.email`. No request can say otherwise."
    )
    rows = [("`name`", f"`{UNKNOWN.name}`"), ("`email`", f"`{UNKNOWN.email}`")]
    yield table(("key", "where no place has it"), rows)
    yield (
        "### `[review.requirements]`\n\nWhat a merge requires; see "
        "[reviews](reviews.md#what-a-merge-requires). A key that is unknown or makes no sense is "
        "FAILED_PRECONDITION (`CONFIGURATION`) for whoever asks for a review."
    )
    yield _keys(RequirementSettings())
    yield (
        "### `[review.signals.<kind>]`\n\nThe kinds and their keys are listed here; what they mean "
        "is in [signals](../signals.md)."
    )
    default, meaning = SignalSettings(), attributes(SignalSettings)
    rows_of_signals = [
        (f"`{kind}`", f"`{key}`", f"`{_shown(getattr(default, key))}`", sentence(meaning[key]))
        for kind, keys in SIGNAL_KEYS.items()
        for key in ("enabled", *keys)
    ]
    yield table(("kind", "key", "default", "what it is"), rows_of_signals)
    policy = Policy()
    yield (
        "### `[hooks]`\n\nA table that cannot be understood counts as `closed`, with a line in the "
        "daemon's log."
    )
    most = f"{limits.MAX_HOOK_TIMEOUT_MS:,}"
    yield table(
        ("key", "default", "what it is"),
        [
            (
                "`on_failure`",
                f"`{'closed' if policy.is_closed else 'open'}`",
                "`open` or `closed`: whether [a hook that fails](hooks.md#what-failing-means) "
                "before something happens lets it happen or stops it.",
            ),
            (
                "`subscriber_timeout_ms`",
                f"`{policy.subscriber_seconds * 1000:.0f}`",
                f"How long a subscriber may take to answer, in milliseconds; at most {most}.",
            ),
        ],
    )


def _keys(default: Any) -> str:  # noqa: ANN401 - any dataclass
    meaning = attributes(type(default))
    return table(
        ("key", "default", "what it is"),
        [
            (
                f"`{field.name}`",
                f"`{_shown(getattr(default, field.name))}`",
                sentence(meaning[field.name]),
            )
            for field in dataclasses.fields(default)
        ],
    )


def _shown(value: Any) -> str:  # noqa: ANN401
    if isinstance(value, bool):
        return str(value).lower()
    return "[]" if value == () else str(value)


def _environment() -> Iterator[str]:
    found = set().union(*map(_names_in, _modules()))
    unknown = {
        name for name in found - _VARIABLES.keys() - _INSIDE.keys() if not _OF_HOOKS.match(name)
    }
    gone = (_VARIABLES.keys() | _INSIDE.keys()) - found
    if unknown or gone:
        raise SystemExit(
            f"error: variables to describe in configuration.py: {unknown}; gone: {gone}"
        )
    yield (
        "## Environment\n\nWhat a hook's command finds in its environment is listed with "
        "[the protocol of hooks](hooks.md#the-protocol-of-a-command). "
        + " ".join(f"`{name}` is heddle's own, {what}." for name, what in _INSIDE.items())
    )
    rows = [(f"`{name}`", who, plain(what)) for name, (who, what) in _VARIABLES.items()]
    yield table(("variable", "who reads it", "what it is"), rows)


def _modules() -> Iterator[Path]:
    for package in ("heddle_client", "heddle_mcp", "heddle_supervisor", "heddle_worker"):
        yield from (_PROJECT / package).rglob("*.py")


def _names_in(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    texts = (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant))
    return {text for text in texts if isinstance(text, str) and _NAMED.fullmatch(text)}


def _daemon() -> Iterator[str]:
    yield (
        "## Supervision\n\nThe first ones are options of "
        "[`heddle agent serve`](cli.md#heddle-agent-serve); the others are fixed. Times are in "
        "seconds."
    )
    meaning = attributes(LocalDaemonConfig)
    yield table(
        ("name", "default", "what it is"),
        [
            (f"`{field.name}`", f"`{_shown(field.default)}`", sentence(meaning[field.name]))
            for field in dataclasses.fields(LocalDaemonConfig)
            if field.default is not dataclasses.MISSING
        ],
    )


def _limits() -> Iterator[str]:
    yield (
        "## Limits of a worker\n\nA call that goes beyond one fails with RESOURCE_EXHAUSTED, or "
        "with INVALID_ARGUMENT where the request itself is too long."
    )
    yield table(
        ("name", "value", "what it is"),
        [(f"`{name}`", _amount(name, value), said) for name, value, said in _constants(limits)],
    )
    yield "## Limits of a parser\n\nWhat happens beyond them is in [symbols](symbols.md#limits)."
    default, meaning = ParserLimits(), attributes(ParserLimits)
    yield table(
        ("name", "value", "what it is"),
        [
            (
                f"`{field.name}`",
                _amount(field.name, getattr(default, field.name)),
                sentence(meaning[field.name]),
            )
            for field in dataclasses.fields(default)
        ],
    )


def _constants(module: ModuleType) -> Iterator[tuple[str, Any, str]]:
    """Return the constants of a module, each with the first paragraph of what is said below it."""
    body = ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8")).body
    for assigned, said in itertools.pairwise(body):
        if (
            isinstance(assigned, ast.AnnAssign)
            and isinstance(assigned.target, ast.Name)
            and isinstance(said, ast.Expr)
        ):
            name = assigned.target.id
            text = str(ast.literal_eval(said.value)).partition("\n\n")[0]
            yield name, getattr(module, name), plain(text)


def _amount(name: str, value: Any) -> str:  # noqa: ANN401
    if name.lower().endswith("bytes"):
        return size(value)
    if name.lower().endswith("seconds"):
        return f"{value:g} s"
    if name.lower().endswith("_ms"):
        return f"{value:,} ms"
    return f"{value:,}"
