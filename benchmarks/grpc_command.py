"""The floor of a command that asks the daemon: one that imports gRPC and does nothing with it."""

from __future__ import annotations

import grpc
import typer


def empty() -> None:
    """Do nothing."""
    assert grpc.StatusCode.OK


if __name__ == "__main__":
    typer.run(empty)
