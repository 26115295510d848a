"""What a repository's owner can set about reviews, with what holds when nothing is set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class SignalSettings:
    """Settings of one kind of signal, from `[review.signals.<kind>]`; each kind reads its own.

    Attributes:
        enabled: whether it is computed at all.
        max_per_state: how many lines of one message count, of `self_flagged_uncertainty`.
        threshold: from 0 to 1, the divergence beyond which `pattern_deviation` is raised.
        tolerance: from 0 to 1; `novelty` is raised when no function is similar by 1 less this.
        min_test_functions_in_repo: with fewer tests, `test_reachability` says nothing.
    """

    enabled: bool = True
    max_per_state: int = 5
    threshold: float = 0.6
    tolerance: float = 0.15
    min_test_functions_in_repo: int = 3


@dataclass(frozen=True, slots=True)
class RequirementSettings:
    """What a merge requires, from `[review.requirements]`.

    Attributes:
        signed_by: e-mail addresses, all of whom have to have signed; empty for nobody.
        min_signatures: how many different keys have to have signed.
        signature_kinds: kinds of review that count, such as `read`; empty for all.
        blocking_signals: kinds of signal that must not be raised.
        open_discussions_block: whether a discussion that is not resolved does.
    """

    signed_by: tuple[str, ...] = ()
    min_signatures: int = 0
    signature_kinds: tuple[str, ...] = ()
    blocking_signals: tuple[str, ...] = ()
    open_discussions_block: bool = True


@dataclass(frozen=True, slots=True)
class ReviewSettings:
    """All of `[review]` in `.heddle/config.toml`."""

    signals: Mapping[str, SignalSettings] = field(default_factory=lambda: MappingProxyType({}))
    requirements: RequirementSettings = RequirementSettings()

    def of_signal(self, kind: str) -> SignalSettings:
        """Return the settings of one kind of signal."""
        return self.signals.get(kind, _DEFAULT)


_DEFAULT = SignalSettings()
