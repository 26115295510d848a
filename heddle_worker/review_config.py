"""`[review]` of `.heddle/config.toml`: checked key by key, and read again when it changes."""

from __future__ import annotations

import threading
import tomllib
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, NoReturn

from heddle_worker.configuration_file import ChangingFiles, read_configuration
from heddle_worker.failures import ConfigurationError
from heddle_worker.review.configuration import (
    RequirementSettings,
    ReviewSettings,
    SignalSettings,
)
from heddle_worker.signals.modules import MODULES
from heddle_worker.signing.payload import ReviewKind

SIGNAL_KEYS: Final[Mapping[str, Collection[str]]] = MappingProxyType(
    {module.kind: module.keys for module in MODULES}
)
"""The kinds of signals, and which keys each has besides `enabled`."""

_MAX_COUNT: Final = 1_000_000
_MAX_LISTED: Final = 100
_MAX_SHOWN: Final = 80


class ReviewConfiguration:
    """The settings of a repository's reviews. Any thread may ask for them.

    Args:
        heddle_dir: the `.heddle` directory, whose `config.toml` has them.
    """

    def __init__(self, heddle_dir: Path) -> None:
        self._path = heddle_dir / "config.toml"
        self._files = ChangingFiles([self._path])
        self._lock = threading.Lock()
        self._found: ReviewSettings | ConfigurationError = ReviewSettings()

    def current(self) -> ReviewSettings:
        """Return what holds now; what the file does not set, or without a file, the defaults.

        Raises:
            ConfigurationError: the file cannot be read, or sets something that makes no sense.
        """
        with self._lock:
            if self._files.have_changed():
                self._found = self._look_up()
            found = self._found
        if isinstance(found, ConfigurationError):
            raise ConfigurationError(str(found))
        return found

    def _look_up(self) -> ReviewSettings | ConfigurationError:
        try:
            return _settings(read_configuration(self._path))
        except OSError as error:
            return ConfigurationError(f"cannot read {self._path}: {error.strerror}")
        except tomllib.TOMLDecodeError as error:
            return ConfigurationError(f"{self._path} is not valid TOML: {error}")
        except ValueError as error:
            return ConfigurationError(f"{self._path}: {error}")


def _settings(configuration: Mapping[str, Any]) -> ReviewSettings:
    review = _Table("review", configuration.get("review", {}))
    review.only(("requirements", "signals"))
    signals = review.table("signals")
    signals.only(SIGNAL_KEYS)
    return ReviewSettings(
        signals=MappingProxyType(
            {kind: _signal(signals.table(kind), SIGNAL_KEYS[kind]) for kind in signals.keys}
        ),
        requirements=_requirements(review.table("requirements")),
    )


def _signal(table: _Table, keys: Collection[str]) -> SignalSettings:
    table.only(("enabled", *keys))
    default = SignalSettings()
    return SignalSettings(
        enabled=table.flag("enabled", default.enabled),
        max_per_state=table.count("max_per_state", default.max_per_state),
        threshold=table.share("threshold", default.threshold),
        tolerance=table.share("tolerance", default.tolerance),
        min_test_functions_in_repo=table.count(
            "min_test_functions_in_repo", default.min_test_functions_in_repo
        ),
    )


def _requirements(table: _Table) -> RequirementSettings:
    default = RequirementSettings()
    table.only(RequirementSettings.__slots__)
    review_kinds = [kind.value for kind in ReviewKind]
    return RequirementSettings(
        signed_by=table.texts("signed_by", lambda text: "@" in text.strip("@"), "e-mail addresses"),
        min_signatures=table.count("min_signatures", default.min_signatures),
        signature_kinds=table.texts(
            "signature_kinds", review_kinds.__contains__, f"some of {', '.join(review_kinds)}"
        ),
        blocking_signals=table.texts(
            "blocking_signals", SIGNAL_KEYS.__contains__, f"some of {', '.join(SIGNAL_KEYS)}"
        ),
        open_discussions_block=table.flag("open_discussions_block", default.open_discussions_block),
    )


class _Table:
    """One table of the file; each method returns a value of it, or raises `ValueError`."""

    def __init__(self, name: str, values: object) -> None:
        self._name = name
        if not isinstance(values, dict):
            raise ValueError(f"{name} has to be a table, written [{name}]")
        self._values = values

    @property
    def keys(self) -> list[str]:
        return list(self._values)

    def only(self, known: Collection[str]) -> None:
        for key in self._values:
            if key not in known:
                there = ", ".join(sorted(known))
                raise ValueError(f"{self._key(key)} is unknown; [{self._name}] takes {there}")

    def table(self, key: str) -> _Table:
        return _Table(self._key(key), self._values.get(key, {}))

    def flag(self, key: str, default: bool) -> bool:
        value = self._values.get(key, default)
        return value if isinstance(value, bool) else self._refuse(key, "true or false")

    def count(self, key: str, default: int) -> int:
        value = self._values.get(key, default)
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MAX_COUNT:
            return value
        return self._refuse(key, f"a whole number from 0 to {_MAX_COUNT}")

    def share(self, key: str, default: float) -> float:
        value = self._values.get(key, default)
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1:
            return float(value)
        return self._refuse(key, "a number from 0 to 1")

    def texts(self, key: str, is_good: Callable[[str], bool], wanted: str) -> tuple[str, ...]:
        values = self._values.get(key, [])
        if not isinstance(values, list) or len(values) > _MAX_LISTED:
            return self._refuse(key, f"a list of at most {_MAX_LISTED} texts: {wanted}")
        for value in values:
            if not isinstance(value, str) or not is_good(value):
                return self._refuse(key, f"a list of texts: {wanted}")
        return tuple(dict.fromkeys(values))

    def _key(self, key: str) -> str:
        return f"{self._name}.{key[:_MAX_SHOWN]}"

    def _refuse(self, key: str, wanted: str) -> NoReturn:
        shown = repr(self._values[key])[:_MAX_SHOWN]
        raise ValueError(f"{self._key(key)} is {shown}; it has to be {wanted}")
