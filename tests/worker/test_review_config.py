"""What `[review]` of a repository's configuration may say."""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from waiting import wait_until

from heddle_worker.configuration_file import FRESH_SECONDS, read_configuration
from heddle_worker.failures import ConfigurationError
from heddle_worker.limits import MAX_CONFIGURATION_BYTES
from heddle_worker.review.configuration import (
    RequirementSettings,
    ReviewSettings,
    SignalSettings,
)
from heddle_worker.review_config import ReviewConfiguration

FULL = """
[principal]
name = 5

[review.requirements]
signed_by = ["ada@example.com", "grace@example.com", "ada@example.com"]
min_signatures = 2
signature_kinds = ["read"]
blocking_signals = ["novelty"]
open_discussions_block = false

[review.signals.novelty]
tolerance = 1
[review.signals.self_flagged_uncertainty]
enabled = false
max_per_state = 9
[review.signals.pattern_deviation]
threshold = 0.25
[review.signals.test_reachability]
min_test_functions_in_repo = 0
"""


def settings(directory: Path, text: str) -> ReviewSettings:
    (directory / "config.toml").write_text(text, encoding="utf-8")
    return ReviewConfiguration(directory).current()


def pass_freshness() -> None:
    end = time.monotonic() + FRESH_SECONDS
    wait_until(lambda: time.monotonic() > end, "it is looked at again")


def test_without_a_file_the_defaults_hold(tmp_path: Path) -> None:
    assert ReviewConfiguration(tmp_path).current() == ReviewSettings()
    assert ReviewConfiguration(tmp_path / "nowhere").current() == ReviewSettings()


@pytest.mark.parametrize("text", ["", "[review]", "[other]\nreview = 5\n[review.signals]"])
def test_what_is_not_set_has_its_default(tmp_path: Path, text: str) -> None:
    assert settings(tmp_path, text) == ReviewSettings()


def test_all_of_it_can_be_set(tmp_path: Path) -> None:
    found = settings(tmp_path, FULL)
    assert found.requirements == RequirementSettings(
        signed_by=("ada@example.com", "grace@example.com"),
        min_signatures=2,
        signature_kinds=("read",),
        blocking_signals=("novelty",),
        open_discussions_block=False,
    )
    assert dict(found.signals) == {
        "novelty": SignalSettings(tolerance=1.0),
        "self_flagged_uncertainty": SignalSettings(enabled=False, max_per_state=9),
        "pattern_deviation": SignalSettings(threshold=0.25),
        "test_reachability": SignalSettings(min_test_functions_in_repo=0),
    }
    assert found.of_signal("invariant_adjacency") == SignalSettings()


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("review = 1", "review has to be a table, written [review]"),
        ("[review.requirement]", "review.requirement is unknown; [review] takes requirements, sig"),
        ("[review]\nsignals = []", "review.signals has to be a table"),
        ("[review.signals.novel]", "review.signals.novel is unknown; [review.signals] takes inv"),
        ("[review.signals]\nnovelty = 1", "review.signals.novelty has to be a table"),
        (
            "[review.signals.novelty]\nthreshold = 0.5",
            "review.signals.novelty.threshold is unknown; "
            "[review.signals.novelty] takes enabled, tolerance",
        ),
        ("[review.signals.novelty]\ntolerance = 1.5", "is 1.5; it has to be a number from 0 to 1"),
        ("[review.signals.novelty]\ntolerance = nan", "is nan; it has to be a number from 0 to 1"),
        ("[review.signals.novelty]\ntolerance = true", "is True; it has to be a number"),
        ("[review.signals.novelty]\nenabled = 1", "is 1; it has to be true or false"),
        ("[review.requirements]\nsigned = []", "review.requirements.signed is unknown"),
        ("[review.requirements]\nsigned_by = 'a@b'", "is 'a@b'; it has to be a list of at most"),
        ("[review.requirements]\nsigned_by = ['ada']", "a list of texts: e-mail addresses"),
        ("[review.requirements]\nsigned_by = [5]", "is [5]; it has to be a list of texts"),
        ("[review.requirements]\nmin_signatures = 'two'", "is 'two'; it has to be a whole number"),
        ("[review.requirements]\nmin_signatures = -1", "a whole number from 0 to 1000000"),
        ("[review.requirements]\nmin_signatures = true", "is True; it has to be a whole number"),
        ("[review.requirements]\nsignature_kinds = ['x']", "some of read, agent_preview, agent_co"),
        ("[review.requirements]\nblocking_signals = ['x']", "some of invariant_adjacency, self_fl"),
        ("[review.requirements]\nopen_discussions_block = 'no'", "it has to be true or false"),
        ("[review", "is not valid TOML: Expected"),
        ("a = " + "[" * 100_000, "nested too deeply"),
        ("#" * (MAX_CONFIGURATION_BYTES + 1), "longer than 1048576 bytes"),
    ],
)
def test_what_makes_no_sense_is_told_with_its_key(
    tmp_path: Path, text: str, complaint: str
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        settings(tmp_path, text)
    assert complaint in str(caught.value)
    assert str(tmp_path / "config.toml") in str(caught.value)
    assert len(str(caught.value)) < 500
    assert "\n" not in str(caught.value)


def test_a_file_that_cannot_be_one_is_told_at_once(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(b"\xff")
    with pytest.raises(ConfigurationError, match="not UTF-8 at byte 0"):
        ReviewConfiguration(tmp_path).current()
    path.unlink()
    path.mkdir()
    with pytest.raises(ConfigurationError, match=r"cannot read .*: Is a directory"):
        ReviewConfiguration(tmp_path).current()
    path.rmdir()
    os.mkfifo(path)
    with pytest.raises(ConfigurationError, match="not a regular file"):
        ReviewConfiguration(tmp_path).current()
    path.unlink()
    path.symlink_to("/dev/zero")
    with pytest.raises(ConfigurationError, match="not a regular file"):
        ReviewConfiguration(tmp_path).current()
    path.unlink()
    path.symlink_to(path)
    with pytest.raises(ConfigurationError, match="cannot read"):
        ReviewConfiguration(tmp_path).current()


def test_a_change_is_noticed_and_a_fault_told_until_it_is_mended(tmp_path: Path) -> None:
    configuration = ReviewConfiguration(tmp_path)
    assert configuration.current() == ReviewSettings()
    path = tmp_path / "config.toml"
    for text, least in (("min_signatures = 1", 1), ("min_signatures = 2", 2), ("min = 3", None)):
        written = tmp_path / "written"
        written.write_text(f"[review.requirements]\n{text}\n")
        written.replace(path)
        pass_freshness()
        for _ in range(2):
            if least is None:
                with pytest.raises(ConfigurationError, match=r"requirements\.min is unknown"):
                    configuration.current()
            else:
                assert configuration.current().requirements.min_signatures == least
    path.unlink()
    pass_freshness()
    assert configuration.current() == ReviewSettings()


@given(st.binary(max_size=60))
def test_no_file_fails_in_another_way(tmp_path_factory: pytest.TempPathFactory, raw: bytes) -> None:
    path = tmp_path_factory.mktemp("any") / "config.toml"
    path.write_bytes(raw)
    with contextlib.suppress(ValueError):
        assert isinstance(read_configuration(path), dict)
