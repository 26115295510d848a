"""`client.hooks`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from heddle_client.requests import hooks as requests

if TYPE_CHECKING:
    from heddle_client.caller import Caller
    from heddle_client.streams import Stream
    from heddle_client.values.common import DeleteResponse
    from heddle_client.values.git_hook import HookVerdict
    from heddle_client.values.hook import Hook, HookEvent, HookEventSchema, RespondToHookResponse


class Hooks:
    """Who is asked and told. Each method raises `ClientError`; see `heddle_client.errors`.

    Of every method, `timeout` is the seconds until it gives up; None stands for its default.
    `operation_id` is a UUID under which a change happens once; one is made where it is None.
    """

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def register(
        self,
        name: str,
        command: str,
        events: Sequence[str] = (),
        timeout_ms: int = 0,
        *,
        operation_id: str | None = None,
        timeout: float | None = None,
    ) -> Hook:
        """Register a command to be run on events, in place of any that has its name.

        Args:
            name: what it is called.
            command: as the daemon is to run it.
            events: their names; empty for all.
            timeout_ms: milliseconds after which the command is killed; 0 for 5,000.
            operation_id: see the class.
            timeout: see the class.
        """
        call = requests.register(
            self._caller.repo_path,
            name,
            command,
            events=events,
            timeout_ms=timeout_ms,
            operation_id=operation_id,
        )
        return self._caller.call(call, timeout)

    def deregister(
        self, name: str, *, operation_id: str | None = None, timeout: float | None = None
    ) -> DeleteResponse:
        """Remove a registered command; the result says whether there was one."""
        call = requests.deregister(self._caller.repo_path, name, operation_id=operation_id)
        return self._caller.call(call, timeout)

    def list(self, *, timeout: float | None = None) -> tuple[Hook, ...]:
        """Return the registered commands, in the order in which they are asked."""
        return self._caller.call(requests.registered(self._caller.repo_path), timeout)

    def schemas(
        self, event: str = "", *, timeout: float | None = None
    ) -> tuple[HookEventSchema, ...]:
        """Return what an event carries and what may be answered; of all events without a name."""
        return self._caller.call(requests.schemas(event), timeout)

    def events(
        self, names: Sequence[str] = (), *, timeout: float | None = None
    ) -> Stream[HookEvent]:
        """Return an iterator over the events that happen; `respond` answers them.

        It has no cursor: when a worker is replaced, what is told between the two is missed, and an
        event that waits for an answer is asked about anew, under another id. Each time, `resumed`
        of the iterator grows by one.

        Args:
            names: of the events; empty for all.
            timeout: seconds after which it ends with `CallTimeoutError`; None for never.
        """
        return self._caller.stream(requests.events(self._caller.repo_path, names), timeout)

    def respond(
        self,
        hook_event_id: str,
        abort: str = "",
        extra_signals_json: str = "",
        *,
        operation_id: str | None = None,
        timeout: float | None = None,
    ) -> RespondToHookResponse:
        """Answer an event of `events`; only the first answer of a subscriber counts.

        Args:
            hook_event_id: of the event.
            abort: why it must not happen; empty agrees.
            extra_signals_json: signals to attach to the state, as a JSON array.
            operation_id: see the class.
            timeout: see the class.
        """
        call = requests.respond(
            self._caller.repo_path,
            hook_event_id,
            abort=abort,
            extra_signals_json=extra_signals_json,
            operation_id=operation_id,
        )
        return self._caller.call(call, timeout)

    def test(
        self, event_name: str, payload_json: str = "", *, timeout: float | None = None
    ) -> HookVerdict:
        """Emit an event by hand and return who answers what. The commands do run.

        Args:
            event_name: such as `pre_capture`.
            payload_json: a JSON object; made up where it is empty.
            timeout: see the class; an hour by default.
        """
        call = requests.test(self._caller.repo_path, event_name, payload_json=payload_json)
        return self._caller.call(call, timeout)
