"""Noticing that nobody reads any more, while there is nothing to write."""

from __future__ import annotations

import contextlib
import os
import select
import sys
import threading
from collections.abc import Callable, Iterator


@contextlib.contextmanager
def told_of_closed_pipe(stop: Callable[[], object]) -> Iterator[None]:
    """Call `stop`, from another thread, when the other end of standard output is closed.

    Without that, `heddle log --follow | head -1` would end with the second entry after the first.
    """
    output = sys.stdout.fileno()
    wake, woken = os.pipe()
    watcher = threading.Thread(target=_watch, args=(output, wake, stop), daemon=True)
    watcher.start()
    try:
        yield
    finally:
        os.close(woken)
        watcher.join()
        os.close(wake)


def _watch(output: int, wake: int, stop: Callable[[], object]) -> None:
    poll = select.poll()
    # Errors are always told of; being writable is of no interest.
    poll.register(output, 0)
    poll.register(wake, 0)
    ready = {descriptor for descriptor, _event in poll.poll()}
    if wake not in ready:
        stop()
