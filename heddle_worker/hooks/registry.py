"""Registering hooks, as changes that the operation log tells of."""

from __future__ import annotations

import apsw

from heddle_worker.failures import LimitReachedError
from heddle_worker.limits import MAX_HOOKS
from heddle_worker.mutations import Change, Changed, Occasion
from heddle_worker.store import hooks
from heddle_worker.store.hooks import RegisteredHook


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
