from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heddle_worker.repository.display import displayed, displayed_name


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"", ""),
        (b"main", "main"),
        ("süß €".encode(), "süß €"),
        (b"caf\xe9", "caf\\351"),
        (b"\xff\xc3\xbc\x80", "\\377ü\\200"),
        (b"back\\slash", "back\\slash"),
    ],
)
def test_bytes_as_text(raw: bytes, text: str) -> None:
    assert displayed(raw) == displayed_name(raw) == text


@given(st.binary())
def test_every_text_can_be_encoded(raw: bytes) -> None:
    displayed(raw).encode()
