"""heddle's client library, and what git's hooks and the people at the command line use of it.

    with heddle_client.connect(start=True) as client:
        print(client.review("HEAD").summary.headline)

The public names are those listed in `__all__`. They are imported when they are first used.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:  # a checker takes it for true; `typing` itself would cost each hook of git's
    from heddle_client import aio, errors, values
    from heddle_client.client import Client, connect

__all__ = ["Client", "aio", "connect", "errors", "values"]


def __getattr__(name: str) -> object:
    """Import a public name's module at its first use (PEP 562)."""
    import importlib

    if name in ("Client", "connect"):
        return getattr(importlib.import_module("heddle_client.client"), name)
    if name in ("aio", "errors", "values"):
        return importlib.import_module(f"heddle_client.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
