from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from heddle_worker.repository.reflog_lines import (
    ReflogLine,
    line_id,
    moved_ref,
    number,
    owners,
    parse,
)

ONE, TWO = b"1" * 40, b"2" * 40
NULL = b"0" * 40


def text(old: bytes, new: bytes, rest: bytes = b"Ada <ada@x> 7 +0100\tcommit: it") -> bytes:
    return b"%s %s %s\n" % (old, new, rest)


def line(message: bytes) -> ReflogLine:
    return parse(text(ONE, TWO, b"Ada <ada@x> 7 +0100\t" + message))[0]


def test_the_parts_of_a_line() -> None:
    data = text(NULL, ONE)
    (parsed,) = parse(data, start=100)
    assert parsed == ReflogLine(
        old=b"",
        new=b"\x11" * 20,
        email=b"ada@x",
        seconds=7,
        message=b"commit: it",
        content=data[41:-1],
        end=100 + len(data),
    )


def test_a_message_may_be_missing_or_have_any_bytes() -> None:
    data = (
        text(ONE, TWO, b"Ada <ada@x> 7 +0000")
        + text(TWO, ONE, b"Ada <ada@x> 7 +0000\t")
        + text(ONE, TWO, b"\xff\xfe <\xe9@x> 7 -1200\ta\tb\r \xff")
    )
    assert [one.message for one in parse(data)] == [b"", b"", b"a\tb\r \xff"]
    assert [one.email for one in parse(data)] == [b"ada@x", b"ada@x", b"\xe9@x"]


def test_what_is_no_line_is_left_out() -> None:
    data = (
        text(ONE, TWO)
        + b"\n"
        + text(ONE, b"3" * 39)
        + text(ONE, TWO, b"no address 7 +0000")
        + text(ONE, TWO, b"Ada <ada@x> soon +0000")
        + text(TWO, ONE)
        + text(ONE, TWO)[:-1]
    )
    assert [one.new for one in parse(data)] == [b"\x22" * 20, b"\x11" * 20]


@given(st.lists(st.binary(max_size=30)), st.integers(0, 1_000))
def test_any_bytes_can_be_parsed(pieces: list[bytes], start: int) -> None:
    data = b"\n".join(pieces) + text(ONE, TWO)
    assert all(start < one.end <= start + len(data) for one in parse(data, start))


def test_a_moved_ref_is_recognised() -> None:
    renamed = moved_ref(b"Branch: renamed refs/heads/a to refs/heads/b")
    assert renamed == (b"refs/heads/a", b"refs/heads/b", False)
    copied = moved_ref(b"Branch: copied refs/heads/a to refs/heads/b")
    assert copied == (b"refs/heads/a", b"refs/heads/b", True)
    assert moved_ref(b"remote: renamed refs/remotes/a/x to refs/remotes/b/x") is not None
    assert moved_ref(b"commit: Branch: renamed refs/heads/a to refs/heads/b") is None


def test_lines_belong_to_the_name_that_the_ref_had() -> None:
    lines = [
        line(b"branch: Created from main"),
        line(b"Branch: renamed refs/heads/a to refs/heads/b"),
        line(b"commit: it"),
        line(b"Branch: copied refs/heads/b to refs/heads/c"),
        line(b"commit: more"),
    ]
    names = [name.removeprefix(b"refs/heads/") for name in owners(lines, b"refs/heads/c")]
    assert names == [b"a", b"b", b"b", b"c", b"c"]


@given(st.lists(st.sampled_from([b"a", b"b"])), st.integers(0, 3))
def test_lines_alike_are_counted_and_others_have_their_own_ids(
    messages: list[bytes], first: int
) -> None:
    lines = [line(message) for message in messages]
    names = [b"refs/heads/main"] * len(lines)
    ids = number(lines, names, lambda _owner, _content: first)
    assert len(set(ids)) == len(ids)
    counts = {b"a": first, b"b": first}
    for one, message in zip(ids, messages, strict=True):
        assert one == line_id(b"refs/heads/main", line(message).content, counts[message])
        counts[message] += 1


def test_an_id_depends_on_the_ref_but_not_on_the_old_id() -> None:
    (here,) = number(parse(text(ONE, TWO)), [b"refs/heads/a"], lambda *_alike: 0)
    (there,) = number(parse(text(ONE, TWO)), [b"refs/heads/b"], lambda *_alike: 0)
    (rewritten,) = number(parse(text(NULL, TWO)), [b"refs/heads/a"], lambda *_alike: 0)
    assert here == rewritten != there
