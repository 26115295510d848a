"""The HTTP application that gunicorn serves, since it serves no gRPC."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

_BODY = b"SERVING"


def application(
    _environment: Mapping[str, Any], start: Callable[[str, list[tuple[str, str]]], object]
) -> Iterable[bytes]:
    """Answer every request alike."""
    start("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(_BODY)))])
    return [_BODY]
