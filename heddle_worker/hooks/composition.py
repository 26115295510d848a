"""Everything that a worker's hooks are made of, put together."""

from __future__ import annotations

import contextlib
import sys
from dataclasses import dataclass
from pathlib import Path

from heddle_worker.hooks.commands import Commands
from heddle_worker.hooks.conflicts import ConflictTeller
from heddle_worker.hooks.extra_signals import ExtraSignals
from heddle_worker.hooks.hub import HookHub
from heddle_worker.hooks.keeping import Keeper
from heddle_worker.hooks.listening import ListeningFile
from heddle_worker.hooks.plain_text import one_line
from heddle_worker.hooks.policy import PolicyFile
from heddle_worker.hooks.recording import Recorder
from heddle_worker.hooks.registry import Registry
from heddle_worker.hooks.sealing import Seals, default_key_path
from heddle_worker.hooks.url_pushes import UrlPushes
from heddle_worker.operation_log import OperationLog
from heddle_worker.principal import Principals
from heddle_worker.repository.repository import Repository
from heddle_worker.store import told
from heddle_worker.store.errors import StoreError
from heddle_worker.store.readers import Readers
from heddle_worker.store.writer import Writer


@dataclass(frozen=True, slots=True)
class Hooks:
    """The parts that others use.

    Attributes:
        hub: asks and tells.
        seals: show that this user has registered a hook.
        extra_signals: attached by hooks to what is about to be captured.
        url_pushes: of which git keeps no record.
        conflicts: looks for what git has stopped at.
        keeper: starts commands.
        recorder: notes what became of events.
        writer: of the store.
    """

    hub: HookHub
    seals: Seals
    extra_signals: ExtraSignals
    url_pushes: UrlPushes
    conflicts: ConflictTeller
    keeper: Keeper
    recorder: Recorder
    writer: Writer

    @classmethod
    def of(
        cls,
        root: Path,
        heddle_dir: Path,
        repository: Repository,
        operation_log: OperationLog,
        writer: Writer,
        readers: Readers,
        principals: Principals,
    ) -> Hooks:
        """Put them together; nothing is read or begun yet.

        Args:
            root: of the worktree that is served, or the bare repository.
            heddle_dir: the repository's `.heddle` directory.
            repository: opened at `root`.
            operation_log: of the repository.
            writer: of the store.
            readers: of the store.
            principals: tell who acts.
        """
        seals, keeper = Seals(default_key_path()), Keeper()
        recorder = Recorder(writer, principals, say)
        hub = HookHub(
            Registry(readers.path, readers, seals, say),
            Commands(keeper, root, say),
            PolicyFile(heddle_dir, say),
            ListeningFile(heddle_dir),
            recorder.decision,
            say,
        )
        return cls(
            hub=hub,
            seals=seals,
            extra_signals=ExtraSignals(repository, operation_log, writer, readers, recorder, say),
            url_pushes=UrlPushes(repository, hub, say),
            conflicts=ConflictTeller(repository, hub, writer, readers, say),
            keeper=keeper,
            recorder=recorder,
            writer=writer,
        )

    def hand_over(self, *, to_successor: bool) -> None:
        """Tell and ask no more: another process does, or none. On the event loop's thread."""
        is_end = self.hub.tells and not to_successor
        self.hub.hand_over(to_successor=to_successor)
        self.recorder.flush()
        if is_end:
            # Whoever begins next is not to tell of what happens meanwhile.
            with contextlib.suppress(StoreError):
                self.writer.submit(told.end)


def say(text: str) -> None:
    """Write a line to the daemon's log."""
    sys.stderr.write(f"{one_line(text)}\n")
