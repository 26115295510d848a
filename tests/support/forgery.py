"""Requests to sign that were right, and have been tampered with."""

from __future__ import annotations

import random
from collections.abc import Callable

from heddle_api.v1 import common_pb2
from heddle_api.v1.state_review_pb2 import SignStateRequest
from heddle_worker.signing.verification import ALGORITHMS

SYMBOLS = [("a.py", name) for name in ("a.py", "A", "A::f", "A::h", "g", "k")]
"""Symbols that the repository has in which the requests are tried."""


class Forger:
    """Makes one small change to a request, of any kind, by the numbers of a seeded generator.

    Args:
        numbers: the generator.
        others: requests with other keys, parts of which are borrowed.
        states: ids of other states that are there.
    """

    def __init__(
        self, numbers: random.Random, others: list[SignStateRequest], states: list[bytes]
    ) -> None:
        self._numbers = numbers
        self._others = others
        self._states = states
        self._ways: list[tuple[int, Callable[[SignStateRequest], None]]] = [
            (40, self._signature),
            (20, self._key),
            (10, self._time),
            (15, self._scope),
            (5, self._kind),
            (10, self._justification),
            (5, self._algorithm),
            (5, self._state),
            (5, self._borrowed),
        ]

    def forged(self, right: SignStateRequest) -> tuple[str, SignStateRequest]:
        """Return a request that differs from a right one in what it says, and how it was made."""
        weights, ways = zip(*self._ways, strict=True)
        while True:
            (way,) = self._numbers.choices(ways, weights)
            request = SignStateRequest()
            request.CopyFrom(right)
            way(request)
            if meaning(request) != meaning(right):
                return way.__name__, request

    def _signature(self, request: SignStateRequest) -> None:
        request.signature = self._bytes(request.signature)

    def _key(self, request: SignStateRequest) -> None:
        request.public_key = self._bytes(request.public_key)

    def _bytes(self, value: bytes) -> bytes:
        place = self._numbers.randrange(len(value))
        before, at, after = value[:place], value[place], value[place + 1 :]
        return self._numbers.choice(
            (
                before + bytes([at ^ 1 << self._numbers.randrange(8)]) + after,
                before + bytes([self._numbers.randrange(256)]) + after,
                before + after,
                before + bytes([at]) * 2 + after,
                before + bytes([self._numbers.randrange(256), at]) + after,
                before,
                value + bytes([self._numbers.randrange(256)]),
                bytes([self._numbers.randrange(256)]) + value,
                value + value,
                bytes(self._numbers.randbytes(len(value))),
            )
        )

    def _time(self, request: SignStateRequest) -> None:
        request.signed_at.seconds += self._numbers.choice((-1, 1)) * self._numbers.randint(1, 200)

    def _scope(self, request: SignStateRequest) -> None:
        symbols = [(ref.file, ref.symbol) for ref in request.scope.symbols.symbols]
        if not symbols or self._numbers.random() < 0.2:
            symbols = self._numbers.sample(SYMBOLS, self._numbers.randint(1, 3))
        else:
            place = self._numbers.randrange(len(symbols))
            symbols[place : place + 1] = self._numbers.choice(
                ([], [symbols[place]] * 2, [self._numbers.choice(SYMBOLS)])
            )
            self._numbers.shuffle(symbols)
        request.ClearField("scope")
        refs = [common_pb2.PathSymbolRef(file=file, symbol=symbol) for file, symbol in symbols]
        if refs:
            request.scope.symbols.symbols.extend(refs)

    def _kind(self, request: SignStateRequest) -> None:
        request.kind = self._numbers.choice(
            (
                common_pb2.REVIEW_KIND_UNSPECIFIED,
                common_pb2.REVIEW_KIND_READ,
                common_pb2.REVIEW_KIND_AGENT_PREVIEW,
                common_pb2.REVIEW_KIND_AGENT_CO_REVIEW,
            )
        )

    def _justification(self, request: SignStateRequest) -> None:
        said = request.justification
        request.justification = self._numbers.choice(("", said + " ", said[1:], said.upper(), "x"))

    def _algorithm(self, request: SignStateRequest) -> None:
        request.algorithm = self._numbers.choice((*ALGORITHMS, "none", "ed448"))

    def _state(self, request: SignStateRequest) -> None:
        request.state_id = self._numbers.choice(self._states)

    def _borrowed(self, request: SignStateRequest) -> None:
        other = self._numbers.choice(self._others)
        for field in self._numbers.sample(("public_key", "signature", "algorithm"), 2):
            setattr(request, field, getattr(other, field))


def meaning(request: SignStateRequest) -> tuple[object, ...]:
    """Return what a request says, whichever of the ways it takes that are documented.

    Those are: the two names of P-256, the end of a text's last line, and the comment of an SSH key.
    """
    is_text = request.algorithm in ("rsa", "rsa-pss", "ssh")
    key, signature = (
        value.removesuffix(b"\n") if is_text else value
        for value in (request.public_key, request.signature)
    )
    if request.algorithm == "ssh" and b"\n" not in key and b"\r" not in key[:-1]:
        key = b" ".join(key.removesuffix(b"\r").split(b" ")[:2])
    return (
        request.state_id,
        request.kind,
        [(ref.file, ref.symbol) for ref in request.scope.symbols.symbols],
        request.justification,
        request.algorithm.removeprefix("ecdsa-"),
        key,
        signature,
        request.signed_at.seconds,
    )
