"""The program of a parser process: it outlines the sources that come in until there are no more.

It is a process of its own since a parser holds the interpreter's lock, needs any amount of memory
and can be made to take any time or to crash by a source that somebody has thought up. It reads
requests from its standard input and writes replies to its standard output; the end of its input
ends it, and so does a source that takes too much processor time or memory.

A message is its length (4 bytes, big-endian, itself not counted) and a marshalled list: a request
of sources, each with its language and path, a reply of what came of each: whether there are syntax
errors, and the symbols, marshalled once more, since they are kept like that.
"""

from __future__ import annotations

import gc
import marshal
import os
import resource
import signal
import sys
from typing import BinaryIO, Final

LENGTH_BYTES: Final = 4
EXIT_OUT_OF_MEMORY: Final = 71
"""Exit status of a process to which a source was too much (`EX_OSERR`)."""

_NICENESS: Final = 1


def main(processor_seconds: float, memory_bytes: int) -> int:
    """Serve until the input ends; return the exit status.

    Args:
        processor_seconds: that one source may take, beyond which SIGPROF ends the process.
        memory_bytes: of address space.
    """
    os.nice(_NICENESS)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _limit_memory(memory_bytes)
    # A terminal sends SIGINT to the whole group; only the worker decides on its end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Nothing that a parse makes refers to itself, and it makes hundreds of thousands of objects.
    gc.disable()
    requests, replies = sys.stdin.buffer, sys.stdout.buffer
    try:
        while (request := _read(requests)) is not None:
            reply = marshal.dumps(
                [_outline(each, processor_seconds) for each in marshal.loads(request)]  # noqa: S302
            )
            replies.write(len(reply).to_bytes(LENGTH_BYTES, "big") + reply)
            replies.flush()
    except MemoryError:
        return EXIT_OUT_OF_MEMORY
    except BrokenPipeError:
        # The worker is gone; what is still buffered cannot go anywhere.
        os._exit(0)
    return 0


def _outline(request: tuple[str, bytes, bytes], processor_seconds: float) -> tuple[bool, bytes]:
    # Not at the top: the worker imports this module as well, and has no use for grammars.
    from heddle_worker.symbols.extraction import extractor

    language, path, source = request
    # A grammar that is loaded first does not count.
    extract = extractor(language)
    # The parser does not return to the interpreter, so a signal has to do it the hard way.
    signal.setitimer(signal.ITIMER_PROF, processor_seconds)
    is_partial, symbols = extract.outline(source, path)
    signal.setitimer(signal.ITIMER_PROF, 0)
    return is_partial, marshal.dumps(symbols)


def _read(stream: BinaryIO) -> bytes | None:
    length = stream.read(LENGTH_BYTES)
    if len(length) < LENGTH_BYTES:
        return None
    size = int.from_bytes(length, "big")
    request = stream.read(size)
    return request if len(request) == size else None


def _limit_memory(limit: int) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    if hard != resource.RLIM_INFINITY:
        limit = min(limit, hard)
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
