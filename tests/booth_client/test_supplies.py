"""What runs out at a booth stays written down until somebody refills it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, CookieJar

from booth_client.supplies import METADATA, Supplies, Supply
from gateway.database import open_database
from tests.peers.patience import PATIENCE
from tests.peers.town import town

NOW = datetime(2026, 11, 5, 9, tzinfo=UTC)


async def test_what_runs_out_is_known_from_when_it_was_first_said_until_it_is_refilled(tmp_path: Path) -> None:
    where = f"sqlite:///{tmp_path}/booth.db"
    async with open_database(where, METADATA) as database:
        supplies = Supplies(database)
        assert await supplies.short() == {}
        await supplies.note(Supply.WIPES, short=True, now=NOW)
        await supplies.note(Supply.WIPES, short=True, now=NOW + timedelta(days=1))
        await supplies.note(Supply.PAPER, short=True, now=NOW)
    async with open_database(where, METADATA) as database:
        again = Supplies(database)
        assert await again.short() == {Supply.PAPER: NOW, Supply.WIPES: NOW}
        await again.note(Supply.PAPER, short=False, now=NOW)
        assert await again.short() == {Supply.WIPES: NOW}


async def test_the_fleet_hears_what_the_helper_says_runs_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("booth_client.upkeep.EVERY_S", 0.2)
    async with (
        town(tmp_path) as here,
        ClientSession(cookie_jar=CookieJar(unsafe=True)) as operator,
        ClientSession(cookie_jar=CookieJar(unsafe=True)) as helper,
    ):
        assert here.gateway is not None
        base, origin = here.gateway.people_url, here.kiosk.rpartition("/borne/")[0]
        await operator.get(f"{base}/demo/sign-in?person=renard", allow_redirects=False)
        await helper.get(here.kiosk)

        async def says(act: str, what: str) -> int:
            form, headers = {"what": what, "lang": "fr"}, {"Origin": origin}
            async with helper.post(f"{origin}/appareils/{act}", data=form, headers=headers) as answer:
                return answer.status

        async def told() -> list[dict[str, Any]]:
            async with operator.get(f"{base}/fleet/booths") as answer:
                booths: list[dict[str, Any]] = (await answer.json())["booths"]
                return booths

        assert await says("manque", "wipes") == 200
        assert await says("manque", "money") == 400
        async with asyncio.timeout(PATIENCE):
            while not any("supply:wipes" in each["reasons"] for each in await told()):
                await asyncio.sleep(0.1)
            assert await says("remis", "wipes") == 200
            while any("short" in each["status"] for each in await told()):
                await asyncio.sleep(0.1)
