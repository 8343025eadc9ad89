"""Operators of the fleet, and what a booth that is well tells of itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import aiohttp
import msgspec

from gateway.config import GatewaySettings, PersonSettings
from gateway.fleet import Status
from tests.peers.running import PEOPLE, Running

T0 = datetime(2026, 11, 20, 8, tzinfo=UTC)
WELL = Status(version="0.1.0", python="3.11.2", busy=False, in_service=True)
OPERATOR = PersonSettings(id="odile", name="Odile Renard", role="operator")
COLLEAGUE = PersonSettings(id="paule", name="Paule Leroy", role="operator")


def with_operator(settings: GatewaySettings) -> GatewaySettings:
    return replace(settings, people=(*PEOPLE, OPERATOR, COLLEAGUE))


async def tell(booth: aiohttp.ClientSession, there: Running, status: Any) -> int:
    async with booth.put(f"{there.booths_url}/fleet/status", data=msgspec.json.encode(status)) as answer:
        return answer.status


async def order(operator: aiohttp.ClientSession, there: Running, path: str) -> tuple[int, Any]:
    async with operator.post(f"{there.url}/fleet/booths/{path}") as answer:
        return answer.status, await answer.json()
