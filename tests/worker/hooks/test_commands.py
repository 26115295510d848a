"""Commands: what their ends mean, and that nothing of them is left."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import unicodedata
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest
from git_repository import GitRepository
from hypothesis import given
from hypothesis import strategies as st
from process_tree import marked
from waiting import wait_until

from heddle_worker.hooks.answers import Answer, Outcome
from heddle_worker.hooks.commands import Commands, check_command, search_path
from heddle_worker.hooks.events import Event
from heddle_worker.hooks.keeping import Keeper
from heddle_worker.hooks.plain_text import cleaned, one_line
from heddle_worker.hooks.warden import MOST_OUTPUT
from heddle_worker.store.extra_signals import ExtraSignal
from heddle_worker.store.hooks import RegisteredHook

T = TypeVar("T")


class Bench:
    """Runs commands in a directory, and knows the descriptors that were open before."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.said: list[str] = []
        self._loop = asyncio.new_event_loop()
        self.keeper = Keeper()
        self.commands = Commands(self.keeper, root, self.said.append)
        self.run(self.keeper.start())

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self._loop.run_until_complete(work)

    def ask(
        self, command: str, event: str = "pre_push", timeout_ms: int = 5_000, **fields: Any
    ) -> Answer:
        return self.run(self.asking(command, event, timeout_ms, **fields))

    def asking(
        self, command: str, event: str = "pre_push", timeout_ms: int = 5_000, **fields: Any
    ) -> Coroutine[Any, Any, Answer]:
        hook = RegisteredHook("lint", command, (), timeout_ms)
        return self.commands.ask(hook, Event(event, {"remote": "origin"}, **fields))

    def script(self, text: str) -> str:
        """Write a program; return its path."""
        path = self.root / f"hook-{len(list(self.root.iterdir()))}"
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)
        return str(path)

    def close(self) -> None:
        self.keeper.close()
        self._loop.run_until_complete(self._loop.shutdown_default_executor())
        self._loop.close()


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    place = tmp_path / "place"
    place.mkdir()
    bench = Bench(place)
    yield bench
    bench.close()


def nothing_left(bench: Bench) -> None:
    """Wait until no process has the bench's directory in its environment."""
    wait_until(lambda: not marked(f"HEDDLE_REPO={bench.root}"), "nothing is left")


def descriptors(pid: int | str) -> int:
    """Return how many descriptors a process has open."""
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


# What a command gets and says


def test_it_gets_the_payload_and_a_clean_environment(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET", "leaks")
    monkeypatch.setenv("PATH", f".:relative:{os.environ['PATH']}")
    script = bench.script(
        f"env > {bench.root}/env; cat > {bench.root}/given; pwd > {bench.root}/at"
    )
    assert bench.ask(script).outcome is Outcome.PASSED
    assert json.loads((bench.root / "given").read_text()) == {"remote": "origin"}
    assert (bench.root / "at").read_text().strip() == str(bench.root)
    lines = (bench.root / "env").read_text().splitlines()
    variables = dict(line.split("=", 1) for line in lines)
    for ours in ("PWD", "_", "SHLVL", "OLDPWD"):
        variables.pop(ours, None)
    path = variables.pop("PATH")
    assert all(place.startswith("/") for place in path.split(":"))
    assert variables == {
        "HOME": os.environ["HOME"],
        "HEDDLE_REPO": str(bench.root),
        "HEDDLE_HOOK_PROTOCOL": "json",
        "HEDDLE_HOOK_EVENT": "pre_push",
        "HEDDLE_HOOK_NAME": "lint",
    }


def test_no_signal_is_ignored_or_blocked_in_it(bench: Bench) -> None:
    script = bench.script(f"grep -E '^Sig(Blk|Ign)' /proc/self/status > {bench.root}/signals")
    bench.ask(script)
    masks = [int(line.split()[1], 16) for line in (bench.root / "signals").read_text().splitlines()]
    assert masks == [0, 0]


def test_words_are_split_without_a_shell(bench: Bench) -> None:
    script = bench.script('printf "%s|" "$@" >&2; exit 1')
    assert bench.ask(f"{script} 'a b' $HOME \\; \"*\"").detail == "a b|$HOME|;|*|"


def test_a_shell_runs_what_is_registered_for_one(bench: Bench) -> None:
    answer = bench.ask("shell: echo one; echo $HEDDLE_HOOK_NAME >&2; false")
    assert (answer.outcome, answer.detail) == (Outcome.VETOED, "lint")


@pytest.mark.parametrize(
    ("output", "outcome", "detail"),
    [
        ("", Outcome.PASSED, ""),
        (" \n", Outcome.PASSED, ""),
        ("{}", Outcome.PASSED, ""),
        ('{"abort": ""}', Outcome.PASSED, ""),
        ('{"abort": null, "more": 1}', Outcome.PASSED, ""),
        ('{"abort": "no"}', Outcome.VETOED, "no"),
        ('{"veto": {"reason": "no"}}', Outcome.VETOED, "no"),
        ("{", Outcome.FAILED, "the response is not valid JSON, although it ended with 0"),
        ("[]", Outcome.FAILED, "the response is not a JSON object, although it ended with 0"),
        ('{"abort": 1}', Outcome.FAILED, "abort is not a text, although it ended with 0"),
        (
            '{"extra_signals": {}}',
            Outcome.FAILED,
            "extra_signals is not a list, although it ended with 0",
        ),
    ],
)
def test_what_it_prints_is_its_response(
    bench: Bench, output: str, outcome: Outcome, detail: str
) -> None:
    (bench.root / "output").write_text(output)
    answer = bench.ask(f"cat {bench.root}/output")
    assert (answer.outcome, answer.detail) == (outcome, detail)


def test_extra_signals_are_collected(bench: Bench) -> None:
    answer = bench.ask("""echo '{"extra_signals": [{"kind": "risky"}]}'""", "pre_capture")
    assert answer.extra_signals == (ExtraSignal("risky", "*", "", 0, 0, ""),)


def test_an_exit_status_objects_with_what_was_complained(bench: Bench) -> None:
    answer = bench.ask("shell: printf 'bad \\033[31mred\\033[0m\\a\\nline\\r\\n' >&2; exit 3")
    assert (answer.outcome, answer.detail) == (Outcome.VETOED, "bad red\nline")
    assert bench.ask("shell: exit 3").detail == "exit status 3"


@pytest.mark.parametrize("event", ["post_push", "on_signal"])
def test_what_has_happened_cannot_be_objected_to(bench: Bench, event: str) -> None:
    assert bench.ask("false", event).outcome is Outcome.FAILED


# How it fails: one clear line each


def failing(bench: Bench, command: str, timeout_ms: int = 5_000) -> str:
    """Ask; it has to fail. Return the detail, which is what the log says too."""
    answer = bench.ask(command, timeout_ms=timeout_ms)
    assert answer.outcome in (Outcome.FAILED, Outcome.TIMED_OUT)
    assert "\n" not in answer.detail
    assert [line for line in bench.said if line.startswith("hook lint for")] == [
        f"hook lint for pre_push: {answer.outcome}: {answer.detail}"
    ]
    nothing_left(bench)
    return answer.detail


def test_one_that_is_not_there(bench: Bench) -> None:
    assert failing(bench, "/nonexistent/program") == "the program was not found"


def test_one_that_is_not_executable(bench: Bench) -> None:
    path = bench.root / "plain"
    path.write_text("#!/bin/sh\n")
    assert failing(bench, str(path)) == "the program is not executable"


def test_one_that_is_no_program(bench: Bench) -> None:
    path = bench.root / "plain"
    path.write_text("text\n")
    path.chmod(0o755)
    assert failing(bench, str(path)).startswith("the program is no program, and has no line")


def test_one_that_the_shell_does_not_find(bench: Bench) -> None:
    assert "not found" in failing(bench, "shell: no-such-program")


def test_one_that_ends_by_a_signal(bench: Bench) -> None:
    assert failing(bench, "shell: kill -SEGV $$") == "it was ended by SIGSEGV"


def test_one_that_writes_without_end(bench: Bench) -> None:
    detail = failing(bench, "head -c 1000000000 /dev/zero")
    assert detail == f"it wrote more than {MOST_OUTPUT} bytes to its standard output"


def test_one_that_complains_without_end(bench: Bench) -> None:
    answer = bench.ask("shell: head -c 100000000 /dev/zero | tr '\\0' x >&2; exit 1")
    assert answer.outcome is Outcome.VETOED
    assert len(answer.detail) < 5_000


@pytest.mark.parametrize(
    "script",
    [
        "sleep 300",
        "trap '' TERM INT HUP; while :; do sleep 300; done",
        "sleep 300 & sleep 300 & wait",
        "(trap '' TERM; sleep 300) & exec sleep 300",
        "setsid sh -c 'trap \"\" TERM; sleep 300' & sleep 300",
        "kill -STOP $$",
    ],
)
def test_one_that_does_not_end(bench: Bench, script: str) -> None:
    assert failing(bench, bench.script(script), 200) == "it took longer than it may and was killed"


@pytest.mark.parametrize(
    "script",
    [
        "sleep 300 &",
        "setsid sleep 300 &",
        "(setsid sh -c 'trap \"\" TERM; sleep 300 & sleep 300' &)",
    ],
)
def test_what_it_leaves_behind_does_not_stay(bench: Bench, script: str) -> None:
    """Not even when it holds the pipes open."""
    answer = bench.ask(bench.script(script), timeout_ms=60_000)
    assert answer.outcome is Outcome.PASSED
    assert answer.seconds < 30
    nothing_left(bench)


def test_one_that_does_not_read_what_it_is_given(bench: Bench) -> None:
    hook = RegisteredHook("lint", "true", (), 5_000)
    event = Event("pre_push", {"remote": "x" * 3_000_000})
    assert bench.run(bench.commands.ask(hook, event)).outcome is Outcome.PASSED


@pytest.mark.parametrize("command", ["'", "shell:", "index: ", "  ", '""x"'])
def test_what_cannot_be_taken_apart_is_refused(command: str) -> None:
    with pytest.raises(ValueError, match=r"quotation|no program"):
        check_command(command)


# Ending it early


def test_a_question_that_is_withdrawn_ends_it(bench: Bench) -> None:
    async def withdraw() -> None:
        asking = asyncio.ensure_future(bench.asking("sleep 300", timeout_ms=300_000))
        while not marked(f"HEDDLE_REPO={bench.root}"):
            await asyncio.sleep(0.01)
        asking.cancel()
        await asyncio.wait({asking})
        assert asking.cancelled()

    bench.run(withdraw())
    nothing_left(bench)


def test_a_keeper_that_dies_is_replaced(bench: Bench) -> None:
    assert bench.ask("true").outcome is Outcome.PASSED
    process = bench.keeper._process
    assert process is not None
    os.kill(process.pid, signal.SIGKILL)
    process.wait(30)
    assert bench.ask("true").outcome is Outcome.PASSED


def test_nothing_is_left_open(bench: Bench) -> None:
    for command in ("true", "/nonexistent", "shell: exit 1", "head -c 3000000 /dev/zero"):
        bench.ask(command)
    before = descriptors("self")
    process = bench.keeper._process
    assert process is not None
    keeper = descriptors(process.pid)
    for _ in range(5):
        for command in ("true", "/nonexistent", "shell: exit 1", "head -c 3000000 /dev/zero"):
            bench.ask(command)
        bench.ask("sleep 300", timeout_ms=20)
    nothing_left(bench)
    assert descriptors("self") == before
    wait_until(lambda: descriptors(process.pid) == keeper, "the keeper closes all")


# The staged files


@pytest.fixture
def git(bench: Bench) -> GitRepository:
    repository = GitRepository.init(bench.root / "r")
    repository.write("a/file", "staged\n")
    repository.write("other", "staged\n")
    (repository.root / "a" / "file").write_text("not staged\n")
    return repository


def test_a_command_may_see_what_is_staged(bench: Bench, git: GitRepository) -> None:
    index = git.root / ".git" / "index"
    before = index.read_bytes(), index.stat().st_mtime_ns
    command = "index+shell: cd $HEDDLE_INDEX_TREE && cat a/file && stat -c %a a/file . >&2; exit 1"
    answer = bench.ask(command, "pre_capture", directory=git.root, index=index)
    assert answer.detail == "444\n555"
    plain = bench.ask(
        "index+shell: cat $HEDDLE_INDEX_TREE/a/file >&2; echo $HEDDLE_INDEX_TREE >&2; exit 1",
        "pre_capture",
        directory=git.root,
        index=index,
    )
    content, place = plain.detail.splitlines()
    assert content == "staged"
    assert not Path(place).exists()
    assert (index.read_bytes(), index.stat().st_mtime_ns) == before
    assert (git.root / "a" / "file").read_text() == "not staged\n"


def test_who_does_not_ask_for_it_gets_no_copy(bench: Bench, git: GitRepository) -> None:
    index = git.root / ".git" / "index"
    command = "shell: echo ${HEDDLE_INDEX_TREE-none} $HEDDLE_INDEX_FILE >&2; exit 1"
    answer = bench.ask(command, "pre_capture", directory=git.root, index=index)
    assert answer.detail == f"none {index}"


def test_an_index_that_is_broken_fails_the_hook(bench: Bench, git: GitRepository) -> None:
    index = bench.root / "broken"
    index.write_bytes(b"DIRC not an index")
    answer = bench.ask("index: true", "pre_capture", directory=git.root, index=index)
    assert answer.outcome is Outcome.FAILED
    assert answer.detail.startswith("the staged files cannot be shown: fatal: ")


# Text


@given(st.text())
def test_a_cleaned_text_has_no_control_characters(text: str) -> None:
    result = cleaned(text)
    kinds = {unicodedata.category(one) for one in result.replace("\n", "")}
    assert kinds.isdisjoint({"Cc", "Cf", "Cs"})
    assert "\n" not in one_line(text)
    assert cleaned(result) == result


def test_only_absolute_places_are_searched() -> None:
    assert search_path({"PATH": ".:/usr/bin::bin:/bin"}) == "/usr/bin:/bin"
    assert search_path({"PATH": "."}).startswith("/")
    assert search_path({}).startswith("/")
