"""The supervisors, one module each; a new module here is a new row in every table."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator

from benchmarks.peers.peer import Peer


def all_peers() -> Iterator[Peer]:
    """Yield every supervisor that a module of this package offers as one of its `PEERS`."""
    for module in pkgutil.iter_modules(__path__):
        yield from importlib.import_module(f"{__name__}.{module.name}").PEERS
