"""The parser processes of a worker: started when there is work, ended when there is none."""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import threading
import zlib
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Final

from heddle_worker.symbols.encoding import encode
from heddle_worker.symbols.jobs import Jobs
from heddle_worker.symbols.limits import ParserLimits
from heddle_worker.symbols.outline import OutlineStatus
from heddle_worker.symbols.parser_link import NoReplyError, ParserLink, Reply, SourceToParse
from heddle_worker.symbols.parser_process import EXIT_OUT_OF_MEMORY

_ATTEMPTS: Final = 2
# How a process dies of what it reads, and of nothing else.
_FATAL: Final = frozenset(
    {
        -signal.SIGSEGV,
        -signal.SIGBUS,
        -signal.SIGABRT,
        -signal.SIGILL,
        -signal.SIGFPE,
        EXIT_OUT_OF_MEMORY,
    }
)


@dataclass(frozen=True, slots=True)
class Parsed:
    """What came of one source.

    Attributes:
        outline: encoded.
        is_final: whether the same would come of the same source another time.
    """

    outline: bytes
    is_final: bool = True


@dataclass(frozen=True, slots=True)
class _Job:
    sources: Sequence[SourceToParse]
    parsed: Future[list[Parsed]] = field(default_factory=Future)


class Parsers:
    """Outlines sources in other processes. Safe to be used by many threads.

    Nothing is started before there is something to do, so that this may be made before a fork, but
    must be used only after it.
    """

    def __init__(self, limits: ParserLimits | None = None) -> None:
        self.limits = limits or ParserLimits()
        self._most = max(1, min(self.limits.processes, os.cpu_count() or 1))
        self._lock = threading.Lock()
        self._jobs: Jobs[_Job] = Jobs()
        self._threads: list[threading.Thread] = []
        self._unfinished = 0
        self._is_closed = False

    def submit(self, sources: Sequence[SourceToParse]) -> Future[list[Parsed]]:
        """Have sources outlined by one process; what is wrong with one is said by its outline.

        Where it has nothing else to do, that is the one that has seen their paths before.

        Raises:
            RuntimeError: the parsers are closed.
        """
        job = _Job(sources)
        with self._lock:
            if self._is_closed:
                raise RuntimeError("the parsers are closed")
            self._jobs.put(job, zlib.crc32(sources[0][1]) % self._most)
            self._unfinished += 1
            if len(self._threads) < min(self._unfinished, self._most):
                number = len(self._threads)
                thread = threading.Thread(
                    target=self._serve, args=(number,), name="parser", daemon=True
                )
                self._threads.append(thread)
                thread.start()
        return job.parsed

    def close(self) -> None:
        """Finish what was submitted, end the processes, and refuse what comes later."""
        with self._lock:
            self._is_closed = True
            self._jobs.close()
        for thread in self._threads:
            thread.join()

    def _serve(self, number: int) -> None:
        """Do jobs one by one, with a process that ends when there are none for a while."""
        with contextlib.closing(ParserLink(self.limits)) as link:
            while (job := self._next_job(number, link)) is not None:
                try:
                    job.parsed.set_result(_parse_all(link, job.sources))
                except BaseException as error:
                    job.parsed.set_exception(error)
                finally:
                    with self._lock:
                        self._unfinished -= 1

    def _next_job(self, number: int, link: ParserLink) -> _Job | None:
        try:
            return self._jobs.take(number, timeout=self.limits.idle_seconds)
        except queue.Empty:
            link.close()
        return self._jobs.take(number)


def _parse_all(link: ParserLink, sources: Sequence[SourceToParse]) -> list[Parsed]:
    """Have sources outlined together, or each alone when one of them has ended the process."""
    if len(sources) > 1:
        with contextlib.suppress(NoReplyError, OSError):
            replies = link.ask(sources)
            return [_parsed(*each) for each in zip(sources, replies, strict=True)]
    return [_parse(link, source) for source in sources]


def _parse(link: ParserLink, source: SourceToParse) -> Parsed:
    """Have a source outlined, and judge what became of the process if it has not done so.

    A process that is killed by somebody says nothing about the source, so another one has a try.
    """
    language = source[0]
    status: int | None = None
    for _ in range(_ATTEMPTS):
        try:
            (reply,) = link.ask([source])
        except OSError:
            break
        except NoReplyError as error:
            status = error.status
            if error.is_too_slow:
                # The clock may have run out because the machine was busy, the processor's not.
                return Parsed(encode(language, OutlineStatus.TOO_SLOW), is_final=status is not None)
        else:
            return _parsed(source, reply)
    return Parsed(encode(language, OutlineStatus.FAILED), is_final=status in _FATAL)


def _parsed(source: SourceToParse, reply: Reply) -> Parsed:
    is_partial, symbols = reply
    how_much = OutlineStatus.PARTIAL if is_partial else OutlineStatus.COMPLETE
    return Parsed(encode(source[0], how_much, symbols))
