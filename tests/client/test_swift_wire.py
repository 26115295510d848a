"""The messages that are written and read by hand are those of the generated code."""

from __future__ import annotations

import contextlib

from hypothesis import given
from hypothesis import strategies as st

from heddle_api.local.v1 import git_hook_pb2
from heddle_client.swift_wire import GarbledError, Verdict, encode_hook_run

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=200)


@given(
    texts,
    texts,
    st.lists(st.binary(max_size=300), max_size=4),
    st.binary(max_size=40_000),
    st.dictionaries(texts, st.binary(max_size=300), max_size=4),
)
def test_requests_are_those_of_the_generated_code(
    repo_path: str,
    hook: str,
    arguments: list[bytes],
    data: bytes,
    environment: dict[str, bytes],
) -> None:
    encoded = encode_hook_run(
        repo_path=repo_path,
        hook=hook,
        arguments=arguments,
        input=data,
        index_file=data[:20],
        message=data[20:],
        environment=environment,
    )
    assert git_hook_pb2.RunGitHookRequest.FromString(encoded) == git_hook_pb2.RunGitHookRequest(
        repo_path=repo_path,
        hook=hook,
        arguments=arguments,
        input=data,
        index_file=data[:20],
        message=data[20:],
        environment=environment,
    )


@given(
    st.booleans(),
    texts,
    texts,
    st.lists(st.tuples(texts, texts, texts, texts, st.integers(0, 2**32 - 1)), max_size=5),
)
def test_verdicts_are_read_as_the_generated_code_writes_them(
    vetoed: bool, reason: str, author: str, answers: list[tuple[str, str, str, str, int]]
) -> None:
    verdict = git_hook_pb2.HookVerdict(vetoed=vetoed, reason=reason, author=author)
    for who, event, outcome, detail, duration in answers:
        verdict.answers.add(
            author=who, event_name=event, outcome=outcome, detail=detail, duration_ms=duration
        )
    # A field of a later version, of each wire type.
    later = b"\xa8\x06\x05" + b"\xb2\x06\x02hi" + b"\xbd\x06abcd" + b"\xc1\x06abcdefgh"
    read = Verdict.decode(later + verdict.SerializeToString() + later)
    assert (read.vetoed, read.reason, read.author) == (vetoed, reason, author)
    assert [(a.author, a.event_name, a.outcome, a.detail) for a in read.answers] == [
        answer[:4] for answer in answers
    ]


@given(st.binary(max_size=100))
def test_what_is_no_message_is_found_out(data: bytes) -> None:
    with contextlib.suppress(GarbledError):
        Verdict.decode(data)
