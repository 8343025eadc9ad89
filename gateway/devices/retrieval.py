"""A device's memory, asked for over its Record Access Control Point: what `fetching.py` decides, written and heard."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from gateway.devices.errors import Declined, MalformedPacket, RadioError
from gateway.devices.fetching import CONTROL_POINT, NUMBERED, Fetch, Memory, Step, answered, begin, mark_of, number_of
from gateway.devices.reading import DeviceIdentity
from gateway.devices.record_access import RecordAccess

if TYPE_CHECKING:
    from gateway.devices.peer import Peer

__all__ = ["Retrieval"]


class Retrieval:
    """The request to one device's memory; *memory* knows up to which record all was kept."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._fetch: Fetch | None = None

    @property
    def open(self) -> bool:
        """Return whether records were asked for, and their end has not been told."""
        return self._fetch is not None

    async def ask(self, peer: Peer, device: DeviceIdentity, *, series: Mapping[str, bytes]) -> None:
        """Ask for what was not kept; *series* are the values of those of `fetching.SERIES` that the device has."""
        if "write" not in peer.offers.get(CONTROL_POINT, ()):
            return
        numbered = next((uuid for uuid in NUMBERED if uuid in peer.offers), None)
        since = None if numbered is None else await self._since(device, numbered, series)
        with suppress(Declined):  # a memory that is not given out; what is measured now comes all the same
            await peer.subscribe(CONTROL_POINT)
            await self._request(peer, begin(since, numbering=None if numbered is None else NUMBERED[numbered]))

    async def heard(self, device: DeviceIdentity, uuid: str, value: bytes) -> None:
        """Take note of a record: another one with the number of the last that was kept tells of a restart."""
        fetch = self._fetch
        if fetch is None or fetch.since is None or fetch.numbering.series or number_of(uuid, value) != fetch.since:
            return
        same = await self._memory.knows(device, uuid, mark_of(uuid, value, series=b""))
        self._fetch = replace(fetch, restarted=not same)

    async def answered(self, peer: Peer, value: bytes) -> bool:
        """Take an answer of the control point; return whether all has been sent. Raises RadioError where it cannot."""
        if self._fetch is None:
            return False
        try:
            fetch, step = answered(self._fetch, RecordAccess.decode(value))
        except MalformedPacket:
            return False
        if step is Step.AGAIN:
            await self._request(peer, fetch)
        elif step is Step.COMPLETE:
            self._fetch = None
        elif step is Step.FAILED:
            self._fetch = None
            raise RadioError(f"the device does not give its records: {value.hex()}")
        return step is Step.COMPLETE

    async def _since(self, device: DeviceIdentity, numbered: str, series: Mapping[str, bytes]) -> int | None:
        since = await self._memory.last_number(device, numbered)
        named = NUMBERED[numbered].series
        if since is None or named is None:
            return since
        mark = series.get(named, b"")
        return since if mark and await self._memory.knows(device, numbered, mark) else None

    async def _request(self, peer: Peer, fetch: Fetch) -> None:
        await peer.write(CONTROL_POINT, fetch.request.encode())
        self._fetch = fetch
