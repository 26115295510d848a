"""`heddle discuss`, with a real daemon."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

import pytest
from heddle_daemon import HEDDLE
from repository_commands import Commands
from terminal import on_a_terminal

from heddle_client import connect

FILE = "engine.py"


def opened(bench: Commands, symbol: str = f"{FILE}:main", body: str = "Why?") -> dict[str, Any]:
    return bench.heddle("discuss", "open", symbol, "-m", body, "--json").expect(0).body()


def test_a_discussion_from_its_first_word_to_its_end(bench: Commands) -> None:
    first = bench.heddle("discuss", "open", f"{FILE}:Engine::start", "-m", "Why commas?").expect(0)
    name, _, rest = first.stdout.partition(" ")
    assert rest.startswith(f"open, on {FILE}:Engine::start:5-6\n  Ada <ada@example.com>, ")
    assert rest.endswith("\n    Why commas?\n")

    bench.heddle("discuss", "reply", name[:8], "-m", "Because.\nReally.").expect(0)
    assert (
        bench.heddle("discuss", "show", name[:8])
        .expect(0)
        .stdout.endswith("    Because.\n    Really.\n")
    )
    assert f"{name[:8]} open, on {FILE}:Engine::start:5-6\n  Ada: Why commas?  (1 answer)\n" in (
        bench.heddle("discuss", "list").expect(0).stdout
    )

    done = bench.heddle("discuss", "resolve", name[:8], "--dismiss", "settled by talk").expect(0)
    assert done.stdout.startswith(f"{name} dismissed (settled by talk), on\n{FILE}:")
    again = bench.heddle("discuss", "resolve", name, "--dismiss", "again").expect(1)
    assert "is resolved already" in again.complaint()


def test_the_other_ways_to_settle(bench: Commands) -> None:
    edited = opened(bench)["id"]
    body = bench.heddle("discuss", "resolve", edited, "--by-edit", "HEAD", "--json").body()
    assert body["resolution"]["by_edit"]["state_id"] == bench.repository.head()
    noted = opened(bench)["id"]
    words = ("--into", "invariant", "starts once", "--tag", "enforces", "--tag", "b")
    body = bench.heddle("discuss", "resolve", noted, *words, "--json").expect(0).body()
    assert body["resolution"]["into_annotation"]["annotation_id"] == body["resolved_annotation_id"]
    shown = bench.heddle("review", "HEAD").stdout
    assert "      @ invariant: starts once" in shown.split("\n")


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("--dismiss", "no", "--by-edit", "HEAD"),
        ("--dismiss", "no", "--tag", "x"),
        ("--into", "invariant"),
    ],
)
def test_one_way_to_settle_has_to_be_given(bench: Commands, words: tuple[str, ...]) -> None:
    bench.heddle("discuss", "resolve", "12345678", *words).expect(2)


def test_lists_are_of_a_state_or_of_a_symbol(bench: Commands) -> None:
    whole = opened(bench, FILE, "of the file")
    assert whole["anchor"] == {"file": FILE, "symbol": FILE}

    def listed(*words: str) -> list[str]:
        body = bench.heddle("discuss", "list", *words, "--json").expect(0).body()
        return [each["id"] for each in body["discussions"]]

    assert listed(FILE) == [whole["id"]]
    assert whole["id"] in listed("--state", "HEAD~1")
    assert whole["id"] in listed("--status", "open")
    assert whole["id"] not in listed("--status", "resolved")
    none = bench.heddle("discuss", "list", f"{FILE}:LIMIT").expect(0)
    assert none.stdout == "there are no such discussions\n"
    bench.heddle("discuss", "list", FILE, "--state", "HEAD").expect(2)
    bench.heddle("discuss", "list", "--status", "closed").expect(2)


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("show", "\x1b[31m-no"), "no discussion has an id that begins with '\\e[31m-no'"),
        (("show", "0" * 36), f"discussion {'0' * 36} not found"),
        (("open", f"{FILE}:nothing", "-m", "x"), "engine.py has no 'nothing'"),
        (("open", "nothing.py:f", "-m", "x"), "has no file nothing.py"),
        (("open", ":f", "-m", "x"), "':f' is no FILE:SYMBOL"),
        (("open", f"{FILE}:main", "-m", "  "), "body"),
        (("open", f"{FILE}:main", "-F", "/nowhere/text"), "No such file or directory"),
        (("open", f"{FILE}:main", "-m", "x", "-F", "y"), "give one of -m and -F"),
        (("open", f"{FILE}:main", "-m", "x", "--state", "nowhere"), "state nowhere not found"),
        (("open", f"{FILE}:main", "-m", "x", "--visibility", "secret"), "visibility"),
    ],
)
def test_what_is_wrong_is_one_clear_line(
    bench: Commands, words: tuple[str, ...], complaint: str
) -> None:
    assert complaint in bench.heddle("discuss", *words).expect(1).complaint()


def test_an_id_that_is_the_beginning_of_several_is_refused(bench: Commands) -> None:
    ids = [opened(bench)["id"] for _ in range(2)]
    while not (shared := [each for each in ids[:-1] if each[0] == ids[-1][0]]):
        ids.append(opened(bench)["id"])
    complaint = bench.heddle("discuss", "show", shared[0][0]).expect(1).complaint()
    assert complaint.startswith(f"'{shared[0][0]}' is ambiguous: ")


def test_more_than_fits_into_one_reply_is_listed(bench: Commands) -> None:
    size, count = 60_000, 80
    with connect(bench.repository.root, start=False) as client:
        made = [
            client.discussions.open("notes.md", "notes.md", "w" * size).id for _ in range(count)
        ]
    body = bench.heddle("discuss", "list", "notes.md", "--json").expect(0).body()
    assert [each["id"] for each in body["discussions"]] == made
    assert made[-1] in bench.heddle("discuss", "show", made[-1][:13]).expect(0).stdout
    # What was refused as too large must not keep its view of the store.
    bench.heddle("discuss", "show", opened(bench)["id"]).expect(0)


def test_a_text_comes_from_standard_input_or_a_file(bench: Commands, tmp_path: Path) -> None:
    said = "first\n\nlast: naïve"
    path = tmp_path / "text"
    path.write_text(f"{said}\n", encoding="utf-8")
    for words, given in ((("-m", "-"), said), (("-F", "-"), said), (("-F", str(path)), "")):
        done = bench.heddle(
            "discuss", "open", f"{FILE}:main", *words, "--json", stdin=given.encode()
        )
        assert done.expect(0).body()["turns"][0]["body"] == said
    wrong = bench.heddle("discuss", "open", f"{FILE}:main", "-m", "-", stdin=b"\xff")
    assert wrong.expect(1).complaint() == "standard input is no text in UTF-8"


@pytest.fixture
def editor(tmp_path: Path) -> Path:
    """An editor that keeps what it was given, and writes what is in a file beside it."""
    script = tmp_path / "my editor"
    script.write_text(f"#!/bin/sh\ncp \"$1\" '{tmp_path}/given' && cp '{tmp_path}/new' \"$1\"\n")
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    return script


def test_without_a_text_gits_editor_is_opened(
    bench: Commands, editor: Path, tmp_path: Path
) -> None:
    (tmp_path / "new").write_text("\n# a comment\nWhy?\n  # not one\n\n#\n")
    done = bench.heddle(
        "discuss",
        "open",
        f"{FILE}:main",
        "--json",
        environment={"GIT_EDITOR": f"'{editor}'"},
    ).expect(0)
    assert done.body()["turns"][0]["body"] == "Why?\n  # not one"
    assert f"# What is to be said about {FILE}:main?" in (tmp_path / "given").read_text()


def test_who_answers_in_an_editor_sees_what_was_said(
    bench: Commands, editor: Path, tmp_path: Path
) -> None:
    (tmp_path / "new").write_text("Because.\n")
    asked = opened(bench, body="Why?\n# no comment")
    environment = {"GIT_EDITOR": f"'{editor}'"}
    done = bench.heddle("discuss", "reply", asked["id"], "--json", environment=environment)
    assert [each["body"] for each in done.expect(0).body()["turns"]][1:] == ["Because."]
    given = (tmp_path / "given").read_text().split("\n")
    assert {"#     Why?", "#     # no comment"} <= set(given)
    assert all(line.startswith("#") or not line for line in given)


@pytest.mark.parametrize(
    ("command", "complaint"),
    [
        ("true", "nothing was written"),
        ("exit 3 #", "has ended with 3"),
        ("printf '\\377' >", "UTF-8"),
    ],
)
def test_an_editor_that_gives_nothing_aborts(bench: Commands, command: str, complaint: str) -> None:
    done = bench.heddle("discuss", "open", FILE, environment={"GIT_EDITOR": command})
    assert complaint in done.expect(1).complaint()


def test_what_was_written_is_not_lost_if_the_daemon_refuses(bench: Commands) -> None:
    environment = {"GIT_EDITOR": "echo precious >"}
    done = bench.heddle("discuss", "open", f"{FILE}:nothing", environment=environment).expect(1)
    kept, refused = done.stderr.splitlines()
    path = Path(kept.removeprefix("heddle: what you wrote is kept in "))
    assert path.read_text() == "precious\n"
    assert "has no 'nothing'" in refused
    path.unlink()
    path.parent.rmdir()


def test_without_a_terminal_no_editor_is_made_up(bench: Commands) -> None:
    done = bench.heddle("discuss", "open", FILE).expect(1)
    assert "there is no terminal for an editor" in done.complaint()


def test_on_a_terminal_the_usual_editor_is_used(
    bench: Commands, editor: Path, tmp_path: Path
) -> None:
    (tmp_path / "new").write_text("from a terminal\n")
    code, shown = on_a_terminal(
        [HEDDLE, "discuss", "open", FILE],
        cwd=bench.repository.root,
        environment={**bench.daemon.environment, "VISUAL": f"'{editor}'"},
    )
    assert code == 0, shown
    assert "from a terminal" in shown
