"""`heddle doctor`: what it finds, and what it mends."""

from __future__ import annotations

import contextlib
import os
import signal
import sqlite3
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from command_bench import CommandBench
from git_repository import GitRepository
from waiting import wait_until

from heddle_client.doctor.finding import Finding, Level
from heddle_client.doctor.store import APPLICATION_ID, NEWEST_SCHEMA, check_store
from heddle_client.doctor.subject import Subject
from heddle_supervisor.process_identity import pid_alive
from heddle_worker.store import migrations, schema

pytestmark = pytest.mark.xdist_group("txn-commands")


@pytest.fixture
def bench(served: CommandBench) -> CommandBench:
    return served


def doctor(bench: CommandBench, *options: str, code: int = 0) -> dict[str, list[dict[str, Any]]]:
    """Return what it finds, by the names of the checks."""
    body = bench.heddle("doctor", "--json", *options).expect(code).body()
    assert body["ok"] == (code == 0)
    found: dict[str, list[dict[str, Any]]] = {}
    for each in body["checks"]:
        found.setdefault(each["name"], []).append(each)
    return found


def test_where_all_is_well_nothing_is_found(bench: CommandBench) -> None:
    found = doctor(bench)
    assert {each["level"] for checks in found.values() for each in checks} <= {"ok", "warn"}
    serving = bench.daemon.record()
    assert serving is not None
    assert found["daemon"][0]["text"].startswith(f"pid {serving.pid} serves")
    assert found["repository"][0]["text"] == str(bench.root)
    lines = bench.heddle("doctor").expect(0).stdout.splitlines()
    assert sum(line.startswith(("ok ", "warn")) for line in lines) == sum(map(len, found.values()))


def open_to_others(bench: CommandBench) -> None:
    (bench.root / ".heddle" / "logs").chmod(0o755)
    (bench.root / ".heddle").chmod(0o777)


def seen_by_git(bench: CommandBench) -> None:
    (bench.root / ".git" / "info" / "exclude").write_text("")


def died(bench: CommandBench) -> None:
    supervisor, worker = bench.daemon.supervisor() or 0, bench.daemon.worker()
    os.kill(supervisor, signal.SIGKILL)
    # The worker ends with it, and holds what is published until then.
    wait_until(lambda: bench.daemon.supervisor() is None and not pid_alive(worker), "both are dead")


@pytest.mark.parametrize(
    ("spoil", "name", "level"),
    [
        (open_to_others, "directory", "fail"),
        (seen_by_git, "exclude", "warn"),
        (died, "leftovers", "warn"),
    ],
)
def test_what_can_be_mended_safely_is(
    bench: CommandBench, spoil: Callable[[CommandBench], None], name: str, level: str
) -> None:
    spoil(bench)
    code = 1 if level == "fail" else 0
    before = doctor(bench, code=code)[name]
    assert {each["level"] for each in before} == {level}
    assert all(each["remedy"] and each["fixable"] for each in before)
    after = doctor(bench, "--fix")[name]
    assert [each["level"] for each in after] == ["ok"]
    assert after[0]["mended"] == "; ".join(each["text"] for each in before)
    again = doctor(bench)[name]
    assert (again[0]["level"], again[0]["mended"]) == ("ok", "")
    if spoil is open_to_others:
        modes = [(bench.root / ".heddle" / place).stat().st_mode for place in (".", "logs")]
        assert [stat.S_IMODE(mode) for mode in modes] == [0o755, 0o700]
    if spoil is died:
        assert not bench.daemon.config.pid_path.exists()
        bench.daemon.start("--no-standby")


def test_a_daemon_that_can_do_nothing_is_said_to(bench: CommandBench) -> None:
    pid = bench.daemon.supervisor() or 0
    os.kill(pid, signal.SIGSTOP)
    try:
        (found,) = doctor(bench, code=1)["daemon"]
    finally:
        os.kill(pid, signal.SIGCONT)
    assert found["remedy"] == f"run `kill -CONT {pid}`"


def test_files_that_are_not_what_they_should_be_are_named(bench: CommandBench) -> None:
    bench.daemon.stop()
    store = bench.root / ".heddle" / "state" / "heddle.db"
    saved = store.read_bytes()
    store.write_bytes(b"no database at all")
    bench.daemon.config.pid_path.write_text("a letter to somebody\n")
    hooks = bench.root / ".git" / "hooks"
    bench.heddle("hook", "install").expect(0)
    (hooks / "pre-push").chmod(0o644)
    found = doctor(bench, "--fix", code=1)
    assert "is no SQLite database" in found["store"][0]["text"]
    assert found["leftovers"][0]["level"] == "fail"
    assert found["hooks"][0]["text"] == "pre-push is not executable"
    assert found["hooks"][0]["remedy"] == "run `heddle hook install`"
    assert bench.daemon.config.pid_path.read_text() == "a letter to somebody\n"
    bench.heddle("hook", "uninstall").expect(0)
    bench.daemon.config.pid_path.unlink()
    store.write_bytes(saved)
    bench.daemon.start("--no-standby")


@pytest.fixture
def store(bench: CommandBench, tmp_path: Path) -> Path:
    """A copy of the store, as a daemon has left it, in a repository without one."""
    GitRepository.init(tmp_path / "other")
    path = tmp_path / "other" / ".heddle" / "state" / "heddle.db"
    path.parent.mkdir(parents=True, mode=0o700)
    with (
        contextlib.closing(sqlite3.connect(bench.root / ".heddle" / "state" / path.name)) as source,
        contextlib.closing(sqlite3.connect(path)) as copy,
    ):
        source.backup(copy)
    return path


def looked_into(store: Path) -> Finding:
    """Return what is found of a store; nothing of it may be changed by that."""
    before = {path.name: path.read_bytes() for path in store.parent.iterdir()}
    (found,) = check_store(Subject.at(store.parents[2]))
    assert {path.name: path.read_bytes() for path in store.parent.iterdir()} == before
    return found


def test_a_store_in_use_is_looked_into(bench: CommandBench) -> None:
    (found,) = doctor(bench)["store"]
    assert (found["level"], found["remedy"]) == ("ok", "")
    assert "is sound" in found["text"]
    assert found["text"].endswith(f"schema {NEWEST_SCHEMA}")


def test_a_store_that_nobody_uses_is_left_as_it_is(store: Path) -> None:
    assert looked_into(store).level is Level.OK


def torn(store: Path) -> None:
    content = bytearray(store.read_bytes())
    content[4096:-4096] = bytes(len(content) - 8192)
    store.write_bytes(content)


def newer(store: Path) -> None:
    with contextlib.closing(sqlite3.connect(store)) as connection:
        connection.execute(f"PRAGMA user_version = {NEWEST_SCHEMA + 1}")


def anothers(store: Path) -> None:
    with contextlib.closing(sqlite3.connect(store)) as connection:
        connection.execute("PRAGMA application_id = 7")


@pytest.mark.parametrize(
    ("spoil", "says", "remedy"),
    [
        (torn, "is damaged", "`heddle agent stop`"),
        (newer, f"(schema {NEWEST_SCHEMA + 1}, this one knows {NEWEST_SCHEMA})", "upgrade heddle"),
        (anothers, "is another program's database", "move heddle.db"),
    ],
)
def test_what_is_wrong_with_a_store_is_said_with_a_way_out(
    store: Path, spoil: Callable[[Path], None], says: str, remedy: str
) -> None:
    spoil(store)
    found = looked_into(store)
    assert (found.level, found.mend) == (Level.FAIL, None)
    assert says in found.text
    assert remedy in found.remedy


def test_damage_that_a_worker_has_found_is_judged_again(store: Path) -> None:
    store.with_name("heddle.db.damaged").touch()
    assert looked_into(store).level is Level.WARN
    backup = store.with_name("heddle.db.schema-7.backup")
    backup.write_bytes(store.read_bytes())
    torn(store)
    found = looked_into(store)
    assert found.level is Level.FAIL
    assert f"copy the last backup, {backup}" in found.remedy


def test_what_it_knows_of_the_store_is_what_the_store_is() -> None:
    assert len(migrations.MIGRATIONS) == NEWEST_SCHEMA
    assert schema.APPLICATION_ID == APPLICATION_ID


def test_a_pidfile_that_its_daemon_will_mend_is_not_to_be_moved_away(bench: CommandBench) -> None:
    pid, path = bench.daemon.supervisor() or 0, bench.daemon.config.pid_path
    stated = path.read_text()
    os.kill(pid, signal.SIGSTOP)
    try:
        path.write_text("a letter to somebody\n")
        (found,) = doctor(bench)["leftovers"]
        path.write_text(stated)
    finally:
        os.kill(pid, signal.SIGCONT)
    assert (found["level"], found["remedy"]) == ("warn", "try again in some seconds")


def test_a_configuration_that_cannot_be_read_is_a_finding(bench: CommandBench) -> None:
    path = bench.root / ".heddle" / "config.toml"
    assert doctor(bench)["configuration"][0]["text"].startswith("none")
    try:
        for text in (b"[review", b"\xff"):
            path.write_bytes(text)
            (found,) = doctor(bench, code=1)["configuration"]
            assert "is not valid TOML" in found["text"]
        path.write_text("[review]\n")
        assert doctor(bench)["configuration"][0]["text"] == str(path)
    finally:
        path.unlink()


@pytest.mark.parametrize(
    ("options", "level", "says"),
    [
        ([], "warn", "has no commit yet"),
        (["--object-format=sha256"], "fail", "has sha256 ids"),
        (["--bare"], "warn", "has no commit yet"),
    ],
)
def test_of_what_kind_the_repository_is_matters(
    bench: CommandBench, tmp_path: Path, options: list[str], level: str, says: str
) -> None:
    GitRepository.init(tmp_path / "other", *options)
    code = 1 if level == "fail" else 0
    (found,) = doctor(bench, "--repo", str(tmp_path / "other"), code=code)["repository"]
    assert found["level"] == level
    assert says in found["text"]
    assert not (tmp_path / "other" / ".heddle").exists()


def test_outside_of_a_repository_the_rest_is_looked_at(bench: CommandBench, tmp_path: Path) -> None:
    found = doctor(bench, "--repo", str(tmp_path), code=1)
    assert found["repository"][0]["remedy"] == "name one with --repo"
    assert found["python"][0]["level"] == "ok"
    assert "daemon" not in found


def test_a_path_too_long_for_a_socket_is_told_of(bench: CommandBench, tmp_path: Path) -> None:
    GitRepository.init(tmp_path / ("long" * 25))
    (found,) = doctor(bench, "--repo", str(tmp_path / ("long" * 25)))["socket"]
    assert found["level"] == "warn"
    assert "too long" in found["text"]
