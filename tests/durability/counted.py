"""What a booth on made-up time does in real time just now, which made-up time has to wait for; see `days`."""

from __future__ import annotations

import resource
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol, TypeVar

from aiohttp import TraceConfig
from sqlalchemy import Connection

from gateway.database import Database

__all__ = ["Counted", "counting", "mebibytes"]

T = TypeVar("T")


class Count(Protocol):
    """How much is under way: acts on our disk, requests to the gateway."""

    doing: int
    asking: int
    figures: Counter[str]


class Counted:
    """The booth's database; what it does just now is counted."""

    def __init__(self, database: Database, count: Count) -> None:
        self._database = database
        self._count = count

    async def act(self, fn: Callable[[Connection], T], /, *, adds: bool = False) -> T:
        self._count.doing += 1
        try:
            return await self._database.act(fn, adds=adds)
        finally:
            self._count.doing -= 1

    async def look(self, fn: Callable[[Connection], T], /, *, brief: bool = False) -> T:
        self._count.doing += 1
        try:
            return await self._database.look(fn, brief=brief)
        finally:
            self._count.doing -= 1


def counting(count: Count) -> TraceConfig:
    """Return what counts the requests that are under way."""
    traced = TraceConfig()

    async def begun(*_told: Any) -> None:
        count.asking += 1
        count.figures["requests"] += 1

    async def ended(*_told: Any) -> None:
        count.asking -= 1

    traced.on_request_start.append(begun)
    traced.on_request_end.append(ended)
    traced.on_request_exception.append(ended)
    traced.freeze()
    return traced


def mebibytes() -> int:
    """Return what this process holds in memory just now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() >> 20
