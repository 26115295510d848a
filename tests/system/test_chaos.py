"""A walk through everything that can happen to a daemon, in any order."""

from __future__ import annotations

import os
import random
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest
from chaos_monkey import ChaosMonkey
from git_repository import GitRepository
from heddle_daemon import HeddleDaemon
from installation import Installation
from small_disk import SmallDisk, mount_small
from stranger import untouched_stranger

STEPS: Final = int(os.environ.get("HEDDLE_CHAOS_STEPS", "150"))
SEED: Final = int(os.environ.get("HEDDLE_CHAOS_SEED", str(random.SystemRandom().randrange(10**6))))
_DISK_MEBIBYTES: Final = 16


@pytest.fixture
def disk(room: Path) -> Iterator[SmallDisk | None]:
    """A small disk for the repository and the daemon, where one may be mounted."""
    problem = mount_small(room / "disk", _DISK_MEBIBYTES)
    yield None if problem else SmallDisk(room / "disk")
    if not problem:
        subprocess.run(["umount", "--lazy", str(room / "disk")], check=True)


@pytest.mark.timeout(120 + 3 * STEPS)
def test_whatever_happens_it_is_in_order_afterwards(
    disk: SmallDisk | None, room: Path, make_daemon: Callable[..., HeddleDaemon]
) -> None:
    print(f"HEDDLE_CHAOS_SEED={SEED} HEDDLE_CHAOS_STEPS={STEPS} disk={disk is not None}")  # noqa: T201
    repository = GitRepository.init(room / "disk" / "r")
    repository.commit()
    installation = Installation(room / "site-packages")
    daemon = make_daemon(repository.root, **installation.variables)
    with untouched_stranger() as stranger:
        monkey = ChaosMonkey(daemon, installation, stranger, disk, random.Random(SEED))
        for number in range(STEPS):
            print(number, monkey.step())  # noqa: T201 - what has led to a failure
        monkey.end()
    assert "Traceback" not in daemon.log()
