"""Seals: whose registration it was."""

from __future__ import annotations

import os
import stat
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from heddle_worker.hooks.sealing import Seals
from heddle_worker.store.hooks import RegisteredHook

HOOK = RegisteredHook("lint", "make lint", ("pre_push",), 5_000)


def sealed(seals: Seals, hook: RegisteredHook = HOOK) -> RegisteredHook:
    return replace(hook, seal=seals.make(hook))


def test_a_seal_holds_for_what_it_was_made_for_and_nothing_else(tmp_path: Path) -> None:
    seals = Seals(tmp_path / "state" / "hooks.key")
    hook = sealed(seals)
    assert seals.holds(hook)
    for other in (
        replace(hook, name="other"),
        replace(hook, command="make pwned"),
        replace(hook, events=()),
        replace(hook, timeout_ms=1),
        replace(hook, seal=b""),
        replace(hook, seal=hook.seal[:-1] + bytes([hook.seal[-1] ^ 1])),
    ):
        assert not seals.holds(other)


def test_where_no_key_can_be_kept_it_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "state").touch()
    with pytest.raises(OSError, match="set to a directory that it may write") as refused:
        Seals(tmp_path / "state" / "heddle" / "hooks.key").make(HOOK)
    assert str(refused.value).startswith("the key that seals hooks cannot be kept in /")


def test_the_key_is_this_users_alone_and_stays(tmp_path: Path) -> None:
    path = tmp_path / "state" / "hooks.key"
    hook = sealed(Seals(path))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert os.listdir(path.parent) == ["hooks.key"]  # noqa: PTH208
    assert Seals(path).holds(hook)
    assert not Seals(tmp_path / "elsewhere" / "hooks.key").holds(hook)


def test_without_a_key_nothing_holds_and_none_is_made_by_looking(tmp_path: Path) -> None:
    path = tmp_path / "hooks.key"
    assert not Seals(path).holds(replace(HOOK, seal=b""))
    assert not path.exists()


def test_those_who_make_the_first_seal_at_once_share_a_key(tmp_path: Path) -> None:
    path = tmp_path / "hooks.key"
    all_seals = [Seals(path) for _ in range(8)]
    hooks: list[RegisteredHook] = []
    threads = [
        threading.Thread(target=lambda seals=seals: hooks.append(sealed(seals)))
        for seals in all_seals
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({hook.seal for hook in hooks}) == 1
    assert all(seals.holds(hooks[0]) for seals in all_seals)


def test_what_is_no_key_is_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "hooks.key"
    path.write_text("short")
    with pytest.raises(OSError, match="is not a key"):
        Seals(path).make(HOOK)
    assert path.read_text() == "short"
