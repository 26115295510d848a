"""`heddle hook` before a real daemon, and without one."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path

from heddle_daemon import HeddleDaemon


def test_commands_are_registered_listed_and_removed(daemon: HeddleDaemon) -> None:
    daemon.start()
    added = daemon.heddle("hook", "add", "lint", "true", "--event", "pre_capture", "--json")
    lint = {"name": "lint", "command": "true", "events": ["pre_capture"], "timeout_ms": 5_000}
    assert added.expect(0).body() == lint
    every = daemon.heddle("hook", "add", "every", "cat -", "--timeout", "200").expect(0)
    assert every.stdout == "heddle hook: every runs on all events, for 200 ms at most\n"
    listed = daemon.heddle("hook", "list", "--json").expect(0).body()
    assert listed["hooks"] == [
        lint,
        {"name": "every", "command": "cat -", "events": [], "timeout_ms": 200},
    ]
    assert {hook["state"] for hook in listed["git_hooks"]} == {"not installed"}
    assert daemon.heddle("hook", "remove", "lint", "--json").expect(0).body() == {"deleted": True}
    again = daemon.heddle("hook", "remove", "lint").expect(0)
    assert again.stdout == "heddle hook: lint was not registered\n"
    verbs = [
        json.loads(line)["verb"]
        for line in daemon.heddle("hook", "log", "--json").expect(0).stdout.splitlines()
    ]
    assert verbs == ["hook.register_hook", "hook.register_hook", "hook.deregister_hook"]


def test_what_the_daemon_refuses_is_one_line(daemon: HeddleDaemon) -> None:
    daemon.start()
    refused = daemon.heddle("hook", "add", "x", "true", "--event", "pre_\x1b[2Jlunch", "--json")
    assert "is no event" in refused.expect(1).complaint()
    assert "\x1b" not in refused.stderr + refused.stdout
    assert refused.body() == {"error": refused.complaint(), "exit_code": 1}
    assert daemon.heddle("hook", "add", " ", "true").expect(1).complaint()
    assert daemon.heddle("hook", "add", "x", "true", "--timeout", "-1").code == 2


def test_names_from_elsewhere_move_no_cursor(daemon: HeddleDaemon) -> None:
    daemon.start()
    added = daemon.heddle("hook", "add", "a\x1b[31mb", "echo \x07").expect(0)
    listed = daemon.heddle("hook", "list").expect(0)
    logged = daemon.heddle("hook", "log").expect(0)
    for outcome in (added, listed, logged):
        assert "a\\e[31mb" in outcome.stdout
        assert "\x1b" not in outcome.stdout


def test_without_a_daemon_every_command_says_so(daemon: HeddleDaemon) -> None:
    told = f"no daemon runs for {daemon.root}: start it with `heddle agent serve --detach`"
    for words in (("add", "x", "true"), ("remove", "x"), ("test", "pre_capture"), ("log",)):
        outcome = daemon.heddle("hook", *words, "--json").expect(3)
        assert outcome.complaint() == told
        assert outcome.body() == {"error": told, "exit_code": 3}
    listed = daemon.heddle("hook", "list", "--json").expect(3)
    assert listed.complaint() == told
    assert listed.body()["hooks"] is None
    assert len(listed.body()["git_hooks"]) == 10


def test_outside_a_repository_every_command_says_so(
    room: Path, make_daemon: Callable[..., HeddleDaemon]
) -> None:
    nowhere = make_daemon(room)
    for words in (("install",), ("uninstall",), ("list",), ("add", "x", "y"), ("log",)):
        assert "is not in a git repository" in nowhere.heddle("hook", *words).expect(1).complaint()


def test_shims_are_installed_and_taken_away(daemon: HeddleDaemon) -> None:
    hooks = daemon.root / ".git" / "hooks"
    (hooks / "pre-push").write_text("#!/bin/sh\n", encoding="ascii")
    (hooks / "pre-push").chmod(0o755)
    installed = daemon.heddle("hook", "install").expect(0)
    assert installed.stdout == (
        f"heddle hook: 10 written, 0 as they were, in {hooks}\n"
        "  runs first: pre-push.before-heddle\n"
    )
    body = daemon.heddle("hook", "install", "--json").expect(0).body()
    assert (body["written"], len(body["kept"]), body["policy"]) == ([], 10, "open")
    assert len(daemon.heddle("hook", "install", "--closed", "--json").body()["written"]) == 10
    removed = daemon.heddle("hook", "uninstall", "--json").expect(0).body()
    assert len(removed["removed"]) == 10
    assert (hooks / "pre-push").read_text(encoding="ascii") == "#!/bin/sh\n"
    (hooks / "pre-push").unlink()
    (hooks / "pre-push").mkdir()
    refused = daemon.heddle("hook", "install", "--json").expect(1)
    assert refused.complaint() == f"{hooks}/pre-push cannot be chained: it is no file"


def test_a_worker_that_dies_is_no_matter(daemon: HeddleDaemon) -> None:
    daemon.start()
    for number in range(3):
        os.kill(daemon.worker(), signal.SIGKILL)
        daemon.heddle("hook", "add", f"hook-{number}", "true").expect(0)
    listed = daemon.heddle("hook", "list", "--json").expect(0).body()
    assert [hook["name"] for hook in listed["hooks"]] == ["hook-0", "hook-1", "hook-2"]


def test_a_follower_of_the_log_outlives_workers_and_ends_with_the_daemon(
    daemon: HeddleDaemon,
) -> None:
    daemon.start()
    with daemon.popen("hook", "log", "--follow", "--json") as follower:
        assert follower.stdout is not None
        for number in range(3):
            daemon.heddle("hook", "add", f"hook-{number}", "true").expect(0)
            assert json.loads(follower.stdout.readline())["detail"] == f"hook-{number}"
            os.kill(daemon.worker(), signal.SIGKILL)
        daemon.settled()
        daemon.stop()
        assert follower.wait(30) == 3
