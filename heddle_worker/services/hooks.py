"""HookService: commands that run when something happens in the repository."""

from __future__ import annotations

import asyncio
from typing import Final

from heddle_api.v1 import common_pb2, hook_pb2
from heddle_worker.dispatch import Call
from heddle_worker.domain import Domain
from heddle_worker.hooks.events import EVENTS
from heddle_worker.hooks.registry import deregistration, registration
from heddle_worker.limits import MAX_COMMAND_BYTES, MAX_EVENTS, MAX_HOOK_TIMEOUT_MS
from heddle_worker.mutations import Mutation
from heddle_worker.services.mutating import answered, mutating
from heddle_worker.services.repo_path import ensure_repo_path
from heddle_worker.services.validation import FieldChecks
from heddle_worker.store.hooks import RegisteredHook, all_hooks

_DEFAULT_TIMEOUT_MS: Final = 5_000


class HookService:
    """Keeps the registered hooks of one repository."""

    def __init__(self, domain: Domain) -> None:
        self._domain = domain
        self.mutations = domain.mutations

    @mutating("hook.register_hook")
    async def RegisterHook(
        self, request: hook_pb2.RegisterHookRequest, _call: Call
    ) -> Mutation[RegisteredHook]:
        """Register a command under a name, in place of the one that has the name.

        Raises:
            InvalidRequestError: a field is not what it should be, or an event is unknown.
            NotFoundError: `repo_path` is of another repository.
            LimitReachedError: there are as many as may be.
        """
        _check_registration(request)
        await ensure_repo_path(self._domain, request.repo_path)
        hook = RegisteredHook(
            name=request.name,
            command=request.command,
            events=tuple(dict.fromkeys(request.events)),
            timeout_ms=request.timeout_ms or _DEFAULT_TIMEOUT_MS,
        )
        return answered(registration(hook), _message)

    @mutating("hook.deregister_hook")
    async def DeregisterHook(
        self, request: hook_pb2.DeregisterHookRequest, _call: Call
    ) -> Mutation[bool]:
        """Remove the command of a name; the reply says whether there was one.

        Raises:
            InvalidRequestError: a field is not what it should be.
            NotFoundError: `repo_path` is of another repository.
        """
        checks = FieldChecks()
        checks.text("repo_path", request.repo_path)
        checks.name("name", request.name)
        checks.done()
        await ensure_repo_path(self._domain, request.repo_path)
        return answered(
            deregistration(request.name),
            lambda deleted: common_pb2.DeleteResponse(deleted=deleted),
        )

    async def ListHooks(
        self, request: hook_pb2.ListHooksRequest, _call: Call
    ) -> hook_pb2.ListHooksResponse:
        """Return the commands in the order of their registration.

        Raises:
            InvalidRequestError: `repo_path` is not what it should be.
            NotFoundError: `repo_path` is of another repository.
        """
        checks = FieldChecks()
        checks.text("repo_path", request.repo_path)
        checks.done()
        await ensure_repo_path(self._domain, request.repo_path)
        hooks = await asyncio.to_thread(self._hooks)
        return hook_pb2.ListHooksResponse(hooks=map(_message, hooks))

    def _hooks(self) -> list[RegisteredHook]:
        with self._domain.readers.snapshot() as connection:
            return all_hooks(connection)


def _check_registration(request: hook_pb2.RegisterHookRequest) -> None:
    checks = FieldChecks()
    checks.text("repo_path", request.repo_path)
    checks.name("name", request.name)
    checks.name("command", request.command, MAX_COMMAND_BYTES)
    checks.texts("events", request.events, MAX_EVENTS)
    for index, event in enumerate(request.events):
        if event not in EVENTS:
            checks.fault(
                f"events[{index}]",
                f"{event[:64]!r} is no event; GetHookEventSchema with an empty name lists all",
            )
    if request.timeout_ms > MAX_HOOK_TIMEOUT_MS:
        checks.fault("timeout_ms", f"{request.timeout_ms} is more than {MAX_HOOK_TIMEOUT_MS}")
    checks.done()


def _message(hook: RegisteredHook) -> hook_pb2.Hook:
    return hook_pb2.Hook(
        name=hook.name, command=hook.command, events=hook.events, timeout_ms=hook.timeout_ms
    )
