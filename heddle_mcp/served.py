"""The one worktree that a server serves, from its start to its end."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from heddle_client.aio import AsyncClient, connect
from heddle_client.git_command import GitError, git
from heddle_mcp.refusals import Refusal
from heddle_mcp.text import line

if TYPE_CHECKING:
    from heddle_client.values import Transaction

T = TypeVar("T")

_BRANCH: Final = "ref: refs/heads/"
_AGENT: Final = "heddle mcp"
_TRANSACTIONS: Final = 1_000
"""As many as the daemon lists at once."""


@dataclass(slots=True)
class Served:
    """A worktree and the connection to its daemon, which is made when it is first needed.

    Attributes:
        root: of the worktree, as git names it.
        git_dir: of this worktree.
        worktree_key: the git directory as transactions name it: relative to the one that all
            worktrees share.
        start: whether a daemon that does not run is started.
    """

    root: Path
    git_dir: Path
    worktree_key: str
    start: bool
    _client: AsyncClient | None = None
    _connecting: asyncio.Lock = field(default_factory=asyncio.Lock)

    @classmethod
    def at(cls, repo: Path, *, start: bool) -> Served:
        """Return the worktree that a path lies in.

        Raises:
            GitError: it lies in none.
        """
        said = git(
            repo, "rev-parse", "--path-format=absolute", "--show-toplevel", "--git-dir",
            "--git-common-dir",
        )  # fmt: skip
        root, git_dir, common_dir = (Path(os.fsdecode(each)) for each in said.splitlines())
        key = os.path.relpath(git_dir, common_dir)
        return cls(root, git_dir, key, start)

    async def aclose(self) -> None:
        """Let go of the connection."""
        if self._client is not None:
            await self._client.close()

    async def ask(self, question: Callable[[AsyncClient], Awaitable[T]]) -> T:
        """Ask the daemon.

        Raises:
            HeddleError: it has refused, or cannot be reached.
        """
        return await question(await self._connected())

    def branch(self) -> str:
        """Return the name of the branch that is checked out; empty for a detached HEAD."""
        try:
            head = (self.git_dir / "HEAD").read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ""
        return line(head.removeprefix(_BRANCH).strip()) if head.startswith(_BRANCH) else ""

    async def head(self) -> str:
        """Return the id of the commit that is checked out; empty where there is none yet."""
        try:
            said = await asyncio.to_thread(git, self.root, "rev-parse", "--verify", "HEAD")
        except GitError:
            return ""
        return said.decode("ascii").strip()

    async def transactions(self) -> list[Transaction]:
        """Return the transactions of this worktree, the active one first, then the latest."""
        found = await self.ask(lambda client: client.transactions.list(limit=_TRANSACTIONS))
        return [each for each in found if each.worktree == self.worktree_key]

    async def own_transaction(self, transaction_id: str) -> Transaction:
        """Return a transaction of this worktree.

        Raises:
            Refusal: there is none; that of another worktree is none of ours.
        """
        for each in await self.transactions():
            if each.transaction_id == transaction_id:
                return each
        raise Refusal(
            f"this worktree, {self.root}, has no checkpoint {transaction_id}: "
            "checkpoint_list names those that there are"
        )

    async def _connected(self) -> AsyncClient:
        async with self._connecting:
            if self._client is None:
                self._client = await connect(self.root, self.start, _AGENT)
            return self._client
