"""An agent's loop of mixed calls through the client library, and what it was told has happened.

The calls are yielded, so that the same loop can be driven by the blocking client and by asyncio's.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Generator
from typing import Any, TypeAlias

from heddle_client.aio.client import AsyncClient
from heddle_client.client import Client

Step: TypeAlias = Callable[[], Any]
Steps: TypeAlias = Generator[Step, Any, None]


class Agent:
    """One caller. Its client may be shared with others.

    Args:
        client: of either kind.
        name: what its hooks and discussions are called after.
        transacts: whether it makes transactions, which only one can in a worktree.
        seed: of what it does.

    Attributes:
        calls: how many have been answered.
        turns: the discussions that it has opened, and how many turns each has got.
        hooks: the names that it has registered.
        committed, aborted: ids of transactions.
        undone: discussions that were opened in a transaction that was aborted.
    """

    def __init__(
        self, client: Client | AsyncClient, name: str, *, transacts: bool, seed: int
    ) -> None:
        self.calls = 0
        self.turns: Counter[str] = Counter()
        self.hooks: set[str] = set()
        self.committed: set[str] = set()
        self.aborted: set[str] = set()
        self.undone: set[str] = set()
        self._client: Any = client
        self._name = name
        self._transacts = transacts
        self._chance = random.Random(seed)

    def run(self, enough: int) -> None:
        """Make calls by the blocking client until so many have been answered."""
        steps = self._steps(enough)
        answer = None
        while True:
            try:
                step = steps.send(answer)
            except StopIteration:
                return
            answer = step()
            self.calls += 1

    async def run_async(self, enough: int) -> None:
        """Make calls by the asynchronous client until so many have been answered."""
        steps = self._steps(enough)
        answer = None
        while True:
            try:
                step = steps.send(answer)
            except StopIteration:
                return
            answer = await step()
            self.calls += 1
            await asyncio.sleep(0)

    def _steps(self, enough: int) -> Steps:
        doing = [self._look, self._open, self._append, self._register]
        if self._transacts:
            doing += [self._commit, self._abort]
        while self.calls < enough:
            yield from self._chance.choice(doing)()

    def _look(self) -> Steps:
        review = yield lambda: self._client.review("HEAD", timeout=60)
        assert review.summary.headline == "first"
        hooks = yield self._client.hooks.list
        assert self.hooks <= {hook.name for hook in hooks}

    def _open(self) -> Steps:
        discussion = yield lambda: self._client.discussions.open("a.py", "f", f"by {self._name}")
        self.turns[discussion.id] += 1

    def _append(self) -> Steps:
        if not self.turns:
            return
        chosen = self._chance.choice(list(self.turns))
        discussion = yield lambda: self._client.discussions.append(chosen, "and")
        self.turns[chosen] += 1
        assert len(discussion.turns) == self.turns[chosen]

    def _register(self) -> Steps:
        name = f"{self._name}-{self._chance.randrange(10**9)}"
        if len(self.hooks) < 50:
            yield lambda: self._client.hooks.register(name, "true", ["pre_push"])
            self.hooks.add(name)

    def _commit(self) -> Steps:
        begun = yield lambda: self._client.transactions.begin(f"by {self._name}")
        with self._client.within(begun.transaction_id):
            discussion = yield lambda: self._client.discussions.open("a.py", "g", "within")
        yield lambda: self._client.transactions.commit(begun.transaction_id)
        self.turns[discussion.id] += 1
        self.committed.add(begun.transaction_id)

    def _abort(self) -> Steps:
        begun = yield self._client.transactions.begin
        with self._client.within(begun.transaction_id):
            discussion = yield lambda: self._client.discussions.open("a.py", "g", "undone")
        status = yield lambda: self._client.transactions.status(begun.transaction_id)
        assert (status.state, status.buffered_ops) == ("active", 1)
        yield lambda: self._client.transactions.abort(begun.transaction_id, "try again")
        self.undone.add(discussion.id)
        self.aborted.add(begun.transaction_id)
