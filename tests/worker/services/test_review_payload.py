"""GetReviewPayload, with a client of a real worker."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import grpc
import pytest
from refusals import refusal
from waiting import wait_until
from worker_bench import Repository, Worker

from heddle_api.local.v1 import review_pb2
from heddle_api.v1 import common_pb2, discussion_pb2, discussion_pb2_grpc, state_review_pb2
from heddle_api.v1.state_review_pb2_grpc import StateReviewServiceStub
from heddle_worker.serving.socket_address import grpc_address

_BEFORE = """LIMIT = 3


class Parser:
    def parse(self, text):
        return text.split()


def main():
    return Parser().parse("")
"""
_AFTER = """LIMIT = 4


class Parser:
    def parse(self, text):
        return text.split(",")

    def close(self):
        pass


def main():
    # As before.
    return Parser().parse("")
"""


class Client:
    """Asks one worker for reviews."""

    def __init__(self, channel: grpc.Channel) -> None:
        self._reviews: Any = StateReviewServiceStub(channel)
        self.discussions: Any = discussion_pb2_grpc.DiscussionServiceStub(channel)

    def review(self, state_id: bytes = b"HEAD", **fields: Any) -> state_review_pb2.ReviewPayload:
        request = state_review_pb2.GetReviewPayloadRequest(state_id=state_id, **fields)
        reply: state_review_pb2.ReviewPayload = self._reviews.GetReviewPayload(request, timeout=60)
        return reply

    def open(self, file: str, symbol: str, body: str = "Why?") -> discussion_pb2.Discussion:
        request = discussion_pb2.OpenDiscussionRequest(
            state_id=b"HEAD", anchor={"file": file, "symbol": symbol}, body=body
        )
        reply: discussion_pb2.Discussion = self.discussions.OpenDiscussion(request, timeout=60)
        return reply

    def annotate(self, discussion: discussion_pb2.Discussion, content: str) -> None:
        self.discussions.ResolveDiscussion(
            discussion_pb2.ResolveDiscussionRequest(
                discussion_id=discussion.id,
                into_annotation={
                    "kind": common_pb2.CONTEXT_ANNOTATION_KIND_INVARIANT,
                    "content": content,
                },
            ),
            timeout=60,
        )


@pytest.fixture
def client(start_worker: Callable[..., Worker]) -> Iterator[Client]:
    """A client of a worker that serves."""
    with grpc.insecure_channel(grpc_address(start_worker().activate().path)) as channel:
        yield Client(channel)


def record(repository: Repository, subject: str, **files: str) -> str:
    """Commit files, a name's `__` standing for a dot; return the commit's id."""
    for name, text in files.items():
        (repository.root / name.replace("__", ".")).write_text(text)
    repository.git("add", "--", *(name.replace("__", ".") for name in files))
    return repository.commit(subject)


def entries(refs: Any) -> list[tuple[str, str]]:
    return [(ref.file, ref.symbol) for ref in refs]


def test_a_change_is_laid_out(client: Client, repository: Repository) -> None:
    before = record(repository, "before", parser__py=_BEFORE)
    after = record(repository, "Split at commas\n\nBecause.", parser__py=_AFTER, notes__md="New\n")
    payload = client.review()
    assert payload.state_id.hex() == after
    assert payload.prior_state_id.hex() == before
    summary = payload.summary
    assert summary.headline == "Split at commas"
    assert (summary.files_changed, summary.added_lines, summary.removed_lines) == (2, 7, 2)
    assert entries(payload.partition.structural) == [("parser.py", "LIMIT")]
    assert entries(payload.partition.consequence) == [
        ("parser.py", "Parser::parse"),
        ("parser.py", "Parser::close"),
        ("parser.py", "main"),
    ]
    assert entries(payload.partition.tests_and_docs) == [("notes.md", "notes.md")]
    became = {
        one.anchor.symbol: (list(one.changes), one.changes_meaning)
        for one in payload.changed_symbols
    }
    assert became == {
        "LIMIT": (["edited"], True),
        "Parser::parse": (["edited"], True),
        "Parser::close": (["added"], True),
        "main": (["reformatted"], False),
    }
    assert [(file.path, file.status, file.language) for file in payload.changed_files] == [
        ("notes.md", "A", ""),
        ("parser.py", "M", "python"),
    ]
    assert payload.agent_narrative == ""
    assert list(payload.signing_footer.available_kinds) == [1, 2, 3]
    assert payload.tick_budget == 3
    assert not payload.all_signals
    assert not payload.is_truncated


def test_what_an_agent_says_is_its_narrative(client: Client, repository: Repository) -> None:
    record(repository, "Fix\n\nBecause.\n\nAssisted-by: a model", parser__py=_BEFORE)
    assert client.review().agent_narrative.startswith("Because.")


def test_all_signals_are_given_when_they_are_asked_for(
    client: Client, repository: Repository
) -> None:
    record(repository, "before", parser__py=_BEFORE)
    subjects = "".join(f"self-flag: [parser.py] doubt {number}\n" for number in range(5))
    record(repository, f"after\n\n{subjects}", parser__py=_AFTER)
    payload = client.review(include_all_signals=True)
    flags = [one for one in payload.all_signals if one.kind == "self_flagged_uncertainty"]
    visible = [one for one in payload.in_budget_signals if one.kind == "self_flagged_uncertainty"]
    assert len(flags) == 5
    # One for each anchor.
    assert len(visible) == 1
    assert payload.in_budget_signals[-1].kind == "diff_summary.modified_only"
    summary = payload.summary
    assert summary.in_budget_signal_count == len(payload.in_budget_signals)
    assert summary.hidden_signal_count == len(payload.all_signals) - len(payload.in_budget_signals)
    assert not payload.signals_incomplete
    assert client.review(include_all_signals=True) == payload


def test_the_worktree_is_reviewed_before_the_commit(client: Client, repository: Repository) -> None:
    (repository.root / ".git" / "info" / "exclude").write_text("/.heddle/\n")
    record(repository, "before", parser__py=_BEFORE)
    assert client.review(b"").summary.files_changed == 0
    (repository.root / "parser.py").write_text(_AFTER)
    (repository.root / "fresh.py").write_text("def fresh():\n    return 1\n")
    payload = client.review(b"")
    assert payload.state_id == b""
    assert [file.path for file in payload.changed_files] == ["fresh.py", "parser.py"]
    assert ("fresh.py", "fresh") in entries(payload.partition.consequence)
    (repository.root / "fresh.py").unlink()
    assert [file.path for file in client.review(b"").changed_files] == ["parser.py"]


def test_discussions_and_annotations_are_those_of_what_is_touched(
    client: Client, repository: Repository
) -> None:
    record(repository, "before", parser__py=_BEFORE, other__py="def aside():\n    return 1\n")
    talk = client.open("parser.py", "Parser::parse")
    client.open("other.py", "aside")
    settled = client.open("parser.py", "main", "Must stay.")
    client.annotate(settled, "Never returns nothing.")
    record(repository, "after", parser__py=_AFTER)
    payload = client.review()
    found = {one.id: one for one in payload.discussions}
    assert set(found) == {talk.id, settled.id}
    assert found[talk.id].body_changed_since_open
    assert found[talk.id].anchor.symbol == "Parser::parse"
    assert [one.content for one in payload.annotations] == ["Never returns nothing."]
    requirement = {one.id: one for one in payload.merge_requirements}["open_discussions"]
    assert not requirement.satisfied
    assert requirement.status == review_pb2.REQUIREMENT_STATUS_FAIL
    assert talk.id in requirement.explanation


def test_a_payload_that_was_given_before_tells_what_is_new(
    client: Client, repository: Repository
) -> None:
    record(repository, "before", parser__py=_BEFORE)
    commit = bytes.fromhex(record(repository, "after", parser__py=_AFTER))
    assert client.review(commit) == client.review(commit)
    assert not client.review(commit).discussions
    talk = client.open("parser.py", "Parser::parse")
    assert [one.id for one in client.review(commit).discussions] == [talk.id]
    config = repository.heddle_dir / "config.toml"
    config.write_text("[review.requirements]\nopen_discussions_block = false\n")
    # The file is looked at again after some milliseconds.
    wait_until(
        lambda: all(one.satisfied for one in client.review(commit).merge_requirements),
        "the setting holds",
    )


def test_settings_that_make_no_sense_are_told(client: Client, repository: Repository) -> None:
    config = repository.heddle_dir / "config.toml"
    config.write_text("[review.requirements]\nmin_signatures = 'many'\n")
    refused = refusal(client.review)
    assert refused.code is grpc.StatusCode.FAILED_PRECONDITION
    assert "review.requirements.min_signatures" in refused.message
    config.unlink()

    def is_reviewed() -> bool:
        with contextlib.suppress(grpc.RpcError):
            return bool(client.review().state_id)
        return False

    wait_until(is_reviewed, "the file is known to be gone")


@pytest.mark.parametrize(
    ("state_id", "code"),
    [
        (b"HEAD~99", grpc.StatusCode.NOT_FOUND),
        (b"\1" * 20, grpc.StatusCode.NOT_FOUND),
        (b"ab" * 20, grpc.StatusCode.NOT_FOUND),
        (b"HEAD^{tree}", grpc.StatusCode.INVALID_ARGUMENT),
        (b"\xff\xfe", grpc.StatusCode.INVALID_ARGUMENT),
        (b"--all", grpc.StatusCode.INVALID_ARGUMENT),
        (b"\1" * 32, grpc.StatusCode.INVALID_ARGUMENT),
    ],
)
def test_a_state_that_is_none_is_refused(
    client: Client, state_id: bytes, code: grpc.StatusCode
) -> None:
    refused = refusal(client.review, state_id)
    assert refused.code is code, refused
    assert refused.fields == (["state_id"] if code is grpc.StatusCode.INVALID_ARGUMENT else [])


def test_a_path_of_another_repository_is_refused(client: Client) -> None:
    refused = refusal(client.review, repo_path="/")
    assert refused.code is grpc.StatusCode.NOT_FOUND


def test_a_huge_change_is_listed_in_part(client: Client, repository: Repository) -> None:
    for number in range(2_100):
        (repository.root / f"file{number:04}.py").write_text(f"def f{number}():\n    return 1\n")
    repository.git("add", "--", "file*.py")
    repository.commit("many")
    payload = client.review()
    assert payload.is_truncated
    assert payload.summary.files_changed == 2_100
    assert payload.summary.added_lines == 4_200
    assert 0 < len(payload.changed_files) <= 2_000
