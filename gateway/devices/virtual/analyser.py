"""A body-composition scale: sends a measurement in two packets, and some models only to whom a user has let in.

https://www.bluetooth.com/specifications/specs/body-composition-service-1-0/,
https://www.bluetooth.com/specifications/specs/user-data-service-1-1/
"""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any, ClassVar, Final

from bumble.gatt import Characteristic

from gateway.devices.body_composition import BodyCompositionMeasurement
from gateway.devices.errors import DeviceGone, MalformedPacket
from gateway.devices.user_data import DatabaseChange, UserControl, UserControlOp, UserControlResult, UserIndex
from gateway.devices.virtual.device import Offer, VirtualDevice

__all__ = ["Analyser"]

_MEASURE, _CONTROL = "2A9C", "2A9F"
_USER_DATA: Final = "181C"
_USER: Final = 1
_FEATURES: Final = (0b0111_0000_0001).to_bytes(4, "little")
"""Time stamps; impedance, weight, height."""


class Analyser(VirtualDevice):
    """A scale with electrodes; its users are slots 1 and up.

    With a `consent_code` it sends nothing before somebody has given that code for its user. `stubs` are zero-filled
    records of an empty history, sent before the real one, as some models do.
    """

    key: ClassVar[str] = "analyser"
    about: ClassVar[str] = "body-composition scale: two packets a measurement; with users whose consent it may ask for"
    kind: ClassVar[int] = 8
    name: ClassVar[str] = "TB Analyser"
    model: ClassVar[str] = "TB-BC1"
    service: ClassVar[str] = "181B"
    clock: ClassVar[str | None] = "2A2B"
    offers: ClassVar[tuple[Offer, ...]] = (
        Offer(uuid=_MEASURE, properties=Characteristic.Properties.INDICATE),
        Offer(uuid="2A9B", properties=Characteristic.Properties.READ, read=lambda: _FEATURES),
    )

    def __init__(self, *, consent_code: int | None = None, stubs: int = 0, **device: Any) -> None:
        super().__init__(**device)
        self.consent_code = consent_code
        self._asked: asyncio.Queue[bytes] = asyncio.Queue()
        empty = BodyCompositionMeasurement(
            fat_pct=Decimal(0), user_id=_USER, impedance_ohm=Decimal(0), weight=Decimal(0)
        )
        self._records += [empty.encode()] * stubs

    def own_offers(self) -> tuple[Offer, ...]:
        """Return the user data, where there are users."""
        if self.consent_code is None:
            return ()
        does = Characteristic.Properties
        index, changes = UserIndex(user_index=_USER), DatabaseChange(increment=0)
        return (
            Offer(
                uuid=_CONTROL,
                properties=does.INDICATE | does.WRITE,
                write=self._asked.put_nowait,
                service=_USER_DATA,
            ),
            Offer(uuid="2A9A", properties=does.READ, read=index.encode, service=_USER_DATA),
            Offer(uuid="2A99", properties=does.READ, read=changes.encode, service=_USER_DATA),
        )

    async def measure(self, *, weight: Decimal | None = None, fat: Decimal | None = None) -> bytes:
        """Weigh and analyse (values not given come from the person), send two packets; return the first's octets."""
        mass = self.body.value("weight", "0.05") if weight is None else weight
        share = self.body.value("fat", "0.1") if fat is None else fat
        async with self._in_somebodys_hands():
            first = BodyCompositionMeasurement(
                fat_pct=share,
                timestamp=self.clock_reads(),
                user_id=_USER,
                impedance_ohm=self.body.value("impedance", "0.1"),
                multiple=True,
            ).encode()
            second = BodyCompositionMeasurement(
                fat_pct=share, weight=mass, height=self.body.value("height", "0.001"), multiple=True
            ).encode()
            self._records += [first, second]
            if await self._hand_over(_MEASURE):
                await self._hang_up()
        return first

    async def _sent_all(self, uuid: str) -> bool:
        if self.consent_code is not None and not await self._let_in():
            return False
        return await super()._sent_all(uuid)

    async def _let_in(self) -> bool:
        """Wait until somebody on this link gives the code; answer every try."""
        if not await self._until_subscribed(_CONTROL, seconds=self.window_s):
            return False
        try:
            while True:
                request = await self._connected(self._asked.get())
                op, result = self._judged(request)
                await self._show(_CONTROL, UserControl.answered(op, result).encode())
                if (op, result) == (UserControlOp.CONSENT, UserControlResult.SUCCESS):
                    return True
        except DeviceGone:
            while not self._asked.empty():
                self._asked.get_nowait()
            return False

    def _judged(self, request: bytes) -> tuple[int, UserControlResult]:
        try:
            asked = UserControl.decode(request)
        except MalformedPacket:
            return (request[0] if request else 0), UserControlResult.INVALID_PARAMETER
        if asked.op != UserControlOp.CONSENT:
            return asked.op, UserControlResult.OP_NOT_SUPPORTED
        right = (asked.user_index, asked.consent_code) == (_USER, self.consent_code)
        return asked.op, UserControlResult.SUCCESS if right else UserControlResult.NOT_AUTHORISED
