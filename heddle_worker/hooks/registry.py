"""Registering hooks, as changes that the operation log tells of."""

from __future__ import annotations

from collections.abc import Callable

import apsw

from heddle_worker.failures import LimitReachedError
from heddle_worker.hooks.answers import Response, one_line
from heddle_worker.hooks.sealing import Seals
from heddle_worker.limits import MAX_HOOKS
from heddle_worker.mutations import Change, Changed, Occasion
from heddle_worker.store import hooks
from heddle_worker.store.hooks import RegisteredHook
from heddle_worker.store.readers import Readers


class Registry:
    """The hooks that may be run. Its methods may be called on any thread; they may block.

    Args:
        readers: of the store.
        seals: tell which hooks this user has registered.
        say: writes a line to the daemon's log.
    """

    def __init__(self, readers: Readers, seals: Seals, say: Callable[[str], None]) -> None:
        self._readers = readers
        self._seals = seals
        self._say = say
        self._said: set[str] = set()

    def registered(self) -> list[RegisteredHook]:
        """Return the hooks that this user has registered, in that order.

        One that only the database knows of, which may have come with a repository, is left out;
        the log says so once.

        Raises:
            StoreError: the store cannot be read.
        """
        with self._readers.snapshot() as connection:
            found = hooks.all_hooks(connection)
        return [hook for hook in found if self._is_ours(hook)]

    def _is_ours(self, hook: RegisteredHook) -> bool:
        is_ours = self._seals.holds(hook)
        if not is_ours and hook.name not in self._said:
            self._said.add(hook.name)
            self._say(
                f"hook {one_line(hook.name)} is not run: it was not registered by this user here; "
                "register it again if it is yours"
            )
        return is_ours


def registration(hook: RegisteredHook) -> Change[RegisteredHook]:
    """Return the change that registers a hook, in place of the one that has its name.

    It raises `LimitReachedError` when there are as many as may be.
    """

    def change(connection: apsw.Connection, occasion: Occasion) -> Changed[RegisteredHook]:
        hooks.put(connection, hook)
        if hooks.count(connection) > MAX_HOOKS:
            raise LimitReachedError(f"{MAX_HOOKS} hooks are registered, as many as may be")
        return Changed(hook, (occasion.operation(detail=hook.name),))

    return change


def deregistration(name: str) -> Change[bool]:
    """Return the change that removes the hook of a name, and tells whether there was one.

    The operation log gets an entry only when there was.
    """

    def change(connection: apsw.Connection, occasion: Occasion) -> Changed[bool]:
        if not hooks.remove(connection, name):
            return Changed(False, ())
        return Changed(True, (occasion.operation(detail=name),))

    return change


def reply(response: Response, *, accepted: bool) -> Change[bool]:
    """Return the change that notes a subscriber's reply, if it counts and says anything.

    That somebody has agreed is told by what the log has about the event.
    """

    def change(_connection: apsw.Connection, occasion: Occasion) -> Changed[bool]:
        if not accepted or response == Response():
            return Changed(accepted, ())
        told = f"vetoed: {response.abort}" if response.abort else "attached signals"
        return Changed(accepted, (occasion.operation(detail=one_line(told)),))

    return change
