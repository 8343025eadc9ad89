"""Several processes at the same time: identical conditional creates, and transactions that mean the same resources."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from multiprocessing.synchronize import Barrier as BarrierType
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import Connection, func, select

from gateway.database import open_database, open_keyring
from gateway.fhir.json import loads
from gateway.store import METADATA, open_store
from gateway.store.tables import resource
from tests.store.endpoint import Endpoint, everything, heart_rate

__all__ = ["CLIENTS", "crossing", "race", "stored"]

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


def crossing(database: str, keys: str, folder: Path, *, nodes: int, rounds: int) -> Counter[int]:
    """Return the answers to transactions that mean the same resources, by address and by criteria, in every order."""
    context = get_context("spawn")
    with ProcessPoolExecutor(
        nodes, mp_context=context, initializer=_starts, initargs=(context.Barrier(nodes),)
    ) as pool:
        return sum(pool.map(_crosses, [(database, keys, folder, rounds, node) for node in range(nodes)]), Counter())


def _crosses(arguments: tuple[str, str, Path, int, int]) -> Counter[int]:
    return asyncio.run(_crossing(*arguments))


def _entry(name: str, value: int, *, by_criteria: bool) -> dict[str, Any]:
    resource_ = heart_rate(value=str(value), identifier=[{"system": "urn:x", "value": name}])
    url = f"Observation?identifier=urn:x|{name}" if by_criteria else f"Observation/{name}"
    whole = resource_ if by_criteria else resource_ | {"id": name}
    return {"resource": whole, "request": {"method": "PUT", "url": url}}


def _bundle(chosen: Random, value: int) -> dict[str, Any]:
    """Return a batch or a transaction of two updates: one by its address, the other by criteria."""
    names, ways = chosen.sample("abcd", 2), chosen.sample([True, False], 2)
    entries = [_entry(name, value, by_criteria=way) for name, way in zip(names, ways, strict=True)]
    return {"resourceType": "Bundle", "type": "batch" if value % 4 == 1 else "transaction", "entry": entries}


async def _crossing(database: str, keys: str, folder: Path, rounds: int, node: int) -> Counter[int]:
    counted: Counter[int] = Counter()
    async with (
        open_keyring(keys, folder / "kek") as keyring,
        open_database(database, METADATA) as opened,
        open_store(opened, keyring) as store,
    ):
        endpoint, chosen = Endpoint(store=store, principal=everything()), Random(node)
        _barrier.wait(_WAIT_S)

        async def once(value: int) -> int:
            if value % 4 == 0:
                one = _entry(chosen.choice("abcd"), value, by_criteria=True)
                return (await endpoint.put(one["request"]["url"], one["resource"])).status
            answer = await endpoint.post("", _bundle(chosen, value))
            inside = [int(each["response"]["status"][:3]) for each in loads(answer.body).get("entry", ())]
            return max([answer.status, *inside])

        for number in range(rounds):
            counted.update(await asyncio.gather(*(once(number * 8 + each) for each in range(8))))
    return counted


async def stored(database: str) -> int:
    """Return how many Observations there are."""

    def count(connection: Connection) -> int:
        return int(connection.execute(select(func.count()).select_from(resource)).scalar_one())

    async with open_database(database) as opened:
        return await opened.look(count)
