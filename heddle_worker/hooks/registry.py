"""Registering hooks, as changes that the operation log tells of."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from pathlib import Path

import apsw

from heddle_worker.failures import LimitReachedError
from heddle_worker.hooks.answers import Response
from heddle_worker.hooks.plain_text import one_line
from heddle_worker.hooks.sealing import Seals
from heddle_worker.limits import MAX_HOOKS
from heddle_worker.mutations import Change, Changed, Occasion
from heddle_worker.store import hooks, told
from heddle_worker.store.hooks import RegisteredHook
from heddle_worker.store.readers import Readers


class Registry:
    """The hooks that may be run. Its methods may be called on any thread.

    Args:
        path: of the store's file, which another process touches when it has changed something.
        readers: of the store.
        seals: tell which hooks this user has registered.
        say: writes a line to the daemon's log.
    """

    def __init__(
        self, path: Path, readers: Readers, seals: Seals, say: Callable[[str], None]
    ) -> None:
        self._path = path
        self._readers = readers
        self._seals = seals
        self._say = say
        self._said: set[str] = set()
        self._reading = threading.Lock()
        self._known: tuple[int, list[RegisteredHook]] | None = None

    def known(self) -> list[RegisteredHook] | None:
        """Return what was read last, `None` if it may be outdated.

        Whoever changes something in this process reads afterwards.
        """
        known = self._known
        return known[1] if known is not None and known[0] == self._touched() else None

    def registered(self) -> list[RegisteredHook]:
        """Read the hooks that this user has registered, in that order. May block.

        One that only the database knows of, which may have come with a repository, is left out;
        the log says so once.

        Raises:
            StoreError: the store cannot be read.
        """
        # What is read later must also be kept later.
        with self._reading:
            touched = self._touched()
            with self._readers.snapshot() as connection:
                found = hooks.all_hooks(connection)
            ours = [hook for hook in found if self._is_ours(hook)]
            self._known = (touched, ours)
        return ours

    def _touched(self) -> int:
        try:
            return self._path.stat().st_mtime_ns
        except OSError:
            return 0

    def _is_ours(self, hook: RegisteredHook) -> bool:
        is_ours = self._seals.holds(hook)
        if not is_ours and hook.name not in self._said:
            self._said.add(hook.name)
            self._say(
                f"hook {one_line(hook.name)} is not run: it was not registered by this user here; "
                "register it again if it is yours"
            )
        return is_ours


def registration(hook: RegisteredHook, branches: Mapping[str, bytes]) -> Change[RegisteredHook]:
    """Return the change that registers a hook, in place of the one that has its name.

    It raises `LimitReachedError` when there are as many as may be.

    Args:
        hook: the hook.
        branches: the raw id of the state of each branch; what comes to them is told from then on.
    """

    def change(connection: apsw.Connection, occasion: Occasion) -> Changed[RegisteredHook]:
        hooks.put(connection, hook)
        # Whoever begins to tell, be it a next worker, knows from where on.
        told.expect_operations(connection)
        told.expect_tips(connection, branches)
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


def responding(response: Response, *, accepted: bool) -> Change[bool]:
    """Return the change that notes a subscriber's response, if it counts and says anything.

    That somebody has agreed is told by what the log has about the event.
    """

    def change(_connection: apsw.Connection, occasion: Occasion) -> Changed[bool]:
        if not accepted or response == Response():
            return Changed(accepted, ())
        detail = f"vetoed: {response.reason}" if response.reason else "attached signals"
        return Changed(accepted, (occasion.operation(detail=one_line(detail)),))

    return change
