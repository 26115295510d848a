"""The two messages of a run of git's hooks, written and read without the protobuf library.

Importing that library and gRPC takes a tenth of a second, for each of the hooks that one commit
runs. The generated code remains what tells whether these bytes are right, in a test.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:  # a checker takes it for true; `typing` itself costs more than all of this
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Final

_VARINT: Final = 0
_EIGHT_BYTES: Final = 1
_DELIMITED: Final = 2
_FOUR_BYTES: Final = 5
_VARINT_BYTES_MAX: Final = 10


class GarbledError(Exception):
    """Bytes that are no message."""


class Answer:
    """What one of those who were asked has said: `heddle.local.v1.HookAnswer` in part."""

    __slots__ = ("author", "detail", "event_name", "outcome")

    def __init__(self, author: str, event_name: str, outcome: str, detail: str) -> None:
        self.author = author
        self.event_name = event_name
        self.outcome = outcome
        self.detail = detail


class Verdict:
    """What became of the events of a run: `heddle.local.v1.HookVerdict`."""

    __slots__ = ("answers", "author", "reason", "vetoed")

    def __init__(self, vetoed: bool, reason: str, author: str, answers: Sequence[Answer]) -> None:
        self.vetoed = vetoed
        self.reason = reason
        self.author = author
        self.answers = answers

    @classmethod
    def decode(cls, data: bytes) -> Verdict:
        """Return the verdict in a message's bytes; fields that are not known are passed over.

        Raises:
            GarbledError: they are no message.
        """
        vetoed, texts, answers = False, {2: "", 3: ""}, []
        for number, value in _fields(data):
            if number == 1 and isinstance(value, int):
                vetoed = bool(value)
            elif number in texts and isinstance(value, bytes):
                texts[number] = value.decode(errors="replace")
            elif number == 4 and isinstance(value, bytes):  # noqa: PLR2004 - the field's number
                answers.append(_answer(value))
        return cls(vetoed, texts[2], texts[3], tuple(answers))


def encode_hook_run(
    *,
    repo_path: str,
    hook: str,
    arguments: Sequence[bytes],
    input: bytes,  # noqa: A002 - the field's name
    index_file: bytes,
    message: bytes,
    environment: Mapping[str, bytes],
) -> bytes:
    """Return the bytes of a `heddle.local.v1.RunGitHookRequest`, whose fields these are."""
    return b"".join(
        (
            _text(1, repo_path.encode()),
            _text(2, hook.encode()),
            *(_delimited(3, argument) for argument in arguments),
            _text(4, input),
            _text(5, index_file),
            _text(6, message),
            *(
                _delimited(7, _text(1, name.encode()) + _text(2, value))
                for name, value in environment.items()
            ),
        )
    )


def _answer(data: bytes) -> Answer:
    texts = dict.fromkeys((1, 2, 3, 4), "")
    for number, value in _fields(data):
        if number in texts and isinstance(value, bytes):
            texts[number] = value.decode(errors="replace")
    return Answer(*texts.values())


def _text(number: int, value: bytes) -> bytes:
    return _delimited(number, value) if value else b""


def _delimited(number: int, value: bytes) -> bytes:
    return _varint(number << 3 | _DELIMITED) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    encoded = bytearray()
    while value > 0x7F:  # noqa: PLR2004 - seven bits a byte
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)


def _fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    position = 0
    while position < len(data):
        key, position = _read_varint(data, position)
        number, kind = key >> 3, key & 7
        if kind == _VARINT:
            value, position = _read_varint(data, position)
            yield number, value
            continue
        if kind == _DELIMITED:
            length, position = _read_varint(data, position)
        elif kind in (_EIGHT_BYTES, _FOUR_BYTES):
            length = 8 if kind == _EIGHT_BYTES else 4
        else:
            raise GarbledError(f"wire type {kind}")
        if position + length > len(data):
            raise GarbledError("cut off")
        yield number, data[position : position + length]
        position += length


def _read_varint(data: bytes, position: int) -> tuple[int, int]:
    value = 0
    for shift in range(_VARINT_BYTES_MAX):
        if position + shift >= len(data):
            break
        byte = data[position + shift]
        value |= (byte & 0x7F) << 7 * shift
        if not byte & 0x80:
            return value, position + shift + 1
    raise GarbledError("a number does not end")
