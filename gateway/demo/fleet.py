"""Booths of the demo that nobody can touch: they only tell how they are, over their own certificates.

So the operator's page has a fleet to show, each in another state; the one that is away tells once and falls silent.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from datetime import UTC, datetime, timedelta
from typing import Final

import aiohttp
import msgspec

from gateway.demo.folder import Folder
from gateway.demo.places import ELSEWHERE, PLACES
from gateway.fleet import EVERY_S, Device, Health, Part, Position, Status, Wanted

__all__ = ["invented", "tell_of_the_fleet"]

_GOOD: Final = ("network", "clock", "disk", "certificate", "camera", "microphone", "loudspeaker", "radio", "printer")
_DEVICES: Final = ("Thermomètre n° 1", "Brassard n° 2", "Pince n° 3", "Balance n° 4")
_AWAY: Final = "avesnes-les-aubert"
_DEADLINE: Final = aiohttp.ClientTimeout(total=5)


def invented(name: str, *, started: datetime, now: datetime, order: Wanted) -> Status:
    """Return what the booth called *name* tells at *now*: one of a small repertory of states."""
    place = PLACES[name]
    worn, broken = {"le-cateau": "printer"}.get(name), {"solesmes": "printer"}.get(name)
    flat, failing = name == "le-cateau", name == "solesmes"
    return Status(
        version="0.1.0",
        python="3.11.2",
        busy=name == "busigny" and not order.closed,
        in_service=not order.closed,
        closed=order.closed,
        help_wanted=failing,
        waiting=3 if name == _AWAY else 0,
        parts=tuple(Part(what=what, health=_health(what, worn=worn, broken=broken)) for what in _GOOD),
        devices=tuple(_device(each, now=now, flat=flat, failing=failing) for each in _DEVICES),
        low=("media-low",) if flat else (),
        certificate_ends=started + timedelta(hours=24),
        disk_free_mb=51_200,
        clock_ahead_s=0,
        disinfected=started - timedelta(minutes=50),
        started=started,
        place=place.name,
        position=place.position and Position(latitude=place.position[0], longitude=place.position[1]),
    )


def _health(what: str, *, worn: str | None, broken: str | None) -> Health:
    return Health.BROKEN if what == broken else Health.ATTENTION if what == worn else Health.GOOD


def _device(name: str, *, now: datetime, flat: bool, failing: bool) -> Device:
    number = _DEVICES.index(name)
    seen = now.replace(minute=0, second=0, microsecond=0) - timedelta(minutes=11 * (number + 1))
    if flat and number == 1:
        return Device(name=name, battery=12, seen=seen, read=seen, faults=("battery-low",))
    if failing and number == 2:  # noqa: PLR2004  the third of the table
        return Device(name=name, battery=64, seen=seen, faults=("bond-lost",))
    return Device(name=name, battery=88 - 7 * number, seen=seen, read=seen)


async def tell_of_the_fleet(folder: Folder) -> None:
    """Speak for all of them, every half minute, for ever."""
    async with asyncio.TaskGroup() as tasks:
        for name in ELSEWHERE:
            tasks.create_task(_tell(folder, name))


async def _tell(folder: Folder, name: str) -> None:
    pair, started = folder.certificates.booths[name], datetime.now(UTC)
    tls = ssl.create_default_context(cafile=str(folder.certificates.ca))
    tls.load_cert_chain(pair.certificate, pair.key)
    url, order = f"https://localhost:{folder.booth_port}/fleet/status", Wanted()
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=tls), timeout=_DEADLINE) as session:
        while True:
            status = invented(name, started=started, now=datetime.now(UTC), order=order)
            with contextlib.suppress(aiohttp.ClientError, TimeoutError, msgspec.MsgspecError):
                async with session.put(url, data=msgspec.json.encode(status)) as answer:
                    if answer.status == 200:  # noqa: PLR2004  HTTP's own
                        order = msgspec.json.decode(await answer.read(), type=Wanted)
            if name == _AWAY:
                return
            await asyncio.sleep(EVERY_S)
