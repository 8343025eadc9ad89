"""A Nonin 3230: an oximeter of the standard profile that says the same in its maker's octets beside it.

Facts and where they come from: `gateway/devices/vendors/nonin.py`.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar, Final

from bumble.gatt import Characteristic

from gateway.devices.vendors.nonin import VENDOR, NoninOximetry
from gateway.devices.virtual.device import Offer
from gateway.devices.virtual.oximeter import Oximeter

__all__ = ["Nonin"]

_PROFILE: Final = VENDOR.profiles[0]
_OXIMETRY: Final = _PROFILE.live[0]
_GOOD_ON_FINGER: Final = 0b1_0100
"""The status of a measurement that the algorithm calls good, with a finger in the clip."""
_BATTERY: Final = 30
"""Tenths of a volt."""


class Nonin(Oximeter):
    """An oximeter whose stream comes twice: in the standard's octets, and in the maker's."""

    key: ClassVar[str] = "nonin"
    about: ClassVar[str] = "oximeter as the Nonin 3230: the standard profile, and its maker's own oximetry beside it"
    kind: ClassVar[int] = 12
    name: ClassVar[str] = "Nonin3230"
    model: ClassVar[str] = "3230"
    offers: ClassVar[tuple[Offer, ...]] = (
        *Oximeter.offers,
        Offer(uuid=_OXIMETRY, properties=Characteristic.Properties.NOTIFY, service=_PROFILE.service),
    )

    def __init__(self, **device: Any) -> None:
        super().__init__(**device)
        self._counter = 0

    async def _show_live(self, spo2: Decimal, pulse: Decimal) -> None:
        await super()._show_live(spo2, pulse)
        if self._antenna is None or not self._antenna.listens(_OXIMETRY):
            return  # somebody who reads the standard only
        self._counter += 1
        own = NoninOximetry(
            status=_GOOD_ON_FINGER,
            battery_raw=_BATTERY,
            pai_raw=int(self.body.value("perfusion", "0.01") * 100),
            counter=self._counter,
            spo2=int(spo2),
            pulse=int(pulse),
        )
        await self._show(_OXIMETRY, own.encode())
