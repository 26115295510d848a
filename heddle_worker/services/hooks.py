"""HookService: commands and programs that are asked and told what happens in the repository."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from dataclasses import replace

from google.protobuf.timestamp_pb2 import Timestamp

from heddle_api.v1 import common_pb2, hook_pb2
from heddle_worker.domain import Domain
from heddle_worker.failures import NotFoundError
from heddle_worker.hooks import schemas
from heddle_worker.hooks.activity_teller import ActivityTeller
from heddle_worker.hooks.answers import Response
from heddle_worker.hooks.composition import say
from heddle_worker.hooks.events import EVENTS
from heddle_worker.hooks.registry import deregistration, registration, responding
from heddle_worker.hooks.signal_teller import SignalTeller
from heddle_worker.hooks.subscribers import Sent
from heddle_worker.mutations import Mutation
from heddle_worker.repository.errors import RepositoryError
from heddle_worker.services.hook_requests import (
    hook_of,
    no_event,
    response_of,
    wanted_events,
)
from heddle_worker.services.mutating import answered, mutating
from heddle_worker.services.repo_path import ensure_repo_path
from heddle_worker.services.validation import FieldChecks
from heddle_worker.serving.dispatch import LIVE, Call, Liveness
from heddle_worker.store.errors import StoreError
from heddle_worker.store.hooks import RegisteredHook, all_hooks
from heddle_worker.streams.feed import Feed


class HookService:
    """Keeps the registered hooks of one repository, and the streams of its events.

    Args:
        domain: of the repository.
        feed: the live end of its operation log.
    """

    def __init__(self, domain: Domain, feed: Feed) -> None:
        self._domain = domain
        self._hub = domain.hooks.hub
        self.mutations = domain.mutations
        activity = ActivityTeller(
            feed,
            domain.read_in,
            domain.repository,
            domain.watcher,
            domain.writer,
            domain.readers,
            self._hub,
            say,
        )
        signals = SignalTeller(
            domain.branch_moves(),
            domain.signalling.kinds_of,
            self._hub,
            domain.writer,
            domain.readers,
            say,
        )
        self._hub.tellers = [activity, signals]

    async def resume(self) -> None:
        """Begin to tell what happens."""
        await self._domain.hooks.extra_signals.begin()
        await self._hub.begin()

    @mutating("hook.register_hook")
    async def RegisterHook(
        self, request: hook_pb2.RegisterHookRequest, _call: Call
    ) -> Mutation[RegisteredHook]:
        """Register a command under a name, in place of the one that has the name.

        Raises:
            InvalidRequestError: a field is not what it should be, or an event is unknown.
            NotFoundError: `repo_path` is of another repository.
            LimitReachedError: there are as many as may be.
            OSError: the key with which registrations are sealed cannot be made.
        """
        hook = hook_of(request)
        await ensure_repo_path(self._domain, request.repo_path)
        seal = await asyncio.to_thread(self._domain.hooks.seals.make, hook)
        branches = await asyncio.to_thread(self._read_up)
        with contextlib.suppress(OSError):
            # It is tried again when the first command is to be run, and told of then.
            await self._domain.hooks.keeper.start()
        return answered(
            registration(replace(hook, seal=seal), branches), _message, self._note_change
        )

    @mutating("hook.deregister_hook")
    async def DeregisterHook(
        self, request: hook_pb2.DeregisterHookRequest, _call: Call
    ) -> Mutation[bool]:
        """Remove the command of a name; the reply says whether there was one.

        Raises:
            InvalidRequestError: a field is not what it should be.
            NotFoundError: `repo_path` is of another repository.
        """
        checks = FieldChecks(request)
        checks.name("name", request.name)
        checks.done()
        await ensure_repo_path(self._domain, request.repo_path)
        return answered(
            deregistration(request.name),
            lambda deleted: common_pb2.DeleteResponse(deleted=deleted),
            self._note_change,
        )

    async def ListHooks(
        self, request: hook_pb2.ListHooksRequest, _call: Call
    ) -> hook_pb2.ListHooksResponse:
        """Return the commands in the order of their registration.

        Raises:
            InvalidRequestError: `repo_path` is not what it should be.
            NotFoundError: `repo_path` is of another repository.
        """
        FieldChecks(request).done()
        await ensure_repo_path(self._domain, request.repo_path)
        hooks = await asyncio.to_thread(self._hooks)
        return hook_pb2.ListHooksResponse(hooks=map(_message, hooks))

    async def GetHookEventSchema(
        self, request: hook_pb2.GetHookEventSchemaRequest, _call: Call
    ) -> hook_pb2.GetHookEventSchemaResponse:
        """Describe one event, or all of them.

        Raises:
            NotFoundError: there is no such event.
        """
        name = request.event_name
        if name and name not in EVENTS:
            raise NotFoundError(no_event(name))
        return hook_pb2.GetHookEventSchemaResponse(
            schemas=[
                hook_pb2.HookEventSchema(
                    event_name=event,
                    schema_version=schemas.VERSION,
                    payload_schema_json=schemas.payload_schema(event),
                    response_schema_json=schemas.response_schema(event),
                )
                for event in ([name] if name else EVENTS)
            ]
        )

    async def SubscribeHookEvents(
        self, request: hook_pb2.SubscribeHookEventsRequest, call: Call
    ) -> AsyncGenerator[hook_pb2.HookEvent | Liveness, None]:
        """Yield events as they happen.

        Raises:
            InvalidRequestError: a field is not what it should be, or an event is unknown.
            NotFoundError: `repo_path` is of another repository.
            SubscriberTooSlowError: too many events wait for the client to take them.
        """
        events = wanted_events(request)
        await ensure_repo_path(self._domain, request.repo_path)
        async with self._hub.subscribed(events, call.cut_off) as subscriber:
            yield LIVE
            while True:
                yield _event(await subscriber.next())

    @mutating("hook.respond_to_hook", outside_transactions=True)
    async def RespondToHook(
        self, request: hook_pb2.RespondToHookRequest, _call: Call
    ) -> Mutation[bool]:
        """Answer an event that came over a stream; the reply says whether the answer counts.

        It counts from this moment on, before the log has it: whoever waits for it waits no longer.

        Raises:
            InvalidRequestError: a field is not what it should be.
            NotFoundError: `repo_path` is of another repository.
        """
        response = response_of(request)
        await ensure_repo_path(self._domain, request.repo_path)
        accepted = self._hub.respond(request.hook_event_id, response, request.client_operation_id)
        mutation = answered(
            responding(response, accepted=accepted),
            lambda value: hook_pb2.RespondToHookResponse(accepted=value),
        )
        if accepted and response != Response():
            return mutation
        return replace(mutation, unwritten=mutation.reply(accepted))

    def _hooks(self) -> list[RegisteredHook]:
        with self._domain.readers.snapshot() as connection:
            return all_hooks(connection)

    def _read_up(self) -> dict[str, bytes]:
        """Read in what git did, of which a new hook is told nothing; return the branches."""
        with contextlib.suppress(RepositoryError, StoreError):
            self._domain.operation_log.refresh()
            return self._domain.code.states.branches()
        return {}

    def _note_change(self, is_made: bool) -> None:
        if is_made:
            self._hub.note_change()


def _event(sent: Sent) -> hook_pb2.HookEvent:
    emitted_at = Timestamp()
    emitted_at.FromNanoseconds(int(sent.at * 1e9))
    return hook_pb2.HookEvent(
        hook_event_id=sent.id,
        event_name=sent.name,
        payload_json=sent.payload,
        emitted_at=emitted_at,
    )


def _message(hook: RegisteredHook) -> hook_pb2.Hook:
    return hook_pb2.Hook(
        name=hook.name, command=hook.command, events=hook.events, timeout_ms=hook.timeout_ms
    )
