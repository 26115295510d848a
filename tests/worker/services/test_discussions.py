"""DiscussionService, asked by a client of a real worker."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import grpc
import pytest
from discussion_client import ENGINE, DiscussionClient, anchor, write
from refusals import refusal
from worker_bench import Repository, Worker

from heddle_api.v1 import common_pb2, discussion_pb2
from heddle_worker.limits import (
    MAX_BODY_BYTES,
    MAX_DISCUSSION_BYTES,
    MAX_TAG_BYTES,
    MAX_TAGS,
    MAX_TEXT_BYTES,
)
from heddle_worker.serving.socket_address import grpc_address

INVARIANT = common_pb2.CONTEXT_ANNOTATION_KIND_INVARIANT
INVALID = grpc.StatusCode.INVALID_ARGUMENT
NOT_FOUND = grpc.StatusCode.NOT_FOUND
PRECONDITION = grpc.StatusCode.FAILED_PRECONDITION
EXHAUSTED = grpc.StatusCode.RESOURCE_EXHAUSTED
Resolve = discussion_pb2.ResolveDiscussionRequest


@pytest.fixture
def state(repository: Repository) -> bytes:
    """A state with an engine."""
    return write(repository, "engine.py", ENGINE, "engine")


@pytest.fixture
def client(state: bytes, start_worker: Callable[..., Worker]) -> Iterator[DiscussionClient]:
    """A client of a worker that serves."""
    with grpc.insecure_channel(grpc_address(start_worker().activate().path)) as channel:
        yield DiscussionClient(channel)


def ids(discussions: list[discussion_pb2.Discussion]) -> list[str]:
    return [discussion.id for discussion in discussions]


def test_it_is_opened_continued_and_settled(client: DiscussionClient, state: bytes) -> None:
    before = int(time.time())
    opened = client.open(body="Why twice?", visibility="internal", thread_ref="ticket 7")
    assert uuid.UUID(opened.id)
    assert opened.anchor == anchor("engine.py", "Engine::start")
    assert opened.opened_against_state == state
    assert before <= opened.opened_at.seconds <= time.time()
    assert (opened.thread_ref, opened.visibility) == ("ticket 7", "internal")
    (turn,) = opened.turns
    assert (turn.body, turn.posted_at) == ("Why twice?", opened.opened_at)
    assert turn.author_name
    assert "@" in turn.author_email
    assert opened.resolution.WhichOneof("state") == "open"
    assert not opened.body_changed_since_open
    assert not opened.orphaned

    appended = client.append(opened.id, "Because of the key.")
    assert [turn.body for turn in appended.turns] == ["Why twice?", "Because of the key."]
    assert client.get(opened.id) == appended
    settled = client.dismiss(opened.id)
    assert settled.resolution.dismissed.reason == "no need"
    assert client.get(opened.id) == settled
    assert client.by_symbol() == [settled]
    assert client.by_state() == [settled]

    after = client.append(opened.id, "Still, thanks.")
    assert len(after.turns) == 3
    assert after.resolution == settled.resolution


def test_visibility_is_public_unless_it_is_said(client: DiscussionClient) -> None:
    assert client.open().visibility == "public"
    for visibility in ("public", "internal", "team_scoped", "restricted"):
        assert client.open(visibility=visibility).visibility == visibility
    refused = refusal(client.open, visibility="secret")
    assert (refused.code, refused.fields) == (INVALID, ["visibility"])
    assert "'secret' is none of public, internal, team_scoped, restricted" in refused.message


def test_a_file_as_a_whole(client: DiscussionClient, repository: Repository) -> None:
    write(repository, "docs/notes.txt", "nothing that is a symbol\n")
    opened = client.open("docs/notes.txt", "docs/notes.txt")
    assert ids(client.by_symbol("docs/notes.txt", "docs/notes.txt")) == [opened.id]
    write(repository, "docs/notes.txt", "something else\n")
    (changed,) = client.by_symbol("docs/notes.txt", "docs/notes.txt")
    assert changed.body_changed_since_open
    assert client.logged()[0].symbols == ["docs/notes.txt"]


def test_flags_are_those_of_head(client: DiscussionClient, repository: Repository) -> None:
    opened = client.open()
    write(repository, "engine.py", "# A comment above moves it.\n" + ENGINE)
    moved = client.get(opened.id)
    assert (moved.start_line, moved.end_line) == (opened.start_line + 1, opened.end_line + 1)
    assert not moved.body_changed_since_open
    write(repository, "engine.py", ENGINE.replace("running = True", "running = key"))
    assert client.get(opened.id).body_changed_since_open
    assert client.append(opened.id).body_changed_since_open
    write(repository, "engine.py", "def nothing():\n    return 1\n")
    gone = client.get(opened.id)
    assert (gone.orphaned, gone.anchor) == (True, opened.anchor)
    assert ids(client.by_symbol(status="orphaned")) == [opened.id]
    assert client.dismiss(opened.id).orphaned
    assert not client.by_state(opened.opened_against_state)[0].orphaned


def test_a_discussion_outlives_the_commit_it_was_opened_against(
    client: DiscussionClient, repository: Repository, start_worker: Callable[..., Worker]
) -> None:
    write(repository, "other.py", "def other():\n    return 1\n")
    opened = client.open("other", "other.py")
    repository.git("reset", "--quiet", "--hard", "HEAD~1")
    repository.git("reflog", "expire", "--expire=now", "--all")
    repository.git("gc", "--quiet", "--prune=now")
    state_id = opened.opened_against_state
    # One that has not read the commit, and so does not remember it.
    with grpc.insecure_channel(grpc_address(start_worker().activate().path)) as channel:
        fresh = DiscussionClient(channel)
        gone = fresh.get(opened.id)
        assert gone.orphaned
        assert gone.opened_against_state == state_id
        assert fresh.by_state(state_id) == fresh.by_state(state_id.hex().encode()) == [gone]
        assert refusal(fresh.by_state, state_id, status="resolved").code is NOT_FOUND
        assert fresh.by_symbol("other", "other.py") == [gone]
        assert fresh.by_state(status="orphaned") == [gone]
        write(repository, "other.py", "def other():\n    return 1\n")
        assert not fresh.get(opened.id).orphaned


def test_status_selects(client: DiscussionClient) -> None:
    first, second = client.open().id, client.open().id
    client.dismiss(first)
    for listed in (client.by_state, client.by_symbol):
        assert ids(listed()) == [first, second]
        assert ids(listed(status="open")) == [second]
        assert ids(listed(status="resolved")) == [first]
        assert listed(status="orphaned") == []
        refused = refusal(listed, status="closed")
        assert (refused.code, refused.fields) == (INVALID, ["status"])


def test_lists_come_in_parts(client: DiscussionClient) -> None:
    opened = [client.open().id for _ in range(7)]
    for discussion_id in opened[1::2]:
        client.dismiss(discussion_id)
    for listed in (client.by_state, client.by_symbol):
        assert ids(listed(limit=3)) == opened[:3]
        assert ids(listed(limit=3, after_id=opened[2])) == opened[3:6]
        assert ids(listed(limit=3, after_id=opened[5])) == opened[6:]
        assert listed(after_id=opened[6]) == []
        assert ids(listed(status="open", limit=2, after_id=opened[1])) == [opened[2], opened[4]]
        refused = refusal(listed, after_id="none")
        assert (refused.code, refused.message) == (NOT_FOUND, "discussion none not found")


def test_where_a_symbol_was_and_is(client: DiscussionClient, repository: Repository) -> None:
    opened = client.open("spin")
    assert opened.opened_anchor == opened.anchor
    assert (opened.start_line, opened.end_line) == (15, 19)
    write(repository, "engine.py", "# One line more.\n" + ENGINE.replace("spin", "turn"))
    moved = client.get(opened.id)
    assert moved.anchor == anchor("engine.py", "turn")
    assert moved.opened_anchor == anchor("engine.py", "spin")
    assert (moved.start_line, moved.end_line) == (16, 20)
    write(repository, "engine.py", "def nothing():\n    return 1\n")
    gone = client.get(opened.id)
    assert (gone.orphaned, gone.start_line, gone.end_line) == (True, 0, 0)


def test_resolving_into_an_annotation(client: DiscussionClient) -> None:
    opened = client.open()
    into = Resolve.ResolveIntoAnnotation(
        kind=INVARIANT, content="Starts once.", tags=["enforces", "enforces"]
    )
    settled = client.resolve(opened.id, into_annotation=into)
    annotation_id = settled.resolution.into_annotation.annotation_id
    assert uuid.UUID(annotation_id)
    assert settled.resolved_annotation_id == annotation_id
    assert client.get(opened.id) == settled


def test_resolving_by_an_edit(client: DiscussionClient, repository: Repository) -> None:
    opened = client.open()
    edit = write(repository, "engine.py", ENGINE.replace("True", "False"))
    settled = client.resolve(opened.id, by_edit=Resolve.ResolveByEdit(state_id=b"HEAD"))
    assert settled.resolution.by_edit.state_id == edit
    (entry,) = client.logged("discussion.resolve")
    assert entry.change_id == edit
    another = client.open()
    for state_id, code in ((b"\x01" * 20, NOT_FOUND), (b"\xff", INVALID), (b"", INVALID)):
        by_edit = Resolve.ResolveByEdit(state_id=state_id)
        refused = refusal(client.resolve, another.id, by_edit=by_edit)
        assert refused.code is code
        assert refused.fields == (["by_edit.state_id"] if code is INVALID else [])
    assert client.get(another.id) == another


def test_one_that_is_settled_is_not_settled_again(client: DiscussionClient) -> None:
    opened = client.open()
    settled = client.dismiss(opened.id)
    refused = refusal(client.resolve, opened.id, by_edit=Resolve.ResolveByEdit(state_id=b"HEAD"))
    assert refused.code is PRECONDITION
    assert f"discussion {opened.id} is resolved already (dismissed)" in refused.message
    assert client.get(opened.id) == settled


@pytest.mark.parametrize(
    ("fields", "at_fault"),
    [
        ({"anchor": anchor("", "x")}, ["anchor.file"]),
        ({"anchor": anchor("engine.py", " ")}, ["anchor.symbol"]),
        ({"anchor": None, "body": "\n\t "}, ["anchor.file", "anchor.symbol", "body"]),
        ({"body": "x" * (MAX_BODY_BYTES + 1)}, ["body"]),
        ({"body": "a\0b"}, ["body"]),
        ({"thread_ref": "x" * (MAX_TEXT_BYTES + 1)}, ["thread_ref"]),
        ({"state_id": b""}, ["state_id"]),
        ({"state_id": b"\x01" * 19}, ["state_id"]),
        ({"anchor": anchor("nowhere.py", "x")}, ["anchor.file"]),
        ({"anchor": anchor("engine.py", "nobody")}, ["anchor.symbol"]),
        ({"anchor": anchor("/engine.py", "spin")}, ["anchor.file"]),
        ({"anchor": anchor("../engine.py", "spin")}, ["anchor.file"]),
        ({"client_operation_id": "7"}, ["client_operation_id"]),
    ],
)
def test_what_cannot_be_opened(
    client: DiscussionClient, fields: dict[str, Any], at_fault: list[str]
) -> None:
    refused = refusal(client.open, **fields)
    assert (refused.code, refused.fields) == (INVALID, at_fault)
    assert client.by_state() == []
    assert client.logged() == []


def test_who_names_a_symbol_almost_is_told_its_name(client: DiscussionClient) -> None:
    for given in ("start", "Engine.start", "Engine::strat"):
        refused = refusal(client.open, given)
        assert f"engine.py has no '{given}'; did you mean 'Engine::start'" in refused.message
    refused = refusal(client.open, "zzz")
    assert "'engine.py' stands for the file as a whole" in refused.message


def test_a_symbol_that_only_an_older_state_has(
    client: DiscussionClient, repository: Repository, state: bytes
) -> None:
    write(repository, "engine.py", "def nothing():\n    return 1\n")
    assert refusal(client.open).fields == ["anchor.symbol"]
    opened = client.open(state_id=b"HEAD~1")
    assert opened.opened_against_state == state
    assert not opened.orphaned
    assert client.get(opened.id).orphaned


def test_links_are_no_place_for_a_discussion(
    client: DiscussionClient, repository: Repository
) -> None:
    (repository.root / "link").symlink_to("engine.py")
    write(repository, "more.txt", "more\n")
    refused = refusal(client.open, "link", "link")
    assert (refused.code, refused.fields) == (INVALID, ["anchor.file"])
    assert "link is a symlink or a submodule" in refused.message


def test_a_file_whose_name_is_not_utf_8(client: DiscussionClient, repository: Repository) -> None:
    name = os.fsdecode(b"caf\xe9.py")
    (repository.root / name).write_text("def brew():\n    return 1\n", encoding="utf-8")
    write(repository, "more.txt", "more\n")
    opened = client.open("brew", "caf\\351.py")
    assert opened.anchor == anchor("caf\\351.py", "brew")
    assert ids(client.by_symbol("brew", "caf\\351.py")) == [opened.id]


@pytest.mark.parametrize(
    ("fields", "at_fault"),
    [
        ({}, ["resolution"]),
        ({"dismissed": Resolve.ResolveDismissed(reason="  ")}, ["dismissed.reason"]),
        (
            {"into_annotation": Resolve.ResolveIntoAnnotation(content=" ")},
            ["into_annotation.kind", "into_annotation.content"],
        ),
        (
            {"into_annotation": Resolve.ResolveIntoAnnotation(kind=9, content="x")},  # type: ignore[arg-type]
            ["into_annotation.kind"],
        ),
        (
            {
                "into_annotation": Resolve.ResolveIntoAnnotation(
                    kind=INVARIANT, content="x", tags=["t"] * (MAX_TAGS + 1)
                )
            },
            ["into_annotation.tags"],
        ),
        (
            {
                "into_annotation": Resolve.ResolveIntoAnnotation(
                    kind=INVARIANT, content="x", tags=["t", "t" * (MAX_TAG_BYTES + 1)]
                )
            },
            ["into_annotation.tags[1]"],
        ),
    ],
)
def test_what_settles_nothing(
    client: DiscussionClient, fields: dict[str, Any], at_fault: list[str]
) -> None:
    opened = client.open()
    refused = refusal(client.resolve, opened.id, **fields)
    assert (refused.code, refused.fields) == (INVALID, at_fault)
    assert client.get(opened.id) == opened


def test_unknown_discussions(client: DiscussionClient) -> None:
    for call in (client.get, client.append, client.dismiss):
        refused = refusal(call, "none")
        assert (refused.code, refused.message) == (NOT_FOUND, "discussion none not found")
        refused = refusal(call, "")
        assert (refused.code, refused.fields) == (INVALID, ["discussion_id"])
    assert refusal(client.append, client.open().id, " ").fields == ["body"]


def test_lists_name_what_is_missing(client: DiscussionClient) -> None:
    refused = refusal(client.by_symbol, "", "")
    assert (refused.code, refused.fields) == (INVALID, ["anchor.file", "anchor.symbol"])
    refused = refusal(client.by_state, b"")
    assert (refused.code, refused.fields) == (INVALID, ["state_id"])
    assert refusal(client.by_state, b"\x01" * 20).code is NOT_FOUND


def test_every_call_looks_at_its_repo_path(client: DiscussionClient) -> None:
    opened = client.open(repo_path=".")
    elsewhere = {"repo_path": "/nowhere"}
    for call in (client.open, client.by_state, client.by_symbol):
        assert refusal(call, **elsewhere).code is NOT_FOUND
    for named in (client.get, client.append):
        assert refusal(named, opened.id, **elsewhere).code is NOT_FOUND
    dismissed = Resolve.ResolveDismissed(reason="no")
    assert refusal(client.resolve, opened.id, dismissed=dismissed, **elsewhere).code is NOT_FOUND


def test_each_worktree_is_asked_about_its_own_head(
    client: DiscussionClient, repository: Repository
) -> None:
    opened = client.open()
    other = repository.root.parent / "other"
    repository.git("worktree", "add", "--quiet", "-b", "other", str(other))
    (other / "engine.py").write_text("def nothing():\n    return 1\n")
    repository.git("-C", str(other), "commit", "--quiet", "-am", "empty it")
    assert not client.get(opened.id).orphaned
    there: dict[str, Any] = {"repo_path": str(other)}
    assert client.get(opened.id, **there).orphaned
    assert client.by_symbol(**there)[0].orphaned
    assert client.by_state(**there)[0].orphaned
    assert not client.by_state(b"HEAD~1", **there)[0].orphaned
    assert client.append(opened.id, **there).orphaned
    assert client.logged("discussion.append_turn")[0].thread == "other"
    assert not client.by_symbol()[0].orphaned


def test_the_log_tells_of_each_change(client: DiscussionClient, state: bytes) -> None:
    opened = client.open(body="Why?\nReally.", thread_ref="ticket 7")
    client.append(opened.id)
    client.dismiss(opened.id)
    plain = client.open("spin")
    entries = client.logged()
    assert [(entry.verb, entry.thread) for entry in entries] == [
        ("discussion.open", "ticket 7"),
        ("discussion.append_turn", "ticket 7"),
        ("discussion.resolve", "ticket 7"),
        ("discussion.open", "main"),
    ]
    assert {entry.change_id for entry in entries} == {state}
    assert {entry.actor_email for entry in entries} == {opened.turns[0].author_email}
    assert [entry.symbols for entry in entries] == [["engine.py:Engine::start"]] * 3 + [
        ["engine.py:spin"]
    ]
    assert client.logged(symbol="engine.py:spin")[0].seq == entries[-1].seq
    assert plain.id != opened.id


def test_a_retry_is_answered_and_not_done_again(client: DiscussionClient) -> None:
    once = {"client_operation_id": str(uuid.uuid4())}
    opened = client.open(**once)
    assert client.open(**once) == opened
    assert ids(client.by_symbol()) == [opened.id]
    appended = client.append(opened.id, **once)
    assert client.append(opened.id, **once) == appended
    assert len(client.get(opened.id).turns) == 2
    assert refusal(client.open, body="Another?", **once).code is PRECONDITION
    dismissed = Resolve.ResolveDismissed(reason="no")
    settled = client.resolve(opened.id, dismissed=dismissed, **once)
    assert client.resolve(opened.id, dismissed=dismissed, **once) == settled
    assert len(client.logged()) == 3


def test_an_aborted_transaction_takes_its_discussions_back(client: DiscussionClient) -> None:
    before = client.open()
    transaction = client.begin()
    opened = client.open("spin", transaction=transaction)
    client.append(before.id, transaction=transaction)
    into = Resolve.ResolveIntoAnnotation(kind=INVARIANT, content="Starts once.")
    client.resolve(before.id, transaction, into_annotation=into)
    assert ids(client.by_symbol("spin")) == [opened.id]
    assert len(client.logged()) == 1
    client.abort(transaction)
    assert client.get(before.id) == before
    assert refusal(client.get, opened.id).code is NOT_FOUND
    assert client.by_symbol("spin") == []
    assert ids(client.by_state()) == [before.id]
    assert len(client.logged()) == 1


def test_a_committed_transaction_keeps_them(client: DiscussionClient) -> None:
    transaction = client.begin()
    opened = client.open(transaction=transaction)
    client.dismiss(opened.id, transaction)
    client.commit(transaction)
    assert ids(client.by_symbol(status="resolved")) == [opened.id]
    assert [entry.verb for entry in client.logged()] == ["discussion.open", "discussion.resolve"]
    assert refusal(client.append, opened.id, transaction=transaction).code is PRECONDITION


def test_a_discussion_does_not_grow_without_end(client: DiscussionClient) -> None:
    opened = client.open()
    body = "x" * MAX_BODY_BYTES
    for _ in range(MAX_DISCUSSION_BYTES // (MAX_BODY_BYTES + 50)):
        client.append(opened.id, body)
    grown = client.get(opened.id)
    refused = refusal(client.append, opened.id, body)
    assert refused.code is EXHAUSTED
    assert "open another one" in refused.message
    assert client.get(opened.id) == grown
    assert len(client.append(opened.id, "short").turns) == len(grown.turns) + 1


def test_too_many_for_one_message_are_refused(client: DiscussionClient) -> None:
    body = "x" * MAX_BODY_BYTES
    for _ in range(64):
        client.open(body=body)
    few = client.open("spin")
    for listed in (client.by_state, client.by_symbol):
        refused = refusal(listed)
        assert refused.code is EXHAUSTED
        assert "ask for parts of them with limit and after_id" in refused.message
        page = listed(limit=40)
        assert len(page) == 40
        rest = listed(limit=40, after_id=page[-1].id)
        assert len({*ids(page), *ids(rest)}) == len(page) + len(rest) >= 64
    assert ids(client.by_symbol("spin")) == [few.id]


def test_in_a_bare_repository(
    repository: Repository, state: bytes, start_worker: Callable[..., Worker]
) -> None:
    bare = repository.root.parent / "bare.git"
    repository.git("clone", "--quiet", "--bare", str(repository.root), str(bare))
    heddle_dir = bare / ".heddle"
    for directory in (heddle_dir, heddle_dir / "state"):
        directory.mkdir(mode=0o700)
    worker = start_worker(repository=bare, heddle_dir=heddle_dir)
    with grpc.insecure_channel(grpc_address(worker.activate().path)) as channel:
        client = DiscussionClient(channel)
        opened = client.open(repo_path=str(bare))
        assert client.by_symbol() == [opened]
        assert client.by_state(state) == [opened]
