from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from heddle_worker.streams.pacing import Pacer


def run(scenario: Coroutine[Any, Any, None]) -> None:
    async def limited() -> None:
        async with asyncio.timeout(30):
            await scenario

    asyncio.run(limited())


def test_so_many_go_in_each_pass_in_the_order_in_which_they_came() -> None:
    async def scenario() -> None:
        pacer = Pacer(3)
        gone: list[int] = []

        async def go(number: int) -> None:
            await pacer.turn()
            gone.append(number)

        tasks = [asyncio.ensure_future(go(number)) for number in range(20)]
        before = 0
        while len(gone) < 20:
            await asyncio.sleep(0)
            assert len(gone) - before <= 3
            before = len(gone)
        assert gone == list(range(20))
        await asyncio.gather(*tasks)

    run(scenario())


def test_one_that_is_alone_never_waits() -> None:
    async def scenario() -> None:
        pacer = Pacer(1)
        for _ in range(3):
            turn = pacer.turn()
            try:
                turn.send(None)
            except StopIteration:
                pass
            else:
                raise AssertionError("it had to wait")
            await asyncio.sleep(0)

    run(scenario())


def test_one_that_has_gone_takes_nobodys_turn() -> None:
    async def scenario() -> None:
        pacer = Pacer(1)
        went, gone, waits = (asyncio.ensure_future(pacer.turn()) for _ in range(3))
        await asyncio.sleep(0)
        assert (went.done(), gone.done(), waits.done()) == (True, False, False)
        gone.cancel()
        await waits
        assert gone.cancelled()

    run(scenario())
