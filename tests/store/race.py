"""Identical conditional creates from several processes at the same time: the answers, and what is there."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from multiprocessing.synchronize import Barrier as BarrierType
from pathlib import Path

from sqlalchemy import Connection, func, select

from gateway.database import open_database, open_keyring
from gateway.store import METADATA, open_store
from gateway.store.tables import resource
from tests.store.endpoint import Endpoint, everything, heart_rate

__all__ = ["CLIENTS", "race", "stored"]

CLIENTS = 64
_WAIT_S = 120

_barrier: BarrierType


def _starts(barrier: BarrierType) -> None:
    global _barrier  # noqa: PLW0603  a process's own, given by the pool that starts it
    _barrier = barrier


def race(database: str, keys: str, folder: Path, *, nodes: int, rounds: int) -> list[Counter[int]]:
    """Return the answers of each round, all nodes together: 64 programs at once, as many at each node as at any.

    Every node is a process with a store of its own; they begin each round together.
    """
    context = get_context("spawn")
    arguments = [(database, keys, folder, rounds, CLIENTS // nodes + (n < CLIENTS % nodes)) for n in range(nodes)]
    with ProcessPoolExecutor(
        nodes, mp_context=context, initializer=_starts, initargs=(context.Barrier(nodes),)
    ) as pool:
        answers: Sequence[list[Counter[int]]] = list(pool.map(_node, arguments))
    return [sum((each[number] for each in answers), Counter()) for number in range(rounds)]


def _node(arguments: tuple[str, str, Path, int, int]) -> list[Counter[int]]:
    return asyncio.run(_rounds(*arguments))


async def _rounds(database: str, keys: str, folder: Path, rounds: int, clients: int) -> list[Counter[int]]:
    counted = []
    async with (
        open_keyring(keys, folder / "kek") as keyring,
        open_database(database, METADATA) as opened,
        open_store(opened, keyring) as store,
    ):
        endpoint = Endpoint(store=store, principal=everything())
        for number in range(rounds):
            resource_ = heart_rate(identifier=[{"system": "urn:round", "value": str(number)}])
            condition = f"identifier=urn:round|{number}"
            _barrier.wait(_WAIT_S)
            answers = await asyncio.gather(
                *(endpoint.post("Observation", resource_, if_none_exist=condition) for _ in range(clients))
            )
            counted.append(Counter(each.status for each in answers))
    return counted


async def stored(database: str) -> int:
    """Return how many Observations there are."""

    def count(connection: Connection) -> int:
        return int(connection.execute(select(func.count()).select_from(resource)).scalar_one())

    async with open_database(database) as opened:
        return await opened.look(count)
