"""A worker's life, from the fork to its exit status."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import Awaitable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from heddle_supervisor.heartbeat import Heartbeat, Part
from heddle_supervisor.worker_link import Command, Message, Report, WorkerLink
from heddle_supervisor.worker_settings import EXIT_CANNOT_BOOT, WorkerSettings
from heddle_worker import lifeline, process_signals
from heddle_worker.admission import Admission, Phase
from heddle_worker.domain import Domain
from heddle_worker.limits import (
    BLOCKING_THREADS,
    CONNECTION_AGE_JITTER,
    CONNECTION_AGE_SECONDS,
    RETIRED_CALL_SECONDS,
)
from heddle_worker.repository.errors import RepositoryError
from heddle_worker.services.catalogue import SERVICES, resume, servicers
from heddle_worker.serving.dispatch import Dispatcher, methods_of
from heddle_worker.serving.server import NoAnswerError, Server, check_health
from heddle_worker.serving.socket_address import BindError
from heddle_worker.store.errors import (
    StoreClosedError,
    StoreCorruptError,
    StoreError,
    StoreReadOnlyError,
    StoreTooNewError,
)

_T = TypeVar("_T")

# Made before the fork, the messages' classes are in memory that all workers share.
for _service in SERVICES:
    methods_of(_service)

EXIT_TRY_AGAIN: Final = 75
"""Exit status of a worker whose start may succeed later (`EX_TEMPFAIL`)."""

_HEALTH_CHECK_SECONDS: Final = 10.0
# A takeover's first calls are answered by then.
_FIRST_CALLS_SECONDS: Final = 0.005
# What is left of the grace period for telling the callers whose calls are cut short.
_FAREWELL_SECONDS: Final = 0.3
# A call may still come in on a connection while its GOAWAY is on the way.
_GOAWAY_SECONDS: Final = 0.5
_CLOSE_SECONDS: Final = 2.0
_RESUME_SECONDS: Final = 0.2

# What stays as it is until a person does something about it.
_HOPELESS: Final = (RepositoryError, StoreCorruptError, StoreReadOnlyError, StoreTooNewError)


class BootError(Exception):
    """The worker cannot start; the text is one line for people.

    Attributes:
        exit_status: what the process ends with.
    """

    def __init__(self, message: str, exit_status: int = EXIT_CANNOT_BOOT) -> None:
        super().__init__(" ".join(message.split()))
        self.exit_status = exit_status


def run_worker(settings: WorkerSettings, link: WorkerLink, heartbeat: Heartbeat) -> int:
    """Serve in this forked process until the supervisor says to end or is gone.

    Returns:
        The exit status, with which the caller has to end the process at once: neither the event
        loop nor its threads are taken down, since they may be held up by a call for any time.
    """
    process_signals.leave_to_supervisor()
    lifeline.hold(link)
    return asyncio.new_event_loop().run_until_complete(Worker(settings, link, heartbeat).run())


class Worker:
    """One worker: what it has opened, and the order in which things happen to it."""

    def __init__(self, settings: WorkerSettings, link: WorkerLink, heartbeat: Heartbeat) -> None:
        self._settings = settings
        self._link = link
        self._heartbeat = heartbeat
        self._commands: asyncio.Queue[Message] = asyncio.Queue()
        self._admission = Admission(heartbeat.note_use)
        self._dispatcher = Dispatcher(self._admission)
        self._server: Server
        self._domain: Domain | None = None
        self._services: dict[str, object]

    async def run(self) -> int:
        """Live; return the exit status."""
        loop = asyncio.get_running_loop()
        loop.set_default_executor(ThreadPoolExecutor(BLOCKING_THREADS, "blocking"))
        loop.add_reader(self._link.fileno(), self._read_link)
        self._beat()
        try:
            await self._warm_up()
            command = await self._commands.get()
            if command.kind is Command.ACTIVATE:
                await self._activate()
                command = await self._commands.get()
                if command.kind is Command.RETIRE:
                    command = await self._retire()
        except BootError as error:
            self._link.send(Message(Report.BOOT_FAILED, str(error)))
            return error.exit_status
        await self._drain(command.seconds)
        self._link.send(Message(Report.DRAINED))
        return 0

    async def _warm_up(self) -> None:
        """Open what may be shared, listen, and make one call, as a first client would."""
        settings = self._settings
        await self._open_domain()
        self._server = Server(self._admission, self._dispatcher, SERVICES)
        path = settings.socket_path
        try:
            await self._server.start(path)
            await check_health(path, _HEALTH_CHECK_SECONDS)
        except BindError as error:
            raise BootError(str(error)) from error
        except NoAnswerError as error:
            raise BootError(str(error), EXIT_TRY_AGAIN) from error
        self._link.send(Message(Report.WARM))

    async def _activate(self) -> None:
        """Become the one that writes, and serve, if calls were not let in already."""
        domain = self._domain
        if domain is None or not domain.in_place:
            # Somebody has put another file there while this worker stood by.
            domain = await self._open_domain()
        await _opened(asyncio.wrap_future(domain.writer.begin()))
        self._admission.advance(Phase.SERVING)
        domain.verification.start()
        self._link.send(Message(Report.SERVING))
        domain.watcher.start()
        self._resumption = asyncio.ensure_future(_resume(self._services.values()))

    async def _retire(self) -> Message:
        """Serve until every connection has aged and no call is in flight; return what is next."""
        self._admission.advance(Phase.RETIRING)
        self._hand_over(to_successor=True)
        command = asyncio.ensure_future(self._commands.get())
        aged = CONNECTION_AGE_SECONDS * (1 + CONNECTION_AGE_JITTER) + _GOAWAY_SECONDS
        await asyncio.wait({command}, timeout=aged)
        idle = asyncio.ensure_future(self._admission.idle())
        await asyncio.wait(
            {command, idle}, timeout=RETIRED_CALL_SECONDS, return_when=asyncio.FIRST_COMPLETED
        )
        return command.result() if command.done() else Message(Command.DRAIN)

    async def _drain(self, seconds: float) -> None:
        """Refuse what is new, let calls in flight end within `seconds`, close everything."""
        self._admission.advance(Phase.STOPPING)
        self._hand_over(to_successor=False)
        try:
            async with asyncio.timeout(max(0.0, seconds - _FAREWELL_SECONDS)):
                await self._admission.idle()
        except TimeoutError:
            self._admission.interrupt_all()
        await self._server.finish(_FAREWELL_SECONDS)
        if self._domain is not None:
            await _close(self._domain)

    def _hand_over(self, *, to_successor: bool) -> None:
        if self._domain is not None:
            self._domain.hand_over(to_successor=to_successor)

    def _read_link(self) -> None:
        if not self._link.receive(self._take_command):
            lifeline.cut()

    def _take_command(self, message: Message) -> None:
        """Keep a command for its turn; but let calls in at once where nothing can speak against it.

        The store of a successor was in use a moment ago. Its session has to have begun before
        anything is written, which the writer sees to, but not before the first calls, which have
        waited. No other command comes before the worker has reported that it serves.
        """
        if message.kind is Command.ACTIVATE and self._domain is not None:
            if self._domain.is_in_use:
                self._admission.advance(Phase.SERVING)
                loop = asyncio.get_running_loop()
                loop.call_later(_FIRST_CALLS_SECONDS, self._commands.put_nowait, message)
                return
            self._admission.advance(Phase.ACTIVATING)
        self._commands.put_nowait(message)

    def _beat(self) -> None:
        """Beat, from the event loop itself: a loop that is held up must be seen to be."""
        self._heartbeat.beat(Part.EVENT_LOOP)
        if self._domain is None:
            self._beat_store()
        else:
            self._domain.writer.ask_for_beat()
        asyncio.get_running_loop().call_later(self._settings.heartbeat_interval, self._beat)

    def _beat_store(self) -> None:
        self._heartbeat.beat(Part.STORE_WRITER)

    async def _open_domain(self) -> Domain:
        """Open, in place of what was open, and let the services answer from it."""
        if self._domain is not None:
            await _close(self._domain)
        settings = self._settings
        domain = self._domain = await _opened(
            asyncio.to_thread(
                Domain.open, settings.repository, settings.heddle_dir, self._beat_store
            )
        )
        counters = self._dispatcher.counters
        self._services = servicers(domain, settings, self._admission, counters)
        for name, servicer in self._services.items():
            self._dispatcher.install(name, servicer)
        return domain


async def _resume(services: Iterable[object]) -> None:
    """Finish what a crash has cut off, once the first calls have had their turn."""
    await asyncio.sleep(_RESUME_SECONDS)
    try:
        await resume(services)
    except StoreClosedError:
        return  # This worker ends; the next one does it.
    except Exception as error:
        sys.stderr.write(f"what was cut off is not finished, and is when asked again: {error}\n")


async def _close(domain: Domain) -> None:
    """Close the store, unless that takes so long that it is better left as after a crash."""
    with contextlib.suppress(TimeoutError, StoreError):
        async with asyncio.timeout(_CLOSE_SECONDS):
            await asyncio.to_thread(domain.close)


async def _opened(step: Awaitable[_T]) -> _T:
    """Wait for a step of opening; turn what can go wrong in it into the end of the boot.

    Raises:
        BootError: the step has failed.
    """
    try:
        return await step
    except _HOPELESS as error:
        raise BootError(str(error)) from error
    except (StoreError, OSError, MemoryError) as error:
        raise BootError(str(error) or "out of memory", EXIT_TRY_AGAIN) from error
