"""An Omron cuff of the older kind: its records lie in a memory that is read by address, behind a key.

Facts and where they come from: `gateway/devices/vendors/omron_memory.py`.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from decimal import Decimal
from typing import Any, ClassVar, Final

from bumble.gatt import Characteristic

from gateway.devices.errors import DeviceGone, MalformedPacket
from gateway.devices.vendors.omron_frame import OmronFrame
from gateway.devices.vendors.omron_memory import (
    ASKED,
    CHANNEL_OCTETS,
    KEY_OCTETS,
    LAYOUTS,
    SERVICE,
    TOLD,
    UNLOCK,
    Layout,
)
from gateway.devices.vendors.omron_record import SYSTOLIC_FROM
from gateway.devices.virtual.device import Offer, VirtualDevice

__all__ = ["KEY", "OmronCuff"]

KEY: Final = bytes.fromhex("00112233445566778899aabbccddeeff")
"""The key that the virtual cuff was paired with."""

_OCTETS: Final = 0x10000
_DOES: Final = Characteristic.Properties
_MODEL: Final = "HEM-7322T"
_YEAR_FROM: Final = 2000


class OmronCuff(VirtualDevice):
    """A cuff with the memory of an HEM-7322T; `history` are records of other people in it.

    `written` has every question that was none of those that read: there must never be one.
    """

    key: ClassVar[str] = "omron"
    about: ClassVar[str] = "blood-pressure cuff of a maker's own protocol: a memory read by address, behind a key"
    kind: ClassVar[int] = 13
    name: ClassVar[str] = "BLEsmart_Omron"
    model: ClassVar[str] = _MODEL
    service: ClassVar[str] = SERVICE
    offers: ClassVar[tuple[Offer, ...]] = tuple(Offer(uuid=uuid, properties=_DOES.NOTIFY) for uuid in TOLD)

    def __init__(self, *, history: int = 0, **device: Any) -> None:
        super().__init__(**device)
        self.written: list[bytes] = []
        self._layout: Layout = LAYOUTS[_MODEL]
        self._octets = bytearray(b"\xff" * _OCTETS)
        self._slot = 0
        self._asked: asyncio.Queue[tuple[str, bytes]] = asyncio.Queue()
        for day in range(history):
            self._remember(118 + day % 20, 76, 70, year=20, month=1 + day % 12, hour=day // 60 % 24, minute=day % 60)

    def own_offers(self) -> tuple[Offer, ...]:
        """Return the channels of questions and that of the key."""
        asked = tuple(Offer(uuid=uuid, properties=_DOES.WRITE, write=self._hears(uuid)) for uuid in ASKED)
        return (*asked, Offer(uuid=UNLOCK, properties=_DOES.WRITE | _DOES.NOTIFY, write=self._hears(UNLOCK)))

    async def measure(
        self,
        *,
        systolic: Decimal | int | None = None,
        diastolic: Decimal | int | None = None,
        pulse: Decimal | int | None = None,
    ) -> bytes:
        """Measure into the memory (values not given come from the person) and let it be read; return the record."""
        high, low, beats = (
            int(self.body.value(name, "1") if given is None else given)
            for name, given in (("systolic", systolic), ("diastolic", diastolic), ("pulse", pulse))
        )
        async with self._in_somebodys_hands():
            record = self._remember(high, low, beats)
            with suppress(TimeoutError):
                async with asyncio.timeout(self.window_s):
                    while await self._until_subscribed(TOLD[0], seconds=self.window_s) and not await self._read_out():
                        pass
            await self._hang_up()
        return record

    def _hears(self, uuid: str) -> Any:
        return lambda octets: self._asked.put_nowait((uuid, octets))

    def _remember(self, systolic: int, diastolic: int, pulse: int, **other: int) -> bytes:
        shown = self.clock_reads()
        parts = {part: getattr(shown, part) for part in ("month", "day", "hour", "minute", "second")}
        numbers = parts | {"year": shown.year - _YEAR_FROM} | other
        record = self._layout.record.of(
            systolic=systolic - SYSTOLIC_FROM, diastolic=diastolic, pulse=pulse, **numbers
        ).encode()
        address, slots = self._layout.users[0]
        at = address + self._slot % slots * len(record)
        self._octets[at : at + len(record)] = record
        self._slot += 1
        return record

    async def _read_out(self) -> bool:
        """Answer one link's questions; return whether it asked to the end."""
        let_in, pieces = False, b""
        try:
            while True:
                uuid, octets = await self._connected(self._asked.get())
                if uuid == UNLOCK:
                    let_in = octets == b"\x01" + KEY and len(octets) == KEY_OCTETS + 1
                    await self._say(UNLOCK, b"\x81\x00" if let_in else b"\x81\x01")
                    continue
                pieces = octets if uuid == ASKED[0] else pieces + octets
                if let_in and len(pieces) >= pieces[0]:
                    frame = self._frame(pieces)
                    await self._tell(frame)
                    if frame is not None and frame.kind == "end":
                        return True
        except DeviceGone:
            while not self._asked.empty():
                self._asked.get_nowait()
            return False

    def _frame(self, octets: bytes) -> OmronFrame | None:
        try:
            return OmronFrame.decode(octets)
        except MalformedPacket:
            self.written.append(octets)
            return None

    async def _tell(self, asked: OmronFrame | None) -> None:
        """Answer a question that reads, sixteen octets on each channel, the last channel first; nothing to others."""
        if asked is None:
            return
        self._keep_time()
        told = {"start": "started", "read": "was-read", "end": "ended"}[asked.kind]
        data = bytes(self._octets[asked.address : asked.address + asked.size]) if asked.kind == "read" else b""
        answer = OmronFrame(kind=told, address=asked.address, size=len(data), data=data + b"\0").encode()
        pieces = [answer[at : at + CHANNEL_OCTETS] for at in range(0, len(answer), CHANNEL_OCTETS)]
        for channel, piece in reversed(list(zip(TOLD, pieces, strict=False))):
            await self._say(channel, piece)
        self._tell_sent("OMRON+FRAME", answer)

    async def _say(self, channel: str, octets: bytes) -> None:
        if self._antenna is None or not self._antenna.listens(channel):
            raise DeviceGone(f"{self.key}: nobody listens to {channel}")
        await self._antenna.send(channel, octets)

    def _keep_time(self) -> None:
        if (clock := self._layout.clock) is not None:
            shown = self.clock_reads()
            said = {"year": shown.year - _YEAR_FROM}
            octets = bytes(said.get(part, getattr(shown, part)) & 0xFF for part in clock.parts)
            self._octets[clock.address : clock.address + len(octets)] = octets
