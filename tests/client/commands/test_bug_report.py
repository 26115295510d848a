"""`heddle bug-report`: it holds what helps, and nothing that names anybody or anything."""

from __future__ import annotations

import getpass
import re
import socket
import stat
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from command_bench import CommandBench, command_bench

from heddle_supervisor.private_directory import prepare_directories

pytestmark = pytest.mark.xdist_group("txn-commands")

SECRETS = ("Project-Apollo", "ada@example.com", "feature/moon-landing", "launch_codes", "1234-5678")


@pytest.fixture(scope="module")
def bench() -> Iterator[CommandBench]:
    with command_bench(start=False) as made:
        made.repository.git("config", "user.name", "Ada Countess of Lovelace")
        made.repository.git("remote", "add", "nasa", "https://ada:1234-5678@example.com/moon.git")
        made.repository.git("branch", "feature/moon-landing")
        made.repository.write("Project-Apollo/launch_codes.txt", "1234-5678\n")
        made.repository.commit("secret 1234-5678")
        prepare_directories(made.daemon.config)
        (made.root / ".heddle" / "config.toml").write_text(
            '[principal]\nname = "Ada Countess of Lovelace"\n[hooks]\non_failure = "closed"\n'
        )
        with made.daemon.config.log_path.open("w") as log:
            log.write(
                f'2026-11-24T15:00:00.000Z pid=1 role=worker event=error reason="{made.root}/'
                "Project-Apollo/launch_codes.txt by ada@example.com on feature/moon-landing: "
                f'cannot read {made.room}/home/notes, see https://example.com/Project-Apollo"\n'
            )
        yield made


def contents(path: Path) -> dict[str, str]:
    with tarfile.open(path) as archive:
        return {
            entry.name.removeprefix("heddle-bug-report/"): (
                archive.extractfile(entry) or pytest.fail(entry.name)
            )
            .read()
            .decode()
            for entry in archive
        }


def test_it_holds_what_helps_and_no_secret(bench: CommandBench, tmp_path: Path) -> None:
    path = tmp_path / "report.tar.gz"
    outcome = bench.heddle("bug-report", "-o", str(path)).expect(0)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    held = contents(path)
    for name in held:
        assert name in outcome.stdout
    assert set(held) >= {
        "about.txt",
        "versions.json",
        "doctor.json",
        "status.json",
        "repository.json",
        "configuration.json",
        "logs/daemon.log",
    }
    whole = "\n".join(held.values())
    names = (*SECRETS, "Countess", "Lovelace", "nasa", socket.gethostname(), str(bench.root))
    for secret in names:
        assert secret not in whole, secret
    if getpass.getuser() != "root":  # which is part of many an innocent word
        assert getpass.getuser() not in whole
    (line,) = [line for line in held["logs/daemon.log"].splitlines() if "pid=1 " in line]
    told = r"<repository>/<path-\d> by <email-1> on <ref-1>: cannot read ~/<path-\d>, see <url-1>"
    assert re.search(told, line)
    assert '"on_failure": "closed"' in held["configuration.json"]
    assert '"state": "stopped"' in held["status.json"]


def test_a_preview_writes_nothing_and_nothing_is_overwritten(
    bench: CommandBench, tmp_path: Path
) -> None:
    listed = bench.heddle("bug-report", "--list", "--json").expect(0).body()
    assert listed["file"] is None
    assert {"name", "bytes"} == set(listed["contents"][0])
    path = tmp_path / "there"
    path.write_text("mine")
    refused = bench.heddle("bug-report", "-o", str(path)).expect(1)
    assert refused.complaint() == f"File exists: {path}"
    assert path.read_text() == "mine"
    assert bench.repository.git("status", "--porcelain") == "?? .heddle/"


def test_outside_of_a_repository_it_holds_the_rest(bench: CommandBench, tmp_path: Path) -> None:
    path = tmp_path / "report.tar.gz"
    bench.heddle("bug-report", "-o", str(path), "--repo", str(tmp_path)).expect(0)
    assert set(contents(path)) == {"about.txt", "versions.json", "doctor.json"}
