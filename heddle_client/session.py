"""Who asks about what, and where the daemon is: the same for every call of a client."""

from __future__ import annotations

import contextvars
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from heddle_client import finding
from heddle_client.errors import InvalidArgumentError, NoDaemonError, VersionSkewWarning
from heddle_client.place import Place
from heddle_client.visible import visible
from heddle_supervisor.version import __version__

_AGENT_KEY: Final = "heddle-agent"
_TRANSACTION_KEY: Final = "heddle-transaction-id"


class Session:
    """What a client's calls have in common.

    Args:
        place: whose daemon is asked.
        start: whether a daemon is started where none runs.
        agent: who calls, for the daemon's records.

    Attributes:
        place: the same.
    """

    def __init__(self, place: Place, *, start: bool, agent: str = "") -> None:
        if not _is_plain(agent):
            raise InvalidArgumentError("agent: only printable ASCII can be sent along with a call")
        self.place = place
        self._starts = start
        self._metadata = ((_AGENT_KEY, agent),) if agent else ()
        self._known_versions = {__version__}
        self._transaction: contextvars.ContextVar[str] = contextvars.ContextVar(
            "heddle_transaction", default=""
        )

    def metadata(self) -> tuple[tuple[str, str], ...]:
        """Return what is sent along with a call made here and now."""
        transaction = self._transaction.get()
        return (*self._metadata, (_TRANSACTION_KEY, transaction)) if transaction else self._metadata

    @contextmanager
    def within(self, transaction_id: str) -> Iterator[None]:
        """Have the calls of a block belong to a transaction, those of other threads not.

        Raises:
            InvalidArgumentError: that is no transaction's id.
        """
        if not _is_plain(transaction_id):
            raise InvalidArgumentError(f"{visible(transaction_id)[:64]} is no transaction's id")
        token = self._transaction.set(transaction_id)
        try:
            yield
        finally:
            self._transaction.reset(token)

    def awaken(self) -> None:
        """Start the daemon where none runs and one is to be started. Blocks.

        Raises:
            ClientError: it does not start.
        """
        if self._starts and not finding.runs(self.place.config):
            finding.start(self.place.config)

    def address(self) -> str:
        """Find the daemon, start it where it is to be started; return gRPC's name of its socket.

        Blocks. A daemon of another version is warned of, once.

        Raises:
            ClientError: there is none.
            OSError: it does not answer now.
        """
        try:
            found = finding.find(self.place.config)
        except NoDaemonError:
            if not self._starts:
                raise
            finding.start(self.place.config)
            found = finding.find(self.place.config)
        if found.version is not None and found.version not in self._known_versions:
            self._known_versions.add(found.version)
            text = f"the daemon is of version {found.version}, this client of {__version__}"
            hint = "`heddle agent reload` brings it to the installed one"
            warnings.warn(f"{text}: {hint}", VersionSkewWarning, stacklevel=2)
        return found.address


def _is_plain(text: str) -> bool:
    return text.isascii() and text.isprintable()
